/**
 * The first three messages on a channel: both sides prove that they hold the psk and their static
 * keys, over this very channel and for this very session. Not here: Noise itself (crypto/noise.ts),
 * what the payloads mean, how long it may take (link.ts).
 *
 * Prologue = lp("coterie") | version u8 | sessionId 16 | psk kind u8 | lp(psk ids)
 *          | initiator instance 8 | responder instance 8 | initiator fingerprint 32 | responder fingerprint 32
 * (lp = u16 length, then the bytes.) It never travels: whoever sees another version, another session,
 * other peers or other DTLS certificates computes another prologue, and message 1 does not open.
 */
import { assert } from '../base/assert.ts'
import { EMPTY, toUtf8 } from '../base/bytes.ts'
import { Writer } from '../base/codec.ts'
import { ID_BYTES, type InstanceId, idBytes, type SessionId } from '../base/ids.ts'
import type { Crypto, DhKeys } from '../crypto/crypto.ts'
import { type NoiseFinish, type NoiseHandshake, startNoise } from '../crypto/noise.ts'
import { MAX_HANDSHAKE_PAYLOAD_BYTES, PROTOCOL_VERSION } from '../wire/limits.ts'

export type PskKind = 'invite' | 'member' | 'code' | 'carried'

/** One end of the channel. */
export interface LinkEnd {
  readonly instance: InstanceId
  /** SHA-256 of its DTLS certificate as the side that asks sees it, 32 bytes. */
  readonly fingerprint: Uint8Array
}

export interface HandshakeStart {
  readonly crypto: Crypto
  /** The initiator is the side that made the offer. */
  readonly role: 'initiator' | 'responder'
  readonly sessionId: SessionId
  readonly psk: { readonly kind: PskKind; readonly ids: Uint8Array; readonly key: Uint8Array }
  readonly initiator: LinkEnd
  readonly responder: LinkEnd
  readonly staticKeys: DhKeys
  /** Fresh for every handshake. */
  readonly ephemeralKeys: DhKeys
  /** Sent in message 2 (responder) or 3 (initiator); at most MAX_HANDSHAKE_PAYLOAD_BYTES. */
  readonly payload: Uint8Array
}

/** Changed in place. */
export interface Handshake {
  readonly noise: NoiseHandshake
  readonly payload: Uint8Array
  /** Messages of the other side that opened. */
  heard: number
}

/** What one message from the other side led to; `reply` is to be sent first. */
export type Progress =
  | { readonly progress: 'talking'; readonly reply: Uint8Array }
  | { readonly progress: 'failed'; readonly detail: string }
  | {
      readonly progress: 'proven'
      readonly reply: Uint8Array | undefined
      readonly finish: NoiseFinish
      readonly payload: Uint8Array
    }

const FINGERPRINT_BYTES = 32
const PSK_KINDS: Readonly<Record<PskKind, number>> = { invite: 1, member: 2, code: 3, carried: 4 }
/** The payload and, in message 2, an ephemeral key, a static key and two tags. */
export const MAX_HANDSHAKE_MESSAGE_BYTES = MAX_HANDSHAKE_PAYLOAD_BYTES + 96

export function startHandshake(start: HandshakeStart): Handshake {
  assert(start.payload.length <= MAX_HANDSHAKE_PAYLOAD_BYTES, 'a handshake payload is within its limit')
  const { crypto, role, psk, staticKeys, ephemeralKeys, payload } = start
  const prologue = prologueOf(start)
  const noise = startNoise(crypto, { role, prologue, psk: psk.key, staticKeys, ephemeralKeys })
  return { noise, payload, heard: 0 }
}

/** Message 1, which only the initiator writes. It carries nothing: nobody is proven yet. */
export function firstMessage(handshake: Handshake): Uint8Array {
  return handshake.noise.write(EMPTY)
}

export function hearMessage(handshake: Handshake, message: Uint8Array): Progress {
  const { noise } = handshake
  if (message.length > MAX_HANDSHAKE_MESSAGE_BYTES) return failed('a handshake message beyond the limit')
  // Only message 1 leaves the static key open.
  const payload = noise.read(message)
  if (payload === undefined) return failed('a handshake message proves nothing')
  handshake.heard++
  if (noise.remoteStatic === undefined && payload.length > 0) return failed('message 1 carries a payload')
  const reply = noise.turn === 'write' ? noise.write(handshake.payload) : undefined
  if (noise.turn === 'finished') return { progress: 'proven', reply, finish: noise.finish(), payload }
  assert(reply !== undefined, 'a handshake that goes on was answered')
  return { progress: 'talking', reply }
}

export function prologueOf(start: Omit<HandshakeStart, 'crypto' | 'role' | 'payload'>): Uint8Array {
  const session = idBytes(start.sessionId)
  assert(session.length === ID_BYTES.session, 'a session id is 16 bytes long')
  const writer = new Writer()
  sizedShort(writer, toUtf8('coterie')).u8(PROTOCOL_VERSION).fixed(session)
  sizedShort(writer.u8(PSK_KINDS[start.psk.kind]), start.psk.ids)
  const ends = [start.initiator, start.responder]
  for (const { instance } of ends) writer.fixed(instanceBytes(instance))
  for (const { fingerprint } of ends) {
    assert(fingerprint.length === FINGERPRINT_BYTES, 'a fingerprint is 32 bytes long')
    writer.fixed(fingerprint)
  }
  return writer.finish()
}

function instanceBytes(instance: InstanceId): Uint8Array {
  const bytes = idBytes(instance)
  assert(bytes.length === ID_BYTES.instance, 'an instance id is 8 bytes long')
  return bytes
}

function sizedShort(writer: Writer, bytes: Uint8Array): Writer {
  return writer.u16(bytes.length).fixed(bytes)
}

function failed(detail: string): Progress {
  return { progress: 'failed', detail }
}
