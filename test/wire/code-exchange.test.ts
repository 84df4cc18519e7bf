/** Messages in a slot: one spelling each, strict, bounded. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type InstanceId, idOf, type TopicId } from '../../src/base/ids.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import {
  type CodeMessage,
  codeChannel,
  codeKeys,
  decodeCodeMessage,
  encodeCodeMessage,
  linkSecret,
  openLink,
  sealLink,
} from '../../src/wire/code-exchange.ts'
import { MAX_FRAGMENT_CHARACTERS } from '../../src/wire/invite-link.ts'
import { MAX_SIGNAL_BYTES } from '../../src/wire/limits.ts'
import { fixedBytes } from '../crypto/twin.ts'
import { expectStrict } from './mistreat.ts'

const crypto = await loadCrypto()
const keys = codeKeys(crypto, fixedBytes('agreed', 64))
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const instance = bytes(8).map((raw) => idOf<InstanceId>(raw))

const anyMessage: fc.Arbitrary<CodeMessage> = fc.oneof(
  fc.record({ kind: fc.constantFrom('share', 'answer'), instance, point: bytes(32) }),
  fc.record({ kind: fc.constant('confirm'), tag: bytes(32) }),
  fc.record({ kind: fc.constant('link'), tag: bytes(32), sealed: fc.uint8Array({ maxLength: 414 }) }),
  fc.constant({ kind: 'spent' }),
) as fc.Arbitrary<CodeMessage>

const takes = (given: Uint8Array): boolean => typeof decodeCodeMessage(given) === 'object'

test('every message comes back as it was', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      expect(decodeCodeMessage(encodeCodeMessage(message))).toEqual(message)
    }),
  )
})

test('every message has one spelling', () => {
  fc.assert(
    fc.property(anyMessage, (message) => expectStrict(encodeCodeMessage(message), takes)),
    { numRuns: 20 },
  )
})

test('any bytes give a message that is spelled so, or none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (given) => {
      const message = decodeCodeMessage(given)
      if (typeof message === 'object') expect(encodeCodeMessage(message)).toEqual(given)
    }),
  )
})

test('another version is told apart from noise', () => {
  expect(decodeCodeMessage(Uint8Array.of(2, 0))).toBe('other-version')
  expect(decodeCodeMessage(Uint8Array.of(1, 5))).toBeUndefined()
  expect(decodeCodeMessage(new Uint8Array(0))).toBeUndefined()
})

test('the longest link fits a blob, and a longer one is refused', () => {
  const tag = fixedBytes('tag', 32)
  const longest = sealLink(crypto, keys, linkSecret('a'.repeat(MAX_FRAGMENT_CHARACTERS)))
  const blob = encodeCodeMessage({ kind: 'link', tag, sealed: longest })
  expect(blob.length).toBeLessThan(MAX_SIGNAL_BYTES)
  expect(takes(blob)).toBe(true)
  const longer = sealLink(crypto, keys, linkSecret('a'.repeat(MAX_FRAGMENT_CHARACTERS + 1)))
  expect(takes(encodeCodeMessage({ kind: 'link', tag, sealed: longer }))).toBe(false)
})

test('a link opens under its own key alone, and only as text', () => {
  const sealed = sealLink(crypto, keys, linkSecret('AQabc'))
  expect(openLink(crypto, keys, sealed)).toBe('AQabc')
  expect(openLink(crypto, codeKeys(crypto, fixedBytes('another', 64)), sealed)).toBeUndefined()
  const saying = (...plain: number[]) =>
    openLink(crypto, keys, crypto.sealCounted(keys.sealing, 0, new Uint8Array(0), Uint8Array.from(plain)))
  expect(saying(0xff)).toBeUndefined()
  expect(saying(0x41, 0xc3, 0xa4)).toBeUndefined()
  expect(saying(0x41, 0x7f)).toBe('A\u007f')
})

test('every part of the place is in the channel, and no two places spell one channel', () => {
  const place = fc.record({
    slot: fc.nat(10_000),
    origin: fc.string({ maxLength: 20 }),
    topic: fc.constant(idOf<TopicId>(fixedBytes('topic', 32))),
    joiner: fc.nat(3),
    inviter: fc.nat(3),
  })
  fc.assert(
    fc.property(place, place, (one, other) => {
      const isSamePlace = JSON.stringify(one) === JSON.stringify(other)
      const isSameChannel = Buffer.from(codeChannel(one)).equals(codeChannel(other))
      expect(isSameChannel).toBe(isSamePlace)
    }),
  )
})
