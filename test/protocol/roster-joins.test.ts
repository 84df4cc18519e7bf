/** Joins as they come: which one a device stands on, whose fault a false one is, what is asked of them later. */
import { describe, expect, test } from 'vitest'
import { type DeviceId, type InviteId, idOf } from '../../src/base/ids.ts'
import { Roster } from '../../src/protocol/roster.ts'
import { encodeJoin, type Join, joinIdOf } from '../../src/wire/certificate.ts'
import type { RosterContent } from '../../src/wire/roster-record.ts'
import {
  ada,
  ben,
  crypto,
  cyd,
  fullRoster,
  joinOf,
  nextRecord,
  person,
  records,
  session,
  vic,
} from './log-fixture.ts'
import { EPOCH_ONE, removes } from './log-peer.ts'

const dee = person('Dee')

function rosterWith(...joins: readonly Join[]): Roster {
  const roster = new Roster(crypto, session)
  for (const record of records) roster.takeRecord(record)
  for (const join of joins) expect(roster.takeJoin(join)).toBe('new')
  return roster
}

const sign = (roster: Roster, content: RosterContent): unknown =>
  roster.takeRecord(nextRecord(roster, content))
const epochNaming = (...joins: readonly Join[]): RosterContent => ({
  ...(EPOCH_ONE as Extract<RosterContent, { type: 'epoch' }>),
  joins: joins.map((join) => joinIdOf(crypto, join)),
})

/** Its countersignature is somebody else's. */
function falseJoin(who: typeof dee, by: typeof dee): Join {
  return { ...joinOf(who, 'editor', { by }), countersignature: joinOf(ben, 'viewer').countersignature }
}

describe('the Join a device stands on', () => {
  const [first, again] = [joinOf(ben, 'editor'), joinOf(ben, 'editor', { rosterSeq: 4 })]

  test('is the first, as long as none was left out', () => {
    const [one, two] = [joinOf(ben, 'editor', { rosterSeq: 2 }), joinOf(ben, 'editor')]
    expect(rosterWith(two, one).joins.get(ben.device)).toEqual(one)
    expect(rosterWith(one).joins.has(ada.device)).toBe(false)
  })

  test('is one that was not left out, where there is one, and the first where there is none', () => {
    const roster = rosterWith(first)
    sign(roster, EPOCH_ONE)
    expect(roster.joins.get(ben.device)).toEqual(first)
    roster.takeJoin(again)
    expect(roster.joins.get(ben.device)).toEqual(again)
  })
})

describe('a false Join', () => {
  test('is the fault of who brings it', () => {
    const roster = rosterWith()
    const bytes = [joinOf(ben, 'editor'), falseJoin(cyd, ben)].map(encodeJoin)
    expect(roster.take([], bytes)).toMatchObject({ changed: true, fault: { violation: 'forged' } })
    expect([roster.roleOf(ben.device), roster.roleOf(cyd.device)]).toEqual(['editor', undefined])
  })

  test('that could not be read when it came is not the fault of who brings what it rests on', () => {
    const roster = rosterWith()
    expect(roster.take([], [encodeJoin(falseJoin(cyd, ben))]).fault).toBeUndefined()
    expect(roster.take([], [encodeJoin(joinOf(ben, 'editor'))])).toEqual({
      changed: true,
      fault: undefined,
      forked: false,
    })
    expect(roster.roleOf(cyd.device)).toBeUndefined()
  })

  test('among others keeps nothing from what came before it, and what does not decode ends it there', () => {
    const roster = rosterWith()
    const bytes = [encodeJoin(joinOf(ben, 'editor')), new Uint8Array(3), encodeJoin(joinOf(cyd, 'editor'))]
    expect(roster.take([], bytes)).toMatchObject({ changed: true, fault: { violation: 'malformed' } })
    expect([roster.roleOf(ben.device), roster.roleOf(cyd.device)]).toEqual(['editor', undefined])
  })
})

describe('a Join', () => {
  test('of the founder changes nothing', () => {
    const roster = rosterWith()
    const join = joinOf(ada, 'viewer')
    expect(roster.take([], [encodeJoin(join)])).toEqual({ changed: false, fault: undefined, forked: false })
    expect([roster.takeJoin(join), roster.roleOf(ada.device)]).toEqual(['known', 'owner'])
  })

  test('at a place of the roster that is not here waits for it', () => {
    const roster = rosterWith()
    const join = joinOf(ben, 'editor', { rosterSeq: 4 })
    expect([roster.takeJoin(join), roster.everybody()]).toEqual(['early', [ada.device]])
    expect(roster.takeJoin(join)).toBe('early')
    sign(roster, EPOCH_ONE)
    expect([roster.roleOf(ben.device), roster.takeJoin(join)]).toEqual(['editor', 'known'])
  })

  test('that does not stand is void each time it comes', () => {
    const roster = rosterWith(joinOf(vic, 'viewer'))
    const join = joinOf(dee, 'editor', { by: vic })
    expect([roster.takeJoin(join), roster.takeJoin(join)]).toEqual(['void', 'void'])
  })
})

describe('of those who came in', () => {
  test('an invite knows its users, also those who came by another one as well', () => {
    const roster = rosterWith(joinOf(ben, 'editor'), joinOf(ben, 'viewer'), joinOf(cyd, 'editor'))
    const [editors, viewers] = records.slice(2).map(({ content }) => content) as [
      RosterContent,
      RosterContent,
    ]
    const usersOf = (content: RosterContent): readonly DeviceId[] =>
      content.type === 'invite' ? [...roster.usersOf(content.invite)].sort() : []
    expect(usersOf(editors)).toEqual([ben.device, cyd.device].sort())
    expect(usersOf(viewers)).toEqual([ben.device])
    expect(roster.usesOf(idOf<InviteId>(new Uint8Array(32)))).toBe(0)
  })

  test('the founder came before everybody, and others in the order of their places', () => {
    const roster = rosterWith(
      joinOf(ben, 'editor', { rosterSeq: 3 }),
      joinOf(cyd, 'editor', { rosterSeq: 2 }),
      joinOf(ben, 'editor', { rosterSeq: 2, by: ada }),
    )
    const late = person('Late')
    roster.takeJoin(joinOf(late, 'editor'))
    expect([cyd, ben].map(({ device }) => roster.cameBefore(device, late.device))).toEqual([true, true])
    expect([cyd, ben].map(({ device }) => roster.cameBefore(late.device, device))).toEqual([false, false])
    expect(roster.cameBefore(ada.device, ben.device)).toBe(true)
    expect([roster.cameBefore(ben.device, ada.device), roster.cameBefore(ben.device, ben.device)]).toEqual([
      false,
      false,
    ])
  })

  test('members are listed in the order of their ids after the owner, whenever they came', () => {
    const people = [1, 2, 3, 4, 5].map((n) => person(`one of many ${n}`))
    const roster = rosterWith(...people.map((who, n) => joinOf(who, 'editor', { rosterSeq: n < 2 ? 3 : 2 })))
    expect(roster.devices()).toEqual([ada.device, ...people.map(({ device }) => device).sort()])
  })

  test('nobody is there before Create', () => {
    const roster = new Roster(crypto, session)
    expect([roster.everybody(), roster.devices(), roster.rootPk, roster.seq]).toEqual([[], [], undefined, -1])
    expect(() => roster.create).toThrow()
    expect(() => roster.owner).toThrow()
  })

  test('an admitter renews those it let in itself and a record left out, each once', () => {
    const bens = joinOf(ben, 'editor')
    const [byAda, byBen] = [joinOf(cyd, 'editor'), joinOf(dee, 'editor', { by: ben })]
    const [second, kept] = [joinOf(cyd, 'viewer'), joinOf(vic, 'viewer')]
    const roster = rosterWith(bens, byAda, byBen, second, kept)
    expect([roster.renewable(ada.device), roster.wasLeftOut(cyd.device)]).toEqual([[], false])
    sign(roster, epochNaming(bens, kept))
    expect(roster.renewable(ada.device).map(({ certificate }) => certificate.name)).toEqual(['Cyd'])
    expect(roster.renewable(ben.device)).toEqual([byBen])
    expect(roster.renewable(vic.device)).toEqual([])
    expect([cyd, vic, ada, person('Nobody')].map(({ device }) => roster.isLeftOut(device))).toEqual([
      true,
      false,
      false,
      false,
    ])
    sign(roster, removes(cyd))
    expect([roster.isLeftOut(cyd.device), roster.wasLeftOut(cyd.device)]).toEqual([false, true])
  })
})

describe('the owner', () => {
  const rootPk = new Uint8Array(32).fill(9)
  const transfer = (device: DeviceId, to = crypto.signKeys(rootPk).publicKey): RosterContent => ({
    type: 'transfer',
    device,
    rootPk: to,
  })

  test('hands nothing over to itself, nor to a key nobody can hold', () => {
    const roster = fullRoster()
    expect(sign(roster, transfer(ada.device))).toBe('void')
    expect(sign(roster, transfer(ben.device, new Uint8Array(32)))).toBe('void')
    expect([sign(roster, transfer(ben.device)), roster.owner]).toEqual(['new', ben.device])
    expect(roster.rootPk).toEqual(crypto.signKeys(rootPk).publicKey)
  })

  test('of before signs no Create any more', () => {
    const roster = fullRoster()
    sign(roster, transfer(ben.device))
    expect(sign(roster, roster.create)).toMatchObject({ violation: 'forged' })
  })

  test('pauses editing and ends the pause', () => {
    const roster = fullRoster()
    expect(roster.isPaused).toBe(false)
    sign(roster, { type: 'policy', paused: true })
    expect(roster.isPaused).toBe(true)
  })
})
