/**
 * Fixed bytes both ways: the committed vectors, the twins that worked them out, and libsodium agree.
 * WRITE_VECTORS=1 writes the files anew before they are read (test/vectors/README.md).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { Secret } from '../../src/base/secret.ts'
import { type NoiseStart, startNoise } from '../../src/crypto/noise.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import {
  type CryptoVectors,
  makeCryptoVectors,
  makeNoiseVectors,
  type NoiseVectors,
} from '../vectors/make-crypto.ts'

const crypto = await loadCrypto()
const vectors = committed('crypto.json', makeCryptoVectors()) as CryptoVectors
const handshakes = committed('noise-xxpsk0.json', makeNoiseVectors()) as NoiseVectors

function committed(name: string, made: unknown): unknown {
  const path = new URL(`../vectors/${name}`, import.meta.url)
  if (process.env['WRITE_VECTORS'] !== undefined) writeFileSync(path, `${JSON.stringify(made, null, 2)}\n`)
  return JSON.parse(readFileSync(path, 'utf8'))
}

test('the committed vectors are what the twins work out', () => {
  expect(vectors).toEqual(makeCryptoVectors())
  expect(handshakes).toEqual(makeNoiseVectors())
})

describe('libsodium agrees with the vectors', () => {
  test.each(vectors.hash)('hash of $length bytes', ({ length, parts, digest }) => {
    expect(toHex(crypto.hash(length, ...parts.map(fromHex)))).toBe(digest)
    expect(toHex(crypto.hash(length, fromHex(parts.join(''))))).toBe(digest)
  })

  test.each(vectors.kdf)('kdf for $label', ({ key, label, info, length, derived }) => {
    expect(toHex(crypto.kdf(fromHex(key), label, fromHex(info), length))).toBe(derived)
  })

  test.each(vectors.seal)('seal of $plain', ({ key, nonce, ad, plain, sealed }) => {
    const place = [fromHex(key), fromHex(nonce), fromHex(ad)] as const
    expect(toHex(crypto.seal(...place, fromHex(plain)))).toBe(sealed)
    expect(crypto.open(...place, fromHex(sealed))).toEqual(fromHex(plain))
  })

  test.each(vectors.counted)('counted seal $counter', ({ key, counter, ad, plain, sealed }) => {
    const place = [fromHex(key), counter, fromHex(ad)] as const
    expect(toHex(crypto.sealCounted(...place, fromHex(plain)))).toBe(sealed)
    expect(crypto.openCounted(...place, fromHex(sealed))).toEqual(fromHex(plain))
  })

  test.each(vectors.sign)('signature by $publicKey', ({ seed, publicKey, message, signature }) => {
    const keys = crypto.signKeys(fromHex(seed))
    expect(toHex(keys.publicKey)).toBe(publicKey)
    expect(toHex(keys.secretKey.reveal())).toBe(seed + publicKey)
    expect(toHex(crypto.sign(keys.secretKey, fromHex(message)))).toBe(signature)
    expect(crypto.verify(keys.publicKey, fromHex(message), fromHex(signature))).toBe(true)
  })

  test.each(vectors.dh)('agreement of $publicKey', ({ secretKey, publicKey, remote, agreed }) => {
    const keys = crypto.dhKeys(fromHex(secretKey))
    expect(toHex(keys.publicKey)).toBe(publicKey)
    expect(toHex(keys.secretKey.reveal())).toBe(secretKey)
    expect(crypto.dh(new Secret(fromHex(secretKey)), fromHex(remote))).toEqual(fromHex(agreed))
  })
})

describe('a handshake agrees with the vectors', () => {
  test.each(handshakes)('with prologue "$prologue"', (vector) => {
    const sides = [side(vector, 'initiator'), side(vector, 'responder')] as const
    for (const [number, message] of vector.messages.entries()) {
      const [writer, reader] = number % 2 === 0 ? sides : [sides[1], sides[0]]
      const payload = vector.payloads[number] ?? ''
      expect(toHex(writer.write(fromHex(payload)))).toBe(message)
      expect(reader.read(fromHex(message))).toEqual(fromHex(payload))
      expect(writer.hash).toEqual(reader.hash)
    }
    const [initiator, responder] = [sides[0].finish(), sides[1].finish()]
    expect(toHex(initiator.handshakeHash)).toBe(vector.handshakeHash)
    expect(toHex(responder.handshakeHash)).toBe(vector.handshakeHash)
    expect([initiator.sendKey, responder.receiveKey].map(toHex)).toEqual(Array(2).fill(vector.initiatorKey))
    expect([responder.sendKey, initiator.receiveKey].map(toHex)).toEqual(Array(2).fill(vector.responderKey))
  })
})

function side(vector: NoiseVectors[number], role: NoiseStart['role']) {
  const [staticKey, ephemeralKey] =
    role === 'initiator'
      ? [vector.initiatorStatic, vector.initiatorEphemeral]
      : [vector.responderStatic, vector.responderEphemeral]
  return startNoise(crypto, {
    role,
    prologue: fromHex(vector.prologue),
    psk: fromHex(vector.psk),
    staticKeys: crypto.dhKeys(fromHex(staticKey)),
    ephemeralKeys: crypto.dhKeys(fromHex(ephemeralKey)),
  })
}
