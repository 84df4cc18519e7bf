/**
 * The store of a browser: sealed rows in IndexedDB, their keys wrapped by one that no script can read out.
 * Not here: the layout and its connection (database.ts), sealing (sealing.ts), keys (vault.ts).
 * Invariants: nothing but local ids and row keys is readable on disk; a session exists exactly while its wrapped
 * data key does, and nothing is written for one that does not.
 */
import { assert } from '../base/assert.ts'
import type { Secret } from '../base/secret.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { PassphraseCost } from '../crypto/passphrase.ts'
import { Connection } from './database.ts'
import { eraseOrphans, eraseRows } from './erasing.ts'
import { DiskGuard } from './guard.ts'
import { isLocalId, newLocalId } from './localid.ts'
import { migrate } from './migration.ts'
import type { LocalId, SessionStore, Store, StoredSession } from './port.ts'
import { readRow, rowKeyOf } from './rows.ts'
import { createRowSeal } from './sealing.ts'
import { IndexedDbSession } from './session.ts'
import { createDataKey, type KeyPlace, openAllDataKeys, openDataKey } from './vault.ts'

export interface IndexedDbOptions {
  /** Of the database; an origin may hold several. */
  readonly name?: string
  readonly crypto: Crypto
  /** Of a new passphrase; default: PASSPHRASE_COST. */
  readonly passphraseCost?: PassphraseCost
  /** A tab with older code keeps the database from being upgraded; opening goes on when that tab is closed. */
  readonly whenBlocked?: () => void
}

/** @throws StorageTooNew, StorageFull, or the platform's error where it has no working IndexedDB */
export async function openIndexedDbStore(options: IndexedDbOptions): Promise<Store> {
  const connection = new Connection(options.name ?? 'coterie', options.whenBlocked ?? (() => {}))
  const guard = new DiskGuard(connection, options.crypto, options.passphraseCost)
  try {
    await migrate({ connection, guard }, options.crypto)
    await eraseOrphans(connection)
  } catch (error) {
    await connection.close()
    throw error
  }
  return new IndexedDbStore(connection, guard, options.crypto)
}

class IndexedDbStore implements Store {
  readonly kind = 'disk'
  readonly guard: DiskGuard
  readonly #connection: Connection
  readonly #crypto: Crypto
  readonly #sessions = new Set<SessionStore>()

  constructor(connection: Connection, guard: DiskGuard, crypto: Crypto) {
    this.#connection = connection
    this.guard = guard
    this.#crypto = crypto
  }

  async list(): Promise<readonly StoredSession[]> {
    const dataKeys = await openAllDataKeys(this.#keys)
    const sessions = [...dataKeys].map(async ([localId, dataKey]): Promise<StoredSession> => {
      const sealed = await readRow(this.#connection, rowKeyOf(localId, 'card', 'card'))
      const seal = dataKey && createRowSeal(this.#crypto, localId, dataKey)
      return { localId, card: seal?.open('card', 'card', sealed) }
    })
    return Promise.all(sessions)
  }

  async create(localId = newLocalId(this.#crypto.randomBytes)): Promise<SessionStore> {
    assert(isLocalId(localId), 'a session is named by a local id')
    const dataKey = await createDataKey(this.#keys, this.#crypto, localId)
    return this.#openSession(localId, dataKey)
  }

  async open(localId: LocalId): Promise<SessionStore | undefined> {
    if (!isLocalId(localId)) return undefined
    const dataKey = await openDataKey(this.#keys, localId)
    return dataKey && this.#openSession(localId, dataKey)
  }

  async forget(localId: LocalId): Promise<void> {
    if (!isLocalId(localId)) return
    await this.#connection.change(['sessions'], 'strict', (transaction) =>
      transaction.objectStore('sessions').delete(localId),
    )
    await eraseRows(this.#connection, localId)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.close()))
    await this.#connection.close()
  }

  get #keys(): KeyPlace {
    return { connection: this.#connection, guard: this.guard }
  }

  #openSession(localId: LocalId, dataKey: Secret): SessionStore {
    const seal = createRowSeal(this.#crypto, localId, dataKey)
    const session = new IndexedDbSession({
      connection: this.#connection,
      localId,
      seal,
      whenClosed: (closed) => this.#sessions.delete(closed),
    })
    this.#sessions.add(session)
    return session
  }
}
