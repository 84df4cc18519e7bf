/** Awareness fed by us alone, positions that survive edits, and the one replacement between two texts. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { AuthenticatedAwareness, type PresenceState } from '../../src/doc/awareness.ts'
import { encodePosition, resolvePosition } from '../../src/doc/cursor.ts'
import { replacementBetween } from '../../src/doc/difference.ts'
import { MAX_INSTANCES, MAX_RELATIVE_POSITION_BYTES } from '../../src/wire/limits.ts'
import { below, seeded } from './tools.ts'

function presence(clientID = 1): {
  shared: AuthenticatedAwareness
  told: (PresenceState | null)[]
  doc: Y.Doc
} {
  const doc = new Y.Doc()
  doc.clientID = clientID
  const told: (PresenceState | null)[] = []
  return { shared: new AuthenticatedAwareness(doc, (state) => told.push(state)), told, doc }
}

describe('awareness', () => {
  test('shows a remote state, its change and its end to observers', () => {
    const { shared } = presence()
    const seen: unknown[] = []
    shared.awareness.on('change', (change: unknown) => seen.push(change))
    expect(shared.setRemote(2, { name: 'Ada' })).toBe(true)
    expect(shared.setRemote(2, { name: 'Ben' })).toBe(true)
    expect(shared.awareness.getStates().get(2)).toEqual({ name: 'Ben' })
    shared.setRemote(2, null)
    expect(seen).toEqual([
      { added: [2], updated: [], removed: [] },
      { added: [], updated: [2], removed: [] },
      { added: [], updated: [], removed: [2] },
    ])
    expect(shared.awareness.meta.has(2)).toBe(false)
  })

  test('nobody else writes the own state', () => {
    const { shared, told } = presence(1)
    shared.awareness.setLocalState({ name: 'me' })
    expect(shared.setRemote(1, { name: 'not me' })).toBe(false)
    expect(shared.setRemote(1, null)).toBe(false)
    expect(shared.awareness.getLocalState()).toEqual({ name: 'me' })
    expect(told).toEqual([{ name: 'me' }])
  })

  test('control: through y-protocols anybody removes or overwrites anybody else', () => {
    const [victim, mallory] = [new Awareness(new Y.Doc()), new Awareness(new Y.Doc())]
    victim.states.set(7, { name: 'Ada' })
    victim.meta.set(7, { clock: 1, lastUpdated: 0 })
    mallory.states.set(7, { name: 'Mallory' })
    mallory.meta.set(7, { clock: 2, lastUpdated: 0 })
    applyAwarenessUpdate(victim, encodeAwarenessUpdate(mallory, [7]), 'remote')
    expect(victim.getStates().get(7)).toEqual({ name: 'Mallory' })
    victim.destroy()
    mallory.destroy()
  })

  test('holds at most so many, and forgets whoever left', () => {
    const { shared } = presence()
    for (let i = 0; i < 3 * MAX_INSTANCES; i++) shared.setRemote(100 + i, { name: 'crowd' })
    expect(shared.awareness.states.size).toBe(MAX_INSTANCES)
    expect(shared.awareness.meta.size).toBeLessThanOrEqual(MAX_INSTANCES)
    for (let i = 0; i < 3 * MAX_INSTANCES; i++) shared.setRemote(100 + i, null)
    expect(shared.awareness.meta.size).toBe(1)
  })

  test.each([
    ['text', 'x'],
    ['a list', []],
    ['a function', { f: () => 1 }],
    ['a class', { date: new Date(0) }],
    ['a prototype key', JSON.parse('{"a":{"__proto__":1}}')],
    ['too much', { text: 'x'.repeat(5000) }],
    ['too deep', JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`)],
  ])('refuses %s as a state', (_name, state) => {
    const { shared } = presence()
    expect(shared.setRemote(2, state)).toBe(false)
    expect(shared.awareness.getStates().has(2)).toBe(false)
  })

  test('goes on as the same object with another document, the own state told again under the new clientID', () => {
    const { shared, told, doc } = presence(1)
    const { awareness } = shared
    awareness.setLocalState({ name: 'me' })
    shared.setRemote(2, { name: 'Ada' })
    const other = new Y.Doc()
    other.clientID = 9
    shared.rebind(other)
    doc.destroy()
    expect(shared.awareness).toBe(awareness)
    expect([...awareness.getStates()]).toEqual([
      [2, { name: 'Ada' }],
      [9, { name: 'me' }],
    ])
    expect(told).toEqual([{ name: 'me' }, { name: 'me' }])
  })

  test('tells nothing once stopped', () => {
    const { shared, told } = presence()
    shared.stop()
    shared.awareness.setLocalState({ name: 'late' })
    expect(told).toEqual([])
  })
})

describe('a position', () => {
  test('stays with its neighbour while others edit, and is small', () => {
    const doc = new Y.Doc()
    doc.clientID = 2 ** 53 - 1
    const text = doc.getText('a root with a name as long as any root may have')
    text.insert(0, 'hello world')
    const [before, after, end] = [
      encodePosition(text, 6, 0),
      encodePosition(text, 6, -1),
      encodePosition(text, 11, 0),
    ]
    text.insert(6, 'dear ')
    text.insert(0, '> ')
    text.insert(text.length, '!')
    expect([before, after, end].map((position) => resolvePosition(doc, position)?.index)).toEqual([13, 8, 19])
    for (const position of [before, after, end])
      expect(position.length).toBeLessThanOrEqual(MAX_RELATIVE_POSITION_BYTES)
  })

  test('names its root, also from inside other types', () => {
    const doc = new Y.Doc()
    const nested = new Y.Text('abc')
    doc.getMap('files').set('a', nested)
    for (const index of [0, 2, 3]) {
      expect(resolvePosition(doc, encodePosition(nested, index, 0))).toEqual({
        root: 'files',
        text: nested,
        index,
      })
    }
  })

  test('is where its neighbour was once that is deleted', () => {
    const doc = new Y.Doc()
    const text = doc.getText('t')
    text.insert(0, 'hello world')
    const position = encodePosition(text, 6, 0)
    text.delete(3, 8)
    expect(resolvePosition(doc, position)?.index).toBe(3)
  })

  test('of arbitrary bytes resolves to a place in a text or to nothing, throws nothing, makes no root', () => {
    const doc = new Y.Doc()
    doc.clientID = 1
    doc.getText('t').insert(0, 'hello')
    doc.getMap('m').set('k', new Y.Text('x'))
    doc.getArray('a').insert(0, [1, new Y.Array()])
    const small = fc
      .array(fc.integer({ min: 0, max: 9 }), { maxLength: 8 })
      .map((bytes) => Uint8Array.from(bytes))
    fc.assert(
      fc.property(fc.oneof(small, fc.uint8Array({ maxLength: 80 })), (bytes) => {
        const resolved = resolvePosition(doc, bytes)
        if (resolved) expect(resolved.index).toBeLessThanOrEqual(resolved.text.length)
        expect([...doc.share.keys()]).toEqual(['t', 'm', 'a'])
      }),
      { numRuns: 20_000, seed: 1 },
    )
  })
})

describe('a replacement', () => {
  test('turns one text into the other and cuts no pair in two', () => {
    const chance = seeded(5)
    const letters = ['a', 'b', '😀', '😁', '👩']
    const word = (): string =>
      Array.from({ length: below(chance, 8) }, () => letters[below(chance, letters.length)]).join('')
    for (let i = 0; i < 5000; i++) {
      const [before, after] = [word(), word()]
      const change = replacementBetween(before, after)
      if (!change) {
        expect(before).toBe(after)
        continue
      }
      expect(before.slice(0, change.from) + change.insert + before.slice(change.to)).toBe(after)
      expect(before.slice(0, change.from).isWellFormed()).toBe(true)
      expect(change.insert.isWellFormed()).toBe(true)
    }
  })
})
