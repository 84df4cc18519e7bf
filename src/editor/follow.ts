/**
 * Following somebody: their caret stays in my view until I scroll, press Escape, or do anything of my own.
 * Not here: whom to follow, and the words about it (the page listens through `onFollow`).
 * Invariant: without following, nothing anybody else does moves my viewport.
 */
import { type Extension, Facet, Prec, StateEffect, StateField } from '@codemirror/state'
import { EditorView, keymap, ViewPlugin, type ViewUpdate } from '@codemirror/view'
import type { DeviceId } from '../base/ids.ts'
import { type Person, peopleField } from './people.ts'
import { isRemote } from './remote.ts'

const followed = StateEffect.define<DeviceId | undefined>()

const followField = StateField.define<DeviceId | undefined>({
  create: () => undefined,
  update(device, transaction) {
    for (const effect of transaction.effects) if (effect.is(followed)) return effect.value
    const own = transaction.docChanged ? !isRemote(transaction) : transaction.isUserEvent('select')
    return own && !transaction.isUserEvent('select.undo') ? undefined : device
  },
})

/** Told whenever following begins, ends or goes to another person. */
export const onFollow = Facet.define<(device: DeviceId | undefined) => void>()

/** Pixels kept between a followed caret and the edge of the view. */
const MARGIN = 72

export function followedDevice(view: EditorView): DeviceId | undefined {
  return view.state.field(followField, false)
}

/** Keeps this person's caret in view from now on. They need not be here yet. */
export function follow(view: EditorView, device: DeviceId): void {
  view.dispatch({ effects: followed.of(device) })
}

export function stopFollowing(view: EditorView): boolean {
  if (followedDevice(view) === undefined) return false
  view.dispatch({ effects: followed.of(undefined) })
  return true
}

/** Scrolls once to where this person is. @returns false when they have no caret in this text */
export function jumpTo(view: EditorView, device: DeviceId): boolean {
  const head = headOf(view.state.field(peopleField, false), device)
  if (head === undefined) return false
  view.dispatch({ effects: EditorView.scrollIntoView(head, { y: 'center', x: 'nearest' }) })
  return true
}

function headOf(people: readonly Person[] | undefined, device: DeviceId): number | undefined {
  return people?.find((person) => person.device === device)?.ranges[0]?.head
}

class Follower {
  readonly #view: EditorView
  #at: number | undefined
  #alive = true

  constructor(view: EditorView) {
    this.#view = view
  }

  update(update: ViewUpdate): void {
    const device = update.state.field(followField)
    if (device !== update.startState.field(followField)) {
      for (const listener of update.state.facet(onFollow)) queueMicrotask(() => listener(device))
    }
    const at = device && headOf(update.state.field(peopleField, false), device)
    if (at === this.#at) return
    this.#at = at
    if (at !== undefined) queueMicrotask(this.#scroll)
  }

  destroy(): void {
    this.#alive = false
  }

  readonly #scroll = (): void => {
    if (!this.#alive || this.#at === undefined || this.#at > this.#view.state.doc.length) return
    const target = { y: 'nearest', x: 'nearest', yMargin: MARGIN } as const
    this.#view.dispatch({ effects: EditorView.scrollIntoView(this.#at, target) })
  }
}

const SCROLL_KEYS = new Set(['PageUp', 'PageDown', 'Home', 'End'])

/** Ends following at every way of scrolling oneself. On the scroller, so that gutters and its bar count too. */
class OwnScrolling {
  readonly #view: EditorView

  constructor(view: EditorView) {
    this.#view = view
    view.scrollDOM.addEventListener('wheel', this.#stop, { passive: true })
    view.scrollDOM.addEventListener('touchmove', this.#stop, { passive: true })
    view.scrollDOM.addEventListener('mousedown', this.#stopAtBar)
    view.scrollDOM.addEventListener('keydown', this.#stopAtKey)
  }

  destroy(): void {
    const { scrollDOM } = this.#view
    scrollDOM.removeEventListener('wheel', this.#stop)
    scrollDOM.removeEventListener('touchmove', this.#stop)
    scrollDOM.removeEventListener('mousedown', this.#stopAtBar)
    scrollDOM.removeEventListener('keydown', this.#stopAtKey)
  }

  readonly #stop = (): void => void stopFollowing(this.#view)

  readonly #stopAtBar = (event: MouseEvent): void => {
    if (event.target === this.#view.scrollDOM) stopFollowing(this.#view)
  }

  readonly #stopAtKey = (event: KeyboardEvent): void => {
    if (SCROLL_KEYS.has(event.key)) stopFollowing(this.#view)
  }
}

export function following(): Extension {
  return [
    followField,
    ViewPlugin.fromClass(Follower),
    ViewPlugin.fromClass(OwnScrolling),
    Prec.high(keymap.of([{ key: 'Escape', run: stopFollowing }])),
  ]
}
