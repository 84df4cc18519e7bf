/** Who is told what grew, what is remembered of what others say they hold, and when it is taken from them. */
import { describe, expect, test } from 'vitest'
import { type GossipLink, setHeld } from '../../src/protocol/gossip-state.ts'
import { newsFor } from '../../src/protocol/grafting.ts'
import { GRAFT_MS } from '../../src/wire/limits.ts'
import { chainIdOf, placeOf, Seat, START, sentTo, wakes } from './gossip-seat.ts'
import { Author, ben, cyd, vic } from './log-fixture.ts'

/** Ben's entries come through Cyd; Vic was asked to keep them. One of Ben's is here. */
function pruned(): { seat: Seat; author: Author; cyds: GossipLink; vics: GossipLink } {
  const seat = new Seat()
  const author = new Author(ben)
  seat.hold(author)
  const [cyds, vics] = [seat.link(cyd), seat.link(vic)]
  seat.tell({ type: 'redundant', link: vics.id, device: ben.device })
  return { seat, author, cyds, vics }
}

describe('what a link says it holds and was asked to keep', () => {
  test('is taken from it, with what follows, when it has not come another way in time', () => {
    const { seat, author, vics } = pruned()
    expect(wakes(seat.ack(vics, author, 2))).toEqual([GRAFT_MS])
    const early = seat.tick(GRAFT_MS - 1)
    expect(sentTo(early, vics, 'graft')).toEqual([])
    expect(wakes(early)).toEqual([GRAFT_MS])
    expect(sentTo(seat.tick(GRAFT_MS), vics)).toEqual([{ type: 'graft', device: ben.device }])
    expect(vics.prunedByUs.size).toBe(0)
    expect(sentTo(seat.tick(2 * GRAFT_MS), vics, 'graft')).toEqual([])
  })

  test('is waited for two round trips long on a slow line', () => {
    const { seat, author, vics } = pruned()
    seat.tell({ type: 'rtt', link: vics.id, millis: 300 })
    expect(wakes(seat.ack(vics, author, 2))).toEqual([600])
    expect(sentTo(seat.tick(599), vics, 'graft')).toEqual([])
    expect(sentTo(seat.tick(600), vics, 'graft')).toHaveLength(1)
  })

  test('is waited for no longer because the link says it again', () => {
    const { seat, author, vics } = pruned()
    seat.ack(vics, author, 2)
    seat.tick(GRAFT_MS - 50)
    expect(wakes(seat.ack(vics, author, 3))).toEqual([])
    expect(sentTo(seat.tick(GRAFT_MS), vics, 'graft')).toHaveLength(1)
  })

  test('is not taken from it where all of that came in time', () => {
    const { seat, author, vics } = pruned()
    seat.ack(vics, author, 3)
    seat.hold(author, 2)
    expect(sentTo(seat.tick(GRAFT_MS), vics, 'graft')).toEqual([])
    expect(vics.prunedByUs.has(ben.device)).toBe(true)
  })

  test('is taken from it where only a part of that came in time', () => {
    const { seat, author, vics } = pruned()
    seat.ack(vics, author, 3)
    seat.hold(author)
    expect(sentTo(seat.tick(GRAFT_MS), vics, 'graft')).toHaveLength(1)
  })

  test('is not asked for again where it was allowed to send it meanwhile', () => {
    const { seat, author, cyds, vics } = pruned()
    seat.ack(vics, author, 2)
    expect(sentTo(seat.tell({ type: 'unlinked', link: cyds.id, now: START }), vics, 'graft')).toHaveLength(1)
    expect(sentTo(seat.tick(GRAFT_MS), vics, 'graft')).toEqual([])
  })

  test('is not waited for where it is here already', () => {
    const { seat, author, vics } = pruned()
    expect(wakes(seat.ack(vics, author, 1))).toEqual([])
    expect(sentTo(seat.tick(GRAFT_MS), vics, 'graft')).toEqual([])
  })

  test('is taken from it too where nobody here has heard of the chain', () => {
    const { seat, vics } = pruned()
    const unheard = new Author(ben, 'second')
    expect(wakes(seat.ack(vics, unheard, 1))).toEqual([GRAFT_MS])
    expect(sentTo(seat.tick(GRAFT_MS), vics, 'graft')).toHaveLength(1)
  })
})

describe('what a link says it holds and may send', () => {
  test('comes of its own accord and is not asked for', () => {
    const { seat, author, cyds } = pruned()
    expect(wakes(seat.ack(cyds, author, 2))).toEqual([])
    expect(sentTo(seat.tick(GRAFT_MS), cyds, 'graft')).toEqual([])
    expect(cyds.acked.get(chainIdOf(author))).toBe(2)
  })

  test('of a chain nobody here has heard of is not remembered, since anybody may make up as many as they like', () => {
    const { seat, author, cyds } = pruned()
    const made = [placeOf(new Author(ben, 'made up'), 5), placeOf(author, 1)]
    const outputs = seat.tell({ type: 'ack', link: cyds.id, acknowledgements: made, now: START })
    expect([...cyds.acked]).toEqual([[chainIdOf(author), 1]])
    expect(outputs).toEqual([{ type: 'acknowledged' }])
  })
})

describe('news of what grew', () => {
  test('name how far a chain reaches here, and go to those only who are not known to hold it', () => {
    const seat = new Seat()
    const author = new Author(ben)
    const [cyds, vics] = [seat.link(cyd), seat.link(vic)]
    seat.gossip.grown.add(seat.hold(author, 3))
    setHeld(seat.gossip, cyds, chainIdOf(author), 3)
    setHeld(seat.gossip, vics, chainIdOf(author), 2)
    expect(newsFor(seat.gossip, cyds)).toEqual([])
    expect(newsFor(seat.gossip, vics)).toEqual([placeOf(author, 3)])
  })

  test('leave out what is not here any more', () => {
    const seat = new Seat()
    const vics = seat.link(vic)
    seat.gossip.grown.add(chainIdOf(new Author(ben, 'gone')))
    expect(newsFor(seat.gossip, vics)).toEqual([])
  })

  test.each([
    [128, 'one by one'],
    [129, 'as one digest'],
  ])('of %i chains go out %s', (count, how) => {
    const seat = new Seat()
    const vics = seat.link(vic)
    for (let n = 0; n < count; n++) seat.gossip.grown.add(seat.hold(new Author(ben, `writer ${n}`)))
    seat.tell({ type: 'roster-grew', now: START - 10_000 })
    seat.gossip.changedAt = START
    const [message] = sentTo(seat.tick(0), vics)
    if (how === 'as one digest') expect(message?.type).toBe('digest')
    else expect(message?.type === 'ack' && message.acknowledgements.length).toBe(count)
  })
})
