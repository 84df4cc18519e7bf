/**
 * Pairing with no server: an offer and an answer as texts people paste, or scan, from one screen into the other.
 * Not here: what the dialer's signals hold (transport/packing.ts), the link made by it (protocol/handshake.ts, psk kind
 * `carried`). Whoever sees an offer can answer it first; so one answer is taken, and the link asks for the emoji.
 *
 * text   = base64url of: version u8 | direction u8 (1 offer, 2 answer) | length u16 of all that follows | content | checksum 4
 * offer  = session 16 | rosterSeq varuint | seed 16 | offer 8 | madeAt u48 | instance 8 | device 16 | signals sized
 * answer = session 16 | offer 8 | salt 16 | sealed, sized; inside: instance 8 | signals sized
 *
 * Nobody's clock decides anything but the inviter's own: the age in an offer is shown and no more.
 */
import { assert } from '../base/assert.ts'
import {
  concat,
  EMPTY,
  equalBytes,
  fromBase64url,
  fromHex,
  toBase64url,
  toHex,
  toUtf8,
} from '../base/bytes.ts'
import { decode, type Reader, Writer } from '../base/codec.ts'
import { type DeviceId, ID_BYTES, type InstanceId, idBytes, idOf, type SessionId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { SEED_BYTES } from './invite-link.ts'
import {
  CARRIED_LIFETIME_MS,
  MAX_CARRIED_CHARACTERS,
  MAX_CARRIED_SIGNALS_BYTES,
  MAX_ROSTER_RECORDS,
  PROTOCOL_VERSION,
} from './limits.ts'

export interface CarriedOffer {
  readonly direction: 'offer'
  readonly session: SessionId
  readonly rosterSeq: number
  /** Of the invite it stands for. */
  readonly seed: Secret
  /** 8 random bytes, in hexadecimal: which offer an answer belongs to. */
  readonly offer: string
  /** By the inviter's clock. */
  readonly madeAt: Millis
  readonly instance: InstanceId
  /** Who offers, and may let in. */
  readonly device: DeviceId
  /** Description and candidates, as the dialer packed them. */
  readonly signals: Uint8Array
}

/** Only who made the offer can open it. */
export interface CarriedAnswer {
  readonly direction: 'answer'
  readonly session: SessionId
  readonly offer: string
  readonly salt: Uint8Array
  readonly sealed: Uint8Array
}

export interface AnswerContent {
  readonly instance: InstanceId
  readonly signals: Uint8Array
}

export type CarriedProblem =
  | 'not-carried' // some other text
  | 'cut-short' // the rest was not copied
  | 'damaged' // letters changed on the way
  | 'other-version'
  | 'wrong-direction' // an offer where the answer belongs, or the other way round
  | 'other-session'
  | 'other-offer' // an answer to an offer that is no longer open
  | 'too-old'

const DIRECTIONS = { offer: 1, answer: 2 } as const
const HEAD_BYTES = 4
const CHECKSUM_BYTES = 4
export const OFFER_ID_BYTES = 8
const SALT_BYTES = 16
const SEAL_BYTES = 16
const CHECKSUM_LABEL = toUtf8('coterie/1/carried')

export function encodeOffer(crypto: Crypto, offer: CarriedOffer): string {
  const writer = new Writer()
    .fixed(idBytes(offer.session))
    .varuint(offer.rosterSeq)
    .fixed(offer.seed.reveal())
  writer.fixed(fromHex(offer.offer)).u48(offer.madeAt)
  writer.fixed(idBytes(offer.instance)).fixed(idBytes(offer.device)).sized(offer.signals)
  return textOf(crypto, 'offer', writer.finish())
}

export function encodeAnswer(crypto: Crypto, to: CarriedOffer, content: AnswerContent): string {
  const salt = crypto.randomBytes(SALT_BYTES)
  const inside = new Writer().fixed(idBytes(content.instance)).sized(content.signals).finish()
  const writer = new Writer().fixed(idBytes(to.session)).fixed(fromHex(to.offer)).fixed(salt)
  writer.sized(crypto.sealCounted(answerKey(crypto, to, salt), 0, EMPTY, inside))
  return textOf(crypto, 'answer', writer.finish())
}

/** Takes a text with breaks and spaces in it, and one that was pasted twice. */
export function readOffer(crypto: Crypto, text: string): CarriedOffer | CarriedProblem {
  return readContent(crypto, text, 'offer', readOfferContent)
}

export function readAnswer(crypto: Crypto, text: string): CarriedAnswer | CarriedProblem {
  return readContent(crypto, text, 'answer', readAnswerContent)
}

/** What the answer to this open offer says, by the clock that made the offer. */
export function openAnswer(
  crypto: Crypto,
  offer: CarriedOffer,
  answer: CarriedAnswer,
  now: Millis,
): AnswerContent | CarriedProblem {
  if (answer.session !== offer.session) return 'other-session'
  if (answer.offer !== offer.offer) return 'other-offer'
  if (now - offer.madeAt > CARRIED_LIFETIME_MS) return 'too-old'
  const plain = crypto.openCounted(answerKey(crypto, offer, answer.salt), 0, EMPTY, answer.sealed)
  const read = plain && decode(plain, readInside)
  return read?.ok === true ? read.value : 'damaged'
}

/** What the link between the two is keyed with: the ids bind the offer and the device that made it. */
export function carriedPsk(
  crypto: Crypto,
  offer: CarriedOffer,
): { readonly ids: Uint8Array; readonly key: Uint8Array } {
  const id = fromHex(offer.offer)
  return {
    ids: concat(id, idBytes(offer.device)),
    key: crypto.kdf(offer.seed.reveal(), 'carried-psk', id, 32),
  }
}

function answerKey(crypto: Crypto, offer: CarriedOffer, salt: Uint8Array): Uint8Array {
  return crypto.kdf(offer.seed.reveal(), 'carried-answer', concat(fromHex(offer.offer), salt), 32)
}

// The text -----------------------------------------------------------------------------------------------------

function textOf(crypto: Crypto, direction: keyof typeof DIRECTIONS, content: Uint8Array): string {
  const head = new Writer().u8(PROTOCOL_VERSION).u8(DIRECTIONS[direction])
  const bytes = head
    .u16(content.length + CHECKSUM_BYTES)
    .fixed(content)
    .finish()
  const text = toBase64url(concat(bytes, checksum(crypto, bytes)))
  assert(text.length <= MAX_CARRIED_CHARACTERS, 'a carried text is at most 600 characters long')
  return text
}

function readContent<T>(
  crypto: Crypto,
  text: string,
  direction: keyof typeof DIRECTIONS,
  read: (reader: Reader) => T,
): T | CarriedProblem {
  const bytes = bytesOf(text)
  if (typeof bytes === 'string') return bytes
  const inside = bytes.subarray(0, bytes.length - CHECKSUM_BYTES)
  const isWhole = equalBytes(checksum(crypto, inside), bytes.subarray(inside.length))
  if (!isWhole) return inside[0] === PROTOCOL_VERSION ? 'damaged' : 'not-carried'
  if (inside[0] !== PROTOCOL_VERSION) return 'other-version'
  if (inside[1] !== DIRECTIONS[direction]) return 'wrong-direction'
  const content = decode(inside.subarray(HEAD_BYTES), read)
  return content.ok ? content.value : 'damaged'
}

/** All bytes of one text, whose length says that nothing is missing. */
function bytesOf(text: string): Uint8Array | CarriedProblem {
  const letters = once(text.slice(0, 4 * MAX_CARRIED_CHARACTERS).replace(/\s+/g, ''))
  if (!/^[A-Za-z0-9_-]+$/.test(letters) || letters.length > MAX_CARRIED_CHARACTERS) return 'not-carried'
  const head = fromBase64url(letters.slice(0, 8))
  if (head === undefined || head.length < HEAD_BYTES || !isHead(head)) return 'not-carried'
  const length = HEAD_BYTES + (head[2] as number) * 0x100 + (head[3] as number)
  const isOurs = head[0] === PROTOCOL_VERSION
  if (letters.length < Math.ceil((length * 4) / 3)) return isOurs ? 'cut-short' : 'not-carried'
  const bytes = fromBase64url(letters)
  if (bytes?.length !== length || length < HEAD_BYTES + CHECKSUM_BYTES)
    return isOurs ? 'damaged' : 'not-carried'
  return bytes
}

/** Another version may have directions of its own; there the checksum says whether it is one. */
function isHead(head: Uint8Array): boolean {
  return head[0] !== PROTOCOL_VERSION || Object.values<number>(DIRECTIONS).includes(head[1] as number)
}

/** Pasted twice in a row it is still one text. */
function once(letters: string): string {
  const half = letters.slice(0, letters.length / 2)
  return half !== '' && half + half === letters ? half : letters
}

function readOfferContent(reader: Reader): CarriedOffer {
  return {
    direction: 'offer',
    session: idOf<SessionId>(reader.fixed(ID_BYTES.session)),
    rosterSeq: reader.varuint(MAX_ROSTER_RECORDS),
    seed: new Secret(reader.fixed(SEED_BYTES).slice()),
    offer: toHex(reader.fixed(OFFER_ID_BYTES)),
    madeAt: reader.u48(),
    instance: idOf<InstanceId>(reader.fixed(ID_BYTES.instance)),
    device: idOf<DeviceId>(reader.fixed(ID_BYTES.device)),
    signals: reader.sized(MAX_CARRIED_SIGNALS_BYTES).slice(),
  }
}

function readAnswerContent(reader: Reader): CarriedAnswer {
  return {
    direction: 'answer',
    session: idOf<SessionId>(reader.fixed(ID_BYTES.session)),
    offer: toHex(reader.fixed(OFFER_ID_BYTES)),
    salt: reader.fixed(SALT_BYTES).slice(),
    sealed: reader.sized(ID_BYTES.instance + 2 + MAX_CARRIED_SIGNALS_BYTES + SEAL_BYTES).slice(),
  }
}

function readInside(reader: Reader): AnswerContent {
  const instance = idOf<InstanceId>(reader.fixed(ID_BYTES.instance))
  return { instance, signals: reader.sized(MAX_CARRIED_SIGNALS_BYTES) }
}

function checksum(crypto: Crypto, bytes: Uint8Array): Uint8Array {
  return crypto.hash(16, CHECKSUM_LABEL, bytes).subarray(0, CHECKSUM_BYTES)
}
