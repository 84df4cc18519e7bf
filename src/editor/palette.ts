/**
 * The twelve colours of people, and what tells people apart besides colour: initials and the caret's line.
 * Each colour is at least 4:1 on #ffffff and on #1e1e1e; black on it is at least 5:1.
 * A colour is an index, never a string from a peer: nothing a peer sends reaches a style.
 */

export const PALETTE = [
  ...(['#f91313', '#bf670f', '#82820b', '#498e04', '#0c920c', '#1e8f57'] as const),
  ...(['#1d8b8b', '#067cf1', '#6c6cfb', '#a355f1', '#dd06dd', '#f4067d'] as const),
] as const

export const COLOR_NAMES = [
  ...(['Red', 'Amber', 'Olive', 'Leaf', 'Green', 'Jade'] as const),
  ...(['Teal', 'Blue', 'Iris', 'Violet', 'Magenta', 'Rose'] as const),
] as const

export type CaretStyle = 'solid' | 'dashed' | 'dotted'
const CARET_STYLES: readonly CaretStyle[] = ['solid', 'dashed', 'dotted']

/** The palette's index for any number a peer may claim. */
export function colorIndex(color: number): number {
  return Number.isInteger(color) && color >= 0 && color < PALETTE.length ? color : 0
}

export function colorOf(color: number): string {
  return PALETTE[colorIndex(color)] ?? PALETTE[0]
}

/** Neighbours on the palette, which look alike to many eyes, never share a caret style. */
export function caretStyleOf(color: number): CaretStyle {
  return CARET_STYLES[colorIndex(color) % CARET_STYLES.length] ?? 'solid'
}

/** One or two letters: of the first and the last word, whole characters only. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean)
  const first = firstCharacter(words[0])
  const last = words.length > 1 ? firstCharacter(words.at(-1)) : ''
  return (first + last).toLocaleUpperCase() || '?'
}

/** Made when first needed: making one costs a hundred times what asking it costs. */
let graphemes: Intl.Segmenter | undefined

function firstCharacter(word: string | undefined): string {
  graphemes ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  const [segment] = graphemes.segment(word ?? '')
  return segment?.segment ?? ''
}
