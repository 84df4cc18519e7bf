/**
 * A signaling server inside the process: drives the real relay's `step`, which is given from outside
 * because transport may not import the server. Tests stop it, start it again and read what passes.
 */
import type { Clock, Millis, Random } from '../base/ports.ts'
import { signalingOrigin } from '../wire/signal.ts'
import type { Schedule } from './memory-channel.ts'
import type { SignalingConnector, SignalingListener, SignalingSocket } from './port.ts'

/** The relay's inputs and outputs as signaling/relay-state.ts has them, as far as they are needed here. */
export type RelayTurn =
  | {
      readonly kind: 'opened'
      readonly socket: number
      readonly address: string
      readonly origin: string
      readonly nonce: Uint8Array
      readonly now: Millis
    }
  | { readonly kind: 'received'; readonly socket: number; readonly bytes: Uint8Array; readonly now: Millis }
  | { readonly kind: 'closed'; readonly socket: number; readonly now: Millis }
  | { readonly kind: 'tick'; readonly now: Millis }

export type RelayWish =
  | { readonly kind: 'send'; readonly socket: number; readonly bytes: Uint8Array }
  | { readonly kind: 'close'; readonly socket: number; readonly code: number; readonly reason: string }
  | { readonly kind: 'wake'; readonly at: Millis }
  | { readonly kind: 'log' }

export interface MemoryRelayOptions {
  /** Performs one input, for instance `(input) => step(state, input).outputs`. */
  readonly perform: (input: RelayTurn) => readonly RelayWish[]
  readonly clock: Clock
  /** Nonces come from it. */
  readonly random: Random
  /** A microtask by default. */
  readonly schedule?: Schedule
  /** Sees every message that reaches the server, before the server does. */
  readonly onBytes?: (bytes: Uint8Array) => void
}

export interface MemoryRelay {
  /** @param address all sockets of one connector come from it */
  connector(address?: string): SignalingConnector
  /** Closes all sockets and takes no new ones. */
  stop(): void
  start(): void
}

interface OpenSocket {
  readonly listener: SignalingListener
}

export function connectThroughRelay(options: MemoryRelayOptions): MemoryRelay {
  return new InProcessRelay(options)
}

class InProcessRelay implements MemoryRelay {
  readonly #options: MemoryRelayOptions
  readonly #schedule: Schedule
  readonly #sockets = new Map<number, OpenSocket>()
  #running = true
  #lastSocket = 0
  #stopWaking: () => void = () => {}

  constructor(options: MemoryRelayOptions) {
    this.#options = options
    this.#schedule = options.schedule ?? queueMicrotask
  }

  connector(address = 'here'): SignalingConnector {
    return { connect: (url, listener) => this.#connect(address, url, listener) }
  }

  stop(): void {
    this.#running = false
    for (const number of [...this.#sockets.keys()]) this.#close(number, 'the server stopped')
    this.#stopWaking()
  }

  start(): void {
    this.#running = true
  }

  #connect(address: string, url: string, listener: SignalingListener): SignalingSocket {
    const number = ++this.#lastSocket
    const origin = signalingOrigin(url)
    this.#sockets.set(number, { listener })
    this.#schedule(() => {
      if (!this.#sockets.has(number)) return
      if (!this.#running || origin === undefined) {
        this.#close(number, 'nobody listens there')
        return
      }
      listener.open()
      const { random, clock } = this.#options
      this.#perform({
        kind: 'opened',
        socket: number,
        address,
        origin,
        nonce: random.bytes(32),
        now: clock.now(),
      })
    })
    return {
      send: (message) => this.#receive(number, message.slice()),
      close: () => this.#close(number, 'closed here'),
    }
  }

  #receive(socket: number, bytes: Uint8Array): void {
    this.#schedule(() => {
      if (!this.#sockets.has(socket)) return
      this.#options.onBytes?.(bytes)
      this.#perform({ kind: 'received', socket, bytes, now: this.#options.clock.now() })
    })
  }

  /** The listener hears it in the next turn; the relay at once. */
  #close(number: number, reason: string): void {
    const socket = this.#sockets.get(number)
    if (socket === undefined) return
    this.#sockets.delete(number)
    this.#schedule(() => socket.listener.closed(reason))
    this.#perform({ kind: 'closed', socket: number, now: this.#options.clock.now() })
  }

  #perform(input: RelayTurn): void {
    for (const wish of this.#options.perform(input)) {
      if (wish.kind === 'send') this.#send(wish.socket, wish.bytes)
      if (wish.kind === 'close') this.#close(wish.socket, wish.reason)
      if (wish.kind === 'wake') this.#wakeAt(wish.at)
    }
  }

  #send(number: number, bytes: Uint8Array): void {
    this.#schedule(() => this.#sockets.get(number)?.listener.message(bytes))
  }

  #wakeAt(at: Millis): void {
    const { clock } = this.#options
    this.#stopWaking()
    this.#stopWaking = clock.wakeAfter(Math.max(0, at - clock.now()), () =>
      this.#perform({ kind: 'tick', now: clock.now() }),
    )
  }
}
