/** Two editors before thirty viewers: everybody sees both carets and lists everybody, and nothing is said in vain. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toBase64url } from '../../src/base/bytes.ts'
import { encodePosition } from '../../src/doc/cursor.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import type { PresenceState } from '../../src/session/public.ts'
import { PRESENCE_PAUSE_MS } from '../../src/wire/limits.ts'
import { hereIn, type VirtualTown, virtualTown } from './virtual-town.ts'

const VIEWERS = 30
/** Links each keeps in a crowd; a presence goes along every one of them. */
const LINKS = 4
const EVERYBODY = VIEWERS + 2
/** Milliseconds in which a move or a key is everywhere and answered for. */
const SPREAD_MS = 400

let place: VirtualTown
let ada: LiveSession
let ben: LiveSession
let all: readonly LiveSession[]

beforeAll(async () => {
  place = await virtualTown()
  ada = await place.settle().create('Ada')
  ada.doc.getText('main').insert(0, 'one\ntwo\nthree\n')
  const edit = await place.run(ada.invite({ role: 'editor' }))
  ben = await place.run(place.settle().join(edit.url, 'Ben'))
  const view = await place.run(ada.invite({ role: 'viewer' }))
  const viewers: LiveSession[] = []
  for (let n = 1; n <= VIEWERS; n++)
    viewers.push(await place.run(place.settle().join(view.url, `Viewer ${n}`)))
  all = [ada, ben, ...viewers]
  await place.until('all see all', () => all.every((session) => hereIn(session) === EVERYBODY))
  // links that are not needed any more are let go for so long
  await place.pass(60_000)
}, 180_000)

afterAll(() => place.leaveAll())

function putCaret(session: LiveSession, index: number): void {
  const at = toBase64url(encodePosition(session.doc.getText('main'), index, 0))
  session.awareness.setLocalStateField('cursor', { root: 'main', ranges: [{ anchor: at, head: at }] })
}

/** The caret of `who` as `session` was told it. */
function caretOf(who: LiveSession, session: LiveSession): string | undefined {
  const states = [...session.awareness.getStates().values()] as Partial<PresenceState>[]
  return states.find(({ user }) => user?.device === who.me.device)?.cursor?.ranges[0]?.head
}

function isEverywhere(who: LiveSession): boolean {
  const own = caretOf(who, who)
  return own !== undefined && all.every((one) => caretOf(who, one) === own)
}

/** Records of everybody together in the moment after `work`, less those of a moment in which nothing happens. */
async function recordsFor(work: () => void): Promise<number> {
  const sent = (): number => place.devices.reduce((sum, { records }) => sum + records, 0)
  const start = sent()
  await place.pass(SPREAD_MS)
  const idle = sent() - start
  work()
  await place.pass(SPREAD_MS)
  return sent() - start - 2 * idle
}

test('everybody lists everybody, and counts who is reached through others', () => {
  expect(all.map((session) => hereIn(session))).toEqual(all.map(() => EVERYBODY))
  expect(all.map(({ status }) => `${status.phase} ${status.peers}`)).toEqual(
    all.map(() => `synced ${EVERYBODY - 1}`),
  )
})

test('both carets are everywhere, and a move costs at most a record a link', async () => {
  for (let n = 0; n < 12; n++) {
    putCaret(ada, n)
    putCaret(ben, n + 2)
    await place.pass(SPREAD_MS)
  }
  expect([isEverywhere(ada), isEverywhere(ben)]).toEqual([true, true])
  const records = await recordsFor(() => putCaret(ada, 4))
  expect(isEverywhere(ada)).toBe(true)
  expect(records).toBeLessThanOrEqual(LINKS * EVERYBODY)
})

test('a caret that is where it was, and what only an app keeps there, are no news', async () => {
  const before = place.devices[0]?.records ?? 0
  putCaret(ada, 4)
  ada.awareness.setLocalStateField('of-an-app', 'which nobody else is told')
  await place.pass(SPREAD_MS)
  const sent = (place.devices[0]?.records ?? 0) - before
  expect(sent).toBeLessThan(ada.peers.length) // a ping or two may fall into any moment
})

test('however fast a caret moves, at most one presence a pause is sent', async () => {
  const moves = 100
  const span = 500
  const before = place.devices[0]?.records ?? 0
  for (let n = 0; n < moves; n++) {
    putCaret(ada, n % 10)
    await place.pass(span / moves)
  }
  await place.pass(SPREAD_MS)
  const links = ada.peers.length
  const sent = (place.devices[0]?.records ?? 0) - before
  expect(sent).toBeLessThanOrEqual((span / PRESENCE_PAUSE_MS + 2) * links + 10 * links)
  expect(isEverywhere(ada)).toBe(true)
})

test('a key costs one entry a person and few acknowledgements', async () => {
  const text = ada.doc.getText('main')
  for (let n = 0; n < 12; n++) {
    text.insert(0, 'k')
    await place.pass(SPREAD_MS)
  }
  const records = await recordsFor(() => text.insert(0, 'k'))
  const isTold = all.every((one) => one.doc.getText('main').toString() === text.toString())
  expect(isTold).toBe(true)
  expect(records).toBeLessThanOrEqual(3.5 * EVERYBODY)
})
