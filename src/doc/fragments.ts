/**
 * What one writer wrote since a clock, read from the document as it is now and encoded struct by struct, each
 * within the limits: long strings, arrays and deletions are cut, never inside a surrogate pair.
 * Invariant: content that is deleted already is written as deleted, so it never leaves this device; types stay.
 */
import * as lib0 from 'lib0/encoding'
import * as Y from 'yjs'
import { assert } from '../base/assert.ts'
import { MAX_STRUCT_LENGTH } from '../wire/limits.ts'
import { isHighSurrogate } from './difference.ts'
import type { Id } from './struct.ts'
import { encodeAny } from './value.ts'

/** One struct as an update holds it. */
export interface Fragment {
  readonly clock: number
  readonly length: number
  readonly origin: Id | undefined
  readonly rightOrigin: Id | undefined
  readonly bytes: Uint8Array
}

/** At most 96 KiB of UTF-8, so that several fit an entry and none overflows it. */
const STRING_UNITS = 2 ** 15
/** Values of an array in one fragment, in bytes. */
const VALUES_BYTES = 2 ** 15

/** The writer's items from clock `from` on, the first possibly cut; live items only when `from` lies inside. */
export function itemsSince(doc: Y.Doc, client: number, from: number): Y.Item[] {
  const structs = doc.store.clients.get(client)
  if (!structs || from >= Y.getState(doc.store, client)) return []
  return structs.slice(Y.findIndexSS(structs, from)).map((struct) => {
    assert(struct instanceof Y.Item, 'structure is never collected')
    return struct
  })
}

export function* fragmentsSince(doc: Y.Doc, client: number, from: number): Generator<Fragment> {
  for (const item of itemsSince(doc, client, from)) {
    let start = Math.max(0, from - item.id.clock)
    while (start < item.length) {
      const content = partOf(item, start)
      yield fragment(item, start, content)
      start += content.getLength()
    }
  }
}

/** As much content from `start` as one struct may hold. */
function partOf(item: Y.Item, start: number): Y.Item['content'] {
  const { content } = item
  if (content instanceof Y.ContentType) return content
  if (item.deleted) return new Y.ContentDeleted(Math.min(item.length - start, MAX_STRUCT_LENGTH))
  if (content instanceof Y.ContentString)
    return new Y.ContentString(content.str.slice(start, cutAfter(content.str, start)))
  if (content instanceof Y.ContentAny) return new Y.ContentAny(valuesFrom(content.arr, start))
  return content
}

function cutAfter(text: string, start: number): number {
  const end = Math.min(text.length, start + STRING_UNITS)
  return end < text.length && isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end
}

function valuesFrom(values: readonly unknown[], start: number): unknown[] {
  let bytes = 0
  let end = start
  do {
    bytes += encodeAny(values[end]).length
    end++
  } while (end < values.length && bytes < VALUES_BYTES)
  return values.slice(start, end)
}

function fragment(item: Y.Item, start: number, content: Y.Item['content']): Fragment {
  const { client, clock } = item.id
  const origin = start > 0 ? Y.createID(client, clock + start - 1) : item.origin
  const id = Y.createID(client, clock + start)
  const part = new Y.Item(id, null, origin, null, item.rightOrigin, item.parent, item.parentSub, content)
  const encoder = new Y.UpdateEncoderV1()
  part.write(encoder, 0)
  return {
    clock: id.clock,
    length: part.length,
    origin: origin ?? undefined,
    rightOrigin: item.rightOrigin ?? undefined,
    bytes: lib0.toUint8Array(encoder.restEncoder),
  }
}
