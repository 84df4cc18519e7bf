/** Two documents are states of one history, or they are not: what both hold under an id decides. */
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { disagreement } from '../../src/doc/agreement.ts'
import { schemaOf } from '../../src/doc/schema.ts'
import { act } from './replica.ts'
import { seeded, struct, updateOf } from './tools.ts'

const schema = schemaOf({ t: 'text', m: 'map', a: 'array' })

function docOf(...updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc({ gcFilter: (item) => !(item.content instanceof Y.ContentType) })
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

/** Two people who edit for a while, one of whom is ahead. */
function honest(seed: number): { readonly behind: Y.Doc; readonly ahead: Y.Doc } {
  const chance = seeded(seed)
  const docs = [1, 2].map((client) => {
    const doc = docOf()
    doc.clientID = client
    doc.getText('t')
    doc.getMap('m')
    doc.getArray('a')
    return doc
  })
  const [ada, ben] = docs as [Y.Doc, Y.Doc]
  for (let round = 0; round < 30; round++) {
    for (const doc of docs) act({ doc, undo: new Y.UndoManager(doc.getText('t')) }, schema, chance)
    if (chance() < 0.3) Y.applyUpdate(ada, Y.encodeStateAsUpdate(ben))
    if (chance() < 0.3) Y.applyUpdate(ben, Y.encodeStateAsUpdate(ada))
  }
  const behind = docOf(Y.encodeStateAsUpdate(ada))
  act({ doc: ben, undo: new Y.UndoManager(ben.getText('t')) }, schema, chance)
  return { behind, ahead: docOf(Y.encodeStateAsUpdate(ada), Y.encodeStateAsUpdate(ben)) }
}

describe('documents of one history', () => {
  test('agree, whoever is ahead', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const { behind, ahead } = honest(seed)
      expect(disagreement(behind, ahead, true), `seed ${seed}`).toBeUndefined()
      expect(disagreement(ahead, behind, false), `seed ${seed}`).toBeUndefined()
    }
  })
})

describe('documents that disagree', () => {
  const first = updateOf(1, 0, struct({ text: 'abc' }))
  const next = updateOf(1, 3, struct({ origin: { client: 1, clock: 2 }, text: 'def' }))
  const known = docOf(first, next)

  test.each([
    ['other words', docOf(updateOf(1, 0, struct({ text: 'abX' })), next)],
    [
      'words that stand elsewhere',
      docOf(first, updateOf(1, 3, struct({ origin: { client: 1, clock: 1 }, text: 'def' }))),
    ],
    ['words that stand elsewhere', docOf(updateOf(1, 0, struct({ parent: 'elsewhere', text: 'abc' })), next)],
  ])('by %s', (what, other) => {
    expect(disagreement(known, other, false)?.what).toBe(what)
  })

  test('by words that were deleted, when the other side says it saw the deletion', () => {
    const deleting = docOf(first, next)
    deleting.getText('t').delete(1, 2)
    expect(disagreement(deleting, known, true)).toEqual({
      what: 'words that were deleted',
      clientID: undefined,
    })
    expect(disagreement(deleting, known, false)).toBeUndefined()
    expect(disagreement(known, deleting, true)).toBeUndefined()
  })
})
