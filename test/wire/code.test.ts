/** Spoken codes: however they are typed, and every slip caught. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import {
  drawWords,
  formatCode,
  isCodeProblem,
  meansCode,
  parseCode,
  suggestionFor,
} from '../../src/wire/code.ts'
import { MAX_SLOTS } from '../../src/wire/limits.ts'
import { WORDS } from '../../src/wire/words.ts'

const crypto = await loadCrypto()
const WALRUS = { slot: 7, words: ['walrus', 'lantern'] }

const anyCode = fc.record({
  slot: fc.integer({ min: 1, max: MAX_SLOTS }),
  words: fc.tuple(fc.constantFrom(...WORDS), fc.constantFrom(...WORDS)),
})

function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1]
    for (const [index, theirs] of [...other].entries()) {
      const replaced = row[index]! + (letter === theirs ? 0 : 1)
      next.push(Math.min(replaced, row[index + 1]! + 1, next[index]! + 1))
    }
    row = next
  }
  return row.at(-1)!
}

describe('the list', () => {
  test('two words are more than 20.5 bits, and no word stands twice', () => {
    expect(2 * Math.log2(WORDS.length)).toBeGreaterThan(20.5)
    expect(new Set(WORDS).size).toBe(WORDS.length)
  })

  test('every word is of small letters, and its first three name it', () => {
    for (const word of WORDS) expect(word).toMatch(/^[a-z]{3,10}$/)
    expect(new Set(WORDS.map((word) => word.slice(0, 3))).size).toBe(WORDS.length)
  })

  test('no two words are fewer than three letters apart', () => {
    for (const [at, word] of WORDS.entries())
      for (const other of WORDS.slice(at + 1))
        if (Math.abs(word.length - other.length) < 3 && distance(word, other) < 3)
          throw new Error(`${word} is too near to ${other}`)
  })

  test('words nobody wants to read aloud are not in it', () => {
    for (const word of ['badass', 'jockstrap', 'imbecile', 'yo-yo']) expect(WORDS).not.toContain(word)
  })
})

describe('drawing words', () => {
  test('every word comes up about equally often', () => {
    const counts = new Map<string, number>()
    const draws = WORDS.length * 10
    for (let draw = 0; draw < draws; draw++)
      for (const word of drawWords(crypto)) counts.set(word, (counts.get(word) ?? 0) + 1)
    expect(counts.size).toBe(WORDS.length)
    // 20 each, standard deviation 4.5: three times as many is 1 in 10^12
    expect(Math.max(...counts.values())).toBeLessThan(60)
  })

  test('a draw beyond the even ones is thrown away', () => {
    const draws = [Uint8Array.of(255, 255), Uint8Array.of(0, 1), Uint8Array.of(0, 0)]
    const words = drawWords({ ...crypto, randomBytes: () => draws.shift()! })
    expect(words).toEqual([WORDS[1], WORDS[0]])
    const even = Math.floor(0x10000 / WORDS.length) * WORDS.length
    const edges = [even, even - 1, 2].map((drawn) => Uint8Array.of(drawn >> 8, drawn & 255))
    expect(drawWords({ ...crypto, randomBytes: () => edges.shift()! })).toEqual([WORDS.at(-1), WORDS[2]])
  })
})

describe('typing a code', () => {
  test('what was formatted is read again', () => {
    fc.assert(
      fc.property(anyCode, (code) => {
        expect(parseCode(formatCode(code))).toEqual(code)
      }),
    )
  })

  test('case, spaces and hyphens do not matter, nor whether there are any', () => {
    const separator = fc.constantFrom('', ' ', '-', ' - ', '  ', '\u2013', '_', ',')
    const cased = fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => text.toUpperCase(),
      (text) => text[0]!.toUpperCase() + text.slice(1),
    )
    fc.assert(
      fc.property(anyCode, separator, separator, cased, (code, one, two, spell) => {
        const typed = ` ${code.slot}${one}${spell(code.words[0])}${two}${spell(code.words[1])} `
        expect(parseCode(typed)).toEqual(code)
      }),
    )
  })

  test.each([
    '7 walrus lantern',
    '7WalrusLantern',
    '７－walrus－lantern',
    '(7) walrus, lantern.',
    '07-walrus-lantern',
  ])('"%s" is read', (typed) => {
    expect(parseCode(typed)).toEqual(WALRUS)
  })

  test('a slip in a word is caught, and the word that was meant is suggested', () => {
    const slip = fc.record({
      code: anyCode,
      at: fc.nat(9),
      letter: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'),
      how: fc.constantFrom('replace', 'insert', 'remove'),
    })
    fc.assert(
      fc.property(slip, ({ code, at, letter, how }) => {
        const [word] = code.words
        const place = at % word.length
        const rest = word.slice(how === 'insert' ? place : place + 1)
        const typed = `${word.slice(0, place)}${how === 'remove' ? '' : letter}${rest}`
        fc.pre(typed !== word && typed.length > 2)
        const parsed = parseCode(`7 ${typed} ${code.words[1]}`)
        expect(parsed).toEqual({ problem: 'unknown-word', word: typed, suggestion: word })
      }),
      { numRuns: 2_000 },
    )
  })

  test('of two words that may have been meant, the one that lacks a letter is nearer than one with two swapped', () => {
    expect(parseCode('1-leves-aardvark')).toMatchObject({ suggestion: 'levers' })
    expect(parseCode('1-walrsu-aardvark')).toMatchObject({ suggestion: 'walrus' })
  })

  test('a slip that makes two words of one, beside another, is caught as a slip', () => {
    expect(parseCode('7-oatyard-aardvark')).toMatchObject({ problem: 'unknown-word', suggestion: 'boatyard' })
  })

  test('two letters swapped are caught too', () => {
    expect(parseCode('7-wlarus-lantern')).toEqual({
      problem: 'unknown-word',
      word: 'wlarus',
      suggestion: 'walrus',
    })
  })

  test('two letters lost, doubled or replaced are no slip of one word', () => {
    for (const typed of ['lrus', 'wawalrus', 'xyrus', 'qxlrus'])
      expect(suggestionFor(typed), typed).toBeUndefined()
  })

  test('a word from elsewhere is caught, with a suggestion only where one begins alike', () => {
    expect(parseCode('7-lantana-walrus')).toMatchObject({ word: 'lantana', suggestion: 'lantern' })
    expect(parseCode('7-qqq-walrus')).toMatchObject({ word: 'qqq', suggestion: undefined })
  })

  test.each([
    ['7', undefined],
    ['7-', undefined],
    ['7-walrus', undefined],
    ['7-walrus-', undefined],
    ['7-w', undefined],
    ['7-wal', 'walrus'],
    ['7-walrus-lant', 'lantern'],
    ['7walrusla', undefined],
    ['7walruslant', 'lantern'],
  ])('"%s" is incomplete', (typed, suggestion) => {
    expect(parseCode(typed)).toEqual({ problem: 'incomplete', suggestion })
  })

  test.each([
    ['', 'no-number'],
    ['walrus-lantern', 'no-number'],
    ['x7-walrus-lantern', 'no-number'],
    ['0-walrus-lantern', 'number-too-large'],
    ['10001-walrus-lantern', 'number-too-large'],
    ['7-walrus-lantern-otter', 'unknown-word'],
    ['7-walrus-lantern-walrus', 'too-many-words'],
    [`7${' '.repeat(100)}walrus`, 'too-many-words'],
  ])('"%s" is no code: %s', (typed, problem) => {
    expect(parseCode(typed)).toMatchObject({ problem })
  })

  test('no text makes it throw, and a code is only ever made of words of the list', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^\d{1,6}[\s\S]*$/)), (text) => {
        const parsed = parseCode(text)
        if (!isCodeProblem(parsed)) for (const word of parsed.words) expect(WORDS).toContain(word)
      }),
    )
  })
})

test('a code is at most a hundred characters long', () => {
  const longest = '7-walrus-lantern'.padEnd(100)
  expect([meansCode(longest), meansCode(`${longest} `)]).toEqual([true, false])
  expect(parseCode(longest)).toEqual(WALRUS)
  expect(parseCode(`${longest} `)).toEqual({ problem: 'too-many-words' })
})

test('a code is told from a link by how it begins', () => {
  for (const code of ['7-walrus-lantern', ' 7 walrus', '7']) expect(meansCode(code)).toBe(true)
  for (const link of ['https://host/#AQabc', 'AQabc0', '/#AQabc', '7/#AQ', 'walrus'])
    expect(meansCode(link)).toBe(false)
})
