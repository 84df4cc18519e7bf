/**
 * Real cryptography for simulated devices: every key and nonce comes from chance that repeats, and what was
 * reckoned once is not reckoned again (a signature is checked by every device, both ends of a link agree on one key).
 * Not here: the stand-in for thousands (keyed-hash.ts).
 */
import { equalBytes } from '../../src/base/bytes.ts'
import { Writer } from '../../src/base/codec.ts'
import type { Crypto, SignKeys } from '../../src/crypto/crypto.ts'
import type { Chance } from './chance.ts'

const NO_BYTES = new Uint8Array(0)
const NONCE = new Uint8Array(24)
const KEY_BYTES = 32
/** Bytes a sealed box adds: a fresh key and a tag. */
const BOX_BYTES = 48

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
      if (sealed.length < BOX_BYTES) return undefined
      const shared = real.dh(keys.secretKey, sealed.subarray(0, KEY_BYTES))
      if (shared === undefined) return undefined
      return real.open(sealing(shared, keys.publicKey), NONCE, NO_BYTES, sealed.subarray(KEY_BYTES))
    },
  }
}

interface Verdict {
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly isGood: boolean
}

/** The same verdicts and keys; each signature is checked once and each pair of keys multiplied once in this memory's life. */
export function remembering(real: Crypto): Crypto {
  const verdicts = new Map<string, Verdict>()
  const agreed = new Map<string, Uint8Array | undefined>()
  const signers = new Map<string, SignKeys>()
  const nameOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
  return {
    ...real,
    signKeys(seed) {
      if (seed === undefined) return real.signKeys()
      const keys = signers.get(nameOf(seed)) ?? real.signKeys(seed)
      signers.set(nameOf(seed), keys)
      return keys
    },
    verify(publicKey, message, signature) {
      const name = nameOf(signature)
      const known = verdicts.get(name)
      if (known !== undefined && equalBytes(known.publicKey, publicKey) && equalBytes(known.message, message))
        return known.isGood
      const isGood = real.verify(publicKey, message, signature)
      verdicts.set(name, { publicKey: publicKey.slice(), message: message.slice(), isGood })
      return isGood
    },
    dh(secretKey, publicKey) {
      const name = nameOf(secretKey.reveal()) + nameOf(publicKey)
      if (!agreed.has(name)) agreed.set(name, real.dh(secretKey, publicKey))
      return agreed.get(name)?.slice()
    },
  }
}
