/** A relay on the workbench: sockets opened by name, time moved by hand, everything it put out kept. */

import { step } from '../../signaling/relay.ts'
import {
  createRelay,
  type RelayOptions,
  type RelayOutput,
  type RelayState,
} from '../../signaling/relay-state.ts'
import type { Crypto, SignKeys } from '../../src/crypto/crypto.ts'
import {
  type Challenge,
  type ClientSignal,
  decodeServerSignal,
  encodeClientSignal,
  joinStatement,
  type ServerSignal,
} from '../../src/wire/signal.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { topicOf } from '../contract/signaling-client.ts'

export class RelayBench {
  now = 1_000_000
  readonly state: RelayState
  readonly outputs: RelayOutput[] = []
  readonly #crypto: Crypto
  readonly #challenges = new Map<number, Challenge>()
  #lastSocket = 0

  constructor(crypto: Crypto, options: Partial<RelayOptions> = {}) {
    this.#crypto = crypto
    this.state = createRelay({ crypto, seed: new Uint8Array(32).fill(3), ...options })
  }

  /** @returns the number of the socket, also when it was turned away */
  open(address = 'house'): number {
    const socket = ++this.#lastSocket
    const nonce = this.#crypto.hash(32, Uint8Array.of(socket >> 8, socket & 255))
    const origin = 'https://relay.example'
    this.#perform({ kind: 'opened', socket, address, origin, nonce, now: this.now })
    this.#challenges.set(socket, { nonce, origin, socket })
    return socket
  }

  say(socket: number, signal: ClientSignal): readonly ServerSignal[] {
    return this.sayBytes(socket, encodeClientSignal(signal))
  }

  /** @returns what this socket was told at once */
  sayBytes(socket: number, bytes: Uint8Array): readonly ServerSignal[] {
    const outputs = this.#perform({ kind: 'received', socket, bytes, now: this.now })
    return heardBy(outputs, socket)
  }

  proof(socket: number, keys: SignKeys): Uint8Array {
    return this.#crypto.sign(keys.secretKey, joinStatement(this.#challenges.get(socket)!, topicOf(keys)))
  }

  join(socket: number, keys: SignKeys): readonly ServerSignal[] {
    return this.say(socket, { kind: 'join', topic: topicOf(keys), signature: this.proof(socket, keys) })
  }

  close(socket: number): void {
    this.#perform({ kind: 'closed', socket, now: this.now })
  }

  /** Lets time pass and gives the tick the relay asked for, when it lies before the end. */
  pass(milliseconds: number): void {
    this.now += milliseconds
    if (this.state.wakeAt !== undefined && this.state.wakeAt <= this.now)
      this.#perform({ kind: 'tick', now: this.now })
  }

  /** Everything this socket was ever told. */
  heard(socket: number): readonly ServerSignal[] {
    return heardBy(this.outputs, socket)
  }

  closedSockets(): readonly number[] {
    return this.outputs.flatMap((output) => (output.kind === 'close' ? [output.socket] : []))
  }

  #perform(input: Parameters<typeof step>[1]): readonly RelayOutput[] {
    const { outputs } = step(this.state, input)
    this.outputs.push(...outputs)
    return outputs
  }
}

function heardBy(outputs: readonly RelayOutput[], socket: number): ServerSignal[] {
  return outputs.flatMap((output) => {
    if (output.kind !== 'send' || output.socket !== socket) return []
    const signal = decodeServerSignal(output.bytes)
    if (isViolation(signal)) throw new Error(`the relay said what is no signal: ${signal.detail}`)
    return [signal]
  })
}
