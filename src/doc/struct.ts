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
import { assert, unreachable } from '../base/assert.ts'
import { Malformed, type Reader } from '../base/codec.ts'
import { MAX_ANY_BYTES, MAX_CLOCK, MAX_NAME_BYTES } from '../wire/limits.ts'
import type { Content, RootKind } from './schema.ts'
import { isForbiddenKey, readAny, readJson } from './value.ts'

export interface Id {
  readonly client: number
  readonly clock: number
}

/** One object for all structs that hold alike: there may be as many structs as a quarter of the bytes. */
export interface Holding {
  readonly content: Content
  /** The kind of type, when `content` is one. */
  readonly type: RootKind | undefined
  /** Written as a map item. Y.mergeUpdates forgets this where a neighbour implies it, so false says nothing then. */
  readonly keyed: boolean
}

/** Where a struct stands when neither neighbour says so. */
export interface Declared {
  /** A root's name or the item that holds the type. */
  readonly parent: string | Id
  readonly key: string | undefined
}

/** A type that holds items. Two items have the same parent when `owner` is the same. */
export interface Parent {
  /** undefined: unknown. */
  readonly owner: unknown
  readonly kind: RootKind | undefined
  /** 0 for a root; at least this when unknown. */
  readonly depth: number
}

export interface Place {
  readonly parent: Parent
  /** null in a list; undefined: unknown. */
  readonly key: string | null | undefined
}

/** Its neighbours stand in it as numbers, because an id of its own takes half as much memory as all the rest. */
export class Struct {
  readonly clock: number
  /** Clocks it takes, at least 1. */
  readonly length: number
  readonly holding: Holding
  readonly declared: Declared | undefined
  /** Where it stands, by the judge that looked at it last (placement.ts). */
  place: Place | undefined = undefined
  readonly #leftClient: number
  /** -1: none. */
  readonly #leftClock: number
  readonly #rightClient: number
  readonly #rightClock: number

  /** Reads itself: there may be as many as a quarter of the bytes, and whatever is made on the way is made as often.
   *  @throws Malformed */
  constructor(reader: Reader, clock: number, bounds: Bounds) {
    const info = reader.u8()
    const hasLeft = (info & LEFT) !== 0
    const hasRight = (info & RIGHT) !== 0
    const keyed = (info & KEYED) !== 0
    const content = CONTENTS.get(info & 31)
    if (content === undefined) throw new Malformed('content nobody may author')
    this.#leftClient = hasLeft ? reader.varuint() : 0
    this.#leftClock = hasLeft ? reader.varuint(MAX_CLOCK) : -1
    this.#rightClient = hasRight ? reader.varuint() : 0
    this.#rightClock = hasRight ? reader.varuint(MAX_CLOCK) : -1
    if (keyed && hasRight) throw new Malformed('a map item with a right neighbour')
    this.declared = hasLeft || hasRight ? undefined : readDeclared(reader, keyed)
    this.holding = readHolding(reader, info & 31, keyed)
    this.clock = clock
    this.length = readContent(reader, content, bounds)
    if (this.length < 1) throw new Malformed('an empty struct')
    if (clock + this.length > MAX_CLOCK) throw new Malformed('a clock beyond the limit')
  }

  get origin(): Id | undefined {
    return this.#leftClock < 0 ? undefined : { client: this.#leftClient, clock: this.#leftClock }
  }

  get rightOrigin(): Id | undefined {
    return this.#rightClock < 0 ? undefined : { client: this.#rightClient, clock: this.#rightClock }
  }

  get keyed(): boolean {
    return this.holding.keyed
  }

  /** The item whose type holds it, where that is all that says so. */
  get holder(): Id | undefined {
    return typeof this.declared?.parent === 'object' ? this.declared.parent : undefined
  }

  /** Whether it refers to that client at that clock or later. */
  refersTo(client: number, clock: number): boolean {
    const { holder } = this
    return (
      (this.#leftClient === client && this.#leftClock >= clock) ||
      (this.#rightClient === client && this.#rightClock >= clock) ||
      (holder !== undefined && holder.client === client && holder.clock >= clock)
    )
  }

  /** Everything it refers to. Asked of every struct, so no list is made. */
  visitReferences(visit: (client: number, clock: number) => void): void {
    if (this.#leftClock >= 0) visit(this.#leftClient, this.#leftClock)
    if (this.#rightClock >= 0) visit(this.#rightClient, this.#rightClock)
    if (this.holder !== undefined) visit(this.holder.client, this.holder.clock)
  }
}

/** How long one struct may be: an update is bounded tightly, a whole state by what it holds. */
export interface Bounds {
  readonly stringUnits: number
  readonly length: number
}

/** By kind. Neither GC 0, legacy JSON 2, subdocuments 9 nor Skip 10. */
const CONTENTS = new Map<number, Content>([
  [1, 'deleted'],
  [3, 'binary'],
  [4, 'string'],
  [5, 'embed'],
  [6, 'format'],
  [7, 'type'],
  [8, 'any'],
])
const TYPES: readonly RootKind[] = ['array', 'map', 'text']
const [IN_LIST, UNDER_KEY] = [holdings(false), holdings(true)]

function holdings(keyed: boolean) {
  const of = (content: Content, type: RootKind | undefined): Holding => ({ content, type, keyed })
  return {
    plain: new Map([...CONTENTS].map(([kind, content]) => [kind, of(content, undefined)])),
    types: TYPES.map((type) => of('type', type)),
  }
}

const KEYED = 32
const RIGHT = 64
const LEFT = 128

function readHolding(reader: Reader, kind: number, keyed: boolean): Holding {
  const { plain, types } = keyed ? UNDER_KEY : IN_LIST
  const holding = CONTENTS.get(kind) === 'type' ? types[reader.varuint(TYPES.length - 1)] : plain.get(kind)
  assert(holding !== undefined, 'every content has its holding')
  return holding
}

export function readId(reader: Reader): Id {
  return { client: reader.varuint(), clock: reader.varuint(MAX_CLOCK) }
}

function readDeclared(reader: Reader, keyed: boolean): Declared {
  const parent = readParent(reader)
  return { parent, key: keyed ? readName(reader) : undefined }
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

/** How many clocks it takes. */
function readContent(reader: Reader, content: Content, bounds: Bounds): number {
  switch (content) {
    case 'deleted':
      return reader.varuint(bounds.length)
    case 'binary':
      reader.sized(MAX_ANY_BYTES)
      return 1
    case 'string':
      return readString(reader, bounds)
    case 'embed':
      readJson(reader)
      return 1
    case 'format':
      readName(reader)
      readJson(reader)
      return 1
    case 'type':
      return 1 // its kind was read before
    case 'any':
      return readValues(reader)
    default:
      return unreachable(content)
  }
}

/** UTF-16 units; a unit takes at most 3 bytes of UTF-8. */
function readString(reader: Reader, bounds: Bounds): number {
  const units = reader.text(bounds.stringUnits * 3).length
  if (units > bounds.stringUnits) throw new Malformed('a string too long')
  return units
}

function readValues(reader: Reader): number {
  const count = reader.varuint(reader.left)
  for (let i = 0; i < count; i++) readAny(reader)
  return count
}
