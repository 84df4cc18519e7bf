/**
 * A place in a text that stays with its neighbours while others edit: what presence carries. Small and strict:
 * whatever the bytes, resolving them throws nothing, creates nothing and shows nothing outside a text.
 *
 * position := 0 id side u8          beside a character; side 0: before it, 1: after it
 *           | 1 root text side u8   the end (0) or the beginning (1) of a root
 *           | 2 id side u8          the same of a text inside another type
 */
import * as Y from 'yjs'
import { decode, Malformed, type Reader, Writer } from '../base/codec.ts'
import { MAX_NAME_BYTES, MAX_RELATIVE_POSITION_BYTES } from '../wire/limits.ts'
import { readId } from './struct.ts'

export interface ResolvedPosition {
  /** Name of the root the text is, or lies in. */
  readonly root: string
  readonly text: Y.Text
  /** UTF-16 units from the beginning. */
  readonly index: number
}

/** `assoc` >= 0: stays before the character that follows, else after the one that precedes. */
export function encodePosition(text: Y.Text, index: number, assoc: number): Uint8Array {
  const { item, tname, type } = Y.createRelativePositionFromTypeIndex(text, index, assoc)
  const writer = new Writer()
  if (item) writer.u8(0).varuint(item.client).varuint(item.clock)
  else if (tname !== null) writer.u8(1).text(tname)
  else if (type) writer.u8(2).varuint(type.client).varuint(type.clock)
  return writer.u8(assoc >= 0 ? 0 : 1).finish()
}

/** `undefined`: no position, or not (or no longer) one in this document. */
export function resolvePosition(doc: Y.Doc, position: Uint8Array): ResolvedPosition | undefined {
  if (position.length > MAX_RELATIVE_POSITION_BYTES) return undefined
  const read = decode(position, readPosition)
  if (!read.ok || !isThere(doc, read.value)) return undefined
  const resolved = Y.createAbsolutePositionFromRelativePosition(read.value, doc, false)
  const root = resolved && rootNameOf(doc, resolved.type)
  if (typeof root !== 'string' || !(resolved?.type instanceof Y.Text)) return undefined
  return { root, text: resolved.type, index: resolved.index }
}

function readPosition(reader: Reader): Y.RelativePosition {
  const kind = reader.u8()
  if (kind > 2) throw new Malformed('a position of no known kind')
  const root = kind === 1 ? reader.text(MAX_NAME_BYTES) : null
  const id = kind === 1 ? null : readId(reader)
  const assoc = reader.flag() ? -1 : 0
  const named = id && Y.createID(id.client, id.clock)
  return new Y.RelativePosition(kind === 0 ? null : named, root, kind === 0 ? named : null, assoc)
}

function isThere(doc: Y.Doc, { item, type, tname }: Y.RelativePosition): boolean {
  if (tname !== null) return doc.share.has(tname)
  const id = item ?? type
  return id !== null && id.clock < Y.getState(doc.store, id.client)
}

function rootNameOf(doc: Y.Doc, type: Y.AbstractType<unknown>): string | undefined {
  let top: Y.AbstractType<unknown> = type
  while (top.parent !== null) top = top.parent
  for (const [name, root] of doc.share) if (root === top) return name
  return undefined
}
