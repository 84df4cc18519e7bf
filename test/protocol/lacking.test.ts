/** What is still missing on either side of a link, as far as is known: said as progress, and what a turn is measured by. */
import { describe, expect, test } from 'vitest'
import type { Chain } from '../../src/protocol/chain.ts'
import { type GossipLink, setHeld } from '../../src/protocol/gossip-state.ts'
import { isBehindBase, lacks, outstanding } from '../../src/protocol/lacking.ts'
import { liftBases } from '../../src/protocol/rebase.ts'
import { sizeOfEntry } from '../../src/wire/entry.ts'
import { Seat } from './gossip-seat.ts'
import { Author, ben, cyd } from './log-fixture.ts'

/** Ben wrote five entries, of which a checkpoint covers so many; Cyd's link has had none. */
function written(covered = 0): { seat: Seat; author: Author; chain: Chain; link: GossipLink } {
  const seat = new Seat()
  const author = new Author(ben)
  for (const weight of [100, 200, 400, 800, 1_600]) seat.hold(author, 1, { weight })
  const link = seat.link(cyd)
  const chain = seat.log.state.chains.get(seat.hold(author, 0)) as Chain
  const id = author.entries[covered - 1]?.id
  const place = { device: ben.device, writer: author.writer }
  if (id !== undefined)
    liftBases(seat.log.state, {
      heads: [{ ...place, seq: covered, id, nextClock: covered }],
      free: [],
      rosterSeq: 3,
    })
  return { seat, author, chain, link }
}

const bytesOf = (author: Author, from: number): number =>
  author.entries.slice(from).reduce((sum, entry) => sum + sizeOfEntry(entry), 0)

describe('a link lacks in bytes', () => {
  test.each([0, 1, 4, 5])('what follows the %i entries it had', (had) => {
    const { seat, author, chain, link } = written()
    link.sent.set(chain.id, had)
    expect(outstanding(seat.gossip, link)).toBe(bytesOf(author, had))
  })

  test('nothing of what only a checkpoint covers, which is counted where it is made', () => {
    const { seat, author, chain, link } = written(3)
    expect(outstanding(seat.gossip, link)).toBe(bytesOf(author, 3))
    link.sent.set(chain.id, 1)
    expect(outstanding(seat.gossip, link)).toBe(bytesOf(author, 3))
  })

  test('nothing of a chain that has ended over there', () => {
    const { seat, chain, link } = written()
    link.endedThere.add(chain.id)
    expect(outstanding(seat.gossip, link)).toBe(0)
  })
})

describe('a link is behind the base', () => {
  test.each([
    [0, true],
    [2, true],
    [3, false],
    [4, false],
  ])('with %i entries of which a checkpoint covers three: %s', (had, is) => {
    const { seat, chain, link } = written(3)
    if (had > 0) link.sent.set(chain.id, had)
    expect(isBehindBase(seat.gossip, link)).toBe(is)
  })

  test('never where all entries are in memory, where the chain has ended over there, or where others serve it', () => {
    const whole = written()
    expect(isBehindBase(whole.seat.gossip, whole.link)).toBe(false)
    const ended = written(3)
    ended.link.endedThere.add(ended.chain.id)
    expect(isBehindBase(ended.seat.gossip, ended.link)).toBe(false)
    const served = written(3)
    served.link.servedBy = 'others'
    expect(isBehindBase(served.seat.gossip, served.link)).toBe(false)
  })
})

describe('we lack', () => {
  test.each([
    [5, false],
    [6, true],
  ])('of five entries here, with %i over there: %s', (held, is) => {
    const { seat, chain, link } = written()
    setHeld(seat.gossip, link, chain.id, held)
    expect(lacks(seat.gossip, link)).toBe(is)
  })

  test('what is over there of a chain nobody here has heard of, and nothing of one that holds nothing there', () => {
    const { seat, link } = written()
    const unheard = seat.hold(new Author(cyd), 0)
    setHeld(seat.gossip, link, unheard, 0)
    expect(lacks(seat.gossip, link)).toBe(false)
    setHeld(seat.gossip, link, unheard, 1)
    expect(lacks(seat.gossip, link)).toBe(true)
  })

  test('nothing of a chain that has ended here, however much of it there is over there', () => {
    const { seat, chain, link } = written()
    chain.ended = 'refused'
    setHeld(seat.gossip, link, chain.id, 9)
    expect(lacks(seat.gossip, link)).toBe(false)
  })
})
