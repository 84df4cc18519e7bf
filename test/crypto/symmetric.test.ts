/** What Noise is built on, each piece alone: HMAC beside OpenSSL's, and laws that only our own code could break. */
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AssertionFailed } from '../../src/base/assert.ts'
import { EMPTY, toUtf8 } from '../../src/base/bytes.ts'
import { hmac } from '../../src/crypto/hkdf.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { SymmetricState } from '../../src/crypto/symmetric.ts'
import { fixedBytes, join } from './twin.ts'

const crypto = await loadCrypto()

test('an HMAC is that of OpenSSL, for every key up to a block and any message', () => {
  const bytes = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' })
  fc.assert(
    fc.property(bytes(128), bytes(300), (key, said) => {
      const expected = createHmac('blake2b512', key).update(said).digest()
      expect(hmac(crypto, key, said)).toEqual(Uint8Array.from(expected))
    }),
    { examples: [[fixedBytes('a whole block', 128), toUtf8('said')]] },
  )
  expect(() => hmac(crypto, fixedBytes('longer', 129), EMPTY)).toThrow(AssertionFailed)
})

test("a protocol's name begins the hash, and is at most as long", () => {
  const name = 'x'.repeat(64)
  expect(new SymmetricState(crypto, name).hash).toEqual(toUtf8(name))
  expect(new SymmetricState(crypto, 'short').hash).toEqual(join(toUtf8('short'), new Uint8Array(59)))
  expect(() => new SymmetricState(crypto, `${name}x`)).toThrow(AssertionFailed)
})

test('nothing is sealed or opened before there is a key, nor after it was wiped', () => {
  const state = new SymmetricState(crypto, 'test')
  const refuses = () => {
    expect(() => state.seal(EMPTY)).toThrow(AssertionFailed)
    expect(() => state.open(new Uint8Array(16))).toThrow(AssertionFailed)
  }
  refuses()
  state.mixKey(fixedBytes('input', 32))
  expect(state.seal(EMPTY)).toHaveLength(16)
  state.wipe()
  refuses()
})

test('the hash that was given out is never changed in place', () => {
  const state = new SymmetricState(crypto, 'test')
  const hash = state.hash
  state.mixKey(fixedBytes('input', 32))
  state.wipe()
  expect(hash).toEqual(join(toUtf8('test'), new Uint8Array(60)))
  expect(state.hash).toBe(hash)
})

test('a state that was split seals nothing more', () => {
  const state = new SymmetricState(crypto, 'test')
  state.mixKey(fixedBytes('input', 32))
  expect(state.split().map(({ length }) => length)).toEqual([32, 32])
  expect(() => state.seal(EMPTY)).toThrow(AssertionFailed)
})
