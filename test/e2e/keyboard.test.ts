/** The whole of journey A without a mouse, and what axe says about the real pages of it, light and dark. */
import { readFileSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BROWSERS, closeAll, launchBrowser, rootOfRepository } from './browsers.ts'
import { arrive, meet } from './meeting.ts'
import type { Person } from './person.ts'
import { type Product, startProduct, stopProducts } from './product.ts'

const AXE = readFileSync(joinPath(rootOfRepository(), 'node_modules/axe-core/axe.min.js'), 'utf8')
/** Tab stops between the text and anything in the bar. */
const MOST_STOPS = 30

let product: Product

beforeAll(async () => {
  product = await startProduct()
})
afterAll(async () => {
  await closeAll()
  await stopProducts()
})

/** Presses Tab until what has the focus is called `name`. */
async function tabTo(person: Person, name: string, keys = 'Tab'): Promise<void> {
  const passed: string[] = []
  while (passed.length < MOST_STOPS) {
    await person.press(keys)
    const focused = await person.focused()
    if (focused === name) return
    passed.push(focused)
  }
  throw new Error(`Tab never came to "${name}"; it passed ${passed.join(', ')}`)
}

test.each(BROWSERS)('in %s two people share, copy, join and edit by keys alone', async (name) => {
  const browser = await launchBrowser(name)
  const ada = await arrive(browser, 'Ada')
  const ben = await arrive(browser, 'Ben')
  await ada.open(product.url)
  await ada.typeHere('keys')
  await ada.press('Escape')
  await tabTo(ada, 'File name', 'Shift+Tab')
  await ada.press('Control+a')
  await ada.typeHere('keys.ts')
  await ada.press('Enter')
  await ada.seesFocusOn('Text')
  await ada.press('Escape')
  await tabTo(ada, 'Share', 'Shift+Tab')
  await ada.press('Enter')
  await ada.seesWords('Link copied')
  await ada.seesFocusOn('Invite link')
  const link = await ada.page.evaluate(() => {
    let at = document.activeElement
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
    return at instanceof HTMLInputElement ? at.value : ''
  })
  await tabTo(ada, 'Copy link')
  await ada.press('Enter')
  await ada.seesWords('Link copied')
  await ada.press('Escape')
  await ada.seesFocusOn('Share')

  await ben.open(link)
  await ben.find('button', 'Join')
  await ben.seesFocusOn('Join')
  await ben.press('Enter')
  await ben.seesPart('keys')
  await ben.seesStatus('In sync with 1')
  await ben.seesFocusOn('Text')
  const before = await ben.text()
  await ben.typeHere('more ')
  await ada.seesPart('more ')
  await ben.page.waitForSelector('.cm-content[aria-autocomplete]') // all keys have loaded
  await ben.press('Tab')
  expect(await ben.focused()).toBe('Text')
  expect(await ben.text()).not.toBe(before)
  await ben.press('Escape')
  await tabTo(ben, 'People', 'Shift+Tab')
  await ben.press('Enter')
  await ben.find('textbox', 'Your name')
  await browser.close()
})

describe('the real pages', () => {
  test.each(['light', 'dark'])(
    'in %s axe finds nothing serious and nothing scrolls sideways at 360 pixels',
    async (scheme) => {
      const browser = await launchBrowser('chromium')
      const ada = await arrive(browser, 'Ada')
      const ben = await arrive(browser, 'Ben')
      for (const { page } of [ada, ben]) {
        await page.setViewport({ width: 360, height: 720 })
        await page.setBypassCSP(true)
        await page.emulateMediaFeatures([
          { name: 'prefers-color-scheme', value: scheme },
          { name: 'prefers-reduced-motion', value: 'reduce' }, // a toast that fades in has no contrast yet
        ])
      }
      await ada.open(product.url)
      await ada.find('button', 'Share')
      await isFine(ada.page, 'a draft')
      const link = await meet(ada, ben, {
        url: product.url,
        text: 'a line that is longer than a narrow page is wide\nx',
      })
      await isFine(ada.page, 'a session')
      await isFine(ben.page, 'a session one has joined')
      await ada.click('button', 'Share')
      await ada.find('textbox', 'Invite link')
      await isFine(ada.page, 'the share popover')
      await ada.press('Escape')
      await ada.click('button', 'People')
      await ada.find('textbox', 'Your name')
      await isFine(ada.page, 'the list of people')
      const eve = await arrive(browser, 'Eve')
      await eve.page.setViewport({ width: 360, height: 720 })
      await eve.page.setBypassCSP(true)
      await eve.open(link)
      await eve.seesWords('has been used')
      await isFine(eve.page, 'a link that did not open')
      await browser.close()
    },
  )
})

/** Nothing serious or critical, and no sideways scrolling. */
async function isFine(page: Page, screen: string): Promise<void> {
  await page.evaluate(AXE)
  const findings = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> }
    }
    const { violations } = await axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  })
  expect(findings, screen).toEqual([])
  const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  expect(width, `${screen} is wider than the page`).toBeLessThanOrEqual(0)
}
