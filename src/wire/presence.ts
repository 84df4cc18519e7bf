/**
 * presence = device 16 | instance 8 | writer 8 | counter varuint | state u8 | name text | color u8
 *          | [root text | ranges list (anchor sized | head sized)] | signature 64
 * At most MAX_PRESENCE_BYTES. Signed by the device; the newest of an instance wins by its counter. The
 * clientID under which it is shown is derived from signer and writer, so it can be nobody else's.
 */
import { concat, toUtf8 } from '../base/bytes.ts'
import { decode, Malformed, type Reader, Writer } from '../base/codec.ts'
import {
  type DeviceId,
  ID_BYTES,
  type InstanceId,
  idBytes,
  idOf,
  type SessionId,
  type WriterId,
} from '../base/ids.ts'
import type { Crypto, SignKeys } from '../crypto/crypto.ts'
import { PALETTE_SIZE } from './certificate.ts'
import {
  MAX_NAME_BYTES,
  MAX_PERSON_NAME_BYTES,
  MAX_PRESENCE_BYTES,
  MAX_PRESENCE_RANGES,
  MAX_RELATIVE_POSITION_BYTES,
} from './limits.ts'
import { type Violation, violation } from './violation.ts'

/** 'idle': no key or pointer for a while; 'away': its page is hidden; 'gone' is a goodbye: this instance ends now. */
export type PresencePhase = 'active' | 'idle' | 'gone' | 'away'

/** 'behind': another tab of its browser holds the links; nobody dials this one, and it is reached through that one. */
export type PresencePlace = 'front' | 'behind'

/** 'raised': whoever may only read asks to be allowed to edit. */
export type PresenceHand = 'down' | 'raised'

export interface PresenceCursor {
  readonly root: string
  readonly ranges: readonly { readonly anchor: Uint8Array; readonly head: Uint8Array }[]
}

export interface Presence {
  readonly device: DeviceId
  readonly instance: InstanceId
  /** The writer this instance writes as, or would. */
  readonly writer: WriterId
  readonly counter: number
  readonly phase: PresencePhase
  readonly place: PresencePlace
  readonly hand: PresenceHand
  readonly name: string
  readonly color: number
  readonly cursor: PresenceCursor | undefined
}

export interface SignedPresence {
  readonly presence: Presence
  readonly signed: Uint8Array
  readonly signature: Uint8Array
}

const PHASES: readonly PresencePhase[] = ['active', 'idle', 'gone', 'away']
const HAS_CURSOR = 0x80
const IS_BEHIND = 0x40
const IS_RAISED = 0x20
const LABEL = toUtf8('coterie/1/presence')
const SIGNATURE_BYTES = 64

/** The Yjs clientID of a writer: low 53 bits of a KDF over its device's key. */
export function clientIdOf(crypto: Crypto, signPk: Uint8Array, writer: WriterId): number {
  const bytes = crypto.kdf(signPk, 'client', idBytes(writer), 16)
  let value = (bytes[0] as number) & 31
  for (let i = 1; i < 7; i++) value = value * 256 + (bytes[i] as number)
  return value
}

/** Drops ranges from the end until it fits. */
export function sealPresence(
  crypto: Crypto,
  session: SessionId,
  presence: Presence,
  sign: SignKeys,
): Uint8Array {
  const signed = encodePresence(presence)
  if (signed.length + SIGNATURE_BYTES > MAX_PRESENCE_BYTES && presence.cursor !== undefined) {
    const ranges = presence.cursor.ranges.slice(0, -1)
    const cursor = ranges.length === 0 ? undefined : { ...presence.cursor, ranges }
    return sealPresence(crypto, session, { ...presence, cursor }, sign)
  }
  return concat(signed, crypto.sign(sign.secretKey, concat(LABEL, idBytes(session), signed)))
}

export function decodePresence(bytes: Uint8Array): SignedPresence | Violation {
  if (bytes.length > MAX_PRESENCE_BYTES) return violation('oversized', 'a presence beyond its limit')
  const read = decode(bytes, (reader) => ({
    presence: readPresence(reader),
    signature: reader.fixed(SIGNATURE_BYTES),
  }))
  if (!read.ok) return violation('malformed', `a presence: ${read.reason}`)
  return { ...read.value, signed: bytes.subarray(0, bytes.length - SIGNATURE_BYTES) }
}

export function isPresenceSignedBy(
  crypto: Crypto,
  session: SessionId,
  signed: SignedPresence,
  signPk: Uint8Array,
): boolean {
  return crypto.verify(signPk, concat(LABEL, idBytes(session), signed.signed), signed.signature)
}

function encodePresence(presence: Presence): Uint8Array {
  const writer = new Writer()
    .fixed(idBytes(presence.device))
    .fixed(idBytes(presence.instance))
    .fixed(idBytes(presence.writer))
  const cursor = presence.cursor
  const place = presence.place === 'behind' ? IS_BEHIND : 0
  const hand = presence.hand === 'raised' ? IS_RAISED : 0
  writer
    .varuint(presence.counter)
    .u8(PHASES.indexOf(presence.phase) | place | hand | (cursor === undefined ? 0 : HAS_CURSOR))
  writer.text(presence.name).u8(presence.color)
  if (cursor === undefined) return writer.finish()
  writer
    .text(cursor.root)
    .list(cursor.ranges.slice(0, MAX_PRESENCE_RANGES), (to, range) =>
      to.sized(range.anchor).sized(range.head),
    )
  return writer.finish()
}

function readPresence(reader: Reader): Presence {
  const device = idOf<DeviceId>(reader.fixed(ID_BYTES.device))
  const instance = idOf<InstanceId>(reader.fixed(ID_BYTES.instance))
  const writer = idOf<WriterId>(reader.fixed(ID_BYTES.writer))
  const counter = reader.varuint()
  const state = reader.u8()
  const phase = PHASES[state & ~(HAS_CURSOR | IS_BEHIND | IS_RAISED)]
  if (phase === undefined) throw new Malformed('unknown phase of presence')
  const place = (state & IS_BEHIND) === 0 ? 'front' : 'behind'
  const hand = (state & IS_RAISED) === 0 ? 'down' : 'raised'
  const name = reader.text(MAX_PERSON_NAME_BYTES)
  const color = reader.u8()
  if (color >= PALETTE_SIZE) throw new Malformed('a colour outside the palette')
  const cursor = (state & HAS_CURSOR) === 0 ? undefined : readCursor(reader)
  return { device, instance, writer, counter, phase, place, hand, name, color, cursor }
}

function readCursor(reader: Reader): PresenceCursor {
  const root = reader.text(MAX_NAME_BYTES)
  const position = (): Uint8Array => reader.sized(MAX_RELATIVE_POSITION_BYTES)
  return {
    root,
    ranges: reader.list(MAX_PRESENCE_RANGES, 2, () => ({ anchor: position(), head: position() })),
  }
}
