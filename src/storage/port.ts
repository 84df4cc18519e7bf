/**
 * What a session needs from the device's storage. Every row is sealed at rest and bound to its
 * session, table and key, so rows cannot be swapped. Nothing here knows what a row means.
 * Adapters: indexeddb, memory (later: node files).
 */

/** Random, 16 lower-case hexadecimal digits: names a session on this device only, never leaves it. */
export type LocalId = string & { readonly kind: 'local' }

/** `card`: what the list of recent sessions shows. `keys`: device, writer and session secrets. `roster`: records and
 *  joins. `entries`: the log since the newest checkpoint. `blobs`: sealed pieces. `history`: entries a checkpoint covers. */
export type Table = 'card' | 'keys' | 'roster' | 'entries' | 'blobs' | 'history'

export type Change =
  | { readonly put: Table; readonly key: string; readonly value: Uint8Array }
  | { readonly delete: Table; readonly key: string }

export interface Row {
  readonly key: string
  readonly value: Uint8Array
}

export interface ReadRows {
  /** In ascending key order (UTF-16 code units). */
  readonly rows: readonly Row[]
  /** Keys of rows that did not open: set aside (they stay on disk under another name), never a reason to fail. */
  readonly broken: readonly string[]
}

/** `strict` waits until the platform says the bytes are on the disk where it can; `relaxed` is faster. */
export type Durability = 'strict' | 'relaxed'

export class StorageFull extends Error {
  override name = 'StorageFull'
  constructor() {
    super('This device is out of space; new changes are only in memory. Free some space or export the text.')
  }
}

/** The session's wrapping key is gone or of another profile: nothing of it can be read. */
export class StorageUnreadable extends Error {
  override name = 'StorageUnreadable'
}

export interface SessionStore {
  readonly localId: LocalId
  /** All rows whose key begins with `prefix`. */
  read(table: Table, prefix?: string): Promise<ReadRows>
  /** All changes in one transaction, or none. Resolves when it is done. Rejects with `StorageFull` on quota errors. */
  write(changes: readonly Change[], durability: Durability): Promise<void>
  /** Waits for writes under way. Idempotent. */
  close(): Promise<void>
}

export interface StoredSession {
  readonly localId: LocalId
  /** The row `card`/`card`, or undefined when it does not open (the session is listed all the same). */
  readonly card: Uint8Array | undefined
}

export interface Store {
  /** 'memory': nothing survives (no secure context, private mode without a disk, tests). */
  readonly kind: 'disk' | 'memory'
  list(): Promise<readonly StoredSession[]>
  /** A new session with a fresh data key; under `localId` where the caller has named it already. */
  create(localId?: LocalId): Promise<SessionStore>
  /** `undefined` when there is none. @throws StorageUnreadable */
  open(localId: LocalId): Promise<SessionStore | undefined>
  /** Deletes the key first, then the rows. Idempotent. */
  forget(localId: LocalId): Promise<void>
  close(): Promise<void>
}
