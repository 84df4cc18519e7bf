/**
 * Where a struct may stand: one judge for updates (against bytes alone, then against the document) and for
 * whole states. It sees the structs that came before in the same bytes; what lies outside them it asks for.
 * Invariants: a place never changes once known, whatever arrives or is deleted later, so every peer judges
 * alike; what is unknown is never objected to.
 * Not here: the order of neighbours (neighbours.ts), the reading of bytes (update.ts).
 */
import { MAX_TYPE_DEPTH } from '../wire/limits.ts'
import { fits, rootKind, type Schema } from './schema.ts'
import type { Id, Parent, Place, Struct } from './struct.ts'

/** What lies outside the bytes. `undefined` means: nothing that anybody could refer to. */
export interface Surroundings {
  root(name: string): Parent | undefined
  placeOf(id: Id): Place | undefined
  typeAt(id: Id): Parent | undefined
}

const UNKNOWN_PARENT: Parent = { owner: undefined, kind: undefined, depth: 0 }
const UNKNOWN_PLACE: Place = { parent: UNKNOWN_PARENT, key: undefined }

/** Surroundings of which nothing is known but the schema. */
export const UNSEEN: Surroundings = {
  root: (name) => ({ owner: `root ${name}`, kind: undefined, depth: 0 }),
  placeOf: () => UNKNOWN_PLACE,
  typeAt: () => UNKNOWN_PARENT,
}

export class Judge {
  readonly #schema: Schema
  readonly #find: (id: Id) => Struct | undefined
  readonly #around: Surroundings

  /** `find` gives the struct of the same bytes that holds an id. */
  constructor(schema: Schema, find: (id: Id) => Struct | undefined, around: Surroundings) {
    this.#schema = schema
    this.#find = find
    this.#around = around
  }

  /** Why the struct may not stand where it says, or `undefined`. Whatever it refers to must have been judged before. */
  objectionTo(struct: Struct): string | undefined {
    const place = this.#locate(struct)
    if (typeof place === 'string') return place
    const { parent, key } = place
    if (struct.keyed && key === null) return 'a map item in a list'
    if (struct.rightOrigin && typeof key === 'string') return 'a map item with a right neighbour'
    if (!fits(this.#schema, parent.kind, key !== null, struct.holding.content))
      return 'content its parent may not hold'
    if (struct.holding.content === 'type' && parent.depth >= MAX_TYPE_DEPTH) return 'types nested too deep'
    struct.place = place
    return undefined
  }

  /** Whether a struct that was judged stands under a key. */
  isKeyed(struct: Struct): boolean {
    return typeof struct.place?.key === 'string'
  }

  #locate(struct: Struct): Place | string {
    const { origin, rightOrigin } = struct
    const left = origin && this.#placeAt(origin)
    const right = rightOrigin && this.#placeAt(rightOrigin)
    if (typeof left === 'string') return left
    if (typeof right === 'string') return right
    if (left && right) return common(left, right)
    return left ?? right ?? this.#declared(struct)
  }

  #declared(struct: Struct): Place | string {
    const { parent: holder, key = null } = struct.declared ?? {}
    if (typeof holder === 'string') {
      const kind = rootKind(this.#schema, holder)
      const root = this.#around.root(holder)
      return kind && root ? { parent: { ...root, kind }, key } : 'a root the schema does not name'
    }
    const parent = holder && this.#typeAt(holder)
    return parent ? { parent, key } : 'a parent that is no type'
  }

  #placeAt(id: Id): Place | string {
    const struct = this.#find(id)
    const place = struct ? struct.place : this.#around.placeOf(id)
    return place ?? 'a neighbour that is nowhere'
  }

  #typeAt(id: Id): Parent | undefined {
    const struct = this.#find(id)
    if (!struct) return this.#around.typeAt(id)
    const { place, holding } = struct
    if (holding.content !== 'type' || !place) return undefined
    return { owner: struct, kind: holding.type, depth: place.parent.depth + 1 }
  }
}

function common(left: Place, right: Place): Place | string {
  if (left.parent.owner === undefined) return right
  if (right.parent.owner === undefined) return left
  if (left.parent.owner !== right.parent.owner) return 'neighbours in different parents'
  return left.key === right.key ? left : 'neighbours under different keys'
}

/** Finds the struct that holds a clock; `structs` follow each other without a gap. */
export function structAt<Span extends { readonly clock: number; readonly length: number }>(
  structs: readonly Span[],
  clock: number,
): Span | undefined {
  let low = 0
  let high = structs.length - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const struct = structs[middle] as Span
    if (clock < struct.clock) high = middle - 1
    else if (clock >= struct.clock + struct.length) low = middle + 1
    else return struct
  }
  return undefined
}
