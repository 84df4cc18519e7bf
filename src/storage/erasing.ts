/** Erasing what a session left behind once its key is gone: by then nobody can read it, and it only takes space. */
import type { Connection, Place, Transaction } from './database.ts'
import { type LocalId, StorageFull } from './port.ts'
import { afterAll, beginningWith, sessionOf } from './rows.ts'

const PLACES: readonly ('rows' | 'quarantine')[] = ['rows', 'quarantine']

export async function eraseRows(connection: Connection, localId: LocalId): Promise<void> {
  await connection.change([...PLACES], 'strict', async (transaction) => {
    await Promise.all(PLACES.map((place) => transaction.objectStore(place).delete(beginningWith(localId))))
  })
}

/** A page that was closed while it forgot a session leaves rows without a key: they go when a store opens. */
export async function eraseOrphans(connection: Connection): Promise<void> {
  const places: Place[] = ['sessions', ...PLACES]
  const transaction = await connection.begin(places, 'readonly')
  const known = new Set(await transaction.objectStore('sessions').getAllKeys())
  const orphans = new Set<LocalId>()
  for (const place of PLACES) {
    for (const localId of await sessionsIn(transaction, place)) if (!known.has(localId)) orphans.add(localId)
  }
  for (const localId of orphans) await eraseUnlessFull(connection, localId)
}

/** On a full disk even erasing may be refused; the rows then wait for the next opening. */
async function eraseUnlessFull(connection: Connection, localId: LocalId): Promise<void> {
  try {
    await eraseRows(connection, localId)
  } catch (error) {
    if (!(error instanceof StorageFull)) throw error
  }
}

/** One step a session, however many rows it has. */
async function sessionsIn(
  transaction: Transaction<'readonly'>,
  place: 'rows' | 'quarantine',
): Promise<LocalId[]> {
  const found: LocalId[] = []
  // Local ids are hexadecimal: what sorts elsewhere is not ours, and not ours to erase.
  let cursor = await transaction.objectStore(place).openKeyCursor(IDBKeyRange.bound('0', 'g'))
  while (cursor) {
    const localId = sessionOf(cursor.key)
    found.push(localId)
    cursor = await cursor.continue(afterAll(localId))
  }
  return found
}
