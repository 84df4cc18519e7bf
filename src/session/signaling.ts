/**
 * The session's end of the signaling server: one socket that comes back by itself, the topics it waits in, and
 * the meetings in them. What it hands up are open channels; who may have one is for the caller to say.
 *
 * Invariant: nothing is connected before `start`, and after `stop` no socket, timer or dial is left.
 */
import { type DeviceId, type InstanceId, idOf, type TopicId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import type { SignKeys } from '../crypto/crypto.ts'
import type { IceServer, SignalingSocket } from '../transport/port.ts'
import {
  type Challenge,
  decodeServerSignal,
  encodeClientSignal,
  joinStatement,
  type ServerSignal,
  signalingOrigin,
} from '../wire/signal.ts'
import { isViolation } from '../wire/violation.ts'
import { Dialing, type DialingPlan } from './dialing.ts'
import type { Environment } from './environment.ts'

/** A topic to wait in, and what happens there. */
export interface TopicPlan extends DialingPlan {
  readonly keys: SignKeys
  /** Whether to say hello to whoever is there; without it always. */
  greets?(): boolean
  /** To how many at a time; without it to MAX_GREETED. */
  greetsAtOnce?(): number
}

export type SignalingPhase = 'stopped' | 'connecting' | 'open' | 'unreachable'

export interface SignalingListener {
  changed(): void
}

interface Topic {
  readonly id: TopicId
  readonly plan: TopicPlan
  readonly dialing: Dialing
}

/** Hellos said on entering a topic: the mesh introduces the rest. */
const MAX_GREETED = 16
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000
/** A connection that says nothing for this long is as good as none. */
const GREETING_MS = 10_000
/** Whoever is asked who is there answers within this time: a socket may be dead long before the platform says so. */
const ANSWER_MS = 5_000

export class Signaling {
  readonly #environment: Environment
  readonly #url: string
  readonly #listener: SignalingListener
  readonly #topics = new Map<TopicId, Topic>()
  #phase: SignalingPhase = 'stopped'
  #socket: SignalingSocket | undefined
  #challenge: Challenge | undefined
  #iceServers: readonly IceServer[] = []
  #retries = 0
  #cancelTimer: (() => void) | undefined

  constructor(environment: Environment, url: string, listener: SignalingListener) {
    this.#environment = environment
    this.#url = url
    this.#listener = listener
  }

  get phase(): SignalingPhase {
    return this.#phase
  }

  get host(): string {
    return URL.canParse(this.#url) ? new URL(this.#url).host : this.#url
  }

  /** Peers being dialed right now. */
  get dialing(): number {
    let dials = 0
    for (const { dialing } of this.#topics.values()) dials += dialing.size
    return dials
  }

  /** The devices of members being dialed. */
  dialedDevices(): readonly DeviceId[] {
    return [...this.#topics.values()].flatMap(({ dialing }) => dialing.dialedDevices)
  }

  /** STUN and TURN as the server handed them out. */
  get iceServers(): readonly IceServer[] {
    return this.#iceServers
  }

  start(): void {
    if (this.#phase === 'stopped') this.#connect()
  }

  stop(): void {
    this.#phase = 'stopped'
    this.#cancelTimer?.()
    for (const { dialing } of this.#topics.values()) dialing.stop()
    this.#topics.clear()
    const socket = this.#socket
    this.#socket = undefined
    socket?.close()
  }

  /** Tries again at once when unreachable. */
  retry(): void {
    if (this.#phase !== 'unreachable') return
    this.#retries = 0
    this.#connect()
  }

  /** Waits in exactly these topics. */
  plan(plans: readonly TopicPlan[]): void {
    const wanted = new Map(plans.map((plan) => [idOf<TopicId>(plan.keys.publicKey), plan]))
    for (const [id, topic] of this.#topics) {
      if (wanted.has(id)) continue
      topic.dialing.stop()
      this.#topics.delete(id)
      this.#send({ kind: 'leave', topic: id })
    }
    for (const [id, plan] of wanted) {
      if (this.#topics.has(id)) continue
      const topic: Topic = { id, plan, dialing: this.#dialingIn(id, plan) }
      this.#topics.set(id, topic)
      this.#join(topic)
    }
  }

  /** Looks again who is in the topics, and greets whom `isMissing` says we are not linked to. */
  lookAgain(isMissing: (instance: InstanceId) => boolean): void {
    for (const topic of this.#topics.values()) {
      topic.dialing.miss(isMissing)
      this.#join(topic)
    }
    if (this.#phase === 'open' && this.#topics.size > 0) this.#dropAfter(ANSWER_MS)
  }

  // The socket -------------------------------------------------------------------------------------------------

  #connect(): void {
    this.#cancelTimer?.()
    this.#become('connecting')
    this.#challenge = undefined
    const socket = this.#environment.connector.connect(this.#url, {
      open: () => {},
      message: (bytes) => {
        if (this.#socket === socket) this.#received(bytes)
      },
      closed: () => {
        if (this.#socket === socket) this.#lost()
      },
    })
    this.#socket = socket
    this.#dropAfter(GREETING_MS)
  }

  #dropAfter(silence: Millis): void {
    this.#cancelTimer?.()
    this.#cancelTimer = this.#environment.clock.wakeAfter(silence, () => this.#drop())
  }

  #drop(): void {
    const socket = this.#socket
    this.#lost()
    socket?.close()
  }

  #lost(): void {
    if (this.#phase === 'stopped') return
    this.#socket = undefined
    this.#challenge = undefined
    this.#cancelTimer?.()
    for (const { dialing } of this.#topics.values()) dialing.stop()
    const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#retries++)
    const jitter = 0.5 + (this.#environment.crypto.randomBytes(1)[0] as number) / 512
    this.#cancelTimer = this.#environment.clock.wakeAfter(longest * jitter, () => this.#connect())
    this.#become('unreachable')
  }

  #become(phase: SignalingPhase): void {
    if (this.#phase === phase) return
    // a retry in the background does not make the server reachable
    if (phase === 'connecting' && this.#phase === 'unreachable') return
    this.#phase = phase
    this.#listener.changed()
  }

  #send(signal: Parameters<typeof encodeClientSignal>[0]): void {
    if (this.#challenge !== undefined) this.#socket?.send(encodeClientSignal(signal))
  }

  #received(bytes: Uint8Array): void {
    const signal = decodeServerSignal(bytes)
    if (isViolation(signal)) return this.#drop()
    if (this.#phase === 'open') this.#cancelTimer?.()
    switch (signal.kind) {
      case 'challenge':
        return this.#challenged(signal)
      case 'settings':
        this.#iceServers = signal.iceServers
        return
      case 'joined':
        return this.#joined(signal.topic, signal.sockets)
      case 'passed':
        this.#topics.get(signal.topic)?.dialing.passed(signal.from, signal.blob)
        return
      case 'gone':
        this.#topics.get(signal.topic)?.dialing.gone(signal.socket)
        return
      case 'slot':
        return
      case 'refused':
        return this.#refused(signal)
      default:
        return signal satisfies never
    }
  }

  #challenged(challenge: Challenge): void {
    // a server that names another origin could be passing our proof on to that one
    if (challenge.origin !== signalingOrigin(this.#url)) return this.#drop()
    this.#challenge = challenge
    this.#retries = 0
    this.#cancelTimer?.()
    this.#phase = 'open'
    for (const topic of this.#topics.values()) this.#join(topic)
    this.#listener.changed()
  }

  #refused(signal: Extract<ServerSignal, { kind: 'refused' }>): void {
    const topic = signal.topic && this.#topics.get(signal.topic)
    if (signal.what !== 'join' || topic === undefined) return
    this.#environment.clock.wakeAfter(FIRST_RETRY_MS, () => {
      if (this.#topics.get(topic.id) === topic) this.#join(topic)
    })
  }

  // Topics -----------------------------------------------------------------------------------------------------

  #join(topic: Topic): void {
    if (this.#challenge === undefined) return
    const statement = joinStatement(this.#challenge, topic.id)
    const signature = this.#environment.crypto.sign(topic.plan.keys.secretKey, statement)
    this.#send({ kind: 'join', topic: topic.id, signature })
  }

  #joined(id: TopicId, sockets: readonly number[]): void {
    const topic = this.#topics.get(id)
    if (topic === undefined || topic.plan.greets?.() === false) return
    const count = Math.min(MAX_GREETED, topic.plan.greetsAtOnce?.() ?? MAX_GREETED)
    topic.dialing.greet(this.#some(sockets, count))
  }

  /** Half of them the first there are, who have been there longest; the others by chance, so that not all ask the same. */
  #some(sockets: readonly number[], count: number): readonly number[] {
    if (sockets.length <= count) return sockets
    const oldest = [...sockets].sort((a, b) => a - b)
    const chosen = oldest.splice(0, Math.ceil(count / 2))
    while (chosen.length < count) {
      const [byte = 0] = this.#environment.crypto.randomBytes(1)
      chosen.push(...oldest.splice(byte % oldest.length, 1))
    }
    return chosen
  }

  #dialingIn(id: TopicId, plan: TopicPlan): Dialing {
    return new Dialing({
      environment: this.#environment,
      plan,
      iceServers: () => this.#iceServers,
      pass: (to, blob) => {
        if (typeof to === 'number') this.#send({ kind: 'pass', topic: id, to, blob })
      },
      changed: () => this.#listener.changed(),
    })
  }
}
