/**
 * A writer that contradicted itself, in the log: every peer ends with the same entries applied, in whatever order they
 * reached it, and only the branch with the smaller id can be vouched for.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Chain, entryAt, heldSeq } from '../../src/protocol/chain.ts'
import { chainFor, type LogOutput } from '../../src/protocol/log.ts'
import { appliedHeads, liftBases, replay } from '../../src/protocol/rebase.ts'
import { encodeAdoption } from '../../src/wire/adoption.ts'
import type { Entry } from '../../src/wire/entry.ts'
import type { RosterRecord } from '../../src/wire/roster-record.ts'
import { Author, ada, ben, cyd, FakeDocument, fullRoster, kinds, nextRecord, TestLog } from './log-fixture.ts'

/** A peer whose driver rebuilds as soon as more is applied than counts. */
class Peer {
  readonly log = new TestLog(fullRoster())

  take(...parcels: readonly (Entry | RosterRecord)[]): LogOutput[] {
    return parcels.flatMap((parcel) => this.#after(this.#given(parcel)))
  }

  #given(parcel: Entry | RosterRecord): LogOutput[] {
    if (!('content' in parcel)) return this.log.receive(parcel)
    if (this.log.state.roster.takeRecord(parcel) !== 'new') return []
    return this.log.step({ type: 'roster-grew' })
  }

  #after(outputs: LogOutput[]): LogOutput[] {
    if (outputs.every(({ type }) => type !== 'voided')) return outputs
    const replayed = replay(this.log.state, new FakeDocument(), new Map())
    return [...outputs, ...replayed, ...this.#after(this.log.step({ type: 'settle' }))]
  }

  chain(author: Author): Chain {
    return chainFor(this.log.state, { device: author.who.device, writer: author.writer }) as Chain
  }

  applied(author: Author): string[] {
    const chain = this.chain(author)
    return chain.entries.slice(0, chain.applied).map(({ entry }) => entry.id)
  }

  get result(): readonly string[] {
    return appliedHeads(this.log.state)
      .map(({ writer, seq, id }) => `${writer} ${seq} ${id}`)
      .sort()
  }
}

const ids = (entries: readonly Entry[]): string[] => entries.map(({ id }) => id)
const endAt = (author: Author, seq: number) => ({
  device: author.who.device,
  writer: author.writer,
  seq,
  id: (author.entries[seq - 1] as Entry).id,
})

/** The same writer twice: equal up to `common`, of `length` each. The first has the smaller id where they part. */
function branches(common = 2, length = 5): { survivor: Author; loser: Author } {
  const both = [new Author(ben), new Author(ben)] as const
  for (let at = 0; at < length; at++)
    for (const [side, author] of both.entries()) author.edit({ weight: at < common ? 0 : side + 1 })
  const [one, other] = both
  const isFirst = (one.entries[common] as Entry).id < (other.entries[common] as Entry).id
  return isFirst ? { survivor: one, loser: other } : { survivor: other, loser: one }
}

describe('a writer that wrote two histories', () => {
  const { survivor, loser } = branches()
  const common = ids(survivor.entries.slice(0, 2))

  test.each<[string, readonly Entry[]]>([
    ['one branch, then the other', [...survivor.entries, ...loser.entries]],
    ['the other branch first', [...loser.entries, ...survivor.entries]],
    ['by turns', survivor.entries.flatMap((entry, at) => [loser.entries[at] as Entry, entry])],
    [
      'the proof, then the text',
      [survivor.entries[2]!, loser.entries[2]!, ...loser.entries, ...survivor.entries],
    ],
  ])('counts up to where they part, when they come %s', (_, entries) => {
    const peer = new Peer()
    peer.take(...entries, ...entries)
    expect(peer.applied(survivor)).toEqual(common)
    expect(ids(peer.chain(survivor).entries.map(({ entry }) => entry))).toEqual(ids(survivor.entries))
  })

  test('is named once, with a proof anybody can check', () => {
    const peer = new Peer()
    const outputs = peer.take(...survivor.entries, ...loser.entries, ...loser.entries)
    const forks = outputs.filter((output) => output.type === 'fork')
    expect(forks).toMatchObject([{ device: ben.device, first: true }])
    const other = new Peer()
    expect(kinds(other.take(...(forks[0]?.type === 'fork' ? forks[0].proof : [])))).toContain('fork')
    other.take(...survivor.entries)
    expect(other.applied(survivor)).toEqual(common)
  })

  test('is vouched for on the branch that survives, by a word or by building on it', () => {
    const [word, work] = [new Author(cyd), new Author(ada)]
    word.say('adopt', encodeAdoption([endAt(survivor, 4)]))
    work.edit({ needs: [{ clientID: survivor.clientID, clock: 5 }] })
    const peer = new Peer()
    peer.take(...loser.entries, ...word.entries, ...survivor.entries, ...survivor.entries)
    expect(peer.applied(survivor)).toEqual(ids(survivor.entries.slice(0, 4)))
    peer.take(...work.entries)
    expect(peer.applied(survivor)).toEqual(ids(survivor.entries))
  })

  test('is never vouched for on the other one, and whoever did so in good faith goes on', () => {
    const cyds = new Author(cyd)
    cyds.say('adopt', encodeAdoption([endAt(loser, 4)]))
    cyds.edit()
    for (const parcels of [
      [...loser.entries, ...cyds.entries, ...survivor.entries],
      [...survivor.entries, ...cyds.entries, ...loser.entries],
    ]) {
      const peer = new Peer()
      peer.take(...parcels, ...parcels)
      expect(peer.applied(survivor)).toEqual(common)
      expect(peer.applied(cyds)).toEqual(ids(cyds.entries))
    }
  })

  test('whose branches are noticed at their ends is traced to where they part', () => {
    const [one, other] = [new Peer(), new Peer()]
    one.take(...survivor.entries)
    other.take(...loser.entries)
    const told = (outputs: readonly LogOutput[]): Entry[] =>
      outputs.flatMap((output) => {
        if (output.type === 'fork') return [...output.proof]
        return output.type === 'fork-below' ? [...output.entries] : []
      })
    let [here, there] = [told(one.take(loser.entries[4] as Entry)), [] as Entry[]]
    while (here.length + there.length > 0) {
      there = told(other.take(...here))
      here = told(one.take(...there))
    }
    for (const peer of [one, other])
      expect(peer.chain(survivor).fork).toMatchObject({
        seq: 3,
        parts: 'here',
        winner: { id: survivor.entries[2]?.id },
      })
  })

  test('is not blamed for what somebody else signed', () => {
    const framed = survivor.seal(
      'edit',
      new Uint8Array(3),
      { seq: 3, prev: survivor.entries[1]!.id },
      cyd.sign,
    )
    const peer = new Peer()
    peer.take(...survivor.entries)
    expect(kinds(peer.take(framed))).toEqual(['violation'])
    expect(peer.applied(survivor)).toEqual(ids(survivor.entries))
  })

  test('writes nothing more that counts where a checkpoint covers the place, whose text stands', () => {
    const peer = new Peer()
    peer.chain(survivor)
    liftBases(peer.log.state, { heads: [{ ...endAt(survivor, 4), nextClock: 4 }], free: [], rosterSeq: 3 })
    const outputs = peer.take(survivor.entries[2] as Entry, loser.entries[2] as Entry)
    expect(kinds(outputs)).toContain('fork')
    expect(kinds(peer.take(survivor.entries[4] as Entry))).toEqual(['held'])
    expect([peer.chain(survivor).applied, peer.chain(survivor).base]).toEqual([4, 4])
  })

  test('is known again after a restart, and told to nobody as new', () => {
    const log = new TestLog()
    log.step({ type: 'forks-reopened', proofs: [[survivor.entries[2] as Entry, loser.entries[2] as Entry]] })
    const outputs = log.step({ type: 'reopened', entries: survivor.entries })
    expect(new Set(kinds(outputs))).toEqual(new Set(['applied', 'held']))
    expect(kinds(outputs).filter((kind) => kind === 'applied')).toHaveLength(2)
  })
})

/** What happens in a story, by chance: branches of one writer, and what others build on and vouch for. */
const stories = fc.record({
  branches: fc.array(fc.record({ from: fc.nat(8), of: fc.nat(3), length: fc.nat(4) }), {
    minLength: 1,
    maxLength: 3,
  }),
  trunk: fc.integer({ min: 1, max: 6 }),
  others: fc.array(fc.record({ who: fc.nat(2), what: fc.nat(2), branch: fc.nat(3), seq: fc.nat(9) }), {
    maxLength: 10,
  }),
  removal: fc.option(fc.nat(6), { nil: undefined }),
})

interface Plan {
  readonly weights: readonly number[]
}

/** An author that wrote entries of these weights, each one clock long. */
function writing({ weights }: Plan): Author {
  const author = new Author(ben)
  for (const weight of weights) author.edit({ weight })
  return author
}

test('any order of entries and records ends with the same entries applied everywhere', () => {
  fc.assert(
    fc.property(stories, fc.array(fc.nat(99), { minLength: 5, maxLength: 30 }), (story, order) => {
      const plans: Plan[] = [{ weights: Array.from({ length: story.trunk }, () => 0) }]
      for (const [index, { from, of, length }] of story.branches.entries()) {
        const before = (plans[of % plans.length] as Plan).weights.slice(0, from)
        plans.push({ weights: [...before, ...Array.from({ length: length + 1 }, () => index + 1)] })
      }
      const bens = plans.map(writing)
      const others = [new Author(ada), new Author(cyd), new Author(cyd, 'again')] as const
      for (const { who, what, branch, seq } of story.others) {
        const [author, on] = [others[who] as Author, bens[branch % bens.length] as Author]
        const upTo = Math.min(seq, on.entries.length)
        if (upTo === 0 || what === 0) author.edit()
        else if (what === 1) author.edit({ needs: [{ clientID: on.clientID, clock: upTo }] })
        else author.say('adopt', encodeAdoption([endAt(on, upTo)]))
      }
      const trunk = bens[0] as Author
      const cut = story.removal && Math.min(story.removal, trunk.entries.length)
      const line = cut ? [{ writer: trunk.writer, seq: cut, id: (trunk.entries[cut - 1] as Entry).id }] : []
      const removal = nextRecord(fullRoster(), { type: 'remove', device: ben.device, cut: line, joins: [] })
      const parcels = [
        ...(cut === undefined ? [] : [removal]),
        ...[...bens, ...others].flatMap(({ entries }) => entries),
      ]
      const results = [0, 1, 2, 3].map((turn) => deliver(parcels, order, turn).result)
      for (const result of results) expect(result).toEqual(results[0])
    }),
    { numRuns: 25 },
  )
})

function deliver(parcels: readonly (Entry | RosterRecord)[], order: readonly number[], turn: number): Peer {
  const peer = new Peer()
  const weigh = (index: number): number =>
    (order[(index * 7 + turn * 3) % order.length] ?? 0) * 97 + index * turn
  const shuffled = parcels.map((parcel, index) => ({ parcel, weight: weigh(index) }))
  shuffled.sort((a, b) => a.weight - b.weight)
  if (turn === 2) shuffled.reverse()
  if (turn === 3) shuffled.splice(0, shuffled.length, ...shuffled.slice(1), ...shuffled.slice(0, 1))
  // whatever came too early comes again, as gossip sees to it
  for (let news = true; news; )
    news = shuffled
      .flatMap(({ parcel }) => peer.take(parcel))
      .some(({ type }) => type === 'held' || type === 'fork')
  for (const chain of peer.log.state.chains.values()) {
    expect(chain.successor).toBeUndefined()
    expect(chain.applied).toBeLessThanOrEqual(heldSeq(chain))
    expect(entryAt(chain, chain.applied + 1)?.entry.seq ?? chain.applied + 1).toBe(chain.applied + 1)
  }
  return peer
}
