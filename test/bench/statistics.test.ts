/** The statistics of the benchmark, on values one can check by hand. */
import { describe, expect, test } from 'vitest'
import { median, medianOfBlocks, quantile } from './statistics.ts'

describe('statistics', () => {
  test('a quantile is one of the values: the one at its rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile(hundred, 1)]).toEqual([50, 99, 100])
  })

  test('the quantile of one value is that value', () => {
    expect([quantile([7], 0), quantile([7], 0.99)]).toEqual([7, 7])
  })

  test('numbers are ordered by value, not by spelling', () => {
    expect(median([10, 9, 100])).toBe(10)
  })

  test('the median of an even count lies between the two in the middle', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5)
  })

  test('one bad block does not move the median of blocks', () => {
    const calm = [1, 1, 2]
    expect(medianOfBlocks([calm, [1, 1, 900], calm], 0.99)).toBe(2)
  })

  test('nothing measured is an error, never a zero', () => {
    expect(() => median([])).toThrow(RangeError)
    expect(() => quantile([], 0.5)).toThrow(RangeError)
    expect(() => medianOfBlocks([[]], 0.5)).toThrow(RangeError)
  })
})
