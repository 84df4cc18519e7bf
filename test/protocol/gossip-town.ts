/**
 * Peers that gossip over a network of arrays: messages of one link arrive in order, time is turned by hand, and
 * every message is counted. Logs are real, documents are not. Not here: records, lanes, rosters that differ.
 */
import { type InstanceId, idOf } from '../../src/base/ids.ts'
import type { Chain } from '../../src/protocol/chain.ts'
import { step } from '../../src/protocol/gossip.ts'
import {
  type GossipInput,
  type GossipOutput,
  type GossipState,
  startGossip,
} from '../../src/protocol/gossip-state.ts'
import type { LogOutput } from '../../src/protocol/log.ts'
import type { Entry } from '../../src/wire/entry.ts'
import { chainOf } from '../../src/wire/heads.ts'
import type { Message } from '../../src/wire/message.ts'
import { fixedBytes } from '../crypto/twin.ts'
import { Author, type FakeUpdate, fullRoster, type Person, person, TestLog } from './log-fixture.ts'

const ROUND_MS = 10

type Parcel =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'entries'; readonly lane: 'live' | 'bulk'; readonly entries: readonly Entry[] }

export interface Sent {
  readonly from: GossipPeer
  readonly to: InstanceId
  readonly at: number
  readonly parcel: Parcel
}

export class GossipPeer {
  readonly me: InstanceId
  readonly who: Person
  readonly author: Author
  readonly log: TestLog
  gossip: GossipState
  wakeAt = Number.POSITIVE_INFINITY
  readonly outputs: GossipOutput[] = []

  constructor(who: Person, log: TestLog) {
    this.who = who
    this.author = new Author(who)
    this.me = idOf<InstanceId>(fixedBytes(`instance ${who.certificate.name}`, 8))
    this.log = log
    const writing = (): Chain | undefined =>
      log.state.chains.get(chainOf({ device: who.device, writer: this.author.writer }))
    this.gossip = startGossip(log.state, this.me, writing)
  }
}

export class GossipTown {
  readonly peers: readonly GossipPeer[]
  readonly sent: Sent[] = []
  now = 1_000_000
  readonly #wires = new Map<string, Parcel[]>()
  readonly #linked = new Set<string>()
  /** Who drops the entries that come, as behind a bound on what is parked or laid aside. */
  ignores: (peer: GossipPeer) => boolean = () => false

  /** Messages that a peer should send and does not. */
  mutes: (peer: GossipPeer, message: Message) => boolean = () => false

  constructor(size: number) {
    const people = Array.from({ length: size }, (_, index) => person(`peer ${index}`))
    const roster = fullRoster(people)
    this.peers = people.map((who) => new GossipPeer(who, new TestLog(roster)))
  }

  linkAll(): void {
    this.peers.forEach((one, index) => {
      for (const other of this.peers.slice(index + 1)) this.link(one, other)
    })
    this.settle()
  }

  link(one: GossipPeer, other: GossipPeer): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      this.#linked.add(from.me + to.me)
      this.#wires.set(from.me + to.me, [])
      this.tell(from, { type: 'linked', link: to.me, device: to.who.device, now: this.now })
    }
  }

  unlink(one: GossipPeer, other: GossipPeer): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      this.#linked.delete(from.me + to.me)
      this.#wires.set(from.me + to.me, [])
      this.tell(from, { type: 'unlinked', link: to.me, now: this.now })
    }
  }

  /** This peer writes something. */
  write(peer: GossipPeer, update: Partial<FakeUpdate> = {}): Entry {
    const clock = peer.author.clock
    const entry = peer.author.edit(update)
    const outputs = peer.log.author(peer.author, { clock, length: 1, ...update })
    this.#tellLog(peer, outputs, undefined)
    return entry
  }

  tell(peer: GossipPeer, input: GossipInput): void {
    for (const output of step(peer.gossip, input).outputs) this.#perform(peer, output)
  }

  /** Delivers until nothing is under way; time stands still. */
  settle(): void {
    for (let busy = true; busy; ) {
      busy = false
      for (const peer of this.peers) {
        for (const other of this.peers) {
          const parcel = this.#wires.get(peer.me + other.me)?.shift()
          if (parcel === undefined) continue
          busy = true
          this.#arrive(peer, other, parcel)
        }
      }
    }
  }

  /** Lets time go by, with everything arriving in rounds. */
  pass(millis: number): void {
    const end = this.now + millis
    while (this.now < end) {
      this.settle()
      const next = Math.min(...this.peers.map((peer) => peer.wakeAt))
      this.now = Math.min(end, Math.max(this.now + ROUND_MS, next))
      for (const peer of this.peers) {
        if (peer.wakeAt > this.now) continue
        peer.wakeAt = Number.POSITIVE_INFINITY
        this.tell(peer, { type: 'tick', now: this.now })
      }
    }
    this.settle()
  }

  /** Entry messages sent since `from` in `sent`. */
  entriesSince(from: number): readonly (Sent & { readonly parcel: { readonly kind: 'entries' } })[] {
    return this.sent.slice(from).filter((sent): sent is never => sent.parcel.kind === 'entries')
  }

  messagesSince(from: number, type: Message['type']): readonly Sent[] {
    return this.sent
      .slice(from)
      .filter(({ parcel }) => parcel.kind === 'message' && parcel.message.type === type)
  }

  heldBy(peer: GossipPeer): number {
    return [...peer.log.state.chains.values()].reduce(
      (sum, chain) => sum + chain.base + chain.entries.length,
      0,
    )
  }

  #arrive(from: GossipPeer, to: GossipPeer, parcel: Parcel): void {
    if (parcel.kind === 'message') this.#message(from, to, parcel.message)
    else {
      if (parcel.lane === 'bulk') this.tell(from, { type: 'hungry', link: to.me })
      this.tell(to, { type: 'entries-came', link: from.me, bytes: 1, lane: parcel.lane })
      if (!this.ignores(to)) this.#tellLog(to, to.log.receive(...parcel.entries), from.me)
    }
  }

  #message(from: GossipPeer, to: GossipPeer, message: Message): void {
    const link = from.me
    switch (message.type) {
      case 'digest':
        return this.tell(to, { type: 'digest', link, digest: message, now: this.now })
      case 'heads':
      case 'ack':
      case 'sending':
        return this.tell(to, { ...message, link, now: this.now })
      case 'prune':
      case 'graft':
        return this.tell(to, { ...message, link })
      default:
        throw new Error(`gossip does not send ${message.type}`)
    }
  }

  #tellLog(peer: GossipPeer, outputs: readonly LogOutput[], from: InstanceId | undefined): void {
    for (const output of outputs) {
      if (output.type === 'held') this.tell(peer, { type: 'held', entry: output.entry, from, now: this.now })
      else if (output.type === 'duplicate' && from !== undefined)
        this.tell(peer, { type: 'duplicate', entry: output.entry, from })
      else if (output.type === 'gap' && from !== undefined)
        this.tell(peer, { type: 'gap', link: from, now: this.now })
    }
  }

  #perform(peer: GossipPeer, output: GossipOutput): void {
    peer.outputs.push(output)
    if (output.type === 'send' && this.mutes(peer, output.message)) return
    if (output.type === 'send') this.#send(peer, output.link, { kind: 'message', message: output.message })
    else if (output.type === 'send-entries')
      this.#send(peer, output.link, { kind: 'entries', lane: output.lane, entries: output.entries })
    else if (output.type === 'wake') peer.wakeAt = Math.min(peer.wakeAt, output.at)
    else if (output.type === 'digest-wanted')
      this.tell(peer, {
        type: 'state-digest',
        digest: new Uint8Array(16).fill(peer.log.document.clocks.size),
      })
  }

  #send(from: GossipPeer, to: InstanceId, parcel: Parcel): void {
    this.sent.push({ from, to, at: this.now, parcel })
    this.#wires.get(from.me + to)?.push(parcel)
  }
}
