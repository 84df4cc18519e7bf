/**
 * Level 1 at rest: the passphrase of this device. While there is one, every session's wrapped data key lies under one
 * guard key, which lies under the passphrase (passphrase-lock.ts), so that a thief of the whole profile opens nothing.
 * Not here: data keys themselves (vault.ts), which sessions are open (src/session).
 * Invariants: whether there is a passphrase is what the disk says, asked within the transaction that depends on it;
 * setting and removing one are single transactions, so a crash leaves all keys as they were or all as they shall be.
 *
 * guard row = key id 16 | lock; the id tells a tab that remembers the key of an earlier passphrase
 * guarded key = nonce 24 | seal(guard key, nonce, "coterie/1/guarded/<local id>", wrapped data key)
 */
import { concat, equalBytes, toUtf8 } from '../base/bytes.ts'
import { Secret } from '../base/secret.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { PassphraseCost } from '../crypto/passphrase.ts'
import type { Connection, Transaction } from './database.ts'
import { lockKey, unlockKey } from './passphrase-lock.ts'
import { DeviceLocked, type Guard, type LocalId, StorageUnreadable, WrongPassphrase } from './port.ts'

const GUARD = 'guard'
const NOTE = 'note'
/** What the lock belongs to: it opens nowhere else. */
const PLACE = 'device'
const ID_BYTES = 16
const NONCE_BYTES = 24
const KEY_BYTES = 32

export class DiskGuard implements Guard {
  readonly #connection: Connection
  readonly #crypto: Crypto
  readonly #cost: PassphraseCost | undefined
  #key: Secret | undefined

  constructor(connection: Connection, crypto: Crypto, cost?: PassphraseCost) {
    this.#connection = connection
    this.#crypto = crypto
    this.#cost = cost
  }

  async state(): Promise<'none' | 'locked' | 'open'> {
    const row = await this.#row()
    if (row === undefined) return 'none'
    return this.#keyFor(row) === undefined ? 'locked' : 'open'
  }

  async set(passphrase: string): Promise<void> {
    const key = new Secret(this.#crypto.randomBytes(KEY_BYTES))
    const row = await this.#newRow(passphrase, key)
    await this.#connection.change(['wrapping', 'sessions'], 'strict', async (transaction) => {
      const place = transaction.objectStore('wrapping')
      if ((await place.get(GUARD)) !== undefined) throw new DeviceLocked()
      await this.#changeKeys(transaction, (localId, wrapped) => this.#seal(key, localId, wrapped))
      await place.put(row, GUARD)
    })
    this.#key = key
  }

  async change(from: string, to: string): Promise<void> {
    const { row, key } = await this.#verify(from)
    const fresh = await this.#newRow(to, key)
    await this.#connection.change(['wrapping'], 'strict', async (transaction) => {
      const place = transaction.objectStore('wrapping')
      if (!isSame(await place.get(GUARD), row)) throw new DeviceLocked()
      await place.put(fresh, GUARD)
    })
    this.#key = key
  }

  async remove(passphrase: string): Promise<void> {
    const { row, key } = await this.#verify(passphrase)
    await this.#connection.change(['wrapping', 'sessions'], 'strict', async (transaction) => {
      const place = transaction.objectStore('wrapping')
      if (!isSame(await place.get(GUARD), row)) throw new DeviceLocked()
      await this.#changeKeys(transaction, (localId, guarded) => this.#open(key, localId, guarded))
      await place.delete(GUARD)
      await place.delete(NOTE)
    })
    this.#key = undefined
  }

  async unlock(passphrase: string): Promise<void> {
    if ((await this.state()) === 'none') return
    this.#key = (await this.#verify(passphrase)).key
  }

  lock(): void {
    this.#key = undefined
  }

  async note(): Promise<Uint8Array | undefined> {
    const key = this.#keyFor(await this.#row())
    return key && this.#open(key, NOTE, await this.#connection.get('wrapping', NOTE))
  }

  async keepNote(note: Uint8Array): Promise<void> {
    await this.#connection.change(['wrapping'], 'relaxed', async (transaction) => {
      const place = transaction.objectStore('wrapping')
      const guarded = this.cover(await place.get(GUARD), NOTE, note)
      if (guarded !== note) await place.put(guarded, NOTE)
    })
  }

  async erase(): Promise<void> {
    this.#key = undefined
    // Keys first: what a crash leaves behind then is noise.
    for (const places of [
      ['wrapping', 'sessions'],
      ['rows', 'quarantine'],
    ] as const) {
      await this.#connection.change([...places], 'strict', async (transaction) => {
        await Promise.all(places.map((place) => transaction.objectStore(place).clear()))
      })
    }
  }

  /** What is to lie on disk for a wrapped key, while `row` is what lies there as guard: itself, where nothing does.
   *  @throws DeviceLocked */
  cover(row: unknown, localId: string, wrapped: Uint8Array): Uint8Array {
    return row === undefined ? wrapped : this.#seal(this.#keyUnder(row), localId, wrapped)
  }

  /** The other way; `undefined` when it does not open. @throws DeviceLocked */
  uncover(row: unknown, localId: LocalId, lying: unknown): unknown {
    return row === undefined ? lying : this.#open(this.#keyUnder(row), localId, lying)
  }

  /** @throws DeviceLocked */
  requireOpen(row: unknown): void {
    if (row !== undefined) this.#keyUnder(row)
  }

  /** What lies there as guard, for `cover` and `uncover` within the same transaction. */
  rowIn(transaction: Transaction<'readonly'> | Transaction<'readwrite'>): Promise<unknown> {
    return transaction.objectStore('wrapping').get(GUARD)
  }

  #row(): Promise<unknown> {
    return this.#connection.get('wrapping', GUARD)
  }

  /** A key of an earlier passphrase, remembered by this tab, opens nothing any more. */
  #keyFor(row: unknown): Secret | undefined {
    if (this.#key === undefined || !(row instanceof Uint8Array)) return undefined
    return equalBytes(row.subarray(0, ID_BYTES), this.#idOf(this.#key)) ? this.#key : undefined
  }

  #keyUnder(row: unknown): Secret {
    const key = this.#keyFor(row)
    if (key === undefined) throw new DeviceLocked()
    return key
  }

  async #newRow(passphrase: string, key: Secret): Promise<Uint8Array> {
    return concat(this.#idOf(key), await lockKey(this.#crypto, passphrase, PLACE, key, this.#cost))
  }

  /** @throws WrongPassphrase, StorageUnreadable */
  async #verify(passphrase: string): Promise<{ readonly row: unknown; readonly key: Secret }> {
    const row = await this.#row()
    if (row === undefined) throw new WrongPassphrase()
    const lock = row instanceof Uint8Array ? row.slice(ID_BYTES) : new Uint8Array(0)
    const unlocked = await unlockKey(this.#crypto, passphrase, PLACE, lock)
    if (unlocked.result === 'wrong') throw new WrongPassphrase()
    if (unlocked.result === 'unreadable')
      throw new StorageUnreadable(
        'The lock of this device is damaged: nobody can open it. Erase this device.',
      )
    return { row, key: unlocked.key }
  }

  /** Within one transaction; what does not open stays as it is and is reported when it is opened. */
  async #changeKeys(
    transaction: Transaction<'readwrite'>,
    changed: (localId: string, lying: Uint8Array) => Uint8Array | undefined,
  ): Promise<void> {
    const sessions = transaction.objectStore('sessions')
    let cursor = await sessions.openCursor()
    while (cursor) {
      const fresh = cursor.value instanceof Uint8Array ? changed(cursor.key, cursor.value) : undefined
      if (fresh !== undefined) await cursor.update(fresh)
      cursor = await cursor.continue()
    }
  }

  #seal(key: Secret, localId: string, wrapped: Uint8Array): Uint8Array {
    const nonce = this.#crypto.randomBytes(NONCE_BYTES)
    return concat(nonce, this.#crypto.seal(key.reveal(), nonce, bindingOf(localId), wrapped))
  }

  #open(key: Secret, localId: string, guarded: unknown): Uint8Array | undefined {
    if (!(guarded instanceof Uint8Array) || guarded.length <= NONCE_BYTES) return undefined
    const nonce = guarded.subarray(0, NONCE_BYTES)
    return this.#crypto.open(key.reveal(), nonce, bindingOf(localId), guarded.subarray(NONCE_BYTES))
  }

  #idOf(key: Secret): Uint8Array {
    return this.#crypto.kdf(key.reveal(), 'guard-id', new Uint8Array(0), ID_BYTES)
  }
}

function isSame(found: unknown, row: unknown): boolean {
  return found instanceof Uint8Array && row instanceof Uint8Array && equalBytes(found, row)
}

function bindingOf(localId: string): Uint8Array {
  return toUtf8(`coterie/1/guarded/${localId}`)
}
