/** A disk in the hands of an attack. */
import { Secret } from '../../src/base/secret.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import {
  type Change,
  type LocalId,
  type SessionStore,
  StorageUnreadable,
  type Store,
  type Table,
} from '../../src/storage/port.ts'
import { createRowSeal, type RowSeal } from '../../src/storage/sealing.ts'

/** A disk that lies in memory: real sealing, every row in the hands of the attack. */
export class Disk implements Store {
  readonly kind = 'disk'
  readonly rows = new Map<string, Uint8Array>()
  readonly #crypto: Crypto
  readonly #keys = new Map<LocalId, Secret>()
  readonly #sealed: boolean
  fails: (() => Error) | undefined
  /** Says it wrote, and did not. */
  swallows = false

  /** @param sealed without it rows lie there as they are */
  constructor(crypto: Crypto, sealed = true) {
    this.#crypto = crypto
    this.#sealed = sealed
  }

  async list() {
    return [...this.#keys.keys()].map((localId) => ({ localId, card: undefined }))
  }

  async create(localId?: LocalId): Promise<SessionStore> {
    const id = localId ?? ('0123456789abcdef' as LocalId)
    this.#keys.set(id, new Secret(this.#crypto.randomBytes(32)))
    return this.#session(id)
  }

  async open(localId: LocalId): Promise<SessionStore | undefined> {
    return this.#keys.has(localId) ? this.#session(localId) : undefined
  }

  async forget(localId: LocalId): Promise<void> {
    this.#keys.delete(localId)
  }

  async close(): Promise<void> {}

  /** The same rows and keys on another machine. */
  cloned(): Disk {
    const clone = new Disk(this.#crypto, this.#sealed)
    for (const [place, row] of this.rows) clone.rows.set(place, row)
    for (const [localId, key] of this.#keys) clone.#keys.set(localId, key)
    return clone
  }

  /** As if the wrapping key were another one. */
  loseKeys(): void {
    for (const localId of this.#keys.keys()) this.#keys.set(localId, new Secret(new Uint8Array(0)))
  }

  keysOf(table: Table): string[] {
    return [...this.rows.keys()].filter((key) => key.startsWith(`${table}|`))
  }

  #session(localId: LocalId): SessionStore {
    const key = this.#keys.get(localId)
    if (key === undefined || key.reveal().length === 0) {
      throw new StorageUnreadable(
        'The key to this session is gone from this browser. Join it again, or erase this copy.',
      )
    }
    const seal = this.#sealed ? createRowSeal(this.#crypto, localId, key) : UNSEALED
    return {
      localId,
      read: async (table, prefix = '') => this.#read(seal, table, prefix),
      write: async (changes) => this.#write(seal, changes),
      close: async () => {},
    }
  }

  #read(seal: RowSeal, table: Table, prefix: string) {
    const rows: { key: string; value: Uint8Array }[] = []
    const broken: string[] = []
    for (const place of this.keysOf(table).sort()) {
      const key = place.slice(table.length + 1)
      if (!key.startsWith(prefix)) continue
      const value = seal.open(table, key, this.rows.get(place))
      if (value === undefined) broken.push(key)
      else rows.push({ key, value })
    }
    return { rows, broken }
  }

  #write(seal: RowSeal, changes: readonly Change[]): void {
    if (this.fails !== undefined) throw this.fails()
    if (this.swallows) return
    for (const change of changes) {
      if ('delete' in change) this.rows.delete(`${change.delete}|${change.key}`)
      else this.rows.set(`${change.put}|${change.key}`, seal.seal(change.put, change.key, change.value))
    }
  }
}

const UNSEALED: RowSeal = {
  seal: (_table, _key, plain) => plain.slice(),
  open: (_table, _key, sealed) => (sealed instanceof Uint8Array ? sealed : undefined),
}
