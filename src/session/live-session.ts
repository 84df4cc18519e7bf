/**
 * A session as its caller holds it: the composition of replica, mesh, people, signaling and journal behind the
 * public shape. It decides who is linked and when; everything that has rules of its own stands in those files.
 *
 * Invariants: nothing is connected while the session is a draft; after `leave` no timer, socket or link is left.
 */

import type { Awareness } from 'y-protocols/awareness'
import type { Doc } from 'yjs'
import { assert } from '../base/assert.ts'
import { EMPTY, equalBytes, toHex } from '../base/bytes.ts'
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
import type { Channel, DialFailure } from '../transport/port.ts'
import { decodeJoin, encodeJoin, PALETTE_SIZE } from '../wire/certificate.ts'
import type { Hello } from '../wire/introduction.ts'
import { type InviteKeys, inviteKeys } from '../wire/invite-link.ts'
import { MAX_SESSION_TEXT_BYTES, MAX_TITLE_BYTES } from '../wire/limits.ts'
import { encodeRecord, type RosterContent } from '../wire/roster-record.ts'
import type { Violation } from '../wire/violation.ts'
import {
  answerJoin,
  describeInvite,
  deviceOf,
  invitePskIds,
  inviteUrl,
  type Knock,
  newInvite,
  nextRecord,
} from './admission.ts'
import type { Environment } from './environment.ts'
import { NotAllowed, SessionEnded } from './errors.ts'
import { GuestBook } from './guest-book.ts'
import type { Journal } from './journal.ts'
import type { Keyring } from './keyring.ts'
import { memberPsk, memberTopics } from './meeting-place.ts'
import { Mesh, type MeshListener } from './mesh.ts'
import { PeerLink } from './peer-link.ts'
import { cutName, People } from './people.ts'
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
import { Replica, type ReplicaListener, type ReplicaParts } from './replica.ts'
import { Signaling, type TopicPlan } from './signaling.ts'
import { isSameStatus, statusOf } from './status.ts'
import { encodeCard, encodeSecrets, encodeShared } from './stored.ts'

/** The root the session itself keeps its title in; apps cannot declare it. */
export const OWN_ROOT = 'coterie'
const UNTITLED = 'untitled'
/** Links may take this long to be missed before the topics are looked at again, and twice as long each time. */
const FIRST_LOOK_MS = 1_000
const LONGEST_LOOK_MS = 30_000
const TIDY_MS = 5_000
const HOUR_MS = 3_600_000
/** Invites listened for beside the members' topics. */
const MAX_INVITE_TOPICS = 14

export interface LiveSessionParts extends Omit<ReplicaParts, 'listener' | 'writer'> {
  readonly signalingUrl: string | undefined
  /** Heads of own chains that others said they hold, from the disk. */
  readonly shared: ReadonlyMap<string, number>
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
  readonly #signaling: Signaling | undefined
  readonly #guests: GuestBook
  readonly #emitter = new Emitter<{ [Name in keyof SessionEvents]: SessionEvents[Name] }>()
  readonly #me: InstanceId
  readonly #shared: Map<string, number>
  #synced: { resolve: () => void; reject: (error: Error) => void } | undefined
  #status: SessionStatus
  #title: string
  #problem: SessionProblem | undefined
  #refreshing = false
  #ended = false
  #looks = 0
  #cancelLook: (() => void) | undefined
  #cancelTidy: (() => void) | undefined
  #cancelHourly: (() => void) | undefined
  #lastCard = ''
  #release: (() => void) | undefined
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
    this.#guests = new GuestBook(environment, {
      session: this.id,
      me: this.#me,
      keyring,
      roster,
      invitation: () => ({ inviter: this.me.name, title: this.title }),
      admit: (request, knock) => this.#admit(request, knock),
      admitted: (link, device) => this.#mesh.add(link, device),
      violated: (violation) => this.#violated(violation, undefined),
    })
    const signaling = parts.signalingUrl
    this.#signaling =
      signaling === undefined
        ? undefined
        : new Signaling(environment, signaling, { changed: () => this.#signalingChanged() })
    this.whenSynced = new Promise((resolve, reject) => {
      this.#synced = { resolve, reject }
    })
    this.whenSynced.catch(() => undefined) // nobody has to wait for it
    this.#storeRoster()
    if (parts.seeds) this.#replica.seed()
    this.#watchTitle(this.#replica.document)
    this.#title = this.#readTitle() ?? parts.title ?? UNTITLED
    this.#status = this.#computeStatus()
    if (
      parts.title !== undefined &&
      parts.title !== UNTITLED &&
      this.#readTitle() === undefined &&
      this.canEdit
    )
      this.setTitle(parts.title)
    this.#storeSecrets()
    this.#scheduleTidy()
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

  get awareness(): Awareness {
    return this.#awareness.awareness
  }

  get title(): string {
    return this.#title
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
    const { roster } = this.#replica
    const unused = roster.openInvites().filter(({ invite, uses }) => roster.usesOf(invite) < uses)
    const open = new Map(unused.map((content) => [content.invite, content]))
    return this.#keyring.stored.invites.flatMap(({ seed, url }) => {
      const content = open.get(inviteKeys(this.#environment.crypto, seed).invite)
      return content === undefined ? [] : [describeInvite(content, url)]
    })
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
    const cut = cutName(title, MAX_TITLE_BYTES)
    if (cut === this.#title && this.#readTitle() !== undefined) return
    this.doc.getMap(OWN_ROOT).set('title', cut)
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
    const { crypto, clock, origin } = this.#environment
    const made = newInvite(crypto, this.#requireOwner(), options, clock.now())
    if (this.#readTitle() === undefined) this.setTitle(this.#title)
    this.#replica.flush()
    this.#journal.begin()
    await this.#signNext(made.content)
    const signaling = this.#signalingInLink()
    const link = { session: this.id, rosterSeq: this.#replica.roster.seq, seed: made.seed, signaling }
    const url = inviteUrl(crypto, origin, link)
    this.#keyring.update({
      invites: [...this.#keyring.stored.invites, { seed: made.seed, url }],
      shared: true,
    })
    this.#storeSecrets()
    this.goLive()
    return describeInvite(made.content, url)
  }

  async revoke(invite: InviteId): Promise<void> {
    this.#requireLife()
    this.#requireOwner()
    await this.#signNext({ type: 'revoke', invite })
    this.#planTopics()
  }

  async saved(): Promise<void> {
    this.#replica.flush()
    await this.#journal.settled()
  }

  retry(): void {
    this.#problem = undefined
    this.#signaling?.retry()
    this.#looks = 0
    this.#lookAgain()
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
    if (this.#signaling === undefined || this.#ended) return
    this.#planTopics()
    this.#signaling.start()
    this.#cancelHourly ??= this.#environment.clock.wakeAfter(HOUR_MS, () => {
      this.#cancelHourly = undefined
      this.goLive()
    })
    this.#refresh()
  }

  /** The link of the join itself. */
  adoptLink(link: PeerLink, device: DeviceId): void {
    this.#mesh.add(link, device)
  }

  reopen(entries: Parameters<Replica['reopen']>[0]): void {
    this.#replica.reopen(entries)
    this.#title = this.#readTitle() ?? this.#title
  }

  /** From now on everything is written to the disk. A draft begins by its first edit. */
  begin(): void {
    this.#journal.begin()
  }

  #planTopics(): void {
    const { crypto, clock } = this.#environment
    if (this.#signaling === undefined || !this.#keyring.stored.shared) return
    const now = clock.now()
    const members = memberTopics(crypto, this.#keyring.epochKey.reveal(), now).map((topic) =>
      this.#memberPlan(topic),
    )
    const invites = this.#keyring.openInvites(this.#replica.roster, now).slice(-MAX_INVITE_TOPICS)
    this.#signaling.plan([...members, ...invites.map((keys) => this.#invitePlan(keys))])
  }

  #memberPlan(topic: Pick<TopicPlan, 'keys' | 'sealing'>): TopicPlan {
    return {
      ...topic,
      self: { side: 'member', instance: this.#me, device: this.#keyring.device, join: this.#ownJoin() },
      welcomes: (hello) => this.#welcomesMember(hello),
      opened: (channel, hello, initiator) => this.#openMemberLink(channel, hello, initiator),
      failed: (failure, hello) => this.#dialFailed(failure, hello.device),
      mismatched: () => this.#setProblem({ kind: 'protocol-mismatch', name: undefined }),
    }
  }

  #invitePlan(keys: InviteKeys): TopicPlan {
    return {
      keys: keys.topic,
      sealing: keys.sealing,
      self: { side: 'member', instance: this.#me, device: this.#keyring.device, join: this.#ownJoin() },
      welcomes: (hello) => hello.side === 'newcomer',
      opened: (channel, hello, initiator) =>
        this.#guests.knock({
          channel,
          hello,
          initiator,
          keys,
          pskIds: invitePskIds(keys.invite, this.#keyring.device),
        }),
      failed: (failure) => this.#dialFailed(failure, undefined),
      mismatched: () => this.#setProblem({ kind: 'protocol-mismatch', name: undefined }),
    }
  }

  #ownJoin(): Uint8Array {
    const join = this.#replica.roster.joins.get(this.#keyring.device)
    return join === undefined ? EMPTY : encodeJoin(join)
  }

  #welcomesMember(hello: Hello): boolean {
    if (hello.side !== 'member' || hello.device === undefined || hello.instance === this.#me) return false
    const join = hello.join.length === 0 ? undefined : decodeJoin(hello.join)
    if (join?.ok === true && this.#replica.roster.takeJoin(join.value) === 'new') this.#rosterChanged()
    if (this.#mesh.peers.has(hello.instance)) return false
    return this.#replica.roster.roleOf(hello.device) !== undefined
  }

  #openMemberLink(channel: Channel, hello: Hello, initiator: boolean): void {
    const { crypto, clock } = this.#environment
    const device = hello.device
    const certificate = device && this.#replica.roster.certificateOf(device)
    const psk =
      device && certificate && memberPsk(crypto, this.id, this.#keyring, { device, dhPk: certificate.dhPk })
    if (device === undefined || certificate === undefined || psk === undefined) return channel.close()
    const link: PeerLink = new PeerLink({
      ...{ crypto, clock, channel, initiator },
      session: this.id,
      psk: { kind: 'member', ...psk },
      me: this.#me,
      remote: hello.instance,
      staticKeys: this.#keyring.dh,
      payload: EMPTY,
      listener: {
        proven: (proof) => {
          if (equalBytes(proof.remoteStatic, certificate.dhPk)) this.#mesh.add(link, device)
          else link.close()
        },
        message: () => link.close(),
        entries: () => link.close(),
        hungry: () => undefined,
        alive: () => undefined,
        closed: () => this.#missSomebody(),
      },
    })
  }

  #dialFailed(failure: DialFailure, device: DeviceId | undefined): void {
    const name = device && this.#people.member(device).name
    if (failure === 'webrtc-blocked') this.#setProblem({ kind: 'webrtc-blocked' })
    else if (failure === 'no-route') this.#setProblem({ kind: 'no-route', name })
    this.#missSomebody()
  }

  #setProblem(problem: SessionProblem): void {
    this.#problem = problem
    this.#refresh()
  }

  // Keeping linked -------------------------------------------------------------------------------------------------

  #signalingChanged(): void {
    if (this.#signaling?.phase === 'open' && this.#problem?.kind === 'signaling-unreachable')
      this.#problem = undefined
    this.#refresh()
  }

  /** A link is gone or did not come about: look again, later each time. */
  #missSomebody(): void {
    if (this.#ended || this.#cancelLook !== undefined) return
    const jitter = 0.5 + (this.#environment.crypto.randomBytes(1)[0] as number) / 256
    const pause = Math.min(LONGEST_LOOK_MS, FIRST_LOOK_MS * 2 ** this.#looks++) * jitter
    this.#cancelLook = this.#environment.clock.wakeAfter(pause, () => {
      this.#cancelLook = undefined
      this.#lookAgain()
    })
  }

  #lookAgain(): void {
    this.#signaling?.lookAgain((instance) => !this.#mesh.peers.has(instance))
  }

  // Admitting ------------------------------------------------------------------------------------------------------

  #admit(request: Parameters<typeof answerJoin>[3], knock: Knock): ReturnType<typeof answerJoin> {
    const { crypto, clock } = this.#environment
    const answer = answerJoin(crypto, this.#replica.roster, this.#keyring, request, knock, clock.now())
    if (typeof answer === 'string' || 'violation' in answer) return answer
    this.#replica.roster.takeJoin(answer)
    this.#emitArrivedLater.add(deviceOf(crypto, answer))
    this.#rosterChanged()
    this.#mesh.sendRoster()
    this.#planTopics()
    return answer
  }

  /** Devices admitted here whose first presence is still to come: that one is an arrival for the first time. */
  readonly #emitArrivedLater = new Set<DeviceId>()

  async #signNext(content: RosterContent): Promise<void> {
    const { crypto, exclusively } = this.#environment
    await exclusively(`coterie/roster/${this.id}`, async () => {
      // another tab of the owner may have signed since: what it stored comes first
      const rows = await this.#journal.read('roster')
      this.#replica.roster.take(
        rows.filter((row) => row.key.startsWith('r/')).map((row) => row.value),
        [],
      )
      const record = nextRecord(crypto, this.#replica.roster, this.#requireOwner(), content)
      assert(record !== undefined, 'an owner can sign')
      this.#journal.put('roster', recordKey(record.seq), encodeRecord(record), 'strict')
      await this.#journal.flushed()
      this.#replica.roster.takeRecord(record)
    })
    this.#rosterChanged()
    this.#mesh.sendRoster()
  }

  #requireOwner(): Keyring {
    if (this.#keyring.root === undefined)
      throw new NotAllowed('Only the person who started this session can make or revoke links.')
    return this.#keyring
  }

  #requireLife(): void {
    if (this.#ended) throw new SessionEnded()
  }

  /** Where newcomers find the server, when it is not the one of the page the link points to. */
  #signalingInLink(): string | undefined {
    const { origin } = this.#environment
    const usual = `${origin.replace(/^http/, 'ws')}/signal`
    const used = this.#keyring.stored.signaling
    return used === usual ? undefined : used
  }

  #rosterChanged(): void {
    this.#storeRoster()
    this.#replica.rosterGrew()
    this.#people.refresh()
    this.#emitter.emit('members', this.members)
    this.#refresh()
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
      misbehaved: (device, because, detail) => this.#misbehaved(device, because, detail),
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
        this.#looks = 0
        this.#problem = undefined
        peer.link.send({ type: 'presence', presence: this.#people.current() })
        this.#emitter.emit('peers', this.peers)
      },
      unlinked: () => {
        this.#missSomebody()
        this.#emitter.emit('peers', this.peers)
      },
      diverged: () => this.#diverged(),
      acknowledged: () => this.#acknowledged(),
    }
  }

  /** Equal heads, unequal text: rebuild once; when that changes nothing, the other side is the one to rebuild. */
  #diverged(): void {
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
      const first = this.#emitArrivedLater.delete(device)
      if (arrived) this.#emitter.emit('arrived', { member: this.#people.member(device), first })
    } else if (this.#people.hide(output) === 'left') {
      this.#emitter.emit('left', { member: this.#people.member(device), why: output.why })
    }
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
    this.#watchTitle(document)
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
    if (changed) this.#storeShared()
    this.#refresh()
  }

  #ownChains() {
    return [...this.#replica.log.chains.values()].filter((chain) => chain.device === this.#keyring.device)
  }

  // Title ----------------------------------------------------------------------------------------------------------

  #watchTitle(document: SharedDocument): void {
    document.doc.getMap(OWN_ROOT).observe(() => {
      const title = this.#readTitle() ?? this.#title
      if (title === this.#title) return
      this.#title = title
      this.#storeCard()
      this.#emitter.emit('title', title)
    })
  }

  #readTitle(): string | undefined {
    const title = this.doc.getMap(OWN_ROOT).get('title')
    return typeof title === 'string' ? cutName(title, MAX_TITLE_BYTES) : undefined
  }

  // Storing --------------------------------------------------------------------------------------------------------

  #storeRoster(): void {
    const { records, joins } = this.#replica.roster.encoded()
    const devices = [...this.#replica.roster.joins.keys()]
    this.#journal.write(
      [
        ...records.map((value, seq) => ({ put: 'roster', key: recordKey(seq), value }) as const),
        ...joins.map((value, index) => ({ put: 'roster', key: `j/${devices[index]}`, value }) as const),
      ],
      'strict',
    )
  }

  #storeSecrets(): void {
    this.#journal.put('keys', 'secrets', encodeSecrets(this.#keyring.stored), 'strict')
    this.#storeCard()
  }

  #storeShared(): void {
    this.#journal.put('keys', 'shared', encodeShared(this.#shared as Map<never, number>))
  }

  #storeCard(): void {
    const { shared } = this.#keyring.stored
    const card = encodeCard({
      session: this.id,
      title: this.#title,
      role: this.me.role,
      shared,
      openedAt: this.#environment.clock.now(),
    })
    const unchanged = toHex(card.subarray(0, -6))
    if (unchanged === this.#lastCard) return
    this.#lastCard = unchanged
    this.#journal.put('card', 'card', card)
  }

  /** In idle moments: a log grown long starts anew from here. */
  #scheduleTidy(): void {
    if (this.#ended) return
    this.#cancelTidy = this.#environment.clock.wakeAfter(TIDY_MS, () => {
      if (this.#replica.isCompactionDue && this.#mesh.catchingUp === 0) {
        if (this.canEdit) this.#replica.makeCheckpoint()
      }
      this.#scheduleTidy()
    })
  }

  // Status ---------------------------------------------------------------------------------------------------------

  /** Told once per turn, however much happened in it. */
  #refresh(): void {
    if (this.#refreshing || this.#ended) return
    this.#refreshing = true
    queueMicrotask(() => {
      this.#refreshing = false
      if (this.#ended) return
      this.#resolveSynced()
      const status = this.#computeStatus()
      if (isSameStatus(status, this.#status)) return
      this.#status = status
      this.#emitter.emit('status', status)
      this.#emitter.emit('peers', this.peers)
    })
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
    const dialing = this.#signaling?.dialing ?? 0
    return statusOf({
      ended: this.#ended,
      shared: this.#keyring.stored.shared,
      signaling: this.#signaling?.phase ?? 'stopped',
      dialing,
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
    const device = this.#signaling?.dialedDevices().find((one) => one !== this.#keyring.device)
    return device && this.#people.member(device).name
  }

  #currentProblem(): SessionProblem | undefined {
    if (this.#journal.problem !== undefined) return { kind: this.#journal.problem }
    if (this.#replica.textUnits > MAX_SESSION_TEXT_BYTES) return { kind: 'too-large' }
    if (this.#problem !== undefined) return this.#problem
    if (this.#signaling?.phase === 'unreachable')
      return { kind: 'signaling-unreachable', host: this.#signaling.host }
    return undefined
  }

  /** The journal wrote, or could not. */
  storageChanged(): void {
    this.#refresh()
  }

  #end(reason: 'left' | 'forgotten'): void {
    this.#replica.flush()
    this.#mesh.send({ type: 'presence', presence: this.#people.goodbye() })
    this.#ended = true
    this.#cancelLook?.()
    this.#cancelTidy?.()
    this.#cancelHourly?.()
    this.#release?.()
    this.#guests.close()
    this.#signaling?.stop()
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

function recordKey(seq: number): string {
  return `r/${seq.toString(16).padStart(6, '0')}`
}
