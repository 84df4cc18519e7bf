/** When a row of the benchmark counts as met. */
import { describe, expect, test } from 'vitest'
import { bestOf, judge, ROWS, ROWS_OF, reportRow, targetText } from './rows.ts'

const found = (ours: number | null, theirs: number | null) => ({ ours, theirs, rounds: 1, notes: [] })

describe('a row', () => {
  test('of a ratio is met by the ratio, whatever the figures', () => {
    expect(judge('join_100KB_ms', reportRow('join_100KB_ms', found(150, 100)))).toBe('ok')
    expect(judge('join_100KB_ms', reportRow('join_100KB_ms', found(151, 100)))).toBe('miss')
  })

  test('of our own figure is met without theirs', () => {
    expect(judge('sends_per_key_n8', reportRow('sends_per_key_n8', found(7, null)))).toBe('ok')
    expect(judge('sends_per_key_n8', reportRow('sends_per_key_n8', found(7.1, 56)))).toBe('miss')
  })

  test('in which higher is better is missed from below', () => {
    expect(judge('transfer_10MB_of_raw', reportRow('transfer_10MB_of_raw', found(0.79, null)))).toBe('miss')
    expect(judge('transfer_10MB_of_raw', reportRow('transfer_10MB_of_raw', found(0.8, null)))).toBe('ok')
  })

  test('without a figure is never met', () => {
    expect(judge('join_100KB_ms', reportRow('join_100KB_ms', found(null, 100)))).toBe('no figure')
    expect(judge('join_100KB_ms', reportRow('join_100KB_ms', found(100, null)))).toBe('no figure')
    expect(judge('heap_per_peer_kb', reportRow('heap_per_peer_kb', found(null, 3)))).toBe('no figure')
  })

  test('has no ratio where one side has no figure, or theirs is zero', () => {
    const ratios = [found(1, null), found(null, 1), found(1, 0)].map(
      (each) => reportRow('total_gzip_kb', each).ratio,
    )
    expect(ratios).toEqual([null, null, null])
  })

  test('says its promise', () => {
    expect(targetText('transfer_10MB_of_raw')).toBe('>= 0.8')
    expect(targetText('keystroke_p50_n2')).toBe('ratio <= 1.5')
    expect(targetText('heap_per_peer_kb')).toBe('')
  })

  test('of a ratio in which higher is better is missed from below', () => {
    const joins = 'signaling_joins_per_s'
    expect(judge(joins, reportRow(joins, found(500, 100)))).toBe('ok')
    expect(judge(joins, reportRow(joins, found(499, 100)))).toBe('miss')
  })

  test('is compared with the best of several neighbours, whichever way is better', () => {
    expect(bestOf({ slow: 9, fast: 4, never: null }, 'lower')).toBe(4)
    expect(bestOf({ slow: 9, fast: 4, never: null }, 'higher')).toBe(9)
  })

  test('has nothing to be compared with when no neighbour finished', () => {
    expect(bestOf({ one: null, other: null }, 'lower')).toBeNull()
  })

  test('belongs to one group only', () => {
    const all = [...ROWS_OF.pair, ...ROWS_OF.mesh, ...ROWS_OF.trust]
    expect(new Set(all).size).toBe(all.length)
    expect(all).toHaveLength(Object.keys(ROWS).length)
  })
})
