/**
 * What a live session is made of, and how its parts hear of each other: replica, mesh, people, signaling, journal.
 * The composition; everything that has rules of its own stands in those files. Not here: what of it a caller sees
 * (live-session.ts).
 *
 * Invariants: nothing is connected while the session is a draft; after `end` no timer, socket or link is left.
 */

import { Emitter } from '../base/emitter.ts'
import { type DeviceId, type InstanceId, idOf, type WriterId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import { AuthenticatedAwareness } from '../doc/awareness.ts'
import type { SharedDocument } from '../doc/document.ts'
import type { ChainId } from '../wire/heads.ts'
import { violation } from '../wire/violation.ts'
import { Acknowledged } from './acknowledged.ts'
import { answerJoin, deviceOf, type Knock } from './admission.ts'
import { Arrivals } from './arrivals.ts'
import { Bookkeeping } from './bookkeeping.ts'
import { Copies } from './copies.ts'
import type { Environment } from './environment.ts'
import { Governing } from './governing.ts'
import { GuestBook } from './guest-book.ts'
import { Household } from './household.ts'
import { InviteUses } from './invite-uses.ts'
import { Inviting } from './inviting.ts'
import type { Journal } from './journal.ts'
import type { Keyring } from './keyring.ts'
import type { Membership } from './member-link.ts'
import { Mesh, type MeshListener, type MeshPeer } from './mesh.ts'
import { People } from './people.ts'
import { Porch } from './porch.ts'
import type { Peer, SessionEvents, SessionStatus, WaitingGuest } from './public.ts'
import { Recovering } from './recovering.ts'
import { Rendezvous } from './rendezvous.ts'
import { Renewing } from './renewing.ts'
import { Replica, type ReplicaListener, type ReplicaParts } from './replica.ts'
import { Signing } from './signing.ts'
import { Standing } from './standing.ts'
import { Tending } from './tending.ts'
import { Tidying } from './tidying.ts'
import { Title, UNTITLED } from './title.ts'
import { Trouble } from './trouble.ts'
import { type Verified, Verifying } from './verifying.ts'
import type { Version } from './version.ts'
import { KeptVersions } from './versions.ts'

/** Who was away for less has hardly written anything that a merge could hide. */
const APART_MS: Millis = 60_000

export interface WorkingsParts extends Omit<ReplicaParts, 'listener' | 'writer'> {
  readonly signalingUrl: string | undefined
  /** Heads of own chains that others said they hold, from the disk. */
  readonly shared: ReadonlyMap<ChainId, number>
  /** When this device last saw whom, from the disk. */
  readonly seen: ReadonlyMap<DeviceId, Millis>
  /** Whom this device verified, from the disk. */
  readonly verified: readonly Verified[]
  /** Held by one tab of this device: it may start the log on the disk anew. */
  readonly claim: Promise<(() => void) | undefined>
  readonly title: string | undefined
  /** The instance that links know already: the newcomer's. */
  readonly instance: InstanceId | undefined
  /** The document came with content from before the session. */
  readonly seeds: boolean
}

export class Workings {
  readonly me: InstanceId
  readonly emitter = new Emitter<SessionEvents>()
  readonly environment: Environment
  readonly keyring: Keyring
  readonly journal: Journal
  readonly replica: Replica
  readonly mesh: Mesh
  readonly people: People
  readonly awareness: AuthenticatedAwareness
  readonly rendezvous: Rendezvous | undefined
  readonly signing: Signing
  readonly governing: Governing
  readonly inviting: Inviting
  readonly verifying: Verifying
  readonly recovering: Recovering
  readonly standing: Standing
  readonly title: Title
  readonly copies: Copies
  readonly inviteUses: InviteUses
  readonly versions: KeptVersions
  readonly #tending: Tending | undefined
  readonly #renewing: Renewing
  readonly #guests: GuestBook
  readonly #porch: Porch
  readonly #acknowledged: Acknowledged
  readonly #arrivals: Arrivals
  readonly #trouble: Trouble
  readonly #books: Bookkeeping
  readonly #tidying: Tidying
  readonly #household: Household
  readonly #stopWaitingForEnd: () => void
  readonly #stopWaitingForStir: (() => void) | undefined
  #phase: 'alive' | 'ended' = 'alive'

  constructor(parts: WorkingsParts) {
    const { environment, keyring, journal, roster } = parts
    this.environment = environment
    this.keyring = keyring
    this.journal = journal
    this.me = parts.instance ?? idOf<InstanceId>(environment.crypto.randomBytes(8))
    const writer = idOf<WriterId>(environment.crypto.randomBytes(8))
    this.#porch = new Porch(environment.clock)
    this.replica = new Replica({ ...parts, writer, listener: this.#replicaListener() })
    this.mesh = new Mesh(environment, this.replica, this.me, this.#meshListener())
    this.awareness = new AuthenticatedAwareness(this.replica.document.doc, () => this.people?.changed())
    this.people = this.#makePeople()
    this.#books = new Bookkeeping({ journal, keyring, roster, clock: environment.clock })
    this.#guests = this.#makeGuestBook()
    this.rendezvous = parts.signalingUrl === undefined ? undefined : this.#makeRendezvous(parts.signalingUrl)
    this.#tending = this.rendezvous && new Tending(this.mesh, this.rendezvous, environment.clock)
    this.signing = new Signing({
      ...{ environment, keyring, roster, books: this.#books },
      signed: () => {
        this.mesh.sendRoster()
        this.#rosterChanged()
      },
    })
    this.governing = new Governing({
      ...{ crypto: environment.crypto, keyring, roster, log: parts.log, signing: this.signing },
      flush: () => this.replica.flush(),
      rekeyed: () => this.#books.storeSecrets(),
    })
    this.#renewing = new Renewing({
      ...{ crypto: environment.crypto, keyring, roster, mesh: this.mesh },
      learned: () => {
        this.#books.storeSecrets()
        this.#rosterChanged()
      },
    })
    this.inviting = new Inviting({
      ...{ environment, keyring, roster, signing: this.signing },
      codeEnded: (outcome) => this.emitter.emit('code', outcome),
      me: this.me,
      knocked: (knocking) => this.#guests.knock(knocking),
    })
    const { clock } = environment
    const composed = { clock, keyring, journal, replica: this.replica, mesh: this.mesh, people: this.people }
    this.#acknowledged = new Acknowledged({ ...composed, books: this.#books, shared: parts.shared })
    this.recovering = new Recovering({
      ...{ ...composed, crypto: environment.crypto, signing: this.signing, governing: this.governing },
    })
    this.verifying = new Verifying({
      ...{ ...composed, crypto: environment.crypto, emitter: this.emitter, verified: parts.verified },
      changed: () => {
        this.emitter.emit('members', this.people.members())
        this.standing.refresh()
      },
    })
    this.#household = this.#makeHousehold()
    this.standing = new Standing({
      ...{ ...composed, verifying: this.verifying },
      acknowledged: this.#acknowledged,
      rendezvous: this.rendezvous,
      reach: () => this.#household.reach,
      tell: (status) => this.#told(status),
    })
    const emitter = this.emitter
    this.copies = new Copies({ ...composed, seen: parts.seen })
    this.inviteUses = new InviteUses({
      ...{ clock, roster, people: this.people, isOwner: () => this.signing.isOwner },
      overused: (use) => this.emitter.emit('overused', use),
    })
    this.#arrivals = new Arrivals({ ...composed, emitter, copies: this.copies })
    this.#trouble = new Trouble({ ...composed, standing: this.standing, emitter })
    this.versions = this.#makeVersions()
    if (parts.instance !== undefined)
      this.standing.whenSynced.then(
        () => this.keepVersion('start'),
        () => undefined, // left before the text was here
      )
    this.#books.storeRoster()
    if (parts.seeds) this.replica.checkpoints.seed(this.replica.clientID)
    this.title = new Title(this.replica.document.doc, parts.title, (title) => this.#renamed(title))
    if (parts.title !== undefined && parts.title !== UNTITLED && this.canEdit) this.title.set(parts.title)
    this.storeSecrets()
    this.#tidying = new Tidying({ ...composed, claim: parts.claim, mayWrite: () => this.canEdit })
    this.#stopWaitingForEnd = environment.whenEnding(() => this.#sayGoodbye())
    this.#stopWaitingForStir = environment.whenStirred?.(() => this.#stirred())
  }

  #makePeople(): People {
    const { crypto, clock } = this.environment
    return new People({
      ...{ crypto, clock, keyring: this.keyring, roster: this.replica.roster, me: this.me },
      writer: () => this.replica.writer,
      place: () => this.#household?.place ?? 'behind',
      awareness: this.awareness,
      send: (presence) => this.mesh.send({ type: 'presence', presences: [presence] }),
      isVerified: (device) => this.verifying?.isVerified(device) ?? false,
    })
  }

  #makeGuestBook(): GuestBook {
    const { environment, keyring, me } = this
    return new GuestBook(environment, {
      ...{ session: keyring.session, me, keyring, roster: this.replica.roster, porch: this.#porch },
      invitation: () => ({ inviter: this.people.member(keyring.device).name, title: this.title.current }),
      admit: (request, knock) => this.#admit(request, knock),
      admitted: (link, device) => this.mesh.add(link, device),
      waiting: () => this.emitter.emit('lobby', this.lobby),
      violated: (violation) => this.#trouble.violated(violation, undefined),
    })
  }

  #makeVersions(): KeptVersions {
    const { crypto, clock } = this.environment
    return new KeptVersions({
      ...{ crypto, clock, journal: this.journal },
      document: () => this.replica.document,
      me: () => this.people.member(this.keyring.device).name,
      canEdit: () => this.canEdit && !this.ended,
      changed: (rescued) => this.emitter.emit('versions', { rescued }),
    })
  }

  /** The text as it is in this moment. A disk that fails is told by the status, and by whoever asks for the list. */
  keepVersion(why: Exclude<Version['why'], 'named'>, by?: string): Promise<void> {
    if (this.ended) return Promise.resolve()
    return this.versions.keepAutomatic(why, by).catch(() => undefined)
  }

  /** Whoever is only being told what happened long ago sees much come and go. */
  #losing(why: 'unshared' | 'fork' | 'deletion' | 'restart', by: string): void {
    if (why !== 'deletion' || this.standing.status.phase === 'synced') void this.keepVersion(why, by)
  }

  /** Somebody is met again after a while in which things were typed here that nobody else has. */
  #keepBeforeMerge(peer: MeshPeer): void {
    const { unshared, oldestUnsharedAt, peers } = this.standing.status
    if (unshared === 0 || peers > 0 || peer.device === this.keyring.device) return
    if (this.environment.clock.now() - (oldestUnsharedAt ?? 0) >= APART_MS) void this.keepVersion('merge')
  }

  get ended(): boolean {
    return this.#phase === 'ended'
  }

  get canEdit(): boolean {
    return this.keyring.canWrite(this.replica.roster)
  }

  get peers(): readonly Peer[] {
    return [...this.mesh.peers.values()].map((peer): Peer => {
      const { name, color, role } = this.people.member(peer.device)
      return {
        instance: peer.link.remote,
        device: peer.device,
        name,
        color,
        role,
        rtt: peer.rtt,
        path: peer.path,
        verified: this.verifying.isVerified(peer.device),
      }
    })
  }

  /** Who waits to be let in. */
  get lobby(): readonly WaitingGuest[] {
    return this.#guests.waiting
  }

  /** Connects: after Share, after joining, and when a shared session is opened again. */
  goLive(): void {
    if (!this.ended && !this.isOver) this.#household.goLive()
    this.standing.refresh()
  }

  /** Name, colour or keys changed: on the disk, and in the row of recent sessions. */
  storeSecrets(): void {
    this.#books.storeSecrets()
    this.#storeCard()
  }

  /** Idempotent. */
  end(reason: 'left' | 'forgotten' | 'removed'): void {
    if (this.ended) return
    this.#sayGoodbye()
    this.#phase = 'ended'
    this.#stopWaitingForEnd()
    this.#stopWaitingForStir?.()
    this.people.stop()
    this.#tidying.stop()
    this.#tending?.stop()
    this.#porch.close()
    this.#guests.close()
    this.inviting.stop()
    this.rendezvous?.stop()
    this.#household.stop()
    this.mesh.closeAll()
    this.replica.stop()
    this.awareness.stop()
    this.standing.end()
    this.emitter.emit('ended', { reason })
    this.emitter.clear()
  }

  /** What was typed last goes out, and others need not wait to notice that we are gone. */
  #sayGoodbye(): void {
    this.replica.flush()
    this.mesh.acknowledge()
    this.mesh.send({ type: 'presence', presences: [this.people.goodbye()] })
  }

  // Admitting ------------------------------------------------------------------------------------------------------

  #admit(request: Parameters<typeof answerJoin>[3], knock: Knock): ReturnType<typeof answerJoin> {
    const { crypto, clock } = this.environment
    const answer = answerJoin(crypto, this.replica.roster, this.keyring, request, knock, clock.now())
    if (typeof answer === 'string' || 'violation' in answer) return answer
    this.replica.roster.takeJoin(answer)
    this.#arrivals.admitted(deviceOf(crypto, answer))
    this.#rosterChanged()
    this.mesh.sendJoins([answer])
    this.rendezvous?.plan()
    return answer
  }

  #rosterChanged(): void {
    this.#shareWithOtherTab()
    this.#books.storeRoster()
    this.#renewing.rosterGrew()
    this.#learnKeys()
    this.replica.rosterGrew()
    this.mesh.rosterGrew()
    this.people.refresh()
    this.inviting.rosterGrew()
    this.inviteUses.rosterGrew()
    this.rendezvous?.plan()
    this.emitter.emit('members', this.people.members())
    this.standing.refresh()
    if (this.isRemoved) this.end('removed')
    else if (this.isOver) this.#disconnect()
  }

  /** The owner ended it for everybody: each copy goes on by itself. */
  get isOver(): boolean {
    return this.replica.roster.hasEnded
  }

  /** Nobody is met any more; other tabs of this browser stay in step. */
  #disconnect(): void {
    this.#sayGoodbye()
    this.mesh.sendRoster() // who is linked to us alone hears of the end through us
    this.inviting.stop()
    this.#guests.close()
    this.#tending?.stop()
    this.#household.disconnect()
    this.mesh.closeToOthers(this.keyring.device)
    this.standing.refresh()
  }

  /** This device is a member no more. */
  get isRemoved(): boolean {
    const { roster } = this.replica
    return roster.roleOf(this.keyring.device) === undefined && !roster.isLeftOut(this.keyring.device)
  }

  #learnKeys(): void {
    const learned = this.keyring.learn(this.replica.roster)
    if (learned === 'new') this.#books.storeSecrets()
    if (learned === 'wrong')
      this.#trouble.misbehaved(
        this.replica.roster.owner,
        'false-key',
        'it gave this device another key than the others',
      )
  }

  /** Another tab of this device shared the draft. */
  #shareWithOtherTab(): void {
    const isShared = this.replica.roster.records.some(({ content }) => content.type === 'invite')
    if (this.keyring.stored.shared || !isShared) return
    this.keyring.update({ shared: true })
    this.goLive()
  }

  #membership(): Membership {
    const { environment, keyring, me } = this
    return { environment, keyring, roster: this.replica.roster, me, porch: this.#porch }
  }

  #makeHousehold(): Household {
    return new Household({
      ...this.#membership(),
      port: this.environment.tabs,
      name: `coterie/${this.journal.localId}`,
      mesh: this.mesh,
      rendezvous: this.rendezvous,
      acknowledged: this.#acknowledged,
      placed: () => {
        this.people.changed()
        if (this.#leads) this.#tending?.changed()
        else this.#tending?.stop()
        this.standing.refresh()
      },
      reaching: () => this.standing.refresh(),
    })
  }

  /** Of the tabs of this browser, this one holds the links to others. */
  get #leads(): boolean {
    return this.#household.place === 'front'
  }

  #changed(): void {
    this.#household.changed()
    this.standing.refresh()
  }

  /** The device slept, or is in another network: whoever is gone is noticed and looked for now, not in a while. */
  #stirred(): void {
    this.mesh.probe()
    this.rendezvous?.retry()
    this.#tending?.changed()
  }

  // Listeners of the parts -------------------------------------------------------------------------------------------

  #replicaListener(): ReplicaListener {
    const now = (): number => this.environment.clock.now()
    return {
      held: (entry, from) => {
        if (from === undefined) this.journal.begin()
        this.mesh.tell({ type: 'held', entry, from, now: now() })
        this.standing.refresh()
      },
      duplicate: (entry, from) => {
        if (from !== undefined) this.mesh.tell({ type: 'duplicate', entry, from })
      },
      gap: (from) => {
        if (from !== undefined) this.mesh.tell({ type: 'gap', link: from, now: now() })
      },
      rosterBehind: (from) => {
        if (from !== undefined) this.mesh.tell({ type: 'roster-behind', link: from, now: now() })
      },
      violated: (violation, from) => this.mesh.fault(violation, from),
      refused: (error) => this.#trouble.violated(violation('firewall', error.message), this.keyring.device),
      forked: (entries, to) => this.mesh.sendProof(entries, to),
      misbehaved: (device, because, detail) => this.#trouble.misbehaved(device, because, detail),
      contradicted: (from) => {
        if (from !== undefined && this.keyring.penFor(this.replica.roster) !== undefined)
          this.mesh.blobs.correct(from)
      },
      blobWanted: (reference, from) => this.mesh.blobs.want(reference, from),
      losing: (why, device) => this.#losing(why, this.people.member(device).name),
      restarted: () => this.standing.restarted(),
      isOpenElsewhere: (clientID) => this.awareness.awareness.getStates().has(clientID),
      replaced: (document) => this.#replaced(document),
      rebased: () => this.mesh.tell({ type: 'rebased', now: now() }),
    }
  }

  #meshListener(): MeshListener {
    return {
      changed: () => this.#changed(),
      rosterChanged: () => this.#rosterChanged(),
      presence: (output) => this.#presence(output),
      violated: (violation, device) => this.#trouble.violated(violation, device),
      linked: (peer) => {
        this.#keepBeforeMerge(peer)
        this.rendezvous?.found(peer.link.remote)
        if (this.#leads) this.#tending?.changed()
        this.standing.linked()
        peer.link.send({ type: 'presence', presences: [this.people.current()] })
        this.#household.linked(peer)
        this.#renewing.linked(peer)
        this.emitter.emit('peers', this.peers)
      },
      unlinked: (peer, how) => {
        if (this.#leads) this.#tending?.lost(peer.link.remote, how)
        this.#household.unlinked(peer)
        this.verifying.unlinked(peer)
        this.emitter.emit('peers', this.peers)
      },
      isOwn: (device) => device === this.keyring.device,
      isServerReachable: () => this.rendezvous?.phase === 'open',
      missedHere: (since) => this.people.missed(since),
      keysCame: (peer, message) => this.#renewing.keysCame(peer, message),
      carried: (from, device, blob) => this.rendezvous?.carried(from, device, blob),
      diverged: (peer) => this.#trouble.diverged(peer),
      toldByTab: (peer, message) => this.#household.told(peer, message),
      verification: (peer, message) => this.verifying.received(peer, message),
      acknowledged: () => {
        this.#acknowledged.look()
        this.#household.acknowledged()
        this.standing.refresh()
      },
    }
  }

  #presence(output: Parameters<MeshListener['presence']>[0]): void {
    this.#arrivals.seen(output)
    if (this.#leads && (output.type === 'hidden' || output.first || output.moved)) this.#tending?.changed()
    this.#changed()
  }

  #told(status: SessionStatus): void {
    this.emitter.emit('status', status)
    this.emitter.emit('peers', this.peers)
  }

  #replaced(document: SharedDocument): void {
    this.awareness.rebind(document.doc)
    this.title.watch(document.doc)
    this.emitter.emit('document', document.doc)
  }

  #makeRendezvous(url: string): Rendezvous {
    return new Rendezvous({
      ...this.#membership(),
      url,
      listener: {
        linked: (link, device) => this.mesh.add(link, device),
        carry: (to, blob, ledNowhere) => this.mesh.company.carry(to, blob, ledNowhere),
        wants: (instance) =>
          this.#leads ? (this.#tending?.wants(instance) ?? true) : this.#household.wants(instance),
        hasLinks: () => [...this.mesh.peers.keys()].some((instance) => !this.#household.isTab(instance)),
        isLinked: (instance) => this.mesh.peers.has(instance),
        doubts: (instance) => this.mesh.probe(instance),
        knocked: (knocking) => this.#guests.knock(knocking),
        heard: (word) => {
          this.mesh.takeRoster(word) // a fault of theirs has no link to close
        },
        failed: (failure, device, through) => {
          // two ways to one person were tried, and the other one opened
          if (device !== undefined && this.mesh.hasDevice(device)) return
          this.#trouble.dialFailed(failure, device)
          if (through === 'server') this.rendezvous?.miss()
        },
        changed: () => this.#changed(),
      },
    })
  }

  #renamed(title: string): void {
    this.#storeCard()
    this.emitter.emit('title', title)
  }

  #storeCard(): void {
    this.#books.storeCard({ title: this.title.current, role: this.people.member(this.keyring.device).role })
  }
}
