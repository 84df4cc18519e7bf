/**
 * Several tabs of one person in a real browser: one set of connections for all of them, and what becomes of it when the
 * tab that holds them is closed or freezes, with the server there and gone.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BROWSERS, closeAll, launchBrowser, type OpenBrowser } from './browsers.ts'
import { inPage } from './in-page.ts'
import { arrive, meet } from './meeting.ts'
import { Person } from './person.ts'
import { type Product, startProduct, stopProducts } from './product.ts'
import { until } from './waiting.ts'

/** Milliseconds the tab that leads does not answer: longer than others put up with. */
const FROZEN = 4_000

afterAll(async () => {
  await closeAll()
  await stopProducts()
})

describe.each(BROWSERS)('in %s', (name) => {
  let browser: OpenBrowser
  let product: Product
  let ada: Person
  let ben: Person

  beforeAll(async () => {
    browser = await launchBrowser(name)
    product = await startProduct()
    ada = await arrive(browser, 'Ada')
    ben = await arrive(browser, 'Ben')
    await ben.page.evaluateOnNewDocument(countConnections)
    await meet(ada, ben, { url: product.url, text: 'one' })
  })
  afterAll(() => browser.close())

  /** Another tab of Ada's, as somebody to look through its window. */
  async function anotherTab(): Promise<Person> {
    const address = await ada.address()
    const page = await browser.newPage(ada.page)
    await page.evaluateOnNewDocument(countSockets)
    const tab = new Person('Ada', browser, page)
    await tab.open(address)
    await tab.sees(await ada.text())
    await tab.seesStatus('In sync with 1')
    return tab
  }

  function benHas(connections: number): Promise<number> {
    return until(
      `Ben waited for ${connections} connections`,
      () => ben.page.evaluate(openConnections),
      (open) => open === connections,
    )
  }

  async function benHasCarets(count: number): Promise<void> {
    await until(
      `Ben waited for ${count} carets`,
      () => ben.carets(),
      (names) => names.length === count,
    )
  }

  test('three tabs are one set of connections and one standby, and each of them is in sync', async () => {
    const second = await anotherTab()
    const third = await anotherTab()
    await benHas(2)
    await third.type(' two')
    await ben.sees('one two')
    await third.seesShared()
    expect(await third.status()).toBe('In sync with 1')
    await ben.type(' three')
    for (const tab of [ada, second, third]) await tab.sees('one two three')
    await benHas(2)
    for (const tab of [second, third]) expect(await tab.page.evaluate(openedSockets)).toBe(0)
    await second.leave()
    await third.leave()
    await benHas(1)
  })

  test('closing the tab that leads hands over, and every keystroke of both tabs arrives', async () => {
    const second = await anotherTab()
    await benHas(2)
    await ada.type('\nlast words')
    const typing = second.type('\nstill typing while the other tab is closed')
    await ada.leave()
    await typing
    await ben.seesPart('last words')
    await ben.seesPart('still typing while the other tab is closed')
    await benHasCarets(1)
    await benHas(1)
    expect(await ben.text()).toBe(await second.text())
    await second.seesStatus('In sync with 1')
    ada = second
  })

  test('with the server gone too: the standby carries on', async () => {
    const second = await anotherTab()
    await benHas(2)
    await product.kill()
    await ada.type('\ngoodbye')
    const typing = second.type('\nand no server')
    await ada.leave()
    await typing
    await ben.seesPart('goodbye')
    await ben.seesPart('and no server')
    await benHasCarets(1)
    await ben.type('\nread you')
    await second.seesPart('read you')
    expect(await second.status()).toBe('In sync with 1')
    await product.restart()
    ada = second
    await until(
      'Ada waited for the server',
      () => ada.page.evaluate(inPage.problem),
      (problem) => problem === undefined,
      45_000,
    )
  })

  test('a tab that leads and freezes is replaced, and follows when it thaws', async () => {
    const second = await anotherTab()
    await benHas(2)
    const thawed = freeze(ada)
    await second.type('\nover the ice')
    await ben.seesPart('over the ice', FROZEN)
    await until(
      'the second tab waited to lead',
      () => second.page.evaluate(openedSockets),
      (sockets) => sockets > 0,
      FROZEN,
    )
    await thawed
    await ada.seesPart('over the ice')
    await ada.type('\nback again')
    for (const person of [ben, second]) await person.seesPart('back again')
    await benHasCarets(2)
    await benHas(2)
    for (const tab of [ada, second]) await tab.seesStatus('In sync with 1')
    await second.leave()
  })
})

/** Nothing runs in the page for a while. @returns when it runs again */
async function freeze(person: Person): Promise<void> {
  await person.page.evaluate((millis) => {
    setTimeout(() => {
      const until = Date.now() + millis
      while (Date.now() < until);
    })
  }, FROZEN)
  await until(
    'waited for the thaw',
    () => person.page.evaluate(() => true),
    (awake) => awake,
  )
}

/** Keeps what the page opens, for `openConnections`. */
function countConnections(): void {
  const Real = RTCPeerConnection
  const connections: RTCPeerConnection[] = []
  Object.assign(globalThis, {
    openedConnections: connections,
    RTCPeerConnection: class extends Real {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        connections.push(this)
      }
    },
  })
}

/** Counts the sockets to the server that the page opens, for `openedSockets`. */
function countSockets(): void {
  const Real = WebSocket
  let opened = 0
  Object.assign(globalThis, {
    countOfSockets: () => opened,
    WebSocket: class extends Real {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols)
        opened++
      }
    },
  })
}

function openedSockets(): number {
  return (globalThis as unknown as { countOfSockets: () => number }).countOfSockets()
}

function openConnections(): number {
  const { openedConnections } = globalThis as unknown as { openedConnections: RTCPeerConnection[] }
  return openedConnections.filter(({ connectionState }) => connectionState === 'connected').length
}
