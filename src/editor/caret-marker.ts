/**
 * One drawn caret of somebody else: a line in their colour and style, and their name on a flag while they are
 * active. A `LayerMarker`: CodeMirror keeps its element and moves it.
 * Colours are set through the element's style object, never as an attribute, so the page's policy holds.
 */
import type { LayerMarker } from '@codemirror/view'
import { caretStyleOf, colorOf, initialsOf } from './palette.ts'

/** Where the flag stands, so that it covers no text: over the line, under it, or behind its end. */
export type FlagPlace = 'above' | 'below' | 'beside'

export interface CaretShape {
  /** Pixels, relative to the editor's content. */
  readonly left: number
  readonly top: number
  readonly height: number
  /** Where a flag `beside` the line starts, relative to `left`. */
  readonly flagLeft: number
  readonly place: FlagPlace
  readonly name: string
  readonly color: number
  readonly flagShown: boolean
}

export class CaretMarker implements LayerMarker {
  readonly shape: CaretShape

  constructor(shape: CaretShape) {
    this.shape = shape
  }

  eq(other: LayerMarker): boolean {
    if (!(other instanceof CaretMarker)) return false
    const keys = Object.keys(this.shape) as (keyof CaretShape)[]
    return keys.every((key) => this.shape[key] === other.shape[key])
  }

  draw(): HTMLElement {
    const caret = document.createElement('div')
    const flag = document.createElement('div')
    caret.append(flag)
    this.#dress(caret, flag)
    return caret
  }

  update(caret: HTMLElement, previous: LayerMarker): boolean {
    const flag = caret.firstElementChild
    if (!(previous instanceof CaretMarker) || !(flag instanceof HTMLElement)) return false
    if (previous.shape.name !== this.shape.name) return false
    this.#dress(caret, flag)
    return true
  }

  #dress(caret: HTMLElement, flag: HTMLElement): void {
    const { left, top, height, name, color, flagShown, flagLeft, place } = this.shape
    caret.className = `cm-person-caret cm-person-caret-${caretStyleOf(color)}`
    caret.style.left = `${left - 1}px`
    caret.style.top = `${top}px`
    caret.style.height = `${height}px`
    caret.style.borderColor = colorOf(color)
    flag.className = `cm-person-flag cm-person-flag-${place}${flagShown ? ' cm-person-flag-shown' : ''}`
    flag.style.backgroundColor = colorOf(color)
    flag.style.left = place === 'beside' ? `${flagLeft}px` : ''
    flag.dataset['initials'] = initialsOf(name)
    if (flag.textContent !== name) flag.textContent = name
  }
}
