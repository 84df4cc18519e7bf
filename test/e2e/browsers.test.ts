/** The launcher's own rules, in both browsers: everything end to end stands on them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  BROWSERS,
  closeAll,
  fillText,
  getByRole,
  getByText,
  hasRole,
  launchBrowser,
  type OpenBrowser,
  pressKey,
  whenGone,
} from './browsers.ts'
import { type Serving, serveFiles } from './serving.ts'
import { outcomeOf, type RuleResult, runSuiteInBrowser } from './suite.ts'

const HTML = `<!doctype html><title>launcher</title>
<button id="plain" onclick="this.remove(); document.querySelector('output').textContent = 'clicked'">Press "me"</button>
<button hidden>Hidden</button>
<button aria-label="Icon alone">*</button>
<label>Your name <input value="before"></label>
<div role="textbox" aria-label="Editor" contenteditable></div>
<part-in-shadow></part-in-shadow>
<output></output>
<script>
  customElements.define('part-in-shadow', class extends HTMLElement {
    constructor() {
      super()
      this.attachShadow({ mode: 'open' }).innerHTML = '<button>In the shadow</button>'
    }
  })
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey && event.shiftKey && event.code === 'KeyZ') document.title = 'combination'
  })
</script>`

const POLICY_FREE_PAGE = new Map([['index.html', HTML]])
let serving: Serving
beforeAll(async () => {
  serving = await serveFiles(POLICY_FREE_PAGE)
})
afterAll(async () => {
  await closeAll()
  await serving.close()
})

describe.each(BROWSERS)('%s', (name) => {
  let browser: OpenBrowser
  beforeAll(async () => {
    browser = await launchBrowser(name)
  })

  const openPage = async () => {
    const page = await browser.newPage()
    await page.goto(serving.url)
    return page
  }

  test('clicks a button by its role and name', async () => {
    const page = await openPage()
    await (await getByRole(page, 'button', 'Press "me"')).click()
    await getByText(page, 'clicked')
    await whenGone(page, 'button', 'Press "me"')
  })

  test('finds names of icons and fields, and names inside a shadow root', async () => {
    const page = await openPage()
    await getByRole(page, 'button', 'Icon alone')
    await getByRole(page, 'textbox', 'Your name')
    await getByRole(page, 'button', 'In the shadow')
  })

  test('does not find what is hidden, and says what it looked for', async () => {
    const page = await openPage()
    expect(await hasRole(page, 'button', 'Hidden')).toBe(false)
    await expect(getByRole(page, 'button', 'Hidden', 200)).rejects.toThrow('no visible button "Hidden"')
  })

  test('fills a field and an editable element', async () => {
    const page = await openPage()
    await fillText(page, await getByRole(page, 'textbox', 'Your name'), 'Ada')
    await fillText(page, await getByRole(page, 'textbox', 'Editor'), 'two words')
    expect(await page.$eval('input', (input) => input.value)).toBe('Ada')
    expect(await page.$eval('[contenteditable]', (element) => element.textContent)).toBe('two words')
  })

  test('presses keys together', async () => {
    const page = await openPage()
    await pressKey(page, 'Control+Shift+Z')
    expect(await page.title()).toBe('combination')
  })

  test('gives each page a profile of its own, and shares one when asked', async () => {
    const first = await openPage()
    await first.evaluate(() => localStorage.setItem('who', 'first'))
    const stranger = await openPage()
    expect(await stranger.evaluate(() => localStorage.getItem('who'))).toBe(null)
    const sibling = await browser.newPage(first)
    await sibling.goto(serving.url)
    expect(await sibling.evaluate(() => localStorage.getItem('who'))).toBe('first')
  })

  test('keeps every page visible, so that none is throttled', async () => {
    const pages = [await openPage(), await openPage()]
    const states = await Promise.all(pages.map((page) => page.evaluate(() => document.visibilityState)))
    expect(states).toEqual(['visible', 'visible'])
    const frames = pages.map((page) =>
      page.evaluate(() => new Promise<boolean>((resolve) => requestAnimationFrame(() => resolve(true)))),
    )
    expect(await Promise.all(frames)).toEqual([true, true])
  })

  describe('a suite inside it', () => {
    let results: RuleResult[]
    beforeAll(async () => {
      results = await runSuiteInBrowser(browser, 'test/e2e/example.page.ts')
    })

    test('tells of each rule that holds', () => {
      expect(outcomeOf(results, 'a row is read back from IndexedDB')).toBe('held')
      expect(outcomeOf(results, 'the page is a secure context')).toBe('held')
    })

    test('tells of a rule that is broken and of one that never ran', () => {
      expect(outcomeOf(results, 'a rule that throws')).toContain('broken: RangeError: on purpose')
      expect(outcomeOf(results, 'a rule nobody wrote')).toBe('never ran')
    })
  })
})
