/** When a row of the benchmark counts as met. */
import { describe, expect, test } from 'vitest'
import { judge, reportRow, targetText } from './rows.ts'

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
})
