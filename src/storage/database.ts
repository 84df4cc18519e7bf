/**
 * The IndexedDB database as a thing with a layout and a connection that may be lost and found again.
 * Not here: what rows mean or how they are sealed.
 * Invariants: a newer database is never touched; a connection gives way at once to a tab that upgrades or
 * deletes; a transaction has failed exactly when `change` rejects, and with the platform's own reason.
 */
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames, unwrap } from 'idb'
import { StorageTooNew } from './errors.ts'
import { type Durability, StorageFull } from './port.ts'
import { FORMAT } from './sealing.ts'

/** What lies on disk. Values are `unknown` where somebody else may have written. */
export interface Layout extends DBSchema {
  /** 'device': the key that wraps all data keys. */
  wrapping: { key: string; value: unknown }
  /** By local id: the wrapped data key. Without it a session does not exist. */
  sessions: { key: string; value: unknown }
  /** By row key (rows.ts): the sealed row. */
  rows: { key: string; value: unknown }
  /** By row key: a row that did not open, as it was found. */
  quarantine: { key: string; value: unknown }
  /** 'format': of the rows. */
  meta: { key: string; value: unknown }
}

export type Place = StoreNames<Layout>
export type Database = IDBPDatabase<Layout>
export type Transaction<Mode extends IDBTransactionMode> = IDBPTransaction<Layout, Place[], Mode>

/** Step n leads from database version n to n + 1. Object stores only: rows change in migration.ts. */
const LAYOUT_STEPS: readonly ((database: Database) => void)[] = [
  (database) => {
    database.createObjectStore('wrapping')
    database.createObjectStore('sessions')
    database.createObjectStore('rows')
  },
  (database) => {
    database.createObjectStore('quarantine')
    database.createObjectStore('meta')
  },
]

/** Grows with every change of layout or format, so that tabs with older code let go of the database. One more
 *  than the format, because IndexedDB counts from 1 and formats from 0. */
const DATABASE_VERSION = LAYOUT_STEPS.length

export class Connection {
  readonly #name: string
  readonly #whenBlocked: () => void
  #database: Promise<Database> | undefined
  #phase: 'open' | 'closed' = 'open'

  /** @param whenBlocked another tab with older code holds the database open; opening waits until it is gone. */
  constructor(name: string, whenBlocked: () => void) {
    this.#name = name
    this.#whenBlocked = whenBlocked
  }

  /** The open database, opened again if it was lost. @throws StorageTooNew, StorageFull */
  database(): Promise<Database> {
    if (this.#phase === 'closed') throw new DOMException('The store is closed.', 'InvalidStateError')
    this.#database ??= this.#open()
    return this.#database
  }

  /** A transaction to be used in the same turn. */
  async begin<Mode extends 'readonly' | 'readwrite'>(
    places: Place[],
    mode: Mode,
    durability: Durability = 'relaxed',
  ): Promise<Transaction<Mode>> {
    const opened = this.database()
    try {
      return start(await opened, places, mode, durability)
    } catch (error) {
      if (!isNamed(error, 'InvalidStateError')) throw error
      this.#lose(opened) // the browser has closed it and not yet said so
      return start(await this.database(), places, mode, durability)
    }
  }

  /** One value, or `undefined`. */
  async get(place: Place, key: string): Promise<unknown> {
    const transaction = await this.begin([place], 'readonly')
    return transaction.objectStore(place).get(key)
  }

  /**
   * Runs `work` in one transaction: all it writes is on disk when this resolves, and none of it when it rejects.
   * `work` awaits nothing but requests of its transaction. @throws StorageFull, or what `work` threw
   */
  async change<Result>(
    places: Place[],
    durability: Durability,
    work: (transaction: Transaction<'readwrite'>) => Promise<Result>,
  ): Promise<Result> {
    const transaction = await this.begin(places, 'readwrite', durability)
    const done = committed(transaction)
    try {
      const result = await work(transaction)
      await done
      return result
    } catch (error) {
      abort(transaction)
      const reason = await done.then(
        () => error,
        (why) => why,
      )
      throw isNamed(reason, 'AbortError') ? storageError(error) : reason
    }
  }

  /** Transactions under way still end. Idempotent. */
  async close(): Promise<void> {
    const opened = this.#database
    this.#phase = 'closed'
    this.#database = undefined
    await opened?.then(
      (database) => database.close(),
      () => undefined, // it never opened, as whoever opened it was told
    )
  }

  #open(): Promise<Database> {
    const lose = (): void => this.#lose(opened)
    const opened: Promise<Database> = openDB<Layout>(this.#name, DATABASE_VERSION, {
      upgrade,
      blocked: this.#whenBlocked,
      blocking: (_held, _wanted, event) => {
        lose()
        ;(event.target as IDBDatabase).close()
      },
      terminated: lose,
    }).catch((error) => {
      lose() // the next caller tries anew
      throw isNamed(error, 'VersionError') ? new StorageTooNew() : storageError(error)
    })
    return opened
  }

  #lose(lost: Promise<Database>): void {
    if (this.#database === lost) this.#database = undefined
  }
}

function start<Mode extends 'readonly' | 'readwrite'>(
  database: Database,
  places: Place[],
  mode: Mode,
  durability: Durability,
): Transaction<Mode> {
  const transaction = database.transaction(places, mode, { durability })
  // idb's own promise rejects before the reason is known: reads hear from their request, `change` from the abort.
  transaction.done.catch(() => {})
  return transaction
}

function upgrade(
  database: Database,
  from: number,
  _to: number | null,
  transaction: IDBPTransaction<Layout, Place[], 'versionchange'>,
): void {
  for (const step of LAYOUT_STEPS.slice(from)) step(database)
  if (from === 0) unwrap(transaction).objectStore('meta').put(FORMAT, 'format')
}

/** Resolves when everything is written, rejects when nothing is: with `StorageFull` or the platform's error. */
function committed(transaction: Transaction<'readwrite'>): Promise<void> {
  const raw = unwrap(transaction)
  return new Promise((resolve, reject) => {
    raw.addEventListener('complete', () => resolve())
    raw.addEventListener('abort', () => {
      reject(storageError(raw.error ?? new DOMException('The transaction was given up.', 'AbortError')))
    })
  })
}

function abort(transaction: Transaction<'readwrite'>): void {
  try {
    transaction.abort()
  } catch (error) {
    if (!isNamed(error, 'InvalidStateError')) throw error // it had ended by itself
  }
}

/** What the port promises for an error of the platform. */
function storageError(error: unknown): unknown {
  return isNamed(error, 'QuotaExceededError') ? new StorageFull() : error
}

/** By name: Chromium's QuotaExceededError is a class of its own, Firefox's a DOMException. */
function isNamed(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name
}
