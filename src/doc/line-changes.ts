/**
 * What changed from one text to another, line by line: for people to read, and for bringing a text back by touching
 * only what differs. A shortest edit script after Myers (1986), "An O(ND) Difference Algorithm and Its Variations".
 *
 * Invariant: the parts that are 'both' or 'before', joined, are the text before; 'both' or 'after', the text after.
 */

/** Whole lines, each with its line end. */
export interface LinePart {
  readonly of: 'both' | 'before' | 'after'
  readonly text: string
}

/** More differing lines than this are told as one block: the cost grows with their square. */
const MAX_EDITS = 1_000

export function lineChanges(before: string, after: string): LinePart[] {
  const [old, now] = [linesOf(before), linesOf(after)]
  let start = 0
  while (start < old.length && start < now.length && old[start] === now[start]) start++
  let end = 0
  const most = Math.min(old.length, now.length) - start
  while (end < most && old[old.length - 1 - end] === now[now.length - 1 - end]) end++
  const middle = { old: old.slice(start, old.length - end), now: now.slice(start, now.length - end) }
  const parts: LinePart[] = old.slice(0, start).map((text) => ({ of: 'both', text }))
  parts.push(...(shortest(middle.old, middle.now) ?? wholesale(middle.old, middle.now)))
  parts.push(...old.slice(old.length - end).map((text): LinePart => ({ of: 'both', text })))
  return joined(parts)
}

function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

function wholesale(old: readonly string[], now: readonly string[]): LinePart[] {
  const gone = old.map((text): LinePart => ({ of: 'before', text }))
  return [...gone, ...now.map((text): LinePart => ({ of: 'after', text }))]
}

/** `undefined` when more than MAX_EDITS lines would have to be named. */
function shortest(old: readonly string[], now: readonly string[]): LinePart[] | undefined {
  const most = Math.min(MAX_EDITS, old.length + now.length)
  const reach = new Reach(most)
  const steps: Reach[] = []
  for (let edits = 0; edits <= most; edits++) {
    steps.push(reach.copy())
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = reach.from(diagonal, edits).x
      while (x < old.length && x - diagonal < now.length && old[x] === now[x - diagonal]) x++
      reach.set(diagonal, x)
      if (x >= old.length && x - diagonal >= now.length) return wayBack(steps, old, now)
    }
  }
  return undefined
}

/** How far in the old text each diagonal was followed; diagonal = lines of the old text passed, less those of the new. */
class Reach {
  readonly #most: number
  readonly #furthest: Int32Array

  constructor(most: number, furthest = new Int32Array(2 * most + 3)) {
    this.#most = most
    this.#furthest = furthest
  }

  copy(): Reach {
    return new Reach(this.#most, this.#furthest.slice())
  }

  set(diagonal: number, x: number): void {
    this.#furthest[diagonal + this.#most + 1] = x
  }

  /** Where this diagonal begins after that many edits, and from which one it is reached: an added or a removed line. */
  from(diagonal: number, edits: number): { readonly x: number; readonly diagonal: number } {
    const [below, above] = [this.#at(diagonal - 1), this.#at(diagonal + 1)]
    const isAdded = diagonal === -edits || (diagonal !== edits && below < above)
    return isAdded ? { x: above, diagonal: diagonal + 1 } : { x: below + 1, diagonal: diagonal - 1 }
  }

  #at(diagonal: number): number {
    return this.#furthest[diagonal + this.#most + 1] ?? 0
  }
}

function wayBack(steps: readonly Reach[], old: readonly string[], now: readonly string[]): LinePart[] {
  const parts: LinePart[] = []
  let [x, y] = [old.length, now.length]
  for (let edits = steps.length - 1; edits >= 0; edits--) {
    const from = (steps[edits] as Reach).from(x - y, edits)
    while (x > from.x) {
      parts.push({ of: 'both', text: old[--x] as string })
      y--
    }
    if (edits === 0) break
    if (from.diagonal > x - y) parts.push({ of: 'after', text: now[--y] as string })
    else parts.push({ of: 'before', text: old[--x] as string })
  }
  return parts.reverse()
}

/** Neighbours of one kind as one part; of a changed block first what was, then what is. */
function joined(parts: readonly LinePart[]): LinePart[] {
  const blocks: LinePart[] = []
  let [gone, come] = ['', '']
  const flush = (): void => {
    if (gone !== '') blocks.push({ of: 'before', text: gone })
    if (come !== '') blocks.push({ of: 'after', text: come })
    gone = ''
    come = ''
  }
  let same = ''
  for (const { of, text } of parts) {
    if (of === 'both') {
      flush()
      same += text
      continue
    }
    if (same !== '') blocks.push({ of: 'both', text: same })
    same = ''
    if (of === 'before') gone += text
    else come += text
  }
  flush()
  if (same !== '') blocks.push({ of: 'both', text: same })
  return blocks
}
