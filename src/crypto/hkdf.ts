/**
 * HMAC-BLAKE2b-512 (RFC 2104, block of 128 bytes) and the HKDF of Noise, section 4.3.
 * Not `Crypto.kdf`, which is BLAKE2b's own keyed mode: Noise asks for the older construction.
 */
import { assert } from '../base/assert.ts'
import { concat } from '../base/bytes.ts'
import type { Crypto } from './crypto.ts'

/** Bytes of a BLAKE2b-512, HASHLEN in Noise. */
export const HASH_BYTES = 64
/** Bytes BLAKE2b takes in at once, BLOCKLEN in Noise. */
const BLOCK_BYTES = 128

/** Three outputs of 64 bytes; where Noise asks for two, the third is left aside. */
export function hkdf(
  crypto: Crypto,
  chainingKey: Uint8Array,
  input: Uint8Array,
): readonly [Uint8Array, Uint8Array, Uint8Array] {
  const key = hmac(crypto, chainingKey, input)
  const first = hmac(crypto, key, Uint8Array.of(1))
  const second = hmac(crypto, key, concat(first, Uint8Array.of(2)))
  const third = hmac(crypto, key, concat(second, Uint8Array.of(3)))
  key.fill(0)
  return [first, second, third]
}

/** The key is at most one block long; Noise's keys are 64 bytes. */
export function hmac(crypto: Crypto, key: Uint8Array, message: Uint8Array): Uint8Array {
  assert(key.length <= BLOCK_BYTES, 'an HMAC key fits in one block')
  const inner = new Uint8Array(BLOCK_BYTES).fill(0x36)
  const outer = new Uint8Array(BLOCK_BYTES).fill(0x5c)
  for (const [at, byte] of key.entries()) {
    inner[at] = byte ^ 0x36
    outer[at] = byte ^ 0x5c
  }
  const mac = crypto.hash(HASH_BYTES, outer, crypto.hash(HASH_BYTES, inner, message))
  inner.fill(0)
  outer.fill(0)
  return mac
}
