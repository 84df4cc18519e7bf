/** Pages on bad ground: not a secure page, no space left, a document over the limit. Each says so; text is kept. */
import type { Target } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BROWSERS, type BrowserName, closeAll, launchBrowser, type OpenBrowser } from './browsers.ts'
import { inPage } from './in-page.ts'
import { arrive } from './meeting.ts'
import { type Product, startProduct, stopProducts } from './product.ts'

/** Bytes a page of the cramped browser may store: the page itself kept for offline, and little more. */
const CRAMPED = 12 * 1024 * 1024
/** Milliseconds for 64 MB to be typed, sealed and stored on a busy machine. */
const LARGE_WITHIN = 90_000

let product: Product

beforeAll(async () => {
  product = await startProduct()
})
afterAll(async () => {
  await closeAll()
  await stopProducts()
})

test.each(BROWSERS)(
  'in %s a page on plain http and another machine shows what to do instead',
  async (name) => {
    const preferences = { 'network.dns.forceResolve': '127.0.0.1' }
    const flags = name === 'chromium' ? ['--host-resolver-rules=MAP example.test 127.0.0.1'] : []
    const browser = await launchBrowser(name, { flags, preferences })
    const ada = await arrive(browser, 'Ada')
    await ada.open(`http://example.test:${product.port}`)
    await ada.seesWords('Browsers allow private editing only on https or on this computer itself.')
    expect(await ada.words()).toContain(`http://localhost:${product.port}`)
    expect(await ada.words()).toContain('--tls-cert')
    expect(await ada.page.evaluate(() => isSecureContext)).toBe(false)
    expect(ada.errors.filter((error) => !error.includes('Cross-Origin-Opener-Policy'))).toEqual([])
    await browser.close()
  },
)

test.each(BROWSERS)(
  'in %s a full disk is said, typing goes on, and all of it is kept once there is room',
  async (name) => {
    const browser = await launchCramped(name)
    const ada = await arrive(browser, 'Ada')
    await ada.open(product.url)
    await ada.type('before')
    await ada.seesSaved()
    await ada.readyForOffline()
    await ada.page.evaluate(fillDisk)
    await ada.page.evaluate(inPage.insert, 0, `${'long '.repeat(40_000)}\n`)
    await ada.seesWords('This device is out of space; new changes are only in memory.')
    await ada.type(' and on')
    await ada.seesPart('before and on')
    await ada.find('button', 'Download')
    await ada.page.evaluate(emptyDisk)
    await ada.type('!')
    await ada.seesNoWords('out of space')
    await ada.seesSaved()
    await ada.page.reload()
    await ada.page.waitForSelector('.cm-content[contenteditable="true"]')
    expect(await ada.page.evaluate(inPage.textLength)).toBe('before and on!'.length + 200_001)
    await browser.close()
  },
)

describe('a session over the limit', () => {
  let browser: OpenBrowser
  beforeAll(async () => {
    browser = await launchBrowser('chromium')
  })
  afterAll(() => browser.close())

  test('says how much it holds at most, and its text can be downloaded', async () => {
    const ada = await arrive(browser, 'Ada')
    await ada.open(product.url)
    await ada.type('small')
    await ada.seesSaved()
    await ada.page.evaluate(inPage.insert, 0, 'x'.repeat(64 * 1024 * 1024))
    await ada.seesWords('This session holds at most 64 MB of text.', LARGE_WITHIN)
    await ada.find('button', 'Download')
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
  const origin = new URL(target.url()).origin
  await protocol.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: CRAMPED })
}

/** Stores noise in a database of its own until not even a small piece fits. */
async function fillDisk(): Promise<void> {
  const open = () =>
    new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open('noise')
      opening.onupgradeneeded = () => opening.result.createObjectStore('rows', { autoIncrement: true })
      opening.onsuccess = () => resolve(opening.result)
      opening.onerror = () => reject(opening.error)
    })
  const store = (database: IDBDatabase, noise: Uint8Array) =>
    new Promise<boolean>((resolve) => {
      const writing = database.transaction('rows', 'readwrite', { durability: 'strict' })
      writing.objectStore('rows').add(noise)
      writing.oncomplete = () => resolve(true)
      writing.onabort = () => resolve(false)
    })
  /** Opened for each piece: Firefox gives up a database that met its limit. */
  const fits = async (bytes: number) => {
    const noise = new Uint8Array(bytes)
    for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(noise.subarray(at, at + 65_536))
    const database = await open()
    const stored = await store(database, noise)
    database.close()
    return stored
  }
  for (let size = 1_048_576; size >= 16_384; size /= 4) {
    for (let pieces = 0; pieces < 100 && (await fits(size)); pieces++);
  }
}

function emptyDisk(): Promise<void> {
  return new Promise((resolve, reject) => {
    const deleting = indexedDB.deleteDatabase('noise')
    deleting.onsuccess = () => resolve()
    deleting.onerror = () => reject(deleting.error)
  })
}
