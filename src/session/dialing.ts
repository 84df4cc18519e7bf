/**
 * From a hello to an open channel, over whatever carries the hellos: a signaling topic, or the links that are
 * open already. The driver of meetings and of the dials they lead to.
 *
 * Invariants: at most one dial per address; after `stop` no dial and no timer is left.
 */
import type { DeviceId, InstanceId } from '../base/ids.ts'
import {
  type Address,
  type Boxing,
  type MeetingInput,
  type MeetingOutput,
  type MeetingSelf,
  type MeetingState,
  startMeetings,
  step,
} from '../protocol/meeting.ts'
import type { Channel, Dial, DialFailure, IceServer } from '../transport/port.ts'
import type { Hello } from '../wire/introduction.ts'
import { MAX_PEERS_TOLD } from '../wire/limits.ts'
import type { Environment } from './environment.ts'

/** Whom to meet, and what becomes of it. */
export interface DialingPlan {
  /** Key the hellos are sealed under. */
  readonly sealing: Uint8Array
  readonly self: MeetingSelf
  /** Among members. */
  readonly boxing?: Boxing
  /** Whether to answer this hello. */
  welcomes(hello: Hello): boolean
  /** Whether to say hello to who is not welcome yet, for what their answer tells. */
  asks?(hello: Hello): boolean
  opened(channel: Channel, hello: Hello, initiator: boolean): void
  failed(failure: DialFailure, hello: Hello): void
  /** Somebody there speaks another version of the protocol. */
  mismatched(): void
}

export interface DialingParts {
  readonly environment: Environment
  readonly plan: DialingPlan
  readonly iceServers: () => readonly IceServer[]
  readonly pass: (to: Address, blob: Uint8Array) => void
  readonly changed: () => void
}

/** `dial` is set once the dialer gave it: it may call back before. */
interface Attempt {
  readonly hello: Hello
  readonly cancelLate: () => void
  dial: Dial | undefined
  late: boolean
}

/** A dial that has not opened by then is given up and tried anew. */
const DIAL_MS = 9_000
/** Dials at once: everybody the server told of, and as many who come. Each is a connection of the platform. */
const MAX_DIALS = 2 * MAX_PEERS_TOLD

export class Dialing {
  readonly #parts: DialingParts
  readonly #attempts = new Map<Address, Attempt>()
  /** Who was met where, so that a second look greets only strangers. */
  readonly #instances = new Map<Address, InstanceId>()
  #meetings: MeetingState

  constructor(parts: DialingParts) {
    this.#parts = parts
    this.#meetings = this.#begin()
  }

  /** Dials under way. */
  get size(): number {
    return this.#attempts.size
  }

  get dialedDevices(): readonly DeviceId[] {
    return [...this.#attempts.values()].flatMap(({ hello }) => hello.device ?? [])
  }

  /** Says hello to everybody at these addresses whom it has not met. */
  greet(addresses: readonly Address[]): void {
    const strangers = addresses.filter((one) => !this.#instances.has(one) && !this.#attempts.has(one))
    this.#step({ type: 'joined', addresses: strangers, now: this.#parts.environment.clock.now() })
  }

  /** Says hello once more, unless a dial is under way. */
  again(address: Address): void {
    this.#instances.delete(address)
    this.greet([address])
  }

  passed(from: Address, blob: Uint8Array): void {
    this.#step({ type: 'passed', from, blob })
  }

  gone(address: Address): void {
    const attempt = this.#attempts.get(address)
    this.#forget(address)
    attempt?.dial?.abort()
    this.#instances.delete(address)
    this.#step({ type: 'gone', address })
    if (attempt !== undefined) this.#parts.changed()
  }

  /** Makes strangers of those who are missed. */
  miss(isMissing: (instance: InstanceId) => boolean): void {
    for (const [address, instance] of this.#instances)
      if (isMissing(instance)) this.#instances.delete(address)
  }

  /** Forgets whom it met, and ends what is under way. */
  stop(): void {
    const attempts = [...this.#attempts.values()]
    this.#attempts.clear()
    this.#instances.clear()
    for (const { dial, cancelLate } of attempts) {
      cancelLate()
      dial?.abort()
    }
    this.#meetings = this.#begin()
  }

  #begin(): MeetingState {
    const { environment, plan } = this.#parts
    return startMeetings(environment.crypto, plan.self, plan.sealing, plan.boxing)
  }

  #step(input: MeetingInput): void {
    for (const output of step(this.#meetings, input).outputs) this.#perform(output)
  }

  #perform(output: MeetingOutput): void {
    const { plan, pass } = this.#parts
    switch (output.type) {
      case 'pass':
        return pass(output.to, output.blob)
      case 'greeted':
        if (this.#isWelcome(output.hello))
          this.#step({ type: 'answer', address: output.address, hello: output.hello })
        else if (plan.asks?.(output.hello) === true) this.again(output.address)
        return
      case 'met':
        if (!output.initiator || this.#isWelcome(output.hello))
          this.#dial(output.address, output.hello, output.initiator)
        return
      case 'signalled':
        this.#attempts.get(output.address)?.dial?.signal(output.signal)
        return
      case 'other-version':
        return plan.mismatched()
      default:
        return output satisfies never
    }
  }

  /** What a hello says may have ended all this: that we were removed. */
  #isWelcome(hello: Hello): boolean {
    const meetings = this.#meetings
    return this.#parts.plan.welcomes(hello) && this.#meetings === meetings
  }

  #dial(address: Address, hello: Hello, initiator: boolean): void {
    const { environment, plan, iceServers, changed } = this.#parts
    const before = this.#attempts.get(address)
    this.#forget(address)
    before?.dial?.abort()
    this.#instances.set(address, hello.instance)
    const attempt: Attempt = {
      hello,
      cancelLate: environment.clock.wakeAfter(DIAL_MS, () => {
        attempt.late = true
        attempt.dial?.abort()
      }),
      dial: undefined,
      late: false,
    }
    this.#attempts.set(address, attempt)
    this.#bound()
    const isCurrent = (): boolean => this.#attempts.get(address) === attempt
    attempt.dial = environment.dialer.dial({
      initiator,
      iceServers: iceServers(),
      onSignal: (signal) => {
        if (isCurrent()) this.#step({ type: 'signal', address, signal })
      },
      onOpen: (channel) => {
        if (!isCurrent()) return channel.close()
        this.#forget(address)
        plan.opened(channel, hello, initiator)
        changed()
      },
      onFailed: (failure) => {
        if (!isCurrent()) return
        this.#forget(address)
        this.#instances.delete(address)
        this.#step({ type: 'gone', address })
        if (failure !== 'aborted' || attempt.late) plan.failed(attempt.late ? 'no-route' : failure, hello)
        changed()
      },
    })
    changed()
  }

  /** Too many: the oldest is given up. */
  #bound(): void {
    const [oldest] = this.#attempts
    if (oldest === undefined || this.#attempts.size <= MAX_DIALS) return
    this.#forget(oldest[0])
    this.#instances.delete(oldest[0])
    this.#step({ type: 'gone', address: oldest[0] })
    oldest[1].dial?.abort()
  }

  #forget(address: Address): void {
    this.#attempts.get(address)?.cancelLate()
    this.#attempts.delete(address)
  }
}
