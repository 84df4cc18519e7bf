/**
 * Values inside an update: lib0's Any (maps, arrays) and JSON text (embeds, format marks), read strictly.
 * Every value has one spelling: what is read must encode to the same bytes again, so two peers can never
 * hold values that look the same and are not.
 *
 * any := 127 undefined | 126 null | 125 varint | 124 float32 | 123 float64 | 122 int64 | 121 false | 120 true
 *      | 119 text | 118 count (text any)* | 117 count any* | 116 bytes
 */
import * as lib0 from 'lib0/encoding'
import { equalBytes } from '../base/bytes.ts'
import { Malformed, type Reader } from '../base/codec.ts'
import { MAX_ANY_BYTES, MAX_ANY_DEPTH } from '../wire/limits.ts'

/** Keys that reach into JavaScript's prototypes when an app copies a value carelessly. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

export function isForbiddenKey(key: string): boolean {
  return FORBIDDEN_KEYS.has(key)
}

/** Reads one Any of at most MAX_ANY_BYTES and passes over it. */
export function readAny(reader: Reader): void {
  const start = reader.at
  const value = readNested(reader, 0)
  if (reader.at - start > MAX_ANY_BYTES) throw new Malformed('a value too long')
  if (typeof value === 'boolean' || value === undefined || value === null) return // a byte has one spelling
  if (!isSpelledAs(value, reader.bytes, start, reader.at)) throw new Malformed('a value in another spelling')
}

/** One for all values: there may be as many as half the bytes, and an encoder takes 400 bytes of memory. */
const spelling = lib0.createEncoder()

function isSpelledAs(value: unknown, bytes: Uint8Array, start: number, end: number): boolean {
  spelling.cpos = 0
  spelling.bufs.length = 0
  lib0.writeAny(spelling, value as Parameters<typeof lib0.writeAny>[1])
  if (spelling.bufs.length > 0) return equalBytes(bytes.subarray(start, end), lib0.toUint8Array(spelling))
  if (spelling.cpos !== end - start) return false
  for (let at = start; at < end; at++) if (bytes[at] !== spelling.cbuf[at - start]) return false
  return true
}

/** lib0's spelling of a value. */
export function encodeAny(value: unknown): Uint8Array {
  const encoder = lib0.createEncoder()
  lib0.writeAny(encoder, value as Parameters<typeof lib0.writeAny>[1])
  return lib0.toUint8Array(encoder)
}

/** Reads one length-prefixed JSON text, which must be what JSON.stringify writes. */
export function readJson(reader: Reader): void {
  const text = reader.text(MAX_ANY_BYTES)
  const value = parseJson(text)
  checkJson(value, 0)
  if (JSON.stringify(value) !== text) throw new Malformed('JSON in another spelling')
}

/** Plain JSON: nothing it would drop or change, no forbidden key, not too deep. */
export function isPlainJson(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth > MAX_ANY_DEPTH) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return false
  return Object.entries(value).every(([key, child]) => !isForbiddenKey(key) && isPlainJson(child, depth + 1))
}

function readNested(reader: Reader, depth: number): unknown {
  if (depth > MAX_ANY_DEPTH) throw new Malformed('a value nested too deep')
  const tag = reader.u8()
  switch (tag) {
    case 127:
      return undefined
    case 126:
      return null
    case 125:
      return readVarint(reader)
    case 124:
      return viewOf(reader.fixed(4)).getFloat32(0)
    case 123:
      return viewOf(reader.fixed(8)).getFloat64(0)
    case 122:
      return viewOf(reader.fixed(8)).getBigInt64(0)
    case 121:
      return false
    case 120:
      return true
    case 119:
      return reader.text(MAX_ANY_BYTES)
    case 118:
      return readObject(reader, depth)
    case 117:
      return reader.list(MAX_ANY_BYTES, 1, (each) => readNested(each, depth + 1))
    case 116:
      return reader.sized(MAX_ANY_BYTES)
    default:
      throw new Malformed('a value of no known kind')
  }
}

function readObject(reader: Reader, depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  const count = reader.varuint(MAX_ANY_BYTES)
  for (let i = 0; i < count; i++) {
    const key = reader.text(MAX_ANY_BYTES)
    if (isForbiddenKey(key)) throw new Malformed('a forbidden key')
    if (Object.hasOwn(object, key)) throw new Malformed('a key twice')
    object[key] = readNested(reader, depth + 1)
  }
  return object
}

/** Sign and 6 bits, then groups of 7; lib0 writes only 32-bit numbers this way, so 5 bytes suffice. */
function readVarint(reader: Reader): number {
  const first = reader.u8()
  let value = first & 63
  let scale = 64
  let more = first >= 128
  for (let i = 0; more && i < 5; i++) {
    const byte = reader.u8()
    value += (byte & 127) * scale
    scale *= 128
    more = byte >= 128
  }
  if (more) throw new Malformed('number too long')
  return first & 64 ? -value : value
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw new Malformed('not JSON')
    throw error
  }
}

function checkJson(value: unknown, depth: number): void {
  if (depth > MAX_ANY_DEPTH) throw new Malformed('a value nested too deep')
  if (typeof value !== 'object' || value === null) return
  for (const [key, child] of Object.entries(value)) {
    if (isForbiddenKey(key)) throw new Malformed('a forbidden key')
    checkJson(child, depth + 1)
  }
}
