/**
 * Channels inside one process: whole sessions run on it deterministically, and tests play the hostile
 * network with it. Two dials find each other by the tokens in their signals, as real ones do by their
 * descriptions. Not here: signaling in memory (memory-signaling.ts).
 *
 * Invariants: messages arrive in order, never within the call that sent them; what was sent before
 * `close` arrives before the other side's `closed`, unless the link is cut.
 */
import { toHex } from '../base/bytes.ts'
import { decode, Malformed, type Reader, Writer } from '../base/codec.ts'
import type { Random } from '../base/ports.ts'
import { MemoryEnd, type Schedule } from './memory-channel.ts'
import type { Dial, Dialer, DialFailure, DialOptions } from './port.ts'

export interface MemoryNetworkOptions {
  /** Tokens and fingerprints come from it. */
  readonly random: Random
  /** A microtask by default. */
  readonly schedule?: Schedule
  /** Bytes a channel delivers in one turn of the schedule, at least one message. Unlimited by default. */
  readonly bytesPerTurn?: number
  /** 262,144 by default, as in Chromium. */
  readonly maxMessageBytes?: number
}

/** What the network does to new links, and to messages of all links. */
export interface Interference {
  /** A man in the middle: both sides see a certificate that is not the other's. */
  readonly swapFingerprints?: boolean
  /** What arrives in place of `message`, in order: nothing drops it. */
  readonly message?: (message: Uint8Array, from: 'initiator' | 'responder') => readonly Uint8Array[]
  /** Every dial fails. */
  readonly noRoute?: boolean
}

/** One connected pair, in the hands of a test. */
export interface MemoryLink {
  /** Both sides hear `closed`; what was under way is lost. */
  cut(reason?: string): void
  /** Nothing arrives, not even a close, until `resume`. */
  stall(): void
  resume(): void
}

export interface MemoryNetwork {
  readonly dialer: Dialer
  /** Open links, the oldest first. */
  readonly links: readonly MemoryLink[]
  interfere(interference: Interference): void
}

interface MemoryDial {
  readonly token: string
  readonly fingerprint: Uint8Array
  readonly options: DialOptions
  phase: 'waiting' | 'opening' | 'over'
}

type MemorySignal =
  | { readonly kind: 'offer'; readonly from: string }
  | { readonly kind: 'answer'; readonly from: string; readonly to: string }

const TOKEN_BYTES = 8
const OFFER = 1
const ANSWER = 2
const USUAL_MAX_MESSAGE_BYTES = 262_144

export function memoryNetwork(options: MemoryNetworkOptions): MemoryNetwork {
  return new Network(options)
}

class Network implements MemoryNetwork {
  readonly dialer: Dialer = { dial: (options) => this.#dial(options) }
  readonly #options: MemoryNetworkOptions
  readonly #schedule: Schedule
  readonly #dials = new Map<string, MemoryDial>()
  readonly #links = new Set<MemoryLink>()
  #interference: Interference = {}

  constructor(options: MemoryNetworkOptions) {
    this.#options = options
    this.#schedule = options.schedule ?? queueMicrotask
  }

  get links(): readonly MemoryLink[] {
    return [...this.#links]
  }

  interfere(interference: Interference): void {
    this.#interference = interference
  }

  #dial(options: DialOptions): Dial {
    const token = toHex(this.#options.random.bytes(TOKEN_BYTES))
    const dial: MemoryDial = { token, fingerprint: this.#options.random.bytes(32), options, phase: 'waiting' }
    this.#dials.set(token, dial)
    if (options.initiator) this.#signal(dial, { kind: 'offer', from: token })
    return {
      signal: (bytes) => this.#receive(dial, bytes),
      abort: () => this.#fail(dial, 'aborted', 'aborted here'),
    }
  }

  #signal(dial: MemoryDial, signal: MemorySignal): void {
    this.#schedule(() => {
      if (dial.phase !== 'waiting') return
      dial.options.onSignal(encodeMemorySignal(signal))
      dial.options.onGathered?.()
    })
  }

  #receive(dial: MemoryDial, bytes: Uint8Array): void {
    if (dial.phase !== 'waiting') return
    const decoded = decode(bytes, readMemorySignal)
    const expected = dial.options.initiator ? 'answer' : 'offer'
    if (!decoded.ok || decoded.value.kind !== expected) {
      this.#fail(dial, 'refused-description', decoded.ok ? `not an ${expected}` : decoded.reason)
    } else if (this.#interference.noRoute === true) {
      this.#fail(dial, 'no-route', 'the network has no route')
    } else if (decoded.value.kind === 'offer') {
      this.#signal(dial, { kind: 'answer', from: dial.token, to: decoded.value.from })
    } else {
      this.#connect(dial, decoded.value)
    }
  }

  #connect(initiator: MemoryDial, answer: MemorySignal & { kind: 'answer' }): void {
    const responder = this.#dials.get(answer.from)
    if (answer.to !== initiator.token || responder?.phase !== 'waiting') {
      this.#fail(initiator, 'no-route', 'nobody answers there')
      return
    }
    for (const dial of [initiator, responder]) dial.phase = 'opening'
    const [one, other] = this.#pair(initiator, responder)
    this.#schedule(() => {
      this.#open(initiator, one)
      this.#open(responder, other)
    })
  }

  #open(dial: MemoryDial, channel: MemoryEnd): void {
    if (dial.phase !== 'opening') {
      channel.close() // aborted at the last moment
      return
    }
    this.#end(dial)
    dial.options.onOpen(channel)
  }

  #pair(initiator: MemoryDial, responder: MemoryDial): [MemoryEnd, MemoryEnd] {
    const { random, bytesPerTurn = Number.POSITIVE_INFINITY } = this.#options
    const maxMessageBytes = this.#options.maxMessageBytes ?? USUAL_MAX_MESSAGE_BYTES
    const swapped = this.#interference.swapFingerprints === true
    const end = (local: MemoryDial, remote: MemoryDial, from: 'initiator' | 'responder'): MemoryEnd =>
      new MemoryEnd({
        localFingerprint: local.fingerprint,
        remoteFingerprint: swapped ? random.bytes(32) : remote.fingerprint,
        maxMessageBytes,
        bytesPerTurn,
        schedule: this.#schedule,
        arriving: (message) => this.#interference.message?.(message, from) ?? [message],
      })
    const one = end(initiator, responder, 'initiator')
    const other = end(responder, initiator, 'responder')
    const link = linkOf(one, other)
    one.connect(other, () => this.#links.delete(link))
    other.connect(one, () => this.#links.delete(link))
    this.#links.add(link)
    return [one, other]
  }

  #fail(dial: MemoryDial, failure: DialFailure, detail: string): void {
    if (dial.phase === 'over') return
    this.#end(dial)
    this.#schedule(() => dial.options.onFailed(failure, detail))
  }

  #end(dial: MemoryDial): void {
    dial.phase = 'over'
    this.#dials.delete(dial.token)
  }
}

function linkOf(one: MemoryEnd, other: MemoryEnd): MemoryLink {
  const both = [one, other]
  return {
    cut: (reason = 'the network was cut') => {
      for (const end of both) end.cut(reason)
    },
    stall: () => {
      for (const end of both) end.stall()
    },
    resume: () => {
      for (const end of both) end.resume()
    },
  }
}

/** Memory signal = kind u8 (1 offer, 2 answer) | token 8 | for an answer: token of the offer 8 */
function encodeMemorySignal(signal: MemorySignal): Uint8Array {
  const writer = new Writer().u8(signal.kind === 'offer' ? OFFER : ANSWER).text(signal.from)
  return (signal.kind === 'answer' ? writer.text(signal.to) : writer).finish()
}

function readMemorySignal(reader: Reader): MemorySignal {
  const kind = reader.u8()
  const from = reader.text(TOKEN_BYTES * 2)
  if (kind === OFFER) return { kind: 'offer', from }
  if (kind === ANSWER) return { kind: 'answer', from, to: reader.text(TOKEN_BYTES * 2) }
  throw new Malformed('neither offer nor answer')
}
