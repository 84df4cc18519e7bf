/** What strangers and servers say before there is a channel: links, hellos, signals, descriptions, STUN. */
import fc from 'fast-check'
import { answerStun, decodeStun, encodeStun } from '../../../signaling/stun-message.ts'
import { concat, EMPTY, toBase64url, toUtf8 } from '../../../src/base/bytes.ts'
import { idOf, type SessionId, type TopicId } from '../../../src/base/ids.ts'
import { Secret } from '../../../src/base/secret.ts'
import { decodeDialSignal, encodeCandidate, encodeDescription } from '../../../src/transport/dial-signal.ts'
import { openHello, openSignal, unboxHello } from '../../../src/wire/introduction.ts'
import { decodeInviteLink, encodeInviteLink, type InviteLink } from '../../../src/wire/invite-link.ts'
import {
  type ClientSignal,
  decodeClientSignal,
  decodeServerSignal,
  encodeClientSignal,
  encodeServerSignal,
  type ServerSignal,
} from '../../../src/wire/signal.ts'
import { bytes } from '../../wire/arbitrary.ts'
import { respelled, sampled, type Target } from '../target.ts'
import { crypto, fixed, unlessViolation } from './keys.ts'

// Links ------------------------------------------------------------------------------------------------

const link: fc.Arbitrary<Uint8Array> = fc
  .record({
    session: bytes(16),
    rosterSeq: fc.nat(4_096),
    seed: bytes(16),
    signaling: fc.constantFrom(undefined, 'ws://a.example/signal', 'wss://b.example:44/s'),
  })
  .map(({ session, seed, ...rest }) => {
    const whole = { ...rest, session: idOf<SessionId>(session), seed: new Secret(seed) }
    const inside = Buffer.from(encodeInviteLink(crypto, whole), 'base64url')
    return inside.subarray(0, inside.length - 4)
  })

const inviteLink: Target = {
  name: 'link',
  pace: 'cheap',
  valid: sampled(link, (inside) => Uint8Array.from(inside)),
  // anybody can work out a checksum
  dress: (inside) =>
    toUtf8(toBase64url(concat(inside, crypto.hash(16, toUtf8('coterie/1/link'), inside).subarray(0, 4)))),
  decode: (fragment) => decodeInviteLink(crypto, Buffer.from(fragment).toString('latin1')),
  objection: (value, fragment) =>
    value === 'other-version'
      ? undefined
      : respelled<InviteLink>((one) => toUtf8(encodeInviteLink(crypto, one)))(value, fragment),
}

const linkText: Target = {
  ...inviteLink,
  name: 'link-text',
  valid: (seed) => inviteLink.valid(seed).map((inside) => inviteLink.dress?.(inside) ?? inside),
  dress: (text) => text,
}

// Hellos -----------------------------------------------------------------------------------------------

const KEY = fixed('introduction key')

/** Type, nonce, and the plain bytes sealed as the kind says: anybody in the topic can do so. */
function sealedAs(kind: 0 | 1, plain: Uint8Array): Uint8Array {
  const type = Uint8Array.of(kind)
  const nonce = fixed('nonce', 24)
  return concat(type, nonce, crypto.seal(KEY, nonce, concat(type, toUtf8('coterie/1/introduction')), plain))
}

const member = concat(
  Uint8Array.of(1, 0, 1),
  fixed('instance', 8),
  fixed('ephemeral'),
  Uint8Array.of(16),
  fixed('device', 16),
)
const answer = member.with(1, 1)
const join = concat(Uint8Array.of(200, 1), fixed('join', 200))
const record = concat(Uint8Array.of(130, 1), fixed('record', 130))
const greeting = concat(member, Uint8Array.of(7, 1), join, Uint8Array.of(0))
const answering = concat(answer, Uint8Array.of(7, 2), join, join, Uint8Array.of(2), record, record)
const newcomer = concat(Uint8Array.of(1, 1, 0), fixed('instance', 8), fixed('ephemeral'), Uint8Array.of(0, 0))

const hello: Target = {
  name: 'hello',
  pace: 'cheap',
  valid: () => [newcomer, greeting, answering],
  dress: (plain) => sealedAs(0, plain),
  decode: (blob) => openHello(crypto, KEY, blob),
}

const reader = crypto.dhKeys(fixed('reader'))

const box: Target = {
  name: 'boxed-hello',
  pace: 'signed',
  valid: () => [concat(answer, Uint8Array.of(0, 0, 0)), answering],
  dress: (plain) => concat(Uint8Array.of(2), crypto.sealTo(reader.publicKey, plain)),
  decode: (blob) => unboxHello(crypto, reader, blob),
}

const introduction: Target = {
  name: 'introduction',
  pace: 'cheap',
  valid: () => [sealedAs(0, newcomer), sealedAs(1, fixed('offer', 700)), sealedAs(1, EMPTY)],
  large: () => [sealedAs(1, fixed('long', 8_000))],
  decode: (blob) => openHello(crypto, KEY, blob) ?? openSignal(crypto, KEY, blob),
}

// The server -------------------------------------------------------------------------------------------

const topic = bytes(32).map((raw) => idOf<TopicId>(raw))
const socket = fc.nat(2 ** 32 - 1)
const sockets = fc.array(socket, { maxLength: 64 })
const blob = fc.uint8Array({ maxLength: 300 })
const kind = <T extends string>(name: T) => fc.constant(name)
const text = fc.string({ maxLength: 40 })
const optional = <T>(item: fc.Arbitrary<T>) => fc.option(item, { nil: undefined })

const clientSignal: fc.Arbitrary<ClientSignal> = fc.oneof(
  fc.record({ kind: kind('join'), topic, signature: bytes(64) }),
  fc.record({ kind: kind('leave'), topic }),
  fc.record({ kind: kind('pass'), topic, to: socket, blob }),
  fc.record({ kind: kind('invite') }),
  fc.record({ kind: kind('enter'), slot: fc.nat(9_999) }),
)
const iceServer = fc
  .record({ urls: fc.array(text, { maxLength: 4 }), username: optional(text), credential: optional(text) })
  .map(({ urls, username, credential }) => ({
    urls,
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  }))
const serverSignal: fc.Arbitrary<ServerSignal> = fc.oneof(
  fc.record({ kind: kind('challenge'), nonce: bytes(32), socket, origin: text }),
  fc.record({ kind: kind('joined'), topic, sockets }),
  fc.record({ kind: kind('passed'), topic, from: socket, blob }),
  fc.record({ kind: kind('gone'), topic, socket }),
  fc.record({ kind: kind('slot'), slot: fc.nat(9_999), topic, expiresIn: fc.nat(300_000), sockets }),
  fc.record({
    kind: kind('refused'),
    what: fc.constantFrom('join', 'pass'),
    reason: fc.constantFrom('full', 'too-fast'),
    topic,
  }),
  fc.record({ kind: kind('settings'), iceServers: fc.array(iceServer, { maxLength: 4 }) }),
)

const fromClient: Target = {
  name: 'client-signal',
  pace: 'cheap',
  valid: sampled(clientSignal, encodeClientSignal),
  decode: (signal) => unlessViolation(decodeClientSignal(signal)),
  objection: respelled<ClientSignal>(encodeClientSignal),
}

const fromServer: Target = {
  name: 'server-signal',
  pace: 'cheap',
  valid: sampled(serverSignal, encodeServerSignal),
  decode: (signal) => unlessViolation(decodeServerSignal(signal)),
  objection: respelled<ServerSignal>(encodeServerSignal),
}

// Descriptions and STUN --------------------------------------------------------------------------------

const SDP = (end: string) =>
  [
    ...['v=0', 'o=- 4611731400430051336 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0'],
    ...['a=msid-semantic: WMS', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'c=IN IP4 0.0.0.0'],
    ...[
      'a=candidate:1 1 udp 2122262783 192.0.2.7 54321 typ host',
      'a=ice-ufrag:8hhY',
      'a=ice-pwd:asd88fgpdd777uzjYhagZg',
    ],
    `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => '0A').join(':')}`,
    ...['a=setup:actpass', 'a=mid:0', 'a=sctp-port:5000', 'a=max-message-size:262144', ''],
  ].join(end)

const description: Target = {
  name: 'description',
  pace: 'cheap',
  valid: () => [
    encodeDescription('offer', SDP('\r\n')),
    encodeDescription('answer', SDP('\n')),
    encodeCandidate('candidate:1 1 udp 2122262783 192.0.2.7 54321 typ host', '0', 0),
  ],
  large: () => [encodeDescription('offer', SDP('\r\n') + 'a=x\r\n'.repeat(1_000))],
  decode: (signal) => {
    const read = decodeDialSignal(signal)
    return typeof read === 'string' ? undefined : read
  },
}

const ASKER = { bytes: Uint8Array.of(192, 0, 2, 7), port: 4_400 }
const stunMessage = fc
  .record({
    transaction: bytes(12),
    attributes: fc.array(
      fc.record({ type: fc.integer({ min: 0x8000, max: 0x8027 }), value: fc.uint8Array({ maxLength: 20 }) }),
      { maxLength: 3 },
    ),
    fingerprinted: fc.boolean(),
  })
  .map((message) => ({ ...message, type: 1 }))

const stun: Target = {
  name: 'stun',
  pace: 'cheap',
  valid: sampled(stunMessage, encodeStun),
  decode: (datagram) => {
    const answer = answerStun(datagram, ASKER)
    return answer === undefined ? decodeStun(datagram) : { answer }
  },
  objection: (value, datagram) => {
    const { answer } = value as { answer?: Uint8Array }
    return (answer?.length ?? 0) > datagram.length + 32 ? 'an answer that amplifies' : undefined
  },
}

export const INTRODUCING: readonly Target[] = [
  inviteLink,
  linkText,
  hello,
  box,
  introduction,
  fromClient,
  fromServer,
  description,
  stun,
]
