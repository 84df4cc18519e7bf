/**
 * Where a member waits to be found and whom it links to: the topics of members and of open invites, the
 * member's side of a handshake, and looking again when somebody is missed.
 *
 * Invariant: nothing is dialed before `start`, and no timer is left after `stop`.
 */
import type { DeviceId, InstanceId } from '../base/ids.ts'
import type { Secret } from '../base/secret.ts'
import type { Channel, DialFailure, IceServer } from '../transport/port.ts'
import type { Hello, RosterWord } from '../wire/introduction.ts'
import type { InviteKeys } from '../wire/invite-link.ts'
import { MAX_TOPICS_PER_SOCKET } from '../wire/limits.ts'
import { invitePskIds } from './admission.ts'
import type { DialingPlan } from './dialing.ts'
import type { Knocking } from './guest-book.ts'
import { Introductions, type Wanted } from './introductions.ts'
import { memberTopics, type TopicKeys } from './meeting-place.ts'
import { type Membership, openMemberLink } from './member-link.ts'
import type { PeerLink } from './peer-link.ts'
import { knownRoster } from './roster-word.ts'
import { Signaling, type SignalingPhase, type TopicPlan } from './signaling.ts'

export interface RendezvousListener {
  /** Hands a blob to whoever is linked to `to`; to all there are when the nearest way led nowhere. */
  carry(to: InstanceId, blob: Uint8Array, ledNowhere: boolean): void
  /** A proven link to a member. */
  linked(link: PeerLink, device: DeviceId): void
  isLinked(instance: InstanceId): boolean
  /** It says hello although we have a link: whether that one still lives is asked at once. */
  doubts?(instance: InstanceId): void
  /** Whether there is room for, or a reason for, a link to this instance. */
  wants(instance: InstanceId): boolean
  hasLinks(): boolean
  knocked(knocking: Knocking): void
  /** What a member's hello said of the roster. */
  heard(word: RosterWord): void
  /** `through`: what carried the hellos. Through the mesh it is tried again by itself. */
  failed(
    failure: DialFailure | 'other-version',
    device: DeviceId | undefined,
    through: 'server' | 'mesh',
  ): void
  changed(): void
}

export interface RendezvousParts extends Membership {
  readonly url: string
  readonly listener: RendezvousListener
}

/** Nobody may be there at all: who is alone looks again too, and not if somebody came meanwhile. */
interface NextLook {
  readonly because: 'missed' | 'alone'
  readonly cancel: () => void
}

/** Links may take this long to be missed before the topics are looked at again, and twice as long each time. */
const FIRST_LOOK_MS = 1_000
const LONGEST_LOOK_MS = 30_000
/** Who was dialed in vain is looked for after 4 s at first: a try takes longer than that. */
const LOOKS_FOR_SOMEBODY = 2
/** The day's topics are planned anew this often. */
const PLAN_MS = 3_600_000
/** Epochs before this one whose topics are listened in too. */
const MAX_OLD_EPOCHS = 7
/** To whom each says hello who has links when the server is back. */
const FEW_GREETED = 3
/** Topics of a socket that are left to spoken codes. */
const SLOTS_AT_ONCE = 2

export class Rendezvous {
  readonly #parts: RendezvousParts
  readonly #signaling: Signaling
  readonly #introductions: Introductions
  #looks = 0
  /** Somebody is missed: whoever is in the topics is greeted, linked or not. */
  #isLooking = false
  /** The server was out of reach: others may have come together meanwhile who greet nobody any more, as we do not. */
  #hasMissedSome = false
  /** 'behind': another tab dials; only who was told of by others is met. */
  #place: 'idle' | 'front' | 'behind' = 'idle'
  #lent: readonly IceServer[] = []
  #nextLook: NextLook | undefined
  #cancelPlan: (() => void) | undefined

  constructor(parts: RendezvousParts) {
    this.#parts = parts
    const { environment, keyring, roster, me, listener } = parts
    this.#signaling = new Signaling(environment, parts.url, {
      changed: () => {
        if (this.#signaling.phase === 'unreachable') this.#hasMissedSome = true
        listener.changed()
      },
    })
    this.#introductions = new Introductions({
      ...{ environment, keyring, roster, me },
      iceServers: () => this.iceServers,
      plan: (sealing) => this.#memberPlan(sealing, 'mesh'),
      isLinked: (instance) => listener.isLinked(instance),
      carry: (to, blob, ledNowhere) => listener.carry(to, blob, ledNowhere),
      changed: () => listener.changed(),
    })
  }

  get phase(): SignalingPhase {
    return this.#signaling.phase
  }

  get host(): string {
    return this.#signaling.host
  }

  get dialing(): number {
    return this.#signaling.dialing + this.#introductions.size
  }

  /** A member other than this device that is being dialed right now. */
  get dialed(): DeviceId | undefined {
    return this.#signaling.dialedDevices().find((device) => device !== this.#parts.keyring.device)
  }

  /** STUN and TURN as the server handed them out, to this tab or to another. */
  get iceServers(): readonly IceServer[] {
    const { iceServers } = this.#signaling
    return iceServers.length > 0 ? iceServers : this.#lent
  }

  /** What another tab of this browser was handed out. */
  lend(iceServers: readonly IceServer[]): void {
    this.#lent = iceServers
  }

  start(): void {
    this.#place = 'front'
    this.plan()
    this.#signaling.start()
    this.#lookAgainIfAlone()
  }

  /** Another tab dials from now on: no socket, no topics, nothing under way. */
  standBehind(): void {
    if (this.#place === 'behind') return
    this.#rest()
    this.#place = 'behind'
  }

  stop(): void {
    this.#rest()
    this.#place = 'idle'
  }

  #rest(): void {
    this.#nextLook?.cancel()
    this.#nextLook = undefined
    this.#isLooking = false
    this.#cancelPlan?.()
    this.#introductions.stop()
    this.#signaling.stop()
  }

  /** Links wanted, and not there, to instances that somebody we are linked to has told of. */
  want(wanted: readonly Wanted[]): void {
    if (this.#place !== 'idle') this.#introductions.want(wanted)
  }

  carried(from: InstanceId, device: DeviceId, blob: Uint8Array): void {
    if (this.#place !== 'idle') this.#introductions.carried(from, device, blob)
  }

  /** Tries at once what waits to be tried. */
  retry(): void {
    if (this.#place !== 'front') return
    this.#signaling.retry()
    this.#looks = 0
    this.#look()
  }

  /** A link opened: the next loss is looked for quickly again. */
  found(instance: InstanceId): void {
    this.#looks = 0
    this.#isLooking = false
    if (this.#signaling.phase === 'open') this.#hasMissedSome = false
    this.#introductions.settled(instance)
  }

  /** A link is gone or did not come about: looks again, later each time. */
  miss(): void {
    if (this.#place !== 'front' || this.#nextLook?.because === 'missed') return
    this.#lookLater('missed')
  }

  /** The server may lose a hello, and two who have lost theirs would wait for each other for ever. */
  #lookAgainIfAlone(): void {
    if (this.#nextLook === undefined && !this.#parts.listener.hasLinks()) this.#lookLater('alone')
  }

  #lookLater(because: NextLook['because']): void {
    const { environment, listener } = this.#parts
    this.#nextLook?.cancel()
    const jitter = 0.5 + (environment.crypto.randomBytes(1)[0] as number) / 256
    const pause = Math.min(LONGEST_LOOK_MS, FIRST_LOOK_MS * 2 ** this.#looks++) * jitter
    const cancel = environment.clock.wakeAfter(pause, () => {
      this.#nextLook = undefined
      if (because === 'missed' || !listener.hasLinks()) this.#look()
    })
    this.#nextLook = { because, cancel }
  }

  #look(): void {
    // without the server nobody is seen: that was no look
    if (this.#signaling.phase !== 'open') return this.#lookLater('missed')
    const { listener } = this.#parts
    this.#isLooking = true
    this.#signaling.lookAgain((instance) => !listener.isLinked(instance))
    this.#lookAgainIfAlone()
  }

  /** Waits in today's topics and in those of invites. */
  plan(): void {
    if (this.#place !== 'front') return
    const { environment, keyring, roster } = this.#parts
    const now = environment.clock.now()
    const { crypto } = environment
    const members = keyring
      .epochKeysToMeetUnder(MAX_OLD_EPOCHS + 1)
      .flatMap((key) => memberTopics(crypto, key.reveal(), now).map((topic) => this.#topicPlan(topic, key)))
    const room = MAX_TOPICS_PER_SOCKET - SLOTS_AT_ONCE - members.length
    const invites = keyring.invitesToAnswer(roster, now, room)
    this.#signaling.plan([...members, ...invites.map((keys) => this.#invitePlan(keys))])
    this.#cancelPlan?.()
    this.#cancelPlan = environment.clock.wakeAfter(PLAN_MS, () => this.plan())
  }

  /** A topic outlives the epoch it is from. In an old one silently: whoever slept through the new epoch calls there, and so
   *  may whoever was removed. But whoever is alone may be the only one who knows of the new epoch, and those who do not are
   *  linked to each other and call nobody. */
  #topicPlan({ keys, sealing }: TopicKeys, epochKey: Secret): TopicPlan {
    const { keyring, roster, listener } = this.#parts
    const isOld = (): boolean => keyring.epochKey !== epochKey
    return {
      keys,
      greets: () => !listener.hasLinks() || (!isOld() && (this.#isLooking || this.#hasMissedSome)),
      greetsAtOnce: () => this.#greetsAtOnce,
      ...this.#memberPlan(sealing, 'server'),
      // who answers in an old one is for the eyes of whoever called alone
      boxing: {
        mine: keyring.dh,
        keyOf: (device) => (isOld() ? roster.certificateOf(device)?.dhPk : undefined),
      },
    }
  }

  /** Of those who came together without us one is enough, and most who are there are linked to us. */
  get #greetsAtOnce(): number {
    return this.#isLooking || !this.#parts.listener.hasLinks() ? Number.POSITIVE_INFINITY : FEW_GREETED
  }

  #self(): Pick<TopicPlan, 'self'> {
    const { keyring, roster, me } = this.#parts
    const { device } = keyring
    return { self: { side: 'member', instance: me, device, roster: knownRoster(roster, device) } }
  }

  #memberPlan(sealing: Uint8Array, through: 'server' | 'mesh'): DialingPlan {
    const { listener, keyring } = this.#parts
    return {
      sealing,
      boxing: { mine: keyring.dh },
      ...this.#self(),
      welcomes: (hello) => this.#welcomes(hello),
      asks: (hello) => this.#asks(hello),
      opened: (channel, hello, initiator) => this.#open(channel, hello, initiator),
      failed: (failure, hello) => {
        if (!this.#isNeeded(hello.instance)) return
        // somebody is there, and looks as seldom as we do
        this.#looks = Math.min(this.#looks, LOOKS_FOR_SOMEBODY)
        listener.failed(failure, hello.device, through)
      },
      mismatched: () => listener.failed('other-version', undefined, through),
    }
  }

  /** A crowd changes while it is dialed: nobody misses a link that is not wanted any more. */
  #isNeeded(instance: InstanceId): boolean {
    const { listener } = this.#parts
    return !listener.hasLinks() || (!listener.isLinked(instance) && listener.wants(instance))
  }

  #invitePlan(keys: InviteKeys): TopicPlan {
    const { listener, keyring } = this.#parts
    const pskIds = invitePskIds(keys.invite, keyring.device)
    return {
      keys: keys.topic,
      sealing: keys.sealing,
      ...this.#self(),
      // with links there are others who answered, and whoever knocks knocks again
      greets: () => !listener.hasLinks(),
      welcomes: (hello) => hello.side === 'newcomer',
      opened: (channel, hello, initiator) => listener.knocked({ channel, hello, initiator, keys, pskIds }),
      failed: (failure) => listener.failed(failure, undefined, 'server'),
      mismatched: () => listener.failed('other-version', undefined, 'server'),
    }
  }

  #welcomes(hello: Hello): boolean {
    const { roster, listener, me } = this.#parts
    if (hello.device === undefined || hello.roster === undefined || hello.instance === me) return false
    listener.heard(hello.roster)
    if (listener.isLinked(hello.instance)) listener.doubts?.(hello.instance)
    return (
      !listener.isLinked(hello.instance) &&
      listener.wants(hello.instance) &&
      roster.roleOf(hello.device) !== undefined
    )
  }

  /** Somebody whom this roster does not know, by a longer one: its answer tells what is lacking here. */
  #asks({ device, instance, roster: theirs }: Hello): boolean {
    const { roster, listener } = this.#parts
    if (device === undefined || theirs === undefined || roster.roleOf(device) !== undefined) return false
    return theirs.seq > roster.seq && !listener.isLinked(instance) && listener.wants(instance)
  }

  #open(channel: Channel, { device, instance }: Hello, initiator: boolean): void {
    if (device === undefined) return channel.close()
    openMemberLink(
      this.#parts,
      { channel, initiator, instance, device },
      {
        linked: (link) => this.#parts.listener.linked(link, device),
        failed: () => {
          if (this.#isNeeded(instance)) this.miss()
        },
      },
    )
  }
}
