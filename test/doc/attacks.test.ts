/** Every crafted update of attacks.json ends as it says; with the guard off, the dangerous ones succeed. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { EMPTY, fromHex } from '../../src/base/bytes.ts'
import { Reader, Writer } from '../../src/base/codec.ts'
import { SharedDocument } from '../../src/doc/document.ts'
import { schemaOf } from '../../src/doc/schema.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { deletionOf, struct, updateOf } from './tools.ts'

interface Attack {
  readonly name: string
  readonly expect: string
  readonly hex: string
  readonly writer?: { readonly clientID: number; readonly nextClock: number }
}

const file = new URL('../vectors/attacks.json', import.meta.url)
const { updates, writer } = JSON.parse(readFileSync(file, 'utf8')) as {
  updates: readonly Attack[]
  writer: NonNullable<Attack['writer']>
}

/** Client 2 is known up to clock 3. */
function victim(): SharedDocument {
  const document = SharedDocument.create({ schema: schemaOf({ t: 'text' }) })
  expect(document.apply(updateOf(2, 0, struct({ text: 'abc' })), 2)).toBe('applied')
  return document
}

/** What the log does: stateless firewall, the clock must be the next, parked until the needs are met. */
function deliver(
  document: SharedDocument,
  update: Uint8Array,
  clientID: number,
): 'refused' | 'parked' | 'applied' {
  const inspection = document.inspect(update, clientID)
  if (isViolation(inspection)) return 'refused'
  if (inspection.clock !== document.nextClock(clientID)) return 'refused'
  if (inspection.needs.some((need) => document.nextClock(need.clientID) < need.clock)) return 'parked'
  return document.apply(update, clientID)
}

const OUTCOME: Readonly<Record<string, string>> = {
  park: 'parked',
  'fork proof': 'applied', // each alone; the log sees that they share a clock
  'never reaches a V2 function': 'refused',
}

describe('a crafted update', () => {
  test.each(updates.map((attack) => [attack.name, attack] as const))(
    '%s ends as it must',
    (_name, attack) => {
      const document = victim()
      const { clientID } = attack.writer ?? writer
      const before = document.visible()
      const outcome = deliver(document, fromHex(attack.hex), clientID)
      expect(outcome).toBe(OUTCOME[attack.expect] ?? 'refused')
      expect([...document.doc.share.keys()]).toEqual(['t'])
      if (outcome !== 'applied') expect(document.visible()).toEqual(before)
    },
  )

  test('two branches of one writer and clock start and end alike, and Yjs keeps whichever came first', () => {
    const [a, b] = ['equivocation A', 'equivocation B'].map((name) => bytesOf(name))
    const document = victim()
    expect(document.inspect(a!, 666)).toEqual(document.inspect(b!, 666))
    expect(document.apply(a!, 666)).toBe('applied')
    const clocks = document.clocks()
    Y.applyUpdate(document.doc, b!)
    expect(document.clocks()).toEqual(clocks)
    expect(document.doc.getText('t').toString()).toContain('PAY BOB')
  })

  test.each(['prototype', 'deep Any', 'subdocument'])('%s is refused in an array too', (name) => {
    const document = SharedDocument.create({ schema: schemaOf({ t: 'array' }) })
    expect(deliver(document, bytesOf(name), 1)).toBe('refused')
  })
})

describe('control, with the firewall off', () => {
  test.each([
    'clock squat',
    'forged author',
    'clock gap',
    'delete poison',
    'foreign root',
    'prototype',
    'subdocument',
  ])('%s changes the document', (name) => {
    const { doc } = victim()
    const before = fingerprint(doc)
    Y.applyUpdate(doc, bytesOf(name))
    expect(fingerprint(doc)).not.toBe(before)
  })

  test('future origin, own client, throws after a partial apply', () => {
    const { doc } = victim()
    expect(() => Y.applyUpdate(doc, bytesOf('future origin, own client'))).toThrow()
    expect(Y.getState(doc.store, 1)).toBeGreaterThan(0)
  })
})

describe('a large update', () => {
  const writeBlock = (count: number, each: (writer: Writer, index: number) => void): Uint8Array => {
    const block = new Writer().varuint(1).varuint(count).varuint(1).varuint(0)
    for (let i = 0; i < count; i++) each(block, i)
    return block.varuint(0).finish()
  }
  const nested = (count: number): Uint8Array =>
    writeBlock(count, (to, i) => {
      const parent = i === 0 ? 't' : { client: 1, clock: i - 1 }
      to.fixed(struct({ parent, content: { kind: 7, bytes: Uint8Array.of(0) } }))
    })
  const ranges = (count: number): Uint8Array =>
    deletionOf(9, ...Array.from({ length: count }, (_, i) => [i * 2, 1] as const))
  const embed = new Writer().text('['.repeat(6000) + ']'.repeat(6000)).finish()

  const LARGE: readonly (readonly [name: string, bytes: Uint8Array, mostReads: number])[] = [
    ['500,000 GCs', writeBlock(500_000, (to) => to.u8(0).u8(1)), 0],
    ['100,000 roots', writeBlock(100_000, (to, i) => to.fixed(struct({ parent: `root${i}` }))), 0],
    [
      '19,000 roots within the size',
      writeBlock(19_000, (to, i) => to.fixed(struct({ parent: `${i}` }))),
      200_000,
    ],
    ['20,000 nested types', nested(20_000), 128],
    ['100,000 ranges of an unknown client', ranges(100_000), 0],
    ['20,001 ranges within the size', ranges(20_001), 12],
    ['a deep embed', updateOf(1, 0, struct({ content: { kind: 5, bytes: embed } })), 16],
  ]

  test.each(LARGE)('%s is refused after reading little, and makes no root', (_name, bytes, mostReads) => {
    const schema = schemaOf({ t: 'array' }, true)
    const document = SharedDocument.create({ schema })
    const reads = countReads(() => expect(deliver(document, bytes, 1)).toBe('refused'))
    expect(reads).toBeLessThanOrEqual(mostReads)
    expect([...document.doc.share.keys()]).toEqual(['t'])
  })

  test('nested types beyond the limit are refused when they come one by one, and the last allowed is not', () => {
    const document = SharedDocument.create({ schema: schemaOf({ t: 'array' }) })
    const outcomes = Array.from({ length: 17 }, (_, i) => {
      const parent = i === 0 ? 't' : { client: 1, clock: i - 1 }
      return deliver(
        document,
        updateOf(1, i, struct({ parent, content: { kind: 7, bytes: Uint8Array.of(0) } })),
        1,
      )
    })
    expect(outcomes).toEqual([...Array.from({ length: 16 }, () => 'applied'), 'refused'])
  })

  test('6,000 updates with missing needs are parked by what they need, and Yjs is never asked', () => {
    const document = victim()
    for (let i = 0; i < 6000; i++) {
      const update = updateOf(1, 0, struct({ origin: { client: 50 + i, clock: 7 } }))
      expect(document.inspect(update, 1)).toMatchObject({ needs: [{ clientID: 50 + i, clock: 8 }] })
    }
    expect(document.doc.store.pendingStructs).toBeNull()
  })

  test('an update without anything in it is refused', () => {
    expect(isViolation(victim().inspect(EMPTY, 1))).toBe(true)
    expect(isViolation(victim().inspect(Uint8Array.of(0, 0), 1))).toBe(true)
  })
})

function bytesOf(name: string): Uint8Array {
  return fromHex(updates.find((attack) => attack.name === name)!.hex)
}

/** All that Yjs holds: roots, clocks, text, and what waits. */
function fingerprint(doc: Y.Doc): string {
  const { pendingStructs, pendingDs } = doc.store
  return JSON.stringify([
    [...doc.share.keys()],
    [...Y.decodeStateVector(Y.encodeStateVector(doc))],
    doc.getText('t').toString(),
    pendingStructs,
    pendingDs,
  ])
}

/** Bytes read one by one. */
function countReads(work: () => void): number {
  const { u8 } = Reader.prototype
  let reads = 0
  Reader.prototype.u8 = function (this: Reader): number {
    reads++
    return u8.call(this)
  }
  try {
    work()
  } finally {
    Reader.prototype.u8 = u8
  }
  return reads
}
