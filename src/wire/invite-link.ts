/**
 * https://host/#<base64url of: version u8 | session 16 | rosterSeq varuint | seed 16 | flags u8 | [signaling text] | checksum 4>
 *
 * The seed only opens the door: it gives topic, psk, sealing key and the key a Join is proven with.
 * What role it gives is in the owner's record, never here. The fragment never reaches a server.
 */
import { assert } from '../base/assert.ts'
import { concat, EMPTY, equalBytes, fromBase64url, toBase64url, toUtf8 } from '../base/bytes.ts'
import { decode, Malformed, Writer } from '../base/codec.ts'
import { ID_BYTES, type InviteId, idBytes, idOf, type SessionId } from '../base/ids.ts'
import { Secret } from '../base/secret.ts'
import type { Crypto, SignKeys } from '../crypto/crypto.ts'
import { MAX_NAME_BYTES, MAX_ROSTER_RECORDS, PROTOCOL_VERSION } from './limits.ts'

export interface InviteLink {
  readonly session: SessionId
  /** The roster's head when the link was made: an admitter that knows less is stale. */
  readonly rosterSeq: number
  /** 16 random bytes. */
  readonly seed: Secret
  /** ws: or wss: address, where it is not the page's own. */
  readonly signaling: string | undefined
}

/** Everything a seed opens. */
export interface InviteKeys {
  readonly invite: InviteId
  /** Proves a Join. */
  readonly sign: SignKeys
  /** Its public key is the topic. */
  readonly topic: SignKeys
  readonly psk: Uint8Array
  /** Seals the first blob in the topic. */
  readonly sealing: Uint8Array
}

export const SEED_BYTES = 16
const CHECKSUM_BYTES = 4
const FLAG_SIGNALING = 1
/** The longest link has 298 bytes. Whatever else stands behind a '#' is not worth looking at. */
export const MAX_FRAGMENT_CHARACTERS = 398
const CHECKSUM_LABEL = toUtf8('coterie/1/link')

export function inviteKeys(crypto: Crypto, seed: Secret): InviteKeys {
  const derive = (label: string): Uint8Array => crypto.kdf(seed.reveal(), label, EMPTY, 32)
  const sign = crypto.signKeys(derive('invite-sign'))
  return {
    invite: idOf<InviteId>(sign.publicKey),
    sign,
    topic: crypto.signKeys(derive('invite-topic')),
    psk: derive('invite-psk'),
    sealing: derive('invite-sealing'),
  }
}

/** The fragment, without '#'. */
export function encodeInviteLink(crypto: Crypto, link: InviteLink): string {
  assert(
    link.signaling === undefined || isSignalingAddress(link.signaling),
    'a link names a signaling server by its ws: or wss: address',
  )
  const writer = new Writer()
    .u8(PROTOCOL_VERSION)
    .fixed(idBytes(link.session))
    .varuint(link.rosterSeq)
    .fixed(link.seed.reveal())
  writer.u8(link.signaling === undefined ? 0 : FLAG_SIGNALING)
  if (link.signaling !== undefined) writer.text(link.signaling)
  const bytes = writer.finish()
  return toBase64url(concat(bytes, checksum(crypto, bytes)))
}

/** `undefined`: cut short, mistyped, or no invite at all. 'other-version': made by another version of the protocol. */
export function decodeInviteLink(crypto: Crypto, fragment: string): InviteLink | 'other-version' | undefined {
  if (fragment.length > MAX_FRAGMENT_CHARACTERS) return undefined
  const bytes = fromBase64url(fragment)
  if (bytes === undefined || bytes.length <= CHECKSUM_BYTES) return undefined
  const inside = bytes.subarray(0, bytes.length - CHECKSUM_BYTES)
  if (!equalBytes(checksum(crypto, inside), bytes.subarray(inside.length))) return undefined
  if (inside[0] !== PROTOCOL_VERSION) return 'other-version'
  const read = decode(inside, (reader): InviteLink => {
    reader.u8()
    const session = idOf<SessionId>(reader.fixed(ID_BYTES.session))
    const rosterSeq = reader.varuint(MAX_ROSTER_RECORDS)
    const seed = new Secret(reader.fixed(SEED_BYTES).slice())
    const flags = reader.u8()
    if (flags > FLAG_SIGNALING) throw new Malformed('unknown flags')
    const signaling = flags === FLAG_SIGNALING ? reader.text(MAX_NAME_BYTES) : undefined
    if (signaling !== undefined && !isSignalingAddress(signaling))
      throw new Malformed('not a signaling address')
    return { session, rosterSeq, seed, signaling }
  })
  return read.ok ? read.value : undefined
}

function isSignalingAddress(address: string): boolean {
  return /^wss?:\/\/[^/\s]\S*$/.test(address) && toUtf8(address).length <= MAX_NAME_BYTES
}

function checksum(crypto: Crypto, bytes: Uint8Array): Uint8Array {
  return crypto.hash(16, CHECKSUM_LABEL, bytes).subarray(0, CHECKSUM_BYTES)
}
