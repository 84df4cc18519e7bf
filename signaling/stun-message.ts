/**
 * STUN as far as telling somebody their own address needs it (RFC 8489): binding requests in, success
 * answers out. Pure bytes. Not here: sockets and rates (stun.ts), and everything else STUN can carry:
 * a message with credentials, another method or an attribute that must be understood gets no answer.
 *
 * Message = type u16 | length u16 | cookie u32 | transaction 12 | attributes
 * Attribute = type u16 | length u16 | value | padding to 4 bytes
 *
 * Invariant: an answer is at most 32 bytes longer than its request, so a forged sender gains nobody an amplifier.
 */
import { crc32 } from 'node:zlib'
import { decode, Malformed, type Reader, Writer } from '../src/base/codec.ts'

const COOKIE = 0x2112a442
const HEADER_BYTES = 20
const TRANSACTION_BYTES = 12
const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const XOR_MAPPED_ADDRESS = 0x0020
const FINGERPRINT = 0x8028
const FINGERPRINT_BYTES = 4
/** RFC 8489 §14.7: the CRC is told apart from other protocols' by this. */
const FINGERPRINT_MASK = 0x5354554e
/** From here on an attribute may be ignored by who does not know it (RFC 8489 §14). */
const FIRST_OPTIONAL = 0x8000

/** Requests of browsers have 20 to 60 bytes; what fits no datagram of 576 (RFC 8489 §6.1) is none of them. */
export const MAX_STUN_BYTES = 548
const MAX_ATTRIBUTES = 16

export interface StunAttribute {
  readonly type: number
  readonly value: Uint8Array
}

export interface StunMessage {
  readonly type: number
  /** 12 bytes, chosen by who asks. */
  readonly transaction: Uint8Array
  /** Without the fingerprint, which is checked and taken off. */
  readonly attributes: readonly StunAttribute[]
  readonly fingerprinted: boolean
}

/** An address as the network writes it: 4 or 16 bytes. */
export interface StunAddress {
  readonly bytes: Uint8Array
  readonly port: number
}

/** The answer to a datagram from `sender`; `undefined` for everything that deserves none. */
export function answerStun(datagram: Uint8Array, sender: StunAddress): Uint8Array | undefined {
  const request = decodeStun(datagram)
  if (request?.type !== BINDING_REQUEST) return undefined
  if (request.attributes.some(({ type }) => type < FIRST_OPTIONAL)) return undefined
  const { transaction, fingerprinted } = request
  const mapped = { type: XOR_MAPPED_ADDRESS, value: xorAddress(sender, transaction) }
  return encodeStun({ type: BINDING_SUCCESS, transaction, attributes: [mapped], fingerprinted })
}

/** `undefined` when the bytes are no STUN message of RFC 8489, or their fingerprint is wrong. */
export function decodeStun(datagram: Uint8Array): StunMessage | undefined {
  if (datagram.length < HEADER_BYTES || datagram.length > MAX_STUN_BYTES) return undefined
  const decoded = decode(datagram, read)
  return decoded.ok ? decoded.value : undefined
}

function read(reader: Reader): StunMessage {
  const type = reader.u16()
  // The two highest bits tell STUN from what else may arrive on a port.
  if (type >= 0x4000) throw new Malformed('no STUN')
  if (reader.u16() !== reader.bytes.length - HEADER_BYTES) throw new Malformed('another length')
  if (reader.u32() !== COOKIE) throw new Malformed('no magic cookie')
  const transaction = reader.fixed(TRANSACTION_BYTES)
  const attributes: StunAttribute[] = []
  while (reader.left > 0) {
    if (attributes.length === MAX_ATTRIBUTES) throw new Malformed('too many attributes')
    const start = reader.at
    const attribute = readAttribute(reader)
    if (attribute.type !== FINGERPRINT) {
      attributes.push(attribute)
      continue
    }
    checkFingerprint(attribute.value, reader.bytes.subarray(0, start))
    if (reader.left > 0) throw new Malformed('something after the fingerprint')
    return { type, transaction, attributes, fingerprinted: true }
  }
  return { type, transaction, attributes, fingerprinted: false }
}

function readAttribute(reader: Reader): StunAttribute {
  const type = reader.u16()
  const length = reader.u16()
  const value = reader.fixed(length)
  reader.fixed(paddingOf(length)) // of any content (RFC 8489 §14)
  return { type, value }
}

function checkFingerprint(value: Uint8Array, before: Uint8Array): void {
  const isRight =
    value.length === FINGERPRINT_BYTES &&
    new DataView(value.buffer, value.byteOffset).getUint32(0) === fingerprintOf(before)
  if (!isRight) throw new Malformed('a wrong fingerprint')
}

export function encodeStun({ type, transaction, attributes, fingerprinted }: StunMessage): Uint8Array {
  const lengths = attributes.map(({ value }) => 4 + value.length + paddingOf(value.length))
  const length = lengths.reduce((sum, each) => sum + each, fingerprinted ? 4 + FINGERPRINT_BYTES : 0)
  const writer = new Writer().u16(type).u16(length).u32(COOKIE).fixed(transaction)
  for (const { type, value } of attributes) {
    writer
      .u16(type)
      .u16(value.length)
      .fixed(value)
      .fixed(new Uint8Array(paddingOf(value.length)))
  }
  const message = writer.finish()
  if (!fingerprinted) return message
  const tail = new Writer().u16(FINGERPRINT).u16(FINGERPRINT_BYTES).u32(fingerprintOf(message))
  return new Writer().fixed(message).fixed(tail.finish()).finish()
}

/** Family u16 | port and address, mixed with cookie and transaction so that no router rewrites them (§14.2). */
function xorAddress({ bytes, port }: StunAddress, transaction: Uint8Array): Uint8Array {
  const mask = new Writer().u32(COOKIE).fixed(transaction).finish()
  const mixed = bytes.map((byte, at) => byte ^ (mask[at] as number))
  const family = bytes.length === 4 ? 1 : 2
  return new Writer()
    .u16(family)
    .u16(port ^ (COOKIE >>> 16))
    .fixed(mixed)
    .finish()
}

/** The address an answer names; `undefined` when it names none. */
export function mappedAddress({ attributes, transaction }: StunMessage): StunAddress | undefined {
  const value = attributes.find(({ type }) => type === XOR_MAPPED_ADDRESS)?.value
  if (value === undefined || (value.length !== 8 && value.length !== 20)) return undefined
  const isFamilyRight = value[1] === (value.length === 8 ? 1 : 2)
  if (!isFamilyRight) return undefined
  const port = ((value[2] as number) << 8) | (value[3] as number)
  const plain = xorAddress({ bytes: value.subarray(4), port }, transaction)
  return { bytes: plain.subarray(4), port: port ^ (COOKIE >>> 16) }
}

/** Of everything before the fingerprint's own attribute, with the length that counts it already. */
function fingerprintOf(before: Uint8Array): number {
  return (crc32(before) ^ FINGERPRINT_MASK) >>> 0
}

function paddingOf(length: number): number {
  return (4 - (length % 4)) % 4
}
