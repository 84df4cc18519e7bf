/**
 * What counts once the owner had the session begin anew, in the log: the same on every peer, in whatever order entries and
 * the record came. Whole sessions do it in test/session and test/sim.
 */
import { describe, expect, test } from 'vitest'
import type { EntryId } from '../../src/base/ids.ts'
import {
  isAnother,
  isComplete,
  isOwnersCopy,
  isWhole,
  newestRestart,
  passesEnd,
} from '../../src/protocol/restarting.ts'
import type { Entry } from '../../src/wire/entry.ts'
import type { RosterRecord } from '../../src/wire/roster-record.ts'
import { Author, ben, cyd, fullRoster, kinds, nextRecord } from './log-fixture.ts'
import { edits, endAt, LogPeer, lineAt, removes, restarts } from './log-peer.ts'

/** The first place of the roster that is free. */
const AT = 4
const bens = edits(new Author(ben), 5)
const cyds = edits(new Author(cyd), 2)
const record = nextRecord(fullRoster(), restarts(endAt(bens, 3)))
const ids = (entries: readonly Entry[]): EntryId[] => entries.map(({ id }) => id)
const headAt = (author: Author, seq: number) => ({ ...endAt(author, seq), nextClock: seq })

describe('after a Restart', () => {
  test.each<[string, readonly (Entry | RosterRecord)[]]>([
    ['the record comes last', [...bens.entries, ...cyds.entries, record]],
    ['the record comes first', [record, ...bens.entries, ...cyds.entries]],
    [
      'it comes in between',
      [...bens.entries.slice(0, 2), ...cyds.entries.slice(0, 1), record, ...bens.entries, ...cyds.entries],
    ],
  ])('a writer ends where it is named, and counts for nothing where it is not, when %s', (_, parcels) => {
    const peer = new LogPeer()
    peer.take(...parcels)
    expect(peer.applied(bens, cyds)).toEqual([3, 0])
    expect([peer.held(bens), peer.held(cyds)]).toEqual([ids(bens.entries.slice(0, 3)), []])
    expect([peer.chain(bens).ended, peer.chain(cyds).ended]).toEqual(['void', 'void'])
    expect(isComplete(peer.log.state)).toBe(true)
  })

  test('what goes beyond an end is not held any more, and what is told again changes nothing', () => {
    const peer = new LogPeer()
    peer.take(...bens.entries, ...cyds.entries)
    const dropped = peer
      .take(record)
      .flatMap((output) => (output.type === 'dropped' ? [output.entry.id] : []))
    expect(dropped).toEqual(ids([...bens.entries.slice(3), ...cyds.entries]))
    const again = peer.take(...bens.entries, ...cyds.entries)
    expect(kinds(again)).toEqual(['duplicate', 'duplicate', 'duplicate'])
    expect(peer.applied(bens, cyds)).toEqual([3, 0])
  })

  test('nothing changes before the driver acts on it', () => {
    const peer = new LogPeer()
    peer.take(...bens.entries)
    peer.log.state.roster.takeRecord(record)
    expect(peer.log.step({ type: 'roster-grew' })).toEqual([])
    peer.log.receive(...cyds.entries)
    expect([peer.applied(bens, cyds), peer.log.state.restartedAt]).toEqual([[5, 2], -1])
    peer.log.step({ type: 'restart' })
    expect([peer.chain(bens).closedAt, peer.log.state.restartedAt]).toEqual([3, AT])
  })

  test('who began as another writer and knows of it counts, and who goes on as before does not', () => {
    const [anew, onward] = [edits(new Author(ben, 'anew'), 2, AT), edits(new Author(cyd), 2)]
    edits(onward, 1, AT)
    const late = edits(new Author(ben, 'not knowing'), 1, AT - 1)
    const peer = new LogPeer()
    peer.take(record, ...anew.entries, ...onward.entries, ...late.entries)
    expect(peer.applied(anew, onward, late)).toEqual([2, 0, 0])
  })

  test('what led to an entry is asked for, whether or not that began before', () => {
    const peer = new LogPeer()
    peer.take(record)
    expect(kinds(peer.take(cyds.entries[1] as Entry))).toEqual(['gap'])
    expect(kinds(peer.take(cyds.entries[0] as Entry))).toEqual([])
  })

  test('who began anew and contradicts itself with something of before is found out', () => {
    const [anew, before] = [edits(new Author(ben, 'anew'), 1, AT), edits(new Author(ben, 'anew'), 1)]
    const peer = new LogPeer()
    peer.take(record, ...anew.entries)
    expect(kinds(peer.take(...before.entries))).toContain('fork')
  })

  test('all of every line has to be applied before nothing is missing', () => {
    const waiting = edits(new Author(cyd), 1)
    waiting.edit({ needs: [{ clientID: 77, clock: 1 }] })
    const peer = new LogPeer()
    peer.take(...bens.entries, ...waiting.entries)
    peer.sign(restarts(endAt(bens, 3), endAt(waiting, 2)))
    expect([peer.applied(bens, waiting), isComplete(peer.log.state)]).toEqual([[3, 1], false])
    expect(isWhole(peer.log.state, peer.chain(waiting))).toBe(true)
  })

  test('a writer that is named and lacks entries here counts as far as they come', () => {
    const peer = new LogPeer()
    peer.take(record, ...bens.entries.slice(0, 2))
    expect([peer.applied(bens), peer.chain(bens).ended]).toEqual([[2], undefined])
    expect([isComplete(peer.log.state), isWhole(peer.log.state, peer.chain(bens))]).toEqual([false, false])
    expect(isAnother(peer.log.state, peer.chain(bens))).toBe(false)
    peer.take(...bens.entries.slice(2, 3))
    expect([isComplete(peer.log.state), isWhole(peer.log.state, peer.chain(bens))]).toEqual([true, true])
  })

  test('it is asked by the first Restart that concerns a writer, and a later one by those that began since', () => {
    const [kept, left] = [edits(new Author(cyd, 'anew'), 2, AT), edits(new Author(ben, 'anew'), 2, AT)]
    const peer = new LogPeer()
    peer.take(record, ...bens.entries, ...kept.entries, ...left.entries)
    expect(peer.applied(bens, kept, left)).toEqual([3, 2, 2])
    peer.sign(restarts(endAt(kept, 1)))
    expect(peer.applied(bens, kept, left)).toEqual([3, 1, 0])
    expect(isComplete(peer.log.state)).toBe(true)
    const { roster } = peer.log.state
    expect([3, 4, 5, 6].map((seq) => newestRestart(roster, seq))).toEqual([-1, 4, 5, 5])
  })
})

describe('what was said of a writer before a Restart is settled by it', () => {
  test('a cut, which ended it earlier', () => {
    const peer = new LogPeer()
    peer.take(...bens.entries)
    peer.sign(removes(ben, [lineAt(bens, 1)]))
    expect(peer.applied(bens)).toEqual([1])
    peer.sign(restarts(endAt(bens, 3)))
    expect(peer.applied(bens)).toEqual([3])
  })

  test('a fork, of which the owner had one branch', () => {
    const other = edits(new Author(ben), 2)
    other.edit({ weight: 1 })
    const peer = new LogPeer()
    peer.take(...bens.entries, ...other.entries)
    const survivor = [bens, other].find(
      ({ entries }) => entries[2]?.id === peer.chain(bens).fork?.winner.id,
    ) as Author
    peer.take(...survivor.entries)
    expect(peer.applied(bens)).toEqual([2])
    peer.sign(restarts(endAt(survivor, 3)))
    expect([peer.applied(bens), peer.chain(bens).fork]).toEqual([[3], undefined])
    // nor is a proof of it taken note of any more
    peer.take(...bens.entries, ...other.entries)
    expect([peer.applied(bens), peer.chain(bens).fork]).toEqual([[3], undefined])
  })
})

describe('another history in the place of what the owner had', () => {
  const other = edits(new Author(ben), 2)
  other.edit({ weight: 1 })
  edits(other, 1)

  function holding(count = 4): LogPeer {
    const peer = new LogPeer()
    peer.take(...other.entries.slice(0, count), record)
    return peer
  }

  test('is no copy of what the owner had, before anything is taken out of the document as well', () => {
    const { log } = new LogPeer()
    log.receive(...other.entries.slice(0, 3))
    log.state.roster.takeRecord(record)
    log.step({ type: 'restart' })
    expect(isComplete(log.state)).toBe(false)
  })

  test.each([3, 4])('of %i entries counts to just before that, and is known to be another one', (count) => {
    const peer = holding(count)
    expect([peer.applied(bens), isAnother(peer.log.state, peer.chain(bens))]).toEqual([[2], true])
    expect([isWhole(peer.log.state, peer.chain(bens)), isComplete(peer.log.state)]).toEqual([false, false])
  })

  test('cannot be vouched for', () => {
    const peer = holding()
    const work = new Author(cyd, 'anew')
    work.edit({ needs: [{ clientID: bens.clientID, clock: 3 }] }, { rosterSeq: AT })
    peer.take(...work.entries)
    expect(peer.applied(bens, work)).toEqual([2, 0])
  })

  test('is not taken in, and what leads to it is asked for', () => {
    const peer = new LogPeer()
    peer.take(record, ...bens.entries.slice(0, 2))
    expect(kinds(peer.take(other.entries[2] as Entry))).toEqual(['gap'])
    expect(kinds(peer.take(other.entries[3] as Entry))).toEqual([])
    expect(peer.held(bens)).toEqual(ids(bens.entries.slice(0, 2)))
  })
})

describe('a checkpoint and a Restart', () => {
  const unknown = edits(new Author(cyd, 'unknown'), 1)
  const known = (): LogPeer => {
    const peer = new LogPeer()
    peer.take(...bens.entries, ...cyds.entries, record)
    return peer
  }

  test.each<[string, ReturnType<typeof headAt>, number, boolean | undefined]>([
    ['up to where a writer ends', headAt(bens, 3), AT, false],
    ['to before that', headAt(bens, 2), AT, false],
    ['beyond that', headAt(bens, 4), AT, true],
    ['another entry there', { ...headAt(bens, 3), id: bens.entries[3]?.id as EntryId }, AT, true],
    ['something of a writer that is not named', headAt(cyds, 1), AT, true],
    ['somebody unknown, by an author who knew of it', headAt(unknown, 1), AT, undefined],
    ['somebody unknown, by an author who did not know', headAt(unknown, 1), AT - 1, true],
  ])('that covers %s', (_, head, rosterSeq, passes) => {
    expect(passesEnd(known().log.state, head, rosterSeq)).toBe(passes)
  })

  test('of before it covers nothing that counts of a writer it does not name, one of after it does', () => {
    const [before, after] = [new LogPeer(), new LogPeer()]
    before.cover(cyds, 2, AT - 1)
    after.cover(cyds, 2, AT)
    for (const peer of [before, after]) peer.take(record)
    expect([before, after].map((peer) => peer.chain(cyds).closedAt)).toEqual([0, Number.POSITIVE_INFINITY])
  })

  test('is whole that ends where the owner had it, and another history that goes beyond', () => {
    for (const [seq, is] of [
      [2, 'less'],
      [3, 'whole'],
      [4, 'another'],
    ] as const) {
      const peer = new LogPeer()
      peer.take(record)
      peer.cover(bens, seq, AT)
      const { state } = peer.log
      const chain = peer.chain(bens)
      expect([isWhole(state, chain), isAnother(state, chain)]).toEqual([is === 'whole', is === 'another'])
    }
  })

  test('of before is judged by what is held of a writer, and by itself of one that is known by name alone', () => {
    const [held, named] = [known(), known()]
    held.cover(unknown, 1, AT)
    named.chain(unknown)
    const passes = (peer: LogPeer) => passesEnd(peer.log.state, headAt(unknown, 1), AT - 1)
    expect([passes(held), passes(named)]).toEqual([undefined, true])
  })

  test("stands for the owner's copy where it names all that every Restart names, with those ids", () => {
    const kept = edits(new Author(cyd, 'anew'), 2, AT)
    const peer = known()
    const isCopy = (...heads: readonly ReturnType<typeof headAt>[]): boolean =>
      isOwnersCopy(peer.log.state, { heads })
    expect([isCopy(headAt(bens, 3)), isCopy(headAt(bens, 2)), isCopy()]).toEqual([true, false, false])
    expect(isCopy({ ...headAt(bens, 3), id: bens.entries[1]?.id as EntryId })).toBe(false)
    peer.take(...kept.entries)
    peer.log.state.roster.takeRecord(nextRecord(peer.log.state.roster, restarts(endAt(kept, 1))))
    expect([isCopy(headAt(bens, 3)), isComplete(peer.log.state)]).toEqual([true, true])
    peer.log.state.restartedAt = AT + 1
    expect([isCopy(headAt(bens, 3)), isComplete(peer.log.state)]).toEqual([false, false])
    expect(isCopy(headAt(bens, 3), headAt(kept, 1))).toBe(true)
    expect(isCopy(headAt(kept, 1))).toBe(false)
  })

  test('stands for no copy that lacks one of two writers', () => {
    const peer = new LogPeer()
    peer.sign(restarts(endAt(bens, 3), endAt(cyds, 1)))
    expect(isOwnersCopy(peer.log.state, { heads: [headAt(cyds, 1)] })).toBe(false)
    expect(isOwnersCopy(peer.log.state, { heads: [headAt(cyds, 1), headAt(bens, 3)] })).toBe(true)
  })

  test('stands for no copy of the owner where the session never began anew', () => {
    expect(isOwnersCopy(new LogPeer().log.state, { heads: [headAt(bens, 3)] })).toBe(false)
  })
})
