/**
 * The keys of this device: one wrapping key that no script can read out, one data key a session, wrapped by it.
 * It keeps out whoever copies rows or a backup; not a thief with the whole browser profile, who has the
 * wrapping key too.
 * Invariant: a wrapping key is never replaced, so what it once wrapped stays readable as long as it is there.
 */
import { toUtf8 } from '../base/bytes.ts'
import { Secret } from '../base/secret.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { newWrappingKey, unwrapKey, wrapKey } from '../crypto/wrapping.ts'
import type { Connection } from './database.ts'
import { SessionExists } from './errors.ts'
import type { DiskGuard } from './guard.ts'
import { type LocalId, StorageUnreadable } from './port.ts'
import { DATA_KEY_BYTES } from './sealing.ts'

const DEVICE = 'device'

/** Where data keys lie, and what they lie under. */
export interface KeyPlace {
  readonly connection: Connection
  readonly guard: DiskGuard
}

/** A fresh data key for a new session, on disk when this resolves. @throws SessionExists, DeviceLocked */
export async function createDataKey(
  { connection, guard }: KeyPlace,
  crypto: Crypto,
  localId: LocalId,
): Promise<Secret> {
  const wrappingKey = (await findWrappingKey(connection)) ?? (await createWrappingKey(connection))
  const dataKey = crypto.randomBytes(DATA_KEY_BYTES)
  const wrapped = await wrapKey(wrappingKey, bindingOf(localId), dataKey)
  await connection.change(['sessions', 'wrapping'], 'strict', async (transaction) => {
    const sessions = transaction.objectStore('sessions')
    if ((await sessions.getKey(localId)) !== undefined) throw new SessionExists()
    await sessions.put(guard.cover(await guard.rowIn(transaction), localId, wrapped), localId)
  })
  return new Secret(dataKey)
}

/** `undefined` when there is no such session. @throws StorageUnreadable, DeviceLocked */
export async function openDataKey(
  { connection, guard }: KeyPlace,
  localId: LocalId,
): Promise<Secret | undefined> {
  const transaction = await connection.begin(['sessions', 'wrapping'], 'readonly')
  const [lying, row] = await Promise.all([
    transaction.objectStore('sessions').get(localId),
    guard.rowIn(transaction),
  ])
  if (lying === undefined) return undefined
  const wrapped = guard.uncover(row, localId, lying)
  const wrappingKey = await findWrappingKey(connection)
  const dataKey = wrappingKey && (await openWrapped(wrappingKey, localId, wrapped))
  if (dataKey === undefined) {
    throw new StorageUnreadable(
      'The key to this session is gone from this browser. Join it again, or erase this copy.',
    )
  }
  return dataKey
}

/** Every session's data key, or `undefined` where it cannot be read. In order of local id. @throws DeviceLocked */
export async function openAllDataKeys({
  connection,
  guard,
}: KeyPlace): Promise<ReadonlyMap<LocalId, Secret | undefined>> {
  const transaction = await connection.begin(['sessions', 'wrapping'], 'readonly')
  const sessions = transaction.objectStore('sessions')
  const [ids, lying, row] = await Promise.all([
    sessions.getAllKeys(),
    sessions.getAll(),
    guard.rowIn(transaction),
  ])
  guard.requireOpen(row)
  const wrapped = ids.map((id, i) => guard.uncover(row, id as LocalId, lying[i]))
  const wrappingKey = await findWrappingKey(connection)
  const opened = ids.map(async (id, i): Promise<[LocalId, Secret | undefined]> => {
    const localId = id as LocalId
    return [localId, wrappingKey && (await openWrapped(wrappingKey, localId, wrapped[i]))]
  })
  return new Map(await Promise.all(opened))
}

/** Read from disk every time: what a key held only in memory wraps would be lost with the page. */
async function findWrappingKey(connection: Connection): Promise<CryptoKey | undefined> {
  const found = await connection.get('wrapping', DEVICE)
  return found instanceof CryptoKey ? found : undefined
}

/** Two tabs may get here at once: the one that stores first wins, and both use its key. */
async function createWrappingKey(connection: Connection): Promise<CryptoKey> {
  const fresh = await newWrappingKey()
  return connection.change(['wrapping'], 'strict', async (transaction) => {
    const place = transaction.objectStore('wrapping')
    const found = await place.get(DEVICE)
    if (found instanceof CryptoKey) return found
    await place.put(fresh, DEVICE)
    return fresh
  })
}

async function openWrapped(key: CryptoKey, localId: LocalId, wrapped: unknown): Promise<Secret | undefined> {
  if (!(wrapped instanceof Uint8Array)) return undefined
  const dataKey = await unwrapKey(key, bindingOf(localId), wrapped)
  return dataKey?.length === DATA_KEY_BYTES ? new Secret(dataKey) : undefined
}

function bindingOf(localId: LocalId): Uint8Array {
  return toUtf8(`coterie/1/data-key/${localId}`)
}
