/**
 * What a session needs from the device's storage. Every row is sealed at rest and bound to its
 * session, table and key, so rows cannot be swapped. Nothing here knows what a row means.
 * Adapters: indexeddb, memory (later: node files).
 */

/** Random, 16 lower-case hexadecimal digits: names a session on this device only, never leaves it. */
export type LocalId = string & { readonly kind: 'local' }

/** `card`: what the list of recent sessions shows. `keys`: device, writer and session secrets. `roster`: records and
 *  joins. `entries`: the log since the newest checkpoint. `blobs`: sealed pieces. `history`: entries a checkpoint covers.
 *  `versions`: the text as it was at some moments. */
export type Table = 'card' | 'keys' | 'roster' | 'entries' | 'blobs' | 'history' | 'versions'

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

/** The device has a passphrase, and this page has not been told it: nothing opens. */
export class DeviceLocked extends Error {
  override name = 'DeviceLocked'
  constructor() {
    super('This device is locked. Enter its passphrase to open anything.')
  }
}

export class WrongPassphrase extends Error {
  override name = 'WrongPassphrase'
  constructor() {
    super("That is not this device's passphrase. Try again: nothing was changed, and nobody can look it up.")
  }
}

/** The passphrase of this device, under which every session's key lies while there is one. */
export interface Guard {
  /** `open`: this page was told it. What the disk says: another tab may have changed it. */
  state(): Promise<'none' | 'locked' | 'open'>
  /** Also unlocks. @throws DeviceLocked where there is one already */
  set(passphrase: string): Promise<void>
  /** @throws WrongPassphrase */
  change(from: string, to: string): Promise<void>
  /** @throws WrongPassphrase */
  remove(passphrase: string): Promise<void>
  /** @throws WrongPassphrase, StorageUnreadable */
  unlock(passphrase: string): Promise<void>
  /** Forgets the key; sessions that are open have theirs. */
  lock(): void
  /** A few bytes of the caller's that lie under the passphrase too; undefined while locked, or where there is none. */
  note(): Promise<Uint8Array | undefined>
  /** Kept only while there is a passphrase. @throws DeviceLocked */
  keepNote(note: Uint8Array): Promise<void>
  /** Every session of this device and the passphrase, keys first; asks for nothing. */
  erase(): Promise<void>
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
  /** Absent where nothing survives that a passphrase could protect. */
  readonly guard?: Guard
  /** @throws DeviceLocked */
  list(): Promise<readonly StoredSession[]>
  /** A new session with a fresh data key; under `localId` where the caller has named it already. @throws DeviceLocked */
  create(localId?: LocalId): Promise<SessionStore>
  /** `undefined` when there is none. @throws StorageUnreadable, DeviceLocked */
  open(localId: LocalId): Promise<SessionStore | undefined>
  /** Deletes the key first, then the rows. Idempotent. */
  forget(localId: LocalId): Promise<void>
  close(): Promise<void>
}
