import { describe, expect, test } from 'vitest'
import { codeProblem } from '../../src/session/redeeming.ts'
import { readTyped } from '../../web/code-text.ts'

const read = (text: string) => readTyped(text, codeProblem)

describe('what is typed to join', () => {
  test.each(['7-walrus-lantern', ' 7 Walrus lantern ', '7walruslantern', 'https://example.org/#abc'])(
    'is ready to be tried: %s',
    (text) => {
      expect(read(text)).toMatchObject({ phase: 'ready', sentence: '' })
    },
  )

  test.each(['', '  '])('is nothing yet: "%s"', (text) => {
    expect(read(text).phase).toBe('empty')
  })

  test.each(['7', '7-wal', '7-walrus-', '7-walrus-lan', 'https', 'https://example.org/', 'walrus'])(
    'is unfinished, and nothing is wrong with it yet: %s',
    (text) => {
      expect(read(text).phase).toBe('unfinished')
    },
  )

  test('holds a word that is in no code: the word that was meant is offered in its place', () => {
    expect(read('7-walrsu-lantern')).toEqual({
      phase: 'wrong',
      sentence: '"walrsu" is in no code. Did you mean "walrus"?',
      mended: '7-walrus-lantern',
    })
    expect(read('7 Walrus Lantrn').mended).toBe('7 Walrus lantern')
  })

  test('holds a word like no other: it is told, and nothing is offered', () => {
    expect(read('7-qqqqq-lantern')).toMatchObject({ phase: 'wrong', mended: undefined })
  })
})
