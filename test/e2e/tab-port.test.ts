/** The contract of tabs over BroadcastChannel and Web Locks, in Chromium and in Firefox. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rules } from '../contract/tabs.page.ts'
import { BROWSERS, closeAll, launchBrowser } from './browsers.ts'
import { outcomeOf, type RuleResult, runSuiteInBrowser } from './suite.ts'

afterAll(closeAll)

describe.each(BROWSERS)('%s', (name) => {
  let results: readonly RuleResult[]

  beforeAll(async () => {
    const browser = await launchBrowser(name)
    results = await runSuiteInBrowser(browser, 'test/contract/tabs.page.ts')
    await browser.close()
  })

  test.each(rules.map((rule) => rule.name))('%s', (rule) => {
    expect(outcomeOf(results, rule)).toBe('held')
  })
})
