/** What one writer typed that a document made anew lacks, entered there again. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { applyWhole, SharedDocument } from '../../src/doc/document.ts'
import { type OwnText, reenterOwn } from '../../src/doc/own-text.ts'
import { schemaOf } from '../../src/doc/schema.ts'

const schema = schemaOf({ main: 'text', list: 'array', map: 'map' })
const [ADA, BEN, CYD, BEN_ANEW] = [1, 2, 3, 4]

function documentOf(...states: readonly Uint8Array[]): SharedDocument {
  const document = SharedDocument.create({ schema })
  for (const state of states) applyWhole(document.doc, state)
  return document
}

/** The same with what `write` does as that client, and the update that brought it. */
function written(
  before: SharedDocument,
  client: number,
  write: (text: Y.Text, doc: Y.Doc) => void,
): SharedDocument {
  const document = documentOf(before.encodeState())
  document.doc.clientID = client
  document.doc.transact(() => write(document.doc.getText('main'), document.doc))
  return document
}

function deletedIn(later: SharedDocument, earlier: SharedDocument): OwnText['deleted'] {
  const update = Y.decodeUpdate(Y.encodeStateAsUpdate(later.doc, Y.encodeStateVector(earlier.doc)))
  return [...update.ds.clients].flatMap(([client, ranges]) =>
    ranges.map(({ clock, len }) => ({ client, clock, length: len })),
  )
}

function entered(before: SharedDocument, fresh: SharedDocument, deleted: OwnText['deleted']): string {
  fresh.doc.clientID = BEN_ANEW
  reenterOwn(before, fresh, { mine: (clientID) => clientID === BEN, deleted })
  return fresh.doc.getText('main').toString()
}

const common = written(documentOf(), ADA, (text) => text.insert(0, 'one two three'))

describe('own text entered again', () => {
  test('stands behind the same words, and own deletions are made again', () => {
    const before = written(common, BEN, (text) => {
      text.insert(3, ' and a half')
      text.delete(text.length - 6, 6)
      text.insert(text.length, '!')
    })
    expect(entered(before, documentOf(common.encodeState()), deletedIn(before, common))).toBe(
      'one and a half two!',
    )
  })

  test('keeps what was typed in the midst of words that were deleted', () => {
    const before = written(common, BEN, (text) => {
      text.insert(5, 'X')
      text.delete(3, 2)
      text.delete(4, 2)
    })
    expect(before.doc.getText('main').toString()).toBe('oneX three')
    expect(entered(before, documentOf(common.encodeState()), 'all')).toBe('oneX three')
  })

  test('takes along nothing that somebody else typed or deleted', () => {
    const cyd = written(common, CYD, (text) => {
      text.insert(0, '[cyd]')
      text.delete(text.length - 6, 6)
    })
    const before = written(cyd, BEN, (text) => text.insert(2, 'BEN'))
    expect(entered(before, documentOf(common.encodeState()), [])).toBe('BENone two three')
  })

  test('leaves what came meanwhile where it is', () => {
    const before = written(common, BEN, (text) => text.insert(text.length, ' four'))
    const fresh = written(common, ADA, (text) => text.insert(0, 'zero '))
    expect(entered(before, fresh, [])).toBe('zero one two three four')
  })

  test('brings values of lists and maps too', () => {
    const before = written(common, BEN, (_text, doc) => {
      doc.getArray('list').push([1, 'two'])
      doc.getMap('map').set('key', { of: 'Ben' })
    })
    const fresh = documentOf(common.encodeState())
    entered(before, fresh, [])
    expect([fresh.doc.getArray('list').toJSON(), fresh.doc.getMap('map').toJSON()]).toEqual([
      [1, 'two'],
      { key: { of: 'Ben' } },
    ])
  })

  const edits = fc.array(
    fc.record({ at: fc.nat(40), remove: fc.nat(4), insert: fc.string({ maxLength: 4 }) }),
    { minLength: 1, maxLength: 12 },
  )

  test('is exactly what was on screen when nobody else typed', () => {
    fc.assert(
      fc.property(edits, edits, (old, own) => {
        const apply = (text: Y.Text, all: typeof own): void => {
          for (const { at, remove, insert } of all) {
            const from = Math.min(at, text.length)
            text.delete(from, Math.min(remove, text.length - from))
            if (insert.isWellFormed()) text.insert(from, insert)
          }
        }
        const shared = written(common, ADA, (text) => apply(text, old))
        const half = written(shared, BEN, (text) => apply(text, own.slice(0, 3)))
        const before = written(half, BEN, (text) => apply(text, own))
        const fresh = documentOf(half.encodeState())
        expect(entered(before, fresh, deletedIn(before, half))).toBe(before.doc.getText('main').toString())
      }),
      { numRuns: 300 },
    )
  })
})
