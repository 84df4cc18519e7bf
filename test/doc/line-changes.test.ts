/** What changed between two texts, line by line: nothing is left out, and nothing is said to differ that does not. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type LinePart, lineChanges } from '../../src/doc/line-changes.ts'

const texts = fc
  .array(fc.constantFrom('a', 'b', 'c', '', 'long line'), { maxLength: 30 })
  .map((lines) => lines.join('\n'))
const side = (parts: readonly LinePart[], of: LinePart['of']): string =>
  parts
    .filter((part) => part.of === 'both' || part.of === of)
    .map(({ text }) => text)
    .join('')

test('both texts can be read out of the parts, and no two neighbours are of one kind', () => {
  fc.assert(
    fc.property(texts, texts, (before, after) => {
      const parts = lineChanges(before, after)
      expect([side(parts, 'before'), side(parts, 'after')]).toEqual([before, after])
      for (const [at, part] of parts.entries()) expect(part.of).not.toBe(parts[at + 1]?.of)
    }),
  )
})

test.each<[string, string, string, readonly string[]]>([
  ['nothing', 'a\nb\n', 'a\nb\n', ['both']],
  ['a line in the middle', 'a\nb\nc\n', 'a\nx\nc\n', ['both', 'before', 'after', 'both']],
  ['a line more', 'a\nc', 'a\nb\nc', ['both', 'after', 'both']],
  ['two places', 'a\nb\nc\nd\ne\n', 'b\nc\nd\nx\n', ['before', 'both', 'before', 'after']],
  ['everything', 'a', 'b', ['before', 'after']],
])('%s: what stayed is named as such', (_, before, after, kinds) => {
  expect(lineChanges(before, after).map(({ of }) => of)).toEqual(kinds)
})

test('texts with thousands of different lines are told as one block', () => {
  const many = (word: string): string => Array.from({ length: 3_000 }, (_, at) => `${word} ${at}\n`).join('')
  const parts = lineChanges(`top\n${many('old')}`, `top\n${many('new')}`)
  expect(parts.map(({ of }) => of)).toEqual(['both', 'before', 'after'])
})
