/** Small pure functions on `Uint8Array`. Nothing here copies unless it says so. */

/** Code units of the digits. */
const DIGITS = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
/** Bytes spelled in one go: the longest id. */
const SPELLED_BYTES = 32
/** Code units on their way into a string, one array for each length. */
const SPELLING = Array.from({ length: SPELLED_BYTES + 1 }, (_, length) =>
  new Array<number>(2 * length).fill(0),
)
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const EMPTY = new Uint8Array(0)

/** One new array holding all parts in order. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** Same length and same bytes. Not constant time: never compare secrets with it. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Lexicographic order, a prefix before what it begins. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Spelled in one piece: joined digit by digit, an id would keep a kilobyte of joints in memory. */
export function toHex(bytes: Uint8Array): string {
  let hex = ''
  for (let at = 0; at < bytes.length; at += SPELLED_BYTES) {
    hex += spelled(bytes, at, Math.min(SPELLED_BYTES, bytes.length - at))
  }
  return hex
}

function spelled(bytes: Uint8Array, from: number, length: number): string {
  const units = SPELLING[length] as number[]
  for (let i = 0; i < length; i++) {
    const byte = bytes[from + i] as number
    units[2 * i] = DIGITS[byte >> 4] as number
    units[2 * i + 1] = DIGITS[byte & 15] as number
  }
  return String.fromCharCode.apply(null, units)
}

/** @throws RangeError unless `hex` is an even number of lower-case hexadecimal digits. */
export function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >> 1)
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = (digitOf(hex.charCodeAt(2 * i)) << 4) | digitOf(hex.charCodeAt(2 * i + 1))
  if (hex.length % 2 !== 0) throw new RangeError('half a byte of hexadecimal')
  return bytes
}

/** By arithmetic: ids pass through here at every entry, and a call of the platform costs ten times as much. */
function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  if (code >= 0x61 && code <= 0x66) return code - 0x61 + 10
  throw new RangeError('not lower-case hexadecimal')
}

/** UTF-8. Lone surrogates become U+FFFD, as the platform does. */
export function toUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** @throws TypeError on bytes that are not well-formed UTF-8. A byte order mark is kept. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** RFC 4648 §5 without padding. */
export function toBase64url(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text += BASE64URL[(group >> 18) & 63]
    text += BASE64URL[(group >> 12) & 63]
    if (left > 1) text += BASE64URL[(group >> 6) & 63]
    if (left > 2) text += BASE64URL[group & 63]
  }
  return text
}

/** The one spelling `toBase64url` writes and no other; anything else is `undefined`. */
export function fromBase64url(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1 || !/^[A-Za-z0-9_-]*$/.test(text)) return undefined
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let bits = 0
  let held = 0
  let at = 0
  for (const letter of text) {
    bits = (bits << 6) | BASE64URL.indexOf(letter)
    held += 6
    if (held < 8) continue
    held -= 8
    bytes[at++] = (bits >> held) & 255
    bits &= (1 << held) - 1
  }
  return bits === 0 ? bytes : undefined
}
