/** Moments in words. */
import { expect, test } from 'vitest'
import { whenText } from '../../web/when-text.ts'

const at = (text: string): number => new Date(text).getTime()

test.each([
  ['today', '2026-05-04T09:05', '09:05'],
  ['another day', '2026-05-03T23:59', 'May 3, 23:59'],
  ['another year', '2025-12-31T00:00', 'Dec 31, 2025, 00:00'],
])('%s', (_, then, words) => {
  expect(whenText(at(then), at('2026-05-04T14:00'))).toBe(words)
})
