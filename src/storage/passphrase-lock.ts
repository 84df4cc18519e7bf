/**
 * Level 1 of keys at rest: a key wrapped under a passphrase, so that a thief of the whole profile has nothing without it.
 * Changing the passphrase wraps the same key anew, and no row is sealed again. Not here: when the page is locked, where
 * the lock lies (vault.ts has level 0).
 *
 * lock = version u8 | memoryKiB varuint | passes varuint | salt 16 | nonce 24 | seal(Argon2id key, nonce, all before | place, key)
 */
import { concat, toUtf8 } from '../base/bytes.ts'
import { decode, Malformed, type Reader, Writer } from '../base/codec.ts'
import { Secret } from '../base/secret.ts'
import type { Crypto } from '../crypto/crypto.ts'
import {
  isPayable,
  PASSPHRASE_COST,
  PASSPHRASE_SALT_BYTES,
  type PassphraseCost,
  passphraseKey,
} from '../crypto/passphrase.ts'

const VERSION = 1
const NONCE_BYTES = 24
const KEY_BYTES = 32
const TAG_BYTES = 16

export type Unlocked =
  | { readonly result: 'open'; readonly key: Secret }
  /** The passphrase is another one, or somebody changed the lock: nobody can tell which. */
  | { readonly result: 'wrong' }
  /** These bytes are no lock. */
  | { readonly result: 'unreadable' }

/** @param place what the key belongs to: a lock opens nowhere else */
export async function lockKey(
  crypto: Crypto,
  passphrase: string,
  place: string,
  key: Secret,
  cost: PassphraseCost = PASSPHRASE_COST,
): Promise<Uint8Array> {
  const salt = crypto.randomBytes(PASSPHRASE_SALT_BYTES)
  const nonce = crypto.randomBytes(NONCE_BYTES)
  const head = new Writer()
    .u8(VERSION)
    .varuint(cost.memoryKiB)
    .varuint(cost.passes)
    .fixed(salt)
    .fixed(nonce)
    .finish()
  const wrapping = await passphraseKey(passphrase, salt, cost)
  return concat(head, crypto.seal(wrapping.reveal(), nonce, concat(head, toUtf8(place)), key.reveal()))
}

export async function unlockKey(
  crypto: Crypto,
  passphrase: string,
  place: string,
  lock: Uint8Array,
): Promise<Unlocked> {
  const read = decode(lock, readLock)
  if (!read.ok) return { result: 'unreadable' }
  const { head, cost, salt, nonce, sealed } = read.value
  const wrapping = await passphraseKey(passphrase, salt, cost)
  const key = crypto.open(wrapping.reveal(), nonce, concat(head, toUtf8(place)), sealed)
  return key === undefined ? { result: 'wrong' } : { result: 'open', key: new Secret(key) }
}

function readLock(reader: Reader) {
  if (reader.u8() !== VERSION) throw new Malformed('another version of the lock')
  const cost = { memoryKiB: reader.varuint(), passes: reader.varuint() }
  if (!isPayable(cost)) throw new Malformed('a cost nobody can pay')
  const [salt, nonce] = [reader.fixed(PASSPHRASE_SALT_BYTES), reader.fixed(NONCE_BYTES)]
  const head = reader.bytes.subarray(0, reader.at)
  return { head, cost, salt, nonce, sealed: reader.fixed(KEY_BYTES + TAG_BYTES) }
}
