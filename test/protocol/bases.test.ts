/** Checkpoints beside what is held: what they bring, where they contradict it, and two of them as one. */
import { describe, expect, test } from 'vitest'
import type { DeviceId, EntryId } from '../../src/base/ids.ts'
import {
  appliedHeads,
  compare,
  covers,
  forgetAll,
  forgetOthers,
  joinBases,
  mayBeOtherBranch,
} from '../../src/protocol/rebase.ts'
import type { CheckpointHead } from '../../src/wire/checkpoint.ts'
import { Author, ada, ben, cyd, person } from './log-fixture.ts'
import { edits, endAt, LogPeer, restarts } from './log-peer.ts'

const bens = edits(new Author(ben), 5)
const cyds = edits(new Author(cyd), 3)
const headAt = (author: Author, seq: number, nextClock = seq): CheckpointHead => ({
  ...endAt(author, seq),
  nextClock,
})
const OTHER = '7'.repeat(64) as EntryId

/** Holds all of Ben's and two of Cyd's. */
function holding(): LogPeer {
  const peer = new LogPeer()
  peer.take(...bens.entries, ...cyds.entries.slice(0, 2))
  return peer
}

describe('a checkpoint made now', () => {
  test('names what is applied of each chain, and its next clock', () => {
    const peer = holding()
    const waiting = new Author(ada)
    waiting.edit({ needs: [{ clientID: 77, clock: 1 }] })
    peer.take(...waiting.entries)
    expect(appliedHeads(peer.log.state)).toEqual([headAt(bens, 5), headAt(cyds, 2)])
  })

  test('names the base of a chain of which nothing beyond is applied', () => {
    const peer = new LogPeer()
    peer.cover(bens, 4, 3)
    expect(appliedHeads(peer.log.state)).toEqual([headAt(bens, 4)])
  })
})

describe('a checkpoint that comes', () => {
  const found = (
    heads: readonly CheckpointHead[],
    author?: DeviceId,
    free: { clientID: number; clock: number }[] = [],
  ) => compare(holding().log.state, { heads, free }, author)

  test('brings news where it covers more than is applied here, of whomever', () => {
    expect(found([headAt(bens, 5), headAt(cyds, 3)])).toBe('brings-news')
    expect(found([headAt(bens, 5), headAt(cyds, 2)])).toBe('nothing-new')
    expect(found([headAt(bens, 1)])).toBe('nothing-new')
    expect(found([headAt(edits(new Author(ada), 1), 1)])).toBe('brings-news')
  })

  test('contradicts where its author names another entry of its own, and disputes that of somebody else', () => {
    const wrong = { ...headAt(bens, 3), id: OTHER }
    expect([found([wrong], ben.device), found([wrong], cyd.device), found([wrong])]).toEqual([
      'contradicts',
      'disputes',
      'disputes',
    ])
  })

  test('contradicts where it gives an entry another clock, or calls a writer nobody', () => {
    expect(found([headAt(bens, 3, 4)])).toBe('contradicts')
    expect(found([headAt(bens, 5)], undefined, [{ clientID: 77, clock: 1 }])).toBe('nothing-new')
    expect(found([headAt(bens, 5)], undefined, [{ clientID: bens.clientID, clock: 1 }])).toBe('contradicts')
  })

  test('names a clock rightly also after entries that are no edits', () => {
    const mixed = edits(new Author(ada), 1)
    mixed.say('profile', new Uint8Array(1))
    edits(mixed, 1)
    const peer = new LogPeer()
    peer.take(...mixed.entries)
    const clocks = [
      [1, 1],
      [2, 1],
      [3, 2],
    ] as const
    for (const [seq, clock] of clocks) {
      expect(compare(peer.log.state, { heads: [headAt(mixed, seq, clock)] })).toBe('nothing-new')
      expect(compare(peer.log.state, { heads: [headAt(mixed, seq, clock + 1)] })).toBe('contradicts')
    }
  })

  test('waits for the roster where it names somebody unknown here', () => {
    const stranger = edits(new Author(person('Stranger')), 1)
    expect(found([{ ...headAt(bens, 3), id: OTHER }, headAt(stranger, 1)])).toBe('roster-behind')
  })

  test('brings nothing where a writer is known to have told two histories', () => {
    const other = edits(new Author(ben), 2)
    other.edit({ weight: 1 })
    const peer = holding()
    peer.take(...other.entries)
    const lost = peer.chain(bens).fork?.loser.id as EntryId
    expect(compare(peer.log.state, { heads: [{ ...headAt(bens, 3), id: lost }] }, ben.device)).toBe(
      'nothing-new',
    )
  })

  test("brings news where it is the owner's copy and something else is held here", () => {
    const other = edits(new Author(ben), 2)
    other.edit({ weight: 1 })
    const peer = new LogPeer()
    peer.take(...other.entries)
    peer.sign(restarts(endAt(bens, 3)))
    expect(compare(peer.log.state, { heads: [headAt(bens, 3)] })).toBe('brings-news')
    expect(compare(peer.log.state, { heads: [{ ...headAt(bens, 3), id: OTHER }] })).toBe('disputes')
  })
})

describe('a checkpoint whose author was deceived', () => {
  const suspect = (
    heads: readonly CheckpointHead[],
    suspects: { author: DeviceId; clientID: number | undefined },
  ) => mayBeOtherBranch(holding().log.state, { heads }, suspects)

  test('may hold another branch of whoever is suspected, where nothing here says that it is the same', () => {
    const wrong = { ...headAt(bens, 3), id: OTHER }
    const by = { author: cyd.device, clientID: undefined }
    expect([
      suspect([headAt(bens, 3)], by),
      suspect([wrong], by),
      suspect([{ ...headAt(bens, 5), seq: 9 }], by),
    ]).toEqual([false, true, true])
    expect(suspect([headAt(cyds, 1), wrong], { author: cyd.device, clientID: bens.clientID })).toBe(true)
    expect(suspect([wrong], { author: cyd.device, clientID: cyds.clientID })).toBe(false)
  })

  test('holds no other branch of its own author, nor of who is unknown here', () => {
    const wrong = { ...headAt(bens, 3), id: OTHER }
    expect(suspect([wrong], { author: ben.device, clientID: undefined })).toBe(false)
    const unknown = edits(new Author(ada), 1)
    expect(suspect([headAt(unknown, 1)], { author: cyd.device, clientID: undefined })).toBe(false)
  })
})

describe('two checkpoints', () => {
  const free = (clientID: number, clock: number) => ({ clientID, clock })
  const one = { heads: [headAt(bens, 3), headAt(cyds, 2)], free: [free(7, 4), free(8, 1)] }
  const other = { heads: [headAt(bens, 5), headAt(cyds, 1)], free: [free(7, 2), free(9, 3)] }

  test('are one with the higher head of each chain, and the higher clock', () => {
    const both = { heads: [headAt(bens, 5), headAt(cyds, 2)], free: [free(7, 4), free(8, 1), free(9, 3)] }
    expect(joinBases(one, other)).toEqual(both)
    expect(joinBases({ heads: [], free: [] }, other)).toEqual(other)
  })

  test('cover each other where nothing of the one goes beyond the other', () => {
    expect(covers(joinBases(one, other), one)).toBe(true)
    expect([covers(one, one), covers(one, other), covers(other, one)]).toEqual([true, false, false])
    const heads = { heads: one.heads, free: [] }
    expect([covers(heads, one), covers(one, heads), covers({ heads: [], free: one.free }, heads)]).toEqual([
      false,
      true,
      false,
    ])
  })
})

describe('to be told anew', () => {
  test('everything is forgotten', () => {
    const { log } = holding()
    forgetAll(log.state)
    expect([log.state.chains.size, log.state.byClient.size, log.state.applied]).toEqual([0, 0, []])
  })

  test('all but the own is forgotten, and not that somebody contradicted itself', () => {
    const other = edits(new Author(ben), 2)
    other.edit({ weight: 1 })
    const peer = holding()
    peer.take(...other.entries)
    const { fork } = peer.chain(bens)
    const { state } = peer.log
    state.freeClocks.set(77, 1)
    forgetOthers(state, ({ device }) => device === cyd.device)
    expect(peer.held(cyds)).toHaveLength(2)
    expect([peer.held(bens), peer.chain(bens).fork, state.freeClocks.size]).toEqual([[], fork, 0])
    forgetOthers(state, () => false)
    expect([...state.chains.values()].map(({ device }) => device)).toEqual([ben.device])
    expect(state.byClient.has(cyds.clientID)).toBe(false)
  })
})
