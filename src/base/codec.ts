/**
 * Reading and writing bytes, strictly: every number has one spelling, every length a bound, and
 * nothing may be left over. A `Reader` throws `Malformed`, and only `decode` in this file catches it.
 *
 * varuint = little-endian groups of 7 bits, the high bit set on all but the last (LEB128),
 * at most 2^53 - 1, never longer than needed.
 */
import { assert } from './assert.ts'
import { fromUtf8, toUtf8 } from './bytes.ts'

export class Malformed extends Error {
  override name = 'Malformed'
}

const MAX_VARUINT_BYTES = 8

/** What `decode` returns: the value, or why the bytes are no such value. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string }

/** Runs `read` over all of `bytes`: left-over bytes are malformed too. Errors that are ours pass through. */
export function decode<T>(bytes: Uint8Array, read: (reader: Reader) => T): Decoded<T> {
  try {
    const reader = new Reader(bytes)
    const value = read(reader)
    reader.end()
    return { ok: true, value }
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, reason: error.message }
    throw error
  }
}

export class Reader {
  readonly bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get at(): number {
    return this.#at
  }

  get left(): number {
    return this.bytes.length - this.#at
  }

  u8(): number {
    if (this.left < 1) throw new Malformed('cut short')
    return this.bytes[this.#at++] as number
  }

  u16(): number {
    return this.u8() * 0x100 + this.u8()
  }

  u32(): number {
    return this.u16() * 0x10000 + this.u16()
  }

  /** Milliseconds since 1970 fit in 48 bits until the year 10889. */
  u48(): number {
    return this.u16() * 0x100000000 + this.u32()
  }

  varuint(max = Number.MAX_SAFE_INTEGER): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < MAX_VARUINT_BYTES; i++) {
      const byte = this.u8()
      value += (byte & 127) * scale
      if (byte < 128) {
        if (byte === 0 && i > 0) throw new Malformed('overlong number')
        if (value > max) throw new Malformed(`number beyond ${max}`)
        return value
      }
      scale *= 128
    }
    throw new Malformed('number too long')
  }

  /** A view, not a copy. */
  fixed(length: number): Uint8Array {
    if (this.left < length) throw new Malformed('cut short')
    const start = this.#at
    this.#at += length
    return this.bytes.subarray(start, this.#at)
  }

  /** varuint length, then that many bytes: a view, not a copy. */
  sized(max: number): Uint8Array {
    return this.fixed(this.varuint(max))
  }

  /** varuint length in bytes, then well-formed UTF-8. */
  text(maxBytes: number): string {
    const bytes = this.sized(maxBytes)
    try {
      return fromUtf8(bytes)
    } catch (error) {
      if (error instanceof TypeError) throw new Malformed('not UTF-8')
      throw error
    }
  }

  /** varuint count, then that many items. `minBytes` (of one item) bounds the count before anything is allocated. */
  list<T>(max: number, minBytes: number, item: (reader: this) => T): T[] {
    const count = this.varuint(max)
    if (count * minBytes > this.left) throw new Malformed('more items than bytes')
    return Array.from({ length: count }, () => item(this))
  }

  /** A byte that is 0 or 1 and nothing else. */
  flag(): boolean {
    const byte = this.u8()
    if (byte > 1) throw new Malformed('not a flag')
    return byte === 1
  }

  rest(): Uint8Array {
    return this.fixed(this.left)
  }

  end(): void {
    if (this.left !== 0) throw new Malformed('bytes left over')
  }
}

export class Writer {
  #bytes = new Uint8Array(256)
  #at = 0

  u8(value: number): this {
    assert(Number.isInteger(value) && value >= 0 && value < 0x100, 'a u8 is 0 to 255')
    this.#reserve(1)
    this.#bytes[this.#at++] = value
    return this
  }

  u16(value: number): this {
    return this.u8(Math.floor(value / 0x100)).u8(value % 0x100)
  }

  u32(value: number): this {
    return this.u16(Math.floor(value / 0x10000)).u16(value % 0x10000)
  }

  u48(value: number): this {
    return this.u16(Math.floor(value / 0x100000000)).u32(value % 0x100000000)
  }

  varuint(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, 'a varuint is a safe non-negative integer')
    let left = value
    while (left >= 128) {
      this.u8((left % 128) + 128)
      left = Math.floor(left / 128)
    }
    return this.u8(left)
  }

  fixed(bytes: Uint8Array): this {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
    return this
  }

  sized(bytes: Uint8Array): this {
    return this.varuint(bytes.length).fixed(bytes)
  }

  text(text: string): this {
    return this.sized(toUtf8(text))
  }

  list<T>(items: readonly T[], item: (writer: this, value: T) => void): this {
    this.varuint(items.length)
    for (const value of items) item(this, value)
    return this
  }

  flag(value: boolean): this {
    return this.u8(value ? 1 : 0)
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at)
  }

  #reserve(length: number): void {
    const needed = this.#at + length
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = grown
  }
}
