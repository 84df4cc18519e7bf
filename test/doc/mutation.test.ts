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

const MALLORY = 7

/** Two writers' entries in an order everybody could have received them in. */
function entriesOf(schema: Schema, seed: number): Entry[] {
  const chance = seeded(seed)
  const log = new Map<number, Entry[]>()
  const replicas = [MALLORY, 300].map((clientID) => new Replica(schema, clientID, log))
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

/** Three writers who hear of each other late. */
function concurrentEntries(schema: Schema, seed: number): Entry[] {
  const chance = seeded(seed)
  const log = new Map<number, Entry[]>()
  const replicas = [MALLORY, 1, 300].map((clientID) => new Replica(schema, clientID, log))
  for (let i = 0; i < 40; i++) {
    act(pick(chance, replicas), schema, chance)
    for (const each of replicas) {
      if (chance() < 0.5) each.capture.flush()
      if (chance() < 0.5) each.receive(chance)
    }
  }
  for (const each of replicas) each.capture.flush()
  return [...log.values()].flat()
}

/** The same, where some of Mallory's updates were replaced by damaged ones of the same clocks that pass. */
function withMallory(
  schema: Schema,
  entries: readonly Entry[],
  chance: Chance,
): { sent: Entry[]; replaced: number } {
  const document = SharedDocument.create({ schema })
  let replaced = 0
  const sent = entries.map((entry) => {
    if (entry.clientID !== MALLORY) return entry
    const honest = document.inspect(entry.update, MALLORY)
    for (let i = 0; i < 40; i++) {
      const update = damaged(entry.update, pick(chance, entries).update, chance)
      const inspection = document.inspect(update, MALLORY)
      if (isViolation(inspection) || isViolation(honest)) continue
      if (inspection.clock !== honest.clock || inspection.end !== honest.end) continue
      replaced++
      return { clientID: MALLORY, update }
    }
    return entry
  })
  return { sent, replaced }
}

/** Delivers in a random order that keeps chains and needs; a refused entry ends its writer. */
function outcomeOf(schema: Schema, sent: readonly Entry[], chance: Chance): string {
  const document = SharedDocument.create({ schema })
  const chains = [MALLORY, 1, 300].map((client) => sent.filter(({ clientID }) => clientID === client))
  const refused: number[] = []
  for (;;) {
    const ready = chains.filter(([next]) => next && mayApply(document, next.update, next.clientID))
    if (ready.length === 0)
      return JSON.stringify([toHex(document.visible()), refused.sort(), chains.map((left) => left.length)])
    const chain = pick(chance, ready)
    const { update, clientID } = chain.shift()!
    if (document.apply(update, clientID) === 'applied') continue
    refused.push(clientID)
    chain.length = 0
  }
}

test.each([0, 1])(
  'honest peers stay equal whatever a writer makes of its own updates, in every order (schema %i)',
  (at) => {
    const schema = SCHEMAS[at]!
    let damagedOnes = 0
    for (let seed = 1; seed <= 150; seed++) {
      const chance = seeded(seed)
      const { sent, replaced } = withMallory(schema, concurrentEntries(schema, seed), chance)
      damagedOnes += replaced
      const outcomes = Array.from({ length: 5 }, () => outcomeOf(schema, sent, chance))
      expect(new Set(outcomes).size, `seed ${seed}`).toBe(1)
    }
    expect(damagedOnes).toBeGreaterThan(500)
  },
  60_000,
)

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

/** What the log asks before it lets an update be applied. */
function mayApply(document: SharedDocument, update: Uint8Array, clientID: number): boolean {
  const inspection = document.inspect(update, clientID)
  if (isViolation(inspection)) return false
  const isNext = inspection.clock === inspection.end || inspection.clock === document.nextClock(clientID)
  return isNext && inspection.needs.every((need) => document.nextClock(need.clientID) >= need.clock)
}

/** True when the bytes passed every check and were applied to a clone. */
function tryDamaged(document: SharedDocument, bytes: Uint8Array, clientID: number): boolean {
  const inspection = document.inspect(bytes, clientID)
  if (isViolation(inspection) || !mayApply(document, bytes, clientID)) return false
  const next = document.nextClock(clientID)
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
