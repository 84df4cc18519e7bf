/**
 * What some writers typed that a document made anew does not hold, and the way to enter it there again: their words
 * behind the same neighbours, their deletions, their values. What others typed is not taken along: they enter it
 * themselves, and words entered twice would stand there twice.
 *
 * Two documents of one history: whatever both hold under an id is the same, in the same order.
 */
import * as Y from 'yjs'
import type { SharedDocument } from './document.ts'
import { rootKind } from './schema.ts'
import { rootOf } from './visible.ts'

export interface OwnText {
  /** Whether it is one of the writers. */
  readonly mine: (clientID: number) => boolean
  /** What they deleted; 'all': whatever is deleted in the one document and not in the other, they deleted. */
  readonly deleted: readonly ClientRange[] | 'all'
}

export interface ClientRange {
  readonly client: number
  readonly clock: number
  readonly length: number
}

type Sequence = Y.Text | Y.Array<unknown>
type Content = string | readonly unknown[]

/** A change at a place of the sequence, in visible units. */
interface Edit {
  readonly at: number
  readonly remove: number
  readonly insert: Content
}

interface Insertion {
  /** The last unit before it that both documents hold; undefined: it stands first. */
  readonly after: { readonly client: number; readonly clock: number } | undefined
  readonly content: Content
}

/** Enters into `fresh`, as an edit of its writer, what of `before` is theirs and not in it. */
export function reenterOwn(before: SharedDocument, fresh: SharedDocument, own: OwnText): void {
  fresh.doc.transact(() => {
    for (const name of Object.keys(fresh.schema.roots)) {
      const old = rootOf(before.doc, before.schema, name)
      const root = rootOf(fresh.doc, fresh.schema, name)
      if (old instanceof Y.Map && root instanceof Y.Map) enterValues(old, root, fresh, own)
      else if (rootKind(fresh.schema, name) !== 'map')
        enterSequence(old as Sequence, root as Sequence, fresh, own)
    }
  })
}

function enterValues(old: Y.Map<unknown>, root: Y.Map<unknown>, fresh: SharedDocument, own: OwnText): void {
  for (const [key, item] of old._map) {
    const isLost = item.id.clock >= fresh.nextClock(item.id.client) && own.mine(item.id.client)
    if (isLost && !item.deleted && item.content instanceof Y.ContentAny)
      root.set(key, item.content.arr.at(-1))
  }
}

function enterSequence(old: Sequence, root: Sequence, fresh: SharedDocument, own: OwnText): void {
  const { insertions, deletions } = lostIn(old, fresh, own)
  const edits: Edit[] = insertions
    .filter(({ after }) => after === undefined)
    .map(({ content }) => ({ at: 0, remove: 0, insert: content }))
  const behind = byClient(
    insertions.filter(({ after }) => after !== undefined),
    ({ after }) => after?.client,
  )
  const gone = byClient(deletions, ({ client }) => client)
  let at = 0
  for (const item of itemsOf(root)) {
    const { client, clock } = item.id
    const end = clock + item.length
    const place = (unit: number): number => (item.deleted ? at : at + unit - clock)
    for (const range of item.deleted ? [] : (gone.get(client) ?? [])) {
      const [from, to] = [Math.max(range.clock, clock), Math.min(range.clock + range.length, end)]
      if (from < to) edits.push({ at: place(from), remove: to - from, insert: '' })
    }
    for (const { after, content } of behind.get(client) ?? [])
      if (after !== undefined && after.clock >= clock && after.clock < end)
        edits.push({ at: place(after.clock + 1), remove: 0, insert: content })
    if (!item.deleted && item.countable) at += item.length
  }
  perform(root, edits)
}

function byClient<T>(
  all: readonly T[],
  clientOf: (one: T) => number | undefined,
): ReadonlyMap<number | undefined, readonly T[]> {
  const groups = new Map<number | undefined, T[]>()
  for (const one of all) {
    const group = groups.get(clientOf(one))
    if (group === undefined) groups.set(clientOf(one), [one])
    else group.push(one)
  }
  return groups
}

/** From the end on, so that no place moves; at one place what is removed goes before anything is entered there. */
function perform(root: Sequence, edits: readonly Edit[]): void {
  const entered = edits.filter(({ remove }) => remove === 0).map(({ at }) => at)
  const parts = edits.flatMap((edit) => (edit.remove > 0 ? splitAt(edit, entered) : [edit]))
  const inOrder = parts.sort((a, b) => b.at - a.at || b.remove - a.remove)
  for (const { at, remove, insert } of inOrder) {
    if (remove > 0) root.delete(at, remove)
    else if (typeof insert === 'string' && root instanceof Y.Text) root.insert(at, insert.toWellFormed())
    else if (typeof insert !== 'string' && root instanceof Y.Array) root.insert(at, [...insert])
  }
}

/** What is entered in the midst of what is removed stays. */
function splitAt({ at, remove, insert }: Edit, places: readonly number[]): Edit[] {
  const inside = places.filter((place) => place > at && place < at + remove).sort((a, b) => a - b)
  const starts = [at, ...new Set(inside)]
  return starts.map((start, index) => ({
    at: start,
    remove: (starts[index + 1] ?? at + remove) - start,
    insert,
  }))
}

/** Theirs in `old`, and not in `fresh`. */
function lostIn(
  old: Sequence,
  fresh: SharedDocument,
  own: OwnText,
): { readonly insertions: readonly Insertion[]; readonly deletions: readonly ClientRange[] } {
  const insertions: Insertion[] = []
  const deletions: ClientRange[] = []
  let after: Insertion['after']
  for (const item of itemsOf(old)) {
    const { client, clock } = item.id
    const kept = Math.min(Math.max(fresh.nextClock(client) - clock, 0), item.length)
    if (kept > 0) after = { client, clock: clock + kept - 1 }
    if (kept > 0 && item.deleted) deletions.push(...deletedBy(own, { client, clock, length: kept }))
    if (kept === item.length || item.deleted || !own.mine(client)) continue
    const content = contentFrom(item, kept)
    if (content === undefined) continue
    const last = insertions.at(-1)
    if (last !== undefined && last.after === after) insertions.splice(-1, 1, joined(last, content))
    else insertions.push({ after, content })
  }
  return { insertions, deletions }
}

function deletedBy({ deleted }: OwnText, range: ClientRange): readonly ClientRange[] {
  if (deleted === 'all') return [range]
  return deleted.flatMap(({ client, clock, length }) => {
    const from = Math.max(clock, range.clock)
    const to = Math.min(clock + length, range.clock + range.length)
    return client === range.client && from < to ? [{ client, clock: from, length: to - from }] : []
  })
}

/** Nested types are not taken along. */
function contentFrom({ content }: Y.Item, from: number): Content | undefined {
  if (content instanceof Y.ContentString) return content.str.slice(from)
  return content instanceof Y.ContentAny ? content.arr.slice(from) : undefined
}

function joined({ after, content }: Insertion, more: Content): Insertion {
  if (typeof content === 'string' && typeof more === 'string') return { after, content: content + more }
  return { after, content: [...content, ...more] }
}

function* itemsOf(root: Sequence): Generator<Y.Item> {
  for (let item = root._start; item !== null; item = item.right) yield item
}
