/**
 * The visible content of a document as bytes, the same on every peer that shows the same: what the state digest
 * is taken of. Roots in schema order, map keys sorted, lengths prefixed, UTF-8.
 *
 * visible := (name text, node)*                     for every root
 * node    := 1 text | 2 count (key text, node)* | 3 count node* | 4 any | 5 bytes | 6 count mark*
 * mark    := node                                   rich text: an inserted run, then its attributes by key
 *
 * Invariant: content of equal structs gives equal bytes. A value is written as lib0 spells it, so it makes no
 * difference whether it was set here or decoded from an entry.
 */
import * as Y from 'yjs'
import { Writer } from '../base/codec.ts'
import { rootKind, type Schema } from './schema.ts'
import { encodeAny } from './value.ts'

export function visibleBytes(doc: Y.Doc, schema: Schema): Uint8Array {
  const writer = new Writer()
  for (const name of Object.keys(schema.roots)) {
    writer.text(name)
    writeNode(writer, rootOf(doc, schema, name), schema)
  }
  return writer.finish()
}

/** The root of this name in its declared kind, made if the document does not have it yet. */
export function rootOf(doc: Y.Doc, schema: Schema, name: string): Y.Text | Y.Map<unknown> | Y.Array<unknown> {
  const kind = rootKind(schema, name)
  if (kind === 'map') return doc.getMap(name)
  return kind === 'array' ? doc.getArray(name) : doc.getText(name)
}

function writeNode(writer: Writer, value: unknown, schema: Schema): void {
  if (value instanceof Y.Text) {
    if (schema.formatting) writeRichText(writer.u8(6), value, schema)
    else writer.u8(1).text(value.toString())
  } else if (value instanceof Y.Map) {
    writeEntries(writer.u8(2), value, schema)
  } else if (value instanceof Y.Array) {
    writer.u8(3).list(value.toArray(), (each, item) => writeNode(each, item, schema))
  } else if (value instanceof Uint8Array) {
    writer.u8(5).sized(value)
  } else {
    writer.u8(4).sized(encodeAny(value))
  }
}

function writeEntries(writer: Writer, map: Y.Map<unknown>, schema: Schema): void {
  writer.list([...map.keys()].sort(), (each, key) => writeNode(each.text(key), map.get(key), schema))
}

function writeRichText(writer: Writer, text: Y.Text, schema: Schema): void {
  const runs: readonly { insert?: unknown; attributes?: Record<string, unknown> }[] = text.toDelta()
  writer.list(runs, (each, { insert, attributes = {} }) => {
    if (typeof insert === 'string') each.u8(1).text(insert)
    else writeNode(each, insert, schema)
    each.list(Object.keys(attributes).sort(), (one, key) => one.text(key).sized(encodeAny(attributes[key])))
  })
}
