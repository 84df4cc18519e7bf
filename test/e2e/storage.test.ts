/** The IndexedDB adapter keeps the port's contract and its own rules in the browsers people have: no stand-in. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rules } from '../contract/indexeddb.page.ts'
import { BROWSERS, closeAll, launchBrowser } from './browsers.ts'
import { outcomeOf, type RuleResult, runSuiteInBrowser } from './suite.ts'

afterAll(closeAll)

describe.each(BROWSERS)('%s', (name) => {
  let results: RuleResult[]
  beforeAll(async () => {
    const browser = await launchBrowser(name)
    results = await runSuiteInBrowser(browser, 'test/contract/indexeddb.page.ts')
    await browser.close()
  })

  test.each(rules.map((rule) => rule.name))('%s', (rule) => {
    expect(outcomeOf(results, rule)).toBe('held')
  })
})
