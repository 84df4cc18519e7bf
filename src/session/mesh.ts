/**
 * The links of one session and what is said on them once both sides are members. The driver of gossip; the
 * replica below decides what counts, blobs.ts moves large bodies, company.ts knows who is here.
 *
 * Invariant: a peer's fault closes that peer's link and touches no other.
 */
import { compareBytes } from '../base/bytes.ts'
import type { DeviceId, InstanceId } from '../base/ids.ts'
import type { Clock, Millis } from '../base/ports.ts'
import { isCatchingUp, isCaughtUp, isSplit } from '../protocol/comparing.ts'
import { step } from '../protocol/gossip.ts'
import {
  type GossipInput,
  type GossipOutput,
  type GossipState,
  startGossip,
} from '../protocol/gossip-state.ts'
import { spend, startQuota } from '../protocol/quota.ts'
import { encodeJoin, type Join } from '../wire/certificate.ts'
import type { Entry } from '../wire/entry.ts'
import type { RosterWord } from '../wire/introduction.ts'
import type { Message } from '../wire/message.ts'
import type { Lane } from '../wire/record.ts'
import type { VerificationMessage } from '../wire/verification.ts'
import { isViolation, type Violation, violation } from '../wire/violation.ts'
import { Blobs } from './blobs.ts'
import { Company, type CompanyListener, type HowLost } from './company.ts'
import type { Environment } from './environment.ts'
import { Inbox } from './inbox.ts'
import { giveUp, LettingGo } from './letting-go.ts'
import type { MeshPeer } from './mesh-peer.ts'
import type { PeerLink, PeerLinkListener } from './peer-link.ts'
import type { Replica } from './replica.ts'
import { Wake } from './wake.ts'

export type { MeshPeer } from './mesh-peer.ts'

export interface MeshListener extends CompanyListener {
  changed(): void
  /** The roster took something in: replica and mesh hear of it from here, with everything that depends on it. */
  rosterChanged(): void
  violated(violation: Violation, device: DeviceId | undefined): void
  linked(peer: MeshPeer): void
  unlinked(peer: MeshPeer, how: HowLost): void
  /** Equal histories, unequal texts. */
  diverged(peer: MeshPeer): void
  acknowledged(): void
  /** This device's, as other tabs are; without it: none. */
  isOwn?(device: DeviceId): boolean
  /** Whether somebody who is not heard any more could be found again through the server; without it: yes. */
  isServerReachable?(): boolean
  /** Without it: nobody compares here. */
  verification?(peer: MeshPeer, message: VerificationMessage): void
  /** Keys for a member for whom they were not wrapped. */
  keysCame(peer: MeshPeer, message: Extract<Message, { type: 'welcome' }>): void
  /** What only instances of one device may say to each other; who listens checks that. */
  toldByTab(peer: MeshPeer, message: Extract<Message, { type: 'shared' | 'reach' }>): void
}

/** Who is asked whether it is still there answers within this time, or is not. */
const PROBE_MS: Millis = 1_500
/** Hellos that crossed the opening of a link come later than it. */
const YOUNG_MS: Millis = 3_000
/** After a sleep or a change of network answers take longer. */
const STIRRED_PROBE_MS: Millis = 3_000
/** To whoever links; a writer contradicts itself once, so that more come from many writers. */
const MAX_FORKS_TOLD = 64

/** Both sides say the same of two links between them. */
function isAhead(one: PeerLink, other: PeerLink): boolean {
  return compareBytes(one.handshakeHash, other.handshakeHash) < 0
}

export class Mesh {
  readonly me: InstanceId
  readonly clock: Clock
  readonly gossip: GossipState
  readonly peers = new Map<InstanceId, MeshPeer>()
  readonly company: Company
  readonly lettingGo: LettingGo
  readonly blobs: Blobs
  readonly #environment: Environment
  readonly #replica: Replica
  readonly #listener: MeshListener
  readonly #wake: Wake
  /** Not heard any more, and kept: there was no other way when they fell silent. */
  readonly #silent = new Map<InstanceId, MeshPeer>()
  #closed = false

  constructor(environment: Environment, replica: Replica, me: InstanceId, listener: MeshListener) {
    const { crypto, clock } = environment
    this.me = me
    this.clock = clock
    this.#environment = environment
    this.#replica = replica
    this.#listener = listener
    this.gossip = startGossip(replica.log, me, () => replica.chain)
    this.#wake = new Wake(clock, (now) => this.tell({ type: 'tick', now }))
    const shared = {
      ...{ crypto, gossip: this.gossip, peers: this.peers },
      step: (input: GossipInput) => this.tell(input),
    }
    this.blobs = new Blobs({ ...shared, replica, changed: () => listener.changed() })
    const { roster } = replica
    this.company = new Company({ ...shared, clock, session: roster.session, roster, me, listener })
    this.lettingGo = new LettingGo({ me, clock, peers: this.peers, company: this.company })
  }

  // Links ------------------------------------------------------------------------------------------------------

  /** Takes over a proven link to a member. An older link to the same instance gives way; of two that were opened at
   *  once, both sides keep the same one. */
  add(link: PeerLink, device: DeviceId): void {
    const rival = this.peers.get(link.remote)
    if (rival !== undefined && this.#isYoung(rival) && isAhead(rival.link, link)) return giveUp(link)
    const before = [rival, this.#silent.get(link.remote)]
    const peer: MeshPeer = {
      link,
      device,
      since: this.#now(),
      quota: startQuota(),
      rtt: undefined,
      path: 'unknown',
      letGoBy: 'nobody',
    }
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
    for (const older of before) this.#replaced(older)
    this.#sendForks(link.remote)
    this.blobs.linked(peer)
    this.#joined(peer)
  }

  #joined(peer: MeshPeer): void {
    this.lettingGo.answer()
    this.company.linked(peer)
    this.#listener.linked(peer)
    this.#listener.changed()
  }

  /** Its peer has another link: nobody is missed. */
  #replaced(older: MeshPeer | undefined): void {
    if (older === undefined) return
    this.#silent.delete(older.link.remote)
    this.blobs.unlinked(older)
    giveUp(older.link)
  }

  #isYoung({ since }: MeshPeer): boolean {
    return this.#now() - since < YOUNG_MS
  }

  closeAll(): void {
    this.#closed = true
    this.#wake.stop()
    this.company.stop()
    for (const peer of [...this.peers.values(), ...this.#silent.values()]) peer.link.close()
    this.peers.clear()
    this.#silent.clear()
  }

  send(message: Message): void {
    for (const peer of this.peers.values()) peer.link.send(message)
  }

  /** What we owe others to know, said before we go: else they think that nobody else has their last words. */
  acknowledge(): void {
    this.gossip.ackDue = this.#now()
    this.tell({ type: 'tick', now: this.#now() })
  }

  /** Entries at places that are taken on the other side, or were. */
  sendProof(entries: readonly Entry[], to?: InstanceId): void {
    for (const [instance, peer] of this.peers) {
      const link = this.gossip.links.get(instance)
      if (link === undefined || (to !== undefined && instance !== to)) continue
      for (const entry of entries) peer.link.sendEntries([entry], 'live')
      link.entriesSent += entries.length
    }
  }

  /** Whoever missed it when a writer contradicted itself would go on counting what it wrote. */
  #sendForks(to: InstanceId): void {
    const forks = [...this.#replica.log.chains.values()].flatMap(({ fork }) => fork ?? [])
    for (const { winner, loser } of forks.slice(0, MAX_FORKS_TOLD)) this.sendProof([winner, loser], to)
  }

  /** Who is a member no more gets nothing from now on; why, it was told before. */
  rosterGrew(): void {
    const { roster } = this.#replica
    for (const peer of [...this.peers.values()])
      if (roster.roleOf(peer.device) === undefined) peer.link.close()
    this.company.rosterGrew()
    this.tell({ type: 'roster-grew', now: this.#now() })
  }

  /** Only instances of this device stay linked. */
  closeToOthers(device: DeviceId): void {
    for (const peer of [...this.peers.values(), ...this.#silent.values()])
      if (peer.device !== device) peer.link.close()
  }

  sendRoster(to?: InstanceId): void {
    const { records, joins } = this.#replica.roster.encoded()
    const peers = to === undefined ? this.peers.values() : [this.peers.get(to)]
    for (const peer of peers) peer?.link.send({ type: 'roster', records, joins })
  }

  /** Of a roster of many the few that are new: whoever lacks more than them notices by its digest. */
  sendJoins(joins: readonly Join[], to: Iterable<MeshPeer> = this.peers.values()): void {
    const message = { type: 'roster', records: [], joins: joins.map(encodeJoin) } as const
    for (const { link } of to) link.send(message)
  }

  hasDevice(device: DeviceId): boolean {
    for (const peer of this.peers.values()) if (peer.device === device) return true
    return false
  }

  /** Somebody who has another history, of which nothing is left that could be compared. */
  get splitFrom(): DeviceId | undefined {
    for (const { link, device } of this.peers.values()) {
      const known = this.gossip.links.get(link.remote)
      if (known !== undefined && isSplit(this.gossip, known)) return device
    }
    return undefined
  }

  /** Everything is the same here and there. */
  isEvenWith(peer: MeshPeer): boolean {
    const link = this.gossip.links.get(peer.link.remote)
    return link !== undefined && isCaughtUp(this.gossip, link) && !this.blobs.isFetching
  }

  get catchingUp(): number {
    let links = 0
    for (const link of this.gossip.links.values())
      if (isCatchingUp(link) && !this.#silent.has(link.id)) links++
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
        const work = (): void => this.#entriesCame(peer, entries, bytes, lane)
        if (lane === 'bulk') inbox.takeLater(work)
        else inbox.take(work)
      },
      hungry: () => this.#took(() => this.blobs.hungry(peer)),
      alive: (rtt) => {
        if (this.#silent.size > 0) this.#heard(peer)
        if (rtt === undefined) return
        peer.rtt = rtt
        this.tell({ type: 'rtt', link: peer.link.remote, millis: rtt })
        this.#listener.changed()
      },
      keeps: () => this.#listener.isServerReachable?.() === false,
      silent: () => this.#fellSilent(peer),
      speaking: () => this.#speaks(peer),
      closed: (because) => this.#unlinked(peer, because),
    }
  }

  /** Whatever a link says or has room for may end a comparison or a catching up, or cast a doubt on somebody. */
  #took(work: () => void): void {
    work()
    this.#listener.changed()
  }

  #entriesCame(peer: MeshPeer, entries: readonly Entry[], bytes: number, lane: Lane): void {
    if (this.#closed) return
    this.tell({ type: 'entries-came', link: peer.link.remote, bytes, lane })
    this.#replica.receive(entries, peer.link.remote)
    this.blobs.dropInVain()
    this.#listener.changed()
  }

  #unlinked(peer: MeshPeer, because: Parameters<PeerLinkListener['closed']>[0]): void {
    const fault = because !== undefined && isViolation(because) ? because : undefined
    const remote = peer.link.remote
    const wasSilent = this.#silent.get(remote) === peer
    if (this.peers.get(remote) !== peer && !wasSilent) return
    if (wasSilent) this.#silent.delete(remote)
    else this.peers.delete(remote)
    if (fault !== undefined) this.#listener.violated(fault, peer.device)
    this.tell({ type: 'unlinked', link: remote, now: this.#now() })
    this.blobs.unlinked(peer)
    const isDead = because !== undefined && 'closed' in because && because.closed === 'dead'
    const how = this.lettingGo.closed(peer) ? 'let go' : 'closed'
    if (!wasSilent) this.#missed(peer, isDead ? 'dead' : how)
  }

  #missed(peer: MeshPeer, how: HowLost): void {
    this.company.unlinked(peer.link.remote, how)
    if (this.#closed) return
    this.#listener.unlinked(peer, how)
    this.#listener.changed()
  }

  // Silence ----------------------------------------------------------------------------------------------------

  /** Whether each of them, or this one, is still there: no answer in time is a lost link. */
  probe(instance?: InstanceId): void {
    const asked = instance === undefined ? [...this.peers.values(), ...this.#silent.values()] : []
    const one = instance === undefined ? undefined : this.peers.get(instance)
    for (const peer of asked) peer.link.probe(STIRRED_PROBE_MS)
    if (one !== undefined && !this.#isYoung(one)) one.link.probe(PROBE_MS)
  }

  /** Counts as lost for everybody above. The link stays, with what is under way on it: the cable may be put back. */
  #fellSilent(peer: MeshPeer): void {
    const remote = peer.link.remote
    if (this.peers.get(remote) !== peer) return
    this.peers.delete(remote)
    this.#silent.set(remote, peer)
    // nothing more is handed over meanwhile: it would count as sent
    const known = this.gossip.links.get(remote)
    if (known !== undefined) known.compared = false
    this.#missed(peer, 'dead')
    for (const other of [...this.peers.values()]) other.link.probe(STIRRED_PROBE_MS)
  }

  #speaks(peer: MeshPeer): void {
    const remote = peer.link.remote
    if (this.#silent.get(remote) !== peer) return
    this.#silent.delete(remote)
    this.peers.set(remote, peer)
    this.tell({ type: 'resumed', link: remote, now: this.#now() })
    this.#joined(peer)
    // it may not know that it was missed, and nobody hears of it through us any more
    peer.link.send({ type: 'missed', instance: remote, counter: 0 })
  }

  /** Somebody on another device is heard: our network is well, and who is silent is found through others or not at all. */
  #heard(peer: MeshPeer): void {
    if (this.peers.get(peer.link.remote) !== peer || this.#listener.isOwn?.(peer.device)) return
    for (const silent of [...this.#silent.values()]) silent.link.close()
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
    const worth = message.type === 'presence' ? Math.max(1, message.presences.length) : 1
    const flood = spend(peer.quota, message.type, this.#now(), worth)
    if (flood !== undefined) return peer.link.close(flood)
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
        return this.tell({ ...message, link, now: this.#now() })
      case 'prune':
      case 'graft':
        return this.tell({ ...message, link })
      case 'presence':
        return this.company.heard(message.presences, peer)
      case 'missed':
        return this.company.missed(message, peer)
      case 'carry':
        return this.company.carried(peer, message)
      case 'let-go':
        return this.lettingGo.heard(peer)
      case 'blob-want':
        return this.blobs.serve(peer, message.blob, message.from)
      case 'blob-piece':
        return this.blobs.pieceCame(peer, message)
      case 'blob-missing':
        return this.blobs.missing(link, message.blob)
      case 'shared':
      case 'reach':
        return this.#listener.toldByTab(peer, message)
      case 'verification':
        return this.#listener.verification?.(peer, message.message)
      case 'welcome':
        return this.#listener.keysCame(peer, message)
      case 'invitation':
      case 'join':
      case 'refusal':
        return peer.link.close(
          violation('unexpected', `a message of joining (${message.type}) from a member`),
        )
      default:
        return message satisfies never
    }
  }

  #rosterCame(peer: MeshPeer, message: Extract<Message, { type: 'roster' }>): void {
    const fault = this.takeRoster(message, peer)
    if (fault !== undefined) peer.link.close(fault)
  }

  /** Takes records and Joins that somebody told, and tells the others what of it was new. */
  takeRoster(told: Pick<RosterWord, 'records' | 'joins'>, from?: MeshPeer): Violation | undefined {
    const { roster } = this.#replica
    const before = { seq: roster.seq, joins: roster.joins }
    const taken = roster.take(told.records, told.joins)
    if (!taken.changed) return taken.fault
    const others = [...this.peers.values()].filter((other) => other !== from)
    const newcomers = [...roster.joins]
      .filter(([device]) => !before.joins.has(device))
      .map(([, join]) => join)
    const isMore = roster.seq !== before.seq || newcomers.length === 0
    if (isMore) for (const { link } of others) this.sendRoster(link.remote)
    else this.sendJoins(newcomers, others)
    // after that links to those who are no members any more are closed: they have heard why
    this.#listener.rosterChanged()
    return taken.fault
  }

  // Gossip -----------------------------------------------------------------------------------------------------

  /** What the replica or a link has to tell. */
  tell(input: GossipInput): void {
    const timed = 'now' in input ? { ...input, now: this.#now() } : input
    for (const output of step(this.gossip, timed).outputs) this.#perform(output)
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
        // of a text that is in no entry yet there is nothing to compare; gossip asks again
        if (!this.#replica.isInStep) return
        return this.tell({ type: 'state-digest', digest: this.#replica.digest() })
      case 'diverged':
        return this.#diverged(output.link)
      case 'roster-differs':
        return this.sendRoster(output.link)
      case 'acknowledged':
        return this.#listener.acknowledged()
      case 'fault':
        return this.peers.get(output.link)?.link.close(output.violation)
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
    return this.clock.now()
  }
}
