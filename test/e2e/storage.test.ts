/** The IndexedDB adapter keeps the port's contract and its own rules in the browsers people have: no stand-in. */
import type { Target } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rules } from '../contract/indexeddb.page.ts'
import { rules as rulesWhenFull } from '../contract/indexeddb-full.page.ts'
import { BROWSERS, type BrowserName, closeAll, launchBrowser, type OpenBrowser } from './browsers.ts'
import { outcomeOf, type RuleResult, runSuiteInBrowser } from './suite.ts'

/** Bytes a page of the cramped browser may store. */
const CRAMPED = 12 * 1024 * 1024

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

  test.each(rulesWhenFull.map((rule) => rule.name))('%s', async (rule) => {
    const browser = await launchCramped(name)
    const whenFull = await runSuiteInBrowser(browser, 'test/contract/indexeddb-full.page.ts')
    await browser.close()
    expect(outcomeOf(whenFull, rule)).toBe('held')
  })
})

/** A browser that gives pages little space: Firefox by a preference, Chromium by its own protocol. */
async function launchCramped(name: BrowserName): Promise<OpenBrowser> {
  const preferences = { 'dom.quotaManager.temporaryStorage.fixedLimit': CRAMPED / 1024 }
  if (name === 'firefox') return launchBrowser(name, { preferences })
  const browser = await launchBrowser(name)
  browser.puppeteer.on('targetchanged', (target: Target) => {
    void cramp(target)
  })
  return browser
}

async function cramp(target: Target): Promise<void> {
  if (!target.url().startsWith('http://localhost')) return
  const protocol = await target.createCDPSession()
  await protocol.send('Storage.overrideQuotaForOrigin', {
    origin: new URL(target.url()).origin,
    quotaSize: CRAMPED,
  })
}
