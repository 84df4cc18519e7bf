/**
 * What every scenario plays on: one Chromium, the built pages, and each product's signaling server.
 * Invariants: each page is a profile of its own unless it says otherwise, so that no product talks through the
 * browser instead of the network; all pages share one clock; whatever a stage started ends with `close`.
 */
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { createSignalingServer, SIGNAL_PATH } from '../../signaling/index.ts'
import { launchBrowser, type OpenBrowser, rootOfRepository } from '../e2e/browsers.ts'
import { folderOf, PAGES, type PageName } from './building.ts'
import { startNeighbourServer } from './neighbour-server.ts'
import { startNostrRelay } from './nostr-relay.ts'
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
  signaling(product: PageName): string
  /** @param sameProfileAs another person's page, or an earlier one of the same person */
  open(product: PageName, sameProfileAs?: Desktop): Promise<Desktop>
  /** A page in another Chromium, which can be killed. */
  openElsewhere(product: PageName): Promise<Elsewhere>
  /** From now on no product has a server that introduces people. */
  stopSignaling(): Promise<void>
  close(): Promise<void>
}

export interface Elsewhere {
  readonly desktop: Desktop
  /** Ends all of that Chromium at once, without a word. @returns when, on the machine's clock */
  kill(): number
}

/** One person's page. */
export interface Desktop {
  readonly product: PageName
  readonly page: Page
  /** Calls the page's side of the benchmark. */
  ask<Name extends keyof BenchPage>(
    name: Name,
    ...given: Parameters<BenchPage[Name]>
  ): Promise<Awaited<ReturnType<BenchPage[Name]>>>
  /** What passed through its data channels since the last look, on the machine's clock. */
  takePassed(): Promise<{ readonly sent: readonly Passed[]; readonly received: readonly Passed[] }>
  /** Messages of ours that carried entries since the last look. */
  takeEntryMessages(): Promise<number>
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
    const servers = await startSignaling()
    closing.push(servers.close)
    const pages = new Map<PageName, PageServer>()
    for (const name of PAGES) pages.set(name, await servePage(folderOf(name)))
    const serverOf = (name: PageName) => pages.get(name) as PageServer
    closing.push(async () => {
      for (const server of pages.values()) await server.close()
    })
    return {
      browser,
      app: servers.app,
      neighbourPage: `${serverOf('theirs').url}/theirs.html`,
      signaling: (name) => servers.addresses[name],
      open: (name, sameProfileAs) => openDesktop(browser, serverOf(name), name, sameProfileAs),
      openElsewhere: async (name) => {
        const other = await launchBrowser('chromium')
        closing.push(() => other.close())
        return { desktop: await openDesktop(other, serverOf(name), name, undefined), kill: () => kill(other) }
      },
      stopSignaling: servers.close,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

interface SignalingServers {
  /** Where our server serves the real app. */
  readonly app: string
  readonly addresses: Readonly<Record<PageName, string>>
  /** Idempotent. */
  close(): Promise<void>
}

async function startSignaling(): Promise<SignalingServers> {
  const webFolder = join(rootOfRepository(), 'dist/web')
  const own = await createSignalingServer({ port: 0, webFolder }).listen()
  const neighbour = await startNeighbourServer()
  const relay = await startNostrRelay()
  let closed: Promise<unknown> | undefined
  return {
    app: own.url,
    addresses: {
      ours: `${own.url.replace(/^http/, 'ws')}${SIGNAL_PATH}`,
      theirs: neighbour.signaling,
      trystero: relay.url,
    },
    close: async () => {
      closed ??= Promise.all([own.close(), neighbour.close(), relay.close()])
      await closed
    },
  }
}

function kill(browser: OpenBrowser): number {
  const child = browser.puppeteer.process()
  if (!child) throw new Error('there is no process to kill')
  const at = machineClock()
  child.kill('SIGKILL')
  return at
}

/** Milliseconds on the clock that pages count from too (`clockOrigin`). */
export function machineClock(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

async function openDesktop(
  browser: OpenBrowser,
  server: PageServer,
  product: PageName,
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
    takeEntryMessages: () => page.evaluate(takeEntryMessages),
    leave: () => page.close(),
    close: () => page.browserContext().close(),
  }
  await desktop.ask('startClock', origin)
  return desktop
}

/** Runs in the page. */
function callBench(name: keyof BenchPage, given: unknown[]): unknown {
  const called = globalThis.bench?.[name] as ((...given: unknown[]) => unknown) | undefined
  if (!called) throw new Error(`this page cannot ${name}`)
  return called.apply(globalThis.bench, given)
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

/** Runs in the page. */
function takeEntryMessages(): number {
  const { wireTap } = globalThis
  if (!wireTap) throw new Error('nothing taps the wire')
  const taken = wireTap.entryMessages
  wireTap.entryMessages = 0
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
