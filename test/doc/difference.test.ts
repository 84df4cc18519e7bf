import fc from 'fast-check'
import { expect, test } from 'vitest'
import { replacementBetween } from '../../src/doc/difference.ts'

test('equal texts need no replacement', () => {
  expect(replacementBetween('abc', 'abc')).toBeUndefined()
})

test('only what differs is replaced', () => {
  expect(replacementBetween('one two three', 'one 2 three')).toEqual({ from: 4, to: 7, insert: '2' })
})

test('a repeated letter is inserted once', () => {
  expect(replacementBetween('aa', 'aaa')).toEqual({ from: 2, to: 2, insert: 'a' })
})

test('a surrogate pair is replaced whole', () => {
  expect(replacementBetween('x😀y', 'x😁y')).toEqual({ from: 1, to: 3, insert: '😁' })
})

test('the replacement turns any text into any other and is well-formed', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '😀', '😁', '🇩') })
  fc.assert(
    fc.property(text, text, (before, after) => {
      const made = replacementBetween(before, after)
      const { from, to, insert } = made ?? { from: 0, to: 0, insert: '' }
      expect(before.slice(0, from) + insert + before.slice(to)).toBe(after)
      expect(insert.isWellFormed()).toBe(true)
    }),
  )
})
