/**
 * What two sockets in a slot say to each other: CPace's two shares, a confirmation each way, and the link under the
 * key they agreed on. Not here: who says what when (protocol/code-exchange.ts).
 *
 * blob    = version u8 | kind u8 | fields
 * share   (0, the joiner), answer (1, the inviter) = instance 8 | point 32
 * confirm (2, the joiner) = tag 32
 * link    (3, the inviter) = tag 32 | sealed link, sized
 * spent   (4, the inviter) = nothing: this code lets nobody in any more
 */
import { unreachable } from '../base/assert.ts'
import { EMPTY, fromUtf8, toUtf8 } from '../base/bytes.ts'
import { decode, Malformed, type Reader, Writer } from '../base/codec.ts'
import { ID_BYTES, type InstanceId, idBytes, idOf, type TopicId } from '../base/ids.ts'
import { Secret } from '../base/secret.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { MAX_FRAGMENT_CHARACTERS } from './invite-link.ts'
import { PROTOCOL_VERSION } from './limits.ts'

export interface CodeShare {
  /** Fresh for this exchange: who speaks, as far as anybody can tell yet. */
  readonly instance: InstanceId
  readonly point: Uint8Array
}

export type CodeMessage =
  | ({ readonly kind: 'share' | 'answer' } & CodeShare)
  | { readonly kind: 'confirm'; readonly tag: Uint8Array }
  | { readonly kind: 'link'; readonly tag: Uint8Array; readonly sealed: Uint8Array }
  | { readonly kind: 'spent' }

/** Where two exchange a code, as both see it; whoever stands between them sees another place. */
export interface CodePlace {
  readonly slot: number
  /** The server's own origin, as its challenge named it. */
  readonly origin: string
  /** The slot's topic: random, the server never gives it twice. */
  readonly topic: TopicId
  /** Numbers of the two sockets. */
  readonly joiner: number
  readonly inviter: number
}

/** Everything the agreed key opens. */
export interface CodeKeys {
  readonly joinerTag: Uint8Array
  readonly inviterTag: Uint8Array
  readonly sealing: Uint8Array
}

// A message's number on the wire is its place here; places are never reused.
const KINDS = ['share', 'answer', 'confirm', 'link', 'spent'] as const
const POINT_BYTES = 32
const TAG_BYTES = 32
const SEAL_BYTES = 16
const CHANNEL_LABEL = toUtf8('coterie/1/code')

export function encodeCodeMessage(message: CodeMessage): Uint8Array {
  const writer = new Writer().u8(PROTOCOL_VERSION).u8(KINDS.indexOf(message.kind))
  switch (message.kind) {
    case 'share':
    case 'answer':
      return writer.fixed(idBytes(message.instance)).fixed(message.point).finish()
    case 'confirm':
      return writer.fixed(message.tag).finish()
    case 'link':
      return writer.fixed(message.tag).sized(message.sealed).finish()
    case 'spent':
      return writer.finish()
    default:
      return unreachable(message)
  }
}

/** `undefined`: no such message. The bytes in it are views. */
export function decodeCodeMessage(bytes: Uint8Array): CodeMessage | 'other-version' | undefined {
  if (bytes.length > 0 && bytes[0] !== PROTOCOL_VERSION) return 'other-version'
  const read = decode(bytes, readMessage)
  return read.ok ? read.value : undefined
}

function readMessage(reader: Reader): CodeMessage {
  reader.u8()
  const kind = KINDS[reader.u8()]
  switch (kind) {
    case 'share':
    case 'answer':
      return {
        kind,
        instance: idOf<InstanceId>(reader.fixed(ID_BYTES.instance)),
        point: reader.fixed(POINT_BYTES),
      }
    case 'confirm':
      return { kind, tag: reader.fixed(TAG_BYTES) }
    case 'link':
      return {
        kind,
        tag: reader.fixed(TAG_BYTES),
        sealed: reader.sized(MAX_FRAGMENT_CHARACTERS + SEAL_BYTES),
      }
    case 'spent':
      return { kind }
    case undefined:
      throw new Malformed('a kind nobody knows')
    default:
      return unreachable(kind)
  }
}

/** CI of CPace = label | version u8 | slot varuint | origin text | joiner u32 | inviter u32. */
export function codeChannel({ slot, origin, joiner, inviter }: CodePlace): Uint8Array {
  const writer = new Writer().fixed(CHANNEL_LABEL).u8(PROTOCOL_VERSION)
  return writer.varuint(slot).text(origin).u32(joiner).u32(inviter).finish()
}

/** PRS of CPace: the two words with a hyphen between them. */
export function codePassword(words: readonly [string, string]): Uint8Array {
  return toUtf8(words.join('-'))
}

/** @param agreed ISK of CPace, 64 bytes */
export function codeKeys(crypto: Crypto, agreed: Uint8Array): CodeKeys {
  const derive = (label: string): Uint8Array => crypto.kdf(agreed, label, EMPTY, TAG_BYTES)
  return {
    joinerTag: derive('code-joiner'),
    inviterTag: derive('code-inviter'),
    sealing: derive('code-link'),
  }
}

/** @param fragment of an invite link, without '#'. The key seals this once and nothing else. */
export function sealLink(crypto: Crypto, keys: CodeKeys, fragment: Secret): Uint8Array {
  return crypto.sealCounted(keys.sealing, 0, EMPTY, fragment.reveal())
}

/** `undefined`: sealed under another key, or no text. */
export function openLink(crypto: Crypto, keys: CodeKeys, sealed: Uint8Array): string | undefined {
  const plain = crypto.openCounted(keys.sealing, 0, EMPTY, sealed)
  if (plain === undefined || plain.some((byte) => byte > 0x7f)) return undefined
  return fromUtf8(plain)
}

/** A fragment as the inviter's side keeps it. */
export function linkSecret(fragment: string): Secret {
  return new Secret(toUtf8(fragment))
}
