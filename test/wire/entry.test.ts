/** One entry: sealed, signed, padded, bounded. Fixed bytes are in vectors.test.ts, many entries in runs.test.ts. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssertionFailed } from '../../src/base/assert.ts'
import { concat, fromHex } from '../../src/base/bytes.ts'
import { idOf, type SessionId, type WriterId } from '../../src/base/ids.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import {
  decodeEntry,
  type Entry,
  type EntryHeader,
  type EntryKind,
  encodeEntry,
  entryKeyOf,
  isSignedBy,
  NO_ENTRY,
  openEntry,
  sealEntry,
  sizeOfEntry,
} from '../../src/wire/entry.ts'
import { MAX_ENTRY_BYTES, MAX_INLINE_BODY_BYTES, MAX_ROSTER_RECORDS, MAX_SEQ } from '../../src/wire/limits.ts'
import { paddedLength } from '../../src/wire/padding.ts'
import { isViolation } from '../../src/wire/violation.ts'
import * as values from './values.ts'

const crypto = await loadCrypto()
const sign = crypto.signKeys(values.SEEDS.ownerSign)
const entryKey = entryKeyOf(crypto, values.epochKey)
const first: EntryHeader = {
  kind: 'edit',
  rosterSeq: 1,
  session: values.session,
  device: values.ownerDevice,
  writer: values.writer,
  seq: 1,
  prev: NO_ENTRY,
}
const body = values.fixed('body', 24)
const seal = (header: Partial<EntryHeader> = {}, content = { authoredAt: 7, body }) =>
  sealEntry(crypto, { ...first, ...header }, content, { entryKey, sign })
const decoded = (bytes: Uint8Array): Entry => decodeEntry(crypto, bytes) as Entry
const isGood = (entry: Entry | ReturnType<typeof decodeEntry>): boolean =>
  !isViolation(entry) &&
  isSignedBy(crypto, entry, sign.publicKey) &&
  !isViolation(openEntry(crypto, entry, entryKey))

const anyHeader: fc.Arbitrary<EntryHeader> = fc
  .record({
    kind: fc.constantFrom<EntryKind>('edit', 'checkpoint', 'adopt', 'profile', 'leave'),
    rosterSeq: fc.nat(MAX_ROSTER_RECORDS),
    writer: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => idOf<WriterId>(bytes)),
    seq: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constant(MAX_SEQ)),
  })
  .map((part) => ({ ...first, ...part, prev: part.seq === 1 ? NO_ENTRY : values.entryId }))
const anyContent = fc.record({ authoredAt: fc.nat(2 ** 31), body: fc.uint8Array({ maxLength: 300 }) })

test('whatever is sealed is decoded, signed by its device, and opens to the same', () => {
  fc.assert(
    fc.property(anyHeader, anyContent, (header, content) => {
      const entry = sealEntry(crypto, header, content, { entryKey, sign })
      expect(decodeEntry(crypto, encodeEntry(entry))).toEqual(entry)
      expect(isSignedBy(crypto, entry, sign.publicKey)).toBe(true)
      expect(openEntry(crypto, entry, entryKey)).toEqual(content)
    }),
  )
})

test('an entry with any bit flipped is not decoded, not signed or not open', () => {
  const bytes = encodeEntry(seal())
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice()
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
    expect(isGood(decodeEntry(crypto, flipped)), `bit ${bit}`).toBe(false)
  }
  expect(isGood(decodeEntry(crypto, bytes))).toBe(true)
})

test('arbitrary bytes are refused or are the one spelling of an entry', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(80), (noise, kept) => {
      const bytes = concat(encodeEntry(seal()).subarray(0, kept), noise)
      const entry = decodeEntry(crypto, bytes)
      if (!isViolation(entry)) expect(encodeEntry(entry)).toEqual(bytes)
    }),
    { numRuns: 500 },
  )
})

describe('an entry binds', () => {
  test('its device: nobody else signed it', () => {
    expect(isSignedBy(crypto, seal(), values.guest.signPk)).toBe(false)
  })

  test('its epoch: no other key opens it', () => {
    expect(openEntry(crypto, seal(), entryKeyOf(crypto, values.fixed('other epoch')))).toMatchObject({
      violation: 'forged',
    })
  })

  test.each<[string, Partial<EntryHeader>]>([
    ['kind', { kind: 'checkpoint' }],
    ['rosterSeq', { rosterSeq: 2 }],
    ['session', { session: 'aa'.repeat(16) as SessionId }],
    ['device', { device: values.guestDevice }],
    ['writer', { writer: '0102030405060708' as WriterId }],
    ['place', { seq: 2, prev: values.entryId }],
  ])('its %s: under another header it has another id and does not open', (_, changed) => {
    const entry = seal()
    const moved = decoded(encodeEntry({ ...entry, ...changed }))
    expect(moved.id).not.toBe(entry.id)
    expect(isSignedBy(crypto, moved, sign.publicKey)).toBe(false)
    expect(openEntry(crypto, moved, entryKey)).toMatchObject({ violation: 'forged' })
  })

  test('its place: equal bodies at two places give unequal ciphertexts', () => {
    const [one, two] = [seal({ seq: 2, prev: values.entryId }), seal({ seq: 3, prev: values.entryId })]
    expect(one.ciphertext).not.toEqual(two.ciphertext)
  })
})

describe('padding', () => {
  test('sizes are always on a Padmé bucket: never more than 12 % above, never two steps in one bucket', () => {
    fc.assert(
      fc.property(fc.nat(MAX_ENTRY_BYTES), (length) => {
        const padded = paddedLength(length)
        expect(padded).toBeGreaterThanOrEqual(length)
        expect(padded).toBeLessThanOrEqual(Math.max(length + 1, length * 1.12))
        expect(paddedLength(padded)).toBe(padded)
        expect(paddedLength(length + 1)).toBeGreaterThanOrEqual(padded)
      }),
    )
  })

  test('an entry shows only the bucket of its length', () => {
    const length = (size: number) => seal({}, { authoredAt: 7, body: new Uint8Array(size) }).ciphertext.length
    const shown = new Set(Array.from({ length: 1_000 }, (_, size) => length(size)))
    expect([...shown].every((size) => paddedLength(size - 16) === size - 16)).toBe(true)
    expect(shown.size).toBeLessThan(80)
  })

  test.each([
    ['not padded', new Uint8Array(0)],
    ['padded beyond its bucket', new Uint8Array(20)],
    ['padded by something else than zeros', Uint8Array.of(1)],
  ])('an inside %s is malformed', (_, padding) => {
    const plain = concat(fromHex('000000000007'), Uint8Array.of(body.length), body, padding)
    expect(openEntry(crypto, forgeInside(plain), entryKey)).toMatchObject({ violation: 'malformed' })
  })

  test('an inside that promises more than there is is malformed', () => {
    const plain = concat(fromHex('000000000007'), Uint8Array.of(60), new Uint8Array(29))
    expect(openEntry(crypto, forgeInside(plain), entryKey)).toMatchObject({ violation: 'malformed' })
  })

  /** An entry whose author sealed `plain` as it is. */
  function forgeInside(plain: Uint8Array): Entry {
    let padded: Uint8Array | undefined
    const watching = {
      ...crypto,
      seal: (...[key, nonce, ad, inside]: Parameters<typeof crypto.seal>) => {
        padded = inside
        return crypto.seal(key, nonce, ad, plain)
      },
    }
    const entry = sealEntry(watching, first, { authoredAt: 7, body }, { entryKey, sign })
    expect(padded?.length).toBe(32)
    return entry
  }
})

test('the size an entry is counted with is about what it takes', () => {
  for (const length of [0, 100, MAX_INLINE_BODY_BYTES]) {
    const entry = seal({}, { authoredAt: 7, body: new Uint8Array(length) })
    expect(Math.abs(sizeOfEntry(entry) - encodeEntry(entry).length)).toBeLessThan(8)
  }
})

describe('limits', () => {
  test('the largest inline body fits, and a body that makes too large an entry is our own mistake', () => {
    const largest = seal({}, { authoredAt: 0, body: new Uint8Array(MAX_INLINE_BODY_BYTES) })
    expect(isGood(decodeEntry(crypto, encodeEntry(largest)))).toBe(true)
    expect(() => seal({}, { authoredAt: 0, body: new Uint8Array(MAX_ENTRY_BYTES) })).toThrow(AssertionFailed)
  })

  test('a ciphertext is at most MAX_ENTRY_BYTES long and at least as long as an empty inside', () => {
    const ofLength = (length: number) =>
      decodeEntry(crypto, encodeEntry({ ...seal(), ciphertext: new Uint8Array(length) }))
    expect(isViolation(ofLength(MAX_ENTRY_BYTES))).toBe(false)
    expect(isViolation(ofLength(MAX_ENTRY_BYTES + 1))).toBe(true)
    expect(isViolation(ofLength(23))).toBe(false)
    expect(isViolation(ofLength(22))).toBe(true)
  })

  test.each<[string, Partial<EntryHeader>, boolean]>([
    ['rosterSeq at its limit', { rosterSeq: MAX_ROSTER_RECORDS }, true],
    ['rosterSeq beyond', { rosterSeq: MAX_ROSTER_RECORDS + 1 }, false],
    ['seq at its limit', { seq: MAX_SEQ, prev: values.entryId }, true],
    ['seq beyond', { seq: MAX_SEQ + 1, prev: values.entryId }, false],
    ['a seq of 0', { seq: 0 }, false],
    ['a seq of 0 with one before it', { seq: 0, prev: values.entryId }, false],
    ['a first entry with one before it', { seq: 1, prev: values.entryId }, false],
    ['a later entry with none before it', { seq: 2, prev: NO_ENTRY }, false],
  ])('%s is decoded or not', (_, header, taken) => {
    expect(!isViolation(decodeEntry(crypto, encodeEntry(seal(header))))).toBe(taken)
  })

  test('another version and an unknown kind are refused', () => {
    for (const [at, byte] of [
      [0, 0],
      [0, 2],
      [1, 5],
      [1, 255],
    ] as const) {
      const bytes = encodeEntry(seal())
      bytes[at] = byte
      expect(decodeEntry(crypto, bytes)).toMatchObject({ violation: 'malformed' })
    }
  })
})
