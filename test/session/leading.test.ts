/** Several tabs of one browser: one holds the links to others, and any of them may go at any moment. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { InviteRevoked } from '../../src/session/errors.ts'
import type { Session } from '../../src/session/public.ts'
import { type BrowserTab, caretsIn, TestBrowser } from './browser.ts'
import { type Town, textOf, town, until } from './town.ts'

let place: Town
let browser: TestBrowser

interface Open {
  readonly tab: BrowserTab
  readonly session: Session
}

beforeEach(async () => {
  place = await town()
  browser = new TestBrowser(place)
})

afterEach(async () => {
  await place.leaveAll()
})

async function founded(text: string): Promise<Open> {
  const tab = browser.tab()
  const session = await tab.api.createSession({ name: 'Ada' })
  session.doc.getText('main').insert(0, text)
  await session.saved()
  return { tab, session }
}

async function opened(first: Open, tab = browser.tab()): Promise<Open> {
  return { tab, session: await tab.api.openSession(first.session.localId) }
}

async function joined(host: Open, name = 'Ben'): Promise<Session> {
  const { url } = await host.session.invite({ role: 'editor' })
  return place.device().api.joinSession(url, { name })
}

/** Ada's tabs, the leading one first, and Ben; the second tab has its standby. */
async function company(tabs: number): Promise<{ ada: Open[]; ben: Session }> {
  const ada = [await founded('one')]
  const ben = await joined(ada[0] as Open)
  while (ada.length < tabs) {
    ada.push(await opened(ada[0] as Open))
    await until('the tab is linked to the first', () => linksTo(ada[0] as Open, 'own') === ada.length - 1)
  }
  if (tabs > 1) await until('the second tab has its standby', () => ada[1]?.tab.open.channels === 1)
  await until('everybody has one text', () => textOf(ben) === 'one')
  return { ada, ben }
}

function linksTo({ session }: Open, whose: 'own' | 'others'): number {
  return session.peers.filter(({ device }) => (device === session.me.device) === (whose === 'own')).length
}

function type(session: Session, text: string): void {
  const main = session.doc.getText('main')
  main.insert(main.length, text)
}

const channels = (ada: readonly Open[]) => ada.map(({ tab }) => tab.open.channels)
const sockets = (ada: readonly Open[]) => ada.map(({ tab }) => tab.open.sockets)
const phases = (ada: readonly Open[]) => ada.map(({ session }) => session.status.phase)

describe('one tab leads', () => {
  test('four tabs have one set of links, one standby, and one socket', async () => {
    const { ada, ben } = await company(4)
    expect(channels(ada)).toEqual([1, 1, 0, 0])
    await until('the first alone has a socket', () => `${sockets(ada)}` === '1,0,0,0')
    expect(ben.peers).toHaveLength(2)
  })

  test('a tab behind it writes to others, is acknowledged by them, and shows them', async () => {
    const { ada, ben } = await company(3)
    const third = (ada[2] as Open).session
    type(third, ' two')
    await until('Ben has it', () => textOf(ben) === 'one two')
    type(ben, ' three')
    await until('the third tab has it', () => textOf(third) === 'one two three')
    await until('it is known to be shared', () => third.status.unshared === 0)
    expect(third.status).toMatchObject({ phase: 'synced', peers: 1 })
    expect(third.awareness.getStates().size).toBe(4)
    await until('Ben sees three carets', () => caretsIn(ben).length === 3)
  })

  test('what nobody else has is not called shared in any tab', async () => {
    const { ada, ben } = await company(3)
    await ben.leave()
    await until('both know', () => phases(ada).every((phase) => phase === 'waiting'))
    type((ada[2] as Open).session, ' alone')
    await until('the first tab has it', () => textOf((ada[0] as Open).session) === 'one alone')
    for (const { session } of ada) {
      expect(session.status).toMatchObject({ phase: 'waiting', peers: 0 })
      expect(session.status.unshared).toBeGreaterThan(0)
    }
  })

  test('every tab says when the server cannot be reached', async () => {
    const ada = [await founded('one')]
    await (ada[0] as Open).session.invite({ role: 'editor' })
    ada.push(await opened(ada[0] as Open))
    await until('both wait', () => phases(ada).every((phase) => phase === 'waiting'))
    place.relay.stop()
    await until('both say so', () => phases(ada).every((phase) => phase === 'offline'))
  })

  test('when the deputy leaves, the next tab dials a standby, and goes on to say what the leader knows', async () => {
    const { ada, ben } = await company(3)
    const [first, second, third] = ada as [Open, Open, Open]
    expect(third.tab.open.channels).toBe(0)
    await second.session.leave()
    await until('the third tab has its standby', () => third.tab.open.channels === 1)
    await ben.leave()
    await until('both wait', () => phases([first, third]).every((phase) => phase === 'waiting'))
    place.relay.stop()
    await until('both are offline', () => phases([first, third]).every((phase) => phase === 'offline'))
  })

  test('without locks every tab leads, as links of its own say', async () => {
    const first = await founded('one')
    const ben = await joined(first)
    const second = await opened(first, browser.tab({ locks: 'none' }))
    await until('both are linked to Ben', () => second.tab.open.channels === 1 && ben.peers.length === 2)
    await until('each has a socket', () => `${sockets([first, second])}` === '1,1')
    type(second.session, ' two')
    await until('Ben has it', () => textOf(ben) === 'one two')
  })
})

describe('the owner works in a tab behind', () => {
  test('a link made there lets somebody in through the tab that leads, while the owner types', async () => {
    const first = await founded('one')
    await first.session.invite({ role: 'viewer' })
    const second = await opened(first)
    await until('they are linked', () => linksTo(second, 'own') === 1)
    const typing = setInterval(() => type(second.session, '.'), 5)
    const ben = await joined(second).finally(() => clearInterval(typing))
    type(second.session, '!')
    await until('Ben reads it', () => textOf(ben) === textOf(second.session))
    await until('the first alone has a socket', () => `${sockets([first, second])}` === '1,0')
    expect(second.session.members).toHaveLength(2)
  })

  test('a link made there is a link of every tab, and kept when another tab stores', async () => {
    const first = await founded('one')
    await first.session.invite({ role: 'viewer' })
    const second = await opened(first)
    await until('they are linked', () => linksTo(second, 'own') === 1)
    const made = await second.session.invite({ role: 'editor' })
    await until('the first tab knows it', () => first.session.invites.some(({ url }) => url === made.url))
    await second.session.leave()
    first.session.setProfile({ name: 'Ada L.' })
    await first.session.leave()
    const again = await opened(first)
    expect(again.session.invites.map(({ url }) => url)).toContain(made.url)
  })

  test('a link revoked there lets nobody in', async () => {
    const first = await founded('one')
    const made = await first.session.invite({ role: 'editor' })
    const second = await opened(first)
    await until('they are linked', () => linksTo(second, 'own') === 1)
    await second.session.revoke(made.id)
    await until('the first tab knows', () => first.session.invites.length === 0)
    await expect(place.device().api.joinSession(made.url, { name: 'Ben' })).rejects.toThrow(InviteRevoked)
  })
})

describe('the tab that leads goes', () => {
  test('closed: the next one leads, and no keystroke of either is lost', async () => {
    const { ada, ben } = await company(2)
    const [first, second] = ada as [Open, Open]
    type(first.session, ' two')
    type(second.session, ' three')
    await first.session.leave()
    type(second.session, ' four')
    await until('Ben has all of it', () => textOf(ben).length === 'one two three four'.length)
    expect(textOf(ben)).toBe(textOf(second.session))
    await until('one caret is left', () => caretsIn(ben).length === 1)
    await until('the second tab has the socket', () => second.tab.open.sockets === 1)
    expect(second.session.status).toMatchObject({ peers: 1 })
    expect(second.tab.open.channels).toBe(1)
  })

  test('crashed, with the server gone: the standby is there, and the next tab dials the others through it', async () => {
    const { ada, ben } = await company(2)
    const [first, second] = ada as [Open, Open]
    const cleo = await joined(first, 'Cleo')
    await until('Cleo is linked', () => cleo.peers.length === 2 && first.tab.open.channels === 2)
    place.relay.stop()
    type(first.session, ' two')
    await until('the other tab has it', () => textOf(second.session) === 'one two')
    first.tab.crash()
    type(second.session, ' three')
    await until('both have it', () => [ben, cleo].every((one) => textOf(one) === 'one two three'))
    await until('the next tab has its own links', () => second.tab.open.channels === 2)
    for (const one of [ben, cleo]) {
      await until(
        'one caret of Ada is left',
        () => caretsIn(one).filter((name) => name === 'Ada').length === 1,
      )
    }
  })

  test('crashed without a standby: the next tab finds the others through the server', async () => {
    const first = await founded('one')
    const ben = await joined(first)
    const second = await opened(first)
    await until('they are linked', () => linksTo(second, 'own') === 1)
    type(second.session, ' two')
    first.tab.crash()
    await until('Ben has it', () => textOf(ben) === 'one two')
  })

  test('closed, as its page hears of it: no caret stays, though the page is hidden after it said goodbye', async () => {
    const { ada, ben } = await company(2)
    const [first, second] = ada as [Open, Open]
    await until('both carets are there', () => caretsIn(ben).length === 2)
    first.tab.hide()
    await until('one caret is left', () => caretsIn(ben).length === 1)
    let most = 1
    ben.awareness.on('change', () => {
      most = Math.max(most, caretsIn(ben).length)
    })
    first.session.awareness.setLocalStateField('away', true)
    first.tab.crash()
    type(second.session, ' two')
    await until('Ben has it', () => textOf(ben) === 'one two')
    await until('the second tab leads', () => second.tab.open.sockets === 1)
    expect([most, caretsIn(ben).length]).toEqual([1, 1])
  })

  test('frozen: it is replaced, and follows when it thaws', async () => {
    const { ada, ben } = await company(2)
    const [first, second] = ada as [Open, Open]
    first.tab.freeze()
    type(second.session, ' two')
    await until('Ben has it', () => textOf(ben) === 'one two')
    await until('the second tab leads', () => second.tab.open.sockets === 1)
    type(first.session, ' from under the ice')
    first.tab.thaw()
    await until('the first tab follows', () => first.tab.open.sockets === 0)
    await until('everybody has everything', () =>
      [first.session, second.session, ben].every(
        (one) => textOf(one).length === 'one two from under the ice'.length && textOf(one) === textOf(ben),
      ),
    )
    await until('both carets are there', () => caretsIn(ben).length === 2)
    expect(first.session.status).toMatchObject({ phase: 'synced', peers: 1 })
  })

  test('hidden: a tab in sight takes over, and Ben is never alone meanwhile', async () => {
    const { ada, ben } = await company(2)
    const [first, second] = ada as [Open, Open]
    const seen = new Set<string>()
    ben.on('status', ({ phase, peers }) => seen.add(`${phase} with ${peers}`))
    first.tab.port.setSight('hidden')
    await until('the tab in sight has the socket', () => second.tab.open.sockets === 1)
    await until('the other has none', () => first.tab.open.sockets === 0)
    type(second.session, ' two')
    type(first.session, ' three')
    await until('Ben has both', () => textOf(ben).length === 'one two three'.length)
    expect([...seen].filter((status) => !/^(synced|syncing) with 1$/.test(status))).toEqual([])
    expect(ben.peers).toHaveLength(2)
  })

  test('five tabs in a row: each hands over to the next', async () => {
    const { ada, ben } = await company(5)
    for (const [index, { session }] of ada.entries()) {
      type(session, String(index))
      if (index < 4) await session.leave()
    }
    const last = (ada[4] as Open).session
    await until('Ben has all of it', () => textOf(ben).length === 'one01234'.length)
    expect(textOf(ben)).toBe(textOf(last))
    await until('one caret is left', () => caretsIn(ben).length === 1)
  })
})
