/**
 * The roster's records: what the owner signs. Each names its place (seq, prev) in the chain.
 * record = version u8 | session 16 | seq varuint | prev 32 | type u8 | content | signature 64 (by the root key)
 * id = BLAKE2b-256 of everything before the signature
 *
 * An app that does not know a type fails closed with a protocol mismatch.
 */
import { unreachable } from '../base/assert.ts'
import { concat, toUtf8 } from '../base/bytes.ts'
import { decode, Malformed, type Reader, Writer } from '../base/codec.ts'
import {
  type DeviceId,
  type EntryId,
  ID_BYTES,
  type InviteId,
  idBytes,
  idOf,
  type JoinId,
  type RecordId,
  type SessionId,
  type WriterId,
} from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import type { Crypto, SignKeys } from '../crypto/crypto.ts'
import { type Certificate, readCertificate, writeCertificate } from './certificate.ts'
import {
  MAX_JOINS,
  MAX_RESTART_HEADS,
  MAX_ROOT_NAME_BYTES,
  MAX_ROOTS,
  MAX_ROSTER_RECORDS,
  MAX_SEQ,
  MAX_WRITERS_PER_DEVICE,
  PROTOCOL_VERSION,
} from './limits.ts'
import { type Violation, violation } from './violation.ts'

export type Role = 'owner' | 'editor' | 'viewer'
export type InviteRole = Exclude<Role, 'owner'>
export type RootKind = 'text' | 'map' | 'array'

export interface RootSchema {
  readonly name: string
  readonly kind: RootKind
}

/** Where a writer of a cut device ends: its last entry that counts. Writers not named count for nothing. */
export interface CutLine {
  readonly writer: WriterId
  readonly seq: number
  readonly id: EntryId
}

/** Where a writer ends at a Restart: its last entry that counts. */
export interface RestartHead extends CutLine {
  readonly device: DeviceId
}

/** One key sealed to one device (crypto_box_seal). */
export interface Wrap {
  readonly device: DeviceId
  readonly sealedKey: Uint8Array
}

export type RosterContent =
  | {
      readonly type: 'create'
      readonly rootPk: Uint8Array
      readonly owner: Certificate
      readonly roots: readonly RootSchema[]
      readonly formatting: boolean
    }
  | {
      readonly type: 'invite'
      readonly invite: InviteId
      readonly role: InviteRole
      readonly expiresAt: Millis
      readonly uses: number
      readonly lobby: boolean
      /** The seed under the admitter key, so that editors may admit: nonce 24 | sealed. */
      readonly sealedSeed: Uint8Array
    }
  | { readonly type: 'revoke'; readonly invite: InviteId; readonly joins: readonly JoinId[] }
  | {
      readonly type: 'role'
      readonly device: DeviceId
      readonly role: InviteRole
      /** To 'viewer': where its writers end. To 'editor': empty. */
      readonly cut: readonly CutLine[]
      readonly joins: readonly JoinId[]
    }
  | {
      readonly type: 'remove'
      readonly device: DeviceId
      readonly cut: readonly CutLine[]
      readonly joins: readonly JoinId[]
    }
  /** While paused, nobody but the owner writes. */
  | { readonly type: 'policy'; readonly paused: boolean }
  /** From here on the new root key signs, and its device is the owner. */
  | { readonly type: 'transfer'; readonly device: DeviceId; readonly rootPk: Uint8Array }
  /** The last record: nobody is admitted any more. */
  | { readonly type: 'end' }
  /** Decides a fork of the roster: what this record stands on survives, the branch with the record `lost` does not. */
  | { readonly type: 'heal'; readonly lost: RecordId }
  /** The session begins anew from here: every writer ends where the owner's copy had it, or counts for nothing. Those
   *  that an earlier Restart ended are not named again. */
  | { readonly type: 'restart'; readonly heads: readonly RestartHead[] }
  | {
      readonly type: 'epoch'
      readonly epoch: number
      readonly commitment: Uint8Array
      readonly wraps: readonly Wrap[]
      /** The admitter key in force from here on, to everybody who may admit. */
      readonly admitterWraps: readonly Wrap[]
      /** The Joins the owner accepts (protocol/rights.ts). */
      readonly joins: readonly JoinId[]
      /** The epoch key before this one, sealed under this one; empty for epoch 0. */
      readonly previousSealed: Uint8Array
    }

export interface RosterRecord {
  readonly session: SessionId
  readonly seq: number
  readonly prev: RecordId
  readonly content: RosterContent
  readonly id: RecordId
  readonly signature: Uint8Array
}

/** `prev` of the Create record, whose seq is 0. */
export const NO_RECORD = '0'.repeat(64) as RecordId
const LABEL = toUtf8('coterie/1/roster')
const TYPES = [
  ...['create', 'invite', 'revoke', 'role', 'epoch'],
  ...['remove', 'policy', 'transfer', 'end', 'heal', 'restart'],
] as unknown as readonly RosterContent['type'][]
const ROLES = ['editor', 'viewer'] as const
const ROOT_KINDS = ['text', 'map', 'array'] as const
const WRAP_BYTES = 80
const SEALED_SEED_BYTES = 24 + 16 + 16
/** The shortest line of a cut. */
const LINE_BYTES = ID_BYTES.writer + 1 + ID_BYTES.entry
const PREVIOUS_SEALED_BYTES = 24 + 32 + 16

/** The session a root key owns: a link that names it pins its owner. */
export function sessionIdOf(crypto: Crypto, rootPk: Uint8Array): SessionId {
  return idOf<SessionId>(crypto.hash(ID_BYTES.session, rootPk))
}

export function signRecord(
  crypto: Crypto,
  place: { readonly session: SessionId; readonly seq: number; readonly prev: RecordId },
  content: RosterContent,
  root: SignKeys,
): RosterRecord {
  const unsigned = encodeUnsigned(place, content)
  const id = crypto.hash(32, unsigned)
  return {
    ...place,
    content,
    id: idOf<RecordId>(id),
    signature: crypto.sign(root.secretKey, concat(LABEL, id)),
  }
}

export function isSignedByRoot(crypto: Crypto, record: RosterRecord, rootPk: Uint8Array): boolean {
  return crypto.verify(rootPk, concat(LABEL, idBytes(record.id)), record.signature)
}

export function encodeRecord(record: RosterRecord): Uint8Array {
  return concat(encodeUnsigned(record, record.content), record.signature)
}

/** Reads a copy: a record is kept for good and must not keep the frame it came in. */
export function decodeRecord(crypto: Crypto, bytes: Uint8Array): RosterRecord | Violation {
  const read = decode(bytes.slice(), readRecord)
  if (!read.ok) return violation('malformed', `a roster record: ${read.reason}`)
  const id = idOf<RecordId>(crypto.hash(32, bytes.subarray(0, bytes.length - 64)))
  return { ...read.value, id }
}

function encodeUnsigned(
  place: { readonly session: SessionId; readonly seq: number; readonly prev: RecordId },
  content: RosterContent,
): Uint8Array {
  const writer = new Writer().u8(PROTOCOL_VERSION).fixed(idBytes(place.session)).varuint(place.seq)
  writer.fixed(idBytes(place.prev)).u8(TYPES.indexOf(content.type))
  writeContent(writer, content)
  return writer.finish()
}

function writeContent(writer: Writer, content: RosterContent): void {
  switch (content.type) {
    case 'create':
      writer.fixed(content.rootPk)
      writeCertificate(writer, content.owner)
      writer.list(content.roots, (to, root) => to.text(root.name).u8(ROOT_KINDS.indexOf(root.kind)))
      writer.flag(content.formatting)
      return
    case 'invite':
      writer
        .fixed(idBytes(content.invite))
        .u8(ROLES.indexOf(content.role))
        .u48(content.expiresAt)
        .varuint(content.uses)
      writer.flag(content.lobby).fixed(content.sealedSeed)
      return
    case 'revoke':
      writer.fixed(idBytes(content.invite))
      writeJoins(writer, content.joins)
      return
    case 'role':
      writer.fixed(idBytes(content.device)).u8(ROLES.indexOf(content.role))
      writeCut(writer, content.cut)
      writeJoins(writer, content.joins)
      return
    case 'epoch':
      writer.varuint(content.epoch).fixed(content.commitment)
      writeWraps(writer, content.wraps)
      writeWraps(writer, content.admitterWraps)
      writeJoins(writer, content.joins)
      writer.sized(content.previousSealed)
      return
    case 'remove':
      writer.fixed(idBytes(content.device))
      writeCut(writer, content.cut)
      writeJoins(writer, content.joins)
      return
    case 'policy':
      writer.flag(content.paused)
      return
    case 'transfer':
      writer.fixed(idBytes(content.device)).fixed(content.rootPk)
      return
    case 'end':
      return
    case 'heal':
      writer.fixed(idBytes(content.lost))
      return
    case 'restart':
      writer.list(content.heads, (to, head) => writeLine(to.fixed(idBytes(head.device)), head))
      return
    default:
      unreachable(content)
  }
}

function writeJoins(writer: Writer, joins: readonly JoinId[]): void {
  writer.list(joins, (to, join) => to.fixed(idBytes(join)))
}

function writeCut(writer: Writer, cut: readonly CutLine[]): void {
  writer.list(cut, writeLine)
}

function writeLine(writer: Writer, line: CutLine): void {
  writer.fixed(idBytes(line.writer)).varuint(line.seq).fixed(idBytes(line.id))
}

function writeWraps(writer: Writer, wraps: readonly Wrap[]): void {
  writer.list(wraps, (to, wrap) => to.fixed(idBytes(wrap.device)).fixed(wrap.sealedKey))
}

function readJoins(reader: Reader): JoinId[] {
  return reader.list(MAX_JOINS, ID_BYTES.join, (from) => idOf<JoinId>(from.fixed(ID_BYTES.join)))
}

function readCut(reader: Reader): CutLine[] {
  const cut = reader.list(MAX_WRITERS_PER_DEVICE, LINE_BYTES, readLine)
  if (new Set(cut.map(({ writer }) => writer)).size !== cut.length) throw new Malformed('a writer cut twice')
  return cut
}

function readLine(reader: Reader): CutLine {
  return {
    writer: idOf<WriterId>(reader.fixed(ID_BYTES.writer)),
    seq: reader.varuint(MAX_SEQ),
    id: idOf<EntryId>(reader.fixed(ID_BYTES.entry)),
  }
}

function readRestartHeads(reader: Reader): RestartHead[] {
  const heads = reader.list(MAX_RESTART_HEADS, ID_BYTES.device + LINE_BYTES, (from) => ({
    device: readDevice(from),
    ...readLine(from),
  }))
  if (heads.some(({ seq }) => seq === 0)) throw new Malformed('entries count from 1')
  if (new Set(heads.map(({ device, writer }) => device + writer)).size !== heads.length)
    throw new Malformed('a writer ended twice')
  return heads
}

function readWraps(reader: Reader): Wrap[] {
  return reader.list(MAX_JOINS, ID_BYTES.device + WRAP_BYTES, (from) => ({
    device: idOf<DeviceId>(from.fixed(ID_BYTES.device)),
    sealedKey: from.fixed(WRAP_BYTES),
  }))
}

function readRecord(reader: Reader): Omit<RosterRecord, 'id'> {
  if (reader.u8() !== PROTOCOL_VERSION) throw new Malformed('another protocol version')
  const session = idOf<SessionId>(reader.fixed(ID_BYTES.session))
  const seq = reader.varuint(MAX_ROSTER_RECORDS)
  const prev = idOf<RecordId>(reader.fixed(ID_BYTES.record))
  const type = oneOf(TYPES, reader.u8(), 'type of roster record')
  return { session, seq, prev, content: readContent(reader, type), signature: reader.fixed(64) }
}

function readContent(reader: Reader, type: RosterContent['type']): RosterContent {
  switch (type) {
    case 'create':
      return {
        type,
        rootPk: reader.fixed(32),
        owner: readCertificate(reader),
        roots: readRoots(reader),
        formatting: reader.flag(),
      }
    case 'invite':
      return {
        type,
        invite: idOf<InviteId>(reader.fixed(ID_BYTES.invite)),
        role: oneOf(ROLES, reader.u8(), 'role'),
        expiresAt: reader.u48(),
        uses: reader.varuint(MAX_JOINS),
        lobby: reader.flag(),
        sealedSeed: reader.fixed(SEALED_SEED_BYTES),
      }
    case 'revoke':
      return { type, invite: idOf<InviteId>(reader.fixed(ID_BYTES.invite)), joins: readJoins(reader) }
    case 'role':
      return readRole(reader)
    case 'epoch':
      return readEpoch(reader)
    case 'remove':
      return { type, device: readDevice(reader), cut: readCut(reader), joins: readJoins(reader) }
    case 'policy':
      return { type, paused: reader.flag() }
    case 'transfer':
      return { type, device: readDevice(reader), rootPk: reader.fixed(32) }
    case 'end':
      return { type }
    case 'heal':
      return { type, lost: idOf<RecordId>(reader.fixed(32)) }
    case 'restart':
      return { type, heads: readRestartHeads(reader) }
    default:
      return unreachable(type)
  }
}

function readRoots(reader: Reader): RootSchema[] {
  const roots = reader.list(MAX_ROOTS, 2, (from) => ({
    name: from.text(MAX_ROOT_NAME_BYTES),
    kind: oneOf(ROOT_KINDS, from.u8(), 'kind of root'),
  }))
  if (roots.length === 0) throw new Malformed('a document without a root')
  if (roots.some((root) => root.name === '__proto__'))
    throw new Malformed('a root with a name no object can hold')
  if (new Set(roots.map((root) => root.name)).size !== roots.length) throw new Malformed('a root named twice')
  return roots
}

function readDevice(reader: Reader): DeviceId {
  return idOf<DeviceId>(reader.fixed(ID_BYTES.device))
}

function readRole(reader: Reader): RosterContent {
  const device = readDevice(reader)
  const role = oneOf(ROLES, reader.u8(), 'role')
  const cut = readCut(reader)
  if (role === 'editor' && cut.length > 0) throw new Malformed('a raised role that cuts')
  return { type: 'role', device, role, cut, joins: readJoins(reader) }
}

function readEpoch(reader: Reader): RosterContent {
  const epoch = reader.varuint(MAX_ROSTER_RECORDS)
  const commitment = reader.fixed(32)
  const wraps = readWraps(reader)
  const admitterWraps = readWraps(reader)
  const joins = readJoins(reader)
  const previousSealed = reader.sized(PREVIOUS_SEALED_BYTES)
  const expected = epoch === 0 ? 0 : PREVIOUS_SEALED_BYTES
  if (previousSealed.length !== expected)
    throw new Malformed('an epoch seals the key before it, the first seals none')
  return { type: 'epoch', epoch, commitment, wraps, admitterWraps, joins, previousSealed }
}

function oneOf<T>(values: readonly T[], index: number, what: string): T {
  const value = values[index]
  if (value === undefined) throw new Malformed(`unknown ${what}`)
  return value
}
