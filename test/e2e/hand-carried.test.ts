/** Two browsers pair with no server process alive: an offer carried there, an answer carried back. */
import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BROWSERS, type BrowserName, closeAll, launchBrowser, type OpenBrowser } from './browsers.ts'
import type {} from './hand-carried.page.ts'
import { serveFiles } from './serving.ts'
import { bundle } from './suite.ts'

const open = new Map<BrowserName, OpenBrowser>()
let files: Awaited<ReturnType<typeof bundle>>

beforeAll(async () => {
  files = await bundle('test/e2e/hand-carried.page.ts')
  for (const name of BROWSERS) open.set(name, await launchBrowser(name))
})

afterAll(closeAll)

const pairings = BROWSERS.flatMap((ada) => BROWSERS.map((ben) => [ada, ben] as const))

describe.each(pairings)('%s offers and %s answers', (adas, bens) => {
  test('with every server dead, and they edit together', async () => {
    const [ada, ben] = await prepared(adas, bens)
    const offer = await ada.evaluate(() => globalThis.hand.offer())
    const answer = await ben.evaluate((text) => globalThis.hand.answer(text), offer)
    for (const text of [offer, answer]) expect(text.length).toBeLessThanOrEqual(600)
    await ada.evaluate((text) => globalThis.hand.accept(text), answer)
    expect(await ben.evaluate(() => globalThis.hand.join())).toBe('hello')
    await ben.evaluate(() => globalThis.hand.type('> '))
    await ada.waitForFunction(() => globalThis.hand.text() === '> hello', { timeout: 10_000 })
    await ada.close()
    await ben.close()
  })
})

/** Both pages, loaded to the last byte, and the server that gave them stopped. */
async function prepared(adas: BrowserName, bens: BrowserName): Promise<[Page, Page]> {
  const serving = await serveFiles(files)
  const pages = await Promise.all([adas, bens].map((name) => open.get(name)!.newPage()))
  for (const page of pages) {
    await page.goto(serving.url, { waitUntil: 'load' })
    await page.evaluate(() => globalThis.hand.prepare())
  }
  await serving.close()
  return pages as [Page, Page]
}
