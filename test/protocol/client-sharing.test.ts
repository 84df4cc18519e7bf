/** Who keeps a clientID of several writers, by their chains alone. What the log makes of it is in collisions.test.ts. */
import { describe, expect, test } from 'vitest'
import type { DeviceId, WriterId } from '../../src/base/ids.ts'
import { type Chain, emptyChain, extend } from '../../src/protocol/chain.ts'
import {
  hasClient,
  joinClient,
  leaveClient,
  type Sharing,
  settleClient,
} from '../../src/protocol/collisions.ts'
import { entryAtPlace, heldEdit } from './fake-chain.ts'

const CLIENT = 7

/** Devices came in the order of their letters. */
function sharing(): Sharing & { readonly byClient: Map<number, Chain> } {
  return { byClient: new Map(), roster: { cameBefore: (one, other) => one < other } }
}

function chainOf(device: string, writer: string, held: number, base = 0): Chain {
  const chain = emptyChain({ device: device as DeviceId, writer: writer as WriterId }, CLIENT)
  chain.base = base
  for (let seq = base + 1; seq <= held; seq++) extend(chain, heldEdit(entryAtPlace(seq)))
  return chain
}

/** All of them come in this order, and what is held of them is judged. */
function settled(...chains: readonly Chain[]): readonly boolean[] {
  const state = sharing()
  chains.forEach((chain, n) => {
    joinClient(state, chain, chains.slice(0, n))
  })
  for (const chain of chains) settleClient(state, chain)
  const keeper = state.byClient.get(CLIENT)
  return chains.map((chain) => chain === keeper)
}

describe('a clientID', () => {
  test('is kept by whoever was let in first, of one device by the smaller writer, in any order', () => {
    const all = () => [chainOf('b', '1', 1), chainOf('a', '2', 1), chainOf('a', '1', 1)] as const
    const [late, second, first] = all()
    expect(settled(late, second, first)).toEqual([false, false, true])
    expect([late, second, first].map(({ isShadowed }) => isShadowed)).toEqual([true, true, false])
    expect(settled(...([...all()].reverse() as Chain[]))).toEqual([true, false, false])
  })

  test('is kept by who stands under a checkpoint, whoever came first', () => {
    expect(settled(chainOf('a', '1', 3), chainOf('b', '1', 3, 2))).toEqual([false, true])
    expect(settled(chainOf('b', '1', 3, 2), chainOf('a', '1', 3))).toEqual([true, false])
    expect(settled(chainOf('b', '1', 3, 2), chainOf('a', '1', 3, 1))).toEqual([false, true])
  })

  test('is not kept by who was only heard of, but they may still come', () => {
    const [heard, writing, never] = [chainOf('a', '1', 0), chainOf('b', '1', 1), chainOf('c', '1', 0)]
    expect(settled(heard, writing, never)).toEqual([false, true, false])
    expect([heard, writing, never].map(({ isShadowed }) => isShadowed)).toEqual([false, false, true])
  })

  test('is left with who came first as long as all of them are only heard of', () => {
    const [one, other] = [chainOf('b', '1', 0), chainOf('a', '1', 0)]
    expect(settled(one, other)).toEqual([true, false])
    expect([one.isShadowed, other.isShadowed]).toEqual([false, false])
  })

  test('of one writer alone is its own, also where it was not before', () => {
    const chain = chainOf('a', '1', 1)
    chain.isShadowed = true
    expect([settled(chain), chain.isShadowed, chain.rivals]).toEqual([[true], false, []])
  })

  test('leaves the others with what a checkpoint covers of them, and with no more', () => {
    const [keeper, other, covered] = [chainOf('a', '1', 3, 1), chainOf('b', '1', 3), chainOf('c', '1', 3, 2)]
    settled(keeper, other, covered)
    expect([keeper.validTo, other.validTo, covered.validTo]).toEqual([Number.POSITIVE_INFINITY, 0, 2])
    const cut = chainOf('c', '1', 3, 2)
    cut.validTo = 1
    settled(chainOf('a', '1', 3, 1), cut)
    expect(cut.validTo).toBe(1)
  })

  test('is used once nothing of the others is applied any more, by who keeps it alone', () => {
    const [keeper, other] = [chainOf('a', '1', 1), chainOf('b', '1', 1)]
    settled(keeper, other)
    other.applied = 1
    expect([hasClient(keeper), hasClient(other)]).toEqual([false, false])
    other.applied = 0
    expect([hasClient(keeper), hasClient(other)]).toEqual([true, false])
  })
})

describe('a chain that is forgotten', () => {
  test('leaves its clientID to the next', () => {
    const state = sharing()
    const [first, second, third] = [chainOf('a', '1', 1), chainOf('b', '1', 1), chainOf('c', '1', 1)]
    joinClient(state, first, [])
    joinClient(state, second, [first])
    joinClient(state, third, [first, second])
    settleClient(state, first)
    expect([second.isShadowed, third.isShadowed]).toEqual([true, true])
    leaveClient(state, first)
    expect([state.byClient.get(CLIENT), second.isShadowed, third.isShadowed]).toEqual([second, false, true])
    expect([second.rivals, third.rivals]).toEqual([[third], [second]])
    leaveClient(state, second)
    expect([state.byClient.get(CLIENT), third.isShadowed, third.rivals]).toEqual([third, false, []])
    leaveClient(state, third)
    expect(state.byClient.size).toBe(0)
  })

  test('shares nothing with writers of other clientIDs', () => {
    const state = sharing()
    const [one, other] = [chainOf('a', '1', 1), emptyChain(entryAtPlace(1), 8)]
    joinClient(state, one, [])
    joinClient(state, other, [one])
    const third = chainOf('b', '1', 1)
    joinClient(state, third, [one, other])
    expect([one.rivals, other.rivals, third.rivals]).toEqual([[third], [], [one]])
  })
})
