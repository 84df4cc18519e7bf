/**
 * Dials whose messages people carry: all signals of one side in one piece. Over any dialer, with the packing that fits
 * its signals. Not here: what the texts look like (wire/hand-carried.ts).
 *
 * The side that answers may wait minutes until somebody has carried its answer back. Browsers bear that differently:
 * Chromium gives up on candidates it cannot reach, so there they are kept until the answer is on its way; Firefox
 * wants them at once (`candidatesAtOnce`).
 */
import type { Dial, Dialer, HandDial, HandDialer, HandDialOptions } from './port.ts'

export interface Packing {
  /** All signals of one side in at most `maxBytes`, the description among them. `undefined`: not to be packed. */
  pack(signals: readonly Uint8Array[], maxBytes: number): Uint8Array | undefined
  /** The description first, then what may be held back. */
  unpack(packed: Uint8Array): readonly Uint8Array[] | undefined
}

export interface HandDialerOptions {
  readonly dialer: Dialer
  readonly packing: Packing
  readonly candidatesAtOnce: boolean
}

export function handDialer(options: HandDialerOptions): HandDialer {
  return { dial: (dial) => new PackedDial(options, dial) }
}

class PackedDial implements HandDial {
  readonly #options: HandDialerOptions
  readonly #wishes: HandDialOptions
  readonly #dial: Dial
  readonly #signals: Uint8Array[] = []
  #heldBack: readonly Uint8Array[] = []
  #phase: 'waiting' | 'gathering' | 'packed' | 'taken'

  constructor(options: HandDialerOptions, wishes: HandDialOptions) {
    this.#options = options
    this.#wishes = wishes
    const { initiator, iceServers, onOpen, onFailed } = wishes
    this.#phase = initiator ? 'gathering' : 'waiting'
    this.#dial = options.dialer.dial({
      ...{ initiator, iceServers, onOpen, onFailed },
      onSignal: (signal) => this.#signals.push(signal),
      onGathered: () => this.#gathered(),
    })
  }

  take(packed: Uint8Array): boolean {
    const { initiator } = this.#wishes
    const isAwaited = this.#phase === (initiator ? 'packed' : 'waiting')
    const signals = isAwaited ? this.#options.packing.unpack(packed) : undefined
    const [description, ...candidates] = signals ?? []
    if (description === undefined) return false
    this.#phase = initiator ? 'taken' : 'gathering'
    this.#dial.signal(description)
    this.#heldBack = candidates
    if (initiator || this.#options.candidatesAtOnce) this.handedOver()
    return true
  }

  handedOver(): void {
    const candidates = this.#heldBack
    this.#heldBack = []
    for (const candidate of candidates) this.#dial.signal(candidate)
  }

  abort(): void {
    this.#dial.abort()
  }

  #gathered(): void {
    if (this.#phase !== 'gathering') return
    const { packing } = this.#options
    const packed = packing.pack(this.#signals, this.#wishes.maxBytes)
    if (packed === undefined) return this.#dial.abort() // a platform that describes itself as nobody expects
    this.#phase = 'packed'
    this.#wishes.onPacked(packed)
  }
}
