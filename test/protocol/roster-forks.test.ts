/** A roster of which the owner's device signed two: what is kept, what is told, and how a Heal ends it. */
import { describe, expect, test } from 'vitest'
import { idBytes } from '../../src/base/ids.ts'
import { Roster } from '../../src/protocol/roster.ts'
import { encodeJoin, joinIdOf } from '../../src/wire/certificate.ts'
import {
  encodeRecord,
  type RosterContent,
  type RosterRecord,
  signRecord,
} from '../../src/wire/roster-record.ts'
import {
  ben,
  crypto,
  cyd,
  fullRoster,
  joinOf,
  nextRecord,
  records,
  root,
  session,
  vic,
} from './log-fixture.ts'
import { EPOCH_ONE, makes, removes } from './log-peer.ts'

const PAUSED: RosterContent = { type: 'policy', paused: true }

/** Everybody is in it, and the owner signed these one after the other. */
function rosterWith(...contents: readonly RosterContent[]): Roster {
  const roster = fullRoster()
  for (const content of contents) expect(roster.takeRecord(nextRecord(roster, content))).toBe('new')
  return roster
}

/** What another device of the owner signed in place of what `rosterWith` has. */
function otherwise(content: RosterContent): { other: Roster; rival: RosterRecord } {
  const other = fullRoster()
  const rival = nextRecord(other, content)
  other.takeRecord(rival)
  return { other, rival }
}

const encoded = (all: readonly RosterRecord[]): Uint8Array[] => all.map(encodeRecord)

/** Whether one takes all of the other's. */
const take = (roster: Roster, from: Roster) => roster.take(from.encoded().records, [])

describe('a fork of the roster', () => {
  test('is told after the own records, by name, and in the last byte of the digest', () => {
    const here = rosterWith(PAUSED)
    const { other, rival } = otherwise(removes(cyd))
    expect([here.rival, here.isForked]).toEqual([undefined, false])
    expect(take(here, other)).toEqual({ changed: true, fault: undefined, forked: true })
    expect([here.rival, here.isForked, here.seq]).toEqual([rival.id, true, 4])
    expect(here.encoded().records).toEqual(encoded([...here.records, rival]))
    const joins = [ben, cyd, vic].map((who) =>
      joinIdOf(crypto, joinOf(who, who === vic ? 'viewer' : 'editor')),
    )
    const bytes = [here.head, ...joins.sort()].flatMap((id) => [...idBytes(id)])
    expect(here.digest()).toEqual(crypto.hash(16, Uint8Array.from([...bytes, 1])))
    expect(rosterWith(PAUSED).digest()).toEqual(crypto.hash(16, Uint8Array.from(bytes)))
  })

  test('keeps the first that contradicts, and lets no further record count', () => {
    const here = rosterWith(PAUSED)
    const { rival } = otherwise(removes(cyd))
    expect(here.takeRecord(rival)).toBe('fork')
    expect(here.takeRecord(otherwise(removes(ben)).rival)).toBe('fork')
    expect(here.rival).toBe(rival.id)
    expect(here.takeRecord(nextRecord(here, removes(vic)))).toBe('void')
    expect(here.seq).toBe(4)
  })

  test('is made by a record at a place that is taken, whatever it says it follows', () => {
    const here = rosterWith(PAUSED)
    const place = { session, seq: 2, prev: here.head }
    expect(here.takeRecord(signRecord(crypto, place, removes(cyd), root))).toBe('fork')
    expect([here.seq, here.isForked]).toEqual([4, true])
  })
})

describe('a Heal', () => {
  /** Two who hold the two branches and know of each other's, and the roster in which the owner decided for `other`. */
  function decided(): { here: Roster; there: Roster; lost: RosterRecord } {
    const here = rosterWith(PAUSED, makes(cyd, 'viewer'))
    const lost = here.records[4] as RosterRecord
    const there = otherwise(removes(ben)).other
    there.takeRecord(lost)
    expect(there.takeRecord(nextRecord(there, { type: 'heal', lost: lost.id }))).toBe('new')
    return { here, there, lost }
  }

  test('of the own branch ends the fork', () => {
    const { there, lost } = decided()
    expect([there.isForked, there.rival, there.seq]).toEqual([false, undefined, 5])
    // and what it decided is settled
    expect(there.takeRecord(lost)).toBe('void')
    expect(there.isForked).toBe(false)
  })

  test('of the other branch puts that in place of the own one, with all that follows from it', () => {
    const { here, there } = decided()
    expect([here.roleOf(ben.device), here.roleOf(cyd.device), here.isPaused]).toEqual([
      'editor',
      'viewer',
      true,
    ])
    expect(take(here, there)).toEqual({ changed: true, fault: undefined, forked: true })
    expect([here.isForked, here.head, here.seq]).toEqual([false, there.head, 5])
    expect([here.roleOf(ben.device), here.roleOf(cyd.device), here.isPaused]).toEqual([
      undefined,
      'editor',
      false,
    ])
    expect(here.digest()).toEqual(there.digest())
    expect(take(here, there)).toEqual({ changed: false, fault: undefined, forked: false })
  })

  test('that is told alone, without the roster it stands on, decides nothing', () => {
    const { here, there } = decided()
    here.takeRecord(there.records[4] as RosterRecord)
    expect(here.take(encoded(there.records.slice(4)), []).fault).toBeUndefined()
    expect([here.isForked, here.seq, here.roleOf(ben.device)]).toEqual([true, 5, 'editor'])
  })

  test('may itself be what stands in the place of the other', () => {
    const here = rosterWith(PAUSED)
    const lost = here.records[4] as RosterRecord
    const there = fullRoster()
    expect(there.takeRecord(nextRecord(there, { type: 'heal', lost: lost.id }))).toBe('new')
    expect(take(here, there).forked).toBe(true)
    expect([here.isForked, here.head, here.isPaused]).toEqual([false, there.head, false])
  })

  test('of an earlier fork decides none that came after it', () => {
    const { there } = decided()
    const mine = fullRoster()
    for (const record of there.records.slice(4)) mine.takeRecord(record)
    // the owner goes on, on two devices
    for (const content of [PAUSED, makes(vic, 'editor')]) mine.takeRecord(nextRecord(mine, content))
    for (const content of [EPOCH_ONE, removes(vic)]) there.takeRecord(nextRecord(there, content))
    const [healed, before] = [5, 6]
    expect(mine.takeRecord(there.records[before] as RosterRecord)).toBe('void')
    expect(take(mine, there).forked).toBe(true)
    expect([mine.isForked, mine.seq, mine.records[healed]?.content.type]).toEqual([true, 7, 'heal'])
    expect(mine.roleOf(vic.device)).toBe('editor')
  })

  test('settles what contradicts it up to the place after it', () => {
    const { there } = decided()
    const late = fullRoster()
    for (const record of there.records.slice(4)) late.takeRecord(record)
    late.takeRecord(nextRecord(late, PAUSED))
    for (const content of [EPOCH_ONE, removes(vic)]) there.takeRecord(nextRecord(there, content))
    expect(late.takeRecord(there.records[6] as RosterRecord)).toBe('void')
    expect(late.takeRecord(there.records[7] as RosterRecord)).toBe('fork')
  })
})

test('a roster that is told record by record takes each once and says so', () => {
  const roster = new Roster(crypto, session)
  expect(roster.takeRecord(records[1] as RosterRecord)).toBe('early')
  for (const record of records) expect(roster.takeRecord(record)).toBe('new')
  for (const record of records) expect(roster.takeRecord(record)).toBe('known')
  expect(roster.take([], [encodeJoin(joinOf(ben, 'editor'))]).changed).toBe(true)
})
