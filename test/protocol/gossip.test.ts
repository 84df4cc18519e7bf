/** Spreading, catching up and acknowledging, over a network of arrays. Whole sessions do the same in test/sim. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EntryId } from '../../src/base/ids.ts'
import { isCatchingUp, isCaughtUp, isSplit } from '../../src/protocol/comparing.ts'
import { type GossipLink, sharedSeq } from '../../src/protocol/gossip-state.ts'
import { headsOf } from '../../src/protocol/log.ts'
import { ringOf, wantedLinks } from '../../src/protocol/overlay.ts'
import { liftBases } from '../../src/protocol/rebase.ts'
import { chainOf } from '../../src/wire/heads.ts'
import { FULL_SEND_PAUSE_MS, GRAFT_MS } from '../../src/wire/limits.ts'
import { type GossipPeer, GossipTown } from './gossip-town.ts'
import { Author, bodyOf, cyd, joinOf, person, TestLog } from './log-fixture.ts'

function linkOf(peer: GossipPeer, other: GossipPeer): GossipLink {
  const link = peer.gossip.links.get(other.me)
  if (link === undefined) throw new Error('they are not linked')
  return link
}

/** Handed over twice on one link. */
function repeats(town: GossipTown): string[] {
  const seen = new Set<string>()
  return town.entriesSince(0).flatMap(({ from, to, parcel }) =>
    parcel.entries.flatMap((entry) => {
      const key = `${from.me} ${to} ${entry.id}`
      if (seen.has(key)) return [key]
      seen.add(key)
      return []
    }),
  )
}

describe('in a full mesh', () => {
  test.each([2, 3, 5, 8])(
    'of %i, every entry of everybody reaches everybody, and no link carries it twice',
    (size) => {
      const town = new GossipTown(size)
      town.linkAll()
      for (let round = 0; round < 6; round++) {
        for (const peer of town.peers) town.write(peer)
        if (round % 2 === 0) town.settle()
      }
      town.pass(3_000)
      for (const peer of town.peers) expect(town.heldBy(peer)).toBe(6 * size)
      expect(repeats(town)).toEqual([])
    },
  )

  test("of 8, after an author's first 10 entries, each costs exactly 7 messages with entries", () => {
    const town = new GossipTown(8)
    town.linkAll()
    const [author] = town.peers as [GossipPeer]
    for (let warm = 0; warm < 10; warm++) {
      town.write(author)
      town.pass(30)
    }
    for (let key = 0; key < 20; key++) {
      const before = town.sent.length
      town.write(author)
      town.pass(30)
      expect(town.entriesSince(before).length).toBe(7)
    }
  })

  test('everybody acknowledges to the author, and shared means held by another device', () => {
    const town = new GossipTown(3)
    town.linkAll()
    const [author, ...others] = town.peers as [GossipPeer, GossipPeer, GossipPeer]
    const entry = town.write(author)
    expect(sharedSeq(author.gossip, chainOf(entry), author.who.device)).toBe(0)
    town.pass(10)
    expect(sharedSeq(author.gossip, chainOf(entry), author.who.device)).toBe(1)
    for (const other of others) expect(linkOf(author, other).acked.get(chainOf(entry))).toBe(1)
  })

  test('is caught up when it is quiet', () => {
    const town = new GossipTown(4)
    town.linkAll()
    for (const peer of town.peers) town.write(peer)
    town.pass(4_000)
    for (const peer of town.peers)
      for (const link of peer.gossip.links.values()) expect(isCaughtUp(peer.gossip, link)).toBe(true)
  })
})

describe('acknowledgements', () => {
  test('go up at most five a second, however much comes', () => {
    const town = new GossipTown(2)
    town.linkAll()
    const [author, reader] = town.peers as [GossipPeer, GossipPeer]
    const before = town.sent.length
    for (let key = 0; key < 100; key++) {
      town.write(author)
      town.pass(10)
    }
    const acks = town.messagesSince(before, 'ack').filter(({ from }) => from === reader)
    expect(acks.length).toBeGreaterThan(2)
    expect(acks.length).toBeLessThanOrEqual(6)
    for (const [index, ack] of acks.entries())
      expect(ack.at - (acks[index - 1]?.at ?? 0)).toBeGreaterThanOrEqual(200)
  })

  test('name what is held, parked entries included', () => {
    const town = new GossipTown(2)
    town.linkAll()
    const [author, reader] = town.peers as [GossipPeer, GossipPeer]
    const parked = author.author.edit({ needs: [{ clientID: 7, clock: 1 }] })
    author.log.receive(parked)
    town.tell(author, { type: 'held', entry: parked, from: undefined, now: town.now })
    town.pass(300)
    expect(reader.log.document.applied).toEqual([])
    expect(linkOf(author, reader).acked.get(chainOf(parked))).toBe(1)
  })
})

describe('news of what grew', () => {
  test('go out at most once a second, and only to those who may not hold it', () => {
    const town = new GossipTown(3)
    town.linkAll()
    const [author, one, other] = town.peers as [GossipPeer, GossipPeer, GossipPeer]
    const before = town.sent.length
    for (let key = 0; key < 100; key++) {
      town.write(author)
      town.pass(50)
    }
    const news = town.messagesSince(before, 'ack')
    const between = news.filter(({ from, to }) => from === one && to === other.me)
    expect(between.length).toBeGreaterThan(2)
    expect(between.length).toBeLessThanOrEqual(6)
    expect(news.filter(({ from }) => from === author).length).toBeLessThanOrEqual(12)
    expect(town.messagesSince(before, 'heads')).toEqual([])
  })

  /** Author, two in the middle, and a far one that gets everything through the first of them. */
  const square = (): { town: GossipTown; peers: readonly GossipPeer[] } => {
    const town = new GossipTown(4)
    const peers = town.peers as [GossipPeer, GossipPeer, GossipPeer, GossipPeer]
    const [author, one, other, far] = peers
    for (const middle of [one, other]) {
      town.link(author, middle)
      town.link(middle, far)
    }
    for (let key = 0; key < 10; key++) {
      town.write(author)
      town.pass(30)
    }
    town.pass(20_000)
    return { town, peers }
  }

  test('graft: what somebody holds and does not come by itself is taken from there, and what follows', () => {
    const { town, peers } = square()
    const [author, one, other, far] = peers as [GossipPeer, GossipPeer, GossipPeer, GossipPeer]
    const way = linkOf(other, far).pruned.has(author.who.device) ? one : other
    town.ignores = (peer) => peer === way
    town.write(author)
    town.pass(1_000 + GRAFT_MS + 100)
    expect(town.heldBy(far)).toBe(town.heldBy(author))
    town.write(author)
    town.settle()
    expect(town.heldBy(far)).toBe(town.heldBy(author))
  })

  test('that are lies cost a few short messages and change nothing', () => {
    const { town, peers } = square()
    const [author, one, , far] = peers as [GossipPeer, GossipPeer, GossipPeer, GossipPeer]
    const chain = { device: author.who.device, writer: author.author.writer }
    const before = town.sent.length
    for (let time = 0; time < 100; time++) {
      const acknowledgements = [{ ...chain, held: 1_000 + time }]
      town.tell(far, { type: 'ack', link: one.me, acknowledgements, now: town.now })
      town.pass(100)
    }
    expect(town.sent.slice(before).filter(({ from }) => from === far).length).toBeLessThanOrEqual(2)
    town.write(author)
    town.pass(2_000)
    expect(town.heldBy(far)).toBe(town.heldBy(author))
  })
})

describe('catching up of who holds nothing', () => {
  const PARAGRAPH = { weight: 10_000 }

  test('asks one peer, not all at once', () => {
    const town = new GossipTown(5)
    const [newcomer, ...others] = town.peers as [GossipPeer, ...GossipPeer[]]
    others.forEach((one, index) => {
      for (const other of others.slice(index + 1)) town.link(one, other)
    })
    town.settle()
    for (let key = 0; key < 20; key++) town.write(others[0] as GossipPeer)
    town.pass(5_000)
    const before = town.sent.length
    for (const one of others) town.link(one, newcomer)
    town.pass(5_000)
    expect(town.heldBy(newcomer)).toBe(town.heldBy(others[0] as GossipPeer))
    const senders = new Set(town.entriesSince(before).map(({ from }) => from))
    expect(senders.size).toBe(1)
  })

  test('asks the next when the one that announced everything sends nothing', () => {
    const town = new GossipTown(3)
    const [newcomer, liar, honest] = town.peers as [GossipPeer, GossipPeer, GossipPeer]
    town.link(liar, honest)
    town.settle()
    for (let key = 0; key < 20; key++) town.write(honest)
    town.pass(5_000)
    town.link(liar, newcomer)
    town.tell(newcomer, { type: 'sending', link: liar.me, bytes: 2 ** 40, now: town.now })
    town.link(honest, newcomer)
    town.pass(5_000)
    expect(town.heldBy(newcomer)).toBe(town.heldBy(honest))
  })

  test('costs nobody more than four documents in a row, and leaves nobody out', () => {
    const town = new GossipTown(9)
    const [full, ...newcomers] = town.peers as [GossipPeer, ...GossipPeer[]]
    for (let paragraph = 0; paragraph < 10; paragraph++) town.write(full, PARAGRAPH)
    const before = town.sent.length
    for (const one of newcomers) town.link(full, one)
    town.pass(1_000)
    const served = new Set(town.entriesSince(before).map(({ to }) => to))
    expect(served.size).toBe(4)
    town.pass(20_000)
    for (const one of newcomers) expect(town.heldBy(one)).toBe(10)
  })
})

describe('a peer', () => {
  test.each(['ack', 'heads'] as const)(
    'that says it holds what was never written is named for that (%s)',
    (type) => {
      const town = new GossipTown(3)
      town.linkAll()
      const [author, liar, honest] = town.peers as [GossipPeer, GossipPeer, GossipPeer]
      town.write(author)
      town.pass(2_000)
      const { device } = author.who
      const lie = { device, writer: author.author.writer, held: 2 }
      const [head] = headsOf(author.log.state)
      if (type === 'ack') town.tell(author, { type, link: liar.me, acknowledgements: [lie], now: town.now })
      else if (head !== undefined)
        town.tell(author, {
          type,
          link: liar.me,
          heads: [{ ...head, held: 2 }],
          answer: false,
          seen: 9,
          now: town.now,
        })
      const faults = author.outputs.filter((output) => output.type === 'fault')
      expect(faults).toMatchObject([{ link: liar.me, violation: { violation: 'forged' } }])
      expect(linkOf(author, liar).acked.get(chainOf(lie))).toBe(1)
      expect(author.outputs.some((output) => output.type === 'fault' && output.link === honest.me)).toBe(
        false,
      )
    },
  )

  test('that goes on sending live what it was asked not to is named, and one that lags is not', () => {
    const town = new GossipTown(3)
    town.linkAll()
    const [author, stubborn, reader] = town.peers as [GossipPeer, GossipPeer, GossipPeer]
    for (let key = 0; key < 10; key++) {
      town.write(author)
      town.pass(50)
    }
    const entry = town.write(author)
    town.pass(5_000)
    const again = (times: number): void => {
      for (let time = 0; time < times; time++) {
        town.tell(reader, { type: 'entries-came', link: stubborn.me, bytes: 1, lane: 'live' })
        town.tell(reader, { type: 'duplicate', entry, from: stubborn.me })
      }
    }
    again(1_000)
    expect(reader.outputs.some(({ type }) => type === 'fault')).toBe(false)
    town.pass(20_000)
    town.tell(reader, { type: 'tick', now: town.now })
    again(101)
    expect(reader.outputs.filter(({ type }) => type === 'fault').length).toBe(1)
  })

  test('that never prunes costs its neighbours one message a key, and nobody else anything', () => {
    const town = new GossipTown(5)
    town.linkAll()
    const [author, greedy] = town.peers as [GossipPeer, GossipPeer]
    town.mutes = (peer, message) => peer === greedy && message.type === 'prune'
    for (let key = 0; key < 10; key++) {
      town.write(author)
      town.pass(50)
    }
    const before = town.sent.length
    town.write(author)
    town.pass(50)
    const extra = town.entriesSince(before).filter(({ from }) => from !== author)
    expect(extra.length).toBeLessThanOrEqual(3)
    expect(extra.every(({ to }) => to === greedy.me)).toBe(true)
  })
})

describe('pruning', () => {
  const warm = (): { town: GossipTown; peers: readonly [GossipPeer, GossipPeer, GossipPeer] } => {
    const town = new GossipTown(3)
    town.linkAll()
    const peers = town.peers as unknown as readonly [GossipPeer, GossipPeer, GossipPeer]
    for (let key = 0; key < 3; key++) {
      town.write(peers[0])
      town.pass(30)
    }
    return { town, peers }
  }

  test('stops what came another way already, for that device only', () => {
    const { town, peers } = warm()
    const [author, one, other] = peers
    expect(linkOf(one, other).pruned.has(author.who.device)).toBe(true)
    const before = town.sent.length
    town.write(one)
    town.pass(30)
    expect(town.entriesSince(before).map(({ to }) => to)).toContain(other.me)
  })

  test('is taken back when a link is lost, so that entries find another way', () => {
    const { town, peers } = warm()
    const [author, one, other] = peers
    town.unlink(author, other)
    town.settle()
    expect(linkOf(one, other).pruned.has(author.who.device)).toBe(false)
    town.write(author)
    town.pass(100)
    expect(town.heldBy(other)).toBe(town.heldBy(author))
  })
})

describe('catching up', () => {
  test('begins when a link opens, both ways, in the order of application', () => {
    const town = new GossipTown(2)
    const [one, other] = town.peers as [GossipPeer, GossipPeer]
    for (let key = 0; key < 50; key++) for (const peer of [one, other]) town.write(peer)
    town.link(one, other)
    town.pass(2_000)
    expect([town.heldBy(one), town.heldBy(other)]).toEqual([100, 100])
    expect(repeats(town)).toEqual([])
  })

  test('along a line of peers reaches the far end', () => {
    const town = new GossipTown(5)
    const { peers } = town
    for (let key = 0; key < 20; key++) town.write(peers[0]!)
    for (let index = 0; index + 1 < peers.length; index++) town.link(peers[index]!, peers[index + 1]!)
    town.pass(5_000)
    town.write(peers[4]!)
    town.pass(5_000)
    for (const peer of peers) expect(town.heldBy(peer)).toBe(21)
  })

  test('says how much is coming, and when nothing more comes', () => {
    const town = new GossipTown(2)
    const [one, other] = town.peers as [GossipPeer, GossipPeer]
    for (let key = 0; key < 50; key++) town.write(one, { weight: 20_000 })
    town.link(one, other)
    expect(isCatchingUp(linkOf(other, one))).toBe(true)
    town.settle()
    const announced = town.messagesSince(0, 'sending').filter(({ from }) => from === one)
    const bytes = announced.map(({ parcel }) =>
      parcel.kind === 'message' && parcel.message.type === 'sending' ? parcel.message.bytes : -1,
    )
    expect(bytes[0]).toBeGreaterThan(50 * 20_000)
    expect(bytes.at(-1)).toBe(0)
    expect(isCatchingUp(linkOf(other, one))).toBe(false)
  })

  test('goes in batches that fit a frame, and a large entry never before a keystroke', () => {
    const town = new GossipTown(2)
    town.linkAll()
    const [one] = town.peers as [GossipPeer]
    const before = town.sent.length
    for (let key = 0; key < 40; key++) town.write(one, { weight: 30_000 })
    town.pass(100)
    for (const { parcel } of town.entriesSince(before)) {
      expect(parcel.lane).toBe('bulk')
      const bytes = parcel.entries.reduce((sum, entry) => sum + entry.ciphertext.length, 0)
      expect(bytes).toBeLessThanOrEqual(256 * 1024)
    }
    expect(town.heldBy(town.peers[1]!)).toBe(40)
  })
})

describe('held heads that fall', () => {
  /** The other one lost its last entries, as after a bound on parking, and says so. */
  function fallen(): { town: GossipTown; one: GossipPeer; other: GossipPeer; fall: () => void } {
    const town = new GossipTown(2)
    town.linkAll()
    const [one, other] = town.peers as [GossipPeer, GossipPeer]
    for (let key = 0; key < 5; key++) town.write(one)
    town.pass(3_000)
    const fall = (): void => {
      const log = new TestLog(other.log.state.roster)
      other.log.state.chains.clear()
      other.log.state.byClient.clear()
      other.log.state.applied.length = 0
      other.log.document.clocks.clear()
      other.log.document.applied.length = 0
      expect(log.state.chains.size).toBe(0)
      town.tell(one, { type: 'heads', link: other.me, answer: false, seen: 1_000, heads: [], now: town.now })
    }
    return { town, one, other, fall }
  }

  test('are believed: what was acknowledged is sent again, and counts as unshared until then', () => {
    const { town, one, other, fall } = fallen()
    const chain = chainOf({ device: one.who.device, writer: one.author.writer })
    fall()
    expect(linkOf(one, other).acked.get(chain)).toBe(0)
    expect(sharedSeq(one.gossip, chain, one.who.device)).toBe(0)
    town.pass(1_000)
    expect(town.heldBy(other)).toBe(5)
  })

  test('bring at most one full send per ten seconds and link', () => {
    const { town, one, other, fall } = fallen()
    let sends = 0
    for (let second = 0; second < 30; second++) {
      const before = town.sent.length
      fall()
      town.settle()
      sends += town
        .entriesSince(before)
        .filter(({ from, parcel }) => from === one && parcel.entries.some(({ seq }) => seq === 1)).length
      town.now += 1_000
    }
    expect(sends).toBe(3)
    expect(other.log.state.chains.size).toBeLessThanOrEqual(1)
  })

  test('are found by the digest at rest when nobody says anything more', () => {
    const town = new GossipTown(2)
    town.linkAll()
    const [one, other] = town.peers as [GossipPeer, GossipPeer]
    town.write(one)
    town.pass(2_500)
    town.ignores = (peer) => peer === other
    town.write(one)
    town.pass(100)
    town.ignores = () => false
    town.pass(30_000)
    expect(town.heldBy(other)).toBe(2)
  })
})

describe('digests', () => {
  test('that are equal end in silence', () => {
    const town = new GossipTown(3)
    town.linkAll()
    for (const peer of town.peers) town.write(peer)
    town.pass(30_000)
    const before = town.sent.length
    town.pass(3_600_000)
    expect(town.sent.length).toBe(before)
  })

  test('tell everybody once of a roster that grew, and then end in silence', () => {
    const town = new GossipTown(3)
    town.linkAll()
    const [first] = town.peers as [GossipPeer]
    town.write(first)
    town.pass(30_000)
    const before = town.sent.length
    first.log.state.roster.takeJoin(joinOf(person('Dee'), 'editor'))
    for (const peer of town.peers) town.tell(peer, { type: 'roster-grew', now: town.now })
    town.pass(3_600_000)
    expect(town.messagesSince(before, 'digest')).toHaveLength(3 * 2)
    expect(town.sent).toHaveLength(before + 3 * 2)
  })

  test('equal heads and unequal text are told as diverged, on both sides', () => {
    const town = new GossipTown(2)
    town.linkAll()
    town.write(town.peers[0]!)
    town.pass(500)
    town.peers[1]!.log.document.clocks.set(99, 1)
    town.pass(5_000)
    for (const peer of town.peers) expect(peer.outputs.some(({ type }) => type === 'diverged')).toBe(true)
  })

  test('a fork is proven to both sides by the entries at the head', () => {
    const town = new GossipTown(2)
    const [one, other] = town.peers as [GossipPeer, GossipPeer]
    const liar = town.peers[0]!.author
    const [first, second] = [liar.seal('profile', new Uint8Array(1)), liar.seal('profile', new Uint8Array(2))]
    one.log.receive(first)
    other.log.receive(second)
    town.link(one, other)
    town.pass(1_000)
    const proof = { winner: { id: [first.id, second.id].sort()[0] } }
    for (const peer of [one, other])
      expect(peer.log.state.chains.get(chainOf(first))?.fork).toMatchObject(proof)
  })
})

test('links that open, close and lose what is under way end with everybody holding everything', () => {
  const story = fc.array(
    fc.record({ what: fc.nat(9), one: fc.nat(4), other: fc.nat(4), wait: fc.nat(800) }),
    { maxLength: 40 },
  )
  fc.assert(
    fc.property(story, (steps) => {
      const town = new GossipTown(5)
      town.linkAll()
      let written = 0
      for (const { what, one, other, wait } of steps) {
        const [from, to] = [town.peers[one]!, town.peers[other]!]
        if (what < 6) {
          town.write(from)
          written++
        } else if (from !== to) {
          town.unlink(from, to)
          if (what > 7) town.link(from, to)
        }
        if (what % 2 === 0) town.pass(wait)
      }
      town.linkAll()
      town.pass(60_000)
      for (const peer of town.peers) expect(town.heldBy(peer)).toBe(written)
    }),
    { numRuns: 25 },
  )
})

describe('along the rings of a crowd', () => {
  test.each([20, 128])(
    'of %i, after ten keys an author costs one message with entries for everybody else',
    (size) => {
      const town = new GossipTown(size)
      const ring = ringOf(town.peers.map(({ me }) => me))
      const peerOf = new Map(town.peers.map((peer) => [peer.me, peer]))
      for (const one of town.peers) {
        for (const other of wantedLinks(one.me, ring))
          if (one.me < other) town.link(one, peerOf.get(other) as GossipPeer)
      }
      town.settle()
      const [author] = town.peers as [GossipPeer]
      for (let key = 0; key < 10; key++) {
        town.write(author)
        town.pass(100)
      }
      const before = town.sent.length
      for (let key = 0; key < 20; key++) {
        town.write(author)
        town.pass(100)
      }
      expect(town.entriesSince(before).length / 20).toBe(size - 1)
      for (const peer of town.peers) expect(town.heldBy(peer)).toBe(30)
    },
  )

  test('in a burst of fifty joins nobody sends the document more than four times, and all have it in seconds', () => {
    const town = new GossipTown(51)
    const [full] = town.peers as [GossipPeer]
    for (let paragraph = 0; paragraph < 13; paragraph++) town.write(full, { weight: 10_000 })
    const ring = ringOf(town.peers.map(({ me }) => me))
    const peerOf = new Map(town.peers.map((peer) => [peer.me, peer]))
    for (const one of town.peers) {
      if (one !== full) town.link(full, one)
      for (const other of wantedLinks(one.me, ring))
        if (one.me < other && one !== full && other !== full.me)
          town.link(one, peerOf.get(other) as GossipPeer)
      town.pass(20)
    }
    town.pass(3_000)
    for (const peer of town.peers) expect(town.heldBy(peer)).toBe(13)
    const sends = town.peers.map((peer) => {
      const own = town.entriesSince(0).filter(({ from }) => from === peer)
      return own.reduce((sum, { parcel }) => sum + parcel.entries.length, 0) / 13
    })
    expect(Math.max(...sends)).toBeLessThanOrEqual(4)
    expect(sends.reduce((sum, each) => sum + each)).toBeLessThanOrEqual(2 * 50)
  })
})

describe('a link in place of another one to the same side', () => {
  test('is in step as that one was, while what both hold is compared anew', () => {
    const town = new GossipTown(2)
    town.linkAll()
    const [ada, ben] = town.peers as [GossipPeer, GossipPeer]
    town.write(ada)
    town.pass(3_000)
    town.link(ada, ben)
    expect(linkOf(ben, ada).compared).toBe(true)
    town.settle()
    expect([isCaughtUp(ada.gossip, linkOf(ada, ben)), isCaughtUp(ben.gossip, linkOf(ben, ada))]).toEqual([
      true,
      true,
    ])
  })

  test('is not, where that one was not', () => {
    const town = new GossipTown(2)
    const [ada, ben] = town.peers as [GossipPeer, GossipPeer]
    town.link(ada, ben)
    town.link(ada, ben)
    expect(linkOf(ben, ada).compared).toBe(false)
  })
})

describe('two who were told different histories of one writer', () => {
  /** Both hold two entries of Cyd's, of which the second differs; the checkpoint of each covers what `covered` says. */
  function told(covered: readonly number[]) {
    const town = new GossipTown(2)
    const [ada, ben] = town.peers as [GossipPeer, GossipPeer]
    const common = new Author(cyd)
    common.edit()
    for (const [n, peer] of town.peers.entries()) {
      const branch = new Author(cyd)
      const { prev, seq } = { prev: common.entries[0]?.id as EntryId, seq: 2 }
      const second = branch.seal('edit', bodyOf({ clock: 1, length: 1 + n }), { prev, seq })
      peer.log.receive(...common.entries, second)
      const place = { device: cyd.device, writer: common.writer }
      const upTo = covered[n] ?? 0
      const id = upTo === 1 ? prev : second.id
      if (upTo > 0)
        liftBases(peer.log.state, {
          heads: [{ ...place, seq: upTo, id, nextClock: upTo }],
          free: [],
          rosterSeq: 3,
        })
    }
    town.linkAll()
    const areSplit = (): readonly boolean[] => [
      isSplit(ada.gossip, linkOf(ada, ben)),
      isSplit(ben.gossip, linkOf(ben, ada)),
    ]
    return { town, areSplit }
  }

  test.each([
    ['of both', [2, 2]],
    ['of one', [0, 2]],
  ])('say so where the checkpoint %s covers the place', (_what, covered) => {
    const { town, areSplit } = told(covered)
    expect(areSplit()).toEqual([false, false])
    town.pass(3 * FULL_SEND_PAUSE_MS)
    expect(areSplit()).toEqual([true, true])
  })

  test.each([
    ['none', [0, 0]],
    ['one that ends before', [1, 0]],
  ])('come to the proof of it with %s', (_what, covered) => {
    const { town, areSplit } = told(covered)
    town.pass(20_000)
    for (const { log } of town.peers)
      expect([...log.state.chains.values()].map(({ fork }) => fork?.seq)).toEqual([2])
    expect(areSplit()).toEqual([false, false])
  })
})
