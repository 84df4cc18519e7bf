/** Whether an entry counts is a function of the set of entries: any order, repetition and loss ends the same. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { createCapture } from '../../src/doc/capture.ts'
import { SharedDocument } from '../../src/doc/document.ts'
import { rebuild } from '../../src/doc/rebuilding.ts'
import { schemaOf } from '../../src/doc/schema.ts'
import { headsOf, isSettled, type LogState, startLog, step } from '../../src/protocol/log.ts'
import { appliedHeads, compare, covers, joinBases, liftBases, replay } from '../../src/protocol/rebase.ts'
import type { Entry } from '../../src/wire/entry.ts'
import { digestOfHeads } from '../../src/wire/heads.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { HandClock } from '../doc/tools.ts'
import { Author, ada, ben, crypto, cyd, ENTRY_KEY, fullRoster, type Person, session } from './log-fixture.ts'

const schema = schemaOf({ main: 'text', notes: 'map' })
const roster = fullRoster()

class Peer {
  readonly document: SharedDocument
  readonly log: LogState
  readonly entries: Entry[] = []

  constructor(document = SharedDocument.create({ schema })) {
    this.document = document
    const entryKeyAt = (): Uint8Array => ENTRY_KEY
    this.log = startLog({ crypto, session, roster, evaluator: this.document, entryKeyAt })
  }

  receive(...entries: readonly Entry[]): void {
    for (const output of step(this.log, { type: 'received', entries }).outputs)
      if (output.type === 'violation' || output.type === 'ended')
        throw new Error('an honest entry was refused')
  }

  /** From now on what is typed here becomes entries. */
  write(who: Person): void {
    const { clientID, writer } = new Author(who)
    this.document.setWriter(clientID, 0)
    const keys = { device: who.device, sign: who.sign }
    const author = (body: Uint8Array): void => {
      for (const output of step(this.log, { type: 'author', kind: 'edit', body, writer, keys, now: 1 })
        .outputs)
        if (output.type === 'held') this.entries.push(output.entry)
    }
    const clock = new HandClock()
    const capture = createCapture({
      document: this.document,
      clientID,
      clock,
      emit: (updates) => updates.forEach(author),
      fail: (error) => {
        throw error
      },
    })
    this.flush = () => capture.flush()
  }

  flush = (): void => {}

  get result(): readonly string[] {
    const heads = digestOfHeads(crypto, headsOf(this.log))
    return [toHex(heads.applied), toHex(heads.held), toHex(this.document.digest(crypto))]
  }
}

type Edit = { readonly who: number; readonly at: number; readonly kind: number; readonly reads: number }

const edits = fc.array(fc.record({ who: fc.nat(2), at: fc.nat(1_000), kind: fc.nat(9), reads: fc.nat(6) }), {
  minLength: 5,
  maxLength: 40,
})

/** Three people write; each reads some of what the others wrote in between. */
function historyOf(story: readonly Edit[]): { entries: Entry[]; peers: readonly Peer[] } {
  const peers = [ada, ben, cyd].map((who) => {
    const peer = new Peer()
    peer.write(who)
    return peer
  })
  const all: Entry[] = []
  for (const { who, at, kind, reads } of story) {
    const peer = peers[who] as Peer
    if (reads < 3) peer.receive(...all.slice(0, Math.ceil((all.length * (reads + 1)) / 3)))
    const text = peer.document.doc.getText('main')
    if (kind === 0) peer.document.doc.getMap('notes').set(`key ${at % 3}`, at)
    else if (kind < 4 && text.length > 0)
      text.delete(at % text.length, Math.min(1 + (at % 5), text.length - (at % text.length)))
    else text.insert(at % (text.length + 1), `${who}${at % 7} `)
    peer.flush()
    all.push(...peer.entries.splice(0))
  }
  return { entries: all, peers }
}

/** What a bad network delivers: every entry at least once in the end, in any order. */
function deliver(peer: Peer, entries: readonly Entry[], order: readonly number[]): void {
  const shuffled = [...entries].sort((a, b) => weigh(a, order) - weigh(b, order))
  for (const [index, entry] of shuffled.entries()) {
    const luck = order[index % order.length] ?? 0
    if (luck % 3 === 0) continue // lost
    peer.receive(entry)
    if (luck % 3 === 1) peer.receive(entry)
  }
  // resent until nothing is missing, as gossip does
  while (headsOf(peer.log).reduce((sum, head) => sum + head.held, 0) < entries.length)
    peer.receive(...shuffled)
}

function weigh(entry: Entry, order: readonly number[]): number {
  const place = Number.parseInt(entry.id.slice(0, 6), 16)
  return (order[place % order.length] ?? 0) * 1_000 + (place % 997)
}

const orders = fc.array(fc.nat(99), { minLength: 5, maxLength: 30 })

describe('any order, repetition and loss of entries of honest writers', () => {
  test('ends in the same applied heads and the same text', () => {
    fc.assert(
      fc.property(edits, orders, orders, (story, one, other) => {
        const { entries } = historyOf(story)
        const results = [one, other].map((order) => {
          const peer = new Peer()
          deliver(peer, entries, order)
          expect(isSettled(peer.log)).toBe(true)
          return peer.result
        })
        expect(results[0]).toEqual(results[1])
      }),
      { numRuns: 40 },
    )
  })

  test('ends at the authors as at everybody', () => {
    fc.assert(
      fc.property(edits, orders, (story, order) => {
        const { entries, peers } = historyOf(story)
        const reader = new Peer()
        deliver(reader, entries, order)
        for (const peer of peers) {
          peer.receive(...entries)
          while (!isSettled(peer.log)) peer.receive(...entries)
          deliver(peer, entries, order)
          expect(peer.result).toEqual(reader.result)
        }
      }),
      { numRuns: 25 },
    )
  })
})

describe('a log put on a checkpoint', () => {
  /** What a newcomer makes of a state and its heads. */
  function newcomer(from: Peer): Peer {
    const state = from.document.encodeState()
    const rebuilt = rebuild({ schema, state, updates: [] })
    if (isViolation(rebuilt)) throw new Error(rebuilt.detail)
    const peer = new Peer(rebuilt.document)
    liftBases(peer.log, { heads: appliedHeads(from.log), free: [], rosterSeq: 3 })
    return peer
  }

  test('goes on like one that has every entry', () => {
    fc.assert(
      fc.property(edits, orders, fc.nat(100), (story, order, share) => {
        const { entries } = historyOf(story)
        const [whole, source] = [new Peer(), new Peer()]
        whole.receive(...entries)
        source.receive(...entries.slice(0, Math.floor((entries.length * share) / 100)))
        const peer = newcomer(source)
        deliver(whole, entries, order)
        deliver(peer, entries, order)
        expect(peer.result).toEqual(whole.result)
      }),
      { numRuns: 30 },
    )
  })

  test('joins two bases into one that holds both', () => {
    fc.assert(
      fc.property(edits, fc.nat(100), fc.nat(100), (story, one, other) => {
        const { entries } = historyOf(story)
        const sources = [one, other].map((share) => {
          const source = new Peer()
          source.receive(...entries.slice(0, Math.floor((entries.length * share) / 100)))
          return { heads: appliedHeads(source.log), free: [] }
        })
        const joined = joinBases(sources[0]!, sources[1]!)
        for (const source of sources) expect(covers(joined, source)).toBe(true)
        expect(covers(sources[0]!, joined)).toBe(covers(sources[0]!, sources[1]!))
      }),
      { numRuns: 40 },
    )
  })

  test('replays in canonical order to the same text', () => {
    fc.assert(
      fc.property(edits, orders, (story, order) => {
        const { entries } = historyOf(story)
        const peer = new Peer()
        deliver(peer, entries, order)
        const before = peer.result
        const fresh = SharedDocument.create({ schema })
        replay(peer.log, fresh, new Map())
        expect(toHex(fresh.digest(crypto))).toBe(before[2])
        expect(isSettled(peer.log)).toBe(true)
      }),
      { numRuns: 25 },
    )
  })

  test('tells news, nothing new, a contradiction and people not known yet apart', () => {
    const author = new Author(ben)
    const [first, second] = [author.edit(), author.edit()]
    const peer = new Peer()
    const head = { device: ben.device, writer: author.writer, nextClock: 2 }
    expect(compare(peer.log, { heads: [{ ...head, seq: 2, id: second.id }] })).toBe('brings-news')
    liftBases(peer.log, { heads: [{ ...head, seq: 2, id: second.id }], free: [], rosterSeq: 3 })
    expect(compare(peer.log, { heads: [{ ...head, seq: 2, id: second.id }] })).toBe('nothing-new')
    const other = { heads: [{ ...head, seq: 2, id: first.id }] }
    expect(compare(peer.log, other, ben.device)).toBe('contradicts')
    expect(compare(peer.log, other, ada.device)).toBe('disputes') // Ben may have told Ada another history
    expect(compare(peer.log, { heads: [{ ...head, seq: 2, id: second.id, nextClock: 3 }] })).toBe(
      'contradicts',
    )
    const stranger = new Author(ben, 'of nobody').seal('profile', new Uint8Array(1), {
      device: '00'.repeat(16) as never,
    })
    expect(compare(peer.log, { heads: [{ ...stranger, nextClock: 0 }] })).toBe('roster-behind')
  })
})
