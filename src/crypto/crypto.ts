/**
 * The one door to cryptography, as the rest of the house sees it. Synchronous once loaded; knows
 * bytes and keys, nothing of sessions. `sodium.ts` stands behind it; the simulator may put a
 * keyed-hash stand-in there for crowds.
 */
import type { Secret } from '../base/secret.ts'

/** Ed25519: 32-byte public key, 64-byte secret key (seed || public). */
export interface SignKeys {
  readonly publicKey: Uint8Array
  readonly secretKey: Secret
}

/** X25519: 32 bytes each. */
export interface DhKeys {
  readonly publicKey: Uint8Array
  readonly secretKey: Secret
}

export interface Crypto {
  /** BLAKE2b of all parts in order, 16 to 64 bytes long. */
  hash(length: number, ...parts: readonly Uint8Array[]): Uint8Array

  /** BLAKE2b-n(key; lp("coterie/1/" + label) || lp(info)), lp = u16 length prefix; key 16 to 64 bytes, length 16 to 64. */
  kdf(key: Uint8Array, label: string, info: Uint8Array, length: number): Uint8Array

  /** SHA-512 of all parts in order. Only where somebody else's standard asks for it (pake.ts); ours is `hash`. */
  sha512(...parts: readonly Uint8Array[]): Uint8Array

  /** Whether these are the same bytes, in a time that says nothing of where they differ. */
  isSame(a: Uint8Array, b: Uint8Array): boolean

  /** XChaCha20-Poly1305-IETF: 32-byte key, 24-byte nonce; the tag is the last 16 bytes. */
  seal(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, plain: Uint8Array): Uint8Array
  /** `undefined` when forged, cut short or sealed under another key, nonce or ad. */
  open(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined

  /** ChaCha20-Poly1305-IETF with the nonce 0^4 || counter as u64 little-endian (as in Noise). */
  sealCounted(key: Uint8Array, counter: number, ad: Uint8Array, plain: Uint8Array): Uint8Array
  openCounted(key: Uint8Array, counter: number, ad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined

  /** Ed25519, 64 bytes. */
  sign(secretKey: Secret, message: Uint8Array): Uint8Array
  /** Libsodium's verdict and no other: small-order keys and non-canonical encodings are refused. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean

  /** Fresh keys, or the ones this 32-byte seed gives. */
  signKeys(seed?: Uint8Array): SignKeys
  dhKeys(seed?: Uint8Array): DhKeys

  /** X25519; `undefined` when the result would be all zero (a low-order public key). */
  dh(secretKey: Secret, publicKey: Uint8Array): Uint8Array | undefined
  /** False for keys no honest device has: identity, small order, not canonical, wrong length. */
  isSoundSignKey(publicKey: Uint8Array): boolean
  isSoundDhKey(publicKey: Uint8Array): boolean

  /** crypto_box_seal: anyone can seal to the public key, only its owner opens. */
  sealTo(publicKey: Uint8Array, plain: Uint8Array): Uint8Array
  openFrom(keys: DhKeys, sealed: Uint8Array): Uint8Array | undefined

  /** From the platform's generator. */
  randomBytes(length: number): Uint8Array
}
