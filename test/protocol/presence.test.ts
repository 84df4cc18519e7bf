/** Who is here, as a function of what was signed: nobody speaks for somebody else, and nobody who left comes back. */
import { describe, expect, test } from 'vitest'
import { type InstanceId, idOf } from '../../src/base/ids.ts'
import { type PresenceOutput, type PresenceState, startPresence, step } from '../../src/protocol/presence.ts'
import { MAX_INSTANCES, MAX_INSTANCES_PER_DEVICE, PRESENCE_GRACE_MS } from '../../src/wire/limits.ts'
import { clientIdOf, type Presence, sealPresence } from '../../src/wire/presence.ts'
import { fixedBytes } from '../crypto/twin.ts'
import {
  Author,
  ada,
  ben,
  crypto,
  cyd,
  fullRoster,
  joinOf,
  nextRecord,
  type Person,
  person,
  session,
  vic,
} from './log-fixture.ts'

const me = idOf<InstanceId>(new Uint8Array(8))
const instanceOf = (name: string): InstanceId => idOf<InstanceId>(fixedBytes(`instance ${name}`, 8))

function stateOf(): PresenceState {
  return startPresence({ crypto, session, roster: fullRoster(), me })
}

function sealed(who: Person, change: Partial<Presence> = {}, sign = who.sign): Uint8Array {
  const presence: Presence = {
    device: who.device,
    instance: instanceOf(who.certificate.name),
    writer: new Author(who).writer,
    counter: 1,
    phase: 'active',
    place: 'front',
    hand: 'down',
    name: who.certificate.name,
    color: 3,
    cursor: undefined,
    ...change,
  }
  return sealPresence(crypto, session, presence, sign)
}

function receive(state: PresenceState, bytes: Uint8Array): PresenceOutput[] {
  return step(state, { type: 'received', bytes }).outputs
}

const types = (outputs: readonly PresenceOutput[]): string[] => outputs.map(({ type }) => type)

describe('a presence', () => {
  test('is shown for the clientID of the writer its device signed for', () => {
    const outputs = receive(stateOf(), sealed(ben))
    const clientID = clientIdOf(crypto, ben.sign.publicKey, new Author(ben).writer)
    expect(outputs).toMatchObject([{ type: 'shown', clientID, first: true, presence: { name: 'Ben' } }])
  })

  test('of a viewer counts too', () => {
    expect(types(receive(stateOf(), sealed(vic)))).toEqual(['shown'])
  })

  test('the device did not sign is a violation', () => {
    expect(receive(stateOf(), sealed(ben, {}, cyd.sign))).toMatchObject([
      { type: 'violation', violation: { violation: 'forged' } },
    ])
  })

  test('that is none is a violation', () => {
    expect(receive(stateOf(), new Uint8Array(60))).toMatchObject([{ type: 'violation' }])
  })

  test("of nobody in the roster, or of ourselves, is nobody's", () => {
    const state = stateOf()
    expect(receive(state, sealed(person('Nobody')))).toEqual([])
    expect(receive(state, sealed(ada, { instance: me }))).toEqual([])
  })

  test('of a removed device is not shown, and what is kept of others is a copy', () => {
    const state = stateOf()
    const removal = { type: 'remove', device: ben.device, cut: [], joins: [] } as const
    state.roster.takeRecord(nextRecord(state.roster, removal))
    expect(receive(state, sealed(ben))).toEqual([])
    const bytes = sealed(cyd)
    receive(state, bytes)
    bytes.fill(0)
    expect(state.seen.get(instanceOf('Cyd'))?.encoded).toEqual(sealed(cyd))
  })

  test('that came before the Join of its device is shown once the roster has grown', () => {
    const state = stateOf()
    const dan = person('Dan')
    expect(receive(state, sealed(dan))).toEqual([])
    expect(step(state, { type: 'roster-grew' }).outputs).toEqual([])
    state.roster.takeJoin(joinOf(dan, 'editor'))
    expect(types(step(state, { type: 'roster-grew' }).outputs)).toEqual(['shown'])
  })

  test('of nobody is kept for a bounded number of instances', () => {
    const state = stateOf()
    for (let tab = 0; tab < 200; tab++)
      receive(state, sealed(person('Nobody'), { instance: instanceOf(`tab ${tab}`) }))
    expect(state.early.size).toBe(64)
  })

  test('of nobody goes last where it came again, and is kept as it was when it came', () => {
    const state = stateOf()
    const bytesOf = (tab: number) => sealed(person('Nobody'), { instance: instanceOf(`tab ${tab}`) })
    for (let tab = 0; tab < 64; tab++) receive(state, bytesOf(tab))
    const again = bytesOf(0)
    receive(state, again)
    again.fill(0)
    receive(state, bytesOf(64))
    expect([...state.early.keys()].slice(-2)).toEqual([instanceOf('tab 0'), instanceOf('tab 64')])
    expect(state.early.has(instanceOf('tab 1'))).toBe(false)
    expect(state.early.get(instanceOf('tab 0'))).toEqual(bytesOf(0))
  })

  test('counts by its counter, not by when it comes', () => {
    const state = stateOf()
    receive(state, sealed(ben, { counter: 5, name: 'newest' }))
    expect(receive(state, sealed(ben, { counter: 4, name: 'late' }))).toEqual([])
    expect(receive(state, sealed(ben, { counter: 5, name: 'newest' }))).toMatchObject([{ type: 'repeated' }])
    expect(receive(state, sealed(ben, { counter: 6 }))).toMatchObject([{ type: 'shown', first: false }])
  })

  test('under an instance id of another device changes nothing', () => {
    const state = stateOf()
    receive(state, sealed(ben))
    expect(receive(state, sealed(cyd, { instance: instanceOf('Ben'), counter: 9 }))).toEqual([])
    expect(state.seen.get(instanceOf('Ben'))?.presence.device).toBe(ben.device)
  })

  test('that stands elsewhere than before says so, and whoever was missed says that too', () => {
    const state = stateOf()
    const said = { wasDoubted: false, moved: false, first: true }
    expect(receive(state, sealed(ben))).toMatchObject([said])
    expect(receive(state, sealed(ben, { counter: 2, place: 'behind' }))).toMatchObject([
      { ...said, first: false, moved: true },
    ])
    step(state, { type: 'lost', instance: instanceOf('Ben'), now: 0 })
    expect(receive(state, sealed(ben, { counter: 3, place: 'behind' }))).toMatchObject([
      { ...said, first: false, wasDoubted: true },
    ])
  })

  test('with a new writer takes the old caret away', () => {
    const state = stateOf()
    receive(state, sealed(ben))
    const outputs = receive(state, sealed(ben, { counter: 2, writer: new Author(ben, 'second').writer }))
    expect(types(outputs)).toEqual(['hidden', 'shown'])
    const clientID = clientIdOf(crypto, ben.sign.publicKey, new Author(ben).writer)
    expect(outputs).toMatchObject([{ clientID, why: 'goodbye', encoded: undefined }, { first: false }])
    expect(
      types(receive(state, sealed(ben, { counter: 3, writer: new Author(ben, 'second').writer }))),
    ).toEqual(['shown'])
  })

  test('is not taken in a crowd beyond all bounds, whoever signed it; those who are there go on', () => {
    const state = stateOf()
    receive(state, sealed(ben))
    const [seen] = state.seen.values()
    for (let tab = 2; tab < MAX_INSTANCES; tab++) state.seen.set(instanceOf(`tab ${tab}`), seen!)
    expect(types(receive(state, sealed(vic)))).toEqual(['shown'])
    expect(receive(state, sealed(cyd))).toEqual([])
    expect(types(receive(state, sealed(vic, { counter: 2 })))).toEqual(['shown'])
  })

  test('of one device is taken for a bounded number of instances', () => {
    const state = stateOf()
    for (let tab = 0; tab < MAX_INSTANCES_PER_DEVICE; tab++)
      receive(state, sealed(ben, { instance: instanceOf(`tab ${tab}`) }))
    expect(receive(state, sealed(ben, { instance: instanceOf('one more') }))).toEqual([])
    expect(types(receive(state, sealed(cyd)))).toEqual(['shown'])
  })
})

describe('who goes', () => {
  test('with a goodbye is hidden at once, and nothing older brings them back', () => {
    const state = stateOf()
    receive(state, sealed(ben, { counter: 1 }))
    expect(receive(state, sealed(ben, { counter: 3, phase: 'gone' }))).toMatchObject([
      { type: 'hidden', why: 'goodbye' },
    ])
    expect(receive(state, sealed(ben, { counter: 2 }))).toEqual([])
    expect(state.seen.size).toBe(0)
  })

  test('before it was seen is not shown by what it said before, and the goodbye comes once', () => {
    const state = stateOf()
    const goodbye = sealed(ben, { counter: 3, phase: 'gone' })
    expect(receive(state, goodbye)).toEqual([])
    expect(receive(state, sealed(ben, { counter: 2 }))).toEqual([])
    expect(receive(state, goodbye)).toEqual([
      { type: 'repeated', device: ben.device, instance: instanceOf('Ben') },
    ])
    expect(types(receive(state, sealed(ben, { counter: 4 })))).toEqual(['shown'])
  })

  test('is remembered for a bounded number of instances, the oldest forgotten first', () => {
    const state = stateOf()
    const goodbye = (tab: number) =>
      receive(state, sealed(ben, { instance: instanceOf(`tab ${tab}`), phase: 'gone' }))
    goodbye(0)
    const [first] = state.gone.keys()
    for (let made = 1; made < MAX_INSTANCES; made++) state.gone.set(`made up ${made}` as typeof first & {}, 1)
    goodbye(1)
    expect(state.gone.size).toBe(MAX_INSTANCES)
    expect(state.gone.has(first!)).toBe(false)
    expect(types(receive(state, sealed(ben, { instance: instanceOf('tab 0') })))).toEqual(['shown'])
  })

  test('passes the goodbye itself on', () => {
    const state = stateOf()
    receive(state, sealed(ben))
    const goodbye = sealed(ben, { counter: 2, phase: 'gone' })
    expect(receive(state, goodbye)).toMatchObject([{ type: 'hidden', encoded: goodbye }])
  })

  test('cannot be said goodbye for by another device', () => {
    const state = stateOf()
    receive(state, sealed(ben))
    receive(state, sealed(cyd, { instance: instanceOf('Ben'), counter: 9, phase: 'gone' }))
    expect(state.seen.has(instanceOf('Ben'))).toBe(true)
  })

  test('without a word is doubted, and hidden as lost after a moment', () => {
    const state = stateOf()
    receive(state, sealed(ben))
    const doubted = step(state, { type: 'lost', instance: instanceOf('Ben'), now: 1_000 }).outputs
    expect(doubted).toMatchObject([
      { type: 'doubted', counter: 1 },
      { type: 'wake', at: 1_000 + PRESENCE_GRACE_MS },
    ])
    expect(types(step(state, { type: 'tick', now: 1_000 + PRESENCE_GRACE_MS - 1 }).outputs)).toEqual(['wake'])
    const hidden = step(state, { type: 'tick', now: 1_000 + PRESENCE_GRACE_MS }).outputs
    expect(hidden).toMatchObject([{ type: 'hidden', why: 'lost' }, { type: 'wake' }])
  })

  test('that was hidden comes back only by a new sign of life, for a while', () => {
    const state = stateOf()
    const old = sealed(ben)
    const instance = instanceOf('Ben')
    receive(state, old)
    step(state, { type: 'lost', instance, now: 1_000 })
    step(state, { type: 'tick', now: 1_000 + PRESENCE_GRACE_MS })
    expect(receive(state, old)).toEqual([{ type: 'still-missed', instance, counter: 1 }])
    expect(state.seen.size).toBe(0)
    expect(types(receive(state, sealed(ben, { counter: 2 })))).toEqual(['shown'])
    step(state, { type: 'lost', instance, now: 2_000 })
    step(state, { type: 'tick', now: 2_000 + PRESENCE_GRACE_MS })
    step(state, { type: 'tick', now: 12_000 })
    expect(types(receive(state, sealed(ben, { counter: 2 })))).toEqual(['shown'])
  })

  test('is doubted once, and somebody nobody saw is not doubted at all', () => {
    const state = stateOf()
    const lost = { type: 'lost', instance: instanceOf('Ben') } as const
    expect(step(state, { ...lost, now: 0 }).outputs).toEqual([])
    receive(state, sealed(ben))
    step(state, { ...lost, now: 1_000 })
    expect(step(state, { ...lost, now: 1_001 }).outputs).toEqual([])
    expect(types(step(state, { type: 'tick', now: 1_000 + PRESENCE_GRACE_MS }).outputs)).toContain('hidden')
  })

  test('is looked at when the first of several is due, then when the first may be forgotten', () => {
    const state = stateOf()
    const due = (now: number) => step(state, { type: 'tick', now }).outputs
    expect(due(0)).toEqual([])
    receive(state, sealed(ben))
    receive(state, sealed(cyd))
    receive(state, sealed(vic))
    step(state, { type: 'lost', instance: instanceOf('Cyd'), now: 200 })
    step(state, { type: 'lost', instance: instanceOf('Ben'), now: 100 })
    expect(due(150)).toEqual([{ type: 'wake', at: 100 + PRESENCE_GRACE_MS }])
    const first = 100 + PRESENCE_GRACE_MS
    expect(due(first)).toMatchObject([
      { type: 'hidden', presence: { name: 'Ben' } },
      { type: 'wake', at: 200 + PRESENCE_GRACE_MS },
    ])
    expect(due(200 + PRESENCE_GRACE_MS)).toMatchObject([
      { type: 'hidden', presence: { name: 'Cyd' } },
      { type: 'wake', at: first + 5_000 },
    ])
    expect(due(first + 4_999)).toEqual([{ type: 'wake', at: first + 5_000 }])
    expect(due(first + 5_000)).toEqual([{ type: 'wake', at: 200 + PRESENCE_GRACE_MS + 5_000 }])
    expect(due(200 + PRESENCE_GRACE_MS + 5_000)).toEqual([])
    expect([...state.seen.keys()]).toEqual([instanceOf('Vic')])
  })

  test('and speaks up meanwhile stays', () => {
    const state = stateOf()
    receive(state, sealed(ben))
    step(state, { type: 'lost', instance: instanceOf('Ben'), now: 0 })
    receive(state, sealed(ben, { counter: 2 }))
    expect(step(state, { type: 'tick', now: 10 * PRESENCE_GRACE_MS }).outputs).toEqual([])
    expect(state.seen.size).toBe(1)
  })

  test('is missed by others only if we have no link of our own, and heard nothing newer', () => {
    const state = stateOf()
    const instance = instanceOf('Ben')
    receive(state, sealed(ben, { counter: 2 }))
    const missed = { type: 'missed', instance, now: 0 } as const
    const unseen = { ...missed, instance: instanceOf('Cyd'), counter: 1, linked: false }
    expect(step(state, unseen).outputs).toEqual([])
    expect(step(state, { ...missed, counter: 2, linked: true }).outputs).toEqual([])
    expect(step(state, { ...missed, counter: 1, linked: false }).outputs).toEqual([])
    expect(types(step(state, { ...missed, counter: 2, linked: false }).outputs)).toEqual(['doubted', 'wake'])
  })

  test('is missed by whoever heard newer of it, too; what is passed on is what was heard here', () => {
    const state = stateOf()
    const instance = instanceOf('Ben')
    receive(state, sealed(ben, { counter: 2 }))
    const missed = { type: 'missed', instance, now: 0, linked: false } as const
    const doubted = { type: 'doubted', instance, counter: 2 }
    expect(step(state, { ...missed, counter: 9 }).outputs).toContainEqual(doubted)
    expect(step(state, { ...missed, counter: 9 }).outputs).toEqual([])
    expect(step(state, { ...missed, instance: instanceOf('Cyd'), counter: 9 }).outputs).toEqual([])
  })

  test('is not me: whoever misses me hears of me again', () => {
    const missed = { type: 'missed', instance: me, counter: 1, linked: false, now: 0 } as const
    expect(types(step(stateOf(), missed).outputs)).toEqual(['missed-me'])
  })
})
