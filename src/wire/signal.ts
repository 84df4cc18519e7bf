/**
 * What a client and the signaling server say to each other: bytes <-> meaning, both directions. Not
 * here: what a blob holds (it is sealed, the server cannot read it) and who may say what when
 * (signaling/relay.ts).
 *
 * Signal = version u8 | kind u8 | fields, one WebSocket message each, at most MAX_SIGNAL_MESSAGE_BYTES.
 * Every signal has one spelling: what decodes encodes to the same bytes again.
 */
import { unreachable } from '../base/assert.ts'
import { concat, toUtf8 } from '../base/bytes.ts'
import { decode, Malformed, type Reader, Writer } from '../base/codec.ts'
import { ID_BYTES, idBytes, idOf, type TopicId } from '../base/ids.ts'
import {
  MAX_PEERS_TOLD,
  MAX_SIGNAL_BYTES,
  MAX_SIGNAL_MESSAGE_BYTES,
  MAX_SLOTS,
  PROTOCOL_VERSION,
  SLOT_LIFETIME_MS,
} from './limits.ts'
import { type Violation, violation } from './violation.ts'

export const CHALLENGE_NONCE_BYTES = 32
const SIGNATURE_BYTES = 64
/** `https://` and the longest host name (253) with a port fit. */
const MAX_ORIGIN_BYTES = 512
/** Four servers with all their texts stay below MAX_SIGNAL_MESSAGE_BYTES. */
const MAX_ICE_SERVERS = 4
const MAX_ICE_URLS = 4
const MAX_ICE_TEXT_BYTES = 256

/** The server's first words on a socket. `origin` is the server's own, as the client should know it. */
export interface Challenge {
  readonly nonce: Uint8Array
  readonly origin: string
  /** The number of this socket, unique while the server runs. */
  readonly socket: number
}

export type ClientSignal =
  /** `signature` by the topic's secret key over `joinStatement`. */
  | { readonly kind: 'join'; readonly topic: TopicId; readonly signature: Uint8Array }
  | { readonly kind: 'leave'; readonly topic: TopicId }
  | { readonly kind: 'pass'; readonly topic: TopicId; readonly to: number; readonly blob: Uint8Array }
  /** Asks for a slot of its own. */
  | { readonly kind: 'invite' }
  | { readonly kind: 'enter'; readonly slot: number }

export type Refusal =
  | 'not-proven' // the signature is not by the topic's key over this socket's challenge
  | 'not-joined' // a pass in a topic this socket is not in
  | 'too-many' // topics of this socket, or slots of this address
  | 'full' // the topic or the server has no room
  | 'too-fast'
  | 'no-such-slot' // never given, expired, or both occupants were there already

export interface RelayedIceServer {
  readonly urls: readonly string[]
  readonly username?: string
  readonly credential?: string
}

export type ServerSignal =
  | ({ readonly kind: 'challenge' } & Challenge)
  /** Answers a join. `sockets`: others in the topic, a random choice when there are more than MAX_PEERS_TOLD. */
  | { readonly kind: 'joined'; readonly topic: TopicId; readonly sockets: readonly number[] }
  | { readonly kind: 'passed'; readonly topic: TopicId; readonly from: number; readonly blob: Uint8Array }
  /** The socket left the topic or closed: told to those it exchanged a blob with, and to who passes to it later. */
  | { readonly kind: 'gone'; readonly topic: TopicId; readonly socket: number }
  /** Answers invite and enter. The slot is a topic of two sockets: blobs pass under `topic`, no join needed. */
  | {
      readonly kind: 'slot'
      readonly slot: number
      readonly topic: TopicId
      readonly expiresIn: number
      readonly sockets: readonly number[]
    }
  /** `topic` where what was refused had one. */
  | {
      readonly kind: 'refused'
      readonly what: ClientSignal['kind']
      readonly reason: Refusal
      readonly topic?: TopicId
    }
  | { readonly kind: 'settings'; readonly iceServers: readonly RelayedIceServer[] }

// A signal's number on the wire is its place in these lists; places are never reused.
const CLIENT_KINDS = ['join', 'leave', 'pass', 'invite', 'enter'] as const
const SERVER_KINDS = ['challenge', 'joined', 'passed', 'gone', 'slot', 'refused', 'settings'] as const
const REFUSALS = ['not-proven', 'not-joined', 'too-many', 'full', 'too-fast', 'no-such-slot'] as const

const JOIN_LABEL = toUtf8('coterie/1/topic-join')

/** What the topic's key signs to join: the server, the socket and the topic, so that no proof works twice. */
export function joinStatement(challenge: Challenge, topic: TopicId): Uint8Array {
  const origin = toUtf8(challenge.origin)
  const place = new Writer().fixed(challenge.nonce).u32(challenge.socket).u16(origin.length)
  return concat(JOIN_LABEL, place.fixed(origin).fixed(idBytes(topic)).finish())
}

/** The origin a challenge from `url` (ws: or wss:) must name; `undefined` when it is no such URL. */
export function signalingOrigin(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined
  const { protocol, host } = new URL(url)
  if (protocol === 'wss:') return `https://${host}`
  return protocol === 'ws:' ? `http://${host}` : undefined
}

export function encodeClientSignal(signal: ClientSignal): Uint8Array {
  const writer = new Writer().u8(PROTOCOL_VERSION).u8(CLIENT_KINDS.indexOf(signal.kind))
  switch (signal.kind) {
    case 'join':
      return writer.fixed(idBytes(signal.topic)).fixed(signal.signature).finish()
    case 'leave':
      return writer.fixed(idBytes(signal.topic)).finish()
    case 'pass':
      return writer.fixed(idBytes(signal.topic)).u32(signal.to).sized(signal.blob).finish()
    case 'invite':
      return writer.finish()
    case 'enter':
      return writer.varuint(signal.slot).finish()
    default:
      return unreachable(signal)
  }
}

/** `blob` and `signature` are views of `bytes`. */
export function decodeClientSignal(bytes: Uint8Array): ClientSignal | Violation {
  return decodeWith(bytes, readClientSignal)
}

function readClientSignal(reader: Reader): ClientSignal {
  const kind = readName(reader, CLIENT_KINDS)
  switch (kind) {
    case 'join':
      return { kind, topic: readTopic(reader), signature: reader.fixed(SIGNATURE_BYTES) }
    case 'leave':
      return { kind, topic: readTopic(reader) }
    case 'pass':
      return { kind, topic: readTopic(reader), to: reader.u32(), blob: reader.sized(MAX_SIGNAL_BYTES) }
    case 'invite':
      return { kind }
    case 'enter':
      return { kind, slot: reader.varuint(MAX_SLOTS) }
    default:
      return unreachable(kind)
  }
}

export function encodeServerSignal(signal: ServerSignal): Uint8Array {
  const writer = new Writer().u8(PROTOCOL_VERSION).u8(SERVER_KINDS.indexOf(signal.kind))
  switch (signal.kind) {
    case 'challenge':
      return writer.fixed(signal.nonce).u32(signal.socket).text(signal.origin).finish()
    case 'joined':
      return writeSockets(writer.fixed(idBytes(signal.topic)), signal.sockets).finish()
    case 'passed':
      return writer.fixed(idBytes(signal.topic)).u32(signal.from).sized(signal.blob).finish()
    case 'gone':
      return writer.fixed(idBytes(signal.topic)).u32(signal.socket).finish()
    case 'slot':
      writer.varuint(signal.slot).fixed(idBytes(signal.topic)).varuint(signal.expiresIn)
      return writeSockets(writer, signal.sockets).finish()
    case 'refused':
      writer.u8(CLIENT_KINDS.indexOf(signal.what)).u8(REFUSALS.indexOf(signal.reason))
      writer.flag(signal.topic !== undefined)
      return (signal.topic === undefined ? writer : writer.fixed(idBytes(signal.topic))).finish()
    case 'settings':
      return writer.list(signal.iceServers, writeIceServer).finish()
    default:
      return unreachable(signal)
  }
}

/** `blob` and `nonce` are views of `bytes`. */
export function decodeServerSignal(bytes: Uint8Array): ServerSignal | Violation {
  return decodeWith(bytes, readServerSignal)
}

function readServerSignal(reader: Reader): ServerSignal {
  const kind = readName(reader, SERVER_KINDS)
  switch (kind) {
    case 'challenge': {
      const nonce = reader.fixed(CHALLENGE_NONCE_BYTES)
      return { kind, nonce, socket: reader.u32(), origin: reader.text(MAX_ORIGIN_BYTES) }
    }
    case 'joined':
      return { kind, topic: readTopic(reader), sockets: readSockets(reader) }
    case 'passed':
      return { kind, topic: readTopic(reader), from: reader.u32(), blob: reader.sized(MAX_SIGNAL_BYTES) }
    case 'gone':
      return { kind, topic: readTopic(reader), socket: reader.u32() }
    case 'slot': {
      const slot = reader.varuint(MAX_SLOTS)
      const topic = readTopic(reader)
      return { kind, slot, topic, expiresIn: reader.varuint(SLOT_LIFETIME_MS), sockets: readSockets(reader) }
    }
    case 'refused': {
      const what = readName(reader, CLIENT_KINDS)
      const reason = readName(reader, REFUSALS)
      return reader.flag() ? { kind, what, reason, topic: readTopic(reader) } : { kind, what, reason }
    }
    case 'settings':
      return { kind, iceServers: reader.list(MAX_ICE_SERVERS, 3, readIceServer) }
    default:
      return unreachable(kind)
  }
}

function decodeWith<T>(bytes: Uint8Array, read: (reader: Reader) => T): T | Violation {
  if (bytes.length > MAX_SIGNAL_MESSAGE_BYTES) return violation('oversized', 'a signal is too long')
  const decoded = decode(bytes, (reader) => {
    const version = reader.u8()
    if (version !== PROTOCOL_VERSION) throw new Malformed(`version ${version} is not spoken here`)
    return read(reader)
  })
  return decoded.ok ? decoded.value : violation('malformed', `a signal: ${decoded.reason}`)
}

function readName<Name extends string>(reader: Reader, names: readonly Name[]): Name {
  const name = names[reader.u8()]
  if (name === undefined) throw new Malformed('a kind nobody knows')
  return name
}

function readTopic(reader: Reader): TopicId {
  return idOf<TopicId>(reader.fixed(ID_BYTES.topic))
}

function writeSockets(writer: Writer, sockets: readonly number[]): Writer {
  return writer.list(sockets, (each, socket) => each.u32(socket))
}

function readSockets(reader: Reader): readonly number[] {
  return reader.list(MAX_PEERS_TOLD, 4, (each) => each.u32())
}

function writeIceServer(writer: Writer, server: RelayedIceServer): void {
  writer.list(server.urls, (each, url) => each.text(url))
  for (const text of [server.username, server.credential]) {
    writer.flag(text !== undefined)
    if (text !== undefined) writer.text(text)
  }
}

function readIceServer(reader: Reader): RelayedIceServer {
  const urls = reader.list(MAX_ICE_URLS, 1, (each) => each.text(MAX_ICE_TEXT_BYTES))
  const username = reader.flag() ? reader.text(MAX_ICE_TEXT_BYTES) : undefined
  const credential = reader.flag() ? reader.text(MAX_ICE_TEXT_BYTES) : undefined
  return {
    urls,
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  }
}
