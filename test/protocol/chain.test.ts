/** One writer's chain by itself: what is held where, and what is left of it when something is cut off. */
import { describe, expect, test } from 'vitest'
import {
  countParked,
  cutFrom,
  emptyChain,
  endBefore,
  entryAt,
  extend,
  headOf,
  heldId,
  heldSeq,
  idAt,
  withoutLost,
} from '../../src/protocol/chain.ts'
import { NO_ENTRY, sizeOfEntry } from '../../src/wire/entry.ts'
import { chainOf, entry, entryAtPlace, heldEdit, id } from './fake-chain.ts'

const seqs = (dropped: ReturnType<typeof cutFrom>): readonly number[] => dropped.map((held) => held.entry.seq)

describe('a chain', () => {
  test('that is empty holds nothing, and says nothing of anybody', () => {
    const chain = emptyChain(entryAtPlace(1), 7)
    expect([heldSeq(chain), heldId(chain), idAt(chain, 0), idAt(chain, 1)]).toEqual([
      0,
      NO_ENTRY,
      NO_ENTRY,
      undefined,
    ])
    expect([chain.entries, chain.rivals, chain.disregarded]).toEqual([[], [], []])
  })

  test('names what it holds beyond a checkpoint, and of what that covers the last', () => {
    const chain = chainOf(5, 2)
    expect([heldSeq(chain), heldId(chain)]).toEqual([5, id(5)])
    expect([1, 2, 3, 5, 6].map((seq) => idAt(chain, seq))).toEqual([
      undefined,
      id(2),
      id(3),
      id(5),
      undefined,
    ])
    expect([2, 3, 5, 6].map((seq) => entryAt(chain, seq)?.entry.seq)).toEqual([undefined, 3, 5, undefined])
  })

  test('tells in its head what it holds and applied, and whether it has ended', () => {
    const chain = chainOf(5, 2)
    const { device, writer } = chain
    expect(headOf(chain)).toEqual({ device, writer, held: 5, heldId: id(5), applied: 2, ended: false })
    endBefore(chain, 5, 'refused')
    expect(headOf(chain)).toEqual({ device, writer, held: 4, heldId: id(4), applied: 2, ended: true })
    expect(chain.ended).toBe('refused')
  })

  test('grows by its next entry only', () => {
    const chain = chainOf(2)
    expect(() => extend(chain, heldEdit(entryAtPlace(2)))).toThrow()
    expect(() => extend(chain, heldEdit(entryAtPlace(4)))).toThrow()
    extend(chain, heldEdit({ ...entryAtPlace(3), rosterSeq: 8 }))
    expect([heldSeq(chain), chain.rosterSeq, chain.heldClock]).toEqual([3, 8, 3])
    extend(chain, { ...heldEdit(entryAtPlace(4)), inspection: undefined })
    expect([heldSeq(chain), chain.heldClock]).toEqual([4, 3])
  })

  test('began where its first entry was signed, where that was ever here', () => {
    expect([chainOf(2).beganAt, chainOf(5, 2).beganAt]).toEqual([3, undefined])
    const chain = chainOf(1)
    extend(chain, heldEdit({ ...entryAtPlace(2), rosterSeq: 8 }))
    expect(chain.beganAt).toBe(3)
  })
})

describe('what is cut off', () => {
  test('is all from a place on, beyond what is applied', () => {
    const chain = chainOf(5, 2)
    chain.applied = 3
    expect(() => cutFrom(chain, 3)).toThrow()
    expect(seqs(cutFrom(chain, 4))).toEqual([4, 5])
    expect([heldSeq(chain), chain.heldClock, chain.parkedBytes]).toEqual([3, 3, 0])
  })

  test('leaves the clock after the last edit, and the place of the roster of the last entry', () => {
    const chain = chainOf(2)
    extend(chain, { ...heldEdit({ ...entryAtPlace(3), rosterSeq: 4 }), inspection: undefined })
    extend(chain, heldEdit({ ...entryAtPlace(4), rosterSeq: 9 }))
    cutFrom(chain, 4)
    expect([chain.heldClock, chain.rosterSeq]).toEqual([2, 4])
  })

  test('leaves what the checkpoint says, where nothing is held beyond it', () => {
    const chain = chainOf(3, 2)
    Object.assign(chain, { appliedClock: 17, baseRosterSeq: 2 })
    cutFrom(chain, 3)
    expect([chain.heldClock, chain.rosterSeq, heldId(chain)]).toEqual([17, 2, id(2)])
  })

  test('is no more counted as parked', () => {
    const chain = chainOf(5, 1)
    chain.applied = 2
    countParked(chain)
    const [third, fourth, fifth] = [3, 4, 5].map((seq) => sizeOfEntry(entryAtPlace(seq))) as [
      number,
      number,
      number,
    ]
    expect(chain.parkedBytes).toBe(third + fourth + fifth)
    cutFrom(chain, 5)
    expect(chain.parkedBytes).toBe(third + fourth)
  })
})

describe('a branch that does not survive', () => {
  const successor = entry(4, id(1), id(3))

  test('is taken off as far as it is held and not applied, and the chain goes on', () => {
    const chain = chainOf(5)
    Object.assign(chain, { successor, applied: 3, ended: 'refused' })
    expect(seqs(withoutLost(chain))).toEqual([4, 5])
    expect([heldSeq(chain), chain.ended]).toEqual([3, undefined])
  })

  test.each([
    ['there is none', {}],
    ['it is applied', { successor, applied: 4 }],
    ['more than it is applied', { successor, applied: 5 }],
    ['nothing of it is held', { successor: entry(6, id(1), id(5)), applied: 2 }],
  ])('leaves everything as it is where %s', (_, change) => {
    const chain = chainOf(5)
    Object.assign(chain, change, { ended: 'refused' })
    expect(withoutLost(chain)).toEqual([])
    expect([heldSeq(chain), chain.ended]).toEqual([5, 'refused'])
  })
})
