/** Rules of the handshake: what two honest sides get, and that nothing else gets anything. */
import { describe, expect, test } from 'vitest'
import { AssertionFailed } from '../../src/base/assert.ts'
import { EMPTY, fromHex, toHex, toUtf8 } from '../../src/base/bytes.ts'
import type { DhKeys } from '../../src/crypto/crypto.ts'
import { type NoiseHandshake, type NoiseStart, startNoise } from '../../src/crypto/noise.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { noiseTranscript } from './noise-twin.ts'
import { fixedBytes } from './twin.ts'
import { WEAK_DH_KEYS } from './weak-keys.ts'

const crypto = await loadCrypto()
const PAYLOADS = [toUtf8('first'), toUtf8('second'), toUtf8('third')] as const

interface Sides {
  readonly initiator: NoiseHandshake
  readonly responder: NoiseHandshake
}

function start(role: NoiseStart['role'], change: Partial<NoiseStart> = {}): NoiseHandshake {
  return startNoise(crypto, {
    role,
    prologue: fixedBytes('prologue', 40),
    psk: fixedBytes('psk', 32),
    staticKeys: crypto.dhKeys(fixedBytes(`${role} static`, 32)),
    ephemeralKeys: crypto.dhKeys(fixedBytes(`${role} ephemeral`, 32)),
    ...change,
  })
}

/** Two sides that exchanged the first `count` messages; `change` is the responder's. */
function exchange(count: number, change: Partial<NoiseStart> = {}): Sides {
  const sides = { initiator: start('initiator'), responder: start('responder', change) }
  for (const [number, payload] of PAYLOADS.slice(0, count).entries()) {
    expect(reader(sides, number).read(writer(sides, number).write(payload))).toEqual(payload)
  }
  return sides
}

const writer = (sides: Sides, number: number) => (number === 1 ? sides.responder : sides.initiator)
const reader = (sides: Sides, number: number) => (number === 1 ? sides.initiator : sides.responder)

describe('a handshake between two honest sides', () => {
  test('ends with the same keys, crosswise, and the same hash', () => {
    const { initiator, responder } = exchange(3)
    const [ours, theirs] = [initiator.finish(), responder.finish()]
    expect(ours.sendKey).toEqual(theirs.receiveKey)
    expect(ours.receiveKey).toEqual(theirs.sendKey)
    expect(ours.sendKey).not.toEqual(ours.receiveKey)
    expect(ours.handshakeHash).toEqual(theirs.handshakeHash)
    expect(ours.handshakeHash).toEqual(initiator.hash)
  })

  test('tells each side the other static key, as soon as it is proven and not before', () => {
    const sides = exchange(1)
    expect(sides.responder.remoteStatic).toBeUndefined()
    expect(sides.initiator.remoteStatic).toBeUndefined()
    const known = exchange(2).initiator.remoteStatic
    expect(known).toEqual(crypto.dhKeys(fixedBytes('responder static', 32)).publicKey)
    const { responder } = exchange(3)
    expect(responder.remoteStatic).toEqual(crypto.dhKeys(fixedBytes('initiator static', 32)).publicKey)
  })

  test('passes the turn to and fro', () => {
    expect([0, 1, 2, 3].map((count) => exchange(count).initiator.turn)).toEqual([
      'write',
      'read',
      'write',
      'finished',
    ])
    expect([0, 1, 2, 3].map((count) => exchange(count).responder.turn)).toEqual([
      'read',
      'write',
      'read',
      'finished',
    ])
  })

  test('has another hash whenever anything that went in differs', () => {
    const fresh = () => crypto.dhKeys()
    const hashes = [{}, { ephemeralKeys: fresh() }, { staticKeys: fresh() }].map((change) =>
      toHex(exchange(3, change).initiator.finish().handshakeHash),
    )
    expect(new Set(hashes).size).toBe(3)
  })

  test('carries payloads of any length a Noise message has room for', () => {
    const { initiator, responder } = exchange(0)
    const payload = new Uint8Array(65_535 - 48).fill(7)
    const message = initiator.write(payload)
    expect(message.length).toBe(65_535)
    expect(toHex(crypto.hash(32, responder.read(message) ?? EMPTY))).toBe(toHex(crypto.hash(32, payload)))
  })

  test('leaves the keys it was given as they were', () => {
    const keys = crypto.dhKeys(fixedBytes('kept', 32))
    const { responder } = exchange(3, { ephemeralKeys: keys })
    responder.finish()
    expect(keys.secretKey.reveal()).toEqual(fixedBytes('kept', 32))
  })
})

describe('a message that is not the honest one', () => {
  test.each([0, 1, 2])('any one bit flipped in message %i proves nothing', (number) => {
    const message = writerAfter(number)
    const survivors = Array.from({ length: message.length * 8 }, (_, bit) => bit).filter((bit) => {
      const forged = message.slice()
      forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7))
      return reader(exchange(number), number).read(forged) !== undefined
    })
    expect(survivors).toEqual([])
  })

  test.each([0, 1, 2])('message %i cut short anywhere or made longer proves nothing', (number) => {
    const message = writerAfter(number)
    const lengths = Array.from({ length: message.length }, (_, length) => length)
    const read = (bytes: Uint8Array) => reader(exchange(number), number).read(bytes)
    expect(lengths.filter((length) => read(message.slice(0, length)) !== undefined)).toEqual([])
    expect(read(Uint8Array.of(...message, 0))).toBeUndefined()
    expect(read(new Uint8Array(65_536))).toBeUndefined()
  })

  test('a proven message longer than Noise allows is refused', () => {
    const first = (length: number) =>
      noiseTranscript({
        hashName: 'blake2b512',
        prologue: fixedBytes('prologue', 40),
        psk: fixedBytes('psk', 32),
        initiatorStatic: fixedBytes('initiator static', 32),
        initiatorEphemeral: fixedBytes('initiator ephemeral', 32),
        responderStatic: fixedBytes('responder static', 32),
        responderEphemeral: fixedBytes('responder ephemeral', 32),
        payloads: [new Uint8Array(length), EMPTY, EMPTY],
      }).messages[0]
    expect(start('responder').read(first(65_535 - 48))?.length).toBe(65_535 - 48)
    expect(start('responder').read(first(65_536 - 48))).toBeUndefined()
  })

  test('a message of another turn proves nothing', () => {
    const messages = [0, 1, 2].map((number) => writerAfter(number))
    for (const number of [0, 1, 2]) {
      for (const other of [0, 1, 2].filter((at) => at !== number)) {
        expect(reader(exchange(number), number).read(messages[other] ?? EMPTY)).toBeUndefined()
      }
    }
  })

  test.each([
    ['psk', { psk: fixedBytes('another psk', 32) }],
    ['prologue', { prologue: fixedBytes('another prologue', 40) }],
    ['empty prologue', { prologue: EMPTY }],
  ])('another %s fails at the first message', (_, change) => {
    const message = start('initiator').write(PAYLOADS[0])
    expect(start('responder', change).read(message)).toBeUndefined()
  })

  test('a replayed third message proves nothing to a later handshake', () => {
    const third = writerAfter(2)
    const { responder } = exchange(2, { ephemeralKeys: crypto.dhKeys() })
    expect(responder.read(third)).toBeUndefined()
  })
})

describe('weak keys', () => {
  const withPublic = (key: string): DhKeys => ({
    publicKey: fromHex(key),
    secretKey: crypto.dhKeys().secretKey,
  })

  test.each(WEAK_DH_KEYS.map(toHex))('the ephemeral key %s is refused in message 1', (key) => {
    const message = start('initiator', { ephemeralKeys: withPublic(key) }).write(EMPTY)
    expect(start('responder').read(message)).toBeUndefined()
  })

  test.each(WEAK_DH_KEYS.map(toHex))('the ephemeral key %s is refused in message 2', (key) => {
    const { initiator } = exchange(1)
    const message = new Uint8Array(96)
    message.set(fromHex(key))
    expect(initiator.read(message)).toBeUndefined()
  })

  test.each(WEAK_DH_KEYS.map(toHex))('the static key %s is refused where it is read', (key) => {
    const { initiator, responder } = exchange(1, { staticKeys: withPublic(key) })
    expect(initiator.read(responder.write(EMPTY))).toBeUndefined()
    const weak = start('initiator', { staticKeys: withPublic(key) })
    const honest = start('responder')
    honest.read(weak.write(EMPTY))
    weak.read(honest.write(EMPTY))
    expect(honest.read(weak.write(EMPTY))).toBeUndefined()
  })
})

describe('after a failure and out of turn', () => {
  test('a broken handshake reads nothing more, not even the honest message', () => {
    const honest = writerAfter(1)
    const { initiator } = exchange(1)
    expect(initiator.read(new Uint8Array(200))).toBeUndefined()
    expect(initiator.read(honest)).toBeUndefined()
    expect(initiator.remoteStatic).toBeUndefined()
    expect(initiator.turn).toBe('read')
    expect(() => initiator.write(EMPTY)).toThrow(AssertionFailed)
    expect(() => initiator.finish()).toThrow(AssertionFailed)
  })

  test('a static key whose message failed is forgotten', () => {
    const message = writerAfter(1)
    message[message.length - 1] = (message[message.length - 1] as number) ^ 1
    const { initiator } = exchange(1)
    initiator.read(message)
    expect(initiator.remoteStatic).toBeUndefined()
  })

  test('writing, reading and finishing out of turn are our own bugs', () => {
    const { initiator, responder } = exchange(0)
    expect(() => initiator.read(EMPTY)).toThrow(AssertionFailed)
    expect(() => initiator.finish()).toThrow(AssertionFailed)
    expect(() => responder.write(EMPTY)).toThrow(AssertionFailed)
    const done = exchange(3)
    expect(() => done.initiator.write(EMPTY)).toThrow(AssertionFailed)
    expect(() => done.initiator.read(EMPTY)).toThrow(AssertionFailed)
    expect(() => done.responder.read(EMPTY)).toThrow(AssertionFailed)
  })

  test('a payload with no room in a message and a psk of another length are our own bugs', () => {
    expect(() => start('initiator').write(new Uint8Array(65_536 - 48))).toThrow(AssertionFailed)
    expect(() => start('initiator', { psk: new Uint8Array(31) })).toThrow(AssertionFailed)
  })
})

/** The honest message `number`, 0 to 2; the same at every call. */
function writerAfter(number: number): Uint8Array {
  const sides = exchange(number)
  return writer(sides, number).write(PAYLOADS[number] ?? EMPTY)
}
