/**
 * Two writers with one Yjs clientID, which a liar can search for: every peer keeps the same one, in whatever order their
 * entries came, and whoever read, needed or vouched for the other goes on. The hash of a clientID is made weak here.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { heldSeq } from '../../src/protocol/chain.ts'
import { chainFor, headsOf, type LogOutput, startLog, step } from '../../src/protocol/log.ts'
import { appliedHeads, replay } from '../../src/protocol/rebase.ts'
import { passesCut } from '../../src/protocol/validity.ts'
import { encodeAdoption } from '../../src/wire/adoption.ts'
import type { Entry } from '../../src/wire/entry.ts'
import { Author, ada, ben, crypto, cyd, ENTRY_KEY, FakeDocument, fullRoster, session } from './log-fixture.ts'

const SHARED = 7

/** These writers have one clientID. */
function colliding(...authors: readonly Author[]): Crypto {
  const writers = new Set<string>(authors.map(({ writer }) => writer))
  return {
    ...crypto,
    kdf(key, label, info, length) {
      if (label !== 'client' || !writers.has(toHex(info))) return crypto.kdf(key, label, info, length)
      return new Uint8Array(length).fill(0).fill(SHARED, 6, 7)
    },
  }
}

/** A peer whose driver rebuilds as soon as more is applied than counts. */
class Peer {
  readonly state
  document = new FakeDocument()

  constructor(weak: Crypto) {
    this.state = startLog({
      ...{ crypto: weak, session, roster: fullRoster(), evaluator: this.document },
      entryKeyAt: () => ENTRY_KEY,
    })
  }

  take(...entries: readonly Entry[]): LogOutput[] {
    return entries.flatMap((entry) =>
      this.#after(step(this.state, { type: 'received', entries: [entry] }).outputs),
    )
  }

  #after(outputs: LogOutput[]): LogOutput[] {
    if (outputs.every(({ type }) => type !== 'voided')) return outputs
    this.document = new FakeDocument()
    const replayed = replay(this.state, this.document, new Map())
    return [...outputs, ...replayed, ...this.#after(step(this.state, { type: 'settle' }).outputs)]
  }

  appliedOf(author: Author): number {
    return chainFor(this.state, { device: author.who.device, writer: author.writer })?.applied ?? 0
  }

  /** What is applied and what is held, which others compare. */
  get result(): readonly string[] {
    const applied = appliedHeads(this.state).map(({ writer, seq, id }) => `${writer} ${seq} ${id}`)
    const held = headsOf(this.state).map(({ writer, held: seq, heldId }) => `${writer} ${seq} ${heldId}`)
    return [...applied.sort(), ...held.sort()]
  }
}

function written(author: Author, count: number): Author {
  for (let n = 0; n < count; n++) author.edit()
  return author
}

function endOf({ who, writer, entries }: Author) {
  const last = entries.at(-1) as Entry
  return { device: who.device, writer, seq: last.seq, id: last.id }
}

const rosterOrder = fullRoster().cameBefore(ben.device, cyd.device) ? [ben, cyd] : [cyd, ben]

describe('a clientID that two writers share', () => {
  const [first, second] = rosterOrder as [typeof ben, typeof cyd]
  const bySmallerId = [new Author(ben, 'one'), new Author(ben, 'two')].sort((a, b) =>
    a.writer < b.writer ? -1 : 1,
  ) as [Author, Author]

  test.each<[string, Author, Author]>([
    ['the founder', new Author(ada), new Author(ben)],
    ['whoever was let in first', new Author(first), new Author(second)],
    ['the smaller id of one device', ...bySmallerId],
  ])('is kept by %s, whoever comes first', (_, keeper, other) => {
    written(keeper, 2)
    written(other, 3)
    const weak = colliding(keeper, other)
    const orders = [
      [...keeper.entries, ...other.entries],
      [...other.entries, ...keeper.entries],
      [other.entries[0], keeper.entries[0], other.entries[1], keeper.entries[1], other.entries[2]],
    ] as Entry[][]
    for (const entries of orders) {
      const peer = new Peer(weak)
      peer.take(...entries)
      expect([peer.appliedOf(keeper), peer.appliedOf(other)]).toEqual([2, 0])
      expect(heldSeq(chainFor(peer.state, { device: other.who.device, writer: other.writer })!)).toBe(3)
      expect(peer.document.applied).toEqual([`${SHARED}/0+1`, `${SHARED}/1+1`])
    }
  })

  test('is not given to the other by a word, and whoever gave it goes on', () => {
    const [keeper, other, word] = [written(new Author(ada), 1), written(new Author(ben), 2), new Author(cyd)]
    word.say('adopt', encodeAdoption([endOf(other)]))
    word.edit()
    for (const entries of [
      [...other.entries, ...word.entries, ...keeper.entries],
      [...keeper.entries, ...word.entries, ...other.entries],
    ]) {
      const peer = new Peer(colliding(keeper, other))
      peer.take(...entries)
      expect([keeper, other, word].map((author) => peer.appliedOf(author))).toEqual([1, 0, 2])
    }
  })

  test('waits for who was only heard of: a word for them is lost only when they cannot keep it', () => {
    const [keeper, other, word] = [new Author(ada), new Author(ben), new Author(cyd)]
    // the time of neither ever comes
    for (const author of [keeper, other]) author.edit({ needs: [{ clientID: SHARED, clock: 1 }] })
    keeper.edit()
    word.say('adopt', encodeAdoption([endOf(keeper)]))
    for (const entries of [
      [...keeper.entries.slice(1), ...word.entries, ...other.entries, ...keeper.entries],
      [...other.entries, ...keeper.entries, ...word.entries],
    ]) {
      const peer = new Peer(colliding(keeper, other))
      peer.take(...entries)
      expect([keeper, other, word].map((author) => peer.appliedOf(author))).toEqual([0, 0, 0])
    }
  })

  test('names the clocks of who keeps it: what was built on the other waits for them', () => {
    const [keeper, other, work] = [written(new Author(ada), 1), written(new Author(ben), 2), new Author(cyd)]
    work.edit({ needs: [{ clientID: SHARED, clock: 2 }] })
    const peer = new Peer(colliding(keeper, other))
    peer.take(...other.entries, ...work.entries, ...keeper.entries)
    expect(peer.appliedOf(work)).toBe(0)
    peer.take(keeper.edit())
    expect(peer.appliedOf(work)).toBe(1)
  })

  test('is in no checkpoint that is taken with the words of the other', () => {
    const [keeper, other] = [written(new Author(ada), 1), written(new Author(ben), 2)]
    const peer = new Peer(colliding(keeper, other))
    peer.take(...other.entries)
    const checkpoint = { heads: appliedHeads(peer.state), rosterSeq: 3 }
    expect(passesCut(peer.state, checkpoint)).toBe(false)
    peer.take(...keeper.entries)
    expect(passesCut(peer.state, checkpoint)).toBe(true)
  })

  test('is not touched by a writer somebody only mentions', () => {
    const [mentioned, writing] = [new Author(ada), written(new Author(ben), 2)]
    const peer = new Peer(colliding(mentioned, writing))
    chainFor(peer.state, { device: ada.device, writer: mentioned.writer })
    peer.take(...writing.entries)
    expect(peer.appliedOf(writing)).toBe(2)
  })
})

const stories = fc.array(fc.record({ who: fc.nat(3), reads: fc.nat(4), adopts: fc.nat(9) }), {
  minLength: 3,
  maxLength: 20,
})

test('any order of entries ends with the same entries applied and held everywhere', () => {
  fc.assert(
    fc.property(stories, fc.infiniteStream(fc.nat(1_000)), (story, order) => {
      const authors = [new Author(ada), new Author(ben), new Author(cyd), new Author(ben, 'again')] as const
      for (const { who, reads, adopts } of story) {
        const [author, other] = [authors[who] as Author, authors[reads] ?? authors[0]]
        if (adopts === 0 && other !== author && other.entries.length > 0)
          author.say('adopt', encodeAdoption([endOf(other)]))
        else author.edit({ needs: reads === 4 ? [{ clientID: SHARED, clock: 1 }] : [] })
      }
      // all but Cyd's share one
      const weak = colliding(authors[0], authors[1], authors[3])
      const entries = authors.flatMap((author) => author.entries)
      const results = [0, 1, 2].map(() => {
        const peer = new Peer(weak)
        const shuffled = entries.map((entry) => ({ entry, at: order.next().value as number }))
        shuffled.sort((a, b) => a.at - b.at)
        for (let isNews = true; isNews; )
          isNews = shuffled.flatMap(({ entry }) => peer.take(entry)).some(({ type }) => type === 'held')
        return peer.result
      })
      expect(results[1]).toEqual(results[0])
      expect(results[2]).toEqual(results[0])
    }),
    { numRuns: 150 },
  )
})
