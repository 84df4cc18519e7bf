/** What the command line of the benchmark understands. */
import { describe, expect, test } from 'vitest'
import { readOptions, WrongUse } from './options.ts'
import { ROW_NAMES } from './rows.ts'

describe('the command line', () => {
  test('means every row in full when it is empty', () => {
    expect(readOptions([])).toEqual({ file: undefined, rows: ROW_NAMES, quick: false })
  })

  test('takes rows in the order of the table', () => {
    const { rows } = readOptions(['--only', 'join_100KB_ms,keystroke_p50_n2'])
    expect(rows).toEqual(['keystroke_p50_n2', 'join_100KB_ms'])
  })

  test('takes all options together', () => {
    const options = readOptions([
      '--group',
      'pair',
      '--quick',
      '--json',
      'out.json',
      '--only',
      'disk_bytes_trace',
    ])
    expect(options).toEqual({ file: 'out.json', rows: ['disk_bytes_trace'], quick: true })
  })

  test.each([
    [['--only', 'speed']],
    [['--group', 'mesh']],
    [['--json']],
    [['--json', '--quick']],
    [['fast']],
  ])('refuses %j with a sentence', (words) => {
    expect(() => readOptions(words)).toThrow(WrongUse)
  })
})
