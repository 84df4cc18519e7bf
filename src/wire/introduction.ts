/**
 * What two sockets in a topic say to each other before a channel opens. The server sees sizes only.
 * blob   = type u8 | nonce 24 | sealed
 * hello  (type 0, under the topic's sealing key) = version u8 | answers flag | side u8 | instance 8 | ephemeral 32
 *         | device 16 or empty sized | join sized (empty: the owner's device, or a newcomer)
 * signal (type 1, under the key of the two ephemerals) = what a Dial gave
 * box    (type 2, no nonce; crypto_box_seal to a device's dhPk) = a hello that answers
 *
 * The sealing key of a topic may be known to several; everything after the two hellos only to these two.
 */
import { concat, EMPTY, toUtf8 } from '../base/bytes.ts'
import { decode, Malformed, type Reader, Writer } from '../base/codec.ts'
import { type DeviceId, ID_BYTES, type InstanceId, idBytes, idOf } from '../base/ids.ts'
import type { Crypto, DhKeys } from '../crypto/crypto.ts'
import {
  MAX_HELLO_JOINS,
  MAX_HELLO_RECORDS,
  MAX_HELLO_RECORDS_BYTES,
  MAX_ROSTER_RECORDS,
  MAX_SIGNAL_BYTES,
  PROTOCOL_VERSION,
} from './limits.ts'

/** In an invite's topic: who wants in, and who may let in. In a members' topic everybody is a member. */
export type Side = 'newcomer' | 'member'

export interface Hello {
  /** The second hello of a pair, an answer to the first. */
  readonly answers: boolean
  readonly side: Side
  readonly instance: InstanceId
  /** X25519, fresh for this meeting. */
  readonly ephemeral: Uint8Array
  /** A member's device; a newcomer has none yet. */
  readonly device: DeviceId | undefined
  /** What a member says of the roster, so that who has not heard of it yet can check it; a newcomer says nothing. */
  readonly roster: RosterWord | undefined
}

/** Whoever was away may lack what let this member in. */
export interface RosterWord {
  /** Of the newest record it knows. */
  readonly seq: number
  /** Its own encoded Join, then those of whoever let it in, up to one whom the owner let in; none for the owner. */
  readonly joins: readonly Uint8Array[]
  /** In an answer: encoded records that whoever said hello first lacks, in order, as many as fit. */
  readonly records: readonly Uint8Array[]
}

export type SealedKind = 'hello' | 'signal' | 'box'

const KINDS: readonly SealedKind[] = ['hello', 'signal', 'box']
const SIDES: readonly Side[] = ['newcomer', 'member']
const NONCE_BYTES = 24
const MAX_JOIN_BYTES = 1024

/** Hellos from another version are told apart from noise, so that the person learns why. */
export type ReadHello = Hello | 'other-version' | undefined

export function kindOfBlob(blob: Uint8Array): SealedKind | undefined {
  return KINDS[blob[0] ?? KINDS.length]
}

function sealBlob(crypto: Crypto, kind: SealedKind, key: Uint8Array, plain: Uint8Array): Uint8Array {
  const nonce = crypto.randomBytes(NONCE_BYTES)
  const type = Uint8Array.of(KINDS.indexOf(kind))
  return concat(type, nonce, crypto.seal(key, nonce, concat(type, toUtf8('coterie/1/introduction')), plain))
}

function openBlob(
  crypto: Crypto,
  kind: SealedKind,
  key: Uint8Array,
  blob: Uint8Array,
): Uint8Array | undefined {
  if (kindOfBlob(blob) !== kind || blob.length > MAX_SIGNAL_BYTES) return undefined
  const ad = concat(blob.subarray(0, 1), toUtf8('coterie/1/introduction'))
  return crypto.open(key, blob.subarray(1, 1 + NONCE_BYTES), ad, blob.subarray(1 + NONCE_BYTES))
}

export function sealHello(crypto: Crypto, sealing: Uint8Array, hello: Hello): Uint8Array {
  return sealBlob(crypto, 'hello', sealing, encodeHello(hello))
}

function encodeHello(hello: Hello): Uint8Array {
  const writer = new Writer().u8(PROTOCOL_VERSION).flag(hello.answers).u8(SIDES.indexOf(hello.side))
  writer.fixed(idBytes(hello.instance)).fixed(hello.ephemeral)
  writer.sized(hello.device === undefined ? EMPTY : idBytes(hello.device))
  if (hello.roster !== undefined) writeRosterWord(writer, hello.roster)
  return writer.finish()
}

function writeRosterWord(writer: Writer, { seq, joins, records }: RosterWord): void {
  const sized = (to: Writer, bytes: Uint8Array): unknown => to.sized(bytes)
  writer.varuint(seq).list(joins, sized).list(records, sized)
}

/** `undefined`: not sealed under this key, or no hello. */
export function openHello(crypto: Crypto, sealing: Uint8Array, blob: Uint8Array): ReadHello {
  const plain = openBlob(crypto, 'hello', sealing, blob)
  return plain && decodeHello(plain)
}

function decodeHello(plain: Uint8Array): ReadHello {
  if (plain[0] !== PROTOCOL_VERSION) return 'other-version'
  const read = decode(plain, readHello)
  return read.ok ? read.value : undefined
}

/** For one device alone: the topic's key may be known to somebody who was removed. */
export function boxHello(crypto: Crypto, dhPk: Uint8Array, hello: Hello): Uint8Array {
  return concat(Uint8Array.of(KINDS.indexOf('box')), crypto.sealTo(dhPk, encodeHello(hello)))
}

/** `undefined`: not for these keys, or no hello that answers. */
export function unboxHello(crypto: Crypto, keys: DhKeys, blob: Uint8Array): ReadHello {
  if (kindOfBlob(blob) !== 'box' || blob.length > MAX_SIGNAL_BYTES) return undefined
  const plain = crypto.openFrom(keys, blob.subarray(1))
  const hello = plain && decodeHello(plain)
  return typeof hello === 'object' && !hello.answers ? undefined : hello
}

function readHello(reader: Reader): Hello {
  reader.u8()
  const answers = reader.flag()
  const side = SIDES[reader.u8()]
  if (side === undefined) throw new Malformed('unknown side')
  const instance = idOf<InstanceId>(reader.fixed(ID_BYTES.instance))
  const ephemeral = reader.fixed(32)
  const device = reader.sized(ID_BYTES.device)
  if (device.length !== (side === 'member' ? ID_BYTES.device : 0))
    throw new Malformed('a member names its device')
  const roster = side === 'member' ? readRosterWord(reader) : undefined
  if (!answers && roster !== undefined && roster.records.length > 0)
    throw new Malformed('records for who did not ask')
  return {
    answers,
    side,
    instance,
    ephemeral,
    device: side === 'member' ? idOf<DeviceId>(device) : undefined,
    roster,
  }
}

function readRosterWord(reader: Reader): RosterWord {
  const seq = reader.varuint(MAX_ROSTER_RECORDS)
  const joins = reader.list(MAX_HELLO_JOINS, 1, (from) => from.sized(MAX_JOIN_BYTES))
  const records = reader.list(MAX_HELLO_RECORDS, 1, (from) => from.sized(MAX_HELLO_RECORDS_BYTES))
  return { seq, joins, records }
}

/** The key both sides of a meeting share; `undefined` for an unsound ephemeral. `first` said hello first. */
export function meetingKey(
  crypto: Crypto,
  mine: DhKeys,
  theirs: Uint8Array,
  order: { readonly first: Uint8Array; readonly second: Uint8Array },
): Uint8Array | undefined {
  if (!crypto.isSoundDhKey(theirs)) return undefined
  const shared = crypto.dh(mine.secretKey, theirs)
  return shared && crypto.kdf(shared, 'introduction', concat(order.first, order.second), 32)
}

export function sealSignal(crypto: Crypto, key: Uint8Array, signal: Uint8Array): Uint8Array {
  return sealBlob(crypto, 'signal', key, signal)
}

export function openSignal(crypto: Crypto, key: Uint8Array, blob: Uint8Array): Uint8Array | undefined {
  return openBlob(crypto, 'signal', key, blob)
}
