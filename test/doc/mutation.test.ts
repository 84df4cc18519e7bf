/** What the firewall accepts, however it was damaged, makes Yjs neither throw nor wait, and reads back the same. */
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { equalBytes, toHex } from '../../src/base/bytes.ts'
import { SharedDocument } from '../../src/doc/document.ts'
import { type Schema, schemaOf } from '../../src/doc/schema.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { act, type Entry, Replica } from './replica.ts'
import { below, type Chance, pick, seeded } from './tools.ts'

const SCHEMAS = [
  schemaOf({ t: 'text' }),
  schemaOf({ t: 'text', m: 'map', a: 'array' }),
  schemaOf({ t: 'text' }, true),
]

/** Two writers' entries in an order everybody could have received them in. */
function entriesOf(schema: Schema, seed: number): Entry[] {
  const chance = seeded(seed)
  const log = new Map<number, Entry[]>()
  const replicas = [7, 300].map((clientID) => new Replica(schema, clientID, log))
  const order: Entry[] = []
  for (let i = 0; i < 30; i++) {
    const replica = pick(chance, replicas)
    act(replica, schema, chance)
    replica.capture.flush()
    for (const chain of log.values()) order.push(...chain.filter((entry) => !order.includes(entry)))
    for (const each of replicas) each.receiveAll(chance)
  }
  return order
}

/** Bytes changed, cut out, doubled, or taken from another update: small numbers most, they mean the most. */
function damaged(update: Uint8Array, other: Uint8Array, chance: Chance): Uint8Array {
  const bytes = [...update]
  for (let i = below(chance, 3); i >= 0; i--) {
    const at = below(chance, bytes.length)
    const mood = chance()
    if (mood < 0.35) bytes[at] = below(chance, 12)
    else if (mood < 0.5) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(chance, 8))
    else if (mood < 0.65) bytes[at] = Math.max(0, (bytes[at] ?? 0) + (chance() < 0.5 ? 1 : -1)) & 255
    else if (mood < 0.75) bytes.splice(at, 1 + below(chance, 3))
    else if (mood < 0.85) bytes.splice(at, 0, below(chance, 256))
    else bytes.splice(at, 4, ...other.subarray(at, at + 4))
  }
  return Uint8Array.from(bytes)
}

function cloneOf({ doc, schema }: SharedDocument): SharedDocument {
  const clone = SharedDocument.create({ schema })
  Y.applyUpdate(clone.doc, Y.encodeStateAsUpdate(doc))
  return clone
}

/** What the document holds of the writer since a clock, and everything deleted. */
function since(doc: Y.Doc, client: number, clock: number): Uint8Array {
  const known = new Map(Y.decodeStateVector(Y.encodeStateVector(doc))).set(client, clock)
  return Y.encodeStateAsUpdate(doc, Y.encodeStateVector(known as never))
}

test.each(SCHEMAS.map((schema, at) => [at, schema] as const))(
  'damaged updates that are accepted apply whole and encode to something accepted again (schema %i)',
  (_at, schema) => {
    const accepted = { damaged: 0, tried: 0 }
    for (let seed = 1; seed <= 40; seed++) {
      const chance = seeded(seed)
      const document = SharedDocument.create({ schema })
      const entries = entriesOf(schema, seed)
      for (const [at, { update, clientID }] of entries.entries()) {
        for (let i = 0; i < 12; i++) {
          const other = entries[below(chance, entries.length)]!.update
          accepted.tried++
          if (tryDamaged(document, damaged(update, other, chance), clientID)) accepted.damaged++
        }
        expect(document.apply(update, clientID), `seed ${seed}, entry ${at}`).toBe('applied')
      }
    }
    expect(accepted.tried).toBeGreaterThan(5_000)
    expect(accepted.damaged).toBeGreaterThan(100)
  },
  60_000,
)

/** True when the bytes passed every check and were applied to a clone. */
function tryDamaged(document: SharedDocument, bytes: Uint8Array, clientID: number): boolean {
  const inspection = document.inspect(bytes, clientID)
  if (isViolation(inspection)) return false
  const next = document.nextClock(clientID)
  if (inspection.clock !== inspection.end && inspection.clock !== next) return false
  if (inspection.needs.some((need) => document.nextClock(need.clientID) < need.clock)) return false
  const clone = cloneOf(document)
  const twin = cloneOf(document)
  if (clone.apply(bytes, clientID) === 'refused') return false // `apply` asserts that nothing is pending
  expect(clone.nextClock(clientID)).toBe(inspection.clock === inspection.end ? next : inspection.end)
  expectSameAgain(clone, twin, { clientID, next })
  return true
}

function expectSameAgain(
  clone: SharedDocument,
  twin: SharedDocument,
  { clientID, next }: { clientID: number; next: number },
): void {
  const again = since(clone.doc, clientID, next)
  expect(isViolation(twin.inspect(again, clientID)), toHex(again)).toBe(false)
  expect(twin.apply(again, clientID), toHex(again)).toBe('applied')
  expect(equalBytes(twin.visible(), clone.visible()), toHex(again)).toBe(true)
  expect(twin.clocks()).toEqual(clone.clocks())
  if (clone.schema.formatting) return // Yjs cleans up marks after remote changes, each peer for itself
  const [deleted, wanted] = [twin, clone].map(({ doc }) => Y.createDeleteSetFromStructStore(doc.store))
  expect(Y.equalDeleteSets(deleted!, wanted!), toHex(again)).toBe(true)
}
