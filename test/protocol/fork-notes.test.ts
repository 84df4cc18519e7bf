/**
 * What is noted of two entries at one place, by their ids alone. What the log makes of it, and that every order ends alike, is
 * in forks.test.ts.
 */
import { describe, expect, test } from 'vitest'
import type { Chain } from '../../src/protocol/chain.ts'
import {
  forkEnd,
  leadingTo,
  lostFrom,
  maySurvive,
  meet,
  meetAstray,
  meetCovered,
  recall,
} from '../../src/protocol/forks.ts'
import type { Entry } from '../../src/wire/entry.ts'
import { chainOf, entry, id } from './fake-chain.ts'

const NEVER = Number.POSITIVE_INFINITY

/** One that follows something else as well. */
const stray = (seq: number, own: number): Entry => entry(seq, id(own), id(90 + own))
const ofChain = (chain: Chain, seq: number): Entry => chain.entries[seq - chain.base - 1]?.entry as Entry
const noted = ({ fork, successor }: Chain): unknown => [
  fork?.seq,
  fork?.parts,
  fork?.winner.id,
  successor?.id,
]

/** Holds 11, 12, … 15 in the places 1 to 5. */
function tens(): Chain {
  const chain = chainOf(5)
  chain.entries = chain.entries.map((held) => {
    const { seq } = held.entry
    return { ...held, entry: entry(seq, id(10 + seq), id(9 + seq)) }
  })
  return chain
}
/** In the same place as one of those, on the same entry before. */
const branch = (seq: number, own: number): Entry => entry(seq, id(own), id(9 + seq))

describe('the first two entries at one place', () => {
  test('are kept, the one with the smaller id as the one that survives', () => {
    const chain = tens()
    expect(meet(chain, branch(3, 20), ofChain(chain, 3))).toBe('first')
    expect(noted(chain)).toEqual([3, 'here', id(13), undefined])
    expect(chain.fork?.loser.id).toBe(id(20))
  })

  test('have the other one take the place of what is held, where that has the larger id', () => {
    const chain = tens()
    expect(meet(chain, branch(3, 2), ofChain(chain, 3))).toBe('first')
    expect(noted(chain)).toEqual([3, 'here', id(2), id(2)])
  })

  test('that follow different entries say only that the branches part earlier', () => {
    const chain = tens()
    expect(meet(chain, stray(4, 2), ofChain(chain, 4))).toBe('first')
    expect(noted(chain)).toEqual([4, 'earlier', id(2), undefined])
  })
})

describe('once a fork is known', () => {
  function known(own: number, seq = 3): Chain {
    const chain = tens()
    meet(chain, branch(seq, own), ofChain(chain, seq))
    return chain
  }

  test('a lower one takes its place, and what was to take the place of an entry above does not', () => {
    const chain = known(2)
    expect(meet(chain, stray(2, 1), ofChain(chain, 2))).toBe('more')
    expect(noted(chain)).toEqual([2, 'earlier', id(1), undefined])
    const again = known(2)
    expect(meet(again, branch(2, 1), ofChain(again, 2))).toBe('more')
    expect(noted(again)).toEqual([2, 'here', id(1), id(1)])
  })

  test('a lower one that what is held survives leaves what is to take a place above', () => {
    const chain = known(2, 4)
    expect(meet(chain, branch(3, 20), ofChain(chain, 3))).toBe('more')
    expect(noted(chain)).toEqual([3, 'here', id(13), id(2)])
  })

  test('at its place only a smaller id is news', () => {
    const chain = known(5)
    expect(meet(chain, branch(3, 6), branch(3, 5))).toBe('known')
    expect(meet(chain, branch(3, 5), ofChain(chain, 3))).toBe('known')
    expect(meet(chain, branch(3, 4), ofChain(chain, 3))).toBe('more')
    expect(noted(chain)).toEqual([3, 'here', id(4), id(4)])
  })

  test('at its place it is news that the branches part earlier, and nothing is after that', () => {
    const chain = known(5)
    expect(meet(chain, stray(3, 9), ofChain(chain, 3))).toBe('more')
    expect(noted(chain)).toEqual([3, 'earlier', id(9), undefined])
    expect(meet(chain, branch(3, 1), ofChain(chain, 3))).toBe('known')
    expect(noted(chain)).toEqual([3, 'earlier', id(9), undefined])
  })

  test('the branch that survives parts again above: the smaller id goes on there', () => {
    const chain = known(20)
    expect(meet(chain, branch(5, 30), ofChain(chain, 5))).toBe('known')
    expect(meet(chain, branch(5, 2), ofChain(chain, 5))).toBe('more')
    expect([noted(chain), lostFrom(chain)]).toEqual([[3, 'here', id(13), id(2)], 5])
    expect(meet(chain, branch(5, 3), ofChain(chain, 5))).toBe('known')
    expect(meet(chain, branch(5, 1), ofChain(chain, 5))).toBe('more')
    expect(meet(chain, branch(4, 6), ofChain(chain, 4))).toBe('more')
    expect([noted(chain), lostFrom(chain)]).toEqual([[3, 'here', id(13), id(6)], 4])
  })

  test('what is above an entry that is to be replaced is of no interest, nor what follows something else', () => {
    const chain = known(2)
    expect(meet(chain, branch(4, 1), ofChain(chain, 4))).toBe('known')
    const other = known(20)
    expect(meet(other, stray(5, 1), ofChain(other, 5))).toBe('known')
    expect([chain.successor?.id, other.successor]).toEqual([id(2), undefined])
  })
})

describe('two entries that both fit nothing', () => {
  const astray = (seq: number, own: number): Entry => entry(seq, id(own), id(50))

  test('are noted beyond what is held, where they follow one entry', () => {
    const chain = tens()
    expect(meetAstray(chain, astray(5, 1), astray(5, 2))).toBe('known')
    expect(meetAstray(chain, astray(7, 1), stray(7, 2))).toBe('known')
    expect(chain.fork).toBeUndefined()
    expect(meetAstray(chain, astray(7, 2), astray(7, 1))).toBe('first')
    expect(noted(chain)).toEqual([7, 'here', id(1), undefined])
  })

  test('are news at a lower place, and at the same one with a smaller id', () => {
    const chain = tens()
    meetAstray(chain, astray(8, 5), astray(8, 6))
    expect(meetAstray(chain, astray(9, 1), astray(9, 2))).toBe('known')
    expect(meetAstray(chain, astray(8, 5), astray(8, 7))).toBe('known')
    expect(meetAstray(chain, astray(8, 6), astray(8, 7))).toBe('known')
    expect(meetAstray(chain, astray(8, 4), astray(8, 6))).toBe('more')
    expect(meetAstray(chain, astray(7, 8), astray(7, 9))).toBe('more')
    expect(noted(chain)).toEqual([7, 'here', id(8), undefined])
  })
})

describe('below what a checkpoint covers', () => {
  test('two entries are noted, and once more only further down', () => {
    const chain = chainOf(5, 4)
    expect(meetCovered(chain, entry(3, id(8), id(2)), entry(3, id(9), id(2)))).toBe('first')
    expect(meetCovered(chain, entry(3, id(1), id(2)), entry(3, id(9), id(2)))).toBe('known')
    expect(meetCovered(chain, entry(4, id(1), id(2)), entry(4, id(9), id(2)))).toBe('known')
    expect(meetCovered(chain, entry(2, id(8), id(2)), entry(2, id(9), id(2)))).toBe('more')
    expect([noted(chain), forkEnd(chain)]).toEqual([[2, 'here', id(8), undefined], 4])
  })

  test('what is known from the own disk is noted as it was', () => {
    const chain = chainOf(0)
    recall(chain, entry(3, id(9), id(2)), entry(3, id(8), id(2)))
    expect([noted(chain), forkEnd(chain), lostFrom(chain)]).toEqual([[3, 'here', id(8), undefined], 2, NEVER])
  })
})

describe('can be vouched for', () => {
  const survives = (chain: Chain): readonly boolean[] => [1, 2, 3, 4, 5].map((seq) => maySurvive(chain, seq))

  test('everything without a fork, and all of the branch that survives', () => {
    const chain = tens()
    expect([survives(chain), forkEnd(chain)]).toEqual([[true, true, true, true, true], NEVER])
    meet(chain, branch(3, 20), ofChain(chain, 3))
    expect([survives(chain), forkEnd(chain)]).toEqual([[true, true, true, true, true], 2])
  })

  test('nothing from where another one is to take its place', () => {
    const chain = tens()
    meet(chain, branch(3, 20), ofChain(chain, 3))
    meet(chain, branch(4, 2), ofChain(chain, 4))
    expect(survives(chain)).toEqual([true, true, true, false, false])
  })

  test('nothing from where branches are known to differ that part earlier', () => {
    const chain = tens()
    meet(chain, stray(3, 20), ofChain(chain, 3))
    expect(survives(chain)).toEqual([true, true, false, false, false])
  })

  test('only what a checkpoint covers of a writer whose clientID is another one’s', () => {
    const chain = chainOf(5, 2)
    chain.isShadowed = true
    expect([survives(chain), lostFrom(chain)]).toEqual([[true, true, false, false, false], 3])
  })
})

describe('where branches part earlier', () => {
  const seqs = (chain: Chain, seq: number): readonly number[] => leadingTo(chain, seq).map((one) => one.seq)

  test('the entries before are told, up to that place and none beyond', () => {
    expect(seqs(chainOf(5), 3)).toEqual([1, 2, 3])
    expect(seqs(chainOf(5, 2), 4)).toEqual([3, 4])
  })

  test('at most 65 are told at once', () => {
    expect(seqs(chainOf(200), 100)).toEqual(Array.from({ length: 65 }, (_, n) => 36 + n))
    expect(seqs(chainOf(200, 50), 100)[0]).toBe(51)
    expect(seqs(chainOf(200, 20), 100)[0]).toBe(36)
  })
})
