/**
 * Whether two documents can be states of one history. An id is written once: whatever both hold under it has the
 * same neighbours, the same parent and, unless one of them has deleted it, the same content.
 * Not here: which of the two is the honest one.
 */
import * as Y from 'yjs'
import { equalBytes } from '../base/bytes.ts'
import { kindOf } from './neighbours.ts'
import type { Id } from './struct.ts'
import { encodeAny } from './value.ts'

export interface Disagreement {
  readonly what: string
  /** Whose entries alone could say which is true; undefined: anybody's. */
  readonly clientID: number | undefined
}

const DELETED = 'words that were deleted'

/** Why they cannot, or `undefined`. `later`: `other` says it has seen all that `known` has, deletions too. */
export function disagreement(known: Y.Doc, other: Y.Doc, later: boolean): Disagreement | undefined {
  for (const [client, structs] of known.store.clients) {
    const theirs = other.store.clients.get(client) ?? []
    let at = 0
    for (const one of structs) {
      for (; at < theirs.length; at++) {
        const two = theirs[at]
        if (two === undefined || two.id.clock >= one.id.clock + one.length) break
        const what = objectionToPair(one, two, later)
        if (what !== undefined) return { what, clientID: what === DELETED ? undefined : client }
        if (two.id.clock + two.length > one.id.clock + one.length) break
      }
    }
  }
  return undefined
}

type Struct = Y.Item | Y.GC | Y.Skip

/** `one` and `two` may overlap in part. */
function objectionToPair(one: Struct, two: Struct, later: boolean): string | undefined {
  const from = Math.max(one.id.clock, two.id.clock)
  const to = Math.min(one.id.clock + one.length, two.id.clock + two.length)
  if (from >= to) return undefined
  if (!(one instanceof Y.Item && two instanceof Y.Item)) return 'collected structure'
  const standsAlike =
    isSame(originAt(one, from), originAt(two, from)) && isSame(one.rightOrigin, two.rightOrigin)
  if (!standsAlike || placeOf(one) !== placeOf(two)) return 'words that stand elsewhere'
  if (later && one.deleted && !two.deleted) return DELETED
  if (one.deleted || two.deleted) return undefined
  return equalBytes(contentOf(one, from, to), contentOf(two, from, to)) ? undefined : 'other words'
}

function originAt(item: Y.Item, clock: number): Id | null {
  return clock > item.id.clock ? { client: item.id.client, clock: clock - 1 } : item.origin
}

function isSame(a: Id | null, b: Id | null): boolean {
  return a === b || (a !== null && b !== null && a.client === b.client && a.clock === b.clock)
}

/** Parent and key, as text. */
function placeOf({ parent, parentSub }: Y.Item): string {
  if (!(parent instanceof Y.AbstractType)) return 'nowhere'
  const holder = parent._item
  const name = holder === null ? Y.findRootTypeKey(parent) : `${holder.id.client} ${holder.id.clock}`
  return JSON.stringify([holder === null, name, parentSub])
}

function contentOf({ id, content }: Y.Item, from: number, to: number): Uint8Array {
  if (content instanceof Y.ContentString) return encodeAny(content.str.slice(from - id.clock, to - id.clock))
  if (content instanceof Y.ContentAny) return encodeAny(content.arr.slice(from - id.clock, to - id.clock))
  if (content instanceof Y.ContentBinary) return encodeAny(content.content)
  if (content instanceof Y.ContentEmbed) return encodeAny(content.embed)
  if (content instanceof Y.ContentFormat) return encodeAny([content.key, content.value])
  return encodeAny(content instanceof Y.ContentType ? kindOf(content.type) : undefined)
}
