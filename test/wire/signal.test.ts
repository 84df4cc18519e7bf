/** Signals as bytes, both directions: one spelling each, bounded, and the statement a join signs. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex, toUtf8 } from '../../src/base/bytes.ts'
import { idOf, type TopicId } from '../../src/base/ids.ts'
import {
  MAX_PEERS_TOLD,
  MAX_SIGNAL_BYTES,
  MAX_SIGNAL_MESSAGE_BYTES,
  MAX_SLOTS,
  SLOT_LIFETIME_MS,
} from '../../src/wire/limits.ts'
import {
  type ClientSignal,
  decodeClientSignal,
  decodeServerSignal,
  encodeClientSignal,
  encodeServerSignal,
  joinStatement,
  type ServerSignal,
  signalingOrigin,
} from '../../src/wire/signal.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { expectStrict } from './mistreat.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const topic = bytes(32).map((each) => idOf<TopicId>(each))
const socket = fc.nat({ max: 2 ** 32 - 1 })
const sockets = fc.array(socket, { maxLength: MAX_PEERS_TOLD })
const blob = fc.uint8Array({ maxLength: 600 })
const short = fc.string({ maxLength: 40, unit: 'grapheme' })
const slot = fc.nat({ max: MAX_SLOTS })
const what = fc.constantFrom('join', 'leave', 'pass', 'invite', 'enter')
const reason = fc.constantFrom('not-proven', 'not-joined', 'too-many', 'full', 'too-fast', 'no-such-slot')
const iceServer = fc.record(
  { urls: fc.array(short, { maxLength: 4 }), username: short, credential: short },
  { requiredKeys: ['urls'] },
)

const clientSignal = fc.oneof(
  fc.record({ kind: fc.constant('join'), topic, signature: bytes(64) }),
  fc.record({ kind: fc.constant('leave'), topic }),
  fc.record({ kind: fc.constant('pass'), topic, to: socket, blob }),
  fc.record({ kind: fc.constant('invite') }),
  fc.record({ kind: fc.constant('enter'), slot }),
) as fc.Arbitrary<ClientSignal>

const serverSignal = fc.oneof(
  fc.record({ kind: fc.constant('challenge'), nonce: bytes(32), origin: short, socket }),
  fc.record({ kind: fc.constant('joined'), topic, sockets }),
  fc.record({ kind: fc.constant('passed'), topic, from: socket, blob }),
  fc.record({ kind: fc.constant('gone'), topic, socket }),
  fc.record({
    kind: fc.constant('slot'),
    slot,
    topic,
    expiresIn: fc.nat({ max: SLOT_LIFETIME_MS }),
    sockets,
  }),
  fc.record(
    { kind: fc.constant('refused'), what, reason, topic },
    { requiredKeys: ['kind', 'what', 'reason'] },
  ),
  fc.record({ kind: fc.constant('settings'), iceServers: fc.array(iceServer, { maxLength: 4 }) }),
) as fc.Arbitrary<ServerSignal>

describe('signals', () => {
  test('what a client says is read back, and nothing like it is', () => {
    fc.assert(
      fc.property(clientSignal, (signal) => {
        expect(decodeClientSignal(encodeClientSignal(signal))).toEqual(signal)
      }),
    )
    fc.assert(
      fc.property(clientSignal, (signal) => {
        expectStrict(encodeClientSignal(signal), (each) => !isViolation(decodeClientSignal(each)))
      }),
      { numRuns: 20 },
    )
  })

  test('what a server says is read back, and nothing like it is', () => {
    fc.assert(
      fc.property(serverSignal, (signal) => {
        expect(decodeServerSignal(encodeServerSignal(signal))).toEqual(signal)
      }),
    )
    fc.assert(
      fc.property(serverSignal, (signal) => {
        expectStrict(encodeServerSignal(signal), (each) => !isViolation(decodeServerSignal(each)))
      }),
      { numRuns: 20 },
    )
  })

  test('arbitrary bytes never throw, and what is read has no other spelling', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(fc.nat({ max: 7 }), fc.uint8Array({ maxLength: 120 }))
        .map(([kind, rest]) => Uint8Array.of(1, kind, ...rest)),
    )
    fc.assert(
      fc.property(anything, (each) => {
        const [client, server] = [decodeClientSignal(each), decodeServerSignal(each)]
        if (!isViolation(client)) expect(toHex(encodeClientSignal(client))).toBe(toHex(each))
        if (!isViolation(server)) expect(toHex(encodeServerSignal(server))).toBe(toHex(each))
      }),
      { numRuns: 2_000 },
    )
  })

  test('the longest blob fits, one byte more does not', () => {
    const id = idOf<TopicId>(new Uint8Array(32))
    const of = (length: number) =>
      encodeClientSignal({ kind: 'pass', topic: id, to: 1, blob: new Uint8Array(length) })
    expect(of(MAX_SIGNAL_BYTES).length).toBeLessThanOrEqual(MAX_SIGNAL_MESSAGE_BYTES)
    expect(isViolation(decodeClientSignal(of(MAX_SIGNAL_BYTES)))).toBe(false)
    expect(decodeClientSignal(of(MAX_SIGNAL_BYTES + 1))).toMatchObject({ violation: 'malformed' })
    expect(decodeClientSignal(new Uint8Array(MAX_SIGNAL_MESSAGE_BYTES))).toMatchObject({
      violation: 'malformed',
    })
    expect(decodeClientSignal(new Uint8Array(MAX_SIGNAL_MESSAGE_BYTES + 1))).toMatchObject({
      violation: 'oversized',
    })
  })

  test('a relay without a name or a password has none, not an empty one', () => {
    const settings = { kind: 'settings', iceServers: [{ urls: ['stun:a.example'] }] } as const
    expect(decodeServerSignal(encodeServerSignal(settings))).toStrictEqual(settings)
    const refused = { kind: 'refused', what: 'invite', reason: 'full' } as const
    expect(decodeServerSignal(encodeServerSignal(refused))).toStrictEqual(refused)
  })

  test('another version is not spoken', () => {
    const signal = encodeClientSignal({ kind: 'invite' })
    expect(toHex(signal)).toBe('0103')
    expect(decodeClientSignal(Uint8Array.of(2, 3))).toMatchObject({
      detail: expect.stringContaining('version 2'),
    })
  })

  test('the statement of a join is these bytes: label, nonce, socket, origin, topic', () => {
    const challenge = { nonce: new Uint8Array(32).fill(1), origin: 'https://a.example', socket: 258 }
    const statement = joinStatement(challenge, idOf<TopicId>(new Uint8Array(32).fill(2)))
    const label = toHex(toUtf8('coterie/1/topic-join'))
    const origin = toHex(toUtf8('https://a.example'))
    expect(toHex(statement)).toBe(`${label}${'01'.repeat(32)}000001020011${origin}${'02'.repeat(32)}`)
  })

  test('the origin of a signaling address is that of its page', () => {
    expect(signalingOrigin('ws://localhost:4400/signal')).toBe('http://localhost:4400')
    expect(signalingOrigin('wss://pair.example.org/signal')).toBe('https://pair.example.org')
    for (const wrong of ['http://a.example', 'nonsense', '']) expect(signalingOrigin(wrong)).toBeUndefined()
  })
})
