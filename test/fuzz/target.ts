/**
 * What is fuzzed: one decoder, and how to reach it. A new one is one value of this shape, listed in table.ts.
 * Not here: how inputs are made (mutation.ts) and what a run may cost (meter.ts).
 */
import fc from 'fast-check'

export interface Target {
  readonly name: string
  /** 'signed': a signature or an agreement is made for every run, so fewer runs are asked of it. */
  readonly pace: 'cheap' | 'signed'
  /** Bytes the decoder takes, the same for the same seed: where mutation starts. */
  valid(seed: number): readonly Uint8Array[]
  /** A few valid inputs near the limits. They cost more, so they are played seldom. */
  large?(): readonly Uint8Array[]
  /** What a hostile peer can do to any bytes so that they get further: a checksum, a seal. Not measured. */
  dress?(bytes: Uint8Array): Uint8Array
  /** What must be there before the bytes come: an honest side, a document. Made for every run, not measured. */
  scene?(bytes: Uint8Array): unknown
  /** Measured. `undefined` when the bytes were refused; whatever it throws is a failure. */
  decode(bytes: Uint8Array, scene: unknown): unknown
  /** Bytes allocated for a byte of input, let go or not, where that is more than may be held, and why. */
  readonly allocatedPerByte?: number
  /** What else must be so of bytes that were taken: the objection, or nothing. Not measured. */
  objection?(value: unknown, bytes: Uint8Array): string | undefined
}

/** Values of an arbitrary, always the same for the same seed. */
export function sampled<T>(arbitrary: fc.Arbitrary<T>, encode: (value: T) => Uint8Array) {
  return (seed: number): Uint8Array[] => fc.sample(arbitrary, { seed, numRuns: 96 }).map(encode)
}

/** The objection to a decoder that takes two spellings of one value. */
export function respelled<T>(encode: (value: T) => Uint8Array) {
  return (value: unknown, bytes: Uint8Array): string | undefined =>
    Buffer.from(encode(value as T)).equals(bytes) ? undefined : 'it is taken, and encodes to other bytes'
}
