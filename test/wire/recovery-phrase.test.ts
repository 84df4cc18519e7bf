/** A key as 26 words: there and back, however it is typed, and no slip goes unnoticed. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHex, toUtf8 } from '../../src/base/bytes.ts'
import { Secret } from '../../src/base/secret.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { decodePhrase, encodePhrase, isPhraseProblem, PHRASE_WORDS } from '../../src/wire/recovery-phrase.ts'
import { WORDS } from '../../src/wire/words.ts'
import { fixedBytes } from '../crypto/twin.ts'
import { bytes } from './arbitrary.ts'

const crypto = await loadCrypto()
const PHRASE = encodePhrase(crypto, new Secret(fixedBytes('a root seed', 32)))

function seedOf(text: string): string | object {
  const read = decodePhrase(crypto, text)
  return isPhraseProblem(read) ? read : toHex(read.reveal())
}

test('every seed becomes 26 words, and they become that seed again', () => {
  const ends = [new Uint8Array(32), new Uint8Array(32).fill(255)]
  fc.assert(
    fc.property(fc.oneof(bytes(32), fc.constantFrom(...ends)), (seed) => {
      const phrase = encodePhrase(crypto, new Secret(seed))
      expect(phrase.split(' ')).toHaveLength(PHRASE_WORDS)
      expect(seedOf(phrase)).toBe(toHex(seed))
    }),
  )
})

test('case, line ends, numbers of a list and commas do not matter', () => {
  const words = PHRASE.split(' ')
  const listed = words.map((word, at) => `${at + 1}. ${word.toUpperCase()},`).join('\r\n')
  expect(seedOf(`  ${listed} `)).toEqual(seedOf(PHRASE))
})

test('a word that is in no phrase is named with its place, and with the word that was meant', () => {
  const words = PHRASE.split(' ')
  words[6] = 'walrsu'
  expect(seedOf(words.join(' '))).toEqual({
    problem: 'unknown-word',
    at: 7,
    word: 'walrsu',
    suggestion: 'walrus',
  })
})

test('too few and too many words are counted', () => {
  const words = PHRASE.split(' ')
  for (const given of [[], words.slice(1), [...words, 'walrus']])
    expect(seedOf(given.join(' '))).toEqual({ problem: 'count', count: given.length })
  const longest = PHRASE.padEnd(1_000)
  expect(seedOf(longest)).toBe(seedOf(PHRASE))
  expect(seedOf(`${longest} `)).toEqual({ problem: 'count', count: PHRASE_WORDS + 1 })
})

test('words that are no phrase, and more than a key holds, are mixed up', () => {
  expect(
    seedOf(`${PHRASE.split(' ').slice(0, -1).join(' ')} ${PHRASE.endsWith('walrus') ? 'otter' : 'walrus'}`),
  ).toEqual({
    problem: 'mixed-up',
  })
  // 26 words hold 266 bits and more; a check that fits is found for a key of 257 bits too
  const base = BigInt(WORDS.length)
  const seed = new Uint8Array(32)
  const [first = 0, second = 0] = crypto.hash(32, toUtf8('coterie/1/recovery-phrase'), seed)
  let rest = (1n << 266n) | BigInt(((first << 8) | second) >> 6)
  const words: string[] = []
  for (let at = 0; at < PHRASE_WORDS; at++, rest /= base) words.unshift(WORDS[Number(rest % base)] ?? '')
  expect(rest).toBe(0n)
  expect(seedOf(words.join(' '))).toEqual({ problem: 'mixed-up' })
})

test('of all phrases with one other word, or two that changed places, hardly any passes', () => {
  const words = PHRASE.split(' ')
  const wrong: string[] = []
  for (let at = 0; at < PHRASE_WORDS; at++) {
    for (const other of WORDS.filter((_, index) => index % 25 === at % 25)) {
      if (other !== words[at]) wrong.push(words.with(at, other).join(' '))
    }
    const next = (at + 1) % PHRASE_WORDS
    wrong.push(
      words
        .with(at, words[next] ?? '')
        .with(next, words[at] ?? '')
        .join(' '),
    )
  }
  const passed = wrong.filter((phrase) => typeof seedOf(phrase) === 'string')
  expect(wrong.length).toBeGreaterThan(1_000)
  expect(passed.length).toBeLessThan(8) // one in 1,024 at random
})
