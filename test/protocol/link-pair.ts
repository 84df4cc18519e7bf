/**
 * Two links talking through two lists of pending messages, in virtual time: what a driver and a
 * network do, without either. Not here: expectations.
 * The channel's buffer of an end is what is pending from it: delivering drains it.
 */
import { idOf } from '../../src/base/ids.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import {
  type CloseReason,
  type Lane,
  type LinkInput,
  type LinkOutput,
  type LinkStart,
  type LinkState,
  type LinkStep,
  startLink,
  step,
} from '../../src/protocol/link.ts'

export const crypto: Crypto = await loadCrypto()

const seeded = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

/** One side's part: what both must agree on, and what is its own. */
export function linkStart(role: 'initiator' | 'responder', change: Partial<LinkStart> = {}): LinkStart {
  const own = role === 'initiator' ? 1 : 2
  return {
    crypto,
    role,
    sessionId: idOf(new Uint8Array(16).fill(7)),
    psk: { kind: 'invite', ids: Uint8Array.of(1, 2, 3), key: seeded(9) },
    initiator: { instance: idOf(new Uint8Array(8).fill(0x11)), fingerprint: seeded(0xa1) },
    responder: { instance: idOf(new Uint8Array(8).fill(0x22)), fingerprint: seeded(0xb2) },
    staticKeys: crypto.dhKeys(seeded(own)),
    ephemeralKeys: crypto.dhKeys(seeded(own + 2)),
    payload: Uint8Array.of(own, own),
    maxMessageBytes: 262_144,
    now: 0,
    ...change,
  }
}

export class End {
  state: LinkState
  /** Handed over and not yet delivered, oldest first. */
  readonly wire: Uint8Array[] = []
  readonly outputs: LinkOutput[] = []
  wakeAt = Number.POSITIVE_INFINITY
  wakeBelow: number | undefined
  /** Called on 'hungry'; what it gives is queued in the bulk lane. */
  feeder: (() => Uint8Array | undefined) | undefined

  constructor(begun: LinkStep) {
    this.state = begun.state
    this.perform(begun.outputs)
  }

  get buffered(): number {
    return this.wire.reduce((sum, bytes) => sum + bytes.length, 0)
  }

  get messages(): { lane: Lane; bytes: Uint8Array }[] {
    return this.of('message').map(({ lane, bytes }) => ({ lane, bytes }))
  }

  get closed(): CloseReason | undefined {
    return this.of('close')[0]?.because
  }

  of<Type extends LinkOutput['type']>(type: Type): Extract<LinkOutput, { type: Type }>[] {
    return this.outputs.filter(
      (output): output is Extract<LinkOutput, { type: Type }> => output.type === type,
    )
  }

  perform(outputs: readonly LinkOutput[]): void {
    this.outputs.push(...outputs)
    for (const output of outputs) {
      if (output.type === 'send') this.wire.push(output.bytes)
      if (output.type === 'wake') this.wakeAt = output.at
      if (output.type === 'wakeBelow') this.wakeBelow = output.bytes
    }
  }
}

export class LinkPair {
  now = 0
  readonly a: End
  readonly b: End

  constructor(a: LinkStart = linkStart('initiator'), b: LinkStart = linkStart('responder')) {
    this.a = new End(startLink(a))
    this.b = new End(startLink(b))
  }

  /** A pair whose handshake is over and whose outputs so far are forgotten. */
  static open(change: Partial<LinkStart> = {}): LinkPair {
    const pair = new LinkPair(linkStart('initiator', change), linkStart('responder', change))
    pair.settle()
    for (const end of [pair.a, pair.b]) end.outputs.length = 0
    return pair
  }

  other(end: End): End {
    return end === this.a ? this.b : this.a
  }

  /** One input and all that follows from it at this end: room is told, the hungry are fed. */
  feed(end: End, input: LinkInput): void {
    const { state, outputs } = step(end.state, input)
    end.state = state
    end.perform(outputs)
    const isHungry = outputs.some(({ type }) => type === 'hungry')
    const message = isHungry ? end.feeder?.() : undefined
    if (message !== undefined) this.queue(end, 'bulk', message)
    else if (outputs.some(({ type }) => type === 'send')) this.tellRoom(end)
  }

  queue(end: End, lane: Lane, message: Uint8Array): void {
    this.feed(end, { type: 'queue', lane, message })
  }

  tellRoom(end: End, bufferedBytes = end.buffered): void {
    this.feed(end, { type: 'room', bufferedBytes, now: this.now })
  }

  receive(end: End, bytes: Uint8Array): void {
    this.feed(end, { type: 'received', bytes, now: this.now })
  }

  tick(end: End): void {
    this.feed(end, { type: 'tick', now: this.now })
  }

  /** Delivers the oldest pending message of this end, and tells it when its buffer drained. */
  deliver(from: End): boolean {
    const bytes = from.wire.shift()
    if (bytes === undefined) return false
    this.receive(this.other(from), bytes)
    if (from.wakeBelow !== undefined && from.buffered <= from.wakeBelow) {
      from.wakeBelow = undefined
      this.tellRoom(from)
    }
    return true
  }

  /** Delivers until nothing is pending. */
  settle(): void {
    while (this.deliver(this.a) || this.deliver(this.b)) {
      // `deliver` did the work.
    }
  }

  /** Lets time go by: ticks when they are wanted, everything delivered at once. */
  pass(millis: number): void {
    const until = this.now + millis
    for (;;) {
      const at = Math.min(this.a.wakeAt, this.b.wakeAt)
      if (at > until) break
      this.now = Math.max(this.now, at)
      for (const end of [this.a, this.b]) if (end.wakeAt <= this.now) this.ring(end)
      this.settle()
    }
    this.now = until
  }

  /** The timer of this end goes off. */
  ring(end: End): void {
    end.wakeAt = Number.POSITIVE_INFINITY
    this.tick(end)
  }
}

/** Bytes that show where they belong: any shift, gap or repetition changes them. */
export function pattern(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7 + seed) & 255)
}
