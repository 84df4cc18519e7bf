/** Whose turn it is to ask and to be served: times to the millisecond, which towns and simulated sessions only bound. */
import { describe, expect, test } from 'vitest'
import { type GossipLink, type GossipOutput, MAX_TURNS } from '../../src/protocol/gossip-state.ts'
import { hasTurn, isFetching, lineUp, mayAsk } from '../../src/protocol/turns.ts'
import { Seat, START, sentTo, wakes } from './gossip-seat.ts'
import { Author, ben, cyd, type Person, person, vic } from './log-fixture.ts'

const LARGE_BYTES = 32 * 1024
const TURN_PAUSE_MS = 4_000
const ANSWER_MS = 500
const STALLED_MS = 1_000

describe('somebody who holds nothing', () => {
  function twoLinks(): { seat: Seat; first: GossipLink; second: GossipLink } {
    const seat = new Seat()
    return { seat, first: seat.link(ben), second: seat.link(cyd) }
  }

  test('asks one link and the next one when that one has not answered in time', () => {
    const { seat, first, second } = twoLinks()
    expect([first.askedAt, second.askedAt]).toEqual([START, undefined])
    expect([first.owesHeads, second.owesHeads]).toEqual([false, true])
    expect(sentTo(seat.tick(ANSWER_MS - 1), second, 'heads')).toEqual([])
    expect(sentTo(seat.tick(ANSWER_MS), second, 'heads')).toHaveLength(1)
    expect(second.askedAt).toBe(START + ANSWER_MS)
  })

  test('looks again when an answer is overdue', () => {
    const { seat, first } = twoLinks()
    const third = seat.link(vic)
    const outputs: GossipOutput[] = []
    expect(mayAsk(seat.gossip, third, outputs)).toBe(false)
    expect(outputs).toEqual([{ type: 'wake', at: START + ANSWER_MS }])
    expect(isFetching(seat.gossip, third)).toBe(true)
    expect(isFetching(seat.gossip, first)).toBe(false)
  })

  test('waits for what was announced as long as something comes', () => {
    const { seat, first, second } = twoLinks()
    seat.tell({ type: 'sending', link: first.id, bytes: 100_000, now: START + 100 })
    seat.tick(100 + STALLED_MS - 1)
    expect(isFetching(seat.gossip, second)).toBe(true)
    seat.tell({ type: 'piece-came', link: first.id, bytes: 10, now: START + 1_000 })
    seat.tick(1_000 + STALLED_MS - 1)
    expect(isFetching(seat.gossip, second)).toBe(true)
    expect(sentTo(seat.tick(1_000 + STALLED_MS), second, 'heads')).toHaveLength(1)
  })

  test('asks the next at once when the first has nothing to give', () => {
    const { seat, first, second } = twoLinks()
    const outputs = seat.tell({ type: 'sending', link: first.id, bytes: 0, now: START + 1 })
    expect(sentTo(outputs, second, 'heads')).toHaveLength(1)
  })

  test('has asked only as long as nothing is here: whoever holds something compares with everybody at once', () => {
    const seat = new Seat()
    seat.hold(new Author(ben))
    const links = [cyd, vic].map((who) => seat.link(who))
    expect(links.map(({ askedAt, owesHeads }) => [askedAt, owesHeads])).toEqual([
      [undefined, false],
      [undefined, false],
    ])
    const outputs: GossipOutput[] = []
    expect(mayAsk(seat.gossip, links[0] as GossipLink, outputs)).toBe(true)
    expect(outputs).toEqual([])
  })
})

describe('what is given away', () => {
  const crowd: readonly Person[] = Array.from({ length: 7 }, (_, n) => person(`newcomer ${n}`))

  /** Somebody who holds a document, and newcomers who hold nothing. */
  function full(bytes = 2 * LARGE_BYTES): { seat: Seat; author: Author; links: readonly GossipLink[] } {
    const seat = new Seat(crowd)
    const author = new Author(ben)
    seat.hold(author, 1, { weight: bytes })
    return { seat, author, links: crowd.map((who) => seat.link(who)) }
  }

  const ask = (seat: Seat, link: GossipLink, at: number): boolean => {
    seat.gossip.now = START + at
    lineUp(seat.gossip, link)
    return hasTurn(seat.gossip, link, [])
  }

  test('is a turn where it is a document, and none where it is what was typed meanwhile', () => {
    const large = full()
    lineUp(large.seat.gossip, large.links[0] as GossipLink)
    expect(large.links[0]?.turn).toBe('waiting')
    const small = full(1_000)
    lineUp(small.seat.gossip, small.links[0] as GossipLink)
    expect(small.links[0]?.turn).toBe('free')
  })

  test('goes out four times in a row, and then once in four seconds since the first', () => {
    const { seat, links } = full()
    const given = links.slice(0, MAX_TURNS).map((link, n) => ask(seat, link, 1_000 * n))
    expect(given).toEqual([true, true, true, true])
    const [fifth, sixth, seventh] = links.slice(MAX_TURNS) as [GossipLink, GossipLink, GossipLink]
    expect(ask(seat, fifth, TURN_PAUSE_MS - 1)).toBe(false)
    expect(ask(seat, fifth, TURN_PAUSE_MS)).toBe(true)
    expect(ask(seat, sixth, 2 * TURN_PAUSE_MS - 1)).toBe(false)
    expect(ask(seat, sixth, 2 * TURN_PAUSE_MS + 100)).toBe(true)
    expect(ask(seat, seventh, 3 * TURN_PAUSE_MS - 1)).toBe(false)
    expect(ask(seat, seventh, 3 * TURN_PAUSE_MS)).toBe(true)
  })

  test('is looked at again when the next turn is due, and goes out then', () => {
    const { seat, links } = full()
    for (const link of links.slice(0, MAX_TURNS)) ask(seat, link, 0)
    const late = links[MAX_TURNS] as GossipLink
    late.turn = 'waiting'
    expect(wakes(seat.tick(100))).toEqual([TURN_PAUSE_MS])
    const outputs = seat.tick(TURN_PAUSE_MS)
    expect(sentTo(outputs, late, 'sending')).toMatchObject([{ bytes: expect.any(Number) }])
    expect(outputs.filter((output) => output.type === 'send-entries').map(({ link }) => link)).toEqual([
      late.id,
    ])
  })

  test('is never more than four in a row, however long nobody asked', () => {
    const { seat, links } = full()
    const given = links.slice(0, MAX_TURNS + 1).map((link) => ask(seat, link, 3_600_000))
    expect(given).toEqual([true, true, true, true, false])
  })

  test('after a while is one more for each four seconds nobody asked', () => {
    const { seat, links } = full()
    for (const link of links.slice(0, MAX_TURNS)) ask(seat, link, 0)
    const later = links.slice(MAX_TURNS).map((link) => ask(seat, link, 2 * TURN_PAUSE_MS))
    expect(later).toEqual([true, true, false])
  })

  test('is no turn any more where somebody else was faster', () => {
    const { seat, author, links } = full()
    const [first] = links as [GossipLink]
    lineUp(seat.gossip, first)
    first.sent.set(seat.hold(author, 0), 1)
    expect(hasTurn(seat.gossip, first, [])).toBe(true)
    expect([first.turn, seat.gossip.turns.left]).toEqual(['free', MAX_TURNS])
  })

  test('to a link that has its turn takes no second one', () => {
    const { seat, links } = full()
    const [first] = links as [GossipLink]
    expect([ask(seat, first, 0), first.turn]).toEqual([true, 'granted'])
    expect([ask(seat, first, 1), first.turn]).toEqual([true, 'granted'])
    expect(seat.gossip.turns.left).toBe(MAX_TURNS - 1)
  })
})
