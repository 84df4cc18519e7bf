/** What the cores may not reach for themselves: time, chance and timers come in through these. */

/** Milliseconds. A point in time counts from 1970, a span from its beginning. */
export type Millis = number

export interface Clock {
  now(): Millis
  /** Calls `wake` once, after at least `after` milliseconds, unless the returned function is called before. */
  wakeAfter(after: Millis, wake: () => void): () => void
}

export interface Random {
  /** `length` fresh bytes nobody can predict. */
  bytes(length: number): Uint8Array
}
