/**
 * `Crypto` by libsodium's standard build, which is fetched and compiled at the first call only.
 * Not here: protocols made of these pieces (noise.ts), the key at rest, passphrases.
 *
 * What a peer controls (keys, signatures, ciphertexts) gets a verdict and never throws. A wrong length
 * in what we chose ourselves (our keys, nonces, counters) is our own bug: an assertion, or libsodium's
 * `TypeError`.
 */
import { assert } from '../base/assert.ts'
import { concat, toUtf8 } from '../base/bytes.ts'
import { Secret } from '../base/secret.ts'
import type { Crypto, DhKeys, SignKeys } from './crypto.ts'

type Sodium = typeof import('libsodium-wrappers')['default']

/** Bytes of both AEADs' tags. */
const TAG_BYTES = 16
/** Bytes `sealTo` adds: an ephemeral X25519 key and a Poly1305 tag. */
const BOX_BYTES = 48
/** Bytes of every key but the Ed25519 secret key, which is twice as long, like a signature. */
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64
/** `getRandomValues` refuses to give more at once. */
const MAX_RANDOM_BYTES = 65_536
/** Any scalar does: X25519 clamps it to a multiple of 8, which sends every small order to zero. */
const PROBE = new Uint8Array(KEY_BYTES).fill(1)

/** What libsodium-wrappers says when it is the input that is wrong. Any other error is ours and passes through. */
const FORGED_SEAL = 'ciphertext cannot be decrypted using that key'
const FORGED_BOX = 'incorrect key pair for the given ciphertext'
const WEAK_DH_KEY = 'weak public key'
const BAD_SIGN_KEY = 'invalid key'

let loading: Promise<Crypto> | undefined

/** One instance for everybody. A load that failed (no network, WebAssembly forbidden) may be tried again. */
export function loadCrypto(): Promise<Crypto> {
  loading ??= openSodium().catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

async function openSodium(): Promise<Crypto> {
  const { default: sodium } = await import('libsodium-wrappers')
  await sodium.ready
  return { ...hashing(sodium), ...sealing(sodium), ...signing(sodium), ...agreeing(sodium), randomBytes }
}

function hashing(sodium: Sodium): Pick<Crypto, 'hash' | 'kdf' | 'sha512' | 'isSame'> {
  /** Prefixed labels: a few dozen, all constants of our code, needed at every keystroke. */
  const labels = new Map<string, Uint8Array>()
  function labelled(label: string): Uint8Array {
    const known = labels.get(label)
    if (known !== undefined) return known
    const bytes = toUtf8(`coterie/1/${label}`)
    const prefixed = concat(lengthOf(bytes), bytes)
    labels.set(label, prefixed)
    return prefixed
  }
  return {
    hash(length, ...parts) {
      assert(length >= 16 && length <= 64, 'a hash is 16 to 64 bytes long')
      // Joining costs less than libsodium's streaming calls, at any length.
      const first = parts[0]
      const message = parts.length === 1 && first !== undefined ? first : concat(...parts)
      return sodium.crypto_generichash(length, message, null)
    },
    kdf(key, label, info, length) {
      assert(key.length >= 16 && key.length <= 64, 'a key to derive from is 16 to 64 bytes long')
      assert(length >= 16 && length <= 64, 'a derived key is 16 to 64 bytes long')
      return sodium.crypto_generichash(length, concat(labelled(label), lengthOf(info), info), key)
    },
    // libsodium's crypto_hash is SHA-512, and a test holds it to that.
    sha512: (...parts) => sodium.crypto_hash(concat(...parts)),
    isSame: (a, b) => a.length === b.length && sodium.memcmp(a, b),
  }
}

/** u16, big-endian as on the wire. */
function lengthOf(bytes: Uint8Array): Uint8Array {
  assert(bytes.length < 0x10000, 'what a key is derived from is shorter than 64 KiB')
  return Uint8Array.of(bytes.length >> 8, bytes.length & 255)
}

function sealing(sodium: Sodium): Pick<Crypto, 'seal' | 'open' | 'sealCounted' | 'openCounted'> {
  const counted = countedNonce()
  return {
    seal: (key, nonce, ad, plain) =>
      sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, ad, null, nonce, key),
    open(key, nonce, ad, sealed) {
      if (sealed.length < TAG_BYTES) return undefined
      try {
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed, ad, nonce, key)
      } catch (error) {
        return refused(error, FORGED_SEAL)
      }
    },
    sealCounted: (key, counter, ad, plain) =>
      sodium.crypto_aead_chacha20poly1305_ietf_encrypt(plain, ad, null, counted(counter), key),
    openCounted(key, counter, ad, sealed) {
      if (sealed.length < TAG_BYTES) return undefined
      try {
        return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, sealed, ad, counted(counter), key)
      } catch (error) {
        return refused(error, FORGED_SEAL)
      }
    },
  }
}

/** Writes 0^4 | counter u64 little-endian into one array that every call gives again: libsodium copies it. */
function countedNonce(): (counter: number) => Uint8Array {
  const nonce = new Uint8Array(12)
  const view = new DataView(nonce.buffer)
  return (counter) => {
    assert(Number.isSafeInteger(counter) && counter >= 0, 'a counter is a safe non-negative integer')
    view.setUint32(4, counter % 0x100000000, true)
    view.setUint32(8, Math.floor(counter / 0x100000000), true)
    return nonce
  }
}

function signing(sodium: Sodium): Pick<Crypto, 'sign' | 'verify' | 'signKeys' | 'isSoundSignKey'> {
  return {
    sign: (secretKey, message) => sodium.crypto_sign_detached(message, secretKey.reveal()),
    verify(publicKey, message, signature) {
      if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false
      return sodium.crypto_sign_verify_detached(signature, message, publicKey)
    },
    signKeys(seed = randomBytes(KEY_BYTES)): SignKeys {
      const keys = sodium.crypto_sign_seed_keypair(seed)
      return { publicKey: keys.publicKey, secretKey: new Secret(keys.privateKey) }
    },
    isSoundSignKey(publicKey) {
      if (publicKey.length !== KEY_BYTES) return false
      try {
        // Converts only points of the prime-order group, so it also refuses what hides a small order; each
        // of the 38 encodings with y beyond the prime is refused too (a test tries them all).
        sodium.crypto_sign_ed25519_pk_to_curve25519(publicKey)
        return true
      } catch (error) {
        return refused(error, BAD_SIGN_KEY) ?? false
      }
    },
  }
}

function agreeing(sodium: Sodium): Pick<Crypto, 'dhKeys' | 'dh' | 'isSoundDhKey' | 'sealTo' | 'openFrom'> {
  function multiply(scalar: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
    try {
      return sodium.crypto_scalarmult(scalar, publicKey)
    } catch (error) {
      return refused(error, WEAK_DH_KEY)
    }
  }
  return {
    // The seed is the secret key itself, as in RFC 7748; nothing else may be made from it.
    dhKeys(seed = randomBytes(KEY_BYTES)): DhKeys {
      return { publicKey: sodium.crypto_scalarmult_base(seed), secretKey: new Secret(seed.slice()) }
    },
    dh: (secretKey, publicKey) => multiply(secretKey.reveal(), publicKey),
    isSoundDhKey: (publicKey) =>
      publicKey.length === KEY_BYTES && isFieldElement(publicKey) && multiply(PROBE, publicKey) !== undefined,
    sealTo: (publicKey, plain) => sodium.crypto_box_seal(plain, publicKey),
    openFrom(keys, sealed) {
      if (sealed.length < BOX_BYTES) return undefined
      try {
        return sodium.crypto_box_seal_open(sealed, keys.publicKey, keys.secretKey.reveal())
      } catch (error) {
        return refused(error, FORGED_BOX)
      }
    },
  }
}

/** `undefined` if the error is libsodium's verdict `verdict`; every other error is thrown on. */
function refused(error: unknown, verdict: string): undefined {
  if (error instanceof Error && error.message === verdict) return undefined
  throw error
}

/** Whether 32 little-endian bytes are below 2^255 - 19: X25519 itself would take them modulo that. */
function isFieldElement(bytes: Uint8Array): boolean {
  const top = bytes[31] as number
  if (top !== 0x7f) return top < 0x7f
  for (let i = 30; i > 0; i--) if (bytes[i] !== 0xff) return true
  return (bytes[0] as number) < 0xed
}

function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += MAX_RANDOM_BYTES) {
    globalThis.crypto.getRandomValues(bytes.subarray(at, at + MAX_RANDOM_BYTES))
  }
  return bytes
}
