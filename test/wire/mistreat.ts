/**
 * What is done to good bytes before a decoder must refuse them: cut at every length, made longer, every
 * varuint spelled one byte longer than needed. Not here: changed values, which may be good bytes too.
 */
import { expect } from 'vitest'
import { concat } from '../../src/base/bytes.ts'
import { Reader } from '../../src/base/codec.ts'

/** The decoder under test: whether it takes the bytes. It may not throw. */
export type Takes = (bytes: Uint8Array) => boolean

export function expectStrict(bytes: Uint8Array, takes: Takes): void {
  expect(takes(bytes)).toBe(true)
  for (let length = 0; length < bytes.length; length++)
    expect(takes(bytes.slice(0, length)), `cut at ${length}`).toBe(false)
  for (const byte of [0, 1, 255])
    expect(takes(concat(bytes, Uint8Array.of(byte))), `extended by ${byte}`).toBe(false)
  for (const end of varuintEnds(bytes, takes))
    expect(takes(overlong(bytes, end)), `overlong before ${end}`).toBe(false)
}

/** Where the varuints end that a decoder reads in these very bytes. */
export function varuintEnds(bytes: Uint8Array, takes: Takes): number[] {
  const ends = new Set<number>()
  const honest = Reader.prototype.varuint
  Reader.prototype.varuint = function (this: Reader, max?: number): number {
    const value = honest.call(this, max)
    // A decoder may read a copy: the same bytes, not the same array.
    if (this.bytes.length === bytes.length) ends.add(this.at)
    return value
  }
  try {
    takes(bytes)
  } finally {
    Reader.prototype.varuint = honest
  }
  return [...ends]
}

/** The varuint that ends before `end`, with a byte of no value after it. */
function overlong(bytes: Uint8Array, end: number): Uint8Array {
  const longer = concat(bytes.subarray(0, end), Uint8Array.of(0), bytes.subarray(end))
  longer[end - 1] = (longer[end - 1] as number) | 128
  return longer
}
