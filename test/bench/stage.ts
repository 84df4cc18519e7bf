/**
 * What every scenario plays on: one Chromium, both products' built pages, both signaling servers.
 * Invariants: each page is a profile of its own unless it says otherwise, so that no product talks through the
 * browser instead of the network; all pages share one clock; whatever a stage started ends with `close`.
 */
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { createSignalingServer, SIGNAL_PATH } from '../../signaling/index.ts'
import { launchBrowser, type OpenBrowser, rootOfRepository } from '../e2e/browsers.ts'
import { folderOf, type Product } from './building.ts'
import { type NeighbourServer, startNeighbourServer } from './neighbour-server.ts'
import type { BenchPage } from './page/contract.ts'
import { installWireTap, type Passed } from './page/wire-tap.ts'
import { type PageServer, servePage } from './page-server.ts'

/** Milliseconds a page may take to load. */
const LOAD_DEADLINE = 30_000

export interface Stage {
  readonly browser: OpenBrowser
  /** Where our server serves the real app. */
  readonly app: string
  /** Where the neighbour's page is served. */
  readonly neighbourPage: string
  signaling(product: Product): string
  /** @param sameProfileAs another person's page, or an earlier one of the same person */
  open(product: Product, sameProfileAs?: Desktop): Promise<Desktop>
  close(): Promise<void>
}

/** One person's page. */
export interface Desktop {
  readonly product: Product
  readonly page: Page
  /** Calls the page's side of the benchmark. */
  ask<Name extends keyof BenchPage>(
    name: Name,
    ...given: Parameters<BenchPage[Name]>
  ): Promise<Awaited<ReturnType<BenchPage[Name]>>>
  /** What passed through its data channels since the last look, on the machine's clock. */
  takePassed(): Promise<{ readonly sent: readonly Passed[]; readonly received: readonly Passed[] }>
  /** Leaves the page; the profile stays for another one. */
  leave(): Promise<void>
  /** Closes the page and its profile. */
  close(): Promise<void>
}

export async function openStage(): Promise<Stage> {
  const closing: (() => Promise<void>)[] = []
  const close = async () => {
    for (const end of closing.reverse()) await end()
    closing.length = 0
  }
  try {
    const browser = await launchBrowser('chromium')
    closing.push(() => browser.close())
    const webFolder = join(rootOfRepository(), 'dist/web')
    const server = await createSignalingServer({ port: 0, webFolder }).listen()
    closing.push(() => server.close())
    const neighbour: NeighbourServer = await startNeighbourServer()
    closing.push(() => neighbour.close())
    const pages = { ours: await servePage(folderOf('ours')), theirs: await servePage(folderOf('theirs')) }
    closing.push(
      () => pages.ours.close(),
      () => pages.theirs.close(),
    )
    const own = `${server.url.replace(/^http/, 'ws')}${SIGNAL_PATH}`
    return {
      browser,
      app: server.url,
      neighbourPage: `${pages.theirs.url}/theirs.html`,
      signaling: (product) => (product === 'ours' ? own : neighbour.signaling),
      open: (product, sameProfileAs) => openDesktop(browser, pages[product], product, sameProfileAs),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function openDesktop(
  browser: OpenBrowser,
  server: PageServer,
  product: Product,
  sameProfileAs: Desktop | undefined,
): Promise<Desktop> {
  const page = await browser.newPage(sameProfileAs?.page)
  page.setDefaultTimeout(0) // each scenario has its own deadline
  await page.evaluateOnNewDocument(installWireTap)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('pageerror', (error) => console.error(`  ${product}: ${String(error)}`))
  page.on('console', (said) => said.type() === 'error' && console.error(`  ${product}: ${said.text()}`))
  await page.goto(`${server.url}/${product}.html`, { waitUntil: 'load', timeout: LOAD_DEADLINE })
  if (!(await page.evaluate(() => globalThis.bench !== undefined)))
    throw new Error(`the page of ${product} did not start. ${complaints.join('; ')}`)
  const origin = await clockOrigin(page)
  const desktop: Desktop = {
    product,
    page,
    ask: (name, ...given) => page.evaluate(callBench, name, given) as Promise<never>,
    takePassed: async () => {
      const { sent, received } = await page.evaluate(takeFromTap)
      return { sent: onClock(sent, origin), received: onClock(received, origin) }
    },
    leave: () => page.close(),
    close: () => page.browserContext().close(),
  }
  await desktop.ask('startClock', origin)
  return desktop
}

/** Runs in the page. */
function callBench(name: keyof BenchPage, given: unknown[]): unknown {
  const called = globalThis.bench?.[name] as ((...given: unknown[]) => unknown) | undefined
  return called?.apply(globalThis.bench, given)
}

/** Runs in the page. */
function takeFromTap(): { sent: Passed[]; received: Passed[] } {
  const { wireTap } = globalThis
  if (!wireTap) throw new Error('nothing taps the wire')
  const taken = { sent: wireTap.sent, received: wireTap.received }
  wireTap.sent = []
  wireTap.received = []
  return taken
}

function onClock(passed: readonly Passed[], origin: number): Passed[] {
  return passed.map((each) => ({ ...each, at: origin + each.at }))
}

/**
 * Milliseconds on the machine's monotonic clock at which the page's `performance.now()` was zero. The wall clock
 * behind `performance.timeOrigin` is read anew by every renderer and may differ by more than a keystroke takes.
 */
export async function clockOrigin(page: Page): Promise<number> {
  const protocol = await page.createCDPSession()
  await protocol.send('Performance.enable')
  const { metrics } = await protocol.send('Performance.getMetrics')
  await protocol.detach()
  const start = metrics.find(({ name }) => name === 'NavigationStart')
  if (start === undefined) throw new Error('the browser does not say when the page began')
  return start.value * 1_000
}
