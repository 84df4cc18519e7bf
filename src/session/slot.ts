/**
 * One socket in one slot of the signaling server, and the exchange that goes on there (protocol/code-exchange.ts):
 * its driver. A socket of its own, so that a code outlives neither the dialog nor the tab it was shown in.
 * Not here: what becomes of the end (spoken-codes.ts, redeeming.ts).
 *
 * Invariants: the listener hears one end and nothing after it; after `close` no socket and no timer is left.
 */
import type { TopicId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import {
  type CodeExchange,
  type CodeInput,
  type CodeOutput,
  type CodeStep,
  step,
} from '../protocol/code-exchange.ts'
import type { SignalingSocket } from '../transport/port.ts'
import {
  type ClientSignal,
  decodeServerSignal,
  encodeClientSignal,
  type Refusal,
  type ServerSignal,
  signalingOrigin,
} from '../wire/signal.ts'
import { isViolation } from '../wire/violation.ts'
import type { Environment } from './environment.ts'

/** How the slot was asked for. */
export type SlotWish = Extract<ClientSignal, { kind: 'invite' | 'enter' }>

export interface EnteredSlot {
  readonly slot: number
  readonly topic: TopicId
  readonly origin: string
  readonly expiresAt: Millis
  /** This socket's own number. */
  readonly me: number
  /** Who was there already: for who enters, the inviter. */
  readonly others: readonly number[]
}

/** How the exchange ended, or why it never began. */
export type SlotEnd =
  | Exclude<CodeOutput, { type: 'pass' | 'wake' }>
  | { readonly type: 'refused'; readonly reason: Refusal }
  /** No server there, or one that does not behave; or it went while the exchange was on. */
  | { readonly type: 'unreachable' }

export interface SlotListener {
  /** In the slot: begin the exchange. */
  entered(slot: EnteredSlot): CodeStep
  ended(end: SlotEnd): void
}

/** From the first attempt to the slot. */
const ENTERING_MS: Millis = 10_000
/** After its end a socket stays this long, so that its last words arrive, unless the other side goes first. */
const LINGER_MS: Millis = 2_000

type SlotState =
  | {
      readonly phase: 'entering'
      readonly challenge: Extract<ServerSignal, { kind: 'challenge' }> | undefined
    }
  | { readonly phase: 'inside'; readonly topic: TopicId; readonly exchange: CodeExchange }
  | { readonly phase: 'lingering'; readonly topic: TopicId }
  | { readonly phase: 'closed' }

export class Slot {
  readonly #environment: Environment
  readonly #url: string
  readonly #wish: SlotWish
  readonly #listener: SlotListener
  readonly #socket: SignalingSocket
  #state: SlotState = { phase: 'entering', challenge: undefined }
  #cancelTimer: () => void

  constructor(environment: Environment, url: string, wish: SlotWish, listener: SlotListener) {
    this.#environment = environment
    this.#url = url
    this.#wish = wish
    this.#listener = listener
    this.#cancelTimer = environment.clock.wakeAfter(ENTERING_MS, () => this.#end({ type: 'unreachable' }))
    this.#socket = environment.connector.connect(url, {
      open: () => {},
      message: (bytes) => this.#received(bytes),
      closed: () => this.#end({ type: 'unreachable' }),
    })
  }

  /** Ends everything without a word to the listener. Idempotent. */
  close(): void {
    if (this.#state.phase === 'closed') return
    this.#state = { phase: 'closed' }
    this.#cancelTimer()
    this.#socket.close()
  }

  #received(bytes: Uint8Array): void {
    if (this.#state.phase === 'closed') return
    const signal = decodeServerSignal(bytes)
    if (isViolation(signal)) return this.#end({ type: 'unreachable' })
    switch (signal.kind) {
      case 'challenge':
        return this.#challenged(signal)
      case 'slot':
        return this.#entered(signal)
      case 'passed':
        return this.#hear(signal.topic, { ...signal, type: 'passed', now: this.#now() })
      case 'gone':
        if (this.#state.phase === 'lingering') return this.close()
        return this.#hear(signal.topic, { type: 'gone', from: signal.socket })
      case 'refused':
        if (this.#state.phase === 'entering') this.#end({ type: 'refused', reason: signal.reason })
        return
      case 'joined':
      case 'settings':
        return
      default:
        return signal satisfies never
    }
  }

  /** A slot under another server's name would be the place of a middleman: the channel id holds the origin. */
  #challenged(challenge: Extract<ServerSignal, { kind: 'challenge' }>): void {
    if (this.#state.phase !== 'entering' || challenge.origin !== signalingOrigin(this.#url))
      return this.#end({ type: 'unreachable' })
    this.#state = { phase: 'entering', challenge }
    this.#socket.send(encodeClientSignal(this.#wish))
  }

  #entered({ slot, topic, expiresIn, sockets }: Extract<ServerSignal, { kind: 'slot' }>): void {
    if (this.#state.phase !== 'entering' || this.#state.challenge === undefined) return
    const { origin, socket: me } = this.#state.challenge
    const expiresAt = this.#now() + expiresIn
    const begun = this.#listener.entered({ slot, topic, origin, expiresAt, me, others: sockets })
    this.#cancelTimer()
    this.#take(topic, begun)
  }

  #hear(topic: TopicId, input: CodeInput): void {
    const state = this.#state
    if (state.phase === 'inside' && state.topic === topic) this.#take(topic, step(state.exchange, input))
  }

  /** Performs what the exchange put out, in order. */
  #take(topic: TopicId, { state, outputs }: CodeStep): void {
    this.#state = { phase: 'inside', topic, exchange: state }
    for (const output of outputs) {
      if (output.type === 'pass') this.#socket.send(encodeClientSignal({ kind: 'pass', topic, ...output }))
      else if (output.type === 'wake') this.#wakeAt(topic, output.at)
      else this.#end(output)
    }
  }

  #wakeAt(topic: TopicId, at: Millis): void {
    this.#cancelTimer()
    const after = Math.max(0, at - this.#now())
    this.#cancelTimer = this.#environment.clock.wakeAfter(after, () =>
      this.#hear(topic, { type: 'tick', now: this.#now() }),
    )
  }

  #end(end: SlotEnd): void {
    const state = this.#state
    if (state.phase === 'closed') return
    if (state.phase !== 'inside' || end.type === 'unreachable') {
      this.close()
      if (state.phase !== 'lingering') this.#listener.ended(end)
      return
    }
    this.#cancelTimer()
    this.#state = { phase: 'lingering', topic: state.topic }
    this.#cancelTimer = this.#environment.clock.wakeAfter(LINGER_MS, () => this.close())
    this.#listener.ended(end)
  }

  #now(): Millis {
    return this.#environment.clock.now()
  }
}
