/** What a shared document promises besides its firewall: writers, digests, apps' own documents, schemas. */
import { beforeAll, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { AssertionFailed } from '../../src/base/assert.ts'
import { toHex } from '../../src/base/bytes.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { SharedDocument, UnfitDocument } from '../../src/doc/document.ts'
import { type RootKind, schemaOf, UnfitSchema } from '../../src/doc/schema.ts'
import { struct, updateOf } from './tools.ts'

const schema = schemaOf({ t: 'text', m: 'map', a: 'array' })
const hello = (): Uint8Array => updateOf(9, 0, struct({ text: 'hello' }))

describe('the writer', () => {
  const written = (): SharedDocument => {
    const document = SharedDocument.create({ schema })
    document.setWriter(2 ** 52 + 1, 0)
    return document
  }

  test('writes under its clientID, whatever the app sets', () => {
    const { doc } = written()
    doc.clientID = 4
    doc.getText('t').insert(0, 'x')
    expect(doc.clientID).toBe(2 ** 52 + 1)
    expect([...doc.store.clients.keys()]).toEqual([2 ** 52 + 1])
  })

  test('keeps its clientID through transactions that Yjs takes for others’', () => {
    const { doc } = written()
    Y.transact(doc, () => doc.getText('t').insert(0, 'x'), 'app', false)
    doc.transact(() => {
      Y.applyUpdate(doc, hello())
      doc.getText('t').insert(0, 'y')
    })
    expect(doc.clientID).toBe(2 ** 52 + 1)
  })

  test('continues at its next clock and nowhere else', () => {
    const document = SharedDocument.create({ schema })
    document.apply(hello(), 9)
    document.setWriter(9, 5)
    expect(() => document.setWriter(9, 4)).toThrow(AssertionFailed)
  })

  test('is no longer guarded once the document is released', () => {
    const document = written()
    document.release()
    document.doc.clientID = 4
    document.doc.getText('t').insert(0, 'x')
    expect(document.nextClock(4)).toBe(1)
  })
})

describe('an application', () => {
  test('is refused by assertion inside a transaction, inside an observer, out of turn and before its needs', () => {
    const document = SharedDocument.create({ schema })
    expect(() => document.doc.transact(() => document.apply(hello(), 9))).toThrow(AssertionFailed)
    document.doc.getText('t').observe(() => document.apply(hello(), 9))
    expect(() => document.doc.getText('t').insert(0, 'x')).toThrow(AssertionFailed)
    expect(() => document.apply(updateOf(9, 3, struct({})), 9)).toThrow(AssertionFailed)
    expect(() => document.apply(updateOf(1, 0, struct({ origin: { client: 8, clock: 0 } })), 1)).toThrow(
      AssertionFailed,
    )
  })

  test('collects text and never structure', () => {
    const document = SharedDocument.create({ schema })
    const { doc } = document
    const nested = new Y.Text('nested')
    doc.getMap('m').set('k', nested)
    doc.getMap('m').set('k', 1)
    const structs = [...doc.store.clients.values()].flat()
    expect(structs.every((each) => each instanceof Y.Item)).toBe(true)
    expect(structs.some((each) => each instanceof Y.Item && each.content instanceof Y.ContentType)).toBe(true)
    expect(structs.some((each) => each instanceof Y.Item && each.content instanceof Y.ContentString)).toBe(
      false,
    )
  })
})

describe('the digest', () => {
  let crypto: Crypto
  beforeAll(async () => {
    crypto = await loadCrypto()
  })

  const filled = (order: readonly string[], declared: Readonly<Record<string, RootKind>>): SharedDocument => {
    const document = SharedDocument.create({ schema: schemaOf(declared) })
    for (const key of order) document.doc.getMap('m').set(key, key)
    document.doc.getText('t').insert(0, 'text')
    return document
  }

  test('has 16 bytes and depends on neither the order of keys nor that of declarations', () => {
    const one = filled(['a', 'b'], { t: 'text', m: 'map' }).digest(crypto)
    const other = filled(['b', 'a'], { m: 'map', t: 'text' }).digest(crypto)
    expect(one).toHaveLength(16)
    expect(toHex(one)).toBe(toHex(other))
  })

  test('differs where anything visible differs', () => {
    const edits: readonly ((doc: Y.Doc) => void)[] = [
      () => {},
      (doc) => doc.getText('t').insert(0, 'a'),
      (doc) => doc.getMap('m').set('t', 'a'),
      (doc) => doc.getMap('m').set('t', new Y.Text('a')),
      (doc) => doc.getMap('m').set('t', ['a']),
      (doc) => doc.getMap('m').set('t', new Y.Array()),
      (doc) => doc.getArray('a').insert(0, ['a']),
      (doc) => doc.getArray('a').insert(0, ['a', 'a']),
      (doc) => doc.getArray('a').insert(0, [Uint8Array.of(97)]),
    ]
    const digests = edits.map((edit) => {
      const document = SharedDocument.create({ schema })
      edit(document.doc)
      return toHex(document.digest(crypto))
    })
    expect(new Set(digests).size).toBe(edits.length)
  })

  test('sees the formatting of rich text', () => {
    const rich = schemaOf({ t: 'text' }, true)
    const digests = [undefined, { bold: true }, { bold: false }].map((attributes) => {
      const document = SharedDocument.create({ schema: rich })
      document.doc.getText('t').insert(0, 'a', attributes)
      return toHex(document.digest(crypto))
    })
    expect(new Set(digests).size).toBe(3)
  })
})

describe('an app’s own document', () => {
  test('is shared with what it holds, mended, under its own collection rule too', () => {
    const doc = new Y.Doc({ gcFilter: () => false })
    doc.getText('t').insert(0, 'a\ud83db')
    const document = SharedDocument.create({ schema, doc })
    expect(document.doc).toBe(doc)
    expect(doc.getText('t').toString()).toBe('a\ufffdb')
    expect(doc.gcFilter(doc.getText('t')._start!)).toBe(false)
  })

  test.each([
    ['another kind of root', (doc: Y.Doc) => void doc.getMap('t').set('a', 1)],
    ['a root of no declaration', (doc: Y.Doc) => doc.getText('other').insert(0, 'a')],
    ['XML', (doc: Y.Doc) => void doc.getMap('m').set('a', new Y.XmlText())],
    [
      'structure that was collected',
      (doc: Y.Doc) => {
        doc.getMap('m').set('a', new Y.Text('x'))
        doc.getMap('m').delete('a')
      },
    ],
    ['updates that wait', (doc: Y.Doc) => Y.applyUpdate(doc, updateOf(9, 3, struct({})))],
  ])('with %s is refused with a remedy', (_name, fill) => {
    const doc = new Y.Doc()
    fill(doc)
    if (doc.store.clients.size === 0) doc.getText('t').insert(0, 'x')
    expect(() => SharedDocument.create({ schema, doc })).toThrow(UnfitDocument)
  })
})

describe('a schema', () => {
  test.each([
    ['nothing declared', {}],
    ['a name beyond the limit', { ['x'.repeat(49)]: 'text' }],
    ['a prototype’s name', JSON.parse('{"__proto__":"text"}')],
    ['a lone surrogate', { '\ud83d': 'text' }],
    ['a kind there is not', { t: 'xml' }],
    ['too many roots', Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`r${i}`, 'text']))],
  ] as const)('with %s is refused', (_name, roots) => {
    expect(() => schemaOf(roots as Record<string, RootKind>)).toThrow(UnfitSchema)
  })

  test('is the same whatever order it was written in', () => {
    expect(Object.keys(schemaOf({ b: 'text', a: 'map' }).roots)).toEqual(['a', 'b'])
  })
})
