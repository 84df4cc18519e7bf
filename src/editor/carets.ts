/**
 * Draws the others: selections under the text at a quarter of their colour, carets above it. Two CodeMirror
 * layers, so nothing here is part of the text, of what is copied, or of what takes a click.
 * A name flag shows for two seconds after somebody did something, where it covers no text.
 */
import { EditorSelection, type Extension, Facet, StateEffect } from '@codemirror/state'
import { type EditorView, layer, RectangleMarker, ViewPlugin, type ViewUpdate } from '@codemirror/view'
import type { Millis } from '../base/ports.ts'
import { type CaretFlag, CaretMarker } from './caret-marker.ts'
import { caretTheme, FLAG_HEIGHT, flagWidth } from './caret-theme.ts'
import { type Person, peopleChanged, peopleField } from './people.ts'

export type FlagSetting = 'always' | 'activity' | 'never'

/** When name flags show. Default: on activity. */
export const flagSetting = Facet.define<FlagSetting, FlagSetting>({
  combine: (given) => given.at(-1) ?? 'activity',
})

const FLAG_SHOWN_MS: Millis = 2_000
/** Pixels between the end of a row and a flag behind it. */
const FLAG_GAP = 12

const flagsChanged = StateEffect.define<undefined>()

/** Who did something less than two seconds ago. */
class FlagClock {
  readonly #view: EditorView
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>()

  constructor(view: EditorView) {
    this.#view = view
  }

  isActive(client: number): boolean {
    return this.#timers.has(client)
  }

  update(update: ViewUpdate): void {
    if (!update.transactions.some((one) => one.effects.some((effect) => effect.is(peopleChanged)))) return
    const before = new Map(update.startState.field(peopleField).map((person) => [person.client, person]))
    for (const person of update.state.field(peopleField)) {
      if (before.get(person.client) !== person) this.#raise(person.client)
    }
  }

  destroy(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  #raise(client: number): void {
    clearTimeout(this.#timers.get(client))
    const lower = () => {
      this.#timers.delete(client)
      this.#view.dispatch({ effects: flagsChanged.of(undefined) })
    }
    this.#timers.set(client, setTimeout(lower, FLAG_SHOWN_MS))
  }
}

const flagClock = ViewPlugin.fromClass(FlagClock)

function needsDrawing(update: ViewUpdate): boolean {
  if (update.docChanged || update.viewportChanged) return true
  if (update.startState.facet(flagSetting) !== update.state.facet(flagSetting)) return true
  return update.transactions.some((transaction) =>
    transaction.effects.some((effect) => effect.is(peopleChanged) || effect.is(flagsChanged)),
  )
}

function selectionMarkers(view: EditorView): RectangleMarker[] {
  return view.state.field(peopleField).flatMap((person) =>
    person.ranges
      .filter(({ anchor, head }) => anchor !== head)
      .flatMap(({ anchor, head }) => {
        const range = EditorSelection.range(anchor, head)
        return RectangleMarker.forRange(view, `cm-person-selection-${person.color}`, range)
      }),
  )
}

function caretMarkers(view: EditorView): CaretMarker[] {
  const { from, to } = view.viewport
  return view.state
    .field(peopleField)
    .flatMap((person) =>
      person.ranges
        .filter(({ head }) => head >= from && head <= to)
        .map(({ head }, index) => caretMarker(view, person, head, index === 0)),
    )
    .filter((marker) => marker !== undefined)
}

function caretMarker(view: EditorView, person: Person, head: number, main: boolean): CaretMarker | undefined {
  const at = view.coordsAtPos(head, 1) ?? view.coordsAtPos(head, -1)
  if (!at) return undefined
  const scroller = view.scrollDOM.getBoundingClientRect()
  const base = {
    left: scroller.left - view.scrollDOM.scrollLeft,
    top: scroller.top - view.scrollDOM.scrollTop,
  }
  const isShown = main && isFlagShown(view, person.client)
  return new CaretMarker({
    left: Math.round(at.left - base.left),
    top: at.top - base.top,
    height: at.bottom - at.top,
    name: person.name,
    color: person.color,
    flag: isShown ? flagAt(view, at, flagWidth(person.name)) : undefined,
  })
}

function isFlagShown(view: EditorView, client: number): boolean {
  const setting = view.state.facet(flagSetting)
  return setting === 'always' || (setting === 'activity' && view.plugin(flagClock)?.isActive(client) === true)
}

interface Box {
  readonly left: number
  readonly top: number
  readonly bottom: number
}

/** Over the caret unless text is there (or it is the first line), else under it, else behind the row's end if there is room. */
function flagAt(view: EditorView, at: Box, width: number): CaretFlag {
  const above = at.top - FLAG_HEIGHT >= view.documentTop
  if (above && isFree(view, at.left, at.top - FLAG_HEIGHT / 2, width)) return { place: 'above', left: 0 }
  if (isFree(view, at.left, at.bottom + FLAG_HEIGHT / 2, width)) return { place: 'below', left: 0 }
  const left = Math.max(endOfRow(view, (at.top + at.bottom) / 2), at.left) + FLAG_GAP
  const isInside = left + width <= view.scrollDOM.getBoundingClientRect().right
  return isInside ? { place: 'beside', left: Math.round(left - at.left) } : { place: 'below', left: 0 }
}

/** Is there no text in the row at height `y`, from `left` for `width` pixels? Rows end with their text. */
function isFree(view: EditorView, left: number, y: number, width: number): boolean {
  // Side -1: where a wrapped row ends, its end and not the beginning of the next.
  const end = view.coordsAtPos(view.posAtCoords({ x: left + width, y }, false), -1)
  if (!end || end.top > y || end.bottom < y) return true
  return end.left <= left + 1
}

function endOfRow(view: EditorView, y: number): number {
  const right = view.contentDOM.getBoundingClientRect().right
  return view.coordsAtPos(view.posAtCoords({ x: right, y }, false), -1)?.right ?? 0
}

/** The carets and selections of the people in `peopleField`. */
export function drawPeople(): Extension {
  return [
    flagClock,
    layer({
      above: false,
      class: 'cm-person-selections',
      update: needsDrawing,
      markers: selectionMarkers,
    }),
    layer({ above: true, class: 'cm-person-carets', update: needsDrawing, markers: caretMarkers }),
    caretTheme,
  ]
}
