/**
 * What a session's document may hold: its roots, by name and kind, and which content may stand under which.
 *
 *   text   strings; with `formatting` also embeds and format marks. No keys, no types inside.
 *   map    under a key: values, binary, and the types text, map, array.
 *   array  in order: values, binary, and the types text, map, array.
 *
 * Deleted content may stand anywhere. Nowhere: subdocuments, XML types, Yjs's legacy JSON content.
 * Invariant: equal declarations give equal schemas, whatever order they were written in.
 */
import { toUtf8 } from '../base/bytes.ts'
import { MAX_ROOTS } from '../wire/limits.ts'

export type RootKind = 'text' | 'map' | 'array'

/** What one struct holds. */
export type Content = 'deleted' | 'binary' | 'string' | 'embed' | 'format' | 'type' | 'any'

export interface Schema {
  /** Sorted by name. */
  readonly roots: Readonly<Record<string, RootKind>>
  /** Rich text: embeds and format marks in texts. Yjs then cleans up marks on every peer, viewers too, whose
   *  clean-ups nobody else sees; and a format range that ends inside a surrogate pair garbles it for its author only. */
  readonly formatting: boolean
}

/** A root was declared that no session can have. The message says what to change. */
export class UnfitSchema extends Error {
  override name = 'UnfitSchema'
}

/** Bytes of a root's name: a position that names it still fits MAX_RELATIVE_POSITION_BYTES. */
const MAX_ROOT_NAME_BYTES = 48
const KINDS: readonly RootKind[] = ['text', 'map', 'array']

/** @throws UnfitSchema */
export function schemaOf(roots: Readonly<Record<string, RootKind>>, formatting = false): Schema {
  const names = Object.keys(roots).sort()
  if (names.length === 0) throw new UnfitSchema('Declare at least one root, such as { main: "text" }.')
  if (names.length > MAX_ROOTS)
    throw new UnfitSchema(`Declare at most ${MAX_ROOTS} roots; use a map for more.`)
  for (const name of names) {
    if (name === '__proto__' || !name.isWellFormed() || toUtf8(name).length > MAX_ROOT_NAME_BYTES) {
      throw new UnfitSchema(`Give every root a plain name of at most ${MAX_ROOT_NAME_BYTES} bytes.`)
    }
    if (!KINDS.includes(roots[name] as RootKind))
      throw new UnfitSchema('A root is a text, a map or an array.')
  }
  const sorted = Object.fromEntries(names.map((name) => [name, roots[name] as RootKind]))
  return Object.freeze({ roots: Object.freeze(sorted), formatting })
}

export function rootKind(schema: Schema, name: string): RootKind | undefined {
  return Object.hasOwn(schema.roots, name) ? schema.roots[name] : undefined
}

/** Whether `content` may stand under a parent of this kind; `undefined`: a parent nobody can see yet. */
export function fits(schema: Schema, kind: RootKind | undefined, keyed: boolean, content: Content): boolean {
  const isMark = content === 'embed' || content === 'format'
  if (isMark && !schema.formatting) return false
  switch (kind) {
    case undefined:
      return true
    case 'text':
      return !keyed && (content === 'deleted' || content === 'string' || isMark)
    case 'map':
      return keyed && (content === 'deleted' || isValue(content))
    case 'array':
      return !keyed && (content === 'deleted' || isValue(content))
    default:
      return false
  }
}

function isValue(content: Content): boolean {
  return content === 'any' || content === 'binary' || content === 'type'
}
