import { EditorState } from '@codemirror/state'
import { expect, test } from 'vitest'
import { ySyncAnnotation } from 'y-codemirror.next'
import { cleanText, cleanTextOnly } from '../../src/editor/clean-text.ts'

const stateOf = (doc: string) => EditorState.create({ doc, extensions: cleanTextOnly() })

test('a lone surrogate becomes the replacement character', () => {
  expect(cleanText('a\ud83db')).toBe('a\ufffdb')
})

test('every spelling of a line end becomes LF', () => {
  expect(cleanText('a\r\nb\rc\nd')).toBe('a\nb\nc\nd')
})

test('what is typed or pasted enters clean, and the caret stands behind it', () => {
  const { state } = stateOf('xy').update({
    changes: { from: 1, insert: 'a\r\n\ud800b' },
    selection: { anchor: 6 },
    userEvent: 'input.paste',
  })
  expect(state.sliceDoc()).toBe('xa\n\ufffdby')
  expect(state.selection.main.head).toBe(5)
})

test('the two halves of a character that come one after the other become that character', () => {
  const first = stateOf('ab').update({
    changes: { from: 1, insert: '\ud83d' },
    selection: { anchor: 2 },
  }).state
  expect(first.sliceDoc()).toBe('a\ufffdb')
  const moved = first.update({ selection: { anchor: 2 } }).state
  const { state } = moved.update({ changes: { from: 2, insert: '\udc4d' }, selection: { anchor: 3 } })
  expect(state.sliceDoc()).toBe('a\ud83d\udc4db')
  expect(state.selection.main.head).toBe(3)
})

test('a second half that comes elsewhere, or after another edit, completes nothing', () => {
  const first = stateOf('ab').update({ changes: { from: 1, insert: '\ud83d' } }).state
  expect(first.update({ changes: { from: 0, insert: '\udc4d' } }).state.sliceDoc()).toBe('\ufffda\ufffdb')
  const edited = first.update({ changes: { from: 3, insert: 'c' } }).state
  expect(edited.update({ changes: { from: 2, insert: '\udc4d' } }).state.sliceDoc()).toBe('a\ufffd\ufffdbc')
})

test('every place of a change is cleaned', () => {
  const { state } = stateOf('1\n2').update({
    changes: [
      { from: 0, insert: '\udc00' },
      { from: 3, insert: '\r' },
    ],
  })
  expect(state.sliceDoc()).toBe('\ufffd1\n2\n')
})

test('a CR that others wrote stays one character, so that positions agree', () => {
  const { state } = stateOf('').update({
    changes: { from: 0, insert: 'a\r\nb' },
    annotations: ySyncAnnotation.of({} as never),
  })
  expect(state.doc.length).toBe(4)
  expect(state.sliceDoc()).toBe('a\r\nb')
})
