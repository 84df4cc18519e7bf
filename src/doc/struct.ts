/**
 * One struct of a Yjs V1 update, read strictly and without Yjs. Garbage and gaps (GC, Skip) are never
 * authored, so they are malformed here, and so is every kind of content no schema allows.
 *
 * struct := info u8 | origin id? | rightOrigin id? | (parent, key text?)? | content
 * info   := content (5 bits) | 32 has a key | 64 has a rightOrigin | 128 has an origin
 * parent := 1 root text | 0 id       written only when there is neither origin nor rightOrigin
 *
 * Not here: what a struct may refer to (firewall.ts) and where it may stand (placement.ts).
 */
import { Malformed, type Reader } from '../base/codec.ts'
import { MAX_ANY_BYTES, MAX_CLOCK, MAX_NAME_BYTES } from '../wire/limits.ts'
import type { Content, RootKind } from './schema.ts'
import { isForbiddenKey, readAny, readJson } from './value.ts'

export interface Id {
  readonly client: number
  readonly clock: number
}

export interface Struct {
  readonly clock: number
  /** Clocks it takes, at least 1. */
  readonly length: number
  readonly content: Content
  /** The kind of type, when `content` is one. */
  readonly type: RootKind | undefined
  readonly origin: Id | undefined
  readonly rightOrigin: Id | undefined
  /** The parent, when neither neighbour names it: a root's name or the item that holds the type. */
  readonly parent: string | Id | undefined
  /** Written as a map item. Y.mergeUpdates forgets this where a neighbour implies it, so false says nothing then. */
  readonly keyed: boolean
  readonly key: string | undefined
}

/** How long one struct may be: an update is bounded tightly, a whole state by what it holds. */
export interface Bounds {
  readonly stringUnits: number
  readonly length: number
}

/** Neither GC 0, legacy JSON 2, subdocuments 9 nor Skip 10. */
const AUTHORED: ReadonlySet<number> = new Set([1, 3, 4, 5, 6, 7, 8])
const KEYED = 32
const RIGHT = 64
const LEFT = 128

export function readStruct(reader: Reader, clock: number, bounds: Bounds): Struct {
  const info = reader.u8()
  if (!AUTHORED.has(info & 31)) throw new Malformed('content nobody may author')
  const origin = info & LEFT ? readId(reader) : undefined
  const rightOrigin = info & RIGHT ? readId(reader) : undefined
  const keyed = (info & KEYED) !== 0
  if (keyed && rightOrigin) throw new Malformed('a map item with a right neighbour')
  const named = origin === undefined && rightOrigin === undefined
  const parent = named ? readParent(reader) : undefined
  const key = named && keyed ? readName(reader) : undefined
  const { content, type, length } = readContent(reader, info & 31, bounds)
  if (length < 1) throw new Malformed('an empty struct')
  if (clock + length > MAX_CLOCK) throw new Malformed('a clock beyond the limit')
  return { clock, length, content, type, origin, rightOrigin, parent, keyed, key }
}

export function readId(reader: Reader): Id {
  return { client: reader.varuint(), clock: reader.varuint(MAX_CLOCK) }
}

function readParent(reader: Reader): string | Id {
  return reader.varuint(1) === 1 ? reader.text(MAX_NAME_BYTES) : readId(reader)
}

/** A key of a map or of a format mark. */
function readName(reader: Reader): string {
  const name = reader.text(MAX_NAME_BYTES)
  if (isForbiddenKey(name)) throw new Malformed('a forbidden key')
  return name
}

interface Read {
  readonly content: Content
  readonly type: RootKind | undefined
  readonly length: number
}

const TYPES: readonly RootKind[] = ['array', 'map', 'text']

function readContent(reader: Reader, kind: number, bounds: Bounds): Read {
  switch (kind) {
    case 1:
      return { content: 'deleted', type: undefined, length: reader.varuint(bounds.length) }
    case 3:
      reader.sized(MAX_ANY_BYTES)
      return { content: 'binary', type: undefined, length: 1 }
    case 4:
      return { content: 'string', type: undefined, length: readString(reader, bounds) }
    case 5:
      readJson(reader)
      return { content: 'embed', type: undefined, length: 1 }
    case 6:
      readName(reader)
      readJson(reader)
      return { content: 'format', type: undefined, length: 1 }
    case 7:
      return { content: 'type', type: readType(reader), length: 1 }
    case 8:
      return { content: 'any', type: undefined, length: readValues(reader) }
    default:
      throw new Malformed('content nobody may author')
  }
}

/** UTF-16 units; a unit takes at most 3 bytes of UTF-8. */
function readString(reader: Reader, bounds: Bounds): number {
  const units = reader.text(bounds.stringUnits * 3).length
  if (units > bounds.stringUnits) throw new Malformed('a string too long')
  return units
}

function readType(reader: Reader): RootKind {
  const type = TYPES[reader.varuint(TYPES.length - 1)]
  if (type === undefined) throw new Malformed('a type of no known kind')
  return type
}

function readValues(reader: Reader): number {
  const count = reader.varuint(reader.left)
  for (let i = 0; i < count; i++) readAny(reader)
  return count
}
