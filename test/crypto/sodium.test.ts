/** Rules of the one door to libsodium, beyond the fixed bytes of vectors.test.ts. */
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { AssertionFailed } from '../../src/base/assert.ts'
import { EMPTY, fromHex, toHex, toUtf8 } from '../../src/base/bytes.ts'
import { Secret } from '../../src/base/secret.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { fixedBytes } from './twin.ts'
import { WEAK_DH_KEYS, WEAK_SIGN_KEYS } from './weak-keys.ts'

const crypto = await loadCrypto()
const bytes = (length?: number) =>
  length === undefined
    ? fc.uint8Array({ maxLength: 300 })
    : fc.uint8Array({ minLength: length, maxLength: length })

/** Every array that differs from this one in one bit, or in its length by one. */
function forgeries(honest: Uint8Array): Uint8Array[] {
  const flipped = Array.from({ length: honest.length * 8 }, (_, bit) => {
    const forged = honest.slice()
    forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7))
    return forged
  })
  return [...flipped, honest.slice(0, -1), Uint8Array.of(...honest, 0)]
}

test('libsodium is loaded once for everybody', async () => {
  expect(await loadCrypto()).toBe(crypto)
})

test('a load that failed is tried again', async () => {
  vi.resetModules()
  vi.doMock('libsodium-wrappers', () => {
    throw new Error('no network')
  })
  const fresh = await import('../../src/crypto/sodium.ts')
  await expect(fresh.loadCrypto()).rejects.toThrow()
  vi.doUnmock('libsodium-wrappers')
  const loaded = await fresh.loadCrypto()
  expect(loaded.hash(32, EMPTY)).toEqual(crypto.hash(32, EMPTY))
  expect(await fresh.loadCrypto()).toBe(loaded)
})

describe('sealing', () => {
  test('open gives back what seal took', () => {
    fc.assert(
      fc.property(bytes(32), bytes(24), bytes(), bytes(), (key, nonce, ad, plain) => {
        expect(crypto.open(key, nonce, ad, crypto.seal(key, nonce, ad, plain))).toEqual(plain)
      }),
    )
  })

  test('openCounted gives back what sealCounted took', () => {
    fc.assert(
      fc.property(bytes(32), fc.maxSafeNat(), bytes(), bytes(), (key, counter, ad, plain) => {
        expect(crypto.openCounted(key, counter, ad, crypto.sealCounted(key, counter, ad, plain))).toEqual(
          plain,
        )
      }),
    )
  })

  const key = fixedBytes('key', 32)
  const nonce = fixedBytes('nonce', 24)
  const ad = fixedBytes('ad', 9)
  const sealed = crypto.seal(key, nonce, ad, toUtf8('plain'))
  const counted = crypto.sealCounted(key, 7, ad, toUtf8('plain'))

  test('any change of ciphertext, key, nonce, counter or ad opens nothing', () => {
    const opened = [
      ...forgeries(sealed).map((forged) => crypto.open(key, nonce, ad, forged)),
      ...forgeries(counted).map((forged) => crypto.openCounted(key, 7, ad, forged)),
      ...forgeries(ad).map((forged) => crypto.open(key, nonce, forged, sealed)),
      ...forgeries(ad).map((forged) => crypto.openCounted(key, 7, forged, counted)),
      ...forgeries(key)
        .filter(({ length }) => length === 32)
        .map((forged) => crypto.open(forged, nonce, ad, sealed)),
      ...forgeries(nonce)
        .filter(({ length }) => length === 24)
        .map((forged) => crypto.open(key, forged, ad, sealed)),
      ...[6, 8, 7 + 2 ** 32].map((counter) => crypto.openCounted(key, counter, ad, counted)),
    ]
    expect(opened.filter((plain) => plain !== undefined)).toEqual([])
  })

  test('what is shorter than a tag opens nothing', () => {
    for (let length = 0; length < 16; length++) {
      expect(crypto.open(key, nonce, ad, sealed.slice(0, length))).toBeUndefined()
      expect(crypto.openCounted(key, 7, ad, counted.slice(0, length))).toBeUndefined()
    }
  })

  test('a key or nonce of another length is no forgery but our own bug', () => {
    expect(() => crypto.open(key.slice(1), nonce, ad, sealed)).toThrow(TypeError)
    expect(() => crypto.open(key, nonce.slice(1), ad, sealed)).toThrow(TypeError)
    expect(() => crypto.openCounted(key.slice(1), 7, ad, counted)).toThrow(TypeError)
    expect(() => crypto.seal(key.slice(1), nonce, ad, EMPTY)).toThrow(TypeError)
  })

  test.each([-1, 0.5, 2 ** 53])('a counter of %d is our own bug', (counter) => {
    expect(() => crypto.sealCounted(key, counter, ad, EMPTY)).toThrow(AssertionFailed)
    expect(() => crypto.openCounted(key, counter, ad, counted)).toThrow(AssertionFailed)
  })

  test('an array that is a view of a larger one is sealed alone', () => {
    const larger = Uint8Array.of(1, 2, ...toUtf8('plain'), 3)
    expect(crypto.seal(key, nonce, ad, larger.subarray(2, 7))).toEqual(sealed)
  })
})

describe('hashing', () => {
  test('a hash depends on the joined bytes, not on where the parts end', () => {
    fc.assert(
      fc.property(bytes(), bytes(), (a, b) => {
        expect(crypto.hash(32, a, b)).toEqual(crypto.hash(32, Uint8Array.of(...a, ...b)))
      }),
    )
    expect(crypto.hash(32)).toEqual(crypto.hash(32, EMPTY))
  })

  test('a derived key depends on where label and info part', () => {
    const key = fixedBytes('key', 32)
    expect(crypto.kdf(key, 'ab', toUtf8('c'), 32)).not.toEqual(crypto.kdf(key, 'a', toUtf8('bc'), 32))
  })

  test('lengths that libsodium would take but nobody may use are our own bugs', () => {
    const key = fixedBytes('key', 32)
    expect(() => crypto.hash(15, EMPTY)).toThrow(AssertionFailed)
    expect(() => crypto.hash(65, EMPTY)).toThrow(AssertionFailed)
    expect(() => crypto.kdf(key.slice(0, 15), 'a', EMPTY, 32)).toThrow(AssertionFailed)
    expect(() => crypto.kdf(fixedBytes('key', 65), 'a', EMPTY, 32)).toThrow(AssertionFailed)
    expect(() => crypto.kdf(key, 'a', EMPTY, 15)).toThrow(AssertionFailed)
    expect(() => crypto.kdf(key, 'a', EMPTY, 65)).toThrow(AssertionFailed)
    expect(
      [16, 64].map((length) => crypto.kdf(fixedBytes('key', length), 'a', EMPTY, length).length),
    ).toEqual([16, 64])
    expect(() => crypto.kdf(key, 'a', new Uint8Array(65_536), 32)).toThrow(AssertionFailed)
  })
})

describe('signing', () => {
  const keys = crypto.signKeys(fixedBytes('seed', 32))
  const message = fixedBytes('message', 20)
  const signature = crypto.sign(keys.secretKey, message)

  test('any change of key, message or signature is refused', () => {
    const verdicts = [
      ...forgeries(signature).map((forged) => crypto.verify(keys.publicKey, message, forged)),
      ...forgeries(message).map((forged) => crypto.verify(keys.publicKey, forged, signature)),
      ...forgeries(keys.publicKey).map((forged) => crypto.verify(forged, message, signature)),
    ]
    expect(verdicts.filter((verdict) => verdict)).toEqual([])
    expect(crypto.verify(EMPTY, message, signature)).toBe(false)
    expect(crypto.verify(keys.publicKey, message, EMPTY)).toBe(false)
  })

  test('the second spelling of a signature, S plus the order of the group, is refused', () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n
    const scalar = BigInt(`0x${Buffer.from(signature.slice(32)).reverse().toString('hex')}`) + order
    const respelled = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex').reverse()
    expect(
      crypto.verify(keys.publicKey, message, Uint8Array.of(...signature.slice(0, 32), ...respelled)),
    ).toBe(false)
  })

  test.each(WEAK_SIGN_KEYS.map(toHex))('the key %s is not sound', (key) => {
    expect(crypto.isSoundSignKey(fromHex(key))).toBe(false)
  })

  test('a signature of nothing under a key of small order is refused', () => {
    const identity = fromHex(`01${'00'.repeat(31)}`)
    for (const key of WEAK_SIGN_KEYS.slice(0, 8)) {
      expect(crypto.verify(key, message, Uint8Array.of(...identity, ...new Uint8Array(32)))).toBe(false)
    }
  })

  test('keys of honest devices are sound, of another length not', () => {
    fc.assert(
      fc.property(bytes(32), (seed) => {
        expect(crypto.isSoundSignKey(crypto.signKeys(seed).publicKey)).toBe(true)
        expect(crypto.isSoundDhKey(crypto.dhKeys(seed).publicKey)).toBe(true)
      }),
      { numRuns: 20 },
    )
    for (const length of [0, 31, 33]) {
      expect(crypto.isSoundSignKey(fixedBytes('long', length))).toBe(false)
      expect(crypto.isSoundDhKey(fixedBytes('long', length))).toBe(false)
    }
  })

  test('fresh keys differ', () => {
    expect(crypto.signKeys().publicKey).not.toEqual(crypto.signKeys().publicKey)
    expect(crypto.dhKeys().publicKey).not.toEqual(crypto.dhKeys().publicKey)
  })
})

describe('agreeing', () => {
  test('both sides agree on the same secret', () => {
    const [ours, theirs] = [crypto.dhKeys(), crypto.dhKeys()]
    expect(crypto.dh(ours.secretKey, theirs.publicKey)).toEqual(crypto.dh(theirs.secretKey, ours.publicKey))
  })

  test.each(WEAK_DH_KEYS.map(toHex))('the key %s is not sound', (key) => {
    expect(crypto.isSoundDhKey(fromHex(key))).toBe(false)
  })

  test.each(WEAK_DH_KEYS.slice(0, 7).map(toHex))('nobody agrees on anything with %s', (key) => {
    expect(crypto.dh(crypto.dhKeys().secretKey, fromHex(key))).toBeUndefined()
  })

  /** Little-endian, 2^255 - 1 but for some bytes. */
  const nearTheTop = (bytes: Record<number, number>): Uint8Array => {
    const key = new Uint8Array(32).fill(0xff)
    for (const [at, byte] of Object.entries({ 31: 0x7f, ...bytes })) key[Number(at)] = byte
    return key
  }

  test('a key is sound up to the prime and no further', () => {
    expect(crypto.isSoundDhKey(nearTheTop({ 0: 0xeb }))).toBe(true) // 2 below the prime; 1 below is of small order
    expect(crypto.isSoundDhKey(nearTheTop({ 1: 0xfe }))).toBe(true)
    expect(crypto.isSoundDhKey(nearTheTop({ 30: 0xfe }))).toBe(true)
    for (let low = 0xec; low <= 0xff; low++) expect(crypto.isSoundDhKey(nearTheTop({ 0: low }))).toBe(false)
  })

  test('a secret key of another length is our own bug', () => {
    const short = new Secret(fixedBytes('short', 31))
    expect(() => crypto.dh(short, crypto.dhKeys().publicKey)).toThrow(TypeError)
  })

  test('a seed given for a key may be wiped afterwards', () => {
    const seed = fixedBytes('seed', 32)
    const keys = crypto.dhKeys(seed)
    seed.fill(0)
    expect(keys.secretKey.reveal()).toEqual(fixedBytes('seed', 32))
  })
})

describe('sealing to a key', () => {
  const keys = crypto.dhKeys(fixedBytes('box', 32))
  const sealed = crypto.sealTo(keys.publicKey, toUtf8('plain'))

  test('only its owner opens, and two seals of the same differ', () => {
    expect(crypto.openFrom(keys, sealed)).toEqual(toUtf8('plain'))
    expect(crypto.openFrom(crypto.dhKeys(), sealed)).toBeUndefined()
    expect(crypto.sealTo(keys.publicKey, toUtf8('plain'))).not.toEqual(sealed)
  })

  test('nothing at all can be sealed to a key, too', () => {
    expect(crypto.openFrom(keys, crypto.sealTo(keys.publicKey, EMPTY))).toEqual(EMPTY)
  })

  test('a secret key of another length is no forgery but our own bug', () => {
    const short = { ...keys, secretKey: new Secret(fixedBytes('short', 31)) }
    expect(() => crypto.openFrom(short, sealed)).toThrow(TypeError)
  })

  test('any change of it opens nothing', () => {
    const opened = forgeries(sealed).map((forged) => crypto.openFrom(keys, forged))
    expect(opened.filter((plain) => plain !== undefined)).toEqual([])
    expect(crypto.openFrom(keys, sealed.slice(0, 47))).toBeUndefined()
    expect(crypto.openFrom(keys, new Uint8Array(48))).toBeUndefined()
  })
})

describe('chance', () => {
  test.each([0, 1, 65_536, 65_537, 200_000])('%i bytes are given, random to the last', (length) => {
    const random = crypto.randomBytes(length)
    expect(random.length).toBe(length)
    const last = Array.from({ length: 20 }, () => crypto.randomBytes(length).at(-1))
    expect(new Set(last).size).toBeGreaterThan(length === 0 ? 0 : 1)
  })
})
