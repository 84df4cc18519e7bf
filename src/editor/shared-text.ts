/**
 * One CodeMirror view bound to one Y.Text: y-codemirror.next's sync, own-only undo, clean text, and a way to
 * bind again when the document was replaced.
 * Not here: people (carets.ts), roles (access.ts).
 * Invariants: the view follows the Y.Text, never the other way round, when the two differ at binding; a view is
 * bound to one text at a time; undo starts empty after a rebinding, because its steps name the old document.
 */
import { Compartment, type Extension, StateEffect, StateField } from '@codemirror/state'
import { type EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view'
import { YSyncConfig, ySync, ySyncAnnotation, ySyncFacet } from 'y-codemirror.next'
import type { Text, UndoManager } from 'yjs'
import { replacementBetween } from '../doc/difference.ts'
import { createUndoManager } from '../doc/undo.ts'
import { cleanTextOnly } from './clean-text.ts'
import { ownUndo } from './own-undo.ts'
import { steadyViewport } from './steady-viewport.ts'

const bound = StateEffect.define<Text>()
const slot = new Compartment()

/** The text this view shows. */
const textField = StateField.define<Text | undefined>({
  create: () => undefined,
  update(text, transaction) {
    for (const effect of transaction.effects) if (effect.is(bound)) return effect.value
    return text
  },
})

/**
 * Binds a view to `text`. Needs no session: a page may show it before one exists. Undo is kept by
 * `undoManager`, which must track no origin of its own; by default a fresh one.
 */
export function sharedText(text: Text, undoManager?: UndoManager): Extension {
  return [
    textField.init(() => text),
    cleanTextOnly(),
    slot.of(binding(text, undoManager ?? createUndoManager(text))),
    filling,
    steadyViewport(),
  ]
}

/** The text a view is bound to, if any. */
export function boundText(view: EditorView): Text | undefined {
  return view.state.field(textField, false)
}

/** Binds `view` to another text (of another document, or of a rebuilt one): what differs arrives as a remote change. */
export function bindText(view: EditorView, text: Text): void {
  if (boundText(view) === text) return
  view.dispatch({ effects: slot.reconfigure([]) }) // the old binding stops before the new one begins
  view.dispatch({ effects: [slot.reconfigure(binding(text, createUndoManager(text))), bound.of(text)] })
  fill(view)
}

function binding(text: Text, undoManager: UndoManager): Extension {
  return [ySyncFacet.of(new YSyncConfig(text, undefined)), ySync, ownUndo(undoManager)]
}

/** Makes the view show what its text holds. */
function fill(view: EditorView): void {
  const configuration = view.state.facet(ySyncFacet)
  const changes = replacementBetween(view.state.sliceDoc(), configuration.ytext.toString())
  if (!changes) return
  view.dispatch({ changes, annotations: ySyncAnnotation.of(configuration) })
}

/** A view made without its text (`new EditorView({ extensions })`) gets it before anything else can happen to it. */
const filling = ViewPlugin.fromClass(
  class {
    #alive = true

    constructor(view: EditorView) {
      queueMicrotask(() => {
        if (this.#alive) fill(view)
      })
    }

    update(_update: ViewUpdate): void {}

    destroy(): void {
      this.#alive = false
    }
  },
)
