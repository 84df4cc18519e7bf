/**
 * What one run of a decoder costs, counted and not timed: steps, and bytes of memory.
 * A step is a byte read or written one by one, a view taken, a byte of text decoded, of a hash or of a seal, a struct
 * judged. Memory is all that is allocated during the run, on the heap and beside it, whether or not it is let go
 * again: more than what is held at any moment. Where that is more than may be held, what is held is measured too: the
 * collector is called at steps all through another run.
 * Invariant: a run in which the garbage collector came by counts as if it had allocated nothing; whoever fails a run
 * for its memory plays it again.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Reader, Writer } from '../../src/base/codec.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { Judge } from '../../src/doc/placement.ts'

/** Where a varuint stands in the bytes of a run. */
export interface Field {
  readonly start: number
  readonly end: number
}

export interface Cost {
  readonly steps: number
  readonly memory: number
}

/** Steps for a byte of input, and for none: entries are hashed, opened, read and judged. */
const STEPS_PER_BYTE = 48
const STEPS_FOR_NOTHING = 8_192
/** As the order for fuzzing has it, of what is held at any moment. */
const MEMORY_PER_BYTE = 16
const MEMORY_FOR_NOTHING = 1024 * 1024
/** How often a run is stopped to see what it holds: each time the whole heap is gone through, 10 to 20 ms. */
const LOOKS = 16

let steps = 0
/** What is done at every step; steps are counted anyway. */
let look: (() => void) | undefined
let fields: Field[] | undefined
let wholeLength = 0

export function measured(run: () => unknown): Cost & { readonly value: unknown } {
  steps = 0
  const before = memoryInUse()
  const value = run()
  return { memory: Math.max(0, memoryInUse() - before), steps, value }
}

/** What is beyond proportion in the cost of so many bytes, or `undefined`. */
export function excess(
  { steps: taken, memory }: Cost,
  bytes: number,
  allocatedPerByte = MEMORY_PER_BYTE,
): string | undefined {
  const most = STEPS_PER_BYTE * bytes + STEPS_FOR_NOTHING
  if (taken > most) return `${taken} steps for ${bytes} bytes`
  const room = allocatedPerByte * bytes + MEMORY_FOR_NOTHING
  return memory > room ? `${memory} bytes allocated for ${bytes} bytes` : undefined
}

/** Bytes that may be held at any moment of a run; whatever allocates less holds less. */
export function roomFor(bytes: number): number {
  return MEMORY_PER_BYTE * bytes + MEMORY_FOR_NOTHING
}

/** The most that `run` holds at any of so many of its steps, and at its end. @param taken steps it takes */
export function mostHeld(run: () => unknown, taken: number): number {
  const every = Math.max(1, Math.floor(taken / LOOKS))
  collect()
  const before = memoryInUse()
  let [most, next] = [0, every]
  steps = 0
  const weigh = (): void => {
    collect()
    most = Math.max(most, memoryInUse() - before)
  }
  look = () => {
    if (steps < next) return
    next = steps + every
    weigh()
  }
  try {
    const held = [run()] // by whoever asked for it
    weigh()
    held.length = 0
    return most
  } finally {
    look = undefined
  }
}

let collector: (() => void) | undefined

function collect(): void {
  if (collector === undefined) {
    setFlagsFromString('--expose-gc')
    collector = runInNewContext('gc') as () => void
  }
  collector()
}

/** The varuints `run` reads in these bytes, or in what they hold sealed, from the first to the last. */
export function varuintsRead(bytes: Uint8Array, run: () => unknown): readonly Field[] {
  const found: Field[] = []
  fields = found
  wholeLength = bytes.length
  try {
    run()
  } finally {
    fields = undefined
  }
  return found.sort((one, other) => one.start - other.start)
}

function count(taken: number): void {
  steps += taken
  look?.()
}

function memoryInUse(): number {
  const { used_heap_size: heap, external_memory: beside } = getHeapStatistics()
  return heap + beside
}

/** From now on every Reader, Writer and Judge of this thread counts. */
export function startCounting(): void {
  const { u8, fixed, text, varuint } = Reader.prototype
  Reader.prototype.u8 = function (this: Reader) {
    count(1)
    return u8.call(this)
  }
  Reader.prototype.fixed = function (this: Reader, length: number) {
    count(1)
    return fixed.call(this, length)
  }
  Reader.prototype.text = function (this: Reader, maxBytes: number) {
    const { at } = this
    const read = text.call(this, maxBytes)
    count(this.at - at)
    return read
  }
  Reader.prototype.varuint = function (this: Reader, max?: number) {
    if (fields === undefined) return varuint.call(this, max)
    const start = this.at
    const value = varuint.call(this, max)
    // A reader of a copy, or of what stands behind a first byte or two that choose the way.
    const before = wholeLength - this.bytes.length
    if (before >= 0 && before <= 2) fields.push({ start: start + before, end: this.at + before })
    return value
  }
  countWriting()
}

function countWriting(): void {
  const { u8, fixed } = Writer.prototype
  const { objectionTo } = Judge.prototype
  Writer.prototype.u8 = function (this: Writer, value: number) {
    count(1)
    return u8.call(this, value)
  }
  Writer.prototype.fixed = function (this: Writer, bytes: Uint8Array) {
    count(bytes.length)
    return fixed.call(this, bytes)
  }
  Judge.prototype.objectionTo = function (this: Judge, struct) {
    count(1)
    return objectionTo.call(this, struct)
  }
}

/** The same cryptography; what it hashes, seals and opens counts. */
export function counting(crypto: Crypto): Crypto {
  const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0)
  return {
    ...crypto,
    hash(length, ...parts) {
      count(lengthOf(parts))
      return crypto.hash(length, ...parts)
    },
    open(key, nonce, ad, sealed) {
      count(ad.length + sealed.length)
      return crypto.open(key, nonce, ad, sealed)
    },
    openCounted(key, counter, ad, sealed) {
      count(ad.length + sealed.length)
      return crypto.openCounted(key, counter, ad, sealed)
    },
    verify(publicKey, message, signature) {
      count(message.length)
      return crypto.verify(publicKey, message, signature)
    },
  }
}
