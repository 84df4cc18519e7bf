/**
 * Entry = header | ciphertext | signature 64
 * header = version u8 | kind u8 | rosterSeq varuint | sessionId 16 | deviceId 16 | writerId 8 | seq varuint | prev 32
 * plaintext = authoredAt u48 | body sized | zeros up to the Padmé length
 *
 * The same bytes go on the wire (in runs, see runs.ts), on disk and through a relay. This file knows
 * the layout and the cryptography of one entry; whether it counts is the log's business.
 */
import { assert } from '../base/assert.ts'
import { concat, EMPTY, toUtf8 } from '../base/bytes.ts'
import { decode, Malformed, type Reader, Writer } from '../base/codec.ts'
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
import type { Crypto, SignKeys } from '../crypto/crypto.ts'
import { MAX_ENTRY_BYTES, MAX_ROSTER_RECORDS, MAX_SEQ, PROTOCOL_VERSION } from './limits.ts'
import { paddedLength } from './padding.ts'
import { type Violation, violation } from './violation.ts'

export type EntryKind = 'edit' | 'checkpoint' | 'adopt' | 'profile' | 'leave'

const KINDS: readonly EntryKind[] = ['edit', 'checkpoint', 'adopt', 'profile', 'leave']
const SIGNATURE_BYTES = 64
const TAG_BYTES = 16
const TIME_BYTES = 6

/** Where an entry stands: what its header says, ids as in memory. */
export interface EntryHeader {
  readonly kind: EntryKind
  readonly rosterSeq: number
  readonly session: SessionId
  readonly device: DeviceId
  readonly writer: WriterId
  /** Counts from 1. */
  readonly seq: number
  /** Id of the writer's entry before this one; 32 zero bytes for the first. */
  readonly prev: EntryId
}

/** An entry as everybody may hold it: sealed and signed. */
export interface Entry extends EntryHeader {
  readonly id: EntryId
  readonly ciphertext: Uint8Array
  readonly signature: Uint8Array
}

/** What only members of the epoch can read. */
export interface EntryBody {
  readonly authoredAt: Millis
  readonly body: Uint8Array
}

/** `prev` of a writer's first entry. */
export const NO_ENTRY = '0'.repeat(64) as EntryId
const SIGNED = toUtf8('coterie/1/entry')

export function writeKind(writer: Writer, kind: EntryKind): void {
  writer.u8(KINDS.indexOf(kind))
}

export function readKind(reader: Reader): EntryKind {
  const kind = KINDS[reader.u8()]
  if (kind === undefined) throw new Malformed('unknown kind of entry')
  return kind
}

function encodeHeader(header: EntryHeader): Uint8Array {
  const writer = new Writer().u8(PROTOCOL_VERSION)
  writeKind(writer, header.kind)
  return writer
    .varuint(header.rosterSeq)
    .fixed(idBytes(header.session))
    .fixed(idBytes(header.device))
    .fixed(idBytes(header.writer))
    .varuint(header.seq)
    .fixed(idBytes(header.prev))
    .finish()
}

/** The id an entry with this header and ciphertext has. */
export function entryId(crypto: Crypto, header: EntryHeader, ciphertext: Uint8Array): EntryId {
  return idOf<EntryId>(crypto.hash(ID_BYTES.entry, encodeHeader(header), ciphertext))
}

function entryNonce(crypto: Crypto, key: Uint8Array, header: EntryHeader): Uint8Array {
  const place = new Writer().fixed(idBytes(header.device)).fixed(idBytes(header.writer)).varuint(header.seq)
  return crypto.kdf(key, 'nonce', place.finish(), 24)
}

/** The key entries of an epoch are sealed under. */
export function entryKeyOf(crypto: Crypto, epochKey: Uint8Array): Uint8Array {
  return crypto.kdf(epochKey, 'entry', EMPTY, 32)
}

/** Seals and signs. `entryKey` is `entryKeyOf` of the epoch in force at `header.rosterSeq`. */
export function sealEntry(
  crypto: Crypto,
  header: EntryHeader,
  content: EntryBody,
  keys: { readonly entryKey: Uint8Array; readonly sign: SignKeys },
): Entry {
  const plain = new Writer().u48(content.authoredAt).sized(content.body).finish()
  const padded = new Uint8Array(paddedLength(plain.length))
  padded.set(plain)
  const ad = encodeHeader(header)
  const ciphertext = crypto.seal(keys.entryKey, entryNonce(crypto, keys.entryKey, header), ad, padded)
  assert(ciphertext.length <= MAX_ENTRY_BYTES, 'an entry stays below its limit: a larger body is a blob')
  const id = crypto.hash(ID_BYTES.entry, ad, ciphertext)
  const signature = crypto.sign(keys.sign.secretKey, concat(SIGNED, id))
  return { ...header, id: idOf<EntryId>(id), ciphertext, signature }
}

export function isSignedBy(crypto: Crypto, entry: Entry, signPk: Uint8Array): boolean {
  return crypto.verify(signPk, concat(SIGNED, idBytes(entry.id)), entry.signature)
}

/** Opens a sealed entry. A violation when it does not open or its inside has another shape: its author made it so. */
export function openEntry(crypto: Crypto, entry: Entry, entryKey: Uint8Array): EntryBody | Violation {
  const plain = crypto.open(
    entryKey,
    entryNonce(crypto, entryKey, entry),
    encodeHeader(entry),
    entry.ciphertext,
  )
  if (plain === undefined) return violation('forged', 'an entry that does not open under its epoch')
  const opened = decode(plain, readBody)
  return opened.ok ? opened.value : violation('malformed', `the inside of an entry: ${opened.reason}`)
}

function readBody(reader: Reader): EntryBody {
  const length = reader.left
  const authoredAt = reader.u48()
  const body = reader.sized(MAX_ENTRY_BYTES)
  if (paddedLength(length - reader.left) !== length) throw new Malformed('not padded to its bucket')
  for (const byte of reader.rest()) if (byte !== 0) throw new Malformed('padding that is not zero')
  return { authoredAt, body }
}

/** Bytes an entry takes, give or take the spelling of its two numbers: what limits on held entries count. */
export function sizeOfEntry(entry: Entry): number {
  return 80 + entry.ciphertext.length + SIGNATURE_BYTES
}

/** What an entry is worth outside a link: disk, files. */
export function encodeEntry(entry: Entry): Uint8Array {
  return new Writer().fixed(encodeHeader(entry)).sized(entry.ciphertext).fixed(entry.signature).finish()
}

export function decodeEntry(crypto: Crypto, bytes: Uint8Array): Entry | Violation {
  const read = decode(bytes, readEntry)
  if (!read.ok) return violation('malformed', `an entry: ${read.reason}`)
  return { ...read.value, id: entryId(crypto, read.value, read.value.ciphertext) }
}

function readEntry(reader: Reader): Omit<Entry, 'id'> {
  if (reader.u8() !== PROTOCOL_VERSION) throw new Malformed('another protocol version')
  const kind = readKind(reader)
  const rosterSeq = reader.varuint(MAX_ROSTER_RECORDS)
  const session = idOf<SessionId>(reader.fixed(ID_BYTES.session))
  const device = idOf<DeviceId>(reader.fixed(ID_BYTES.device))
  const writer = idOf<WriterId>(reader.fixed(ID_BYTES.writer))
  return { kind, rosterSeq, session, device, writer, ...readPlace(reader), ...readSealed(reader) }
}

/** seq varuint | prev 32. The first entry of a writer, and no other, has nothing before it. */
export function readPlace(reader: Reader): { seq: number; prev: EntryId } {
  const seq = reader.varuint(MAX_SEQ)
  if (seq === 0) throw new Malformed('entries count from 1')
  const prev = idOf<EntryId>(reader.fixed(ID_BYTES.entry))
  if ((seq === 1) !== (prev === NO_ENTRY)) throw new Malformed('a first entry has nothing before it')
  return { seq, prev }
}

/** ciphertext sized | signature 64 */
export function readSealed(reader: Reader): { ciphertext: Uint8Array; signature: Uint8Array } {
  const ciphertext = reader.sized(MAX_ENTRY_BYTES)
  if (ciphertext.length < TAG_BYTES + TIME_BYTES + 1)
    throw new Malformed('a ciphertext too short for any entry')
  return { ciphertext, signature: reader.fixed(SIGNATURE_BYTES) }
}
