/** What is compared with whom and how often, and what is believed of it, from one peer's seat. Towns do it in gossip.test.ts. */
import { describe, expect, test } from 'vitest'
import {
  isCatchingUp,
  isCaughtUp,
  isContradicted,
  isEven,
  isSplit,
  knowsOurRoster,
} from '../../src/protocol/comparing.ts'
import { type GossipLink, type GossipOutput, setHeld } from '../../src/protocol/gossip-state.ts'
import { headsOf } from '../../src/protocol/log.ts'
import { digestOfHeads, type Head } from '../../src/wire/heads.ts'
import type { Message } from '../../src/wire/message.ts'
import { chainIdOf, Seat, START, sentTo, wakes } from './gossip-seat.ts'
import { Author, ben, crypto, cyd, joinOf, person, vic } from './log-fixture.ts'

type Digest = Extract<Message, { type: 'digest' }>

/** Cyd's and Vic's links to somebody who holds three entries of Ben's; nothing was told to either for a while. */
function quiet(): { seat: Seat; author: Author; link: GossipLink; other: GossipLink } {
  const seat = new Seat()
  const author = new Author(ben)
  seat.hold(author, 3)
  const [link, other] = [seat.link(cyd), seat.link(vic)]
  for (const each of [link, other]) each.comparedAt = Number.NEGATIVE_INFINITY
  return { seat, author, link, other }
}

const ours = (seat: Seat): Head => headsOf(seat.log.state)[0] as Head

function digestOf(seat: Seat, change: Partial<Digest> = {}): Digest {
  const { held, applied } = digestOfHeads(crypto, headsOf(seat.log.state))
  const roster = seat.log.state.roster.digest()
  return { type: 'digest', roster, held, applied, state: undefined, ...change }
}

const other16 = new Uint8Array(16).fill(1)
const tellDigest = (seat: Seat, link: GossipLink, change: Partial<Digest> = {}, now = 0) =>
  seat.tell({ type: 'digest', link: link.id, digest: digestOf(seat, change), now: START + now })

function tellHeads(
  seat: Seat,
  link: GossipLink,
  heads: readonly Head[],
  { answer = false, seen = 0, now = 0 } = {},
): readonly GossipOutput[] {
  return seat.tell({ type: 'heads', link: link.id, answer, seen, heads, now: START + now })
}

describe('equal digests', () => {
  test('say that the other side holds all that is held here', () => {
    const { seat, author, link } = quiet()
    Object.assign(link, { compared: false, lacking: true, announced: 5 })
    const outputs = tellDigest(seat, link)
    expect(outputs).toEqual([{ type: 'acknowledged' }])
    expect([link.acked.get(chainIdOf(author)), link.sent.get(chainIdOf(author))]).toEqual([3, 3])
    expect([link.compared, link.lacking, link.announced, link.contradicted]).toEqual([
      true,
      false,
      0,
      undefined,
    ])
    expect([isEven(seat.gossip, link), isCaughtUp(seat.gossip, link), isCatchingUp(link)]).toEqual([
      true,
      true,
      false,
    ])
  })

  test('are not even as long as something is under way, or less is applied', () => {
    const { seat, link } = quiet()
    expect(isEven(seat.gossip, link)).toBe(false)
    tellDigest(seat, link, { applied: other16 })
    expect(isEven(seat.gossip, link)).toBe(false)
    tellDigest(seat, link)
    for (const change of [{ bulkBusy: true }, { awaitsCheckpoint: true }]) {
      Object.assign(link, change)
      expect([isEven(seat.gossip, link), isCatchingUp(link)]).toEqual([false, true])
      Object.assign(link, { bulkBusy: false, awaitsCheckpoint: false })
    }
    tellDigest(seat, link, { held: other16 })
    expect(isEven(seat.gossip, link)).toBe(false)
  })

  test('of heads and unequal ones of the text say that the texts differ', () => {
    const { seat, link } = quiet()
    const diverged = (change: Partial<Digest>): boolean =>
      tellDigest(seat, link, change).some(({ type }) => type === 'diverged')
    expect(diverged({ state: other16 })).toBe(false)
    seat.tell({ type: 'state-digest', digest: new Uint8Array(16).fill(2) })
    expect([
      diverged({ state: other16 }),
      diverged({}),
      diverged({ state: seat.gossip.stateDigest }),
    ]).toEqual([true, false, false])
    expect(diverged({ state: other16, applied: other16 })).toBe(false)
    tellDigest(seat, link, { state: other16 })
    const told = seat.tell({ type: 'state-digest', digest: new Uint8Array(16).fill(3) })
    expect(told.filter(({ type }) => type === 'diverged')).toEqual([{ type: 'diverged', link: link.id }])
  })
})

describe('unequal digests', () => {
  test('are answered with heads, and an answer is asked for, at most every two seconds', () => {
    const { seat, link } = quiet()
    const heads = (now: number) => sentTo(tellDigest(seat, link, { held: other16 }, now), link, 'heads')
    expect(heads(0)).toEqual([{ type: 'heads', answer: true, seen: 0, heads: headsOf(seat.log.state) }])
    expect([heads(1_999).length, heads(2_000).length]).toEqual([0, 1])
  })

  test('are left alone as long as somebody else brings something', () => {
    const { seat, link, other } = quiet()
    seat.tell({ type: 'sending', link: other.id, bytes: 9, now: START })
    expect(sentTo(tellDigest(seat, link, { held: other16 }), link)).toEqual([])
  })

  test('of rosters have ours offered, the same one once in ten seconds', () => {
    const { seat, link } = quiet()
    const offers = (now: number) =>
      tellDigest(seat, link, { roster: other16 }, now).filter(({ type }) => type === 'roster-differs').length
    expect([offers(0), offers(9_999), offers(10_000), offers(10_001)]).toEqual([1, 0, 1, 0])
    seat.log.state.roster.takeJoin(joinOf(person('Dee'), 'editor'))
    expect([offers(10_002), offers(10_003)]).toEqual([1, 0])
  })
})

test('who was told of our roster knows it until it grows', () => {
  const { seat, link } = quiet()
  expect(knowsOurRoster(seat.gossip, link)).toBe(true)
  seat.log.state.roster.takeJoin(joinOf(person('Dee'), 'editor'))
  expect(knowsOurRoster(seat.gossip, link)).toBe(false)
  link.rosterTold = undefined
  expect(knowsOurRoster(seat.gossip, link)).toBe(false)
})

describe('heads', () => {
  test('are answered with how much is to come, and that comes', () => {
    const { seat, author, link } = quiet()
    const outputs = tellHeads(seat, link, [
      { ...ours(seat), held: 2, heldId: author.entries[1]?.id as never },
    ])
    expect(sentTo(outputs, link)).toMatchObject([{ type: 'sending', bytes: expect.any(Number) }])
    expect(outputs.map(({ type }) => type)).toEqual(['send', 'acknowledged', 'send-entries'])
    expect([link.acked.get(chainIdOf(author)), link.compared, link.announcing]).toEqual([2, true, true])
    expect(isCaughtUp(seat.gossip, link)).toBe(false)
  })

  test('that hold everything are answered with nothing to come', () => {
    const { seat, link } = quiet()
    const outputs = tellHeads(seat, link, headsOf(seat.log.state))
    expect(outputs).toEqual([
      { type: 'send', link: link.id, message: { type: 'sending', bytes: 0 } },
      { type: 'acknowledged' },
    ])
    expect([link.announcing, isCaughtUp(seat.gossip, link)]).toEqual([false, true])
  })

  test('that ask for an answer get ours, which ask for none', () => {
    const { seat, link } = quiet()
    const [first] = sentTo(tellHeads(seat, link, headsOf(seat.log.state), { answer: true }), link)
    expect(first).toEqual({ type: 'heads', answer: false, seen: 0, heads: headsOf(seat.log.state) })
  })

  test('that hold more than is here say what is lacking', () => {
    const { seat, link } = quiet()
    tellHeads(seat, link, [{ ...ours(seat), held: 9, heldId: '9'.repeat(64) as never, applied: 9 }])
    expect([link.lacking, isCatchingUp(link), isCaughtUp(seat.gossip, link)]).toEqual([true, true, false])
  })

  test('of a chain that has ended there end what is sent of it, and do not keep anybody from being in step', () => {
    const { seat, author, link } = quiet()
    const ended = { ...ours(seat), held: 1, heldId: author.entries[0]?.id as never, ended: true }
    const outputs = tellHeads(seat, link, [ended])
    expect(outputs.some(({ type }) => type === 'send-entries')).toBe(false)
    expect([link.endedThere.has(chainIdOf(author)), isCaughtUp(seat.gossip, link)]).toEqual([true, true])
  })

  test('that fell are believed: all of it is sent again, once in ten seconds', () => {
    const { seat, author, link } = quiet()
    tellHeads(seat, link, headsOf(seat.log.state))
    const fall = (now: number): readonly GossipOutput[] => {
      const outputs = tellHeads(seat, link, [], { seen: 99, now })
      seat.tell({ type: 'hungry', link: link.id })
      return outputs.filter(({ type }) => type === 'send-entries')
    }
    expect([fall(0).length, link.acked.get(chainIdOf(author))]).toEqual([1, 0])
    expect([fall(9_999).length, fall(10_000).length]).toEqual([0, 1])
  })

  test('that fell short of what is under way say nothing', () => {
    const { seat, link } = quiet()
    seat.tell({ type: 'hungry', link: link.id })
    expect(link.entriesSent).toBe(1)
    seat.tell({ type: 'hungry', link: link.id })
    const again = (seen: number) =>
      tellHeads(seat, link, [], { seen }).filter(({ type }) => type === 'send-entries').length
    expect([again(0), again(1)]).toEqual([0, 1])
  })
})

describe('another id at the same place', () => {
  const wrong = (seat: Seat, change: Partial<Head> = {}): Head => ({
    ...ours(seat),
    heldId: '7'.repeat(64) as never,
    ...change,
  })

  test('has our entry sent, so that the other side can prove it', () => {
    const { seat, author, link } = quiet()
    const outputs = tellHeads(seat, link, [wrong(seat)])
    const sent = outputs.flatMap((output) => (output.type === 'send-entries' ? [output] : []))
    expect(sent).toEqual([
      { type: 'send-entries', link: link.id, lane: 'live', entries: [author.entries[2]] },
    ])
    expect(isContradicted(seat.gossip, link)).toBe(true)
  })

  test('is a split only when it outlasts two comparisons', () => {
    const { seat, link } = quiet()
    const at = (now: number): boolean => {
      tellHeads(seat, link, [wrong(seat)], { now })
      return isSplit(seat.gossip, link)
    }
    expect([at(0), at(3_999), at(4_000)]).toEqual([false, false, true])
    tellHeads(seat, link, headsOf(seat.log.state), { now: 4_001 })
    expect([isSplit(seat.gossip, link), link.contradicted, at(4_002)]).toEqual([false, undefined, false])
  })

  test('is looked at again when two comparisons are over', () => {
    const { seat, link } = quiet()
    expect(wakes(tellHeads(seat, link, [wrong(seat)]))).toEqual([4_000])
    expect(wakes(tellHeads(seat, link, [wrong(seat)], { now: 4_000 }))).toEqual([])
  })

  test('is none of a chain that has ended there or here, is known to be forked, or is not here', () => {
    const changes: readonly ((seat: Seat, author: Author) => Head)[] = [
      (seat) => wrong(seat, { ended: true }),
      (seat, author) => {
        Object.assign(seat.log.state.chains.get(chainIdOf(author)) as object, { closedAt: 3 })
        return wrong(seat)
      },
      (seat, author) => {
        Object.assign(seat.log.state.chains.get(chainIdOf(author)) as object, { isShadowed: true })
        return wrong(seat)
      },
      (seat, author) => {
        const chain = seat.log.state.chains.get(chainIdOf(author)) as object
        Object.assign(chain, {
          fork: { seq: 9, winner: author.entries[0], loser: author.entries[1], parts: 'here' },
        })
        return wrong(seat)
      },
      (seat) => wrong(seat, { held: 7 }),
      (seat) => wrong(seat, { writer: new Author(cyd).writer }),
    ]
    for (const change of changes) {
      const { seat, author, link } = quiet()
      tellHeads(seat, link, [change(seat, author)])
      expect(isContradicted(seat.gossip, link)).toBe(false)
    }
  })
})

describe('a gap', () => {
  const gap = (seat: Seat, link: GossipLink, now: number) =>
    sentTo(seat.tell({ type: 'gap', link: link.id, now: START + now }), link, 'heads').length

  test('is asked about at most every two seconds', () => {
    const { seat, link } = quiet()
    expect([gap(seat, link, 0), gap(seat, link, 1_999), gap(seat, link, 2_000)]).toEqual([1, 0, 1])
  })

  test('is not asked about where what is missing may be coming', () => {
    const { seat, link, other } = quiet()
    link.announced = 1
    expect(gap(seat, link, 0)).toBe(0)
    link.announced = 0
    seat.tell({ type: 'sending', link: other.id, bytes: 9, now: START })
    expect(gap(seat, link, 0)).toBe(0)
  })
})

test('who holds nothing of an empty chain is in step', () => {
  const { seat, author, link } = quiet()
  setHeld(seat.gossip, link, chainIdOf(author), 3)
  expect(isCaughtUp(seat.gossip, link)).toBe(true)
  seat.hold(new Author(cyd), 0)
  setHeld(seat.gossip, link, chainIdOf(new Author(cyd)), 0)
  expect(isCaughtUp(seat.gossip, link)).toBe(true)
  setHeld(seat.gossip, link, chainIdOf(author), 2)
  expect(isCaughtUp(seat.gossip, link)).toBe(false)
})
