/**
 * The links of one session and everything that is said on them once both sides are members: roster, gossip,
 * blobs, presence. The driver of gossip and presence; the replica below decides what counts.
 *
 * Invariant: a peer's fault closes that peer's link and touches no other.
 */
import type { BlobId, DeviceId, InstanceId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import { isCatchingUp, isCaughtUp } from '../protocol/comparing.ts'
import { step } from '../protocol/gossip.ts'
import {
  type GossipInput,
  type GossipOutput,
  type GossipState,
  startGossip,
} from '../protocol/gossip-state.ts'
import { type Ring, ringOf } from '../protocol/overlay.ts'
import * as presenceCore from '../protocol/presence.ts'
import { pieceCount, sealPiece } from '../wire/blob.ts'
import type { BlobReference } from '../wire/checkpoint.ts'
import type { Entry } from '../wire/entry.ts'
import { MAX_CARRY_HOPS, MAX_INSTANCES } from '../wire/limits.ts'
import type { Message } from '../wire/message.ts'
import type { Presence } from '../wire/presence.ts'
import { isViolation, type Violation, violation } from '../wire/violation.ts'
import type { Environment } from './environment.ts'
import { Inbox } from './inbox.ts'
import type { PeerLink, PeerLinkListener } from './peer-link.ts'
import type { Replica, ServedCheckpoint } from './replica.ts'

export interface MeshPeer {
  readonly link: PeerLink
  readonly device: DeviceId
  readonly since: Millis
  rtt: Millis | undefined
  path: 'direct' | 'relay' | 'unknown'
  /** Pieces of a blob we are handing over, pulled as the bulk lane has room. */
  serving: { readonly checkpoint: ServedCheckpoint; next: number } | undefined
}

export interface MeshListener {
  changed(): void
  rosterChanged(): void
  presence(output: Extract<presenceCore.PresenceOutput, { type: 'shown' | 'hidden' }>): void
  /** Somebody knows no way to us: we say again that we are here. */
  missedHere(): void
  /** A blob of an introduction came for us. */
  carried(from: InstanceId, device: DeviceId, blob: Uint8Array): void
  violated(violation: Violation, device: DeviceId | undefined): void
  linked(peer: MeshPeer): void
  unlinked(peer: MeshPeer): void
  /** Equal histories, unequal texts. */
  diverged(peer: MeshPeer): void
  acknowledged(): void
}

interface Fetch {
  readonly reference: BlobReference
  from: InstanceId | undefined
  /** Who said not to have it. */
  readonly without: Set<InstanceId>
  readonly pieces: (Uint8Array | undefined)[]
  missing: number
}

export class Mesh {
  readonly me: InstanceId
  readonly gossip: GossipState
  readonly presence: presenceCore.PresenceState
  readonly peers = new Map<InstanceId, MeshPeer>()
  readonly #environment: Environment
  readonly #replica: Replica
  readonly #listener: MeshListener
  readonly #timers = new Map<'gossip' | 'presence', { readonly at: Millis; readonly cancel: () => void }>()
  /** Whose every instance is that was ever here: a link that was cut is mended without its presence. */
  readonly #devices = new Map<InstanceId, DeviceId>()
  /** Through whom the newest presence of an instance came: the way back to it. */
  readonly #ways = new Map<InstanceId, InstanceId>()
  readonly #corrected = new WeakSet<MeshPeer>()
  #fetch: Fetch | undefined
  #closed = false

  constructor(environment: Environment, replica: Replica, me: InstanceId, listener: MeshListener) {
    this.me = me
    this.#environment = environment
    this.#replica = replica
    this.#listener = listener
    this.gossip = startGossip(replica.log, me)
    const { crypto } = environment
    this.presence = presenceCore.startPresence({
      crypto,
      session: replica.roster.session,
      roster: replica.roster,
      me,
    })
  }

  // Links ------------------------------------------------------------------------------------------------------

  /** Takes over a proven link to a member. An older link to the same instance gives way. */
  add(link: PeerLink, device: DeviceId): void {
    this.peers.get(link.remote)?.link.close()
    const peer: MeshPeer = {
      link,
      device,
      since: this.#now(),
      rtt: undefined,
      path: 'unknown',
      serving: undefined,
    }
    link.listen(this.#listenerFor(peer))
    this.peers.set(link.remote, peer)
    this.#remember(link.remote, device)
    link.channel.route().then(
      (path) => {
        peer.path = path
        this.#listener.changed()
      },
      () => undefined,
    )
    this.#step({ type: 'linked', link: link.remote, device, now: this.#now() })
    this.#fetch?.without.delete(link.remote)
    if (this.#fetch?.from === undefined) this.#fetchFromAnybody()
    for (const { presence, encoded, doubtedAt } of this.presence.seen.values()) {
      const { instance, counter } = presence
      if (instance !== link.remote) link.send({ type: 'presence', presence: encoded })
      else if (doubtedAt !== undefined) link.send({ type: 'missed', instance, counter })
    }
    this.#listener.linked(peer)
    this.#listener.changed()
  }

  closeAll(): void {
    this.#closed = true
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    for (const peer of [...this.peers.values()]) peer.link.close()
    this.peers.clear()
  }

  send(message: Message): void {
    for (const peer of this.peers.values()) peer.link.send(message)
  }

  /** What we owe others to know, said before we go: else they think that nobody else has their last words. */
  acknowledge(): void {
    this.gossip.ackDue = this.#now()
    this.#step({ type: 'tick', now: this.#now() })
  }

  sendProof(proof: readonly [Entry, Entry]): void {
    for (const entry of proof) for (const peer of this.peers.values()) peer.link.sendEntries([entry], 'live')
    for (const link of this.gossip.links.values()) link.entriesSent += proof.length
  }

  sendRoster(to?: InstanceId): void {
    const { records, joins } = this.#replica.roster.encoded()
    const peers = to === undefined ? this.peers.values() : [this.peers.get(to)]
    for (const peer of peers) peer?.link.send({ type: 'roster', records, joins })
  }

  /** Everything is the same here and there. */
  isEvenWith(peer: MeshPeer): boolean {
    const link = this.gossip.links.get(peer.link.remote)
    return link !== undefined && isCaughtUp(this.gossip, link) && this.#fetch === undefined
  }

  get catchingUp(): number {
    let links = 0
    for (const link of this.gossip.links.values()) if (isCatchingUp(link)) links++
    return this.#fetch === undefined ? links : Math.max(1, links)
  }

  /** Bytes still to come or to go, as far as known. */
  bytesLeft(): number {
    let bytes = 0
    for (const link of this.gossip.links.values()) bytes = Math.max(bytes, link.announced)
    if (this.#fetch !== undefined)
      bytes = Math.max(bytes, (this.#fetch.missing / this.#fetch.pieces.length) * this.#fetch.reference.size)
    for (const peer of this.peers.values()) bytes = Math.max(bytes, peer.link.queuedBytes())
    return Math.round(bytes)
  }

  #listenerFor(peer: MeshPeer): PeerLinkListener {
    const { soon, clock } = this.#environment
    const inbox = new Inbox(soon ?? ((work) => clock.wakeAfter(0, work)))
    return {
      proven: () => undefined,
      message: (message) => inbox.take(() => this.#message(peer, message)),
      entries: (entries, bytes, lane) => {
        const work = (): void => this.#entriesCame(peer, entries, bytes)
        if (lane === 'bulk') inbox.takeLater(work)
        else inbox.take(work)
      },
      hungry: () => this.#hungry(peer),
      alive: (rtt) => {
        if (rtt !== undefined) peer.rtt = rtt
        if (rtt !== undefined) this.#listener.changed()
      },
      closed: (because) =>
        this.#unlinked(peer, because !== undefined && isViolation(because) ? because : undefined),
    }
  }

  #entriesCame(peer: MeshPeer, entries: readonly Entry[], bytes: number): void {
    if (this.#closed) return
    this.#step({ type: 'entries-came', link: peer.link.remote, bytes })
    this.#replica.receive(entries, peer.link.remote)
    this.#dropFetchInVain()
    this.#listener.changed()
  }

  #unlinked(peer: MeshPeer, fault: Violation | undefined): void {
    const remote = peer.link.remote
    if (this.peers.get(remote) !== peer) return
    this.peers.delete(remote)
    if (fault !== undefined) this.#listener.violated(fault, peer.device)
    this.#step({ type: 'unlinked', link: remote, now: this.#now() })
    this.#doubtBehind(remote)
    if (this.#fetch?.from === remote) this.#fetchFromAnybody()
    if (this.#closed) return
    this.#listener.unlinked(peer)
    this.#listener.changed()
  }

  /** The log found a fault in what came on this link. */
  fault(found: Violation, from: InstanceId | undefined): void {
    const peer = from === undefined ? undefined : this.peers.get(from)
    if (peer === undefined) this.#listener.violated(found, undefined)
    else peer.link.close(found)
  }

  // Messages ---------------------------------------------------------------------------------------------------

  #message(peer: MeshPeer, message: Parameters<PeerLinkListener['message']>[0]): void {
    if (this.#closed) return
    const link = peer.link.remote
    switch (message.type) {
      case 'roster':
        return this.#rosterCame(peer, message)
      case 'digest':
        return this.#step({ type: 'digest', link, digest: message, now: this.#now() })
      case 'heads':
        return this.#step({ ...message, link, now: this.#now() })
      case 'ack':
      case 'sending':
        return this.#step({ ...message, link })
      case 'prune':
      case 'graft':
        return this.#step({ ...message, link })
      case 'presence':
        return this.#stepPresence({ type: 'received', bytes: message.presence }, peer)
      case 'blob-want':
        return this.#serveBlob(peer, message.blob, message.from)
      case 'blob-piece':
        return this.#pieceCame(peer, message)
      case 'blob-missing':
        return this.#blobMissing(link, message.blob)
      case 'carry':
        return this.#carry(peer, message)
      case 'missed': {
        const missed = this.peers.get(message.instance)
        const linked = missed !== undefined
        // it is well, and says so to everybody
        missed?.link.send(message)
        return this.#stepPresence({ ...message, linked, now: this.#now() }, peer)
      }
      case 'invitation':
      case 'join':
      case 'refusal':
      case 'welcome':
        return peer.link.close(
          violation('unexpected', `a message of joining (${message.type}) from a member`),
        )
      default:
        return message satisfies never
    }
  }

  #rosterCame(peer: MeshPeer, message: Extract<Message, { type: 'roster' }>): void {
    const taken = this.#replica.roster.take(message.records, message.joins)
    if (taken.fault !== undefined) peer.link.close(taken.fault)
    if (!taken.changed) return
    this.#listener.rosterChanged()
    this.#replica.rosterGrew()
    for (const other of this.peers.values()) if (other !== peer) this.sendRoster(other.link.remote)
  }

  // Gossip -----------------------------------------------------------------------------------------------------

  #step(input: GossipInput): void {
    for (const output of step(this.gossip, input).outputs) this.#perform(output)
  }

  /** What the replica has to tell. */
  tell(input: GossipInput): void {
    this.#step(input)
  }

  #perform(output: GossipOutput): void {
    switch (output.type) {
      case 'send':
        return this.peers.get(output.link)?.link.send(output.message)
      case 'send-entries':
        return this.peers.get(output.link)?.link.sendEntries(output.entries, output.lane)
      case 'needs-checkpoint':
        return this.#serveCheckpoint(output.link)
      case 'digest-wanted':
        return this.#step({ type: 'state-digest', digest: this.#replica.digest() })
      case 'diverged':
        return this.#diverged(output.link)
      case 'roster-differs':
        return this.sendRoster(output.link)
      case 'acknowledged':
        return this.#listener.acknowledged()
      case 'wake':
        return this.#wake('gossip', output.at, () => this.#step({ type: 'tick', now: this.#now() }))
      default:
        return output satisfies never
    }
  }

  #diverged(link: InstanceId): void {
    const peer = this.peers.get(link)
    if (peer !== undefined) this.#listener.diverged(peer)
  }

  #wake(name: 'gossip' | 'presence', at: Millis, tick: () => void): void {
    const timer = this.#timers.get(name)
    if (this.#closed || (timer !== undefined && timer.at <= at)) return
    timer?.cancel()
    const cancel = this.#environment.clock.wakeAfter(Math.max(0, at - this.#now()), () => {
      this.#timers.delete(name)
      tick()
    })
    this.#timers.set(name, { at, cancel })
  }

  #now(): Millis {
    return this.#environment.clock.now()
  }

  // Checkpoints and blobs ----------------------------------------------------------------------------------------

  /** Gives our own checkpoint to a peer that believes another; once a link. */
  correct(to: InstanceId): void {
    const peer = this.peers.get(to)
    if (peer === undefined || this.#corrected.has(peer)) return
    this.#corrected.add(peer)
    this.#serveCheckpoint(to)
  }

  #serveCheckpoint(to: InstanceId): void {
    const peer = this.peers.get(to)
    const served = this.#replica.checkpointToServe()
    if (peer === undefined) return
    if (served === undefined) return this.#step({ type: 'cannot-serve', link: to })
    peer.link.send({ type: 'sending', bytes: served.plain.length + 1 })
    // before the entry is handed over: an idle lane is hungry again within that call
    peer.serving = { checkpoint: served, next: 0 }
    const gossipLink = this.gossip.links.get(to)
    if (gossipLink !== undefined) gossipLink.entriesSent++
    peer.link.sendEntries([served.entry], 'bulk')
  }

  #serveBlob(peer: MeshPeer, blob: BlobId, from: number): void {
    const served = this.#replica.servedBlob(blob)
    if (served === undefined) return peer.link.send({ type: 'blob-missing', blob })
    // already on its way, unless it starts anew after a fault
    if (peer.serving?.checkpoint === served && from <= peer.serving.next) return
    peer.serving = { checkpoint: served, next: from }
    if (peer.link.queuedBytes() === 0) this.#hungry(peer)
  }

  #hungry(peer: MeshPeer): void {
    const { serving } = peer
    const link = peer.link.remote
    if (serving === undefined) return this.#step({ type: 'hungry', link })
    const { checkpoint, plain } = serving.checkpoint
    if (checkpoint.state.kind === 'inline' || serving.next >= pieceCount(plain.length)) {
      peer.serving = undefined
      this.#step({ type: 'checkpoint-sent', link, heads: checkpoint.heads })
      return
    }
    const { blob, key } = checkpoint.state.reference
    const index = serving.next++
    const piece = sealPiece(this.#environment.crypto, key, plain, index)
    peer.link.send({ type: 'blob-piece', blob, index, piece }, 'bulk')
  }

  wantBlob(reference: BlobReference, from: InstanceId | undefined): void {
    if (this.#fetch?.reference.blob !== reference.blob) {
      const pieces = Array.from({ length: pieceCount(reference.size) }, () => undefined)
      this.#fetch = { reference, from: undefined, without: new Set(), pieces, missing: pieces.length }
    }
    if (from === undefined) return this.#fetchFromAnybody()
    this.#fetch?.without.delete(from)
    this.#fetchFrom(from)
  }

  #blobMissing(from: InstanceId, blob: BlobId): void {
    if (this.#fetch?.reference.blob !== blob) return
    this.#fetch.without.add(from)
    this.#fetchFromAnybody()
  }

  /** From whoever has not said to be without it; when nobody is left, from the next who links. */
  #fetchFromAnybody(): void {
    const without = this.#fetch?.without
    this.#fetchFrom([...this.peers.keys()].find((id) => without?.has(id) === false))
  }

  /** What came one by one meanwhile may be all that the blob would bring. */
  #dropFetchInVain(): void {
    if (this.#fetch !== undefined && this.#replica.awaitsBlob?.blob !== this.#fetch.reference.blob)
      this.#fetch = undefined
  }

  #fetchFrom(from: InstanceId | undefined): void {
    const fetch = this.#fetch
    if (fetch === undefined) return
    fetch.from = from
    const peer = from === undefined ? undefined : this.peers.get(from)
    const next = fetch.pieces.indexOf(undefined)
    peer?.link.send({ type: 'blob-want', blob: fetch.reference.blob, from: Math.max(0, next) })
  }

  #pieceCame(peer: MeshPeer, message: Extract<Message, { type: 'blob-piece' }>): void {
    const fetch = this.#fetch
    const gossipLink = this.gossip.links.get(peer.link.remote)
    if (gossipLink !== undefined && gossipLink.announced > 0)
      gossipLink.announced = Math.max(1, gossipLink.announced - message.piece.length)
    if (
      fetch?.reference.blob !== message.blob ||
      fetch.pieces[message.index] !== undefined ||
      message.index >= fetch.pieces.length
    )
      return
    fetch.pieces[message.index] = message.piece.slice()
    fetch.missing--
    if (fetch.missing === 0) this.#blobComplete(peer, fetch)
    this.#listener.changed()
  }

  #blobComplete(peer: MeshPeer, fetch: Fetch): void {
    this.#fetch = undefined
    const pieces = fetch.pieces.filter((piece) => piece !== undefined)
    if (!this.#replica.blobArrived(pieces))
      peer.link.close(violation('forged', 'a blob that is not what its name says'))
  }

  // Presence -----------------------------------------------------------------------------------------------------

  #stepPresence(input: presenceCore.PresenceInput, from?: MeshPeer): void {
    for (const output of presenceCore.step(this.presence, input).outputs) {
      if (output.type === 'violation') from?.link.close(output.violation)
      else if (output.type === 'doubted') this.#tellMissed(output, from)
      else if (output.type === 'missed-me') this.#listener.missedHere()
      else if (output.type === 'repeated') this.#repeated(output.device, from)
      else if (output.type === 'wake')
        this.#wake('presence', output.at, () => this.#stepPresence({ type: 'tick', now: this.#now() }))
      else {
        this.#remember(output.presence.instance, output.presence.device)
        if (output.type === 'shown' && from !== undefined)
          this.#ways.set(output.presence.instance, from.link.remote)
        if (output.encoded !== undefined) this.#relayPresence(output.presence, output.encoded, from)
        this.#listener.presence(output)
      }
    }
  }

  /** Who was heard of too early may be known now. */
  rosterGrew(): void {
    this.#stepPresence({ type: 'roster-grew' })
  }

  /** Who is here reaches those who are not linked to them, along the same pruned ways as entries. */
  #relayPresence({ device, instance }: Presence, presence: Uint8Array, from: MeshPeer | undefined): void {
    for (const peer of this.peers.values()) {
      if (peer === from || peer.link.remote === instance) continue
      if (this.gossip.links.get(peer.link.remote)?.pruned.has(device) === true) continue
      peer.link.send({ type: 'presence', presence })
    }
  }

  #repeated(device: DeviceId, from: MeshPeer | undefined): void {
    if (from !== undefined) this.#step({ type: 'redundant', link: from.link.remote, device })
  }

  /** Everybody the lost link was the way to may be gone too. */
  #doubtBehind(remote: InstanceId): void {
    const behind = [...this.presence.seen.keys()].filter(
      (one) => one === remote || this.#ways.get(one) === remote,
    )
    for (const instance of behind) {
      if (instance !== remote && this.peers.has(instance)) continue
      this.#ways.delete(instance)
      this.#stepPresence({ type: 'lost', instance, now: this.#now() })
    }
  }

  #tellMissed(
    { instance, counter }: { instance: InstanceId; counter: number },
    from: MeshPeer | undefined,
  ): void {
    for (const peer of this.peers.values())
      if (peer !== from) peer.link.send({ type: 'missed', instance, counter })
  }

  #remember(instance: InstanceId, device: DeviceId): void {
    this.#devices.set(instance, device)
    for (const oldest of this.#devices.keys()) {
      if (this.#devices.size <= MAX_INSTANCES) return
      this.#devices.delete(oldest)
      this.#ways.delete(oldest)
    }
  }

  // Introductions ------------------------------------------------------------------------------------------------

  /** For an instance we are not linked to: along the way its presence came, or to every neighbour when none is known. */
  carry(to: InstanceId, blob: Uint8Array): void {
    const way = this.#wayTo(to)
    const message = { type: 'carry', to, from: this.me, hops: MAX_CARRY_HOPS, blob } as const
    for (const peer of way === undefined ? this.peers.values() : [way]) peer.link.send(message)
  }

  #wayTo(instance: InstanceId): MeshPeer | undefined {
    const way = this.#ways.get(instance)
    return this.peers.get(instance) ?? (way === undefined ? undefined : this.peers.get(way))
  }

  #carry(peer: MeshPeer, message: Extract<Message, { type: 'carry' }>): void {
    const { to, from, blob } = message
    const device = this.#devices.get(from)
    if (to === this.me) {
      if (device !== undefined) this.#listener.carried(from, device, blob)
      return
    }
    const way = this.#wayTo(to)
    if (way !== peer && message.hops > 0) way?.link.send({ ...message, hops: message.hops - 1 })
  }

  /** Everybody who is here, ourselves included, as far as we have heard. */
  ring(): Ring {
    return ringOf([this.me, ...this.peers.keys(), ...this.presence.seen.keys()])
  }

  deviceOf(instance: InstanceId): DeviceId | undefined {
    return this.#devices.get(instance)
  }

  hasDevice(device: DeviceId): boolean {
    for (const peer of this.peers.values()) if (peer.device === device) return true
    return false
  }
}
