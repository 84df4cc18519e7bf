/**
 * Who a device is, and how it came in.
 * certificate = signPk 32 | dhPk 32 | name text | color u8
 * join = certificate | invite 32 | handshake 32 | proof by the invite key 64 | proof by signPk 64
 *        | rosterSeq varuint | admitter 16 | countersignature 64
 *
 * The proofs bind session, invite, device keys and the handshake they were made in; the admitter's
 * countersignature binds all of that to the roster as it stood. A Join travels with the roster.
 */
import { concat, toUtf8 } from '../base/bytes.ts'
import { type Decoded, decode, Malformed, type Reader, Writer } from '../base/codec.ts'
import {
  type DeviceId,
  ID_BYTES,
  type InviteId,
  idBytes,
  idOf,
  type JoinId,
  type SessionId,
} from '../base/ids.ts'
import type { Crypto, SignKeys } from '../crypto/crypto.ts'
import { MAX_PERSON_NAME_BYTES, MAX_ROSTER_RECORDS } from './limits.ts'

export interface Certificate {
  readonly signPk: Uint8Array
  readonly dhPk: Uint8Array
  readonly name: string
  /** Index into the palette, 0 to 11. */
  readonly color: number
}

/** What a newcomer sends when the person presses Join. */
export interface JoinRequest {
  readonly certificate: Certificate
  readonly invite: InviteId
  /** BLAKE2b-256 of the link's handshake hash: a captured proof is worth nothing on another link. */
  readonly handshake: Uint8Array
  readonly inviteProof: Uint8Array
  readonly deviceProof: Uint8Array
}

export interface Join extends JoinRequest {
  readonly rosterSeq: number
  readonly admitter: DeviceId
  readonly countersignature: Uint8Array
}

export const PALETTE_SIZE = 12
const JOIN_LABEL = toUtf8('coterie/1/join')
const ADMIT_LABEL = toUtf8('coterie/1/admit')

export function deviceIdOf(crypto: Crypto, certificate: Pick<Certificate, 'signPk' | 'dhPk'>): DeviceId {
  return idOf<DeviceId>(crypto.hash(ID_BYTES.device, certificate.signPk, certificate.dhPk))
}

/** Keys no honest device has are refused before anything is built on them. */
export function isSoundCertificate(crypto: Crypto, certificate: Certificate): boolean {
  return crypto.isSoundSignKey(certificate.signPk) && crypto.isSoundDhKey(certificate.dhPk)
}

export function writeCertificate(writer: Writer, certificate: Certificate): void {
  writer.fixed(certificate.signPk).fixed(certificate.dhPk).text(certificate.name).u8(certificate.color)
}

export function readCertificate(reader: Reader): Certificate {
  const signPk = reader.fixed(32)
  const dhPk = reader.fixed(32)
  const name = reader.text(MAX_PERSON_NAME_BYTES)
  const color = reader.u8()
  if (color >= PALETTE_SIZE) throw new Malformed('a colour outside the palette')
  return { signPk, dhPk, name, color }
}

function joinStatement(
  session: SessionId,
  request: Omit<JoinRequest, 'inviteProof' | 'deviceProof'>,
): Uint8Array {
  const writer = new Writer()
    .fixed(JOIN_LABEL)
    .fixed(idBytes(session))
    .fixed(idBytes(request.invite))
    .fixed(request.handshake)
  writeCertificate(writer, request.certificate)
  return writer.finish()
}

export function requestJoin(
  crypto: Crypto,
  session: SessionId,
  request: Omit<JoinRequest, 'inviteProof' | 'deviceProof'>,
  keys: { readonly invite: SignKeys; readonly device: SignKeys },
): JoinRequest {
  const statement = joinStatement(session, request)
  const inviteProof = crypto.sign(keys.invite.secretKey, statement)
  return { ...request, inviteProof, deviceProof: crypto.sign(keys.device.secretKey, statement) }
}

/** Both proofs and sound keys. Says nothing of whether the invite is good. */
export function isProven(crypto: Crypto, session: SessionId, request: JoinRequest): boolean {
  if (!isSoundCertificate(crypto, request.certificate)) return false
  const statement = joinStatement(session, request)
  return (
    crypto.verify(idBytes(request.invite), statement, request.inviteProof) &&
    crypto.verify(request.certificate.signPk, statement, request.deviceProof)
  )
}

function admitStatement(session: SessionId, join: Omit<Join, 'countersignature'>): Uint8Array {
  const writer = new Writer().fixed(idBytes(session))
  writeRequest(writer, join)
  return concat(ADMIT_LABEL, writer.varuint(join.rosterSeq).fixed(idBytes(join.admitter)).finish())
}

export function admit(
  crypto: Crypto,
  session: SessionId,
  request: JoinRequest,
  admitter: { readonly device: DeviceId; readonly rosterSeq: number; readonly sign: SignKeys },
): Join {
  const join = { ...request, rosterSeq: admitter.rosterSeq, admitter: admitter.device }
  return { ...join, countersignature: crypto.sign(admitter.sign.secretKey, admitStatement(session, join)) }
}

export function isAdmittedBy(
  crypto: Crypto,
  session: SessionId,
  join: Join,
  admitterSignPk: Uint8Array,
): boolean {
  return crypto.verify(admitterSignPk, admitStatement(session, join), join.countersignature)
}

export function writeRequest(writer: Writer, request: JoinRequest): void {
  writeCertificate(writer, request.certificate)
  writer
    .fixed(idBytes(request.invite))
    .fixed(request.handshake)
    .fixed(request.inviteProof)
    .fixed(request.deviceProof)
}

export function readRequest(reader: Reader): JoinRequest {
  const certificate = readCertificate(reader)
  const invite = idOf<InviteId>(reader.fixed(ID_BYTES.invite))
  const handshake = reader.fixed(32)
  return { certificate, invite, handshake, inviteProof: reader.fixed(64), deviceProof: reader.fixed(64) }
}

export function encodeJoin(join: Join): Uint8Array {
  const writer = new Writer()
  writeRequest(writer, join)
  return writer.varuint(join.rosterSeq).fixed(idBytes(join.admitter)).fixed(join.countersignature).finish()
}

/** By which the owner's records name a Join they accept. */
export function joinIdOf(crypto: Crypto, join: Join): JoinId {
  return idOf<JoinId>(crypto.hash(ID_BYTES.join, encodeJoin(join)))
}

/** Reads a copy: a Join is kept for good and must not keep the frame it came in. */
export function decodeJoin(bytes: Uint8Array): Decoded<Join> {
  return decode(bytes.slice(), (reader) => {
    const request = readRequest(reader)
    const rosterSeq = reader.varuint(MAX_ROSTER_RECORDS)
    const admitter = idOf<DeviceId>(reader.fixed(ID_BYTES.device))
    return { ...request, rosterSeq, admitter, countersignature: reader.fixed(64) }
  })
}
