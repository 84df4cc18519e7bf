import { expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { startNoise } from '../../src/crypto/noise.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'

const c = await loadCrypto()
test('three messages and both sides hold the same keys', () => {
  const psk = c.randomBytes(32),
    prologue = c.randomBytes(9)
  const side = (role: 'initiator' | 'responder') =>
    startNoise(c, { role, prologue, psk, staticKeys: c.dhKeys(), ephemeralKeys: c.dhKeys() })
  const a = side('initiator'),
    b = side('responder')
  expect(b.read(a.write(psk))).toEqual(psk)
  expect(a.read(b.write(psk))).toEqual(psk)
  expect(b.read(a.write(psk))).toEqual(psk)
  expect(toHex(a.finish().sendKey)).toBe(toHex(b.finish().receiveKey))
  expect(toHex(b.finish().sendKey)).toBe(toHex(a.finish().receiveKey))
  expect(c.isSoundSignKey(c.signKeys().publicKey)).toBe(true)
})
