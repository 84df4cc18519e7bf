/** The made-up writing session is the same everywhere and never reaches outside of its text. */
import { describe, expect, test } from 'vitest'
import { textAfter, writingSession } from './writing-session.ts'

const edits = [...writingSession(1, 20_000)]

describe('a made-up writing session', () => {
  test('has exactly as many edits as were asked for', () => {
    expect(edits.length).toBe(20_000)
  })

  test('is the same for the same seed and another one for another', () => {
    const first = textAfter([...writingSession(7, 500)])
    expect(textAfter([...writingSession(7, 500)])).toBe(first)
    expect(textAfter([...writingSession(8, 500)])).not.toBe(first)
  })

  test('begins the same way, however long it goes on', () => {
    expect([...writingSession(1, 900)]).toEqual(edits.slice(0, 900))
  })

  test('never edits outside of the text that is there', () => {
    let length = 0
    for (const { at, removed, inserted } of edits) {
      expect(at >= 0 && at + removed <= length && removed + inserted.length > 0).toBe(true)
      length += inserted.length - removed
    }
  })

  test('deletes about a third of its edits and leaves a text behind', () => {
    const deletions = edits.filter(({ removed }) => removed > 0).length
    expect(deletions / edits.length).toBeGreaterThan(0.2)
    expect(deletions / edits.length).toBeLessThan(0.45)
    expect(textAfter(edits).length).toBeGreaterThan(4_000)
  })

  test('goes back to earlier places', () => {
    const jumps = edits.filter((edit, index) => {
      const before = edits[index - 1]
      return before !== undefined && Math.abs(edit.at - (before.at + before.inserted.length)) > 50
    })
    expect(jumps.length).toBeGreaterThan(50)
  })

  test('rests now and then', () => {
    expect(edits.filter(({ rest }) => rest).length).toBe(2)
  })

  test('is ASCII', () => {
    expect(textAfter(edits)).toMatch(/^[\n -~]*$/)
  })
})
