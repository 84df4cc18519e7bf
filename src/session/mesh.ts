/**
 * The links of one session and what is said on them once both sides are members. The driver of gossip; the
 * replica below decides what counts, blobs.ts moves large bodies, company.ts knows who is here.
 *
 * Invariant: a peer's fault closes that peer's link and touches no other.
 */
import type { DeviceId, InstanceId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import { isCatchingUp, isCaughtUp } from '../protocol/comparing.ts'
import { step } from '../protocol/gossip.ts'
import {
  type GossipInput,
  type GossipOutput,
  type GossipState,
  startGossip,
} from '../protocol/gossip-state.ts'
import type { Entry } from '../wire/entry.ts'
import type { Message } from '../wire/message.ts'
import { isViolation, type Violation, violation } from '../wire/violation.ts'
import { Blobs } from './blobs.ts'
import { Company, type CompanyListener } from './company.ts'
import type { Environment } from './environment.ts'
import { Inbox } from './inbox.ts'
import type { MeshPeer } from './mesh-peer.ts'
import type { PeerLink, PeerLinkListener } from './peer-link.ts'
import type { Replica } from './replica.ts'
import { Wake } from './wake.ts'

export type { MeshPeer } from './mesh-peer.ts'

export interface MeshListener extends CompanyListener {
  changed(): void
  rosterChanged(): void
  violated(violation: Violation, device: DeviceId | undefined): void
  linked(peer: MeshPeer): void
  unlinked(peer: MeshPeer): void
  /** Equal histories, unequal texts. */
  diverged(peer: MeshPeer): void
  acknowledged(): void
  /** What only instances of one device may say to each other; who listens checks that. */
  toldByTab(peer: MeshPeer, message: Extract<Message, { type: 'shared' | 'reach' }>): void
}

export class Mesh {
  readonly me: InstanceId
  readonly gossip: GossipState
  readonly peers = new Map<InstanceId, MeshPeer>()
  readonly company: Company
  readonly blobs: Blobs
  readonly #environment: Environment
  readonly #replica: Replica
  readonly #listener: MeshListener
  readonly #wake: Wake
  #closed = false

  constructor(environment: Environment, replica: Replica, me: InstanceId, listener: MeshListener) {
    const { crypto, clock } = environment
    this.me = me
    this.#environment = environment
    this.#replica = replica
    this.#listener = listener
    this.gossip = startGossip(replica.log, me)
    this.#wake = new Wake(clock, (now) => this.tell({ type: 'tick', now }))
    const shared = {
      ...{ crypto, gossip: this.gossip, peers: this.peers },
      step: (input: GossipInput) => this.tell(input),
    }
    this.blobs = new Blobs({ ...shared, replica, changed: () => listener.changed() })
    const { roster } = replica
    this.company = new Company({ ...shared, clock, session: roster.session, roster, me, listener })
  }

  // Links ------------------------------------------------------------------------------------------------------

  /** Takes over a proven link to a member. An older link to the same instance gives way. */
  add(link: PeerLink, device: DeviceId): void {
    this.peers.get(link.remote)?.link.close()
    const peer: MeshPeer = { link, device, since: this.#now(), rtt: undefined, path: 'unknown' }
    link.listen(this.#listenerFor(peer))
    this.peers.set(link.remote, peer)
    link.channel.route().then(
      (path) => {
        peer.path = path
        this.#listener.changed()
      },
      () => undefined,
    )
    this.tell({ type: 'linked', link: link.remote, device, now: this.#now() })
    this.blobs.linked(peer)
    this.company.linked(peer)
    this.#listener.linked(peer)
    this.#listener.changed()
  }

  closeAll(): void {
    this.#closed = true
    this.#wake.stop()
    this.company.stop()
    for (const peer of [...this.peers.values()]) peer.link.close()
    this.peers.clear()
  }

  send(message: Message): void {
    for (const peer of this.peers.values()) peer.link.send(message)
  }

  /** What we owe others to know, said before we go: else they think that nobody else has their last words. */
  acknowledge(): void {
    this.gossip.ackDue = this.#now()
    this.tell({ type: 'tick', now: this.#now() })
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

  hasDevice(device: DeviceId): boolean {
    for (const peer of this.peers.values()) if (peer.device === device) return true
    return false
  }

  /** Everything is the same here and there. */
  isEvenWith(peer: MeshPeer): boolean {
    const link = this.gossip.links.get(peer.link.remote)
    return link !== undefined && isCaughtUp(this.gossip, link) && !this.blobs.isFetching
  }

  get catchingUp(): number {
    let links = 0
    for (const link of this.gossip.links.values()) if (isCatchingUp(link)) links++
    return this.blobs.isFetching ? Math.max(1, links) : links
  }

  /** Bytes still to come or to go, as far as known. */
  bytesLeft(): number {
    let bytes = this.blobs.bytesLeft
    for (const link of this.gossip.links.values()) bytes = Math.max(bytes, link.announced)
    for (const peer of this.peers.values()) bytes = Math.max(bytes, peer.link.queuedBytes())
    return Math.round(bytes)
  }

  #listenerFor(peer: MeshPeer): PeerLinkListener {
    const { soon, clock } = this.#environment
    const inbox = new Inbox(soon ?? ((work) => clock.wakeAfter(0, work)))
    return {
      proven: () => undefined,
      message: (message) => inbox.take(() => this.#took(() => this.#message(peer, message))),
      entries: (entries, bytes, lane) => {
        const work = (): void => this.#entriesCame(peer, entries, bytes)
        if (lane === 'bulk') inbox.takeLater(work)
        else inbox.take(work)
      },
      hungry: () => this.#took(() => this.blobs.hungry(peer)),
      alive: (rtt) => {
        if (rtt !== undefined) peer.rtt = rtt
        if (rtt !== undefined) this.#listener.changed()
      },
      closed: (because) =>
        this.#unlinked(peer, because !== undefined && isViolation(because) ? because : undefined),
    }
  }

  /** Whatever a link says or has room for may end a comparison or a catching up, or cast a doubt on somebody. */
  #took(work: () => void): void {
    work()
    this.#listener.changed()
  }

  #entriesCame(peer: MeshPeer, entries: readonly Entry[], bytes: number): void {
    if (this.#closed) return
    this.tell({ type: 'entries-came', link: peer.link.remote, bytes })
    this.#replica.receive(entries, peer.link.remote)
    this.blobs.dropInVain()
    this.#listener.changed()
  }

  #unlinked(peer: MeshPeer, fault: Violation | undefined): void {
    const remote = peer.link.remote
    if (this.peers.get(remote) !== peer) return
    this.peers.delete(remote)
    if (fault !== undefined) this.#listener.violated(fault, peer.device)
    this.tell({ type: 'unlinked', link: remote, now: this.#now() })
    this.company.unlinked(remote)
    this.blobs.unlinked(peer)
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
        return this.tell({ type: 'digest', link, digest: message, now: this.#now() })
      case 'heads':
        return this.tell({ ...message, link, now: this.#now() })
      case 'ack':
      case 'sending':
        return this.tell({ ...message, link })
      case 'prune':
      case 'graft':
        return this.tell({ ...message, link })
      case 'presence':
        return this.company.heard(message.presence, peer)
      case 'missed':
        return this.company.missed(message, peer)
      case 'carry':
        return this.company.carried(peer, message)
      case 'blob-want':
        return this.blobs.serve(peer, message.blob, message.from)
      case 'blob-piece':
        return this.blobs.pieceCame(peer, message)
      case 'blob-missing':
        return this.blobs.missing(link, message.blob)
      case 'shared':
      case 'reach':
        return this.#listener.toldByTab(peer, message)
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

  /** What the replica or a link has to tell. */
  tell(input: GossipInput): void {
    for (const output of step(this.gossip, input).outputs) this.#perform(output)
  }

  #perform(output: GossipOutput): void {
    switch (output.type) {
      case 'send':
        return this.peers.get(output.link)?.link.send(output.message)
      case 'send-entries':
        return this.peers.get(output.link)?.link.sendEntries(output.entries, output.lane)
      case 'needs-checkpoint':
        return this.blobs.serveCheckpoint(output.link)
      case 'digest-wanted':
        return this.tell({ type: 'state-digest', digest: this.#replica.digest() })
      case 'diverged':
        return this.#diverged(output.link)
      case 'roster-differs':
        return this.sendRoster(output.link)
      case 'acknowledged':
        return this.#listener.acknowledged()
      case 'wake':
        return this.#wake.at(output.at)
      default:
        return output satisfies never
    }
  }

  #diverged(link: InstanceId): void {
    const peer = this.peers.get(link)
    if (peer !== undefined) this.#listener.diverged(peer)
  }

  #now(): Millis {
    return this.#environment.clock.now()
  }
}
