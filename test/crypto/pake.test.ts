/**
 * CPace: the draft's own test vectors, the twin and the code agree; weak shares agree on nothing.
 * CPACE_VECTORS=FILE compares the draft's whole testvectors.json (test/vectors/README.md).
 */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, toHex, toUtf8 } from '../../src/base/bytes.ts'
import { Secret } from '../../src/base/secret.ts'
import { type PakeRole, pakeGenerator, pakeKey, pakeShare } from '../../src/crypto/pake.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { elligator2, type PakeScript, pakeTranscript } from './pake-twin.ts'
import { fixedBytes, hash, join } from './twin.ts'
import { WEAK_DH_KEYS } from './weak-keys.ts'

const crypto = await loadCrypto()

/** What the draft's appendix on X25519 starts from. */
const PUBLISHED: PakeScript = {
  password: toUtf8('Password'),
  channel: fromHex('6f630b425f726573706f6e6465720b415f696e69746961746f72'),
  session: fromHex('7e4b4791d6a8ef019b936c79fb7f2c57'),
  initiatorScalar: fromHex('21b4f4bd9e64ed355c3eb676a28ebedaf6d8f17bdc365995b319097153044080'),
  responderScalar: fromHex('848b0779ff415f0af4ea14df9dd1d3c29ac41d836c7808896c4eba19c51ac40a'),
  initiatorSaid: toUtf8('ADa'),
  responderSaid: toUtf8('ADb'),
}

/** SHA-256 of g, Ya, Yb, K and ISK (initiator and responder) of the appendix, joined. */
const PUBLISHED_DIGEST = '219d97a2c2f4b28a12ffe5e61871862f5f003257c56e89213ed9abd70b78d9ef'

/** Both roles by the code under test. */
function exchange(script: PakeScript) {
  const { password, channel, session } = script
  const input = { password, channel, session }
  const shares = {
    initiator: pakeShare(crypto, input, new Secret(script.initiatorScalar)),
    responder: pakeShare(crypto, input, new Secret(script.responderScalar)),
  }
  const transcript = {
    initiator: { point: shares.initiator.point, said: script.initiatorSaid },
    responder: { point: shares.responder.point, said: script.responderSaid },
  }
  const keyOf = (role: PakeRole) =>
    pakeKey(crypto, session, { role, scalar: shares[role].scalar }, transcript)
  return {
    generator: pakeGenerator(crypto, input),
    initiatorPoint: shares.initiator.point,
    responderPoint: shares.responder.point,
    agreed: crypto.dh(shares.initiator.scalar, shares.responder.point),
    keys: [keyOf('initiator'), keyOf('responder')],
  }
}

test("the draft's vectors, the twin and the code agree", () => {
  const twin = pakeTranscript(PUBLISHED)
  const { keys, ...made } = exchange(PUBLISHED)
  expect({ ...made, key: keys[0] }).toEqual(twin)
  expect(keys[1]).toEqual(twin.key)
  const compared = [twin.generator, twin.initiatorPoint, twin.responderPoint, twin.agreed, twin.key]
  expect(toHex(hash('sha256', join(...compared)))).toBe(PUBLISHED_DIGEST)
})

const path = process.env['CPACE_VECTORS']

function compareFile(path: string): void {
  const file = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, string>>
  const group = file['G_25519']!
  const bytes = (name: string): Uint8Array => Uint8Array.from(Buffer.from(group[name]!, 'base64'))
  const { keys, ...made } = exchange({
    password: bytes('PRS'),
    channel: bytes('CI'),
    session: bytes('sid'),
    initiatorScalar: bytes('ya'),
    responderScalar: bytes('yb'),
    initiatorSaid: bytes('ADa'),
    responderSaid: bytes('ADb'),
  })
  expect(made).toEqual({
    generator: bytes('g'),
    initiatorPoint: bytes('Ya'),
    responderPoint: bytes('Yb'),
    agreed: bytes('K'),
  })
  expect(keys).toEqual([bytes('ISK_IR'), bytes('ISK_IR')])
  const points = Object.values(file['X25519_points']!)
  expect(points.length).toBe(12)
  for (const point of points) expect(keyWith(Uint8Array.from(Buffer.from(point, 'base64')))).toBeUndefined()
}

if (path !== undefined) test(`every vector of X25519 in ${path} holds`, () => compareFile(path))

/** What a responder makes of this share. */
function keyWith(point: Uint8Array): Uint8Array | undefined {
  const { password, channel, session } = PUBLISHED
  const mine = pakeShare(crypto, { password, channel, session })
  const transcript = {
    initiator: { point, said: toUtf8('a') },
    responder: { point: mine.point, said: toUtf8('b') },
  }
  return pakeKey(crypto, session, { role: 'responder', scalar: mine.scalar }, transcript)
}

test('a share of small order, in a second spelling or of another length agrees on nothing', () => {
  for (const [name, key] of Object.entries(WEAK_DH_KEYS)) expect(keyWith(key), name).toBeUndefined()
  const sound = pakeShare(crypto, PUBLISHED).point
  expect(keyWith(sound)).toHaveLength(64)
  for (const length of [0, 31, 33]) expect(keyWith(fixedBytes('share', length))).toBeUndefined()
  const topBit = sound.slice()
  topBit[31] = (topBit[31] as number) | 128
  expect(keyWith(topBit)).toBeUndefined()
})

test('the map and its twin agree on any hash', () => {
  const input = { channel: toUtf8('c'), session: toUtf8('s') }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200, size: 'max' }), (password) => {
      const script = { ...PUBLISHED, ...input, password }
      expect(pakeGenerator(crypto, { ...input, password })).toEqual(pakeTranscript(script).generator)
    }),
    { numRuns: 60 },
  )
})

test('the map sends nothing to a point of small order', () => {
  for (const name of Array.from({ length: 50 }, (_, index) => `element ${index}`))
    expect(crypto.isSoundDhKey(elligator2(fixedBytes(name, 32)))).toBe(true)
})

test.each(['password', 'channel', 'session', 'initiatorSaid', 'responderSaid'] as const)(
  'whoever has another %s has another key',
  (part) => {
    const key = pakeTranscript(PUBLISHED).key
    const [other] = exchange({ ...PUBLISHED, [part]: toUtf8('another') }).keys
    expect(other).toHaveLength(64)
    expect(other).not.toEqual(key)
  },
)

test('two shares of one side are never the same', () => {
  expect(pakeShare(crypto, PUBLISHED).point).not.toEqual(pakeShare(crypto, PUBLISHED).point)
})
