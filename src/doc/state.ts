/**
 * A checkpoint's state, judged before Yjs sees it: a whole document as one V1 update. Stricter than an update in
 * one thing, it stands alone, and wider in another, structs may be as long as the text.
 *
 * Invariants of what passes: every client begins at clock 0 and ends exactly where the checkpoint says, without a
 * gap; everything referred to is inside and can be integrated first; every item stands where the schema allows.
 * Not here: the order of neighbours, which only the loaded document can tell (`objectionToLoaded`).
 */
import * as Y from 'yjs'
import { decode } from '../base/codec.ts'
import { MAX_CHECKPOINT_BYTES, MAX_CLOCK, MAX_WRITERS } from '../wire/limits.ts'
import { type Violation, violation } from '../wire/violation.ts'
import { itemAt, wereAdjacent } from './neighbours.ts'
import { Judge, type Surroundings, structAt } from './placement.ts'
import type { Schema } from './schema.ts'
import type { Id, Struct } from './struct.ts'
import { type Block, readUpdate, type Update, type UpdateBounds } from './update.ts'

/** About 200 bytes each in memory; a long session of a team has some ten thousands. */
const MAX_STATE_STRUCTS = 2 ** 21

const BOUNDS: UpdateBounds = {
  blocks: 2 * MAX_WRITERS,
  structs: MAX_STATE_STRUCTS,
  deletions: MAX_STATE_STRUCTS,
  stringUnits: MAX_CHECKPOINT_BYTES,
  length: MAX_CLOCK,
}

/** `clocks`: the next clock of every client, as the checkpoint lists them. */
export function inspectState(
  state: Uint8Array,
  clocks: ReadonlyMap<number, number>,
  schema: Schema,
): Violation | undefined {
  if (state.length > MAX_CHECKPOINT_BYTES) return violation('oversized', 'a state beyond the limit')
  const read = decode(state, (reader) => readUpdate(reader, BOUNDS))
  if (!read.ok) return refuse(read.reason)
  const reason = gap(read.value, clocks) ?? objectionToStructs(read.value.blocks, schema)
  return reason === undefined ? undefined : refuse(reason)
}

function refuse(reason: string): Violation {
  return violation('firewall', `state refused: ${reason}`)
}

function gap({ blocks, deletions }: Update, clocks: ReadonlyMap<number, number>): string | undefined {
  const there = new Set(blocks.map(({ client }) => client))
  for (const { client, clock, end } of blocks) {
    if (clock !== 0 || end !== clocks.get(client)) return 'clocks other than the listed ones'
  }
  for (const [client, clock] of clocks)
    if (clock > 0 && !there.has(client)) return 'a listed client is missing'
  for (const { client, clock, length } of deletions) {
    if (clock + length > (clocks.get(client) ?? 0)) return 'a deletion of what is not there'
  }
  return undefined
}

interface Progress {
  readonly block: Block
  /** Structs judged so far. */
  judged: number
  waiting: boolean
}

/** Judges every struct after what it refers to, as Yjs will integrate them. */
function objectionToStructs(blocks: readonly Block[], schema: Schema): string | undefined {
  const byClient = new Map<number, Progress>()
  for (const block of blocks) byClient.set(block.client, { block, judged: 0, waiting: false })
  const find = ({ client, clock }: Id): Struct | undefined => {
    const structs = byClient.get(client)?.block.structs
    return structs && structAt(structs, clock)
  }
  const judge = new Judge(schema, find, NOTHING_OUTSIDE)
  for (const progress of byClient.values()) {
    const objection = judgeBlock(progress, byClient, judge)
    if (objection !== undefined) return objection
  }
  return undefined
}

const NOTHING_OUTSIDE: Surroundings = {
  root: (name) => ({ owner: `root ${name}`, kind: undefined, depth: 0 }),
  placeOf: () => undefined,
  typeAt: () => undefined,
}

function judgeBlock(
  first: Progress,
  byClient: ReadonlyMap<number, Progress>,
  judge: Judge,
): string | undefined {
  const waiting: Progress[] = [first]
  while (waiting.length > 0) {
    const top = waiting.at(-1) as Progress
    const struct = top.block.structs[top.judged]
    if (struct === undefined) {
      top.waiting = false
      waiting.pop()
      continue
    }
    top.waiting = true
    const missing = firstMissing(struct, byClient)
    if (missing === 'outside') return 'a reference to what is not there'
    if (missing?.waiting) return 'structs that wait for each other'
    if (missing) {
      waiting.push(missing)
      continue
    }
    const objection = judge.objectionTo(struct)
    if (objection !== undefined) return objection
    top.judged++
    if (waiting.length > 1) {
      top.waiting = false
      waiting.pop()
    }
  }
  return undefined
}

/** The client whose struct must come first. */
function firstMissing(
  struct: Struct,
  byClient: ReadonlyMap<number, Progress>,
): Progress | 'outside' | undefined {
  return (
    missingAt(struct.origin, byClient) ??
    missingAt(struct.rightOrigin, byClient) ??
    missingAt(struct.holder, byClient)
  )
}

function missingAt(
  id: Id | undefined,
  byClient: ReadonlyMap<number, Progress>,
): Progress | 'outside' | undefined {
  if (id === undefined) return undefined
  const progress = byClient.get(id.client)
  if (!progress || id.clock >= progress.block.end) return 'outside'
  const next = progress.block.structs[progress.judged]
  return next && id.clock >= next.clock ? progress : undefined
}

/** Why a loaded state can be no honest one, or `undefined`: neighbours that never were adjacent. */
export function objectionToLoaded(doc: Y.Doc): string | undefined {
  const lists = new Map<unknown, ReadonlyMap<Y.Item, number>>()
  const positionOf = (item: Y.Item): number => {
    const list = lists.get(item.parent) ?? positionsIn(item)
    lists.set(item.parent, list)
    return list.get(item) ?? -1
  }
  const precedes = (within: Y.Doc, left: Id, right: Id): boolean => {
    const from = itemAt(within, left)
    const to = itemAt(within, right)
    if (!from || !to) return false
    return from === to ? left.clock < right.clock : positionOf(from) < positionOf(to)
  }
  for (const structs of doc.store.clients.values()) {
    for (const struct of structs) {
      if (!(struct instanceof Y.Item)) return 'collected structure'
      const { origin, rightOrigin, parentSub } = struct
      const sides = { origin: origin ?? undefined, rightOrigin: rightOrigin ?? undefined }
      const isFirst = origin === null && rightOrigin === null
      if (!isFirst && parentSub === null && !wereAdjacent(sides, doc, precedes)) {
        return 'neighbours that never were adjacent'
      }
    }
  }
  return undefined
}

function positionsIn(item: Y.Item): ReadonlyMap<Y.Item, number> {
  const positions = new Map<Y.Item, number>()
  let at: Y.Item | null = item
  while (at.left !== null) at = at.left
  for (; at !== null; at = at.right) positions.set(at, positions.size)
  return positions
}
