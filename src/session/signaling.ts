/**
 * The session's end of the signaling server: one socket that comes back by itself, the topics it waits in, and
 * the meetings in them. What it hands up are open channels; who may have one is for the caller to say.
 *
 * Invariant: nothing is connected before `start`, and after `stop` no socket, timer or dial is left.
 */
import { type DeviceId, type InstanceId, idOf, type TopicId } from '../base/ids.ts'
import type { SignKeys } from '../crypto/crypto.ts'
import {
  type MeetingInput,
  type MeetingOutput,
  type MeetingSelf,
  type MeetingState,
  startMeetings,
  step,
} from '../protocol/meeting.ts'
import type { Channel, Dial, DialFailure, IceServer, SignalingSocket } from '../transport/port.ts'
import type { Hello } from '../wire/introduction.ts'
import {
  type Challenge,
  decodeServerSignal,
  encodeClientSignal,
  joinStatement,
  type ServerSignal,
  signalingOrigin,
} from '../wire/signal.ts'
import { isViolation } from '../wire/violation.ts'
import type { Environment } from './environment.ts'

/** A topic to wait in, and what happens there. */
export interface TopicPlan {
  readonly keys: SignKeys
  readonly sealing: Uint8Array
  readonly self: MeetingSelf
  /** Whether to answer this hello. */
  welcomes(hello: Hello): boolean
  opened(channel: Channel, hello: Hello, initiator: boolean): void
  failed(failure: DialFailure, hello: Hello): void
  /** Somebody there speaks another version of the protocol. */
  mismatched(): void
}

export type SignalingPhase = 'stopped' | 'connecting' | 'open' | 'unreachable'

export interface SignalingListener {
  changed(): void
}

/** `dial` is set once the dialer gave it: it may call back before. */
interface Attempt {
  readonly hello: Hello
  readonly cancelLate: () => void
  dial: Dial | undefined
}

interface Topic {
  readonly id: TopicId
  readonly plan: TopicPlan
  readonly meetings: MeetingState
  readonly dials: Map<number, Attempt>
  /** Who was met on which socket, so that a second look at the topic greets only strangers. */
  readonly instances: Map<number, InstanceId>
}

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000
/** A connection that says nothing for this long is as good as none. */
const GREETING_MS = 10_000
/** A dial that has not opened by then is given up and tried anew. */
const DIAL_MS = 20_000

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
    for (const topic of this.#topics.values()) dials += topic.dials.size
    return dials
  }

  /** The devices of members being dialed. */
  dialedDevices(): readonly DeviceId[] {
    return [...this.#topics.values()].flatMap((topic) =>
      [...topic.dials.values()].flatMap(({ hello }) => hello.device ?? []),
    )
  }

  start(): void {
    if (this.#phase === 'stopped') this.#connect()
  }

  stop(): void {
    this.#phase = 'stopped'
    this.#cancelTimer?.()
    for (const topic of this.#topics.values()) abortDials(topic)
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
      abortDials(topic)
      this.#topics.delete(id)
      this.#send({ kind: 'leave', topic: id })
    }
    for (const [id, plan] of wanted) {
      if (this.#topics.has(id)) continue
      const meetings = startMeetings(this.#environment.crypto, plan.self, plan.sealing)
      const topic: Topic = { id, plan, meetings, dials: new Map(), instances: new Map() }
      this.#topics.set(id, topic)
      this.#join(topic)
    }
  }

  /** Looks again who is in the topics, and greets whom `isMissing` says we are not linked to. */
  lookAgain(isMissing: (instance: InstanceId) => boolean): void {
    for (const topic of this.#topics.values()) {
      for (const [socket, instance] of topic.instances)
        if (isMissing(instance)) topic.instances.delete(socket)
      this.#join(topic)
    }
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
    this.#cancelTimer = this.#environment.clock.wakeAfter(GREETING_MS, () => this.#drop())
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
    for (const topic of this.#topics.values()) {
      abortDials(topic)
      topic.instances.clear()
    }
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
    switch (signal.kind) {
      case 'challenge':
        return this.#challenged(signal)
      case 'settings':
        this.#iceServers = signal.iceServers
        return
      case 'joined':
        return this.#joined(signal.topic, signal.sockets)
      case 'passed':
        return this.#inTopic(signal.topic, { type: 'passed', from: signal.from, blob: signal.blob })
      case 'gone':
        return this.#gone(signal.topic, signal.socket)
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
    if (topic === undefined) return
    const strangers = sockets.filter((socket) => !topic.instances.has(socket) && !topic.dials.has(socket))
    this.#inTopic(id, { type: 'joined', sockets: strangers, now: this.#environment.clock.now() })
  }

  #gone(id: TopicId, socket: number): void {
    const topic = this.#topics.get(id)
    const attempt = topic?.dials.get(socket)
    attempt?.cancelLate()
    topic?.dials.delete(socket)
    attempt?.dial?.abort()
    topic?.instances.delete(socket)
    this.#inTopic(id, { type: 'gone', socket })
  }

  #inTopic(id: TopicId, input: MeetingInput): void {
    const topic = this.#topics.get(id)
    if (topic === undefined) return
    for (const output of step(topic.meetings, input).outputs) this.#perform(topic, output)
  }

  #perform(topic: Topic, output: MeetingOutput): void {
    switch (output.type) {
      case 'pass':
        return this.#send({ kind: 'pass', topic: topic.id, to: output.to, blob: output.blob })
      case 'greeted':
        if (topic.plan.welcomes(output.hello))
          this.#inTopic(topic.id, { type: 'answer', socket: output.socket, hello: output.hello })
        return
      case 'met':
        return this.#dial(topic, output.socket, output.hello, output.initiator)
      case 'signalled':
        topic.dials.get(output.socket)?.dial?.signal(output.signal)
        return
      case 'other-version':
        return topic.plan.mismatched()
      default:
        return output satisfies never
    }
  }

  #dial(topic: Topic, socket: number, hello: Hello, initiator: boolean): void {
    const before = topic.dials.get(socket)
    before?.cancelLate()
    topic.dials.delete(socket)
    before?.dial?.abort()
    if (initiator && !topic.plan.welcomes(hello)) return
    topic.instances.set(socket, hello.instance)
    const cancelLate = this.#environment.clock.wakeAfter(DIAL_MS, () => attempt.dial?.abort())
    const attempt: Attempt = { hello, cancelLate, dial: undefined }
    const isCurrent = (): boolean => topic.dials.get(socket) === attempt
    topic.dials.set(socket, attempt)
    attempt.dial = this.#environment.dialer.dial({
      initiator,
      iceServers: this.#iceServers,
      onSignal: (signal) => {
        if (isCurrent()) this.#inTopic(topic.id, { type: 'signal', socket, signal })
      },
      onOpen: (channel) => {
        if (!isCurrent()) return channel.close()
        cancelLate()
        topic.dials.delete(socket)
        topic.plan.opened(channel, hello, initiator)
        this.#listener.changed()
      },
      onFailed: (failure) => {
        if (!isCurrent()) return
        cancelLate()
        topic.dials.delete(socket)
        topic.instances.delete(socket)
        if (failure !== 'aborted') topic.plan.failed(failure, hello)
        this.#listener.changed()
      },
    })
    this.#listener.changed()
  }
}

function abortDials(topic: Topic): void {
  const dials = [...topic.dials.values()]
  topic.dials.clear()
  for (const { dial, cancelLate } of dials) {
    cancelLate()
    dial?.abort()
  }
}
