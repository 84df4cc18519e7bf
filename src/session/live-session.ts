/**
 * A session as its caller holds it: the composition of replica, mesh, people, signaling and journal behind the
 * public shape. It decides who is linked and when; everything that has rules of its own stands in those files.
 *
 * Invariants: nothing is connected while the session is a draft; after `leave` no timer, socket or link is left.
 */

import type { Awareness } from 'y-protocols/awareness'
import type { Doc } from 'yjs'
import { assert } from '../base/assert.ts'
import { toHex } from '../base/bytes.ts'
import { Emitter } from '../base/emitter.ts'
import {
  type DeviceId,
  type InstanceId,
  type InviteId,
  idOf,
  type SessionId,
  type WriterId,
} from '../base/ids.ts'
import { AuthenticatedAwareness } from '../doc/awareness.ts'
import type { SharedDocument } from '../doc/document.ts'
import { sharedSeq } from '../protocol/gossip-state.ts'
import type { LocalId } from '../storage/port.ts'
import type { DialFailure, TabPort } from '../transport/port.ts'
import { PALETTE_SIZE } from '../wire/certificate.ts'
import type { ChainId } from '../wire/heads.ts'
import { MAX_SESSION_TEXT_BYTES } from '../wire/limits.ts'
import { type Violation, violation } from '../wire/violation.ts'
import { answerJoin, deviceOf, type Knock } from './admission.ts'
import { Bookkeeping } from './bookkeeping.ts'
import type { Environment } from './environment.ts'
import { NotAllowed, SessionEnded } from './errors.ts'
import { GuestBook } from './guest-book.ts'
import { Inviting } from './inviting.ts'
import type { Journal } from './journal.ts'
import type { Keyring } from './keyring.ts'
import { openMemberLink } from './member-link.ts'
import { Mesh, type MeshListener, type MeshPeer } from './mesh.ts'
import type { PeerLink } from './peer-link.ts'
import { cutName, People } from './people.ts'
import { Porch } from './porch.ts'
import type {
  Invite,
  InviteOptions,
  Member,
  Peer,
  Roots,
  Session,
  SessionEvents,
  SessionProblem,
  SessionStatus,
} from './public.ts'
import { Rendezvous } from './rendezvous.ts'
import { Replica, type ReplicaListener, type ReplicaParts } from './replica.ts'
import { isSameStatus, statusOf } from './status.ts'
import { Tabs } from './tabs.ts'
import { Tending } from './tending.ts'
import { OWN_ROOT, Title, UNTITLED } from './title.ts'

/** In idle moments a log that has grown long starts anew, looked at this often. */
const TIDY_MS = 5_000
/** Ten megabytes arrive in hundreds of pieces: nobody reads a status that changes more often than this. */
const STATUS_PAUSE_MS = 30
/** Longer than the longest pause between two tries to reach somebody. */
const NO_ROUTE_MS = 60_000

export interface LiveSessionParts extends Omit<ReplicaParts, 'listener' | 'writer'> {
  readonly signalingUrl: string | undefined
  /** Heads of own chains that others said they hold, from the disk. */
  readonly shared: ReadonlyMap<ChainId, number>
  /** Held by one tab of this device: it may start the log on the disk anew. */
  readonly claim: Promise<(() => void) | undefined>
  readonly title: string | undefined
  /** The instance that links know already: the newcomer's. */
  readonly instance: InstanceId | undefined
  /** The document came with content from before the session. */
  readonly seeds: boolean
}

export class LiveSession implements Session {
  readonly id: SessionId
  readonly localId: LocalId
  readonly roots: Roots
  readonly whenSynced: Promise<void>
  readonly #environment: Environment
  readonly #keyring: Keyring
  readonly #journal: Journal
  readonly #replica: Replica
  readonly #mesh: Mesh
  readonly #people: People
  readonly #awareness: AuthenticatedAwareness
  readonly #rendezvous: Rendezvous | undefined
  readonly #tending: Tending | undefined
  readonly #inviting: Inviting
  readonly #guests: GuestBook
  readonly #porch = new Porch()
  readonly #emitter = new Emitter<{ [Name in keyof SessionEvents]: SessionEvents[Name] }>()
  readonly #me: InstanceId
  readonly #shared: Map<ChainId, number>
  readonly #books: Bookkeeping
  readonly #title: Title
  /** Devices admitted here whose first presence is still to come: that one is an arrival for the first time. */
  readonly #admitted = new Set<DeviceId>()
  #synced: { resolve: () => void; reject: (error: Error) => void } | undefined
  #status: SessionStatus
  #problem: SessionProblem | undefined
  #telling: 'rested' | 'once' | 'again' = 'rested'
  #cancelPause: (() => void) | undefined
  #ended = false
  #cancelTidy: (() => void) | undefined
  #cancelNoRoute: (() => void) | undefined
  #release: (() => void) | undefined
  readonly #stopWaitingForEnd: () => void
  readonly #tabs: Tabs | undefined
  /** Digest of the text that was rebuilt last: the same one is not rebuilt again. */
  #rebuiltFor = ''

  constructor(parts: LiveSessionParts) {
    const { environment, keyring, journal, roster } = parts
    this.#environment = environment
    this.#keyring = keyring
    this.#journal = journal
    this.id = keyring.session
    this.localId = journal.localId
    this.roots = Object.fromEntries(Object.entries(parts.schema.roots).filter(([name]) => name !== OWN_ROOT))
    this.#me = parts.instance ?? idOf<InstanceId>(environment.crypto.randomBytes(8))
    this.#shared = new Map(parts.shared)
    const writer = idOf<WriterId>(environment.crypto.randomBytes(8))
    this.#replica = new Replica({ ...parts, writer, listener: this.#replicaListener() })
    this.#mesh = new Mesh(environment, this.#replica, this.#me, this.#meshListener())
    this.#awareness = new AuthenticatedAwareness(this.#replica.document.doc, () => this.#people?.changed())
    this.#people = new People({
      crypto: environment.crypto,
      clock: environment.clock,
      roster,
      keyring,
      me: this.#me,
      writer: () => this.#replica.writer,
      awareness: this.#awareness,
      send: (presence) => this.#mesh.send({ type: 'presence', presence }),
    })
    this.#books = new Bookkeeping({ journal, keyring, roster, clock: environment.clock })
    this.#guests = new GuestBook(environment, {
      session: this.id,
      me: this.#me,
      keyring,
      roster,
      porch: this.#porch,
      invitation: () => ({ inviter: this.me.name, title: this.title }),
      admit: (request, knock) => this.#admit(request, knock),
      admitted: (link, device) => this.#mesh.add(link, device),
      violated: (violation) => this.#violated(violation, undefined),
    })
    this.#rendezvous = parts.signalingUrl === undefined ? undefined : this.#makeRendezvous(parts.signalingUrl)
    this.#tending = this.#rendezvous && new Tending(this.#mesh, this.#rendezvous, environment.clock)
    this.#inviting = new Inviting({
      ...{ environment, keyring, roster, books: this.#books },
      signed: () => {
        this.#rosterChanged()
        this.#mesh.sendRoster()
      },
    })
    this.whenSynced = new Promise((resolve, reject) => {
      this.#synced = { resolve, reject }
    })
    this.whenSynced.catch(() => undefined) // nobody has to wait for it
    this.#books.storeRoster()
    if (parts.seeds) this.#replica.seed()
    this.#title = new Title(this.doc, parts.title, (title) => this.#renamed(title))
    this.#status = this.#computeStatus()
    if (parts.title !== undefined && parts.title !== UNTITLED && this.canEdit) this.#title.set(parts.title)
    this.#storeSecrets()
    this.#scheduleTidy()
    this.#tabs = environment.tabs && this.#makeTabs(environment.tabs)
    this.#stopWaitingForEnd = environment.whenEnding(() => this.#sayGoodbye())
    parts.claim.then(
      (release) => this.#claimed(release),
      () => undefined, // no claim: another tab keeps the disk tidy
    )
  }

  #claimed(release: (() => void) | undefined): void {
    if (release === undefined) return
    if (this.#ended) return release()
    this.#replica.mayTrim = true
    this.#release = release
  }

  // What it shows ------------------------------------------------------------------------------------------------

  get doc(): Doc {
    return this.#replica.document.doc
  }

  /** Roster and log, for who compares copies entry by entry (the simulator). Not part of the public shape. */
  get replica(): Replica {
    return this.#replica
  }

  get awareness(): Awareness {
    return this.#awareness.awareness
  }

  get title(): string {
    return this.#title.current
  }

  get me(): Member {
    return this.#people.member(this.#keyring.device)
  }

  get members(): readonly Member[] {
    return this.#people.members()
  }

  get peers(): readonly Peer[] {
    return [...this.#mesh.peers.values()].map((peer): Peer => {
      const { name, color, role } = this.#people.member(peer.device)
      return {
        instance: peer.link.remote,
        device: peer.device,
        name,
        color,
        role,
        rtt: peer.rtt,
        path: peer.path,
        verified: false,
      }
    })
  }

  get status(): SessionStatus {
    return this.#computeStatus()
  }

  get canEdit(): boolean {
    return this.#keyring.canWrite(this.#replica.roster)
  }

  get inviter(): DeviceId | undefined {
    return this.#keyring.stored.inviter
  }

  get invites(): readonly Invite[] {
    return this.#inviting.open
  }

  on<Name extends keyof SessionEvents & string>(
    name: Name,
    listener: (event: SessionEvents[Name]) => void,
  ): () => void {
    return this.#emitter.on(name, listener)
  }

  // What it takes ------------------------------------------------------------------------------------------------

  setTitle(title: string): void {
    if (!this.canEdit) throw new NotAllowed('Only people who can edit may rename this session.')
    this.#title.set(title)
  }

  setProfile(profile: { readonly name?: string; readonly color?: number }): void {
    const { stored } = this.#keyring
    const name = profile.name === undefined ? stored.name : cutName(profile.name)
    const color = profile.color ?? stored.color
    assert(
      Number.isInteger(color) && color >= 0 && color < PALETTE_SIZE,
      'a colour is an index into the palette',
    )
    this.#keyring.update({ name, color })
    this.#storeSecrets()
    this.#people.showMyself()
    this.#refresh()
    this.#emitter.emit('members', this.members)
  }

  async invite(options: InviteOptions): Promise<Invite> {
    this.#requireLife()
    this.#inviting.requireOwner()
    this.#title.set(this.title)
    this.#replica.flush()
    this.#journal.begin()
    const invite = await this.#inviting.invite(options)
    this.#storeSecrets()
    this.goLive()
    return invite
  }

  async revoke(invite: InviteId): Promise<void> {
    this.#requireLife()
    await this.#inviting.revoke(invite)
    this.#rendezvous?.plan()
  }

  async saved(): Promise<void> {
    this.#replica.flush()
    await this.#journal.settled()
  }

  retry(): void {
    this.#problem = undefined
    this.#rendezvous?.retry()
    this.#refresh()
  }

  async leave(): Promise<void> {
    if (!this.#ended) this.#end('left')
    await this.#journal.close()
  }

  async forget(): Promise<void> {
    if (!this.#ended) this.#end('forgotten')
    await this.#journal.close()
    await this.#environment.store.forget(this.localId)
  }

  // Going live ---------------------------------------------------------------------------------------------------

  /** Connects: after Share, after joining, and when a shared session is opened again. */
  goLive(): void {
    if (!this.#ended) this.#rendezvous?.start()
    this.#refresh()
  }

  /** The link of the join itself. */
  adoptLink(link: PeerLink, device: DeviceId): void {
    this.#mesh.add(link, device)
  }

  reopen(entries: Parameters<Replica['reopen']>[0]): void {
    this.#replica.reopen(entries)
  }

  /** From now on everything is written to the disk. A draft begins by its first edit. */
  begin(): void {
    this.#journal.begin()
  }

  // Admitting ------------------------------------------------------------------------------------------------------

  #admit(request: Parameters<typeof answerJoin>[3], knock: Knock): ReturnType<typeof answerJoin> {
    const { crypto, clock } = this.#environment
    const answer = answerJoin(crypto, this.#replica.roster, this.#keyring, request, knock, clock.now())
    if (typeof answer === 'string' || 'violation' in answer) return answer
    this.#replica.roster.takeJoin(answer)
    this.#admitted.add(deviceOf(crypto, answer))
    this.#rosterChanged()
    this.#mesh.sendRoster()
    this.#rendezvous?.plan()
    return answer
  }

  #requireLife(): void {
    if (this.#ended) throw new SessionEnded()
  }

  #rosterChanged(): void {
    this.#shareWithOtherTab()
    this.#books.storeRoster()
    this.#replica.rosterGrew()
    this.#mesh.rosterGrew()
    this.#people.refresh()
    this.#emitter.emit('members', this.members)
    this.#refresh()
  }

  /** Another tab of this device shared the draft. */
  #shareWithOtherTab(): void {
    const isShared = this.#replica.roster.records.some(({ content }) => content.type === 'invite')
    if (this.#keyring.stored.shared || !isShared) return
    this.#keyring.update({ shared: true })
    this.goLive()
  }

  #makeTabs(port: TabPort): Tabs {
    const { crypto } = this.#environment
    const membership = {
      environment: this.#environment,
      keyring: this.#keyring,
      roster: this.#replica.roster,
      me: this.#me,
      porch: this.#porch,
    }
    return new Tabs({
      ...{ crypto, port },
      name: `coterie/${this.localId}`,
      me: this.#me,
      opened: (channel, instance, initiator) =>
        openMemberLink(
          membership,
          { channel, initiator, instance, device: this.#keyring.device },
          {
            linked: (link, device) => this.#mesh.add(link, device),
            failed: () => undefined, // the tab closed while it was greeted
          },
        ),
    })
  }

  // Listeners of the parts -------------------------------------------------------------------------------------------

  #replicaListener(): ReplicaListener {
    const now = (): number => this.#environment.clock.now()
    return {
      held: (entry, from) => {
        if (from === undefined) this.#journal.begin()
        this.#mesh.tell({ type: 'held', entry, from, now: now() })
        this.#refresh()
      },
      duplicate: (entry, from) => {
        if (from !== undefined) this.#mesh.tell({ type: 'duplicate', entry, from })
      },
      gap: (from) => {
        if (from !== undefined) this.#mesh.tell({ type: 'gap', link: from, now: now() })
      },
      rosterBehind: (from) => {
        if (from !== undefined) this.#mesh.sendRoster(from)
      },
      violated: (violation, from) => this.#mesh.fault(violation, from),
      refused: (error) => this.#violated(violation('firewall', error.message), this.#keyring.device),
      forked: (proof) => this.#mesh.sendProof(proof),
      misbehaved: (device, because, detail) => this.#misbehaved(device, because, detail),
      contradicted: (from) => {
        if (from !== undefined && this.#keyring.root !== undefined) this.#mesh.correct(from)
      },
      blobWanted: (reference, from) => this.#mesh.wantBlob(reference, from),
      replaced: (document) => this.#replaced(document),
      rebased: () => this.#mesh.tell({ type: 'rebased', now: now() }),
    }
  }

  #meshListener(): MeshListener {
    return {
      changed: () => this.#refresh(),
      rosterChanged: () => this.#rosterChanged(),
      presence: (output) => this.#presence(output),
      violated: (violation, device) => this.#violated(violation, device),
      linked: (peer) => {
        this.#rendezvous?.found(peer.link.remote)
        this.#tending?.changed()
        this.#problem = undefined
        peer.link.send({ type: 'presence', presence: this.#people.current() })
        this.#emitter.emit('peers', this.peers)
      },
      unlinked: ({ link }) => {
        this.#tending?.lost(link.remote)
        this.#emitter.emit('peers', this.peers)
      },
      missedHere: () => this.#people.changed(),
      carried: (from, device, blob) => this.#rendezvous?.carried(from, device, blob),
      diverged: (peer) => this.#diverged(peer),
      acknowledged: () => this.#acknowledged(),
    }
  }

  /** Equal heads, unequal text: rebuild once; when that changes nothing, the other side is the one to rebuild. */
  #diverged({ device, link }: MeshPeer): void {
    if (device === this.#replica.roster.owner && this.#replica.doubtBase(device))
      return this.#mesh.tell({ type: 'gap', link: link.remote, now: this.#environment.clock.now() })
    const before = toHex(this.#replica.digest())
    if (before === this.#rebuiltFor) return
    this.#rebuiltFor = before
    this.#emitter.emit('violation', {
      violation: 'forged',
      detail: 'equal histories show unequal texts',
      name: undefined,
    })
    this.#replica.rebuildDocument()
  }

  #presence(output: Parameters<MeshListener['presence']>[0]): void {
    const device = output.presence.device
    if (output.type === 'shown') {
      const arrived = this.#people.show(output) === 'arrived'
      const first = this.#admitted.delete(device)
      if (arrived && device !== this.#keyring.device)
        this.#emitter.emit('arrived', { member: this.#people.member(device), first })
    } else if (this.#people.hide(output) === 'left' && device !== this.#keyring.device) {
      this.#emitter.emit('left', { member: this.#people.member(device), why: output.why })
    }
    this.#tending?.changed()
    this.#emitter.emit('members', this.members)
    this.#refresh()
  }

  #misbehaved(device: DeviceId, because: string, detail: string): void {
    const { name } = this.#people.member(device)
    if (because === 'forked') this.#setProblem({ kind: 'fork', name })
    this.#emitter.emit('violation', { violation: 'forged', detail: `${name}: ${detail}`, name })
  }

  #violated(violation: Violation, device: DeviceId | undefined): void {
    this.#emitter.emit('violation', { ...violation, name: device && this.#people.member(device).name })
  }

  #replaced(document: SharedDocument): void {
    this.#awareness.rebind(document.doc)
    this.#title.watch(document.doc)
    this.#emitter.emit('document', document.doc)
  }

  #acknowledged(): void {
    let changed = false
    for (const chain of this.#ownChains()) {
      const seq = sharedSeq(this.#mesh.gossip, chain.id, this.#keyring.device)
      if (this.#shared.get(chain.id) === seq) continue
      this.#shared.set(chain.id, seq)
      changed = true
    }
    if (changed) this.#books.storeShared(this.#shared)
    this.#refresh()
  }

  #ownChains() {
    return [...this.#replica.log.chains.values()].filter((chain) => chain.device === this.#keyring.device)
  }

  #makeRendezvous(url: string): Rendezvous {
    return new Rendezvous({
      environment: this.#environment,
      url,
      keyring: this.#keyring,
      roster: this.#replica.roster,
      me: this.#me,
      porch: this.#porch,
      listener: {
        linked: (link, device) => this.#mesh.add(link, device),
        carry: (to, blob) => this.#mesh.carry(to, blob),
        wants: (instance) => this.#tending?.wants(instance) ?? true,
        hasLinks: () => this.#mesh.peers.size > 0,
        isLinked: (instance) => this.#mesh.peers.has(instance),
        knocked: (knocking) => this.#guests.knock(knocking),
        rosterGrew: () => this.#rosterChanged(),
        failed: (failure, device) => this.#dialFailed(failure, device),
        changed: () => this.#refresh(),
      },
    })
  }

  #dialFailed(failure: DialFailure | 'other-version', device: DeviceId | undefined): void {
    // two ways to one person were tried, and the other one opened
    if (device !== undefined && this.#mesh.hasDevice(device)) return
    const name = device && this.#people.member(device).name
    if (failure === 'webrtc-blocked') this.#setProblem({ kind: 'webrtc-blocked' })
    else if (failure === 'no-route') this.#noRouteTo(name)
    else if (failure === 'other-version') this.#setProblem({ kind: 'protocol-mismatch', name })
    this.#rendezvous?.miss()
  }

  /** Said as long as it keeps happening: who went away meanwhile is nobody's problem. */
  #noRouteTo(name: string | undefined): void {
    const problem: SessionProblem = { kind: 'no-route', name }
    this.#setProblem(problem)
    this.#cancelNoRoute?.()
    this.#cancelNoRoute = this.#environment.clock.wakeAfter(NO_ROUTE_MS, () => {
      if (this.#problem === problem) this.#problem = undefined
      this.#refresh()
    })
  }

  #setProblem(problem: SessionProblem): void {
    this.#problem = problem
    this.#refresh()
  }

  #renamed(title: string): void {
    this.#storeCard()
    this.#emitter.emit('title', title)
  }

  #storeSecrets(): void {
    this.#books.storeSecrets()
    this.#storeCard()
  }

  #storeCard(): void {
    this.#books.storeCard({ title: this.title, role: this.me.role })
  }

  /** In idle moments: a log grown long starts anew from here. */
  #scheduleTidy(): void {
    if (this.#ended) return
    this.#cancelTidy = this.#environment.clock.wakeAfter(TIDY_MS, () => {
      this.#journal.retry()
      if (this.#replica.isCheckpointDue && this.#mesh.catchingUp === 0) {
        if (this.canEdit) this.#replica.makeCheckpoint()
      }
      this.#scheduleTidy()
    })
  }

  // Status ---------------------------------------------------------------------------------------------------------

  /** Told at the end of the turn, then at most once a STATUS_PAUSE_MS, the last state always. */
  #refresh(): void {
    if (this.#ended) return
    this.#resolveSynced()
    if (this.#telling !== 'rested') {
      this.#telling = 'again'
      return
    }
    this.#telling = 'once'
    queueMicrotask(() => this.#tell())
    this.#cancelPause = this.#environment.clock.wakeAfter(STATUS_PAUSE_MS, () => {
      const isNews = this.#telling === 'again'
      this.#telling = 'rested'
      if (isNews) this.#refresh()
    })
  }

  #tell(): void {
    if (this.#ended) return
    const status = this.#computeStatus()
    if (isSameStatus(status, this.#status)) return
    this.#status = status
    this.#emitter.emit('status', status)
    this.#emitter.emit('peers', this.peers)
  }

  #resolveSynced(): void {
    if (this.#synced === undefined) return
    for (const peer of this.#mesh.peers.values()) {
      if (!this.#mesh.isEvenWith(peer)) continue
      this.#synced.resolve()
      this.#synced = undefined
      return
    }
  }

  #computeStatus(): SessionStatus {
    return statusOf({
      ended: this.#ended,
      shared: this.#keyring.stored.shared,
      signaling: this.#rendezvous?.phase ?? 'stopped',
      dialing: this.#rendezvous?.dialing ?? 0,
      linked: this.#others().length,
      catchingUp: this.#mesh.catchingUp,
      people: new Set(this.#others()).size,
      connectingTo: this.#connectingTo(),
      bytesLeft: this.#mesh.bytesLeft(),
      ownChains: this.#ownChains(),
      sharedSeq: (chain) => this.#shared.get(chain) ?? 0,
      savedAt: this.#journal.savedAt,
      unsaved: this.#journal.pending,
      problem: this.#currentProblem(),
    })
  }

  /** The devices of other people on open links, one a link. */
  #others(): readonly DeviceId[] {
    const devices = [...this.#mesh.peers.values()].map((peer) => peer.device)
    return devices.filter((device) => device !== this.#keyring.device)
  }

  #connectingTo(): string | undefined {
    const device = this.#rendezvous?.dialed
    return device && this.#people.member(device).name
  }

  #currentProblem(): SessionProblem | undefined {
    if (this.#journal.problem !== undefined) return { kind: this.#journal.problem }
    if (this.#replica.textUnits > MAX_SESSION_TEXT_BYTES) return { kind: 'too-large' }
    if (this.#problem !== undefined) return this.#problem
    if (this.#rendezvous?.phase === 'unreachable')
      return { kind: 'signaling-unreachable', host: this.#rendezvous.host }
    return undefined
  }

  /** The journal wrote, or could not. */
  storageChanged(): void {
    this.#refresh()
  }

  /** What was typed last goes out, and others need not wait to notice that we are gone. */
  #sayGoodbye(): void {
    this.#replica.flush()
    this.#mesh.acknowledge()
    this.#mesh.send({ type: 'presence', presence: this.#people.goodbye() })
  }

  #end(reason: 'left' | 'forgotten'): void {
    this.#sayGoodbye()
    this.#ended = true
    this.#stopWaitingForEnd()
    this.#people.stop()
    this.#cancelTidy?.()
    this.#cancelPause?.()
    this.#cancelNoRoute?.()
    this.#tending?.stop()
    this.#release?.()
    this.#guests.close()
    this.#rendezvous?.stop()
    this.#tabs?.stop()
    this.#mesh.closeAll()
    this.#replica.stop()
    this.#awareness.stop()
    this.#synced?.reject(new SessionEnded())
    this.#synced = undefined
    this.#status = this.#computeStatus()
    this.#emitter.emit('status', this.#status)
    this.#emitter.emit('ended', { reason })
    this.#emitter.clear()
  }
}
