/**
 * The newcomer's side of a link: knock, read the card, and on Join prove, be welcomed, and become a member.
 * The link pins the owner: whoever answers must show a roster that grows from that owner's root key and
 * names itself as one who may admit. Whoever cannot is left, and the next who answers is tried.
 */
import { EMPTY, equalBytes } from '../base/bytes.ts'
import { type DeviceId, type InstanceId, idOf } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { SharedDocument } from '../doc/document.ts'
import { Roster } from '../protocol/roster.ts'
import type { Channel, DialFailure } from '../transport/port.ts'
import { requestJoin } from '../wire/certificate.ts'
import type { Hello } from '../wire/introduction.ts'
import { decodeInviteLink, type InviteKeys, type InviteLink, inviteKeys } from '../wire/invite-link.ts'
import { MAX_TITLE_BYTES } from '../wire/limits.ts'
import type { Message, RefusalReason } from '../wire/message.ts'
import { isViolation, violation } from '../wire/violation.ts'
import { bindingOf, freeColor, invitePskIds } from './admission.ts'
import type { Environment } from './environment.ts'
import {
  InviteExpired,
  InviteMalformed,
  InviteMismatch,
  InviteRevoked,
  InviteUsed,
  NobodyThere,
  NoRoute,
  ProtocolMismatch,
  SignalingUnreachable,
  TurnedAway,
  WebRtcBlocked,
} from './errors.ts'
import { compose, freshDevice, schemaOfRoster } from './founding.ts'
import { areCommitted, Keyring } from './keyring.ts'
import type { LiveSession } from './live-session.ts'
import { LOBBY_MS } from './lobby.ts'
import { type LinkProof, PeerLink } from './peer-link.ts'
import { cutName } from './people.ts'
import type { Invitation, JoinOptions, SessionOptions } from './public.ts'
import { Signaling } from './signaling.ts'
import type { StoredSecrets } from './stored.ts'

/** The card is shown or the failure told within this time. */
const KNOCK_MS = 20_000
/** A few are asked at first, each at the cost of a connection; more when none of them answers within LOOK_MS. */
const FIRST_ASKED = 4
const LOOK_MS = 2_000
/** Looks at which nobody else is asked, because a way to somebody is opening. */
const PATIENT_LOOKS = 3
/** A door that was closed is tried again after this, give or take a half, and twice as long each time. */
const RETRY_MS = 400
const LONGEST_RETRY_MS = 4_000
/** From Join to the text. */
const JOIN_MS = 30_000

/** The link in an address: whole URL or bare fragment. @throws InviteMalformed, ProtocolMismatch */
export function readInvite(environment: Environment, url: string): InviteLink {
  const link = decodeInviteLink(environment.crypto, url.slice(url.indexOf('#') + 1))
  if (link === 'other-version') throw new ProtocolMismatch('The inviter')
  if (link === undefined) throw new InviteMalformed()
  return link
}

/** Knocks, and resolves when somebody who may admit has answered. */
export function knock(
  environment: Environment,
  url: string,
  options: SessionOptions = {},
): Promise<Invitation> {
  const link = readInvite(environment, url)
  const signaling = options.signaling ?? link.signaling ?? serverOf(url) ?? environment.signaling
  if (signaling === undefined) throw new SignalingUnreachable('the signaling server')
  const newcomer = new Newcomer(environment, link, { signaling, patience: KNOCK_MS }, options)
  newcomer.knockAt(signaling)
  return newcomer.card
}

/** The page a link points to serves signaling too, unless the link says otherwise. A bare fragment names no page. */
function serverOf(url: string): string | undefined {
  if (!/^https?:/.test(url) || !URL.canParse(url)) return undefined
  return `${new URL(url).origin.replace(/^http/, 'ws')}/signal`
}

interface Door {
  readonly link: PeerLink
  readonly admitter: DeviceId
  readonly roster: Roster
  readonly proof: LinkProof
}

/** How a newcomer comes to the door. */
export interface Approach {
  /** Kept for later, whether or not this knock needs it. */
  readonly signaling: string | undefined
  /** The card is shown or the failure told within this time. */
  readonly patience: Millis
}

/** A channel to whoever may let in, and what its handshake is keyed with. */
export interface OpenedDoor {
  readonly channel: Channel
  readonly remote: InstanceId
  readonly initiator: boolean
  readonly admitter: DeviceId
  /** Without it: the invite's own. */
  readonly carried?: { readonly ids: Uint8Array; readonly key: Uint8Array } | undefined
}

export class Newcomer {
  readonly card: Promise<Invitation>
  readonly #environment: Environment
  readonly #invite: InviteLink
  readonly #keys: InviteKeys
  readonly #options: SessionOptions
  readonly me: InstanceId
  #signaling: Signaling | undefined
  #secrets: StoredSecrets
  #keyring: Keyring
  readonly #doors = new Set<PeerLink>()
  #phase: 'knocking' | 'asked' | 'joining' | 'over' = 'knocking'
  /** Who answered first: the join hangs by this link and by no other. */
  #chosen: PeerLink | undefined
  #failure: Error | undefined
  #settle: { resolve: (card: Invitation) => void; reject: (error: Error) => void } | undefined
  #joined: { resolve: (session: LiveSession) => void; reject: (error: Error) => void } | undefined
  #cancelTimer: (() => void) | undefined
  #cancelLook: (() => void) | undefined
  #asksAtOnce = FIRST_ASKED
  #retries = 0
  #patientLooks = 0
  #cancelRetry: (() => void) | undefined

  constructor(environment: Environment, invite: InviteLink, approach: Approach, options: SessionOptions) {
    this.#environment = environment
    this.#invite = invite
    this.#options = options
    this.#keys = inviteKeys(environment.crypto, invite.seed)
    this.me = idOf<InstanceId>(environment.crypto.randomBytes(8))
    this.#secrets = {
      ...freshDevice(environment.crypto),
      session: invite.session,
      rootSeed: undefined,
      epochKeys: [],
      admitterKey: undefined,
      name: '',
      color: 0,
      inviter: undefined,
      signaling: approach.signaling,
    }
    this.#keyring = new Keyring(environment.crypto, this.#secrets)
    this.card = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.#cancelTimer = environment.clock.wakeAfter(approach.patience, () =>
      this.fail(this.#failure ?? this.#unanswered()),
    )
  }

  /** Waits in the invite's topic until somebody who may let in answers. */
  knockAt(url: string): void {
    const signaling = new Signaling(this.#environment, url, { changed: () => this.#signalingChanged() })
    this.#signaling = signaling
    signaling.plan([
      {
        keys: this.#keys.topic,
        sealing: this.#keys.sealing,
        self: { side: 'newcomer', instance: this.me, device: undefined, roster: undefined },
        greetsAtOnce: () => this.#asksAtOnce,
        welcomes: (hello) => hello.side === 'member' && this.#phase === 'knocking',
        opened: (channel, hello, initiator) => this.#opened(channel, hello, initiator),
        failed: (failure) => this.#dialFailed(failure),
        mismatched: () => this.fail(new ProtocolMismatch('The inviter')),
      },
    ])
    this.#lookLater()
    signaling.start()
  }

  // Knocking -----------------------------------------------------------------------------------------------------

  #signalingChanged(): void {
    if (this.#phase === 'knocking' && this.#signaling?.phase === 'unreachable')
      this.fail(new SignalingUnreachable(this.#signaling.host))
  }

  #lookLater(): void {
    this.#cancelLook = this.#environment.clock.wakeAfter(LOOK_MS, () => {
      // who stands at a door or is on the way to one is not helped by more doors, but those behind them are hindered
      this.#lookLater()
      if (this.#isUnderWay() && this.#patientLooks++ < PATIENT_LOOKS) return
      this.#asksAtOnce *= 2
      this.#signaling?.lookAgain(() => false)
    })
  }

  #isUnderWay(): boolean {
    return this.#doors.size > 0 || (this.#signaling?.dialing ?? 0) > 0
  }

  /** Who answered and could not be reached in all this time is there, and has no way to us. */
  #unanswered(): Error {
    return (this.#signaling?.dialing ?? 0) > 0 ? new NoRoute() : new NobodyThere()
  }

  #dialFailed(failure: DialFailure): void {
    if (failure === 'webrtc-blocked') return this.fail(new WebRtcBlocked())
    if (failure !== 'no-route') return
    this.#failure = new NoRoute()
    // a way may open at the second try: names of hosts that were not answered in time, a candidate that was lost
    this.#retryLater()
  }

  #opened(channel: Channel, hello: Hello, initiator: boolean): void {
    if (hello.device === undefined) return channel.close()
    this.enter({ channel, remote: hello.instance, initiator, admitter: hello.device })
  }

  /** At the door of somebody who may let in. */
  enter({ channel, remote, initiator, admitter, carried }: OpenedDoor): void {
    if (this.#phase !== 'knocking') return channel.close()
    const { crypto, clock } = this.#environment
    const roster = new Roster(crypto, this.#invite.session)
    let proof: LinkProof | undefined
    const link: PeerLink = new PeerLink({
      ...{ crypto, clock, channel, initiator },
      session: this.#invite.session,
      psk: carried
        ? { kind: 'carried', ...carried }
        : { kind: 'invite', ids: invitePskIds(this.#keys.invite, admitter), key: this.#keys.psk },
      me: this.me,
      remote,
      staticKeys: this.#keyring.dh,
      payload: EMPTY,
      listener: {
        proven: (given) => {
          proof = given
        },
        message: (message) => {
          if (proof !== undefined) this.#message({ link, admitter, roster, proof }, message)
        },
        entries: () => link.close(violation('unexpected', 'entries before the welcome')),
        hungry: () => undefined,
        alive: () => undefined,
        closed: (because) => {
          this.#doorClosed(link, proof !== undefined)
          if (because !== undefined && !isViolation(because) && because.closed === 'channel')
            this.#retryLater()
        },
      },
    })
    this.#doors.add(link)
  }

  /** Whoever answered and could not prove to belong to the link's session: a link for another one, most likely. */
  #doorClosed(link: PeerLink, wasProven: boolean): void {
    if (!this.#doors.delete(link)) return
    if (!wasProven && this.#chosen === undefined) this.#failure ??= new InviteMismatch()
    if (link === this.#chosen) this.fail(this.#failure ?? new NobodyThere())
  }

  /** A crowd stands at that door: who comes again finds it open, there or at another one. */
  #retryLater(): void {
    if (this.#phase !== 'knocking' || this.#cancelRetry !== undefined) return
    const { clock, crypto } = this.#environment
    const jitter = 0.5 + (crypto.randomBytes(1)[0] as number) / 256
    const pause = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** this.#retries++) * jitter
    this.#cancelRetry = clock.wakeAfter(pause, () => {
      this.#cancelRetry = undefined
      const standing = new Set([...this.#doors].map(({ remote }) => remote))
      this.#signaling?.lookAgain((instance) => !standing.has(instance))
    })
  }

  #message(door: Door, message: Exclude<Message, { type: 'entries' }>): void {
    switch (message.type) {
      case 'roster': {
        const taken = door.roster.take(message.records, message.joins)
        if (taken.fault !== undefined) this.#turnAway(door, new InviteMismatch())
        return
      }
      case 'invitation':
        return this.#invited(door, message)
      case 'refusal':
        return this.#refused(door, message.reason, message.admitter)
      case 'welcome':
        return this.#welcomed(door, message)
      case 'presence':
      case 'digest':
      case 'heads':
      case 'sending':
        return
      default:
        return door.link.close(violation('unexpected', `a message (${message.type}) before the welcome`))
    }
  }

  #turnAway(door: Door, failure: Error): void {
    this.#failure = failure
    door.link.close()
  }

  #invited(door: Door, message: Extract<Message, { type: 'invitation' }>): void {
    if (this.#phase !== 'knocking') return
    const { roster, admitter, proof } = door
    const certificate = roster.certificateOf(admitter)
    const isAdmitter =
      roster.seq >= this.#invite.rosterSeq &&
      certificate !== undefined &&
      roster.mayAdmit(admitter, roster.seq)
    if (!isAdmitter || !equalBytes(certificate.dhPk, proof.remoteStatic))
      return this.#turnAway(door, new InviteMismatch())
    const record = roster.inviteAt(this.#keys.invite, roster.seq)
    if (record === undefined) return this.#turnAway(door, new InviteMismatch())
    this.#phase = 'asked'
    this.#chosen = door.link
    this.#failure = undefined // what others came to is not what this one may come to
    this.#cancelTimer?.()
    this.#cancelLook?.()
    this.#cancelRetry?.()
    this.#signaling?.stop()
    this.#settle?.resolve({
      inviter: cutName(message.inviter),
      title: cutName(message.title, MAX_TITLE_BYTES),
      role: record.role,
      lobby: record.lobby,
      join: (options) => this.#join(door, options),
      decline: () => this.#leave(),
    })
  }

  #refused(door: Door, reason: RefusalReason, admitter: string): void {
    if (reason === 'not-allowed' || reason === 'full') return this.#turnAway(door, new NobodyThere())
    this.fail(refusalError(reason, cutName(admitter)))
  }

  // Joining --------------------------------------------------------------------------------------------------------

  #join(door: Door, options: Pick<JoinOptions, 'name'>): Promise<LiveSession> {
    const { crypto, clock } = this.#environment
    return new Promise((resolve, reject) => {
      this.#joined = { resolve, reject }
      if (this.#phase !== 'asked' || !door.link.open) return this.fail(this.#failure ?? new NobodyThere())
      this.#phase = 'joining'
      const taken = door.roster.devices().map((device) => door.roster.certificateOf(device)?.color ?? 0)
      this.#secrets = {
        ...this.#secrets,
        name: cutName(options.name),
        color: freeColor(taken),
        inviter: door.admitter,
      }
      this.#keyring = new Keyring(crypto, this.#secrets)
      const { sign, dh } = this.#keyring
      const { name, color } = this.#secrets
      const certificate = { signPk: sign.publicKey, dhPk: dh.publicKey, name, color }
      const unproven = {
        certificate,
        invite: this.#keys.invite,
        handshake: bindingOf(crypto, door.proof.handshakeHash),
      }
      door.link.send({
        type: 'join',
        request: requestJoin(crypto, this.#invite.session, unproven, {
          invite: this.#keys.sign,
          device: sign,
        }),
      })
      const isAsked = door.roster.inviteAt(this.#keys.invite, door.roster.seq)?.lobby === true
      this.#cancelTimer = clock.wakeAfter(isAsked ? LOBBY_MS : JOIN_MS, () => this.fail(new NobodyThere()))
    })
  }

  #welcomed(door: Door, message: Extract<Message, { type: 'welcome' }>): void {
    const { crypto } = this.#environment
    const { roster, link, admitter } = door
    if (this.#phase !== 'joining') return link.close(violation('unexpected', 'a welcome nobody asked for'))
    const isMember = roster.roleOf(this.#keyring.device) !== undefined
    if (!isMember || !areCommitted(crypto, roster, message.epochKeys)) return this.fail(new InviteMismatch())
    this.#phase = 'over'
    this.#cancelTimer?.()
    this.#doors.delete(link)
    for (const other of [...this.#doors]) other.close() // others who answered the knock too
    this.#keyring.update({
      epochKeys: message.epochKeys.map((key) => new Secret(key.slice())),
      admitterKey: message.admitterKey && new Secret(message.admitterKey.slice()),
      shared: true,
    })
    const schema = schemaOfRoster(roster)
    const document = SharedDocument.create({ schema, doc: this.#options.doc })
    const session = compose({
      environment: this.#environment,
      keyring: this.#keyring,
      roster,
      schema,
      document,
      instance: this.me,
    })
    session.begin()
    session.adoptLink(link, admitter)
    session.goLive()
    this.#enter(session)
  }

  #enter(session: LiveSession): void {
    session.whenSynced.then(
      () => this.#joined?.resolve(session),
      (error: Error) => this.#joined?.reject(error),
    )
  }

  #leave(): void {
    if (this.#phase === 'over') return
    this.#phase = 'over'
    this.#cancelTimer?.()
    this.#cancelLook?.()
    this.#cancelRetry?.()
    this.#signaling?.stop()
    for (const link of [...this.#doors]) link.close()
  }

  fail(error: Error): void {
    this.#joined?.reject(error) // also of a join that is asked for when all is over
    if (this.#phase === 'over') return
    this.#leave()
    this.#settle?.reject(error)
  }
}

function refusalError(reason: RefusalReason, admitter: string): Error {
  switch (reason) {
    case 'expired':
      return new InviteExpired(admitter)
    case 'used':
      return new InviteUsed(admitter)
    case 'revoked':
      return new InviteRevoked(admitter)
    case 'turned-away':
      return new TurnedAway(admitter)
    case 'unknown':
    case 'not-allowed':
    case 'full':
      return new InviteMismatch()
    default:
      return reason satisfies never
  }
}
