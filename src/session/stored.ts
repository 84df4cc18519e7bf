/**
 * What a session keeps on its device besides the log: its secrets, its card for the list of recent sessions,
 * the base its log starts from. Bytes <-> values; the store seals them.
 */
import { type Decoded, decode, Malformed, type Reader, Writer } from '../base/codec.ts'
import {
  type DeviceId,
  type EntryId,
  ID_BYTES,
  idBytes,
  idOf,
  type SessionId,
  type WriterId,
} from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Fork } from '../protocol/chain.ts'
import type { Change, Row, Table } from '../storage/port.ts'
import type { CheckpointHead, FreeClock } from '../wire/checkpoint.ts'
import { decodeEntry, type Entry, encodeEntry } from '../wire/entry.ts'
import { type ChainId, chainOf } from '../wire/heads.ts'
import {
  MAX_CHECKPOINT_BYTES,
  MAX_CLOCK,
  MAX_ENTRY_BYTES,
  MAX_NAME_BYTES,
  MAX_ROSTER_RECORDS,
  MAX_TITLE_BYTES,
  MAX_WRITERS,
} from '../wire/limits.ts'
import type { Role } from '../wire/roster-record.ts'
import { isViolation } from '../wire/violation.ts'

const FORMAT = 1
/** Before the key of a row that stands in for another. */
const COPY = 'copy/'
const ROLES: readonly Role[] = ['owner', 'editor', 'viewer']
const MAX_INVITES = 1_024
const MAX_EPOCHS = 4_096

/** An invite this device made: enough to listen for it and to show its link again. */
export interface StoredInvite {
  readonly seed: Secret
  readonly url: string
}

export interface StoredSecrets {
  readonly session: SessionId
  readonly signSeed: Secret
  readonly dhSeed: Secret
  /** Only on the owner's device. */
  readonly rootSeed: Secret | undefined
  readonly epochKeys: readonly Secret[]
  readonly admitterKey: Secret | undefined
  readonly invites: readonly StoredInvite[]
  readonly name: string
  readonly color: number
  readonly inviter: DeviceId | undefined
  readonly signaling: string | undefined
  readonly shared: boolean
}

export interface StoredCard {
  readonly session: SessionId
  readonly title: string
  readonly role: Role
  readonly shared: boolean
  readonly openedAt: Millis
}

/** Where the log on this disk starts: everything at or below these heads is in `state`. */
export interface StoredBase {
  readonly heads: readonly CheckpointHead[]
  readonly free: readonly FreeClock[]
  /** How much of the roster was known when it was made: it vouches for all it covers, up to there. */
  readonly rosterSeq: number
  /** Yjs V1. */
  readonly state: Uint8Array
}

function writeOptional<T>(writer: Writer, value: T | undefined, write: (value: T) => void): void {
  writer.flag(value !== undefined)
  if (value !== undefined) write(value)
}

function requireFormat(reader: Reader): void {
  if (reader.u8() !== FORMAT) throw new Malformed('stored by another version')
}

export function encodeSecrets(secrets: StoredSecrets): Uint8Array {
  const writer = new Writer().u8(FORMAT).fixed(idBytes(secrets.session))
  writer.fixed(secrets.signSeed.reveal()).fixed(secrets.dhSeed.reveal())
  writeOptional(writer, secrets.rootSeed, (seed) => writer.fixed(seed.reveal()))
  writer.list(secrets.epochKeys, (to, key) => to.fixed(key.reveal()))
  writeOptional(writer, secrets.admitterKey, (key) => writer.fixed(key.reveal()))
  writer.list(secrets.invites, (to, invite) => to.fixed(invite.seed.reveal()).text(invite.url))
  writer.text(secrets.name).u8(secrets.color)
  writeOptional(writer, secrets.inviter, (device) => writer.fixed(idBytes(device)))
  writeOptional(writer, secrets.signaling, (url) => writer.text(url))
  return writer.flag(secrets.shared).finish()
}

export function decodeSecrets(bytes: Uint8Array): Decoded<StoredSecrets> {
  return decode(bytes, (reader) => {
    requireFormat(reader)
    const secret = (length: number): Secret => new Secret(reader.fixed(length).slice())
    return {
      session: idOf<SessionId>(reader.fixed(ID_BYTES.session)),
      signSeed: secret(32),
      dhSeed: secret(32),
      rootSeed: reader.flag() ? secret(32) : undefined,
      epochKeys: reader.list(MAX_EPOCHS, 32, () => secret(32)),
      admitterKey: reader.flag() ? secret(32) : undefined,
      invites: reader.list(MAX_INVITES, 17, (from) => ({
        seed: secret(16),
        url: from.text(4 * MAX_NAME_BYTES),
      })),
      name: reader.text(MAX_NAME_BYTES),
      color: reader.u8(),
      inviter: reader.flag() ? idOf<DeviceId>(reader.fixed(ID_BYTES.device)) : undefined,
      signaling: reader.flag() ? reader.text(MAX_NAME_BYTES) : undefined,
      shared: reader.flag(),
    }
  })
}

export function encodeCard(card: StoredCard): Uint8Array {
  const writer = new Writer().u8(FORMAT).fixed(idBytes(card.session)).text(card.title)
  return writer.u8(ROLES.indexOf(card.role)).flag(card.shared).u48(card.openedAt).finish()
}

export function decodeCard(bytes: Uint8Array): Decoded<StoredCard> {
  return decode(bytes, (reader) => {
    requireFormat(reader)
    const session = idOf<SessionId>(reader.fixed(ID_BYTES.session))
    const title = reader.text(MAX_TITLE_BYTES)
    const role = ROLES[reader.u8()]
    if (role === undefined) throw new Malformed('unknown role')
    return { session, title, role, shared: reader.flag(), openedAt: reader.u48() }
  })
}

export function encodeBase(base: StoredBase): Uint8Array {
  const writer = new Writer().u8(FORMAT)
  writer.list(base.heads, (to, head) => {
    to.fixed(idBytes(head.device))
      .fixed(idBytes(head.writer))
      .varuint(head.seq)
      .fixed(idBytes(head.id))
      .varuint(head.nextClock)
  })
  writer.list(base.free, (to, free) => to.varuint(free.clientID).varuint(free.clock))
  return writer.varuint(base.rosterSeq).sized(base.state).finish()
}

export function decodeBase(bytes: Uint8Array): Decoded<StoredBase> {
  return decode(bytes, (reader) => {
    requireFormat(reader)
    const heads = reader.list(MAX_WRITERS, 58, (from) => ({
      device: idOf<DeviceId>(from.fixed(ID_BYTES.device)),
      writer: idOf<WriterId>(from.fixed(ID_BYTES.writer)),
      seq: from.varuint(),
      id: idOf<EntryId>(from.fixed(ID_BYTES.entry)),
      nextClock: from.varuint(MAX_CLOCK),
    }))
    const free = reader.list(MAX_WRITERS, 2, (from) => ({
      clientID: from.varuint(),
      clock: from.varuint(MAX_CLOCK),
    }))
    const rosterSeq = reader.varuint(MAX_ROSTER_RECORDS)
    return { heads, free, rosterSeq, state: reader.sized(MAX_CHECKPOINT_BYTES) }
  })
}

/** What other devices said they hold of our own chains, so that "not yet shared" is true after a reload too. */
export function encodeShared(shared: ReadonlyMap<ChainId, number>): Uint8Array {
  const writer = new Writer().u8(FORMAT)
  return writer.list([...shared], (to, [chain, seq]) => to.text(chain).varuint(seq)).finish()
}

export function decodeShared(bytes: Uint8Array): Decoded<Map<ChainId, number>> {
  return decode(bytes, (reader) => {
    requireFormat(reader)
    const pairs = reader.list(MAX_WRITERS, 2, (from): [ChainId, number] => [
      from.text(48) as ChainId,
      from.varuint(),
    ])
    return new Map(pairs)
  })
}

/** Row key of an entry: sorted by chain, then seq. */
export function entryKey(place: { device: DeviceId; writer: WriterId; seq: number }): string {
  return `${chainOf(place)}/${place.seq.toString(16).padStart(12, '0')}`
}

/** Of the rows among the roster's that hold such proofs. */
export const FORK_PREFIX = 'f/'

/** What proves that the writer of this chain contradicted itself. */
export function forkKey(chain: ChainId): string {
  return `${FORK_PREFIX}${chain}`
}

/** Both entries, written in full. */
export function encodeFork({ winner, loser }: Fork): Uint8Array {
  return new Writer().sized(encodeEntry(winner)).sized(encodeEntry(loser)).finish()
}

export function decodeFork(crypto: Crypto, bytes: Uint8Array): readonly [Entry, Entry] | undefined {
  const both = decode(bytes, (reader) => [
    reader.sized(2 * MAX_ENTRY_BYTES),
    reader.sized(2 * MAX_ENTRY_BYTES),
  ])
  const [winner, loser] = both.ok ? both.value.map((one) => decodeEntry(crypto, one)) : []
  if (winner === undefined || loser === undefined || isViolation(winner) || isViolation(loser))
    return undefined
  return [winner, loser]
}

/** Bytes of entries in one row of history. */
const HISTORY_ROW_BYTES = 4 * 1024 * 1024

/** Everything that puts a log on a new base, for one transaction: base, covered entries moved to history. */
export function baseChanges(
  base: StoredBase,
  covered: readonly Entry[],
  checkpoint: Entry | undefined,
  now: Millis,
): Change[] {
  const changes: Change[] = [
    { put: 'blobs', key: 'base', value: encodeBase(base) },
    checkpoint === undefined
      ? { delete: 'blobs', key: 'checkpoint' }
      : { put: 'blobs', key: 'checkpoint', value: encodeEntry(checkpoint) },
  ]
  let row = new Writer()
  let bytes = 0
  const finishRow = (): void => {
    if (bytes > 0)
      changes.push({
        put: 'history',
        key: `${now.toString(16).padStart(12, '0')}-${changes.length}`,
        value: row.finish(),
      })
    row = new Writer()
    bytes = 0
  }
  for (const entry of covered) {
    changes.push({ delete: 'entries', key: entryKey(entry) })
    const encoded = encodeEntry(entry)
    row.sized(encoded)
    bytes += encoded.length
    if (bytes >= HISTORY_ROW_BYTES) finishRow()
  }
  finishRow()
  return changes
}

/** What a session cannot do without lies on the disk twice, so that no single row that rots ends it. */
export function twice(table: Table, key: string, value: Uint8Array): Change[] {
  return [
    { put: table, key, value },
    { put: table, key: `${COPY}${key}`, value },
  ]
}

/** Values of all keys with this prefix, in their order; where a row is gone its copy stands in. */
export function intact(rows: readonly Row[], prefix: string): Uint8Array[] {
  const values = new Map<string, Uint8Array>()
  for (const { key, value } of rows) {
    const plain = key.startsWith(COPY) ? key.slice(COPY.length) : key
    if (plain.startsWith(prefix) && !(key !== plain && values.has(plain))) values.set(plain, value)
  }
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
}
