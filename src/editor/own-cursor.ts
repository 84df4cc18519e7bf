/**
 * Tells the others where I am, and only when it changed: typing ahead leaves the relative position as it was,
 * so a run of keys sends nothing. Also tells them when I am idle (no key, pointer or focus for 30 s) or away.
 * Invariant: at most one message per `PAUSE_MS`; the last position always gets out.
 */
import type { Extension } from '@codemirror/state'
import { type EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view'
import type { Text } from 'yjs'
import { toBase64url } from '../base/bytes.ts'
import type { Millis } from '../base/ports.ts'
import { encodePosition } from '../doc/cursor.ts'
import type { PresenceRange, Session } from '../session/public.ts'
import { boundText } from './shared-text.ts'

/** 20 positions a second look continuous; more would only cost. */
const PAUSE_MS: Millis = 50
/** No key, pointer or focus for this long is idle. */
const IDLE_MS: Millis = 30_000
/** Ranges of one selection that are told; the rest of a thousand cursors helps nobody. */
const MAX_TOLD_RANGES = 8

const ACTIVITY = ['keydown', 'pointerdown', 'pointermove', 'focusin'] as const

class OwnCursor {
  readonly #view: EditorView
  readonly #session: Session
  readonly #rootName: string
  #told = ''
  #moved = false
  #resting: ReturnType<typeof setTimeout> | undefined
  #idleTimer: ReturnType<typeof setTimeout> | undefined

  constructor(view: EditorView, session: Session, rootName: string) {
    this.#view = view
    this.#session = session
    this.#rootName = rootName
    const page = view.dom.ownerDocument
    for (const name of ACTIVITY) page.addEventListener(name, this.#active, { passive: true })
    page.addEventListener('visibilitychange', this.#active)
    queueMicrotask(this.#tell)
    this.#active()
  }

  update(update: ViewUpdate): void {
    if (!update.selectionSet && !update.docChanged) return
    this.#moved = true
    if (this.#resting === undefined) queueMicrotask(this.#tell)
  }

  destroy(): void {
    const page = this.#view.dom.ownerDocument
    for (const name of ACTIVITY) page.removeEventListener(name, this.#active)
    page.removeEventListener('visibilitychange', this.#active)
    clearTimeout(this.#resting)
    clearTimeout(this.#idleTimer)
    this.#resting = undefined
  }

  /** Finding a position walks the text, so a run of keys looks once a pause, not once a key. */
  readonly #tell = (): void => {
    const text = boundText(this.#view)
    if (!text?.doc || this.#resting !== undefined || !this.#view.dom.isConnected) return
    if (this.#session.awareness.getLocalState() === null) return
    this.#moved = false
    this.#resting = setTimeout(() => {
      this.#resting = undefined
      if (this.#moved) this.#tell()
    }, PAUSE_MS)
    const ranges = rangesOf(this.#view, text)
    const said = JSON.stringify(ranges)
    if (said === this.#told) return
    this.#told = said
    this.#session.awareness.setLocalStateField('cursor', { root: this.#rootName, ranges })
  }

  readonly #active = (): void => {
    clearTimeout(this.#idleTimer)
    const away = this.#view.dom.ownerDocument.visibilityState === 'hidden'
    this.#attend({ idle: away, away })
    if (!away) this.#idleTimer = setTimeout(() => this.#attend({ idle: true, away: false }), IDLE_MS)
  }

  #attend(attention: { readonly idle: boolean; readonly away: boolean }): void {
    const { awareness } = this.#session
    const state = awareness.getLocalState()
    const isNews =
      (state?.['idle'] === true) !== attention.idle || (state?.['away'] === true) !== attention.away
    if (state !== null && isNews) awareness.setLocalState({ ...state, ...attention })
  }
}

/** The main range first. */
function rangesOf(view: EditorView, text: Text): readonly PresenceRange[] {
  const { main, ranges } = view.state.selection
  const at = (index: number) => toBase64url(encodePosition(text, index, 0))
  return [main, ...ranges.filter((range) => range !== main)]
    .slice(0, MAX_TOLD_RANGES)
    .map(({ anchor, head, empty }) => {
      const told = at(head)
      return { anchor: empty ? told : at(anchor), head: told }
    })
}

export function tellOwnCursor(session: Session, rootName: string): Extension {
  return ViewPlugin.define((view) => new OwnCursor(view, session, rootName))
}
