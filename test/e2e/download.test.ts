/** What `Download` writes: the text on the screen, byte by byte, under the file's name. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BROWSERS, closeAll, launchBrowser } from './browsers.ts'
import { inPage } from './in-page.ts'
import { arrive } from './meeting.ts'
import { type Product, startProduct, stopProducts } from './product.ts'
import { until } from './waiting.ts'

const TEXT = 'naïve 👩‍👩‍👧 \ttab\n\nlast line without an end'
/** Typed, which makes the draft a session; the rest is put before it. */
const LAST = 'end'

let product: Product
let folder: string

beforeAll(async () => {
  product = await startProduct()
  folder = mkdtempSync(join(tmpdir(), 'coterie-download-'))
})
afterAll(async () => {
  await closeAll()
  await stopProducts()
  rmSync(folder, { recursive: true })
})

test.each(BROWSERS)(
  'in %s a file of that name with exactly the text, with the server gone too',
  async (name) => {
    const into = join(folder, name)
    const preferences = {
      'browser.download.folderList': 2,
      'browser.download.dir': into,
      'browser.download.always_ask_before_handling_new_types': false,
    }
    const browser = await launchBrowser(name, { preferences })
    const ada = await arrive(browser, 'Ada')
    if (name === 'chromium') {
      const protocol = await ada.page.createCDPSession()
      await protocol.send('Browser.setDownloadBehavior', {
        behavior: 'allow',
        downloadPath: into,
        browserContextId: ada.page.browserContext().id ?? '',
      })
    }
    await ada.open(product.url)
    await ada.type(LAST)
    await ada.seesSaved()
    await ada.page.evaluate(inPage.insert, 0, TEXT.slice(0, -LAST.length))
    await ada.fill('textbox', 'File name', 'läuft.ts')
    await ada.press('Enter')
    await ada.seesSaved()
    await product.kill()
    await ada.click('button', 'Menu')
    await ada.click('button', 'Download')
    const bytes = await until(
      'the file is written',
      async () => readFileSync(join(into, 'läuft.ts')),
      (read) => read.length >= Buffer.byteLength(TEXT),
    )
    expect(bytes.toString('utf8')).toBe(TEXT)
    expect(readdirSync(into).length).toBe(1)
    await product.restart()
    await browser.close()
  },
)
