/**
 * libsodium's sealed box (`crypto_box_seal`) written out, with the key it draws itself given: X25519, then
 * XSalsa20-Poly1305 under a nonce that is BLAKE2b of both public keys. Bernstein, "Cryptography in NaCl", sections 5, 8 and 9.
 * Nothing of libsodium, so that agreeing with it means something.
 */
import { dh, dhPublicKey, join, shortHash } from './twin.ts'

const SIGMA = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const
const ROUNDS = 20
const BLOCK_BYTES = 64
const COLUMNS = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
] as const
const ROWS = [
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const

/** ephemeral public key 32 | tag 16 | ciphertext */
export function sealedBox(publicKey: Uint8Array, ephemeralSecret: Uint8Array, plain: Uint8Array): Uint8Array {
  const ephemeral = dhPublicKey(ephemeralSecret)
  const nonce = shortHash(24, join(ephemeral, publicKey))
  const key = hsalsa20(dh(ephemeralSecret, publicKey), new Uint8Array(16))
  const stream = xsalsa20(key, nonce, 32 + plain.length)
  const ciphertext = plain.map((byte, at) => byte ^ (stream[32 + at] as number))
  return join(ephemeral, poly1305(stream.subarray(0, 32), ciphertext), ciphertext)
}

function xsalsa20(key: Uint8Array, nonce: Uint8Array, length: number): Uint8Array {
  const inner = hsalsa20(key, nonce.subarray(0, 16))
  const blocks = Array.from({ length: Math.ceil(length / BLOCK_BYTES) }, (_, counter) => {
    const place = Buffer.alloc(16)
    place.set(nonce.subarray(16, 24))
    place.writeBigUInt64LE(BigInt(counter), 8)
    const before = matrix(inner, place)
    return littleEndian(mixed(before).map((word, at) => word + (before[at] as number)))
  })
  return join(...blocks).subarray(0, length)
}

function hsalsa20(key: Uint8Array, input: Uint8Array): Uint8Array {
  const state = mixed(matrix(key, input))
  return littleEndian(Uint32Array.from([0, 5, 10, 15, 6, 7, 8, 9], (at) => state[at] as number))
}

function matrix(key: Uint8Array, input: Uint8Array): Uint32Array {
  const words = (bytes: Uint8Array): number[] =>
    Array.from({ length: bytes.length / 4 }, (_, at) => Buffer.from(bytes).readUInt32LE(at * 4))
  const [k, n] = [words(key), words(input)]
  const [first, second, third, fourth] = SIGMA
  return Uint32Array.from([first, ...k.slice(0, 4), second, ...n, third, ...k.slice(4), fourth])
}

function mixed(before: Uint32Array): Uint32Array {
  const state = before.slice()
  for (let round = 0; round < ROUNDS; round += 2) {
    for (const places of COLUMNS) quarterRound(state, places)
    for (const places of ROWS) quarterRound(state, places)
  }
  return state
}

function quarterRound(state: Uint32Array, [a, b, c, d]: readonly [number, number, number, number]): void {
  const mix = (to: number, one: number, other: number, by: number): void => {
    const sum = ((state[one] as number) + (state[other] as number)) >>> 0
    state[to] = (state[to] as number) ^ ((sum << by) | (sum >>> (32 - by)))
  }
  mix(b, a, d, 7)
  mix(c, b, a, 9)
  mix(d, c, b, 13)
  mix(a, d, c, 18)
}

function littleEndian(words: Uint32Array): Uint8Array {
  const bytes = Buffer.alloc(words.length * 4)
  for (const [at, word] of words.entries()) bytes.writeUInt32LE(word, at * 4)
  return Uint8Array.from(bytes)
}

/** RFC 8439, section 2.5. */
function poly1305(key: Uint8Array, message: Uint8Array): Uint8Array {
  const number = (bytes: Uint8Array): bigint =>
    bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  const r = number(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
  let sum = 0n
  for (let at = 0; at < message.length; at += 16) {
    const block = number(join(message.subarray(at, at + 16), Uint8Array.of(1)))
    sum = ((sum + block) * r) % ((1n << 130n) - 5n)
  }
  const tag = sum + number(key.subarray(16, 32))
  return Uint8Array.from({ length: 16 }, (_, at) => Number((tag >> BigInt(8 * at)) & 255n))
}
