/**
 * A signaling server in hostile hands, in front of the real one: it remembers what passes, and repeats it, sends it
 * back, swaps it, drops it, and tells of peers there are none of. It has no keys.
 * Invariant: while it behaves it passes everything on as it comes, and remembers it.
 */
import type { TopicId } from '../../src/base/ids.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import type { SignalingConnector, SignalingListener, SignalingSocket } from '../../src/transport/port.ts'
import { MAX_PEERS_TOLD } from '../../src/wire/limits.ts'
import {
  decodeClientSignal,
  decodeServerSignal,
  encodeServerSignal,
  type ServerSignal,
} from '../../src/wire/signal.ts'
import { isViolation } from '../../src/wire/violation.ts'

interface Passed {
  readonly topic: TopicId
  readonly blob: Uint8Array
}

/** Blobs it keeps: more than one introduction has. */
const MEMORY = 64

export type Mischief = 'none' | 'replay' | 'reflect' | 'reorder' | 'drop' | 'invent'

export class HostileServer {
  /** What it does from now on, to everybody. */
  mischief: Mischief = 'none'
  /** Messages it made up or changed. */
  made = 0
  readonly #crypto: Crypto
  readonly #real: SignalingConnector
  readonly #remembered: Passed[] = []
  /** What waits to go out of order. */
  readonly #held: (() => void)[] = []
  #count = 0

  constructor(crypto: Crypto, real: SignalingConnector) {
    this.#crypto = crypto
    this.#real = real
  }

  /** Today it knows what was said until now, and remembers no more. */
  readonly connector: SignalingConnector = { connect: (url, listener) => this.#connect(url, listener) }

  #connect(url: string, listener: SignalingListener): SignalingSocket {
    const socket = this.#real.connect(url, {
      ...listener,
      open: () => listener.open(),
      message: (bytes) => this.#toClient(listener, bytes),
      closed: (reason) => listener.closed(reason),
    })
    return {
      send: (bytes) => this.#fromClient(socket, listener, bytes),
      close: () => socket.close(),
    }
  }

  #fromClient(socket: SignalingSocket, listener: SignalingListener, bytes: Uint8Array): void {
    const signal = decodeClientSignal(bytes)
    if (isViolation(signal) || signal.kind !== 'pass') return socket.send(bytes)
    const { topic, to, blob } = signal
    if (this.mischief === 'none') {
      this.#remembered.push({ topic, blob: blob.slice() })
      if (this.#remembered.length > MEMORY) this.#remembered.shift()
    }
    if (this.mischief === 'drop' && this.#count++ % 2 === 0) return
    if (this.mischief === 'reflect') this.#say(listener, { kind: 'passed', topic, from: to, blob })
    socket.send(bytes)
  }

  #toClient(listener: SignalingListener, bytes: Uint8Array): void {
    const signal = decodeServerSignal(bytes)
    if (isViolation(signal)) return listener.message(bytes)
    switch (this.mischief) {
      case 'replay':
        listener.message(bytes)
        return this.#replay(listener, signal)
      case 'reorder':
        return this.#reorder(() => listener.message(bytes), signal)
      case 'drop':
        if (signal.kind !== 'passed' || this.#count++ % 2 === 0) listener.message(bytes)
        return
      case 'invent':
        return this.#invent(listener, signal)
      default:
        return listener.message(bytes)
    }
  }

  /** Everything that was ever said in that topic, once more, as if it came from whoever speaks now. */
  #replay(listener: SignalingListener, signal: ServerSignal): void {
    if (signal.kind !== 'passed') return
    for (const { topic, blob } of this.#remembered) {
      if (topic === signal.topic) this.#say(listener, { kind: 'passed', topic, from: signal.from, blob })
    }
  }

  /** By threes, the last first. */
  #reorder(hand: () => void, signal: ServerSignal): void {
    if (signal.kind !== 'passed') return hand()
    this.#held.push(hand)
    if (this.#held.length < 3) return
    this.made++
    for (const each of this.#held.splice(0).reverse()) each()
  }

  /** Peers there are none of, and blobs of theirs. */
  #invent(listener: SignalingListener, signal: ServerSignal): void {
    if (signal.kind !== 'joined') return listener.message(encodeServerSignal(signal))
    const { topic, sockets } = signal
    const invented = Array.from({ length: MAX_PEERS_TOLD - sockets.length }, (_, at) => 1_000_000 + at)
    this.#say(listener, { ...signal, sockets: [...sockets, ...invented] })
    for (const from of invented) {
      const blob = this.#crypto.randomBytes(200)
      blob[0] = from % 2
      this.#say(listener, { kind: 'passed', topic, from, blob })
    }
  }

  #say(listener: SignalingListener, signal: ServerSignal): void {
    this.made++
    listener.message(encodeServerSignal(signal))
  }
}
