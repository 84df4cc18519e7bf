/**
 * Noise's SymmetricState with its CipherState (sections 5.1 and 5.2) for ChaChaPoly and BLAKE2b:
 * what both sides hashed and agreed on so far. Knows no messages and no turns (noise.ts).
 * Invariant: both sides hold the same `hash` after the same calls, or the next `open` fails.
 */
import { assert } from '../base/assert.ts'
import { EMPTY, toUtf8 } from '../base/bytes.ts'
import type { Crypto } from './crypto.ts'
import { HASH_BYTES, hkdf } from './hkdf.ts'

const CIPHER_KEY_BYTES = 32

export class SymmetricState {
  readonly #crypto: Crypto
  #chainingKey: Uint8Array
  #hash: Uint8Array
  /** Empty before the first `mixKey` and after `wipe`: then nothing can be sealed. */
  #key = EMPTY
  #counter = 0

  /** @param protocol its name, at most 64 ASCII characters, so that it is padded and not hashed. */
  constructor(crypto: Crypto, protocol: string) {
    assert(protocol.length <= HASH_BYTES, "a protocol's name fits in one hash")
    this.#crypto = crypto
    this.#hash = new Uint8Array(HASH_BYTES)
    this.#hash.set(toUtf8(protocol))
    this.#chainingKey = this.#hash.slice()
  }

  /** h: never secret, and never changed in place. */
  get hash(): Uint8Array {
    return this.#hash
  }

  mixHash(bytes: Uint8Array): void {
    this.#hash = this.#crypto.hash(HASH_BYTES, this.#hash, bytes)
  }

  mixKey(input: Uint8Array): void {
    const [chainingKey, key] = hkdf(this.#crypto, this.#chainingKey, input)
    this.#turn(chainingKey, key)
  }

  mixKeyAndHash(input: Uint8Array): void {
    const [chainingKey, hashed, key] = hkdf(this.#crypto, this.#chainingKey, input)
    this.mixHash(hashed)
    this.#turn(chainingKey, key)
  }

  /** EncryptAndHash. */
  seal(plain: Uint8Array): Uint8Array {
    assert(this.#key.length === CIPHER_KEY_BYTES, 'nothing is sealed without a key')
    const sealed = this.#crypto.sealCounted(this.#key, this.#counter++, this.#hash, plain)
    this.mixHash(sealed)
    return sealed
  }

  /** DecryptAndHash. `undefined` leaves a state that is only fit to be wiped. */
  open(sealed: Uint8Array): Uint8Array | undefined {
    assert(this.#key.length === CIPHER_KEY_BYTES, 'nothing is opened without a key')
    const plain = this.#crypto.openCounted(this.#key, this.#counter++, this.#hash, sealed)
    this.mixHash(sealed)
    return plain
  }

  /** The key of initiator to responder, then the other way. The state is wiped but for `hash`. */
  split(): readonly [Uint8Array, Uint8Array] {
    const [first, second] = hkdf(this.#crypto, this.#chainingKey, EMPTY)
    this.wipe()
    return [first.slice(0, CIPHER_KEY_BYTES), second.slice(0, CIPHER_KEY_BYTES)]
  }

  wipe(): void {
    this.#chainingKey.fill(0)
    this.#key.fill(0)
    this.#key = EMPTY
  }

  #turn(chainingKey: Uint8Array, key: Uint8Array): void {
    this.wipe()
    this.#chainingKey = chainingKey
    this.#key = key.slice(0, CIPHER_KEY_BYTES)
    this.#counter = 0
    key.fill(0)
  }
}
