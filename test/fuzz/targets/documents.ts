/**
 * The firewall and what stands behind it: bytes it takes never make Yjs throw, leave nothing pending, and give the
 * same document as what the document then encodes to.
 */
import * as Y from 'yjs'
import { concat, toHex } from '../../../src/base/bytes.ts'
import { Writer } from '../../../src/base/codec.ts'
import { SharedDocument } from '../../../src/doc/document.ts'
import { inspectUpdate } from '../../../src/doc/firewall.ts'
import { type Schema, schemaOf } from '../../../src/doc/schema.ts'
import { inspectState, objectionToLoaded } from '../../../src/doc/state.ts'
import { isViolation } from '../../../src/wire/violation.ts'
import { act, type Entry, Replica } from '../../doc/replica.ts'
import { pick, seeded, struct, updateOf } from '../../doc/tools.ts'
import type { Target } from '../target.ts'

const MALLORY = 7
const BEN = 300
const SCHEMAS: readonly Schema[] = [schemaOf({ t: 'text' }), schemaOf({ t: 'text', m: 'map', a: 'array' })]

/** A document somebody could have, and an update of Mallory's that she could send next. */
interface Scene {
  readonly schema: Schema
  readonly state: Uint8Array
  readonly update: Uint8Array
  readonly clocks: ReadonlyMap<number, number>
}

/** Two writers for a while; a scene before each of Mallory's entries. */
function scenesOf(schema: Schema, seed: number): Scene[] {
  const chance = seeded(seed)
  const log = new Map<number, Entry[]>()
  const replicas = [MALLORY, BEN].map((clientID) => new Replica(schema, clientID, log))
  for (let i = 0; i < 40; i++) {
    const replica = pick(chance, replicas)
    act(replica, schema, chance)
    if (chance() < 0.6) replica.capture.flush()
    for (const each of replicas) if (chance() < 0.6) each.receive(chance)
  }
  for (const each of replicas) each.capture.flush()
  return scenesFrom(schema, log)
}

function scenesFrom(schema: Schema, log: ReadonlyMap<number, readonly Entry[]>): Scene[] {
  const document = SharedDocument.create({ schema })
  const scenes: Scene[] = []
  const left = new Map([...log].map(([client, chain]) => [client, [...chain]]))
  for (;;) {
    const ready = [...left].find(([client, [next]]) => next && mayApply(document, next.update, client))
    const next = ready?.[1].shift()
    if (ready === undefined || next === undefined) return scenes
    if (ready[0] === MALLORY) {
      const state = document.encodeState()
      scenes.push({ schema, state, update: next.update, clocks: document.clocks() })
    }
    document.apply(next.update, ready[0])
  }
}

/** What the log asks before it lets an update be applied. */
function mayApply(document: SharedDocument, update: Uint8Array, clientID: number): boolean {
  const inspection = document.inspect(update, clientID)
  if (isViolation(inspection)) return false
  const isNext = inspection.clock === inspection.end || inspection.clock === document.nextClock(clientID)
  return isNext && inspection.needs.every((need) => document.nextClock(need.clientID) >= need.clock)
}

interface Theatre {
  readonly scenes: readonly Scene[]
  readonly documents: readonly SharedDocument[]
}

let theatre: Theatre | undefined

/** Always the same ones: an input names its scene by a number, which must mean the same at every run. */
function allScenes(): Theatre {
  if (theatre !== undefined) return theatre
  const played = SCHEMAS.flatMap((schema, at) =>
    [1, 2, 3, 4].flatMap((seed) => scenesOf(schema, 10 * at + seed)),
  )
  const scenes = played.slice(0, 256)
  theatre = { scenes, documents: scenes.map(({ schema, state }) => documentOf(schema, state)) }
  return theatre
}

function documentOf(schema: Schema, state: Uint8Array): SharedDocument {
  const document = SharedDocument.create({ schema })
  Y.applyUpdate(document.doc, state)
  return document
}

// The firewall alone -----------------------------------------------------------------------------------

function manyStructs(count: number): Uint8Array {
  const structs = Array.from({ length: count }, (_, at) =>
    at === 0
      ? struct({ parent: 't', text: 'a' })
      : struct({ origin: { client: MALLORY, clock: at - 1 }, text: 'a' }),
  )
  return updateOf(MALLORY, 0, ...structs)
}

/** The smallest there are, and each refers to something. */
function smallStructs(count: number): Uint8Array {
  const one = struct({ origin: { client: 5, clock: 9 }, content: { kind: 1, bytes: Uint8Array.of(1) } })
  return updateOf(MALLORY, 0, ...Array.from({ length: count }, () => one))
}

function manyRanges(count: number): Uint8Array {
  const writer = new Writer().varuint(0).varuint(1).varuint(BEN)
  const ranges = Array.from({ length: count }, (_, at) => at * 2)
  return writer.list(ranges, (to, clock) => to.varuint(clock).varuint(1)).finish()
}

function manyValues(count: number): Uint8Array {
  const bytes = new Writer().varuint(count).fixed(new Uint8Array(count).fill(126)).finish()
  return updateOf(MALLORY, 0, struct({ parent: 'a', content: { kind: 8, bytes } }))
}

/** A struct of 4 bytes and more is an object of 96 once it is read, and ids and text are made for a moment to be judged:
 *  38 bytes for each byte, 44 before the code is warm; 13 are held at once. */
const ALLOCATED_PER_BYTE_OF_STRUCTS = 56

const firewall: Target = {
  name: 'firewall',
  pace: 'cheap',
  allocatedPerByte: ALLOCATED_PER_BYTE_OF_STRUCTS,
  valid: () => allScenes().scenes.map(({ update }) => update),
  large: () => [
    manyStructs(20_000),
    smallStructs(20_000),
    manyRanges(20_000),
    manyValues(200_000),
    updateOf(MALLORY, 0, struct({ parent: 't', text: 'some text '.repeat(25_000) })),
  ],
  decode: (update) => {
    const inspection = inspectUpdate(update, MALLORY, SCHEMAS[1] as Schema)
    return isViolation(inspection) ? undefined : inspection
  },
}

// Against Yjs ------------------------------------------------------------------------------------------

interface Judged {
  readonly scene: Scene
  readonly document: SharedDocument
  readonly update: Uint8Array
}

/** The first byte names the scene; the rest is an update of Mallory's. */
const documents: Target = {
  name: 'document',
  pace: 'cheap',
  allocatedPerByte: ALLOCATED_PER_BYTE_OF_STRUCTS,
  valid: () => allScenes().scenes.map(({ update }, at) => concat(Uint8Array.of(at), update)),
  decode: (input): Judged | undefined => {
    const { scenes, documents: all } = allScenes()
    const at = (input[0] ?? 0) % scenes.length
    const [scene, document] = [scenes[at] as Scene, all[at] as SharedDocument]
    const update = input.slice(1)
    return mayApply(document, update, MALLORY) ? { scene, document, update } : undefined
  },
  objection: (value) => objectionToApplied(value as Judged),
}

/** On fresh copies, so that the scene stays as it is. */
function objectionToApplied({ scene, update }: Judged): string | undefined {
  const applied = documentOf(scene.schema, scene.state)
  const next = applied.nextClock(MALLORY)
  if (applied.apply(update, MALLORY) === 'refused') return undefined // the neighbour check; it applied nothing
  const { pendingStructs, pendingDs } = applied.doc.store
  if (pendingStructs !== null || pendingDs !== null) return 'Yjs waits for something'
  const again = sinceOf(applied.doc, next)
  const twin = documentOf(scene.schema, scene.state)
  const judged = twin.inspect(again, MALLORY)
  if (isViolation(judged)) return `what it became is refused: ${judged.detail} ${toHex(again)}`
  if (twin.apply(again, MALLORY) === 'refused')
    return `the neighbour check refuses what it became ${toHex(again)}`
  return difference(applied, twin) ?? difference(applied, documentOf(scene.schema, applied.encodeState()))
}

function difference(one: SharedDocument, other: SharedDocument): string | undefined {
  if (!Buffer.from(one.visible()).equals(other.visible())) return 'memory differs from what it encodes to'
  const [clocks, others] = [one, other].map((each) => JSON.stringify([...each.clocks()].sort()))
  if (clocks !== others) return 'the clocks differ from what they encode to'
  const [deleted, wanted] = [one, other].map(({ doc }) => Y.createDeleteSetFromStructStore(doc.store))
  const isSame = deleted !== undefined && wanted !== undefined && Y.equalDeleteSets(deleted, wanted)
  return isSame ? undefined : 'deletions differ from what they encode to'
}

/** What the document holds of Mallory since a clock, and everything deleted. */
function sinceOf(doc: Y.Doc, clock: number): Uint8Array {
  const known = new Map(Y.decodeStateVector(Y.encodeStateVector(doc))).set(MALLORY, clock)
  return Y.encodeStateAsUpdate(doc, Y.encodeStateVector(known as never))
}

// Whole states -----------------------------------------------------------------------------------------

/** The first byte names the scene whose clocks a checkpoint lists; the rest is the state it brings. */
const states: Target = {
  name: 'state',
  pace: 'cheap',
  allocatedPerByte: ALLOCATED_PER_BYTE_OF_STRUCTS,
  valid: () => allScenes().scenes.map(({ state }, at) => concat(Uint8Array.of(at), state)),
  large: () => [concat(Uint8Array.of(0), manyStructs(50_000))],
  decode: (input) => {
    const { scenes } = allScenes()
    const scene = scenes[(input[0] ?? 0) % scenes.length] as Scene
    const state = input.slice(1)
    return inspectState(state, scene.clocks, scene.schema) === undefined ? { scene, state } : undefined
  },
  objection: (value) => {
    const { scene, state } = value as { scene: Scene; state: Uint8Array }
    const loaded = documentOf(scene.schema, state)
    const { pendingStructs, pendingDs } = loaded.doc.store
    if (pendingStructs !== null || pendingDs !== null) return 'Yjs waits for something'
    if (objectionToLoaded(loaded.doc) !== undefined) return undefined
    return difference(loaded, documentOf(scene.schema, loaded.encodeState()))
  },
}

export const DOCUMENT: readonly Target[] = [firewall, documents, states]
