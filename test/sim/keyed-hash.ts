/**
 * A stand-in for cryptography where thousands of peers stand in one thread: SHA-256 under keys everywhere. It keeps the
 * shape (what was not signed or sealed under this key is refused) and no secret. Its name is said wherever it is used.
 */
import { createHash } from 'node:crypto'
import { concat, equalBytes, toUtf8 } from '../../src/base/bytes.ts'
import { Secret } from '../../src/base/secret.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import type { Chance } from './chance.ts'

export const STAND_IN = 'keyed-hash stand-in for cryptography'

const TAG_BYTES = 16
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64

function digest(length: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha512')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest()).slice(0, length)
}

export function keyedHash(chance: Chance): Crypto {
  const publicOf = (secret: Uint8Array): Uint8Array => digest(KEY_BYTES, toUtf8('public'), secret)
  // who signs and who checks need one key: the public one stands in for it
  const sign = (publicKey: Uint8Array, message: Uint8Array): Uint8Array =>
    digest(SIGNATURE_BYTES, toUtf8('sign'), publicKey, message)
  const tag = (key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, plain: Uint8Array): Uint8Array =>
    digest(TAG_BYTES, key, nonce, ad, plain)
  const seal: Crypto['seal'] = (key, nonce, ad, plain) => concat(plain, tag(key, nonce, ad, plain))
  const open: Crypto['open'] = (key, nonce, ad, sealed) => {
    const plain = sealed.slice(0, Math.max(0, sealed.length - TAG_BYTES))
    return equalBytes(seal(key, nonce, ad, plain), sealed) ? plain : undefined
  }
  const counted = (counter: number): Uint8Array => toUtf8(`${counter}`)
  const keys = (seed = chance.bytes(KEY_BYTES)) => ({
    publicKey: publicOf(seed),
    secretKey: new Secret(seed.slice()),
  })
  return {
    hash: (length, ...parts) => digest(length, ...parts),
    sha512: (...parts) => digest(64, ...parts),
    isSame: equalBytes,
    kdf: (key, label, info, length) => digest(length, key, toUtf8(label), info),
    seal,
    open,
    sealCounted: (key, counter, ad, plain) => seal(key, counted(counter), ad, plain),
    openCounted: (key, counter, ad, sealed) => open(key, counted(counter), ad, sealed),
    sign: (secretKey, message) => sign(publicOf(secretKey.reveal()), message),
    verify: (publicKey, message, signature) => equalBytes(sign(publicKey, message), signature),
    signKeys: keys,
    dhKeys: keys,
    dh: (secretKey, publicKey) => {
      const [one, other] = [publicOf(secretKey.reveal()), publicKey]
      const isFirst = Buffer.compare(one, other) < 0
      return isFirst ? digest(KEY_BYTES, one, other) : digest(KEY_BYTES, other, one)
    },
    isSoundSignKey: () => true,
    isSoundDhKey: () => true,
    sealTo: (publicKey, plain) => seal(publicKey, toUtf8(''), toUtf8(''), plain),
    openFrom: (pair, sealed) => open(pair.publicKey, toUtf8(''), toUtf8(''), sealed),
    randomBytes: (length) => chance.bytes(length),
  }
}
