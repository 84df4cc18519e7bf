/** What stands for many entries: heads, checkpoints and blobs; and presence, which is no entry at all. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat, fromHex, toUtf8 } from '../../src/base/bytes.ts'
import { idOf, type SessionId, type WriterId } from '../../src/base/ids.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { type Adopted, decodeAdoption, encodeAdoption } from '../../src/wire/adoption.ts'
import { blobIdOf, openBlob, pieceCount, pieceLength, sealBlob, sealPiece } from '../../src/wire/blob.ts'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../src/wire/checkpoint.ts'
import { digestOfHeads } from '../../src/wire/heads.ts'
import {
  BLOB_PIECE_BYTES,
  MAX_ADOPTED_CHAINS,
  MAX_CHECKPOINT_BYTES,
  MAX_CLOCK,
  MAX_INLINE_BODY_BYTES,
  MAX_PRESENCE_BYTES,
  MAX_SEQ,
} from '../../src/wire/limits.ts'
import {
  clientIdOf,
  decodePresence,
  isPresenceSignedBy,
  type Presence,
  sealPresence,
} from '../../src/wire/presence.ts'
import { isViolation } from '../../src/wire/violation.ts'
import * as any from './arbitrary.ts'
import { expectStrict } from './mistreat.ts'
import * as values from './values.ts'

const crypto = await loadCrypto()

describe('an adoption', () => {
  const one: Adopted = { device: values.ownerDevice, writer: values.writer, seq: 300, id: values.entryId }

  test('is a list of device, writer, seq and id, and nothing else', () => {
    const place = `${one.device}${one.writer}`
    const bytes = fromHex(`02${place}ac02${one.id}${place}00${one.id}`)
    const adopted = [one, { ...one, seq: 0 }]
    expect(encodeAdoption(adopted)).toEqual(bytes)
    expect(decodeAdoption(bytes)).toEqual(adopted)
    expect(decodeAdoption(Uint8Array.of(0))).toEqual([])
    expectStrict(bytes, (given) => !isViolation(decodeAdoption(given)))
    expect(decodeAdoption(bytes.subarray(1))).toMatchObject({ violation: 'malformed' })
  })

  test('names as many chains as it may and no more, up to the last seq', () => {
    const takes = (adopted: readonly Adopted[]) => !isViolation(decodeAdoption(encodeAdoption(adopted)))
    const many = Array.from({ length: MAX_ADOPTED_CHAINS }, () => one)
    expect(takes(many)).toBe(true)
    expect(takes([...many, one])).toBe(false)
    expect(takes([{ ...one, seq: MAX_SEQ }])).toBe(true)
    expect(takes([{ ...one, seq: MAX_SEQ + 1 }])).toBe(false)
  })
})

describe('heads', () => {
  test('have one digest in any order, and another when anything is held or applied differently', () => {
    const chains = fc.uniqueArray(any.head, {
      minLength: 1,
      maxLength: 5,
      selector: (head) => head.device + head.writer,
    })
    fc.assert(
      fc.property(chains, fc.nat(), (heads, at) => {
        const digest = digestOfHeads(crypto, heads)
        expect(digestOfHeads(crypto, [...heads].reverse())).toEqual(digest)
        const change = heads[at % heads.length]!
        const replaced = (changed: Partial<typeof change>) =>
          digestOfHeads(
            crypto,
            heads.map((head) => (head === change ? { ...head, ...changed } : head)),
          )
        expect(replaced({ held: change.held + 1 }).held).not.toEqual(digest.held)
        expect(replaced({ applied: change.applied + 1 }).applied).not.toEqual(digest.applied)
        expect(replaced({ applied: change.applied + 1 }).held).toEqual(digest.held)
      }),
    )
  })

  test('a chain of which nothing is applied does not change what is applied', () => {
    const [one, two] = values.HEADS
    expect(digestOfHeads(crypto, [one!, two!]).applied).toEqual(digestOfHeads(crypto, [one!]).applied)
  })
})

describe('a checkpoint', () => {
  const [inline, referring] = values.CHECKPOINTS as [Checkpoint, Checkpoint]
  const head = inline.heads[0]!
  const takes = (checkpoint: Checkpoint): boolean =>
    !isViolation(decodeCheckpoint(encodeCheckpoint(checkpoint)))
  const blobOf = (size: number): Checkpoint => ({
    ...referring,
    state: { kind: 'blob', reference: { blob: values.blob, size, key: values.epochKey } },
  })

  test('comes back as it was, and noise is refused or encodes to itself', () => {
    fc.assert(
      fc.property(any.checkpoint, fc.nat(), fc.uint8Array({ maxLength: 40 }), (checkpoint, kept, noise) => {
        const bytes = encodeCheckpoint(checkpoint)
        expect(decodeCheckpoint(bytes)).toEqual(checkpoint)
        const mixed = concat(bytes.subarray(0, kept % bytes.length), noise)
        const read = decodeCheckpoint(mixed)
        if (!isViolation(read)) expect(encodeCheckpoint(read)).toEqual(mixed)
      }),
      { numRuns: 500 },
    )
  })

  test.each<[string, Checkpoint, boolean]>([
    ['a chain listed twice', { ...inline, heads: [head, { ...head, seq: 1 }] }, false],
    [
      'one writer id of two devices',
      { ...inline, heads: [head, { ...head, device: values.guestDevice }] },
      true,
    ],
    [
      'a clientID listed twice',
      { ...inline, free: [inline.free[0]!, { ...inline.free[0]!, clock: 1 }] },
      false,
    ],
    ['a head of no entry', { ...inline, heads: [{ ...head, seq: 0 }] }, false],
    ['the last seq', { ...inline, heads: [{ ...head, seq: MAX_SEQ }] }, true],
    ['a seq beyond', { ...inline, heads: [{ ...head, seq: MAX_SEQ + 1 }] }, false],
    ['the last clock', { ...inline, heads: [{ ...head, nextClock: MAX_CLOCK }] }, true],
    ['a clock beyond', { ...inline, heads: [{ ...head, nextClock: MAX_CLOCK + 1 }] }, false],
    ['a free clock beyond', { ...inline, free: [{ clientID: 1, clock: MAX_CLOCK + 1 }] }, false],
    [
      'the largest inline state',
      { ...inline, state: { kind: 'inline', bytes: new Uint8Array(MAX_INLINE_BODY_BYTES) } },
      true,
    ],
    [
      'a larger inline state',
      { ...inline, state: { kind: 'inline', bytes: new Uint8Array(MAX_INLINE_BODY_BYTES + 1) } },
      false,
    ],
    ['the largest blob', blobOf(MAX_CHECKPOINT_BYTES), true],
    ['a larger blob', blobOf(MAX_CHECKPOINT_BYTES + 1), false],
  ])('with %s is taken or not', (_, checkpoint, taken) => {
    expect(takes(checkpoint)).toBe(taken)
  })

  test('that is none is malformed', () => {
    expect(decodeCheckpoint(new Uint8Array(3))).toMatchObject({ violation: 'malformed' })
  })
})

describe('a blob', () => {
  const sizes = [0, 1, BLOB_PIECE_BYTES - 1, BLOB_PIECE_BYTES, BLOB_PIECE_BYTES + 1, 2 * BLOB_PIECE_BYTES]

  test.each(sizes)('of %i bytes comes back', (size) => {
    const plain = values.fixed('blob', size)
    const { reference, pieces } = sealBlob(crypto, plain)
    expect(pieces.map((piece) => piece.length)).toEqual(
      Array.from({ length: pieceCount(size) }, (_, index) => pieceLength(size, index)),
    )
    expect(openBlob(crypto, reference, pieces)).toEqual(plain)
  })

  test('opens only whole, in order, unchanged and under its own key', () => {
    const { reference, pieces } = sealBlob(crypto, values.fixed('blob', BLOB_PIECE_BYTES * 2))
    const [one, two] = pieces as [Uint8Array, Uint8Array]
    const changed = two.slice()
    changed[9] = (changed[9] as number) ^ 1
    for (const wrong of [[], [one], [two, one], [one, changed], [one, two, two], [one, one]]) {
      expect(openBlob(crypto, reference, wrong)).toBeUndefined()
    }
    expect(openBlob(crypto, { ...reference, key: values.fixed('other key') }, pieces)).toBeUndefined()
  })

  test('has the size its reference says', () => {
    const { reference, pieces } = sealBlob(crypto, values.fixed('blob', 100))
    for (const size of [0, 99, 101, BLOB_PIECE_BYTES, BLOB_PIECE_BYTES + 1]) {
      expect(openBlob(crypto, { ...reference, size }, pieces)).toBeUndefined()
    }
  })

  test('is what its reference names: other bytes of the same length under the same key are not', () => {
    const { reference } = sealBlob(crypto, values.fixed('blob', 100))
    const other = sealPiece(crypto, reference.key, values.fixed('other blob', 100), 0)
    expect(openBlob(crypto, reference, [other])).toBeUndefined()
  })

  test('is as long as its reference says, also where its author named fewer or shorter pieces', () => {
    const plain = values.fixed('blob', BLOB_PIECE_BYTES + 100)
    const { reference, pieces } = sealBlob(crypto, plain)
    const naming = (some: readonly Uint8Array[], size: number) =>
      openBlob(crypto, { ...reference, blob: blobIdOf(crypto, some), size }, some)
    expect(naming(pieces, plain.length)).toEqual(plain)
    expect(naming(pieces.slice(0, 1), plain.length)).toBeUndefined()
    expect(naming(pieces, plain.length + 1)).toBeUndefined()
  })

  test('is sealed under a fresh key each time', () => {
    const [one, two] = [sealBlob(crypto, values.epochKey), sealBlob(crypto, values.epochKey)]
    expect(one.reference.blob).not.toBe(two.reference.blob)
  })
})

describe('a presence', () => {
  const { session } = values
  const sign = crypto.signKeys(values.SEEDS.guestSign)
  const here = values.PRESENCES[1]!
  const cursorOf = (count: number, length: number): Presence['cursor'] => ({
    root: 'main',
    ranges: Array.from({ length: count }, () => ({
      anchor: new Uint8Array(length),
      head: new Uint8Array(length),
    })),
  })
  const rangeOf = (byte: number, length: number) => ({
    anchor: new Uint8Array(length).fill(byte),
    head: new Uint8Array(length).fill(byte),
  })
  const seal = (presence: Presence) => decodePresence(sealPresence(crypto, session, presence, sign))

  test('comes back signed, and noise is refused or is its one spelling', () => {
    fc.assert(
      fc.property(any.presence, fc.nat(), fc.uint8Array({ maxLength: 80 }), (presence, kept, noise) => {
        const bytes = sealPresence(crypto, session, presence, sign)
        const signed = decodePresence(bytes)
        expect(signed).toMatchObject({ presence })
        const mixed = decodePresence(concat(bytes.subarray(0, kept % bytes.length), noise))
        if (!isViolation(mixed)) expect(mixed.signed.length + 64).toBe((kept % bytes.length) + noise.length)
      }),
      { numRuns: 200 },
    )
  })

  test('is signed for one session by one device', () => {
    const signed = seal(here)
    const isBy = (id: SessionId, key: Uint8Array) =>
      !isViolation(signed) && isPresenceSignedBy(crypto, id, signed, key)
    expect(isBy(session, values.guest.signPk)).toBe(true)
    expect(isBy('ab'.repeat(16) as SessionId, values.guest.signPk)).toBe(false)
    expect(isBy(session, values.owner.signPk)).toBe(false)
  })

  test('with any bit flipped is refused or not signed', () => {
    const bytes = sealPresence(crypto, session, here, sign)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      const signed = decodePresence(flipped)
      expect(!isViolation(signed) && isPresenceSignedBy(crypto, session, signed, values.guest.signPk)).toBe(
        false,
      )
    }
  })

  test('drops selections from the end until it fits', () => {
    const signed = seal({ ...here, cursor: cursorOf(16, 60) })
    const ranges = isViolation(signed) ? [] : (signed.presence.cursor?.ranges ?? [])
    expect(ranges.length).toBeGreaterThan(0)
    expect(ranges.length).toBeLessThan(16)
    expect(
      sealPresence(crypto, session, { ...here, cursor: cursorOf(16, 60) }, sign).length,
    ).toBeLessThanOrEqual(MAX_PRESENCE_BYTES)
  })

  test('keeps all selections that just fit, and the first of those that do not', () => {
    const cursorOf = (length: number) => ({
      root: 'main',
      ranges: [0, 1, 2].map((byte) => rangeOf(byte, 60)).concat(rangeOf(3, length)),
    })
    const lengthOf = (length: number) =>
      sealPresence(crypto, session, { ...here, name: 'Bob', cursor: cursorOf(length) }, sign).length
    const rangesOf = (length: number) => {
      const signed = seal({ ...here, name: 'Bob', cursor: cursorOf(length) })
      return isViolation(signed) ? undefined : signed.presence.cursor?.ranges
    }
    const fits = (MAX_PRESENCE_BYTES - lengthOf(0)) / 2
    expect([Number.isInteger(fits), lengthOf(fits)]).toEqual([true, MAX_PRESENCE_BYTES])
    expect(rangesOf(fits)).toEqual(cursorOf(fits).ranges)
    expect(rangesOf(fits + 1)).toEqual(cursorOf(fits).ranges.slice(0, 3))
  })

  test('shows no cursor where not even one selection fits', () => {
    const cursor = { root: 'r'.repeat(200), ranges: [rangeOf(0, 200)] }
    const signed = seal({ ...here, cursor })
    expect(!isViolation(signed) && signed.presence.cursor).toBeUndefined()
  })

  test('keeps at most 16 selections', () => {
    const signed = seal({ ...here, cursor: cursorOf(20, 1) })
    expect(!isViolation(signed) && signed.presence.cursor?.ranges).toHaveLength(16)
  })

  test.each<[string, Partial<Presence>, boolean]>([
    ['the longest position', { cursor: cursorOf(1, 64) }, true],
    ['a longer one', { cursor: cursorOf(1, 65) }, false],
    ['the longest name', { name: 'a'.repeat(64) }, true],
    ['a longer one', { name: 'a'.repeat(65) }, false],
    ['the last colour', { color: 11 }, true],
    ['a colour outside the palette', { color: 12 }, false],
    ['the last counter', { counter: Number.MAX_SAFE_INTEGER }, true],
  ])('with %s (%o) is taken or not', (_, changed, taken) => {
    expect(!isViolation(seal({ ...here, ...changed }))).toBe(taken)
  })

  test('of a phase nobody knows is refused', () => {
    const bytes = sealPresence(
      crypto,
      session,
      { ...here, cursor: undefined, place: 'front', hand: 'down' },
      sign,
    )
    const stateAt = bytes.length - 64 - 1 - 1 - toUtf8(here.name).length - 1
    expect(isViolation(decodePresence(bytes.with(stateAt, 3)))).toBe(false)
    for (const state of [4, 31])
      expect(decodePresence(bytes.with(stateAt, state))).toMatchObject({ violation: 'malformed' })
  })

  test('beyond its limit is refused unread', () => {
    expect(decodePresence(new Uint8Array(MAX_PRESENCE_BYTES))).toMatchObject({ violation: 'malformed' })
    expect(decodePresence(new Uint8Array(MAX_PRESENCE_BYTES + 1))).toMatchObject({ violation: 'oversized' })
  })

  test("a writer's clientID has at most 53 bits and uses all of them", () => {
    const ids = Array.from({ length: 500 }, (_, index) =>
      clientIdOf(crypto, values.guest.signPk, idOf<WriterId>(values.fixed(`writer ${index}`, 8))),
    )
    expect(ids.every((id) => Number.isSafeInteger(id) && id >= 0)).toBe(true)
    expect(ids.some((id) => id >= 2 ** 52)).toBe(true)
    expect(ids.some((id) => id % 2 === 1)).toBe(true)
    expect(new Set(ids).size).toBe(ids.length)
    expect(clientIdOf(crypto, values.owner.signPk, values.writer)).not.toBe(
      clientIdOf(crypto, values.guest.signPk, values.writer),
    )
  })
})
