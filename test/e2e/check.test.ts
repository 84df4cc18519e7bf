/** The check page in both browsers, on the real server: what it finds on a computer where all is well, and its report. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  BROWSERS,
  closeAll,
  getByRole,
  getByText,
  hasRole,
  launchBrowser,
  type OpenBrowser,
  rootOfRepository,
} from './browsers.ts'
import { type Product, startProduct, stopProducts } from './product.ts'

const AXE = readFileSync(join(rootOfRepository(), 'node_modules/axe-core/axe.min.js'), 'utf8')

let product: Product

beforeAll(async () => {
  product = await startProduct()
})
afterAll(async () => {
  await closeAll()
  await stopProducts()
})

async function reportIn(page: Page): Promise<string> {
  const report = await getByRole(page, 'textbox', 'Report, without addresses or names')
  return report.evaluate((field) => (field as HTMLTextAreaElement).value)
}

describe.each(BROWSERS)('in %s', (name) => {
  let browser: OpenBrowser
  let page: Page
  const errors: string[] = []

  beforeAll(async () => {
    browser = await launchBrowser(name)
    page = await browser.newPage()
    page.on('pageerror', (error) => errors.push(String(error)))
    await page.goto(`${product.url}/check`)
  })
  afterAll(() => browser.close())

  test('everything a connection on this computer needs works, and is said in words', async () => {
    await getByText(page, 'Done: nothing stands in the way.')
    const report = await reportIn(page)
    for (const line of ['WebRTC: works.', 'Server: works.', 'Ways to this device: works.', 'Storage: works.'])
      expect(report).toContain(line)
    expect(report).toContain('Direct way (STUN): none. Not needed: the server runs on this computer.')
    expect(errors).toEqual([])
  })

  test('the report names the browser and no address, port or host', async () => {
    const report = await reportIn(page)
    expect(report).toMatch(name === 'firefox' ? /Firefox \d+, / : /Chrome \d+, /)
    expect(report).not.toMatch(/localhost|\.local|\d+\.\d+\.\d+\.\d+/)
    expect(report).not.toContain(String(product.port))
  })

  test('it can be run again, and says that the server is gone once it is', async () => {
    await product.kill()
    await (await getByRole(page, 'button', 'Check again')).click()
    await getByText(page, 'Done: 1 of these will get in the way.')
    expect(await reportIn(page)).toContain('Server: FAILS. The server cannot be reached.')
    await product.restart()
  })
})

describe.each([
  ['light', 1280],
  ['dark', 360],
] as const)('in %s, %i pixels wide', (scheme, width) => {
  test('axe finds nothing serious, nothing scrolls sideways, and the editor is one link away', async () => {
    const browser = await launchBrowser('chromium')
    const page = await browser.newPage()
    await page.setViewport({ width, height: 720 })
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
    await page.goto(`${product.url}/check`)
    await getByRole(page, 'button', 'Copy report')
    await page.evaluate(AXE)
    const serious = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; impact: string }[] }> }
      }
      const { violations } = await axe.run()
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id }) => id)
    })
    expect(serious).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    expect(await hasRole(page, 'link', 'Back to the text')).toBe(true)
    await browser.close()
  })
})
