/** What is handed over to whom, and by which way, from one peer's seat. What comes of it in a town is in gossip.test.ts. */
import { describe, expect, test } from 'vitest'
import type { InstanceId } from '../../src/base/ids.ts'
import { type GossipLink, type GossipOutput, setHeld } from '../../src/protocol/gossip-state.ts'
import { liftBases } from '../../src/protocol/rebase.ts'
import { type Entry, sizeOfEntry } from '../../src/wire/entry.ts'
import { chainIdOf, placeOf, Seat, START, sentTo, wakes } from './gossip-seat.ts'
import { Author, ada, ben, cyd, type FakeUpdate, vic } from './log-fixture.ts'

type Handed = Extract<GossipOutput, { type: 'send-entries' }>

/** What goes to this link: the lane, and the places of the entries. */
function handedTo(
  outputs: readonly GossipOutput[],
  link: GossipLink,
): readonly [string, readonly number[]][] {
  return outputs
    .filter((output): output is Handed => output.type === 'send-entries' && output.link === link.id)
    .map(({ lane, entries }) => [lane, entries.map(({ seq }) => seq)])
}

/** The author's next entry is held here, by way of a link or written here. */
function held(
  seat: Seat,
  author: Author,
  from?: GossipLink,
  update: Partial<FakeUpdate> = {},
): readonly GossipOutput[] {
  seat.hold(author, 1, update)
  const entry = author.entries.at(-1) as Entry
  return seat.tell({ type: 'held', entry, from: from?.id, now: seat.gossip.now })
}

function three(): { seat: Seat; author: Author; bens: GossipLink; cyds: GossipLink; vics: GossipLink } {
  const seat = new Seat()
  const [bens, cyds, vics] = [seat.link(ben), seat.link(cyd), seat.link(vic)]
  return { seat, author: new Author(ben), bens, cyds, vics }
}

describe('a fresh entry', () => {
  test('goes live to every link but the one it came by', () => {
    const { seat, author, bens, cyds, vics } = three()
    const outputs = held(seat, author, bens)
    expect([bens, cyds, vics].map((link) => handedTo(outputs, link))).toEqual([
      [],
      [['live', [1]]],
      [['live', [1]]],
    ])
    expect(cyds.sent.get(chainIdOf(author))).toBe(1)
  })

  test('goes once to each, whatever else is told', () => {
    const { seat, author, cyds } = three()
    held(seat, author)
    const again = { type: 'held', entry: author.entries[0] as Entry, from: undefined, now: START } as const
    expect(handedTo(seat.tell(again), cyds)).toEqual([])
    cyds.sent.set(chainIdOf(author), 3)
    expect(handedTo(held(seat, author), cyds)).toEqual([])
  })

  test('goes to nobody who gets it another way, but what is written here does all the same', () => {
    const { seat, author, bens, cyds } = three()
    seat.tell({ type: 'prune', link: cyds.id, device: ben.device })
    expect(handedTo(held(seat, author, bens), cyds)).toEqual([])
    expect(handedTo(held(seat, new Author(ada), bens), cyds)).toEqual([['live', [1]]])
    expect(handedTo(held(seat, new Author(ben, 'here')), cyds)).toEqual([['live', [1]]])
  })

  test('goes to nobody whose heads are not known yet, nor where its chain has ended', () => {
    const { seat, author, cyds, vics } = three()
    cyds.compared = false
    vics.endedThere.add(chainIdOf(author))
    const outputs = held(seat, author)
    expect([handedTo(outputs, cyds), handedTo(outputs, vics)]).toEqual([[], []])
  })

  test('goes with what is before it, in bulk, to who lacks that', () => {
    const { seat, author, cyds } = three()
    seat.hold(author, 2)
    expect(handedTo(held(seat, author), cyds)).toEqual([['bulk', [1, 2, 3]]])
    expect(cyds.bulkBusy).toBe(true)
  })

  test.each<[string, (link: GossipLink) => void]>([
    ['is handed over a batch already', (link) => Object.assign(link, { bulkBusy: true })],
    ['waits for a checkpoint', (link) => Object.assign(link, { awaitsCheckpoint: true })],
    ['waits for its turn', (link) => Object.assign(link, { turn: 'waiting' })],
  ])('does not overtake what a link gets that %s', (_, change) => {
    const { seat, author, cyds } = three()
    seat.gossip.turns = { left: 0, since: START }
    change(cyds)
    expect(handedTo(held(seat, author), cyds)).toEqual([])
    expect(cyds.sent.get(chainIdOf(author))).toBeUndefined()
  })

  test('of more than 16 KiB goes in bulk, so that it never stands before a keystroke', () => {
    const { seat, author, cyds } = three()
    held(seat, author, undefined, { weight: 15_000 })
    const small = author.entries.at(-1) as Entry
    expect(handedTo(held(seat, author, undefined, { weight: 17_000 }), cyds)).toEqual([['bulk', [2]]])
    const large = author.entries.at(-1) as Entry
    expect([sizeOfEntry(small) <= 16 * 1024, sizeOfEntry(large) > 16 * 1024]).toEqual([true, true])
    expect(cyds.entriesSent).toBe(2)
  })

  test('is acknowledged to who brought it, as soon as acknowledgements go out', () => {
    const { seat, author, bens, cyds } = three()
    held(seat, author, bens)
    expect([bens.acked.get(chainIdOf(author)), bens.sent.get(chainIdOf(author))]).toEqual([1, 1])
    const outputs = seat.tick(0)
    const ack = { type: 'ack', acknowledgements: [placeOf(author, 1)] }
    expect([sentTo(outputs, bens), sentTo(outputs, cyds)]).toEqual([[ack], []])
    expect(seat.gossip.ackDue).toBe(START + 200)
  })

  test('that came another way than was asked for is asked for again there, once the line is quiet', () => {
    const { seat, author, bens, cyds } = three()
    seat.tell({ type: 'redundant', link: cyds.id, device: ben.device })
    seat.gossip.now = START + 1_999
    expect(sentTo(held(seat, author, cyds), cyds, 'graft')).toEqual([])
    seat.gossip.now = START + 2_000
    expect(sentTo(held(seat, author, cyds), cyds, 'graft')).toEqual([{ type: 'graft', device: ben.device }])
    expect([cyds.prunedByUs.size, bens.prunedByUs.size]).toEqual([0, 0])
  })

  test('ends that a link holds something that is not here', () => {
    const { seat, author, bens, cyds } = three()
    seat.hold(author)
    setHeld(seat.gossip, bens, chainIdOf(author), 2)
    bens.lacking = true
    held(seat, new Author(ada), cyds)
    expect(bens.lacking).toBe(true)
    held(seat, author, bens)
    expect(bens.lacking).toBe(false)
  })
})

describe('what a link lacks', () => {
  const hungry = (seat: Seat, link: GossipLink) => seat.tell({ type: 'hungry', link: link.id })

  test('goes in batches of 256 KiB, one after the other, and an entry that is larger goes alone', () => {
    const { seat, author, cyds } = three()
    for (const weight of [100_000, 100_000, 100_000, 300_000, 10]) seat.hold(author, 1, { weight })
    const batches = [0, 1, 2, 3, 4].map(() => handedTo(hungry(seat, cyds), cyds))
    expect(batches).toEqual([[['bulk', [1, 2]]], [['bulk', [3]]], [['bulk', [4]]], [['bulk', [5]]], []])
  })

  test('goes in the order it was applied here, and what waits to be applied after that', () => {
    const { seat, cyds } = three()
    const [first, second] = [new Author(cyd), new Author(ada)]
    const waiting = second.edit({ needs: [{ clientID: first.clientID, clock: 9 }] })
    seat.log.receive(waiting)
    seat.hold(first, 2)
    const outputs = hungry(seat, cyds)
    const order = outputs.flatMap((output) => (output.type === 'send-entries' ? output.entries : []))
    expect(order.map(({ id }) => id)).toEqual([...first.entries, waiting].map(({ id }) => id))
  })

  test('leaves out what was handed over, and chains that have ended there', () => {
    const { seat, author, cyds } = three()
    const other = new Author(ada)
    seat.hold(author, 3)
    seat.hold(other, 1)
    cyds.sent.set(chainIdOf(author), 2)
    cyds.endedThere.add(chainIdOf(other))
    expect(handedTo(hungry(seat, cyds), cyds)).toEqual([['bulk', [3]]])
  })

  test('ends with the word that nothing more comes, where something was announced', () => {
    const { seat, author, cyds } = three()
    seat.hold(author)
    Object.assign(cyds, { announcing: true, turn: 'granted' })
    expect(sentTo(hungry(seat, cyds), cyds)).toEqual([])
    expect(sentTo(hungry(seat, cyds), cyds)).toEqual([{ type: 'sending', bytes: 0 }])
    expect([cyds.announcing, cyds.turn]).toEqual([false, 'free'])
    expect(sentTo(hungry(seat, cyds), cyds)).toEqual([])
  })

  test('is a checkpoint where single entries are no longer here, and nothing else until that is there', () => {
    const { seat, author, cyds } = three()
    seat.hold(author, 3)
    const { id } = author.entries[1] as Entry
    const head = { device: ben.device, writer: author.writer, seq: 2 }
    liftBases(seat.log.state, { heads: [{ ...head, id, nextClock: 2 }], free: [], rosterSeq: 3 })
    expect(hungry(seat, cyds)).toEqual([{ type: 'needs-checkpoint', link: cyds.id }])
    expect([cyds.awaitsCheckpoint, cyds.announcing]).toEqual([true, true])
    expect(hungry(seat, cyds)).toEqual([])
    const after = seat.tell({ type: 'checkpoint-sent', link: cyds.id, heads: [head] })
    expect(handedTo(after, cyds)).toEqual([['bulk', [3]]])
  })

  test('is what others have to hand over, where no checkpoint can be made here', () => {
    const { seat, author, cyds } = three()
    seat.hold(author, 3)
    const other = new Author(ada)
    seat.hold(other, 1)
    const { id } = author.entries[1] as Entry
    const heads = [{ device: ben.device, writer: author.writer, seq: 2, id, nextClock: 2 }]
    liftBases(seat.log.state, { heads, free: [], rosterSeq: 3 })
    hungry(seat, cyds)
    const outputs = seat.tell({ type: 'cannot-serve', link: cyds.id })
    expect(handedTo(outputs, cyds)).toEqual([['bulk', [1]]])
    expect([cyds.sent.get(chainIdOf(author)), cyds.sent.get(chainIdOf(other))]).toEqual([undefined, 1])
  })
})

describe('what came twice', () => {
  const again = (seat: Seat, entry: Entry, link: GossipLink): readonly GossipOutput[] => {
    seat.tell({ type: 'entries-came', link: link.id, bytes: 1, lane: 'live' })
    return seat.tell({ type: 'duplicate', entry, from: link.id })
  }

  test('is acknowledged at once, and asked for no more on that link', () => {
    const { seat, author, cyds } = three()
    seat.hold(author)
    const outputs = again(seat, author.entries[0] as Entry, cyds)
    expect(sentTo(outputs, cyds)).toEqual([{ type: 'prune', device: ben.device }])
    expect(wakes(outputs)).toEqual([-START])
    expect([cyds.acked.get(chainIdOf(author)), cyds.sent.get(chainIdOf(author))]).toEqual([1, 1])
    expect(sentTo(seat.tick(0), cyds, 'ack')).toHaveLength(1)
    expect(sentTo(again(seat, author.entries[0] as Entry, cyds), cyds)).toEqual([])
  })

  test("is asked for no more neither on the writer's own link nor on the last one", () => {
    const { seat, author, bens, cyds, vics } = three()
    seat.hold(author)
    const entry = author.entries[0] as Entry
    expect(sentTo(again(seat, entry, bens), bens)).toEqual([])
    expect(sentTo(again(seat, entry, cyds), cyds)).toHaveLength(1)
    expect(sentTo(again(seat, entry, vics), vics)).toHaveLength(1)
    const two = new Seat()
    const [one, other] = [two.link(cyd), two.link(vic)]
    two.hold(author, 0)
    expect(sentTo(again(two, entry, one), one, 'prune')).toHaveLength(1)
    expect(sentTo(again(two, entry, other), other, 'prune')).toEqual([])
  })

  test('is forgiven a hundred times, in bulk for ever, and in the first fifteen seconds', () => {
    const { seat, author, cyds } = three()
    seat.hold(author)
    const entry = author.entries[0] as Entry
    again(seat, entry, cyds)
    const faults = (times: number): number =>
      Array.from({ length: times }, () => again(seat, entry, cyds))
        .flat()
        .filter(({ type }) => type === 'fault').length
    seat.gossip.now = START + 14_999
    expect([faults(101), cyds.unheeded]).toEqual([0, 0])
    seat.gossip.now = START + 15_000
    for (let time = 0; time < 101; time++) {
      seat.tell({ type: 'entries-came', link: cyds.id, bytes: 1, lane: 'bulk' })
      seat.tell({ type: 'duplicate', entry, from: cyds.id })
    }
    expect([faults(100), faults(1)]).toEqual([0, 1])
  })

  test('by a link that is gone is nobody’s', () => {
    const { seat, author } = three()
    seat.hold(author)
    const from = 'somebody' as InstanceId
    expect(seat.tell({ type: 'duplicate', entry: author.entries[0] as Entry, from })).toEqual([])
  })
})
