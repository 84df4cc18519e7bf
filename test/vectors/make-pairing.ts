/**
 * What pairing.json holds: spoken codes, verification and hand-carried texts, worked out by the twins (test/crypto/twin.ts,
 * pake-twin.ts) and spelled byte by byte from docs/protocol.md. The code under test has no part in it.
 */
import { type PakeScript, pakeTranscript } from '../crypto/pake-twin.ts'
import * as twin from '../crypto/twin.ts'

const { join } = twin
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const fixed = (name: string, length: number): Uint8Array => twin.fixedBytes(`pairing ${name}`, length)
const u8 = (value: number): Uint8Array => Uint8Array.of(value)
const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255)
const u32 = (value: number): Uint8Array => join(u16(value >>> 16), u16(value & 0xffff))
const u48 = (value: number): Uint8Array =>
  Uint8Array.from(Buffer.from(value.toString(16).padStart(12, '0'), 'hex'))
const varuint = (value: number): Uint8Array =>
  value < 128 ? u8(value) : join(u8((value & 127) | 128), varuint(Math.floor(value / 128)))
const sized = (bytes: Uint8Array): Uint8Array => join(varuint(bytes.length), bytes)
const text = (value: string): Uint8Array => sized(twin.bytesOf(value))
const EMPTY = new Uint8Array(0)

export type PairingVectors = ReturnType<typeof makePairingVectors>

export function makePairingVectors() {
  return {
    cpace: [0, 8, 200].map(makePake),
    code: makeCode(),
    verification: makeVerification(),
    carried: makeCarried(),
    packed: makePacked(),
    recovery: ['first', 'second'].map(makeRecovery),
  }
}

/** Numbers of the words, in the order they are read: base 1,229, the check in the last ten bits. */
function makeRecovery(name: string) {
  const seed = fixed(`recovery seed ${name}`, 32)
  const [first = 0, second = 0] = twin.shortHash(32, join(twin.bytesOf('coterie/1/recovery-phrase'), seed))
  const check = (first * 256 + second) >> 6
  let rest = BigInt(`0x${hex(seed)}`) * 1024n + BigInt(check)
  const numbers = Array.from({ length: 26 }, () => {
    const number = Number(rest % 1229n)
    rest /= 1229n
    return number
  })
  return { seed: hex(seed), numbers: numbers.reverse() }
}

// Spoken codes -------------------------------------------------------------------------------------------------

function makePake(length: number) {
  const script: PakeScript = {
    password: fixed('password', length),
    channel: fixed('channel', length * 2),
    session: fixed('session', 32),
    initiatorScalar: fixed('initiator scalar', 32),
    responderScalar: fixed('responder scalar', 32),
    initiatorSaid: fixed('initiator said', length),
    responderSaid: fixed('responder said', 8),
  }
  return inHex({ ...script, ...pakeTranscript(script) })
}

export const CODE = {
  slot: 7,
  words: ['walrus', 'lantern'],
  origin: 'https://town.example',
  topic: fixed('topic', 32),
  joiner: 70_000,
  inviter: 3,
  joinerInstance: fixed('joiner instance', 8),
  inviterInstance: fixed('inviter instance', 8),
  joinerScalar: fixed('joiner scalar', 32),
  inviterScalar: fixed('inviter scalar', 32),
  fragment: 'AQECAwQFBgcICQoLDA0ODxAA',
} as const

function makeCode() {
  const channel = join(
    ...[twin.bytesOf('coterie/1/code'), u8(1), varuint(CODE.slot), text(CODE.origin)],
    ...[u32(CODE.joiner), u32(CODE.inviter)],
  )
  const made = pakeTranscript({
    password: twin.bytesOf('walrus-lantern'),
    channel,
    session: CODE.topic,
    initiatorScalar: CODE.joinerScalar,
    responderScalar: CODE.inviterScalar,
    initiatorSaid: CODE.joinerInstance,
    responderSaid: CODE.inviterInstance,
  })
  const keyFor = (label: string) => twin.kdf(made.key, label, EMPTY, 32)
  const [joinerTag, inviterTag, sealing] = ['code-joiner', 'code-inviter', 'code-link'].map(keyFor) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ]
  const sealed = twin.sealCounted(sealing, 0, EMPTY, twin.bytesOf(CODE.fragment))
  const messages = {
    share: join(u8(1), u8(0), CODE.joinerInstance, made.initiatorPoint),
    answer: join(u8(1), u8(1), CODE.inviterInstance, made.responderPoint),
    confirm: join(u8(1), u8(2), joinerTag),
    link: join(u8(1), u8(3), inviterTag, sized(sealed)),
    spent: join(u8(1), u8(4)),
  }
  return {
    ...inHex({ channel, agreed: made.key, joinerTag, inviterTag, sealing }),
    messages: inHex(messages),
  }
}

// Verification -------------------------------------------------------------------------------------------------

export const SAS = {
  handshakeHash: fixed('handshake hash', 64),
  committerNonce: fixed('committer nonce', 32),
  answererNonce: fixed('answerer nonce', 32),
  committerCertificate: fixed('committer certificate', 75),
  answererCertificate: fixed('answerer certificate', 80),
}

function makeVerification() {
  const { handshakeHash, committerNonce, answererNonce, committerCertificate, answererCertificate } = SAS
  const commitment = twin.shortHash(
    32,
    join(twin.bytesOf('coterie/1/sas-commit'), handshakeHash, committerNonce),
  )
  const said = join(committerNonce, answererNonce, committerCertificate, answererCertificate)
  const bits = BigInt(`0x${hex(twin.kdf(handshakeHash, 'sas', said, 16).subarray(0, 6))}`) >> 6n
  const numbers = [36n, 30n, 24n, 18n, 12n, 6n, 0n].map((shift) => Number((bits >> shift) & 63n))
  const messages = {
    commit: join(u8(0), commitment),
    answer: join(u8(1), answererNonce),
    reveal: join(u8(2), committerNonce),
    differs: u8(3),
  }
  return { ...inHex(SAS), messages: inHex(messages), numbers }
}

// Hand-carried -------------------------------------------------------------------------------------------------

export const CARRIED = {
  session: fixed('carried session', 16),
  rosterSeq: 300,
  seed: fixed('seed', 16),
  offer: fixed('offer', 8),
  madeAt: 1_800_000_000_000,
  instance: fixed('offering instance', 8),
  device: fixed('device', 16),
  offerSignals: fixed('offer signals', 150),
  salt: fixed('salt', 16),
  answerInstance: fixed('answering instance', 8),
  answerSignals: fixed('answer signals', 120),
}

function carriedText(direction: number, content: Uint8Array): string {
  const bytes = join(u8(1), u8(direction), u16(content.length + 4), content)
  const checksum = twin.shortHash(16, join(twin.bytesOf('coterie/1/carried'), bytes)).subarray(0, 4)
  return Buffer.from(join(bytes, checksum)).toString('base64url')
}

function makeCarried() {
  const { session, rosterSeq, seed, offer, madeAt, instance, device, offerSignals, salt } = CARRIED
  const made = join(
    session,
    varuint(rosterSeq),
    seed,
    offer,
    u48(madeAt),
    instance,
    device,
    sized(offerSignals),
  )
  const answerKey = twin.kdf(seed, 'carried-answer', join(offer, salt), 32)
  const inside = join(CARRIED.answerInstance, sized(CARRIED.answerSignals))
  const sealed = twin.sealCounted(answerKey, 0, EMPTY, inside)
  return {
    ...inHex({
      offerId: offer,
      psk: twin.kdf(seed, 'carried-psk', offer, 32),
      pskIds: join(offer, device),
      answerKey,
    }),
    offer: carriedText(1, made),
    answer: carriedText(2, join(session, offer, salt, sized(sealed))),
  }
}

function makePacked() {
  const fingerprint = fixed('fingerprint', 32)
  const candidates = [
    join(u8(0), u8(2), fixed('mdns', 16), u16(40_404), u32(2_122_252_543)),
    join(u8(0), u8(1), fixed('ipv6', 16), u16(40_405), u32(2_122_252_542)),
    join(u8(1), u8(0), Uint8Array.of(203, 0, 113, 7), u16(51_312), u32(1_677_729_535)),
  ]
  const head = join(text('Zk3+'), text('b7qJ/OkYfS3pXv0nU2mWc9dR'), text('0'), varuint(262_144))
  const packed = join(u8(1), u8(0), fingerprint, head, varuint(candidates.length), ...candidates)
  const uuid = hex(fixed('mdns', 16)).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  const ipv6 = hex(fixed('ipv6', 16)).replace(/(.{4})(?!$)/g, '$1:')
  return {
    packed: hex(packed),
    sdp: [
      ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0'],
      ...['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'c=IN IP4 0.0.0.0', 'a=ice-ufrag:Zk3+'],
      ...['a=ice-pwd:b7qJ/OkYfS3pXv0nU2mWc9dR', 'a=ice-options:trickle'],
      `a=fingerprint:sha-256 ${hex(fingerprint)
        .toUpperCase()
        .replace(/(..)(?!$)/g, '$1:')}`,
      ...['a=setup:actpass', 'a=mid:0', 'a=sctp-port:5000', 'a=max-message-size:262144', ''],
    ].join('\r\n'),
    candidates: [
      `candidate:1 1 udp 2122252543 ${uuid}.local 40404 typ host`,
      `candidate:2 1 udp 2122252542 ${ipv6} 40405 typ host`,
      'candidate:3 1 udp 1677729535 203.0.113.7 51312 typ srflx raddr 0.0.0.0 rport 0',
    ],
  }
}

function inHex<Part extends Record<string, Uint8Array>>(parts: Part): Record<keyof Part, string> {
  const entries = Object.entries(parts).map(([name, bytes]) => [name, hex(bytes)])
  return Object.fromEntries(entries) as Record<keyof Part, string>
}
