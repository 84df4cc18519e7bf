/**
 * One drawn caret of somebody else: a line in their colour and style, and their name on a flag while they are
 * active. A `LayerMarker`: CodeMirror keeps its element and moves it.
 * Colours are set through the element's style object, never as an attribute, so the page's policy holds.
 */
import type { LayerMarker } from '@codemirror/view'
import { caretStyleOf, colorOf, initialsOf } from './palette.ts'

/** Where the flag stands, so that it covers no text: over the line, under it, or behind its end. */
export type FlagPlace = 'above' | 'below' | 'beside'

export interface CaretFlag {
  readonly place: FlagPlace
  /** Pixels from the caret to a flag `beside` the line; 0 elsewhere. */
  readonly left: number
}

export interface CaretShape {
  /** Pixels, relative to the editor's content. */
  readonly left: number
  readonly top: number
  readonly height: number
  readonly name: string
  readonly color: number
  /** Undefined: not shown. Finding its place costs more than all the rest, so nobody looks for one then. */
  readonly flag: CaretFlag | undefined
}

const FLAG_SHOWN = 'cm-person-flag-shown'
const FLAG_HIDDEN = 'cm-person-flag cm-person-flag-above'

export class CaretMarker implements LayerMarker {
  readonly shape: CaretShape

  constructor(shape: CaretShape) {
    this.shape = shape
  }

  eq(other: LayerMarker): boolean {
    return other instanceof CaretMarker && this.#standsAs(other.shape) && this.#looksAs(other.shape)
  }

  draw(): HTMLElement {
    const caret = document.createElement('div')
    const flag = document.createElement('div')
    flag.className = FLAG_HIDDEN
    flag.textContent = this.shape.name
    flag.dataset['initials'] = initialsOf(this.shape.name)
    caret.append(flag)
    this.#place(caret)
    this.#dress(caret, flag)
    return caret
  }

  /** One key moves one caret, and all of them are asked: what has not changed is left alone. */
  update(caret: HTMLElement, previous: LayerMarker): boolean {
    const flag = caret.firstElementChild
    if (!(previous instanceof CaretMarker) || !(flag instanceof HTMLElement)) return false
    if (previous.shape.name !== this.shape.name) return false
    if (!this.#standsAs(previous.shape)) this.#place(caret)
    if (!this.#looksAs(previous.shape)) this.#dress(caret, flag)
    return true
  }

  #standsAs({ left, top, height }: CaretShape): boolean {
    return left === this.shape.left && top === this.shape.top && height === this.shape.height
  }

  #looksAs({ name, color, flag }: CaretShape): boolean {
    const mine = this.shape
    if (name !== mine.name || color !== mine.color) return false
    return flag?.place === mine.flag?.place && flag?.left === mine.flag?.left
  }

  #place(caret: HTMLElement): void {
    const { left, top, height } = this.shape
    caret.style.left = `${left - 1}px`
    caret.style.top = `${top}px`
    caret.style.height = `${height}px`
  }

  /** A flag that is no longer shown fades where it is. */
  #dress(caret: HTMLElement, element: HTMLElement): void {
    const { color, flag } = this.shape
    caret.className = `cm-person-caret cm-person-caret-${caretStyleOf(color)}`
    caret.style.borderColor = colorOf(color)
    element.style.backgroundColor = colorOf(color)
    element.classList.toggle(FLAG_SHOWN, flag !== undefined)
    if (flag === undefined) return
    element.className = `cm-person-flag cm-person-flag-${flag.place} ${FLAG_SHOWN}`
    element.style.left = flag.place === 'beside' ? `${flag.left}px` : ''
  }
}
