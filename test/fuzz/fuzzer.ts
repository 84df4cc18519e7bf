/**
 * One target under fuzz: makes inputs, plays them, judges what came of each.
 * Invariants: the inputs of a target depend on the seed alone; a run changes nothing the next one sees but the pool
 * of inputs that were taken, which is made of inputs.
 */
import { below, type Chance, pick, seeded } from '../doc/tools.ts'
import { type Cost, excess, measured, mostHeld, roomFor, varuintsRead } from './meter.ts'
import { mutated, plainBytes, type Sample } from './mutation.ts'
import type { Target } from './target.ts'

export interface Failure {
  readonly input: Uint8Array
  readonly reason: string
}

/** Mutated inputs that were taken, to be mutated again. */
const POOL = 256
const POOLED_BYTES = 8 * 1024
/** New valid inputs after so many runs. */
const RENEWED_AFTER = 50_000
const LARGE_EVERY = 2_048
/** A run beyond its memory is played again so often: the least counts, since others may have allocated too. */
const REPEATS = 4

export class Fuzzer {
  readonly target: Target
  runs = 0
  taken = 0
  readonly #seed: number
  readonly #chance: Chance
  readonly #pool: Sample[] = []
  #valid: readonly Sample[] = []
  readonly #large: readonly Sample[]

  constructor(target: Target, seed: number) {
    this.target = target
    this.#seed = seed
    this.#chance = seeded(seed)
    this.#large = (target.large?.() ?? []).map((bytes) => this.#sample(bytes))
  }

  /** The next input. `run` must follow: what was taken decides what comes next. */
  next(): Uint8Array {
    if (this.runs % RENEWED_AFTER === 0) {
      const seed = this.#seed + this.runs / RENEWED_AFTER
      this.#valid = this.target.valid(seed).map((bytes) => this.#sample(bytes))
    }
    const chance = this.#chance
    if (this.#large.length > 0 && this.runs % LARGE_EVERY === LARGE_EVERY - 1) return this.#nextLarge()
    const mood = chance()
    if (mood < 0.08) return plainBytes(chance, chance() < 0.05 ? 4_096 : 80)
    const sample = this.#pool.length > 0 && mood < 0.4 ? pick(chance, this.#pool) : pick(chance, this.#valid)
    if (mood > 0.97) return sample.bytes
    return mutated(sample, pick(chance, this.#valid).bytes, chance)
  }

  #nextLarge(): Uint8Array {
    const sample = pick(this.#chance, this.#large)
    if (this.#chance() < 0.3) return sample.bytes
    return mutated(sample, pick(this.#chance, this.#valid).bytes, this.#chance)
  }

  run(input: Uint8Array): Failure | undefined {
    this.runs++
    const verdict = play(this.target, input)
    if (verdict.reason !== undefined) return { input, reason: verdict.reason }
    if (verdict.taken) this.#keep(input)
    return undefined
  }

  #keep(input: Uint8Array): void {
    this.taken++
    if (input.length > POOLED_BYTES || this.#chance() > 0.02) return
    this.#pool[below(this.#chance, Math.min(POOL, this.#pool.length + 1))] = this.#sample(input)
  }

  #sample(bytes: Uint8Array): Sample {
    const { target } = this
    const dressed = target.dress?.(bytes) ?? bytes
    return { bytes, fields: varuintsRead(bytes, () => quietly(() => once(target, dressed))) }
  }
}

/** While looking for varuints only: what is thrown here is thrown again when the input is played. */
function quietly(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof Error)) throw error
  }
}

export interface Verdict {
  readonly taken: boolean
  /** Why the run failed. */
  readonly reason: string | undefined
}

/** Plays one input, as often as it takes to be sure. */
export function play(target: Target, input: Uint8Array): Verdict {
  const dressed = target.dress?.(input) ?? input
  try {
    const first = once(target, dressed)
    const taken = first.value !== undefined
    const least = leastOf(first, target, dressed)
    const tooMuch = excessIn(least, target, dressed) ?? heldTooMuch(least, target, dressed)
    if (tooMuch !== undefined) return { taken, reason: tooMuch }
    return { taken, reason: taken ? target.objection?.(first.value, dressed) : undefined }
  } catch (error) {
    return { taken: false, reason: `it threw ${error instanceof Error ? error.stack : String(error)}` }
  }
}

function once(target: Target, dressed: Uint8Array): ReturnType<typeof measured> {
  const scene = target.scene?.(dressed)
  return measured(() => target.decode(dressed, scene))
}

function leastOf(first: Cost, target: Target, dressed: Uint8Array): Cost {
  let least = first
  for (let i = 0; i < REPEATS && excessIn(least, target, dressed) !== undefined; i++) {
    const again = once(target, dressed)
    // a run of which nothing was seen says nothing
    if (again.memory > 0 && again.memory < least.memory) least = again
  }
  return least
}

function excessIn(cost: Cost, { allocatedPerByte }: Target, { length }: Uint8Array): string | undefined {
  return excess(cost, length, allocatedPerByte)
}

function heldTooMuch({ steps, memory }: Cost, target: Target, dressed: Uint8Array): string | undefined {
  const room = roomFor(dressed.length)
  if (memory <= room) return undefined
  const scene = target.scene?.(dressed)
  const held = mostHeld(() => target.decode(dressed, scene), steps)
  return held > room ? `${held} bytes held at once for ${dressed.length} bytes` : undefined
}
