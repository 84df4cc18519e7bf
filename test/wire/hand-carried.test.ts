/** Texts that people carry: whole, damaged, cut short, pasted twice, in the wrong field, too old. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssertionFailed } from '../../src/base/assert.ts'
import { concat, fromBase64url, toBase64url, toHex, toUtf8 } from '../../src/base/bytes.ts'
import { type DeviceId, type InstanceId, idOf, type SessionId } from '../../src/base/ids.ts'
import { Secret } from '../../src/base/secret.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import {
  type CarriedAnswer,
  type CarriedOffer,
  carriedPsk,
  encodeAnswer,
  encodeOffer,
  openAnswer,
  readAnswer,
  readOffer,
} from '../../src/wire/hand-carried.ts'
import {
  CARRIED_LIFETIME_MS,
  MAX_CARRIED_CHARACTERS,
  MAX_CARRIED_SIGNALS_BYTES,
} from '../../src/wire/limits.ts'
import { fixedBytes } from '../crypto/twin.ts'

const crypto = await loadCrypto()
const MADE_AT = 1_800_000_000_000

function offerWith(change: Partial<CarriedOffer> = {}): CarriedOffer {
  return {
    direction: 'offer',
    session: idOf<SessionId>(fixedBytes('session', 16)),
    rosterSeq: 3,
    seed: new Secret(fixedBytes('seed', 16)),
    offer: toHex(fixedBytes('offer', 8)),
    madeAt: MADE_AT,
    instance: idOf<InstanceId>(fixedBytes('instance', 8)),
    device: idOf<DeviceId>(fixedBytes('device', 16)),
    signals: fixedBytes('signals', 150),
    ...change,
  }
}

const OFFER = offerWith()
const ANSWER = {
  instance: idOf<InstanceId>(fixedBytes('their instance', 8)),
  signals: fixedBytes('answer', 140),
}
const OFFER_TEXT = encodeOffer(crypto, OFFER)
const ANSWER_TEXT = encodeAnswer(crypto, OFFER, ANSWER)

function opened(text: string, offer = OFFER, now = MADE_AT + 60_000) {
  const answer = readAnswer(crypto, text)
  return typeof answer === 'string' ? answer : openAnswer(crypto, offer, answer, now)
}

/** With the checksum these bytes have. */
function checked(bytes: Uint8Array): string {
  return toBase64url(concat(bytes, crypto.hash(16, toUtf8('coterie/1/carried'), bytes).subarray(0, 4)))
}

describe('an offer and its answer', () => {
  test('keep nothing of the text they were read from but what they say', () => {
    const offer = readOffer(crypto, OFFER_TEXT) as CarriedOffer
    const answer = readAnswer(crypto, ANSWER_TEXT) as CarriedAnswer
    for (const bytes of [offer.seed.reveal(), offer.signals, answer.salt, answer.sealed])
      expect(bytes.buffer.byteLength).toBe(bytes.length)
    expect([offer.direction, answer.direction]).toEqual(['offer', 'answer'])
  })

  test('are never longer than 600 characters: signals that were not bounded are our own bug', () => {
    expect(() => encodeOffer(crypto, offerWith({ signals: new Uint8Array(400) }))).toThrow(AssertionFailed)
  })

  test('come back as they were', () => {
    const offer = readOffer(crypto, OFFER_TEXT) as CarriedOffer
    expect({ ...offer, seed: offer.seed.reveal() }).toEqual({ ...OFFER, seed: OFFER.seed.reveal() })
    expect(opened(ANSWER_TEXT)).toEqual(ANSWER)
  })

  test('are at most 600 characters long, however much there is to say', () => {
    const signals = fixedBytes('signals', MAX_CARRIED_SIGNALS_BYTES)
    const largest = offerWith({ rosterSeq: 4_096, signals })
    expect(encodeOffer(crypto, largest).length).toBeLessThanOrEqual(MAX_CARRIED_CHARACTERS)
    const answer = encodeAnswer(crypto, largest, { ...ANSWER, signals })
    expect(answer.length).toBeLessThanOrEqual(MAX_CARRIED_CHARACTERS)
    expect(opened(answer, largest)).toEqual({ ...ANSWER, signals })
  })

  test('survive line breaks and spaces on the way, and being pasted twice', () => {
    const broken = ` ${OFFER_TEXT.replace(/(.{60})/g, '$1\r\n  ')}\n`
    expect(readOffer(crypto, broken)).toMatchObject({ offer: OFFER.offer })
    expect(readOffer(crypto, OFFER_TEXT + OFFER_TEXT)).toMatchObject({ offer: OFFER.offer })
    expect(readOffer(crypto, `${OFFER_TEXT}\n${OFFER_TEXT}`)).toMatchObject({ offer: OFFER.offer })
    expect(opened(ANSWER_TEXT + ANSWER_TEXT)).toEqual(ANSWER)
  })

  test('answer differently each time, and show nothing of what they say', () => {
    expect(encodeAnswer(crypto, OFFER, ANSWER)).not.toBe(ANSWER_TEXT)
    expect(toHex(fromBase64url(ANSWER_TEXT)!)).not.toContain(toHex(ANSWER.signals).slice(0, 16))
  })

  test('give both sides one key, and another offer another', () => {
    const read = readOffer(crypto, OFFER_TEXT) as CarriedOffer
    expect(carriedPsk(crypto, read)).toEqual(carriedPsk(crypto, OFFER))
    const other = carriedPsk(crypto, offerWith({ offer: toHex(fixedBytes('other', 8)) }))
    expect(other.key).not.toEqual(carriedPsk(crypto, OFFER).key)
  })
})

describe('a text that went wrong on the way', () => {
  test('is cut short, wherever it was cut', () => {
    for (let length = 8; length < OFFER_TEXT.length; length++)
      expect(readOffer(crypto, OFFER_TEXT.slice(0, length)), `at ${length}`).toBe('cut-short')
    for (let length = 0; length < 6; length++)
      expect(readOffer(crypto, OFFER_TEXT.slice(0, length))).toBe('not-carried')
  })

  test('is damaged when a letter changed', () => {
    const change = fc.tuple(
      fc.integer({ min: 6, max: OFFER_TEXT.length - 1 }),
      fc.constantFrom('A', 'x', '_'),
    )
    fc.assert(
      fc.property(change, ([at, letter]) => {
        fc.pre(OFFER_TEXT[at] !== letter)
        expect(readOffer(crypto, OFFER_TEXT.slice(0, at) + letter + OFFER_TEXT.slice(at + 1))).toBe('damaged')
      }),
    )
  })

  test('is damaged when something else was copied behind it', () => {
    for (const more of ['A', 'AB', 'AAAA']) expect(readOffer(crypto, OFFER_TEXT + more)).toBe('damaged')
    expect(readOffer(crypto, OFFER_TEXT + ANSWER_TEXT.slice(0, 80))).toBe('damaged')
  })

  test('is no such text', () => {
    for (const text of ['', 'hello', 'https://host/#AQabc', OFFER_TEXT.slice(3), 'A'.repeat(5_000), '🐶'])
      expect(readOffer(crypto, text)).toBe('not-carried')
  })

  test('is damaged whatever its last letter became, and where it says it is too short to be one', () => {
    const all = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (const letter of all.replace(OFFER_TEXT.at(-1) ?? '', ''))
      expect(readOffer(crypto, OFFER_TEXT.slice(0, -1) + letter)).toBe('damaged')
    for (const length of [0, 3]) {
      const bytes = concat(Uint8Array.of(1, 1, 0, length), new Uint8Array(length))
      expect(readOffer(crypto, toBase64url(bytes))).toBe('damaged')
    }
  })

  test('is none beyond 600 letters, or with a letter that is none', () => {
    expect(readOffer(crypto, OFFER_TEXT.padEnd(MAX_CARRIED_CHARACTERS, 'A'))).toBe('damaged')
    expect(readOffer(crypto, OFFER_TEXT.padEnd(MAX_CARRIED_CHARACTERS + 1, 'A'))).toBe('not-carried')
    for (const at of [0, 20, OFFER_TEXT.length - 1])
      expect(readOffer(crypto, `${OFFER_TEXT.slice(0, at)}!${OFFER_TEXT.slice(at + 1)}`)).toBe('not-carried')
  })

  test('holds no offer, though nothing is missing from the text', () => {
    const bytes = fromBase64url(OFFER_TEXT)!.slice(0, -5)
    bytes[3] = bytes.length
    expect(readOffer(crypto, checked(bytes))).toBe('damaged')
  })

  test('never throws, whatever was pasted', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.uint8Array({ maxLength: 460 }).map(toBase64url)), (text) => {
        expect(typeof readOffer(crypto, text)).toBe('string')
        expect(typeof readAnswer(crypto, text)).toBe('string')
      }),
    )
  })
})

describe('a text in the wrong place', () => {
  test('goes the other way', () => {
    expect(readOffer(crypto, ANSWER_TEXT)).toBe('wrong-direction')
    expect(readAnswer(crypto, OFFER_TEXT)).toBe('wrong-direction')
  })

  test('answers another session, or an offer that is no longer open', () => {
    const elsewhere = offerWith({ session: idOf<SessionId>(fixedBytes('elsewhere', 16)) })
    expect(opened(encodeAnswer(crypto, elsewhere, ANSWER))).toBe('other-session')
    const before = offerWith({ offer: toHex(fixedBytes('before', 8)) })
    expect(opened(encodeAnswer(crypto, before, ANSWER))).toBe('other-offer')
  })

  test('is not opened by who only saw which offer it belongs to', () => {
    const guessed = offerWith({ seed: new Secret(fixedBytes('guessed', 16)) })
    expect(opened(ANSWER_TEXT, guessed)).toBe('damaged')
  })

  test('was made by another version', () => {
    const bytes = fromBase64url(OFFER_TEXT)!.slice(0, -4)
    for (const direction of [1, 3]) {
      const later = bytes.with(0, 2).with(1, direction)
      expect(readOffer(crypto, checked(later))).toBe('other-version')
      const unchecked = toBase64url(concat(later, new Uint8Array(4)))
      expect(readOffer(crypto, unchecked)).toBe('not-carried')
      expect(readOffer(crypto, `${checked(later)}AAAA`)).toBe('not-carried')
      expect(readOffer(crypto, checked(later).slice(0, -1))).toBe('not-carried')
    }
  })

  test('goes a way this version does not know', () => {
    const bytes = fromBase64url(OFFER_TEXT)!.slice(0, -4)
    expect(readOffer(crypto, checked(bytes))).toMatchObject({ direction: 'offer' })
    for (const direction of [0, 3])
      expect(readOffer(crypto, checked(bytes.with(1, direction)))).toBe('not-carried')
  })
})

describe('age', () => {
  test('an answer works for 15 minutes, by the clock of who made the offer', () => {
    expect(opened(ANSWER_TEXT, OFFER, MADE_AT + 600_000)).toEqual(ANSWER)
    expect(opened(ANSWER_TEXT, OFFER, MADE_AT + CARRIED_LIFETIME_MS)).toEqual(ANSWER)
    expect(opened(ANSWER_TEXT, OFFER, MADE_AT + CARRIED_LIFETIME_MS + 1)).toBe('too-old')
  })

  test('a clock an hour wrong on the other side changes nothing', () => {
    const read = readOffer(crypto, OFFER_TEXT) as CarriedOffer
    const answer = readAnswer(crypto, encodeAnswer(crypto, read, ANSWER)) as CarriedAnswer
    expect(openAnswer(crypto, OFFER, answer, MADE_AT + 1_000)).toEqual(ANSWER)
  })
})
