/**
 * One target's time on one thread, and what the other thread sees of it: reports now and then, and the input under
 * way in memory both share, so that one that never ends is known too.
 */
import { performance } from 'node:perf_hooks'
import { type Failure, Fuzzer, play } from './fuzzer.ts'
import type { Target } from './target.ts'

export interface Shift {
  readonly target: string
  readonly seed: number
  /** Whichever ends first; `undefined`: no such end. */
  readonly seconds: number | undefined
  readonly runs: number | undefined
}

export interface Report {
  readonly target: string
  readonly runs: number
  readonly taken: number
  readonly failures: readonly Failure[]
  /** The thread that did it is of no more use. */
  readonly isStuck: boolean
}

/** Distinct failures; with so many the rest would only say the same. */
const MAX_FAILURES = 8
const LOOK_AT_CLOCK_EVERY = 64

/** Bytes kept of the input under way. */
const SHOWN_BYTES = 1024 * 1024

/** The input under way, as both threads see it. */
export class Window {
  readonly memory: SharedArrayBuffer
  readonly #head: Int32Array
  readonly #bytes: Uint8Array

  constructor(memory = new SharedArrayBuffer(8 + SHOWN_BYTES)) {
    this.memory = memory
    this.#head = new Int32Array(memory, 0, 2)
    this.#bytes = new Uint8Array(memory, 8)
  }

  show(input: Uint8Array): void {
    const length = Math.min(input.length, SHOWN_BYTES)
    this.#bytes.set(input.subarray(0, length))
    Atomics.store(this.#head, 1, length)
    Atomics.add(this.#head, 0, 1)
  }

  /** Another number with every input. */
  get beat(): number {
    return Atomics.load(this.#head, 0)
  }

  get input(): Uint8Array {
    return Uint8Array.from(this.#bytes.subarray(0, Atomics.load(this.#head, 1)))
  }
}

export function work(target: Target, { seed, seconds, runs }: Shift, window: Window): Report {
  const fuzzer = new Fuzzer(target, seed)
  const endsAt = seconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + seconds * 1_000
  const failures = new Map<string, Failure>()
  const isOver = (): boolean =>
    fuzzer.runs >= (runs ?? Number.POSITIVE_INFINITY) ||
    failures.size >= MAX_FAILURES ||
    (fuzzer.runs % LOOK_AT_CLOCK_EVERY === 0 && performance.now() >= endsAt)
  // most runs end with an error that a decoder throws and catches: its stack costs more than the decoding
  Error.stackTraceLimit = 0
  do {
    const input = fuzzer.next()
    window.show(input)
    const failure = fuzzer.run(input)
    if (failure !== undefined)
      failures.set(failure.reason.replaceAll(/[0-9a-f]{2,}|\d+/g, 'n'), withStack(target, failure))
  } while (!isOver())
  const { runs: played, taken } = fuzzer
  return { target: target.name, runs: played, taken, failures: [...failures.values()], isStuck: false }
}

/** The same failure, told again with the place it was thrown at. */
function withStack(target: Target, failure: Failure): Failure {
  Error.stackTraceLimit = 10
  const { reason } = play(target, failure.input)
  Error.stackTraceLimit = 0
  return { ...failure, reason: reason ?? failure.reason }
}
