/** What a link that opens, closes, rests or speaks again leads to, from one peer's seat. Towns do it in gossip.test.ts. */
import { describe, expect, test } from 'vitest'
import type { InstanceId } from '../../src/base/ids.ts'
import type { GossipLink, GossipOutput } from '../../src/protocol/gossip-state.ts'
import { headsOf } from '../../src/protocol/log.ts'
import type { Entry } from '../../src/wire/entry.ts'
import { chainIdOf, placeOf, Seat, START, sentTo, wakes } from './gossip-seat.ts'
import { Author, ada, ben, cyd, vic } from './log-fixture.ts'

function two(): { seat: Seat; author: Author; link: GossipLink; other: GossipLink } {
  const seat = new Seat()
  const author = new Author(ben)
  seat.hold(author, 2)
  return { seat, author, link: seat.link(cyd), other: seat.link(vic) }
}

const types = (outputs: readonly GossipOutput[], link: GossipLink): readonly string[] =>
  sentTo(outputs, link).map(({ type }) => type)
const fromCyd = (seat: Seat, link: GossipLink) =>
  seat.tell({ type: 'linked', link: link.id, device: cyd.device, now: seat.gossip.now })

describe('a link that opens', () => {
  test.each([
    [64, ['digest', 'heads']],
    [65, ['digest']],
  ])('to who holds %i chains begins with %j', (count, first) => {
    const seat = new Seat()
    for (let n = 0; n < count; n++) seat.hold(new Author(ben, `writer ${n}`))
    const link = seat.link(cyd)
    expect(types(fromCyd(seat, link), link)).toEqual(first)
  })

  test('in place of one that was in step is in step, and of one that was not is not', () => {
    const { seat, link } = two()
    fromCyd(seat, link)
    expect(seat.gossip.links.get(link.id)?.compared).toBe(true)
    Object.assign(seat.gossip.links.get(link.id) as object, { announced: 5 })
    fromCyd(seat, link)
    expect(seat.gossip.links.get(link.id)?.compared).toBe(false)
  })
})

describe('a link that closes', () => {
  test('has everything asked for again that came by it, of those who were asked to keep it', () => {
    const { seat, link, other } = two()
    const third = seat.link(ada)
    seat.tell({ type: 'redundant', link: other.id, device: ben.device })
    seat.tell({ type: 'redundant', link: link.id, device: ada.device })
    seat.tell({ type: 'redundant', link: other.id, device: ada.device })
    const outputs = seat.tell({ type: 'unlinked', link: link.id, now: START })
    expect(sentTo(outputs, other, 'graft')).toEqual([{ type: 'graft', device: ben.device }])
    expect([sentTo(outputs, third), [...other.prunedByUs.keys()]]).toEqual([[], [ada.device]])
    expect(seat.gossip.links.has(link.id)).toBe(false)
  })

  test('that was none says nothing', () => {
    const { seat } = two()
    expect(seat.tell({ type: 'unlinked', link: 'nobody' as InstanceId, now: START })).toEqual([])
    expect(seat.tell({ type: 'rtt', link: 'nobody' as InstanceId, millis: 5 })).toEqual([])
  })

  test('has the next one asked, where that was waited for', () => {
    const seat = new Seat()
    const [first, second] = [seat.link(cyd), seat.link(vic)]
    const outputs = seat.tell({ type: 'unlinked', link: first.id, now: START + 1 })
    expect(sentTo(outputs, second, 'heads')).toHaveLength(1)
  })
})

describe('on a link', () => {
  test('that speaks again both sides compare', () => {
    const { seat, link } = two()
    const outputs = seat.tell({ type: 'resumed', link: link.id, now: START })
    expect(sentTo(outputs, link)).toEqual([
      { type: 'heads', answer: true, seen: 0, heads: headsOf(seat.log.state) },
    ])
    expect(link.compared).toBe(false)
  })

  test('what was announced goes down by what comes, and is over only when that is said', () => {
    const { seat, link } = two()
    const pieceCame = (bytes: number, now = START): number => {
      seat.tell({ type: 'piece-came', link: link.id, bytes, now })
      return link.announced
    }
    const entriesCame = (bytes: number, lane: 'live' | 'bulk'): number => {
      seat.tell({ type: 'entries-came', link: link.id, bytes, lane })
      return link.announced
    }
    expect([pieceCame(5), entriesCame(5, 'bulk')]).toEqual([0, 0])
    seat.tell({ type: 'sending', link: link.id, bytes: 100, now: START + 1 })
    expect([link.announced, link.askedAt, link.progressAt]).toEqual([100, undefined, START + 1])
    expect([pieceCame(30, START + 9), entriesCame(30, 'live')]).toEqual([70, 40])
    expect([link.progressAt, link.entriesSeen, link.cameBy]).toEqual([START + 9, 2, 'live'])
    expect([pieceCame(99), entriesCame(99, 'bulk')]).toEqual([1, 1])
  })

  test('what it grafts again is sent from where it stands', () => {
    const { seat, author, link } = two()
    link.sent.set(chainIdOf(author), 1)
    seat.tell({ type: 'prune', link: link.id, device: ben.device })
    expect(link.pruned.has(ben.device)).toBe(true)
    const outputs = seat.tell({ type: 'graft', link: link.id, device: ben.device })
    expect(outputs).toMatchObject([{ type: 'send-entries', lane: 'bulk', entries: [{ seq: 2 }] }])
    expect(link.pruned.has(ben.device)).toBe(false)
  })

  test('a roster of ours is offered to who is behind it', () => {
    const { seat, link } = two()
    const outputs = seat.tell({ type: 'roster-behind', link: link.id, now: START })
    expect(outputs).toEqual([{ type: 'roster-differs', link: link.id }])
  })

  test('what was handed over is looked through anew once the log stands on another base', () => {
    const { seat, link, other } = two()
    Object.assign(link, { cursor: 2 })
    Object.assign(other, { cursor: 1 })
    expect(wakes(seat.tell({ type: 'rebased', now: START }))).toEqual([1_000])
    expect([link.cursor, other.cursor, seat.gossip.changedAt]).toEqual([0, 0, START])
  })
})

describe('while something is written', () => {
  const write = (seat: Seat, author: Author, at: number): readonly GossipOutput[] => {
    seat.hold(author)
    const entry = author.entries.at(-1) as Entry
    return seat.tell({ type: 'held', entry, from: undefined, now: START + at })
  }

  test('news go out a second after the first of it, to those who may not hold it', () => {
    const { seat, author, link, other } = two()
    expect(wakes(write(seat, author, 0))).toEqual([1_000])
    seat.ack(other, author, 3)
    expect(sentTo(seat.tick(999), link)).toEqual([])
    const outputs = seat.tick(1_000)
    expect([sentTo(outputs, link, 'ack'), sentTo(outputs, other, 'ack')]).toEqual([
      [{ type: 'ack', acknowledgements: [placeOf(author, 3)] }],
      [],
    ])
    expect(seat.gossip.grown.size).toBe(0)
  })

  test('the text is digested once it has rested for a second, and digests go to who is not even', () => {
    const { seat, author, link, other } = two()
    write(seat, author, 0)
    for (const each of [link, other]) seat.tell({ type: 'hungry', link: each.id })
    write(seat, author, 500)
    expect(seat.tick(1_499)).not.toContainEqual({ type: 'digest-wanted' })
    expect(wakes(seat.tick(1_600))).toEqual([2_499])
    expect(seat.tick(2_499)).toContainEqual({ type: 'digest-wanted' })
    const told = seat.tell({ type: 'state-digest', digest: new Uint8Array(16) })
    expect([types(told, link), types(told, other)]).toEqual([['digest'], ['digest']])
    const [digest] = sentTo(told, link) as [Extract<ReturnType<typeof sentTo>[number], { type: 'digest' }>]
    seat.tell({ type: 'digest', link: link.id, digest, now: START + 2_500 })
    const again = seat.tick(12_499)
    expect([types(again, link), types(again, other)]).toEqual([[], ['digest']])
    seat.tell({ type: 'digest', link: other.id, digest, now: START + 12_500 })
    expect(sentTo(seat.tick(22_499), other)).toEqual([])
    expect(seat.gossip.digestDue).toBeUndefined()
  })

  test('an acknowledgement names how far each chain reaches by then, once', () => {
    const { seat, author, link } = two()
    const entry = author.entries[1] as Entry
    seat.tell({ type: 'held', entry, from: link.id, now: START })
    link.owedAcks.add(chainIdOf(new Author(ada, 'gone')))
    expect(sentTo(seat.tick(0), link, 'ack')).toEqual([
      { type: 'ack', acknowledgements: [placeOf(author, 2)] },
    ])
    expect([link.owedAcks.size, seat.gossip.ackDue]).toEqual([0, START + 200])
    expect([sentTo(seat.tick(200), link, 'ack'), seat.gossip.ackDue]).toEqual([[], undefined])
  })
})

test('time never goes back', () => {
  const { seat } = two()
  seat.tick(500)
  seat.tick(100)
  expect(seat.gossip.now).toBe(START + 500)
})
