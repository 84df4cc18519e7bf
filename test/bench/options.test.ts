/** What the command line of the benchmark understands. */
import { describe, expect, test } from 'vitest'
import { readOptions, WrongUse } from './options.ts'
import { ROWS_OF } from './rows.ts'

describe('the command line', () => {
  test('means every row of the first group in full when it is empty', () => {
    const everything = { task: 'measure', group: 'pair', file: undefined, rows: ROWS_OF.pair, quick: false }
    expect(readOptions([])).toEqual(everything)
  })

  test('means every row of the group it names', () => {
    expect(readOptions(['--group', 'mesh'])).toMatchObject({ group: 'mesh', rows: ROWS_OF.mesh })
  })

  test('takes rows in the order of the table', () => {
    const options = readOptions(['--only', 'join_100KB_ms,keystroke_p50_n2'])
    expect(options).toMatchObject({ rows: ['keystroke_p50_n2', 'join_100KB_ms'] })
  })

  test('takes all options together, in any order', () => {
    const words = ['--quick', '--only', 'dead_peer_ms', '--json', 'out.json', '--group', 'mesh']
    const rows = ['dead_peer_ms']
    expect(readOptions(words)).toEqual({
      task: 'measure',
      group: 'mesh',
      file: 'out.json',
      rows,
      quick: true,
    })
  })

  test('is explained to who asks, whatever stands beside it', () => {
    expect(readOptions(['--group', 'mesh', '--help'])).toEqual({ task: 'help' })
  })

  test('draws when it is told to, and measures nothing then', () => {
    expect(readOptions(['--plot'])).toEqual({ task: 'plot' })
    expect(() => readOptions(['--plot', '--quick'])).toThrow(WrongUse)
  })

  test.each([
    [['--only', 'speed']],
    [['--only', 'dead_peer_ms']],
    [['--group', 'mesh', '--only', 'keystroke_p50_n2']],
    [['--group', 'crowd']],
    [['--json']],
    [['--json', '--quick']],
    [['fast']],
  ])('refuses %j with a sentence', (words) => {
    expect(() => readOptions(words)).toThrow(WrongUse)
  })
})
