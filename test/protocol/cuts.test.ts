/**
 * What counts of a device that was removed or lowered, in the log: every peer ends with the same entries, in
 * whatever order entries and records reach it. The roster's part is in roster.test.ts.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { entryAt } from '../../src/protocol/chain.ts'
import { chainFor, type LogOutput } from '../../src/protocol/log.ts'
import { appliedHeads, replay } from '../../src/protocol/rebase.ts'
import { passesCut } from '../../src/protocol/validity.ts'
import { encodeAdoption } from '../../src/wire/adoption.ts'
import type { Entry } from '../../src/wire/entry.ts'
import type { CutLine, RosterContent, RosterRecord } from '../../src/wire/roster-record.ts'
import {
  Author,
  ada,
  ben,
  cyd,
  FakeDocument,
  fullRoster,
  nextRecord,
  type Person,
  TestLog,
} from './log-fixture.ts'

const KNOWN = 3
const removes = (who: Person, cut: readonly CutLine[] = []): RosterContent => ({
  type: 'remove',
  device: who.device,
  cut,
  joins: [],
})
const lineAt = (author: Author, seq: number): CutLine[] =>
  seq === 0 ? [] : [{ writer: author.writer, seq, id: (author.entries[seq - 1] as Entry).id }]
const endAt = (author: Author, seq: number) => ({
  device: author.who.device,
  writer: author.writer,
  seq,
  id: (author.entries[seq - 1] as Entry).id,
})

/** A peer whose driver rebuilds as soon as more is applied than counts. */
class Peer {
  readonly log = new TestLog(fullRoster())

  take(parcel: Entry | RosterRecord): LogOutput[] {
    return 'content' in parcel ? this.learn(parcel) : this.#after(this.log.receive(parcel))
  }

  learn(record: RosterRecord): LogOutput[] {
    if (this.log.state.roster.takeRecord(record) !== 'new') return []
    return this.#after(this.log.step({ type: 'roster-grew' }))
  }

  #after(outputs: LogOutput[]): LogOutput[] {
    if (outputs.some(({ type }) => type === 'voided')) replay(this.log.state, new FakeDocument(), new Map())
    return outputs
  }

  applied(author: Author): number {
    return chainFor(this.log.state, { device: author.who.device, writer: author.writer })?.applied ?? 0
  }

  get result(): readonly string[] {
    return appliedHeads(this.log.state)
      .map(({ writer, seq, id }) => `${writer} ${seq} ${id}`)
      .sort()
  }
}

function edits(author: Author, count: number, rosterSeq = KNOWN): void {
  for (let n = 0; n < count; n++) author.edit({}, { rosterSeq })
}

describe('a removed device', () => {
  const bens = new Author(ben)
  edits(bens, 5)
  const removal = nextRecord(fullRoster(), removes(ben, lineAt(bens, 2)))

  test.each<[string, readonly (Entry | RosterRecord)[]]>([
    ['the record comes first', [removal, ...bens.entries]],
    ['the entries come first', [...bens.entries, removal]],
    ['it comes in between', [...bens.entries.slice(0, 3), removal, ...bens.entries.slice(3)]],
  ])('counts up to the cut when %s', (_, parcels) => {
    const peer = new Peer()
    for (const parcel of parcels) peer.take(parcel)
    expect(peer.applied(bens)).toBe(2)
    expect(chainFor(peer.log.state, bens.entries[0] as Entry)?.entries).toHaveLength(5)
  })

  test('counts for nothing where its writer is not named', () => {
    const peer = new Peer()
    for (const parcel of [...bens.entries, nextRecord(fullRoster(), removes(ben))]) peer.take(parcel)
    expect(peer.applied(bens)).toBe(0)
  })

  test('counts to just before the cut where the owner saw another entry there', () => {
    const line = { ...(lineAt(bens, 2)[0] as CutLine), id: (bens.entries[4] as Entry).id }
    const peer = new Peer()
    for (const parcel of [...bens.entries, nextRecord(fullRoster(), removes(ben, [line]))]) peer.take(parcel)
    expect(peer.applied(bens)).toBe(1)
  })

  test('writes nothing that counts after the record', () => {
    const later = new Author(ben, 'later')
    later.edit({}, { rosterSeq: KNOWN + 1 })
    const peer = new Peer()
    for (const parcel of [removal, ...later.entries]) peer.take(parcel)
    expect(peer.applied(later)).toBe(0)
  })

  test('is vouched for by whoever built on it, without a word', () => {
    const cyds = new Author(cyd)
    cyds.edit({ needs: [{ clientID: bens.clientID, clock: 4 }] })
    for (const parcels of [
      [removal, ...cyds.entries, ...bens.entries],
      [...bens.entries, ...cyds.entries, removal],
      [removal, ...bens.entries, ...cyds.entries],
    ]) {
      const peer = new Peer()
      for (const parcel of parcels) peer.take(parcel)
      expect([peer.applied(bens), peer.applied(cyds)]).toEqual([4, 1])
    }
  })

  test('is vouched for by an adoption, and by none of its own', () => {
    const [cyds, own] = [new Author(cyd), new Author(ben, 'second')]
    const adopting = cyds.say('adopt', encodeAdoption([endAt(bens, 5)]), { rosterSeq: KNOWN + 1 })
    const ownWord = own.say('adopt', encodeAdoption([endAt(bens, 5)]))
    const peer = new Peer()
    for (const parcel of [...bens.entries, ownWord, removal]) peer.take(parcel)
    expect(peer.applied(bens)).toBe(2)
    peer.take(adopting)
    expect([peer.applied(bens), peer.applied(cyds)]).toEqual([5, 1])
  })

  test('an adoption of what is not here waits for it', () => {
    const cyds = new Author(cyd)
    const adopting = cyds.say('adopt', encodeAdoption([endAt(bens, 4)]), { rosterSeq: KNOWN + 1 })
    cyds.edit({}, { rosterSeq: KNOWN + 1 })
    const peer = new Peer()
    for (const parcel of [removal, ...cyds.entries]) peer.take(parcel)
    expect(peer.applied(cyds)).toBe(0)
    for (const parcel of bens.entries) peer.take(parcel)
    expect([peer.applied(bens), peer.applied(cyds)]).toEqual([4, 2])
    expect(adopting.kind).toBe('adopt')
  })

  test('what is meant to be vouched for stays applied, and is given back when it is not meant any more', () => {
    const log = new TestLog(fullRoster())
    log.receive(...bens.entries)
    log.state.roster.takeRecord(removal)
    const [voided] = log.step({ type: 'roster-grew' }).filter(({ type }) => type === 'voided')
    const chains = voided?.type === 'voided' ? voided.chains : []
    expect(chains).toHaveLength(1)
    expect(log.step({ type: 'mean-to-adopt', chains })).toEqual([])
    expect(log.step({ type: 'mean-to-adopt', chains: [] })).toEqual([{ type: 'voided', chains }])
  })
})

describe('two removed devices', () => {
  const [bens, cyds] = [new Author(ben), new Author(cyd)]
  bens.edit()
  cyds.edit({ needs: [{ clientID: bens.clientID, clock: 1 }] })
  bens.edit({ needs: [{ clientID: cyds.clientID, clock: 1 }] })
  const roster = fullRoster()
  const first = nextRecord(roster, removes(ben))
  roster.takeRecord(first)
  const second = nextRecord(roster, removes(cyd))

  test('cannot vouch for each other', () => {
    const peer = new Peer()
    for (const parcel of [...bens.entries, ...cyds.entries, first, second]) peer.take(parcel)
    expect([peer.applied(bens), peer.applied(cyds)]).toEqual([0, 0])
  })

  test('are both vouched for by a third who built on one that built on the other', () => {
    const adas = new Author(ada)
    adas.edit({ needs: [{ clientID: cyds.clientID, clock: 1 }] })
    const peer = new Peer()
    for (const parcel of [...bens.entries, ...cyds.entries, first, second, ...adas.entries]) peer.take(parcel)
    expect([peer.applied(bens), peer.applied(cyds), peer.applied(adas)]).toEqual([1, 1, 1])
  })
})

describe('a checkpoint', () => {
  const bens = new Author(ben)
  edits(bens, 4)
  const removal = nextRecord(fullRoster(), removes(ben, lineAt(bens, 2)))
  const headAt = (seq: number) => [{ ...endAt(bens, seq), nextClock: seq }]

  test.each([
    ['signed before the removal, beyond the cut', 3, KNOWN, true],
    ['signed before the removal, up to the cut', 2, KNOWN, false],
    ['signed after it, beyond the cut: its author vouches for that', 4, KNOWN + 1, false],
  ])('%s', (_, seq, rosterSeq, passes) => {
    const peer = new Peer()
    for (const parcel of [...bens.entries, removal]) peer.take(parcel)
    expect(passesCut(peer.log.state, { heads: headAt(seq), rosterSeq })).toBe(passes)
  })
})

/** What each entry of a story needs and vouches for, by chance. */
const stories = fc.record({
  steps: fc.array(fc.record({ who: fc.nat(3), needs: fc.nat(3), reads: fc.nat(20), adopts: fc.boolean() }), {
    minLength: 4,
    maxLength: 30,
  }),
  cuts: fc.tuple(fc.nat(12), fc.option(fc.nat(12), { nil: undefined })),
})

test('any order of entries and records ends with the same entries applied everywhere', () => {
  fc.assert(
    fc.property(stories, fc.array(fc.nat(99), { minLength: 5, maxLength: 30 }), ({ steps, cuts }, order) => {
      const authors = [new Author(ada), new Author(ben), new Author(cyd), new Author(ada, 'again')] as const
      for (const { who, needs, reads, adopts } of steps) {
        const [author, other] = [authors[who] as Author, authors[needs] as Author]
        const seq = other === author ? 0 : Math.min(reads, other.entries.length)
        const writer = other.entries[seq - 1]
        if (adopts && writer !== undefined)
          author.say('adopt', encodeAdoption([endAt(other, seq)]), { rosterSeq: KNOWN })
        else
          author.edit({ needs: seq === 0 ? [] : [{ clientID: other.clientID, clock: clockAt(other, seq) }] })
      }
      const roster = fullRoster()
      const records = [ben, ...(cuts[1] === undefined ? [] : [cyd])].map((who, index) => {
        const author = authors.find((one) => one.who === who) as Author
        const seq = Math.min(cuts[index] ?? 0, author.entries.length)
        const record = nextRecord(roster, removes(who, lineAt(author, seq)))
        roster.takeRecord(record)
        return record
      })
      const parcels = [...records, ...authors.flatMap(({ entries }) => entries)]
      const results = [0, 1, 2].map((turn) => deliver(parcels, order, turn).result)
      expect(results[1]).toEqual(results[0])
      expect(results[2]).toEqual(results[0])
    }),
    { numRuns: 25 },
  )
})

/** Clocks are taken by edits alone. */
function clockAt(author: Author, seq: number): number {
  return author.entries.slice(0, seq).filter(({ kind }) => kind === 'edit').length
}

function deliver(parcels: readonly (Entry | RosterRecord)[], order: readonly number[], turn: number): Peer {
  const peer = new Peer()
  const weigh = (index: number): number =>
    (order[(index * 7 + turn * 3) % order.length] ?? 0) * 97 + index * turn
  const shuffled = parcels.map((parcel, index) => ({ parcel, weight: weigh(index) }))
  shuffled.sort((a, b) => a.weight - b.weight)
  if (turn === 2) shuffled.reverse()
  // whatever came too early comes again, as gossip sees to it
  for (let news = true; news; )
    news = shuffled.flatMap(({ parcel }) => peer.take(parcel)).some(({ type }) => type === 'held')
  for (const chain of peer.log.state.chains.values())
    expect(entryAt(chain, chain.applied + 1)?.entry.seq ?? chain.applied + 1).toBe(chain.applied + 1)
  return peer
}
