/** Who comes in: proofs bind session, invite, device and handshake; the admitter answers for all of it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat } from '../../src/base/bytes.ts'
import { type DeviceId, ID_BYTES, type InviteId, type SessionId } from '../../src/base/ids.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import {
  admit,
  type Certificate,
  decodeJoin,
  encodeJoin,
  isAdmittedBy,
  isProven,
  isSoundCertificate,
  type Join,
  type JoinRequest,
  joinIdOf,
  PALETTE_SIZE,
  requestJoin,
} from '../../src/wire/certificate.ts'
import { MAX_PERSON_NAME_BYTES, MAX_ROSTER_RECORDS } from '../../src/wire/limits.ts'
import { WEAK_DH_KEYS, WEAK_SIGN_KEYS } from '../crypto/weak-keys.ts'
import * as values from './values.ts'

const crypto = await loadCrypto()
const { session, invite, handshake, guest } = values
const keys = {
  invite: crypto.signKeys(values.inviteSignSeed),
  device: crypto.signKeys(values.SEEDS.guestSign),
}
const admitter = { device: values.ownerDevice, rosterSeq: 2, sign: crypto.signKeys(values.SEEDS.ownerSign) }
const request = requestJoin(crypto, session, { certificate: guest, invite, handshake }, keys)
const join = admit(crypto, session, request, admitter)
const otherSession = 'ab'.repeat(16) as SessionId
const otherKey = crypto.signKeys(values.fixed('other key'))

test('a Join is named by the hash of its bytes', () => {
  expect(joinIdOf(crypto, join)).toBe(values.hex(crypto.hash(ID_BYTES.join, encodeJoin(join))))
})

describe('a captured request is worth nothing', () => {
  test.each<[string, JoinRequest]>([
    ['with another signing key', { ...request, certificate: { ...guest, signPk: otherKey.publicKey } }],
    ['with another agreement key', { ...request, certificate: { ...guest, dhPk: values.owner.dhPk } }],
    ['under another name', { ...request, certificate: { ...guest, name: 'Eve' } }],
    ['in another colour', { ...request, certificate: { ...guest, color: 1 } }],
    ['in another handshake', { ...request, handshake: values.fixed('other handshake') }],
    [
      'for another invite',
      { ...request, invite: Buffer.from(otherKey.publicKey).toString('hex') as InviteId },
    ],
    [
      'with its proofs exchanged',
      { ...request, inviteProof: request.deviceProof, deviceProof: request.inviteProof },
    ],
  ])('%s', (_, changed) => {
    expect(isProven(crypto, session, request)).toBe(true)
    expect(isProven(crypto, session, changed)).toBe(false)
  })

  test('in another session', () => {
    expect(isProven(crypto, otherSession, request)).toBe(false)
  })

  test('by whoever holds the invite but not the device key, or the device key but not the invite', () => {
    const fields = { certificate: guest, invite, handshake }
    for (const forged of [
      requestJoin(crypto, session, fields, { invite: keys.invite, device: otherKey }),
      requestJoin(crypto, session, fields, { invite: otherKey, device: keys.device }),
    ]) {
      expect(isProven(crypto, session, forged)).toBe(false)
    }
  })
})

describe('keys no honest device has are refused, even well signed', () => {
  const soundOf = (changed: Partial<Certificate>): boolean =>
    isSoundCertificate(crypto, { ...guest, ...changed })

  test.each(WEAK_SIGN_KEYS.map((key) => [Buffer.from(key).toString('hex'), key]))(
    'signing key %s',
    (_, signPk) => {
      expect(soundOf({ signPk: signPk as Uint8Array })).toBe(false)
    },
  )

  test.each(WEAK_DH_KEYS.map((key) => [Buffer.from(key).toString('hex'), key]))(
    'agreement key %s',
    (_, dhPk) => {
      const certificate = { ...guest, dhPk: dhPk as Uint8Array }
      expect(soundOf({ dhPk: dhPk as Uint8Array })).toBe(false)
      expect(
        isProven(crypto, session, requestJoin(crypto, session, { certificate, invite, handshake }, keys)),
      ).toBe(false)
    },
  )

  test('sound keys are sound', () => {
    expect(soundOf({})).toBe(true)
  })
})

describe('a countersignature', () => {
  test.each<[string, Join]>([
    ['rosterSeq', { ...join, rosterSeq: 3 }],
    ['admitter', { ...join, admitter: values.guestDevice }],
    ['handshake', { ...join, handshake: values.fixed('other handshake') }],
    ['name', { ...join, certificate: { ...guest, name: 'Eve' } }],
    ['proof by the invite', { ...join, inviteProof: join.deviceProof }],
    ['proof by the device', { ...join, deviceProof: join.inviteProof }],
  ])('binds the %s', (_, changed) => {
    expect(isAdmittedBy(crypto, session, join, values.owner.signPk)).toBe(true)
    expect(isAdmittedBy(crypto, session, changed, values.owner.signPk)).toBe(false)
  })

  test('binds session and admitting key', () => {
    expect(isAdmittedBy(crypto, otherSession, join, values.owner.signPk)).toBe(false)
    expect(isAdmittedBy(crypto, session, join, guest.signPk)).toBe(false)
  })
})

describe('a Join as bytes', () => {
  const anyBytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const anyHex = (length: number) => anyBytes(length).map((bytes) => Buffer.from(bytes).toString('hex'))
  const anyName = fc
    .string({ unit: 'grapheme', maxLength: 20 })
    .filter((name) => Buffer.byteLength(name) <= MAX_PERSON_NAME_BYTES)
  const anyJoin: fc.Arbitrary<Join> = fc.record({
    certificate: fc.record({
      signPk: anyBytes(32),
      dhPk: anyBytes(32),
      name: anyName,
      color: fc.nat(PALETTE_SIZE - 1),
    }),
    invite: anyHex(32) as fc.Arbitrary<InviteId>,
    handshake: anyBytes(32),
    inviteProof: anyBytes(64),
    deviceProof: anyBytes(64),
    rosterSeq: fc.nat(MAX_ROSTER_RECORDS),
    admitter: anyHex(16) as fc.Arbitrary<DeviceId>,
    countersignature: anyBytes(64),
  })

  test('comes back, whatever it says', () => {
    fc.assert(
      fc.property(anyJoin, (value) => {
        expect(decodeJoin(encodeJoin(value))).toEqual({ ok: true, value })
      }),
    )
  })

  test('has one spelling: noise is refused or encodes to itself', () => {
    fc.assert(
      fc.property(fc.nat(420), fc.uint8Array({ maxLength: 420 }), (kept, noise) => {
        const bytes = concat(encodeJoin(join).subarray(0, kept), noise)
        const read = decodeJoin(bytes)
        if (read.ok) expect(encodeJoin(read.value)).toEqual(bytes)
      }),
      { numRuns: 500 },
    )
  })

  test.each<[string, Join, boolean]>([
    ['a name at its limit', { ...join, certificate: { ...guest, name: 'é'.repeat(32) } }, true],
    ['a name beyond', { ...join, certificate: { ...guest, name: `${'é'.repeat(32)}a` } }, false],
    ['the last colour', { ...join, certificate: { ...guest, color: PALETTE_SIZE - 1 } }, true],
    ['a colour outside the palette', { ...join, certificate: { ...guest, color: PALETTE_SIZE } }, false],
    ['a rosterSeq at its limit', { ...join, rosterSeq: MAX_ROSTER_RECORDS }, true],
    ['a rosterSeq beyond', { ...join, rosterSeq: MAX_ROSTER_RECORDS + 1 }, false],
  ])('%s is taken or not', (_, value, taken) => {
    expect(decodeJoin(encodeJoin(value)).ok).toBe(taken)
  })

  test('does not keep the frame it came in', () => {
    const frame = concat(encodeJoin(join), new Uint8Array(100_000))
    const read = decodeJoin(frame.subarray(0, encodeJoin(join).length))
    expect(read.ok && read.value.countersignature.buffer.byteLength).toBe(encodeJoin(join).length)
  })
})
