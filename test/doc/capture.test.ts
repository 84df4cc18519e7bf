/** What leaves of local edits, when, and in which pieces. */
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { type Capture, createCapture } from '../../src/doc/capture.ts'
import { SharedDocument } from '../../src/doc/document.ts'
import { ForeignEdit, reenter, textsOf, UnsharableEdit } from '../../src/doc/foreign.ts'
import { rebuild } from '../../src/doc/rebuilding.ts'
import { schemaOf } from '../../src/doc/schema.ts'
import { CAPTURE_PAUSE_MS, MAX_INLINE_BODY_BYTES } from '../../src/wire/limits.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { HandClock, struct, updateOf } from './tools.ts'

const schema = schemaOf({ t: 'text', m: 'map' })
const ME = 5
const OTHER = 2 ** 52

interface Bench {
  readonly document: SharedDocument
  readonly text: Y.Text
  readonly clock: HandClock
  readonly capture: Capture
  /** One array an emission. */
  readonly emitted: (readonly Uint8Array[])[]
  readonly failures: Error[]
}

function bench(document = SharedDocument.create({ schema }), clientID = ME): Bench {
  const clock = new HandClock()
  const emitted: (readonly Uint8Array[])[] = []
  const failures: Error[] = []
  document.setWriter(clientID, document.nextClock(clientID))
  const capture = createCapture({
    document,
    clientID,
    clock,
    emit: (updates) => emitted.push(updates),
    fail: (error) => failures.push(error),
  })
  return { document, text: document.doc.getText('t'), clock, capture, emitted, failures }
}

/** Another peer that gets every update in order. */
function received(
  updates: readonly Uint8Array[],
  clientID = ME,
  into = SharedDocument.create({ schema }),
): SharedDocument {
  for (const update of updates) expect(into.apply(update, clientID)).toBe('applied')
  return into
}

describe('pace', () => {
  test('the first edit leaves at once, before the edit returns', () => {
    const { text, emitted } = bench()
    text.insert(0, 'a')
    expect(emitted).toHaveLength(1)
  })

  test('edits within the pause leave together when it ends, and an idle writer wakes nobody', () => {
    const { text, emitted, clock } = bench()
    for (const letter of 'abc') text.insert(text.length, letter)
    expect(emitted).toHaveLength(1)
    clock.turn(CAPTURE_PAUSE_MS)
    expect(emitted).toHaveLength(2)
    expect(received(emitted.flat()).doc.getText('t').toString()).toBe('abc')
    clock.turn(CAPTURE_PAUSE_MS)
    expect(emitted).toHaveLength(2)
    expect(clock.waiting).toBe(0)
  })

  test('flush lets out what waits, and nothing twice', () => {
    const { text, emitted, clock, capture } = bench()
    text.insert(0, 'a')
    text.insert(1, 'b')
    capture.flush()
    capture.flush()
    clock.turn(CAPTURE_PAUSE_MS)
    expect(emitted).toHaveLength(2)
  })

  test('a stopped capture emits nothing and leaves no timer', () => {
    const { text, emitted, clock, capture } = bench()
    text.insert(0, 'a')
    text.insert(1, 'b')
    capture.stop()
    clock.turn(CAPTURE_PAUSE_MS)
    capture.flush()
    expect(emitted).toHaveLength(1)
    expect(clock.waiting).toBe(0)
  })
})

describe('what leaves', () => {
  test('a keystroke is one struct and no more', () => {
    const { text, emitted, document } = bench(undefined, OTHER)
    text.insert(0, 'a')
    expect(emitted[0]).toHaveLength(1)
    expect(emitted[0]![0]!.length).toBeLessThanOrEqual(24)
    expect(document.inspect(emitted[0]![0]!, OTHER)).toMatchObject({ clock: 0, end: 1, needs: [] })
  })

  test('observers that write are part of the batch, without overlap', () => {
    const { text, emitted, document } = bench()
    const map = document.doc.getMap('m')
    text.observe(() => {
      if (!map.has('length')) map.set('length', text.length)
    })
    text.insert(0, 'hello')
    expect(emitted.flat()).toHaveLength(1)
    expect(received(emitted.flat()).visible()).toEqual(document.visible())
  })

  test('a deletion of others’ text is ranges without structs', () => {
    const document = received([updateOf(9, 0, struct({ text: 'abcdef' }))], 9)
    const { text, emitted } = bench(document)
    text.delete(1, 2)
    expect(document.inspect(emitted[0]![0]!, ME)).toEqual({
      clock: 0,
      end: 0,
      needs: [{ clientID: 9, clock: 3 }],
      ownNeed: 0,
    })
  })

  test('what was typed and deleted within a batch leaves without its content', () => {
    const { document, text, emitted, capture } = bench()
    new Y.UndoManager(text) // keeps deleted content for undo
    text.insert(0, 'x')
    text.insert(1, 'secret')
    text.delete(1, 6)
    capture.flush()
    const bytes = Buffer.concat(emitted.flat()).toString('latin1')
    expect(bytes).not.toContain('secret')
    expect(received(emitted.flat()).visible()).toEqual(document.visible())
  })

  test('remote work is never sent again, whatever local work surrounds it', () => {
    const { document, text, emitted, capture } = bench()
    text.insert(0, 'mine')
    received(
      [
        updateOf(
          9,
          0,
          struct({ origin: { client: ME, clock: 1 }, rightOrigin: { client: ME, clock: 2 }, text: 'XY' }),
        ),
      ],
      9,
      document,
    )
    text.insert(3, '!')
    capture.flush()
    for (const update of emitted.flat()) {
      const inspection = document.inspect(update, ME)
      expect(isViolation(inspection)).toBe(false)
    }
    expect(emitted.flat()).toHaveLength(2)
  })

  test('an item beside remote work that came in the middle of a batch begins another update', () => {
    const { document, text, emitted, capture } = bench()
    text.insert(0, 'ac')
    text.insert(2, 'l')
    text.insert(1, 'X') // between a and c
    received(
      [
        updateOf(
          9,
          0,
          struct({ origin: { client: ME, clock: 0 }, rightOrigin: { client: ME, clock: 1 }, text: 'r' }),
        ),
      ],
      9,
      document,
    )
    const at = text.toString().indexOf('r')
    text.insert(at, 'L')
    text.insert(at + 2, 'R')
    capture.flush()
    expect(emitted[1]!.length).toBeGreaterThan(1)
    const peer = received(emitted[0]!)
    received(
      [
        updateOf(
          9,
          0,
          struct({ origin: { client: ME, clock: 0 }, rightOrigin: { client: ME, clock: 1 }, text: 'r' }),
        ),
      ],
      9,
      peer,
    )
    expect(received(emitted[1]!, ME, peer).visible()).toEqual(document.visible())
  })
})

describe('large edits', () => {
  test('replacing 50,000 words of somebody else is split into updates that each fit, and arrives whole', () => {
    const words = 50_000
    const document = received([updateOf(9, 0, struct({ text: 'word '.repeat(words) }))], 9)
    const before = document.encodeState()
    const { text, emitted } = bench(document)
    document.doc.transact(() => {
      for (let at = 0; at < words; at++) {
        text.delete(at * 6, 4)
        text.insert(at * 6, 'WORDS')
      }
    })
    expect(text.toString()).toBe('WORDS '.repeat(words))
    const updates = emitted.flat()
    expect(updates.length).toBeGreaterThan(2)
    expect(Math.max(...updates.map(({ length }) => length))).toBeLessThanOrEqual(MAX_INLINE_BODY_BYTES)
    const rebuilt = rebuild({
      schema,
      state: before,
      updates: updates.map((update) => ({ update, clientID: ME })),
    })
    if (isViolation(rebuilt)) throw new Error(rebuilt.detail)
    expect(rebuilt.refused).toEqual([])
    expect(rebuilt.document.doc.getText('t').toString()).toBe(text.toString())
  }, 60_000)

  test('a paste of 50 MB is split between characters and arrives whole', () => {
    const { text, emitted } = bench()
    const line = '😀 fifty megabytes of text, pasted at once\n'
    const pasted = line.repeat(Math.ceil(50_000_000 / line.length))
    text.insert(0, pasted)
    const updates = emitted.flat()
    expect(Math.max(...updates.map(({ length }) => length))).toBeLessThanOrEqual(MAX_INLINE_BODY_BYTES)
    expect(received(updates).doc.getText('t').toString() === pasted).toBe(true)
  }, 60_000)

  test('deleting more than 2^24 characters at once is split into ranges that each fit', () => {
    const { document, text, emitted, capture } = bench()
    text.insert(0, 'x'.repeat(20_000_000))
    const peer = received(emitted.flat())
    const sent = emitted.length
    text.delete(0, 20_000_000)
    capture.flush()
    expect(received(emitted.slice(sent).flat(), ME, peer).doc.getText('t').length).toBe(0)
    expect(document.textBytes()).toBeLessThan(100)
  }, 60_000)
})

describe('lone surrogates', () => {
  const cases: readonly (readonly [name: string, edit: (text: Y.Text) => void, shown: string])[] = [
    ['in the middle', (text) => text.insert(0, 'a\ud83db'), 'a\ufffdb'],
    ['at the end', (text) => text.insert(0, 'a\ud83d'), 'a\ufffd'],
    ['at the beginning', (text) => text.insert(0, '\ude00b'), '\ufffdb'],
    ['before a pair', (text) => text.insert(0, '\ud83d😀b'), '\ufffd😀b'],
    ['several', (text) => text.insert(0, '\ude00a\ud83d\ud83db'), '\ufffda\ufffd\ufffdb'],
    [
      'in two edits that meet in time',
      (text) => {
        text.insert(0, '\ud83d')
        text.insert(1, '\ude00')
      },
      '😀',
    ],
    [
      'made by cutting a pair in two',
      (text) => {
        text.insert(0, 'a😀b')
        text.insert(2, 'X')
      },
      'a\ufffdX\ufffdb',
    ],
    [
      'made by deleting half a pair',
      (text) => {
        text.insert(0, 'a😀b')
        text.delete(2, 1)
      },
      'a\ufffdb',
    ],
  ]

  test.each(cases)('%s show the same at the author and everywhere else', (_name, edit, shown) => {
    const { text, emitted, capture } = bench()
    edit(text)
    capture.flush()
    expect(text.toString()).toBe(shown)
    expect(received(emitted.flat()).doc.getText('t').toString()).toBe(shown)
  })

  test('are mended after the edit has returned, and until then nothing leaves', () => {
    const { text, emitted, clock } = bench()
    text.insert(0, 'a\ud83d')
    expect(emitted).toEqual([])
    clock.turn(0)
    expect(emitted).toHaveLength(1)
    text.insert(2, '\ude00')
    clock.turn(CAPTURE_PAUSE_MS)
    expect(text.toString()).toBe('a\ufffd\ufffd')
    expect(received(emitted.flat()).doc.getText('t').toString()).toBe('a\ufffd\ufffd')
  })

  test('kept for undo leave as deleted, and come back mended', () => {
    const { document, text, emitted, capture } = bench()
    const undo = new Y.UndoManager(text, { captureTimeout: 0 })
    text.insert(0, 'x')
    document.doc.transact(() => {
      text.insert(1, '\ud83d')
      text.delete(0, 2)
    })
    undo.undo()
    capture.flush()
    expect(text.toString().isWellFormed()).toBe(true)
    expect(received(emitted.flat()).visible()).toEqual(document.visible())
  })
})

describe('edits nobody else can get', () => {
  const foreignUpdate = (): Uint8Array => {
    const other = new Y.Doc()
    other.getText('t').insert(0, 'from another provider')
    return Y.encodeStateAsUpdate(other)
  }

  test('content of another client stops capture, and the text comes back as own edits', () => {
    const { document, text, emitted, failures, capture, clock } = bench()
    text.insert(0, 'mine ')
    Y.applyUpdate(document.doc, foreignUpdate())
    text.insert(0, 'more ')
    clock.turn(CAPTURE_PAUSE_MS)
    expect(failures).toEqual([expect.any(ForeignEdit)])
    expect(emitted).toHaveLength(1)

    const log = emitted.flat()
    const rebuilt = rebuild({ schema, updates: log.map((update) => ({ update, clientID: ME })) })
    if (isViolation(rebuilt)) throw new Error(rebuilt.detail)
    rebuilt.document.setWriter(ME + 1, 0)
    capture.rebind(rebuilt.document, ME + 1)
    reenter(rebuilt.document, textsOf(document))
    expect(rebuilt.document.doc.getText('t').toString()).toBe(text.toString())
    const peer = received(emitted.slice(1).flat(), ME + 1, received(log))
    expect(peer.doc.getText('t').toString()).toBe(text.toString())
  })

  const unsharable: readonly (readonly [name: string, edit: (doc: Y.Doc) => void])[] = [
    ['a root the schema does not name', (doc) => doc.getText('other').insert(0, 'x')],
    ['formatting in plain text', (doc) => doc.getText('t').insert(0, 'x', { bold: true })],
    ['a subdocument', (doc) => doc.getMap('m').set('k', new Y.Doc())],
    ['a value beyond the limit', (doc) => doc.getMap('m').set('k', 'x'.repeat(5000))],
    ['a forbidden key', (doc) => doc.getMap('m').set('__proto__', 1)],
    ['an XML type', (doc) => doc.getMap('m').set('k', new Y.XmlElement('p'))],
    ['an attribute of a text', (doc) => doc.getText('t').setAttribute('a', 1)],
  ]

  test.each(unsharable)('%s stops capture with a remedy', (_name, edit) => {
    const { document, emitted, failures } = bench()
    edit(document.doc)
    expect(failures).toEqual([expect.any(UnsharableEdit)])
    expect(emitted).toEqual([])
  })

  test('types nested too deep one by one stop capture before any peer refuses them', () => {
    const { document, failures, emitted, capture } = bench()
    let map = document.doc.getMap('m')
    for (let depth = 1; depth <= 17; depth++) {
      const child = new Y.Map<unknown>()
      map.set('k', child)
      capture.flush()
      map = child
    }
    expect(failures).toEqual([expect.any(UnsharableEdit)])
    received(emitted.flat())
  })
})
