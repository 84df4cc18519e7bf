/**
 * What comes over the network with a cold cache until the editor accepts a key: the real app from our own
 * server, and the neighbour's page. Read through the browser's protocol; compressed with gzip only.
 * A request counts whole when it began before that moment. `total` is every file of the build but the language
 * packs, each gzipped.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'puppeteer-core'
import { rootOfRepository } from '../../e2e/browsers.ts'
import { folderOf, type Product } from '../building.ts'
import { attemptBoth, finding, pause, within } from '../measuring.ts'
import type { Findings } from '../rows.ts'
import { clockOrigin, type Stage } from '../stage.ts'

const DEADLINE = 30_000
/** For what was under way at the first key to arrive. */
const REST_MS = 2_000
const KB = 1_000

declare global {
  /** `performance.now()` at which the editor had taken a key. */
  var firstKeyAt: number | undefined
}

export async function measureWeight(stage: Stage): Promise<Findings> {
  const address = { ours: stage.app, theirs: stage.neighbourPage }
  const first = await attemptBoth((product) => weighFirstKey(stage, address[product]))
  const folder = { ours: join(rootOfRepository(), 'dist/web'), theirs: folderOf('theirs') }
  const total = await attemptBoth((product: Product) => weighFolder(folder[product]))
  return {
    first_key_gzip_kb: finding(first, 1, (bytes) => bytes / KB, ['KB = 1,000 bytes, headers included']),
    total_gzip_kb: finding(total, 1, (bytes) => bytes / KB),
  }
}

async function weighFirstKey(stage: Stage, address: string): Promise<number> {
  const page = await stage.browser.newPage()
  try {
    const weight = await weighRequests(page)
    await page.evaluateOnNewDocument(pressFirstKey)
    await page.goto(address, { waitUntil: 'load', timeout: DEADLINE })
    const accepted = page.waitForFunction(() => globalThis.firstKeyAt, { timeout: DEADLINE })
    await within(DEADLINE, 'accepting a key', accepted)
    await pause(REST_MS)
    const at = (await page.evaluate(() => globalThis.firstKeyAt)) ?? 0
    return weight((await clockOrigin(page)) + at)
  } finally {
    await page.browserContext().close()
  }
}

/** @returns bytes over the network of all requests begun until a moment */
async function weighRequests(page: Page): Promise<(until: number) => number> {
  const protocol = await page.createCDPSession()
  await protocol.send('Network.enable')
  await protocol.send('Network.setExtraHTTPHeaders', { headers: { 'accept-encoding': 'gzip' } })
  const began = new Map<string, number>()
  const weighed = new Map<string, number>()
  protocol.on('Network.requestWillBeSent', ({ requestId, timestamp }) =>
    began.set(requestId, timestamp * 1_000),
  )
  protocol.on('Network.loadingFinished', ({ requestId, encodedDataLength }) =>
    weighed.set(requestId, encodedDataLength),
  )
  return (until) => {
    const counted = [...weighed].filter(([requestId]) => (began.get(requestId) ?? 0) <= until)
    if (counted.length === 0) throw new Error('the browser told of no request')
    return counted.reduce((sum, [, bytes]) => sum + bytes, 0)
  }
}

/** Runs in the page before anything else: types as soon as there is an editor, and looks whether it stays. */
function pressFirstKey(): void {
  const look = () => {
    const content = document.querySelector<HTMLElement>('.cm-content[contenteditable="true"]')
    if (!content) return
    watching.disconnect() // typing changes the page too
    const at = performance.now()
    content.focus()
    document.execCommand('insertText', false, 'x')
    requestAnimationFrame(() => {
      if (content.textContent?.includes('x') === true) globalThis.firstKeyAt = at
      else watch()
    })
  }
  const watching = new MutationObserver(look)
  const watch = () => watching.observe(document, { subtree: true, childList: true, attributes: true })
  watch()
}

async function weighFolder(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  let sum = 0
  for (const file of files) {
    const path = join(file.parentPath, file.name)
    if (!file.isFile() || path.includes('/languages/') || path.endsWith('.map')) continue
    sum += gzipSync(await readFile(path), { level: 9 }).length
  }
  if (sum === 0) throw new Error('the build is empty')
  return sum
}
