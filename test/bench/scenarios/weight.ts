/**
 * What comes over the network with a cold cache until the editor accepts a key: the real app from our own
 * server, and the neighbour's page. Read through the browser's protocol; compressed with gzip only.
 * A request counts whole when it began before that moment, even if its bytes came later; the note tells what had
 * arrived by then. `total` is every file of the build but the language
 * packs, each gzipped.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'puppeteer-core'
import { rootOfRepository } from '../../e2e/browsers.ts'
import { folderOf, PRODUCTS, type Product } from '../building.ts'
import { attemptBoth, finding, type Outcome, pause, within } from '../measuring.ts'
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
    first_key_gzip_kb: finding(first, 1, ({ begun }) => begun / KB, [
      'KB = 1,000 bytes, headers included',
      ...PRODUCTS.flatMap((product) => arrivedNote(product, first[product])),
    ]),
    total_gzip_kb: finding(total, 1, (bytes) => bytes / KB),
  }
}

function arrivedNote(product: Product, outcome: Outcome<FirstKey>): string[] {
  if (outcome.phase === 'failed') return []
  return [`${product}: ${(outcome.value.arrived / KB).toFixed(1)} KB of it had arrived`]
}

async function weighFirstKey(stage: Stage, address: string): Promise<FirstKey> {
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

interface FirstKey {
  /** Bytes of the requests that had begun. */
  readonly begun: number
  /** Bytes of the requests that were done. */
  readonly arrived: number
}

interface NetworkRequest {
  readonly begun: number
  finished: number
  bytes: number
}

/** @returns what came over the network until a moment */
async function weighRequests(page: Page): Promise<(until: number) => FirstKey> {
  const protocol = await page.createCDPSession()
  await protocol.send('Network.enable')
  await protocol.send('Network.setExtraHTTPHeaders', { headers: { 'accept-encoding': 'gzip' } })
  const requests = new Map<string, NetworkRequest>()
  protocol.on('Network.requestWillBeSent', ({ requestId, timestamp }) =>
    requests.set(requestId, { begun: timestamp * 1_000, finished: Number.POSITIVE_INFINITY, bytes: 0 }),
  )
  protocol.on('Network.loadingFinished', ({ requestId, timestamp, encodedDataLength }) => {
    const request = requests.get(requestId)
    if (request) Object.assign(request, { finished: timestamp * 1_000, bytes: encodedDataLength })
  })
  return (until) => {
    const all = [...requests.values()]
    if (all.length === 0) throw new Error('the browser told of no request')
    return {
      begun: sumOf(all.filter(({ begun }) => begun <= until)),
      arrived: sumOf(all.filter(({ finished }) => finished <= until)),
    }
  }
}

function sumOf(requests: readonly NetworkRequest[]): number {
  return requests.reduce((sum, { bytes }) => sum + bytes, 0)
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
