/** The one replacement that turns a text into another: what stands between their common beginning and end. */

export interface Replacement {
  readonly from: number
  readonly to: number
  readonly insert: string
}

/** `undefined` when the texts are equal. Never cuts a surrogate pair in two. Positions in UTF-16 units. */
export function replacementBetween(before: string, after: string): Replacement | undefined {
  if (before === after) return undefined
  const shorter = Math.min(before.length, after.length)
  let from = 0
  while (from < shorter && before.charCodeAt(from) === after.charCodeAt(from)) from++
  if (from > 0 && isHighSurrogate(before.charCodeAt(from - 1))) from--
  let end = 0
  const most = shorter - from
  while (
    end < most &&
    before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)
  ) {
    end++
  }
  if (end > 0 && isLowSurrogate(before.charCodeAt(before.length - end))) end--
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) }
}

/** The first half of a pair. */
export function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00
}

/** The second half of a pair. */
export function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}
