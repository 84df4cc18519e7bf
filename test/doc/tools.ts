/** What the tests of this room share: a seeded generator, a clock turned by hand, crafted updates. */

import { Writer } from '../../src/base/codec.ts'
import type { Clock, Millis } from '../../src/base/ports.ts'
import type { Id } from '../../src/doc/struct.ts'

/** A number in [0, 1) at every call (mulberry32). */
export type Chance = () => number

export function seeded(seed: number): Chance {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number below `bound`. */
export function below(chance: Chance, bound: number): number {
  return Math.floor(chance() * bound)
}

export function pick<T>(chance: Chance, from: readonly T[]): T {
  return from[below(chance, from.length)] as T
}

/** A clock that stands still until it is turned. */
export class HandClock implements Clock {
  #now: Millis = 0
  #wakes: { readonly at: Millis; readonly wake: () => void }[] = []

  now(): Millis {
    return this.#now
  }

  wakeAfter(after: Millis, wake: () => void): () => void {
    const entry = { at: this.#now + after, wake }
    this.#wakes.push(entry)
    return () => {
      this.#wakes = this.#wakes.filter((other) => other !== entry)
    }
  }

  turn(by: Millis): void {
    this.#now += by
    const due = this.#wakes.filter(({ at }) => at <= this.#now)
    this.#wakes = this.#wakes.filter(({ at }) => at > this.#now)
    for (const { wake } of due) wake()
  }

  get waiting(): number {
    return this.#wakes.length
  }
}

export interface Crafted {
  readonly origin?: Id | undefined
  readonly rightOrigin?: Id | undefined
  /** A root's name or the id of a type; only used without neighbours. */
  readonly parent?: string | Id
  readonly key?: string
  readonly text?: string
  /** Any bytes as content, with their kind. */
  readonly content?: { readonly kind: number; readonly bytes: Uint8Array }
}

/** One struct in Yjs's V1 spelling, whatever it says. */
export function struct({ origin, rightOrigin, parent = 't', key, text = 'x', content }: Crafted): Uint8Array {
  const writer = new Writer()
  const info = (origin ? 128 : 0) | (rightOrigin ? 64 : 0) | (key === undefined ? 0 : 32)
  writer.u8(info | (content?.kind ?? 4))
  if (origin) writer.varuint(origin.client).varuint(origin.clock)
  if (rightOrigin) writer.varuint(rightOrigin.client).varuint(rightOrigin.clock)
  if (!origin && !rightOrigin) {
    if (typeof parent === 'string') writer.varuint(1).text(parent)
    else writer.varuint(0).varuint(parent.client).varuint(parent.clock)
    if (key !== undefined) writer.text(key)
  }
  return (content ? writer.fixed(content.bytes) : writer.text(text)).finish()
}

/** One block of structs and no deletions. */
export function updateOf(client: number, clock: number, ...structs: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer().varuint(1).varuint(structs.length).varuint(client).varuint(clock)
  for (const bytes of structs) writer.fixed(bytes)
  return writer.varuint(0).finish()
}

/** Ranges of one client and no structs. */
export function deletionOf(
  client: number,
  ...ranges: readonly (readonly [clock: number, length: number])[]
): Uint8Array {
  const writer = new Writer().varuint(0).varuint(1).varuint(client)
  return writer.list(ranges, (to, [clock, length]) => to.varuint(clock).varuint(length)).finish()
}
