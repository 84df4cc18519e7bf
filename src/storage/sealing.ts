/**
 * How one row is sealed at rest: bytes in, bytes out, synchronous, so that thousands open in one tight loop.
 * Not here: where the data key comes from (vault.ts), where rows lie (rows.ts).
 * Invariant: a sealed row opens only in the session, table and key it was sealed for.
 */
import { assert } from '../base/assert.ts'
import { concat, toUtf8 } from '../base/bytes.ts'
import type { Secret } from '../base/secret.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { LocalId, Table } from './port.ts'

/** Of the rows in the database; migration.ts brings older ones to it. */
export const FORMAT = 1

export const DATA_KEY_BYTES = 32
const NONCE_BYTES = 24
const TAG_BYTES = 16
/** A key's length is written in two bytes. Ours are below a hundred. */
export const MAX_KEY_UNITS = 0xffff

export interface RowSeal {
  seal(table: Table, key: string, plain: Uint8Array): Uint8Array
  /** `undefined` when it was not sealed by this session for this table and key, or is no sealed row at all. */
  open(table: Table, key: string, sealed: unknown): Uint8Array | undefined
}

/**
 * Sealed row = nonce 24 | XChaCha20-Poly1305(plain), tag 16 last
 *   key = KDF(data key, "storage", localId), ad = format u8 | lp8(localId) | lp8(table) | lp16(key, UTF-16 units)
 */
export function createRowSeal(crypto: Crypto, localId: LocalId, dataKey: Secret): RowSeal {
  const rowKey = crypto.kdf(dataKey.reveal(), 'storage', toUtf8(localId), 32)
  const bindings = new Map<Table, Uint8Array>()
  const bound = (table: Table, key: string): Uint8Array => {
    const binding = bindings.get(table) ?? bindTable(localId, table)
    bindings.set(table, binding)
    return bindKey(binding, key)
  }
  return {
    seal(table, key, plain) {
      const nonce = crypto.randomBytes(NONCE_BYTES)
      return concat(nonce, crypto.seal(rowKey, nonce, bound(table, key), plain))
    },
    open(table, key, sealed) {
      if (!(sealed instanceof Uint8Array) || sealed.length < NONCE_BYTES + TAG_BYTES) return undefined
      const nonce = sealed.subarray(0, NONCE_BYTES)
      return crypto.open(rowKey, nonce, bound(table, key), sealed.subarray(NONCE_BYTES))
    },
  }
}

function bindTable(localId: LocalId, table: Table): Uint8Array {
  const id = toUtf8(localId)
  const name = toUtf8(table)
  return concat(Uint8Array.of(FORMAT, id.length), id, Uint8Array.of(name.length), name)
}

/** Code units, not UTF-8: in UTF-8 all lone surrogates look alike, and two rows could change places. */
function bindKey(binding: Uint8Array, key: string): Uint8Array {
  assert(key.length <= MAX_KEY_UNITS, 'the key of a row fits its length prefix')
  const bytes = new Uint8Array(binding.length + 2 + key.length * 2)
  bytes.set(binding)
  let at = binding.length
  bytes[at++] = key.length >> 8
  bytes[at++] = key.length & 255
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i)
    bytes[at++] = unit >> 8
    bytes[at++] = unit & 255
  }
  return bytes
}
