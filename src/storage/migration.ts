/**
 * Brings the rows of an older format to this one, all of them in one transaction or none, and refuses newer ones.
 * Not here: object stores, which the database's own version brings (database.ts).
 * Invariant: a row that a step cannot open stays as it is, to be set aside when it is read; so running a step
 * on rows that are past it changes nothing.
 */
import { toUtf8 } from '../base/bytes.ts'
import type { Secret } from '../base/secret.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Transaction } from './database.ts'
import { StorageTooNew } from './errors.ts'
import type { LocalId } from './port.ts'
import { rowNameOf } from './rows.ts'
import { createRowSeal, FORMAT } from './sealing.ts'
import { type KeyPlace, openAllDataKeys } from './vault.ts'

type DataKeys = ReadonlyMap<LocalId, Secret | undefined>
type Step = (transaction: Transaction<'readwrite'>, dataKeys: DataKeys, crypto: Crypto) => Promise<void>

/** Step n leads from format n to n + 1. */
const STEPS: readonly Step[] = [bindRowsToTableAndKey]

/** @throws StorageTooNew, and DeviceLocked where rows of an older format lie under a passphrase (no format so far) */
export async function migrate(place: KeyPlace, crypto: Crypto): Promise<void> {
  const { connection } = place
  const found = formatIn(await connection.get('meta', 'format'))
  if (found > FORMAT) throw new StorageTooNew()
  if (found === FORMAT) return
  const dataKeys = await openAllDataKeys(place)
  await connection.change(['meta', 'rows'], 'strict', async (transaction) => {
    // Read again: another tab may have been quicker.
    const from = formatIn(await transaction.objectStore('meta').get('format'))
    for (const step of STEPS.slice(from)) await step(transaction, dataKeys, crypto)
    await transaction.objectStore('meta').put(FORMAT, 'format')
  })
}

/** Format 0 had no such row; and a lost one does no harm, since steps change nothing twice. */
function formatIn(found: unknown): number {
  return typeof found === 'number' ? found : 0
}

/**
 * Format 0 was never released: it is the layout before rows were bound to table and key, kept so that the way of
 * an upgrade is walked by a test from the first release on.
 * Row of format 0 = nonce 24 | XChaCha20-Poly1305(plain), key as in format 1, ad = localId
 */
async function bindRowsToTableAndKey(
  transaction: Transaction<'readwrite'>,
  dataKeys: DataKeys,
  crypto: Crypto,
): Promise<void> {
  let cursor = await transaction.objectStore('rows').openCursor()
  while (cursor) {
    const name = rowNameOf(cursor.key)
    const dataKey = name && dataKeys.get(name.localId)
    const plain = dataKey && openUnbound(crypto, name.localId, dataKey, cursor.value)
    if (plain)
      await cursor.update(createRowSeal(crypto, name.localId, dataKey).seal(name.table, name.key, plain))
    cursor = await cursor.continue()
  }
}

function openUnbound(
  crypto: Crypto,
  localId: LocalId,
  dataKey: Secret,
  row: unknown,
): Uint8Array | undefined {
  if (!(row instanceof Uint8Array) || row.length < 24 + 16) return undefined
  const rowKey = crypto.kdf(dataKey.reveal(), 'storage', toUtf8(localId), 32)
  return crypto.open(rowKey, row.subarray(0, 24), toUtf8(localId), row.subarray(24))
}
