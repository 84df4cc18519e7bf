/**
 * A whole Yjs V1 update or state, read strictly and without Yjs: blocks of structs, then the delete set.
 * Invariants of what is read: counts were checked against the bytes left before anything was allocated; no
 * client has two blocks or two lists of ranges; ranges of a client rise and leave a gap, or were cut at the limit.
 *
 * update := count block* | count deletions*
 * block  := structs | client | clock | struct*        deletions := client | count (clock | length)*
 */
import { Malformed, type Reader } from '../base/codec.ts'
import { MAX_CLOCK } from '../wire/limits.ts'
import { type Bounds, Struct } from './struct.ts'

export interface Block {
  readonly client: number
  /** The first clock and the one after the last. */
  readonly clock: number
  readonly end: number
  readonly structs: readonly Struct[]
}

export interface Deletion {
  readonly client: number
  readonly clock: number
  readonly length: number
}

export interface Update {
  readonly blocks: readonly Block[]
  readonly deletions: readonly Deletion[]
}

export interface UpdateBounds extends Bounds {
  readonly blocks: number
  readonly structs: number
  readonly deletions: number
}

/** Info, one id and a length: no struct is shorter. */
const MIN_STRUCT_BYTES = 4
const MIN_RANGE_BYTES = 2

/** Begins a block: gives the objection to each of its structs, which stand in `structs` once they passed. */
export type Examine = (block: Pick<Block, 'client' | 'structs'>) => (struct: Struct) => string | undefined

/** `examine` is asked while reading, so that bad bytes cost no more than what comes before the first bad struct. */
export function readUpdate(reader: Reader, bounds: UpdateBounds, examine?: Examine): Update {
  const blocks = readBlocks(reader, bounds, examine)
  return { blocks, deletions: readDeletions(reader, bounds) }
}

function readBlocks(reader: Reader, bounds: UpdateBounds, examine?: Examine): Block[] {
  const count = reader.varuint(bounds.blocks)
  const blocks: Block[] = []
  let structs = 0
  for (let i = 0; i < count; i++) {
    const block = readBlock(reader, { ...bounds, structs: bounds.structs - structs }, examine)
    const last = blocks.at(-1)
    if (last && block.client >= last.client) throw new Malformed('blocks out of order')
    structs += block.structs.length
    blocks.push(block)
  }
  return blocks
}

function readBlock(reader: Reader, bounds: UpdateBounds, examine?: Examine): Block {
  const count = reader.varuint(bounds.structs)
  if (count === 0) throw new Malformed('an empty block')
  if (count * MIN_STRUCT_BYTES > reader.left) throw new Malformed('more structs than bytes')
  const client = reader.varuint()
  const clock = reader.varuint(MAX_CLOCK)
  const structs: Struct[] = []
  const objectionTo = examine?.({ client, structs })
  let end = clock
  for (let i = 0; i < count; i++) {
    const struct = new Struct(reader, end, bounds)
    const objection = objectionTo?.(struct)
    if (objection !== undefined) throw new Malformed(objection)
    end += struct.length
    structs.push(struct)
  }
  return { client, clock, end, structs }
}

function readDeletions(reader: Reader, bounds: UpdateBounds): Deletion[] {
  const deletions: Deletion[] = []
  const clients = reader.varuint(bounds.deletions)
  let previous = Number.POSITIVE_INFINITY
  for (let i = 0; i < clients; i++) {
    const client = reader.varuint()
    if (client >= previous) throw new Malformed('deletions out of order')
    previous = client
    const count = reader.varuint(bounds.deletions - deletions.length)
    if (count === 0) throw new Malformed('an empty list of deletions')
    if (count * MIN_RANGE_BYTES > reader.left) throw new Malformed('more deletions than bytes')
    readRanges(reader, bounds, { client, count }, deletions)
  }
  return deletions
}

function readRanges(
  reader: Reader,
  bounds: UpdateBounds,
  { client, count }: { readonly client: number; readonly count: number },
  into: Deletion[],
): void {
  let end = -1
  let wasCut = false
  for (let i = 0; i < count; i++) {
    const clock = reader.varuint(MAX_CLOCK)
    const length = reader.varuint(bounds.length)
    if (length === 0) throw new Malformed('an empty deletion')
    if (clock < end || (clock === end && !wasCut)) throw new Malformed('deletions out of order')
    end = clock + length
    wasCut = length === bounds.length
    if (end > MAX_CLOCK) throw new Malformed('a clock beyond the limit')
    into.push({ client, clock, length })
  }
}
