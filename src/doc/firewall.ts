/**
 * The stateless firewall before Yjs: what the bytes of an update alone prove. Whatever passes, once its needs
 * are met and its neighbours hold (neighbours.ts), makes Yjs neither throw nor leave anything pending.
 * Cost is proportional to the bytes; nothing is created in any document.
 *
 * An update that only deletes names no clock of its writer: its `clock` and `end` are then its `ownNeed`.
 */
import { decode } from '../base/codec.ts'
import type { Inspection, Need } from '../protocol/evaluation.ts'
import {
  MAX_DELETE_RANGES,
  MAX_INLINE_BODY_BYTES,
  MAX_STRING_UNITS,
  MAX_STRUCT_LENGTH,
  MAX_STRUCTS,
} from '../wire/limits.ts'
import { isViolation, type Violation, violation } from '../wire/violation.ts'
import { Judge, structAt, UNSEEN } from './placement.ts'
import type { Schema } from './schema.ts'
import type { Id, Struct } from './struct.ts'
import { type Block, type Examine, readUpdate, type Update, type UpdateBounds } from './update.ts'

const BOUNDS: UpdateBounds = {
  blocks: 1,
  structs: MAX_STRUCTS,
  deletions: MAX_DELETE_RANGES,
  stringUnits: MAX_STRING_UNITS,
  length: MAX_STRUCT_LENGTH,
}

/** An update that passed: what it says and what it refers to. */
export interface Opened {
  readonly update: Update
  readonly inspection: Inspection
}

export function inspectUpdate(update: Uint8Array, clientID: number, schema: Schema): Inspection | Violation {
  const opened = openUpdate(update, clientID, schema)
  return isViolation(opened) ? opened : opened.inspection
}

export function openUpdate(update: Uint8Array, clientID: number, schema: Schema): Opened | Violation {
  if (update.length > MAX_INLINE_BODY_BYTES) return violation('oversized', 'an update beyond the limit')
  const read = decode(update, (reader) => readUpdate(reader, BOUNDS, examiner(clientID, schema)))
  if (!read.ok) return refuse(read.reason)
  const { blocks, deletions } = read.value
  if (blocks.length + deletions.length === 0) return refuse('an empty update')
  const inspection = inspectionOf(read.value, clientID)
  if (inspection.ownNeed > inspection.end) return refuse('a deletion of what its writer has yet to write')
  return { update: read.value, inspection }
}

function refuse(reason: string): Violation {
  return violation('firewall', `update refused: ${reason}`)
}

function examiner(clientID: number, schema: Schema): Examine {
  return (block) => {
    const judge = new Judge(schema, finderIn(block), UNSEEN)
    return (struct) => {
      if (block.client !== clientID) return 'structs of another writer'
      if (struct.refersTo(clientID, struct.clock)) return 'a struct that refers to itself or later'
      return judge.objectionTo(struct)
    }
  }
}

/** Finds structs of the block by id. */
export function finderIn(block: Pick<Block, 'client' | 'structs'>): (id: Id) => Struct | undefined {
  return ({ client, clock }) => (client === block.client ? structAt(block.structs, clock) : undefined)
}

function inspectionOf({ blocks, deletions }: Update, clientID: number): Inspection {
  const needs = new Map<number, number>()
  const need = (client: number, clock: number): void => {
    if (clock > (needs.get(client) ?? 0)) needs.set(client, clock)
  }
  const needAt = (client: number, clock: number): void => need(client, clock + 1)
  for (const { structs } of blocks) for (const struct of structs) struct.visitReferences(needAt)
  for (const { client, clock, length } of deletions) need(client, clock + length)
  const ownNeed = needs.get(clientID) ?? 0
  needs.delete(clientID)
  const { clock, end } = blocks[0] ?? { clock: ownNeed, end: ownNeed }
  return { clock, end, needs: listed(needs), ownNeed }
}

function listed(needs: ReadonlyMap<number, number>): Need[] {
  return [...needs].map(([clientID, clock]) => ({ clientID, clock }))
}
