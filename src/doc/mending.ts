/**
 * Lone surrogates in text that has not left this device: replaced by U+FFFD, as an edit, so that the author sees
 * what everybody else will. (UTF-8 has no lone surrogates: unmended, they would show differently at the author.)
 * A pair that an edit cut in two needs no mending: Yjs writes U+FFFD on both sides, on every peer alike.
 */
import * as Y from 'yjs'
import { isHighSurrogate } from './difference.ts'
import { itemsSince } from './fragments.ts'

/** The origin of the edit; no undo manager tracks it. */
export const MENDING = Symbol('mending')

const LONE = /\p{Surrogate}/gu

/** Whether anything live that `client` wrote from clock `from` on holds a lone surrogate. */
export function needsMending(doc: Y.Doc, client: number, from: number): boolean {
  return brokenSince(doc, client, from).length > 0
}

/** Mends what `client` wrote from clock `from` on. Observers are called: never from inside one. */
export function mendSurrogates(doc: Y.Doc, client: number, from: number): void {
  const broken = brokenSince(doc, client, from)
  if (broken.length === 0) return
  doc.transact(() => {
    for (const item of broken) mend(item, from)
  }, MENDING)
}

function brokenSince(doc: Y.Doc, client: number, from: number): Y.Item[] {
  return itemsSince(doc, client, from).filter((item) => !item.deleted && isBroken(item, from))
}

function isBroken({ content, id }: Y.Item, from: number): boolean {
  return content instanceof Y.ContentString && !content.str.slice(Math.max(0, from - id.clock)).isWellFormed()
}

function mend(item: Y.Item, from: number): void {
  const { content, parent } = item
  if (!(content instanceof Y.ContentString) || !(parent instanceof Y.Text)) return
  const skipped = Math.max(0, from - item.id.clock)
  const text = content.str.slice(skipped)
  const lone = [...text.matchAll(LONE)]
  const start = lone[0]?.index ?? 0
  let end = (lone.at(-1)?.index ?? 0) + 1
  while (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end++ // Yjs garbles what follows such a cut
  const index = indexOf(item) + skipped + start
  parent.delete(index, end - start)
  parent.insert(index, text.slice(start, end).toWellFormed())
}

/** Visible units before the item in its text. */
function indexOf(item: Y.Item): number {
  let index = 0
  for (let at = item.left; at !== null; at = at.left) if (!at.deleted && at.countable) index += at.length
  return index
}
