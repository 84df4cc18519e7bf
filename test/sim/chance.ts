/** Chance that repeats: numbers, bytes and keys from one seed. The cryptography itself is the real one. */
import { createHash } from 'node:crypto'
import { Writer } from '../../src/base/codec.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'

export interface Chance {
  /** In [0, 1). */
  number(): number
  /** A whole number below `bound`. */
  below(bound: number): number
  /** True once in `times`. */
  oneIn(times: number): boolean
  pick<T>(from: readonly T[]): T
  bytes(length: number): Uint8Array
}

/** mulberry32. */
export function chanceFrom(seed: number): Chance {
  let state = seed | 0
  const word = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (bound: number): number => word() % bound
  return {
    number: () => word() / 2 ** 32,
    below,
    oneIn: (times) => below(times) === 0,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
    bytes: (length) => Uint8Array.from({ length }, () => word() & 255),
  }
}

const NO_BYTES = new Uint8Array(0)
const NONCE = new Uint8Array(24)
const KEY_BYTES = 32

/** Real cryptography whose every key and nonce comes from `chance`. */
export function seededCrypto(real: Crypto, chance: Chance): Crypto {
  const sealing = (shared: Uint8Array, to: Uint8Array): Uint8Array =>
    real.kdf(shared, 'sim-box', to, KEY_BYTES)
  return {
    ...real,
    randomBytes: (length) => chance.bytes(length),
    signKeys: (seed = chance.bytes(KEY_BYTES)) => real.signKeys(seed),
    dhKeys: (seed = chance.bytes(KEY_BYTES)) => real.dhKeys(seed),
    // libsodium draws the key of a sealed box itself; this one is the same, drawn from the seed
    sealTo(publicKey, plain) {
      const fresh = real.dhKeys(chance.bytes(KEY_BYTES))
      const shared = real.dh(fresh.secretKey, publicKey)
      if (shared === undefined) throw new Error('the simulator seals to sound keys only')
      const box = real.seal(sealing(shared, publicKey), NONCE, NO_BYTES, plain)
      return new Writer().fixed(fresh.publicKey).fixed(box).finish()
    },
    openFrom(keys, sealed) {
      const shared = real.dh(keys.secretKey, sealed.subarray(0, KEY_BYTES))
      if (shared === undefined) return undefined
      return real.open(sealing(shared, keys.publicKey), NONCE, NO_BYTES, sealed.subarray(KEY_BYTES))
    },
  }
}

/** One digest of everything that happened, in order: equal for equal runs, byte for byte. */
export class Trace {
  readonly #hash = createHash('sha256')

  add(kind: number, bytes: Uint8Array): void {
    this.#hash.update(Uint8Array.of(kind, bytes.length & 255)).update(bytes)
  }

  get digest(): string {
    return this.#hash.copy().digest('hex')
  }
}
