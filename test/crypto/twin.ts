/**
 * The same primitives as src/crypto, slow and from elsewhere: OpenSSL through node:crypto, keyed BLAKE2b
 * from @noble/hashes, HChaCha20 written out. Nothing of libsodium, so that agreeing with it means something.
 */
import {
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  sign,
} from 'node:crypto'
import { blake2b } from '@noble/hashes/blake2.js'

const PRIVATE_X25519 = '302e020100300506032b656e04220420'
const PUBLIC_X25519 = '302a300506032b656e032100'
const PRIVATE_ED25519 = '302e020100300506032b657004220420'

export type HashName = 'blake2b512' | 'sha256' | 'sha512'

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'utf8'))
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts))
}

/** Bytes nobody chose, the same at every run. */
export function fixedBytes(name: string, length: number): Uint8Array {
  return Uint8Array.from(createHash('shake256', { outputLength: length }).update(name).digest())
}

export function hash(name: HashName, ...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(
    createHash(name)
      .update(join(...parts))
      .digest(),
  )
}

/** BLAKE2b of any length, with or without a key. */
export function shortHash(length: number, message: Uint8Array, key?: Uint8Array): Uint8Array {
  return blake2b(message, key === undefined ? { dkLen: length } : { dkLen: length, key })
}

export function kdf(key: Uint8Array, label: string, info: Uint8Array, length: number): Uint8Array {
  const prefixed = (bytes: Uint8Array) => join(Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes)
  return shortHash(length, join(prefixed(bytesOf(`coterie/1/${label}`)), prefixed(info)), key)
}

/** Noise, section 4.3: three outputs. */
export function hkdf(
  name: HashName,
  chainingKey: Uint8Array,
  input: Uint8Array,
): [Uint8Array, Uint8Array, Uint8Array] {
  const mac = (key: Uint8Array, message: Uint8Array) =>
    Uint8Array.from(createHmac(name, key).update(message).digest())
  const key = mac(chainingKey, input)
  const first = mac(key, Uint8Array.of(1))
  const second = mac(key, join(first, Uint8Array.of(2)))
  return [first, second, mac(key, join(second, Uint8Array.of(3)))]
}

export function sealWithNonce(
  key: Uint8Array,
  nonce: Uint8Array,
  ad: Uint8Array,
  plain: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
  cipher.setAAD(ad, { plaintextLength: plain.length })
  return join(cipher.update(plain), cipher.final(), cipher.getAuthTag())
}

export function sealCounted(key: Uint8Array, counter: number, ad: Uint8Array, plain: Uint8Array): Uint8Array {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64LE(BigInt(counter), 4)
  return sealWithNonce(key, nonce, ad, plain)
}

export function seal(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, plain: Uint8Array): Uint8Array {
  const inner = join(new Uint8Array(4), nonce.subarray(16))
  return sealWithNonce(hchacha20(key, nonce.subarray(0, 16)), inner, ad, plain)
}

/** draft-irtf-cfrg-xchacha-03, section 2.2. */
function hchacha20(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const input = Buffer.from(join(bytesOf('expand 32-byte k'), key, nonce))
  const state = new Uint32Array(16).map((_, i) => input.readUInt32LE(i * 4))
  for (let i = 0; i < 10; i++) {
    for (const column of [0, 1, 2, 3]) quarterRound(state, column, column + 4, column + 8, column + 12)
    for (const shift of [0, 1, 2, 3]) {
      quarterRound(state, shift, 4 + ((shift + 1) % 4), 8 + ((shift + 2) % 4), 12 + ((shift + 3) % 4))
    }
  }
  const output = Buffer.alloc(32)
  const kept = [0, 1, 2, 3, 12, 13, 14, 15]
  for (const [at, word] of kept.entries()) output.writeUInt32LE(state[word] as number, at * 4)
  return Uint8Array.from(output)
}

function quarterRound(state: Uint32Array, a: number, b: number, c: number, d: number): void {
  const mix = (to: number, add: number, turned: number, by: number) => {
    state[to] = (state[to] as number) + (state[add] as number)
    const word = (state[turned] as number) ^ (state[to] as number)
    state[turned] = (word << by) | (word >>> (32 - by))
  }
  mix(a, b, d, 16)
  mix(c, d, b, 12)
  mix(a, b, d, 8)
  mix(c, d, b, 7)
}

function privateKey(prefix: string, bytes: Uint8Array): KeyObject {
  const der = Buffer.concat([Buffer.from(prefix, 'hex'), bytes])
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}

/** The raw public key of a private one: the last 32 bytes of its SPKI. */
function publicBytes(key: KeyObject): Uint8Array {
  return Uint8Array.from(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32))
}

export function dhPublicKey(secretKey: Uint8Array): Uint8Array {
  return publicBytes(privateKey(PRIVATE_X25519, secretKey))
}

export function dh(secretKey: Uint8Array, remote: Uint8Array): Uint8Array {
  const der = Buffer.concat([Buffer.from(PUBLIC_X25519, 'hex'), remote])
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' })
  return Uint8Array.from(diffieHellman({ privateKey: privateKey(PRIVATE_X25519, secretKey), publicKey }))
}

export function signPublicKey(seed: Uint8Array): Uint8Array {
  return publicBytes(privateKey(PRIVATE_ED25519, seed))
}

export function signature(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return Uint8Array.from(sign(null, message, privateKey(PRIVATE_ED25519, seed)))
}
