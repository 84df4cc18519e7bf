/**
 * Thousands of peers in one thread: the real log, gossip and overlay of each, over virtual time and links that only take
 * time. One of them writes; presence and dialing are left out: who is there is known to everybody a moment after it changed.
 * Not here: whole sessions (story.ts).
 */
import { EMPTY } from '../../src/base/bytes.ts'
import { type DeviceId, type InstanceId, idOf, type WriterId } from '../../src/base/ids.ts'
import type { Millis } from '../../src/base/ports.ts'
import type { Crypto, SignKeys } from '../../src/crypto/crypto.ts'
import { heldSeq } from '../../src/protocol/chain.ts'
import type { Evaluator } from '../../src/protocol/evaluation.ts'
import * as gossip from '../../src/protocol/gossip.ts'
import {
  type GossipInput,
  type GossipOutput,
  type GossipState,
  startGossip,
} from '../../src/protocol/gossip-state.ts'
import { type LogOutput, type LogState, startLog, step } from '../../src/protocol/log.ts'
import { type Ring, ringOf, wantedLinks } from '../../src/protocol/overlay.ts'
import { Roster } from '../../src/protocol/roster.ts'
import { deviceIdOf } from '../../src/wire/certificate.ts'
import { type Entry, sizeOfEntry } from '../../src/wire/entry.ts'
import type { Message } from '../../src/wire/message.ts'
import { NO_RECORD, type RosterContent, sessionIdOf, signRecord } from '../../src/wire/roster-record.ts'
import { type Chance, chanceFrom } from './chance.ts'
import { keyedHash } from './keyed-hash.ts'
import { VirtualTime } from './time.ts'

interface Peer {
  readonly id: InstanceId
  readonly device: DeviceId
  readonly log: LogState
  readonly gossip: GossipState
  /** One way to each, in ms; the same both ways. */
  readonly links: Map<InstanceId, Millis>
  wakeAt: Millis
  phase: 'here' | 'gone'
}

/** How far each entry came: by how many hops it reached each peer, and how often it was sent. */
export interface Spread {
  readonly hops: Map<InstanceId, number>
  sends: number
}

const KEY = new Uint8Array(32).fill(7)
/** What an entry's update needs and brings is of no interest here. */
const EVALUATOR: Evaluator = {
  inspect: () => ({ clock: 0, end: 0, ownNeed: 0, needs: [] }),
  apply: () => 'applied',
  together: (work) => work(),
}

export class Crowd {
  readonly time = new VirtualTime()
  readonly peers = new Map<InstanceId, Peer>()
  readonly author: Peer
  readonly #crypto: Crypto
  readonly #chance: Chance
  readonly #roster: Roster
  readonly #sign: SignKeys
  readonly #writer: WriterId
  #spread: Spread = { hops: new Map(), sends: 0 }

  constructor(size: number, seed: number) {
    this.#chance = chanceFrom(seed, 'crowd')
    this.#crypto = keyedHash(this.#chance)
    this.#sign = this.#crypto.signKeys()
    const founded = foundRoster(this.#crypto, this.#sign)
    this.#roster = founded.roster
    this.#writer = idOf<WriterId>(this.#chance.bytes(8))
    this.author = this.#settle(founded.owner)
    while (this.peers.size < size) this.#settle(idOf<DeviceId>(this.#chance.bytes(16)))
    this.relink()
  }

  get here(): Peer[] {
    return [...this.peers.values()].filter(({ phase }) => phase === 'here')
  }

  /** Everybody links to whom the overlay says, and lets go of the others. */
  relink(): void {
    const { here } = this
    const ring = ringOf(here.map(({ id }) => id))
    for (const peer of here) for (const id of wantedLinks(peer.id, ring)) this.#link(peer, this.#peer(id))
    for (const peer of here) for (const id of [...peer.links.keys()]) this.#letGo(peer, id, ring)
  }

  /** So many of them, never the author, are gone at once; their neighbours hear of it. */
  kill(share: number): void {
    for (const peer of this.here) {
      if (peer === this.author || this.#chance.number() >= share) continue
      peer.phase = 'gone'
      for (const id of peer.links.keys()) this.#unlink(this.#peer(id), peer.id)
      peer.links.clear()
    }
  }

  /** The author writes one entry: what became of it, once nothing is under way. */
  press(): Spread {
    const spread: Spread = { hops: new Map([[this.author.id, 0]]), sends: 0 }
    this.#spread = spread
    const keys = { device: this.author.device, sign: this.#sign }
    const input = { kind: 'edit', body: EMPTY, writer: this.#writer, keys, now: this.time.now() } as const
    this.#logged(this.author, step(this.author.log, { type: 'author', ...input }).outputs, undefined)
    this.time.passAtOnce(5_000)
    return spread
  }

  /** Entries of the author that everybody here holds. */
  heldByAll(): number {
    return Math.min(
      ...this.here.map(({ log }) => Math.max(0, ...[...log.chains.values()].map((chain) => heldSeq(chain)))),
    )
  }

  #settle(device: DeviceId): Peer {
    const id = idOf<InstanceId>(this.#chance.bytes(8))
    const log = startLog({
      ...{ crypto: this.#crypto, session: this.#roster.session, roster: this.#roster },
      ...{ evaluator: EVALUATOR, entryKeyAt: () => KEY },
    })
    const peer: Peer = {
      ...{ id, device, log, gossip: startGossip(log, id), links: new Map() },
      ...{ wakeAt: Number.POSITIVE_INFINITY, phase: 'here' },
    }
    this.peers.set(id, peer)
    return peer
  }

  #peer(id: InstanceId): Peer {
    return this.peers.get(id) as Peer
  }

  #link(one: Peer, other: Peer): void {
    if (one.links.has(other.id)) return
    const delay = 20 + this.#chance.below(20)
    const now = this.time.now()
    one.links.set(other.id, delay)
    other.links.set(one.id, delay)
    this.#tell(one, { type: 'linked', link: other.id, device: other.device, now })
    this.#tell(other, { type: 'linked', link: one.id, device: one.device, now })
  }

  #letGo(peer: Peer, id: InstanceId, ring: Ring): void {
    if (wantedLinks(peer.id, ring).has(id)) return
    this.#unlink(peer, id)
    this.#unlink(this.#peer(id), peer.id)
  }

  #unlink(peer: Peer, id: InstanceId): void {
    if (!peer.links.delete(id) || peer.phase === 'gone') return
    this.#tell(peer, { type: 'unlinked', link: id, now: this.time.now() })
  }

  #tell(peer: Peer, input: GossipInput): void {
    for (const output of gossip.step(peer.gossip, input).outputs) this.#perform(peer, output)
  }

  #perform(peer: Peer, output: GossipOutput): void {
    if (output.type === 'send') this.#send(peer, output.link, (to) => this.#hear(to, peer.id, output.message))
    if (output.type === 'send-entries') this.#give(peer, output)
    if (output.type === 'wake') this.#wake(peer, output.at)
    if (output.type === 'digest-wanted') this.#tell(peer, { type: 'state-digest', digest: KEY.slice(16) })
  }

  #send(from: Peer, id: InstanceId, arrive: (to: Peer) => void): void {
    const delay = from.links.get(id)
    if (delay === undefined) return
    this.time.wakeAfter(delay, () => {
      const to = this.#peer(id)
      if (to.links.has(from.id)) arrive(to)
    })
  }

  #give(peer: Peer, { link, lane, entries }: Extract<GossipOutput, { type: 'send-entries' }>): void {
    const spread = this.#spread
    const hops = (spread.hops.get(peer.id) ?? 0) + 1
    spread.sends++
    this.#send(peer, link, (to) => {
      if (!spread.hops.has(to.id)) spread.hops.set(to.id, hops)
      this.#take(to, peer.id, entries, lane)
    })
    if (lane === 'bulk') this.time.wakeAfter(1, () => this.#tell(peer, { type: 'hungry', link }))
  }

  #take(peer: Peer, from: InstanceId, entries: readonly Entry[], lane: 'live' | 'bulk'): void {
    const bytes = entries.reduce((sum, entry) => sum + sizeOfEntry(entry), 0)
    this.#tell(peer, { type: 'entries-came', link: from, bytes, lane })
    this.#logged(peer, step(peer.log, { type: 'received', entries }).outputs, from)
  }

  #logged(peer: Peer, outputs: readonly LogOutput[], from: InstanceId | undefined): void {
    const now = this.time.now()
    for (const output of outputs) {
      if (output.type === 'held') this.#tell(peer, { type: 'held', entry: output.entry, from, now })
      if (from === undefined) continue
      if (output.type === 'duplicate') this.#tell(peer, { type: 'duplicate', entry: output.entry, from })
      if (output.type === 'gap') this.#tell(peer, { type: 'gap', link: from, now })
      if (output.type === 'violation') throw new Error(`nobody lies here: ${output.violation.detail}`)
    }
  }

  #hear(peer: Peer, link: InstanceId, message: Message): void {
    const now = this.time.now()
    switch (message.type) {
      case 'digest':
        return this.#tell(peer, { type: 'digest', link, digest: message, now })
      case 'heads':
      case 'ack':
      case 'sending':
        return this.#tell(peer, { ...message, link, now })
      case 'prune':
      case 'graft':
        return this.#tell(peer, { ...message, link })
      default:
        throw new Error(`gossip says nothing of the kind: ${message.type}`)
    }
  }

  #wake(peer: Peer, at: Millis): void {
    if (at >= peer.wakeAt || peer.phase === 'gone') return
    peer.wakeAt = at
    this.time.wakeAfter(at - this.time.now(), () => {
      if (peer.wakeAt !== at) return
      peer.wakeAt = Number.POSITIVE_INFINITY
      if (peer.phase === 'here') this.#tell(peer, { type: 'tick', now: this.time.now() })
    })
  }
}

/** A session whose owner is the author; whoever only passes on needs no place in it. */
function foundRoster(crypto: Crypto, sign: SignKeys): { readonly roster: Roster; readonly owner: DeviceId } {
  const root = crypto.signKeys()
  const owner = { signPk: sign.publicKey, dhPk: crypto.dhKeys().publicKey, name: 'Ada', color: 0 }
  const roster = new Roster(crypto, sessionIdOf(crypto, root.publicKey))
  const contents: RosterContent[] = [
    {
      type: 'create',
      rootPk: root.publicKey,
      owner,
      roots: [{ name: 'main', kind: 'text' }],
      formatting: false,
    },
    {
      type: 'epoch',
      epoch: 0,
      commitment: new Uint8Array(32),
      wraps: [],
      admitterWraps: [],
      joins: [],
      previousSealed: EMPTY,
    },
  ]
  for (const content of contents) {
    const place = {
      session: roster.session,
      seq: roster.seq + 1,
      prev: roster.seq < 0 ? NO_RECORD : roster.head,
    }
    roster.takeRecord(signRecord(crypto, place, content, root))
  }
  return { roster, owner: deviceIdOf(crypto, owner) }
}
