/** Chance that repeats: numbers and bytes from one seed. A stream of its own for every purpose and device. */
import { createHash } from 'node:crypto'

export interface Chance {
  /** In [0, 1). */
  number(): number
  /** A whole number below `bound`. */
  below(bound: number): number
  /** True once in `times`. */
  oneIn(times: number): boolean
  pick<T>(from: readonly T[]): T
  bytes(length: number): Uint8Array
}

/** mulberry32. `purpose` keeps streams of one seed apart: what one draws more or less moves no other. */
export function chanceFrom(seed: number, purpose = ''): Chance {
  let state = seed | 0
  for (const letter of purpose) state = Math.imul(state ^ (letter.codePointAt(0) ?? 0), 0x01000193)
  const word = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (bound: number): number => word() % bound
  return {
    number: () => word() / 2 ** 32,
    below,
    oneIn: (times) => below(times) === 0,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
    bytes: (length) => Uint8Array.from({ length }, () => word() & 255),
  }
}

/** One digest of everything that happened, in order: equal for equal runs, byte for byte. */
export class Trace {
  readonly #hash = createHash('sha256')

  add(kind: number, bytes: Uint8Array): void {
    this.#hash.update(Uint8Array.of(kind, bytes.length & 255)).update(bytes)
  }

  get digest(): string {
    return this.#hash.copy().digest('hex')
  }
}
