/**
 * CPace-X25519-SHA512 (draft-irtf-cfrg-cpace-21), initiator and responder: two who know the same few words agree
 * on a strong key, and whoever listens, or guesses wrong, learns nothing but that. Names follow the draft.
 * Not here: who speaks when, key confirmation, how often one may try (protocol/code-exchange.ts).
 *
 * Invariant: a share of small order, or in a second spelling of its field element, agrees on nothing.
 *
 * The arithmetic of the map takes a time that depends on the words. It is done once for words that live five
 * minutes and have one try, on the device of somebody who may know them.
 */
import { assert } from '../base/assert.ts'
import { concat, EMPTY, toUtf8 } from '../base/bytes.ts'
import { Writer } from '../base/codec.ts'
import { Secret } from '../base/secret.ts'
import type { Crypto } from './crypto.ts'

export interface PakeInput {
  /** What both know: PRS. */
  readonly password: Uint8Array
  /** Where they meet, as both see it: CI. */
  readonly channel: Uint8Array
  /** Unique to this exchange, public: sid. */
  readonly session: Uint8Array
}

export interface PakeShare {
  /** What is sent: Y, 32 bytes. */
  readonly point: Uint8Array
  /** What stays here. */
  readonly scalar: Secret
}

/** What one side sent: its point, and what it said along with it. */
export interface PakeMessage {
  readonly point: Uint8Array
  /** Public, authenticated by the key: AD. */
  readonly said: Uint8Array
}

/** Whoever speaks first is the initiator. */
export type PakeRole = 'initiator' | 'responder'

export type PakeTranscript = Readonly<Record<PakeRole, PakeMessage>>

const GROUP = toUtf8('CPace255')
const GROUP_KEY = toUtf8('CPace255_ISK')
/** Bytes SHA-512 takes in at once: padding fills the first block, so that its time does not depend on the words. */
const BLOCK_BYTES = 128
const FIELD_BYTES = 32

const PRIME = 2n ** 255n - 19n
/** Of the curve v^2 = u^3 + A u^2 + u. */
const A = 486_662n
/** The smallest number that is no square in the field, as RFC 9380 asks. */
const NON_SQUARE = 2n

/** @param scalar 32 random bytes; given from outside so that vectors can fix it */
export function pakeShare(
  crypto: Crypto,
  input: PakeInput,
  scalar: Secret = new Secret(crypto.randomBytes(FIELD_BYTES)),
): PakeShare {
  const point = crypto.dh(scalar, pakeGenerator(crypto, input))
  assert(point !== undefined, 'no words give a generator of small order')
  return { point, scalar }
}

/**
 * ISK, 64 bytes; `undefined`: the remote share is one no honest side sends, and the exchange must end.
 * @param mine the role played here, and its scalar
 */
export function pakeKey(
  crypto: Crypto,
  session: Uint8Array,
  mine: { readonly role: PakeRole; readonly scalar: Secret },
  transcript: PakeTranscript,
): Uint8Array | undefined {
  const { initiator, responder } = transcript
  const remote = mine.role === 'initiator' ? responder : initiator
  if (!crypto.isSoundDhKey(remote.point)) return undefined
  const agreed = crypto.dh(mine.scalar, remote.point)
  if (agreed === undefined) return undefined
  const said = [initiator.point, initiator.said, responder.point, responder.said]
  const key = crypto.sha512(sizedAll(GROUP_KEY, session, agreed, ...said))
  agreed.fill(0)
  return key
}

/** calculate_generator: g, 32 bytes. */
export function pakeGenerator(crypto: Crypto, { password, channel, session }: PakeInput): Uint8Array {
  const padding = BLOCK_BYTES - 1 - sizedAll(password).length - sizedAll(GROUP).length
  const zeros = padding > 0 ? new Uint8Array(padding) : EMPTY
  const hash = crypto.sha512(sizedAll(GROUP, password, zeros, channel, session)).subarray(0, FIELD_BYTES)
  return encodeElement(elligator2(decodeElement(hash)))
}

/** lv_cat: each part after its length as LEB128, which is our varuint. */
function sizedAll(...parts: readonly Uint8Array[]): Uint8Array {
  return concat(...parts.map((part) => new Writer().sized(part).finish()))
}

// The map ------------------------------------------------------------------------------------------------------

/** map_to_curve_elligator2 of RFC 9380, section 6.7.1: a field element to the u of a point of the curve. */
function elligator2(element: bigint): bigint {
  const first = modulo(-A * inverse(modulo(1n + NON_SQUARE * element * element)))
  return isSquare(modulo(first * (first * (first + A) + 1n))) ? first : modulo(-first - A)
}

/** Euler's criterion. Zero, which counts as a square, has no preimage of the map. */
function isSquare(element: bigint): boolean {
  return power(element, (PRIME - 1n) / 2n) !== PRIME - 1n
}

/** Fermat's. 1 + 2 r^2 is never zero: -1/2 is no square. */
function inverse(element: bigint): bigint {
  return power(element, PRIME - 2n)
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = base
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = modulo(result * square)
    square = modulo(square * square)
  }
  return result
}

function modulo(value: bigint): bigint {
  const rest = value % PRIME
  return rest < 0n ? rest + PRIME : rest
}

/** decodeUCoordinate of RFC 7748: little-endian, the top bit left aside. */
function decodeElement(bytes: Uint8Array): bigint {
  let value = 0n
  for (let at = FIELD_BYTES - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at] as number)
  return modulo(value & (2n ** 255n - 1n))
}

function encodeElement(element: bigint): Uint8Array {
  const bytes = new Uint8Array(FIELD_BYTES)
  for (let at = 0, left = element; at < FIELD_BYTES; at++, left >>= 8n) bytes[at] = Number(left & 255n)
  return bytes
}
