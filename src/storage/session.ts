/**
 * One session's rows in the database: sealed on the way in, opened on the way out.
 * Invariants: a read sees every write that was called before it; a row that does not open is set aside and never
 * keeps the others from being read.
 */
import { unwrap } from 'idb'
import { assert } from '../base/assert.ts'
import type { Connection, Transaction } from './database.ts'
import { SessionForgotten } from './errors.ts'
import {
  type Change,
  type Durability,
  type LocalId,
  type ReadRows,
  type Row,
  type SessionStore,
  StorageFull,
  type Table,
} from './port.ts'
import { beginningWith, keyIn, type Page, readPages, rowKeyOf } from './rows.ts'
import type { RowSeal } from './sealing.ts'
import { type SealedChange, Writes } from './writes.ts'

export interface SessionParts {
  readonly connection: Connection
  readonly localId: LocalId
  readonly seal: RowSeal
  readonly whenClosed: (session: SessionStore) => void
}

export class IndexedDbSession implements SessionStore {
  readonly localId: LocalId
  readonly #connection: Connection
  readonly #seal: RowSeal
  readonly #whenClosed: (session: SessionStore) => void
  readonly #writes: Writes
  #phase: 'open' | 'closed' = 'open'

  constructor({ connection, localId, seal, whenClosed }: SessionParts) {
    this.localId = localId
    this.#connection = connection
    this.#seal = seal
    this.#whenClosed = whenClosed
    this.#writes = new Writes((changes, durability) => this.#commit(changes, durability))
  }

  async read(table: Table, prefix = ''): Promise<ReadRows> {
    assert(this.#phase === 'open', 'nobody reads a session they have closed')
    await this.#writes.idle()
    const rows: Row[] = []
    const broken: string[] = []
    const range = beginningWith(rowKeyOf(this.localId, table, prefix))
    for await (const page of readPages(this.#connection, range)) this.#openPage(table, page, rows, broken)
    if (broken.length > 0) await this.#setAside(table, broken)
    return { rows, broken }
  }

  async write(changes: readonly Change[], durability: Durability): Promise<void> {
    assert(this.#phase === 'open', 'nobody writes to a session they have closed')
    const sealed = changes.map((change) => this.#sealChange(change))
    await this.#writes.add(sealed, durability)
  }

  async close(): Promise<void> {
    this.#phase = 'closed'
    await this.#writes.idle()
    this.#whenClosed(this)
  }

  #sealChange(change: Change): SealedChange {
    if ('delete' in change) return { delete: rowKeyOf(this.localId, change.delete, change.key) }
    const sealed = this.#seal.seal(change.put, change.key, change.value)
    return { put: rowKeyOf(this.localId, change.put, change.key), sealed }
  }

  async #commit(changes: readonly SealedChange[], durability: Durability): Promise<void> {
    await this.#connection.change(['sessions', 'rows'], durability, async (transaction) => {
      // Bare requests: their failure aborts the transaction, and `change` tells why.
      const rows = unwrap(transaction.objectStore('rows'))
      for (const change of changes) {
        if ('delete' in change) rows.delete(change.delete)
        else rows.put(change.sealed, change.put)
      }
      const known = await transaction.objectStore('sessions').getKey(this.localId)
      if (known === undefined) throw new SessionForgotten()
    })
  }

  /** No await in here: the next page arrives meanwhile. */
  #openPage(table: Table, page: Page, rows: Row[], broken: string[]): void {
    page.keys.forEach((rowKey, i) => {
      const key = keyIn(rowKey)
      const value = this.#seal.open(table, key, page.values[i])
      if (value === undefined) broken.push(key)
      else rows.push({ key, value })
    })
  }

  async #setAside(table: Table, keys: readonly string[]): Promise<void> {
    try {
      await this.#connection.change(['rows', 'quarantine'], 'relaxed', async (transaction) => {
        for (const key of keys) await this.#moveUnlessSound(transaction, table, key)
      })
    } catch (error) {
      // Then it stays where it is, and is reported again by the next read: no reason to keep the others from opening.
      if (!(error instanceof StorageFull || error instanceof DOMException)) throw error
    }
  }

  /** Another tab may have written it anew since it was read. */
  async #moveUnlessSound(transaction: Transaction<'readwrite'>, table: Table, key: string): Promise<void> {
    const rowKey = rowKeyOf(this.localId, table, key)
    const rows = transaction.objectStore('rows')
    const found = await rows.get(rowKey)
    if (found === undefined || this.#seal.open(table, key, found) !== undefined) return
    await transaction.objectStore('quarantine').put(found, rowKey)
    await rows.delete(rowKey)
  }
}
