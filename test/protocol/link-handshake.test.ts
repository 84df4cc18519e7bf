/** The handshake of a link, and everything that must make it fail (attacks 1, 28 and 42). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex, toUtf8 } from '../../src/base/bytes.ts'
import { idOf } from '../../src/base/ids.ts'
import { startNoise } from '../../src/crypto/noise.ts'
import { prologueOf } from '../../src/protocol/handshake.ts'
import { holdsPsk, type LinkStart } from '../../src/protocol/link.ts'
import { HANDSHAKE_MS, MAX_HANDSHAKE_PAYLOAD_BYTES, PROTOCOL_VERSION } from '../../src/wire/limits.ts'
import { crypto, LinkPair, linkStart, pattern } from './link-pair.ts'

const FAILED = { closed: 'handshake-failed' }
const seeded = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

/** The sealed prologue of a start, with its bytes changed as a test likes, in a raw Noise initiator. */
function rawFirstMessage(change: (prologue: Uint8Array) => Uint8Array): Uint8Array {
  const start = linkStart('initiator')
  const { staticKeys, ephemeralKeys, psk } = start
  const prologue = change(prologueOf(start))
  const noise = startNoise(crypto, { role: 'initiator', prologue, psk: psk.key, staticKeys, ephemeralKeys })
  return noise.write(new Uint8Array(0))
}

describe('a handshake', () => {
  test("proves to each side the other's static key and payload, once, over the same hash", () => {
    const { a, b, ...pair } = new LinkPair()
    expect([a.of('proven'), b.of('proven'), pair.now]).toEqual([[], [], 0])
    const done = new LinkPair()
    done.settle()
    const [atA, atB] = [done.a.of('proven'), done.b.of('proven')]
    expect([atA.length, atB.length]).toEqual([1, 1])
    expect(atA[0]!.remoteStatic).toEqual(linkStart('responder').staticKeys.publicKey)
    expect(atB[0]!.remoteStatic).toEqual(linkStart('initiator').staticKeys.publicKey)
    expect([atA[0]!.payload, atB[0]!.payload]).toEqual([Uint8Array.of(2, 2), Uint8Array.of(1, 1)])
    expect(toHex(atA[0]!.handshakeHash)).toBe(toHex(atB[0]!.handshakeHash))
  })

  test('takes three messages and no more', () => {
    const pair = new LinkPair()
    pair.settle()
    expect([pair.a.of('send').length, pair.b.of('send').length]).toEqual([2, 1])
  })

  test('carries the largest payload both ways', () => {
    const payload = pattern(MAX_HANDSHAKE_PAYLOAD_BYTES)
    const pair = new LinkPair(linkStart('initiator', { payload }), linkStart('responder', { payload }))
    pair.settle()
    expect([pair.a, pair.b].map((end) => end.of('proven')[0]?.payload.length)).toEqual([4096, 4096])
  })

  test('lets nothing through before it is over, and everything queued until then after it', () => {
    const pair = new LinkPair()
    for (const end of [pair.a, pair.b]) {
      pair.queue(end, 'bulk', pattern(70_000))
      pair.queue(end, 'live', pattern(5))
    }
    expect([pair.a.wire.length, pair.b.wire.length]).toEqual([1, 0])
    pair.settle()
    for (const end of [pair.a, pair.b]) {
      expect(end.messages.map(({ lane, bytes }) => [lane, bytes.length])).toEqual([
        ['live', 5],
        ['bulk', 70_000],
      ])
      const kinds = end.outputs.map(({ type }) => type)
      expect(kinds.indexOf('proven')).toBeLessThan(kinds.indexOf('message'))
    }
  })

  test('keeps the static keys of both sides out of sight', () => {
    const pair = new LinkPair()
    const seen: string[] = []
    const record = (): void => void seen.push(...[...pair.a.wire, ...pair.b.wire].map(toHex))
    for (const from of [pair.a, pair.b, pair.a]) {
      record()
      pair.deliver(from)
    }
    for (const role of ['initiator', 'responder'] as const) {
      expect(seen.join()).not.toContain(toHex(linkStart(role).staticKeys.publicKey))
    }
  })
})

describe('a handshake fails at message 1 when the two sides differ in', () => {
  const other = { instance: idOf<never>(new Uint8Array(8).fill(0x33)), fingerprint: seeded(0xcc) }
  const { initiator, responder, psk } = linkStart('responder')
  const differences: Record<string, Partial<LinkStart>> = {
    'the psk': { psk: { ...psk, key: seeded(8) } },
    'the kind of psk': { psk: { ...psk, kind: 'member' } },
    'the ids of the psk': { psk: { ...psk, ids: Uint8Array.of(1, 2) } },
    'the session': { sessionId: idOf(new Uint8Array(16).fill(8)) },
    "the initiator's instance": { initiator: { ...initiator, instance: other.instance } },
    "the responder's instance": { responder: { ...responder, instance: other.instance } },
    "the initiator's fingerprint": { initiator: { ...initiator, fingerprint: other.fingerprint } },
    "the responder's fingerprint": { responder: { ...responder, fingerprint: other.fingerprint } },
    'whose fingerprint is whose': {
      initiator: { ...initiator, fingerprint: responder.fingerprint },
      responder: { ...responder, fingerprint: initiator.fingerprint },
    },
  }

  test.each(Object.entries(differences))('%s', (_, change) => {
    const pair = new LinkPair(linkStart('initiator'), linkStart('responder', change))
    pair.settle()
    expect(pair.b.closed).toMatchObject(FAILED)
    expect(pair.b.of('send')).toEqual([])
    expect(pair.a.of('proven')).toEqual([])
  })

  test('the version, or who leaves it out', () => {
    const name = 2 + 'coterie'.length
    const changes: ((prologue: Uint8Array) => Uint8Array)[] = [
      (prologue) => prologue.with(name, PROTOCOL_VERSION + 1),
      (prologue) => Uint8Array.from([...prologue.subarray(0, name), ...prologue.subarray(name + 1)]),
    ]
    for (const change of changes) {
      const pair = new LinkPair()
      pair.receive(pair.b, rawFirstMessage(change))
      expect(pair.b.closed).toMatchObject(FAILED)
    }
    const control = new LinkPair()
    control.receive(
      control.b,
      rawFirstMessage((prologue) => prologue),
    )
    expect(control.b.closed).toBeUndefined()
  })

  test('nothing, if the fingerprints were left out of the prologue: they alone stop the man in the middle', () => {
    const swapped = { ...linkStart('responder', differences['whose fingerprint is whose']) }
    const noise = (start: LinkStart, prologue: Uint8Array) =>
      startNoise(crypto, { ...start, prologue, psk: start.psk.key })
    const without = (start: LinkStart): Uint8Array => prologueOf(start).slice(0, -64)
    const start = linkStart('initiator')
    const message = noise(start, without(start)).write(new Uint8Array(0))
    expect(noise(swapped, without(swapped)).read(message)).toEqual(new Uint8Array(0))
    expect(
      noise(swapped, prologueOf(swapped)).read(noise(start, prologueOf(start)).write(message)),
    ).toBeUndefined()
  })
})

describe('a handshake closes on', () => {
  test('any bit flipped in any of its messages', () => {
    const lengths = [48, 98, 66]
    for (const [number, length] of lengths.entries()) {
      for (let bit = 0; bit < length * 8; bit += 1) {
        const pair = new LinkPair()
        for (let i = 0; i < number; i += 1) pair.deliver(i % 2 === 0 ? pair.a : pair.b)
        const [from, to] = number % 2 === 0 ? [pair.a, pair.b] : [pair.b, pair.a]
        expect(from.wire[0]!.length).toBe(length)
        from.wire[0]![bit >> 3]! ^= 1 << (bit & 7)
        pair.deliver(from)
        expect([number, bit, to.closed]).toMatchObject([number, bit, FAILED])
        expect(to.of('proven')).toEqual([])
      }
    }
  })

  test('a message that is cut short, made longer, or beyond the limit', () => {
    const changes: ((message: Uint8Array) => Uint8Array)[] = [
      () => new Uint8Array(0),
      (message) => message.slice(0, -1),
      (message) => Uint8Array.from([...message, 0]),
      () => new Uint8Array(1024 * 1024),
    ]
    for (const change of changes) {
      for (const number of [0, 1, 2]) {
        const pair = new LinkPair()
        for (let i = 0; i < number; i += 1) pair.deliver(i % 2 === 0 ? pair.a : pair.b)
        const [from, to] = number % 2 === 0 ? [pair.a, pair.b] : [pair.b, pair.a]
        pair.receive(to, change(from.wire[0]!))
        expect(to.closed).toMatchObject(FAILED)
      }
    }
  })

  test('a payload beyond the limit, though it is sealed well', () => {
    const start = linkStart('responder')
    for (const extra of [0, 1]) {
      const noise = startNoise(crypto, { ...start, prologue: prologueOf(start), psk: start.psk.key })
      const pair = new LinkPair()
      noise.read(pair.a.wire[0]!)
      pair.receive(pair.a, noise.write(new Uint8Array(MAX_HANDSHAKE_PAYLOAD_BYTES + extra)))
      expect(pair.a.of('proven').length).toBe(1 - extra)
    }
  })

  test('its first message twice, its second message twice, and a message out of turn', () => {
    const twice = new LinkPair()
    const first = twice.a.wire[0]!
    twice.deliver(twice.a)
    twice.receive(twice.b, first)
    expect(twice.b.closed).toMatchObject(FAILED)

    const again = new LinkPair()
    again.deliver(again.a)
    const second = again.b.wire[0]!
    again.deliver(again.b)
    again.receive(again.a, second)
    expect(again.a.closed).toMatchObject({ violation: 'forged' })

    const reflected = new LinkPair()
    reflected.receive(reflected.a, reflected.a.wire[0]!)
    expect(reflected.a.closed).toMatchObject(FAILED)
  })

  test('a payload in message 1, where nobody is proven yet', () => {
    const start = linkStart('initiator')
    const noise = startNoise(crypto, { ...start, prologue: prologueOf(start), psk: start.psk.key })
    const pair = new LinkPair()
    pair.receive(pair.b, noise.write(Uint8Array.of(1)))
    expect(pair.b.closed).toMatchObject(FAILED)
  })

  test('a tick or a message that comes too late, and asks for that tick', () => {
    const late = new LinkPair()
    expect([late.a.wakeAt, late.b.wakeAt]).toEqual([HANDSHAKE_MS, HANDSHAKE_MS])
    late.now = HANDSHAKE_MS - 1
    late.tick(late.a)
    expect(late.a.closed).toBeUndefined()
    late.now = HANDSHAKE_MS
    late.tick(late.a)
    late.deliver(late.a)
    for (const end of [late.a, late.b]) expect(end.closed).toMatchObject({ closed: 'handshake-late' })
  })

  test('a channel that takes only tiny messages', () => {
    const pair = new LinkPair(linkStart('initiator', { maxMessageBytes: 100 }))
    expect(pair.a.closed).toMatchObject(FAILED)
  })

  test('arbitrary bytes, which never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, initiates) => {
        const pair = new LinkPair()
        const end = initiates ? pair.a : pair.b
        pair.receive(end, bytes)
        expect(end.closed).toMatchObject(FAILED)
      }),
    )
  })

  test('its own failure for good: nothing comes after a close', () => {
    const pair = new LinkPair()
    const first = pair.a.wire[0]!
    pair.receive(pair.b, Uint8Array.of(0))
    const before = pair.b.outputs.length
    pair.receive(pair.b, first)
    pair.queue(pair.b, 'live', pattern(1))
    pair.tick(pair.b)
    expect(pair.b.outputs.length).toBe(before)
  })
})

test('whoever has sent one message that opens is known to hold the psk, and nobody before', () => {
  const pair = new LinkPair()
  const known = () => [pair.a, pair.b].map(({ state }) => holdsPsk(state))
  const steps = [known()]
  while (pair.deliver(pair.a) || pair.deliver(pair.b)) steps.push(known())
  expect(steps.slice(0, 3)).toEqual([
    [false, false],
    [false, true],
    [true, true],
  ])
})

describe('what a handshake is bound to', () => {
  test('is spelled in one way, from the name of the protocol to the certificates of both ends', () => {
    const { sessionId, initiator, responder, psk, ...start } = linkStart('initiator')
    const spelled = [
      ...[0, 7, ...toUtf8('coterie'), PROTOCOL_VERSION],
      ...new Uint8Array(16).fill(7),
      ...[1, 0, 3, 1, 2, 3],
      ...new Uint8Array(8).fill(0x11),
      ...new Uint8Array(8).fill(0x22),
      ...seeded(0xa1),
      ...seeded(0xb2),
    ]
    expect(prologueOf({ ...start, sessionId, initiator, responder, psk })).toEqual(Uint8Array.from(spelled))
  })

  test.each<[string, Partial<LinkStart>]>([
    ['a session', { sessionId: idOf(new Uint8Array(15)) }],
    ['an instance', { initiator: { instance: idOf(new Uint8Array(9)), fingerprint: seeded(1) } }],
    ['a certificate', { responder: { instance: idOf(new Uint8Array(8)), fingerprint: new Uint8Array(20) } }],
    ['a payload beyond the limit', { payload: pattern(MAX_HANDSHAKE_PAYLOAD_BYTES + 1) }],
  ])('is never %s of another length', (_, change) => {
    expect(() => new LinkPair(linkStart('initiator', change))).toThrow()
  })
})
