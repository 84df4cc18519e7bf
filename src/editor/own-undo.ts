/**
 * Undo and redo of my own edits only, through the Y.UndoManager; others' edits stay.
 * Each step restores the selection from before it and scrolls there.
 * Not here: what is tracked (the binding's origin, given by the caller).
 */
import type { Extension, StateCommand } from '@codemirror/state'
import { EditorSelection, Facet } from '@codemirror/state'
import type { KeyBinding, PluginValue } from '@codemirror/view'
import { EditorView, ViewPlugin } from '@codemirror/view'
import { YRange, type YSyncConfig, ySyncFacet } from 'y-codemirror.next'
import type { UndoManager } from 'yjs'
import { isRemote } from './remote.ts'

const undoManagerOf = Facet.define<UndoManager, UndoManager | undefined>({ combine: (given) => given.at(-1) })

export const undo: StateCommand = ({ state }) => state.facet(undoManagerOf)?.undo() !== undefined
export const redo: StateCommand = ({ state }) => state.facet(undoManagerOf)?.redo() !== undefined

export const undoKeymap: readonly KeyBinding[] = [
  { key: 'Mod-z', run: undo, preventDefault: true },
  { key: 'Mod-y', mac: 'Mod-Shift-z', run: redo, preventDefault: true },
  { key: 'Mod-Shift-z', run: redo, preventDefault: true },
]

export function ownUndo(undoManager: UndoManager): Extension {
  return [
    undoManagerOf.of(undoManager),
    selectionKeeper,
    EditorView.domEventHandlers({
      beforeinput(event, view) {
        if (event.inputType === 'historyUndo') return undo(view)
        if (event.inputType === 'historyRedo') return redo(view)
        return false
      },
    }),
  ]
}

interface StackEvent {
  readonly stackItem: { readonly meta: Map<unknown, unknown> }
}

/**
 * Writes the selection into each undo step. The binding writes the Y.Text while the view updates, so a step is
 * added before this plugin learns of the new selection: what it holds then is the selection before the edit.
 */
class SelectionKeeper implements PluginValue {
  readonly #view: EditorView
  readonly #undoManager: UndoManager | undefined
  readonly #binding: YSyncConfig
  #before: readonly YRange[]

  constructor(view: EditorView) {
    this.#view = view
    this.#undoManager = view.state.facet(undoManagerOf)
    this.#binding = view.state.facet(ySyncFacet)
    this.#before = this.#selection()
    this.#undoManager?.addTrackedOrigin(this.#binding)
    this.#undoManager?.on('stack-item-added', this.#added)
    this.#undoManager?.on('stack-item-popped', this.#popped)
  }

  update(update: { selectionSet: boolean; docChanged: boolean; transactions: readonly unknown[] }): void {
    const own = update.transactions.some((transaction) => !isRemote(transaction as never))
    if (own && (update.selectionSet || update.docChanged)) this.#before = this.#selection()
  }

  destroy(): void {
    this.#undoManager?.removeTrackedOrigin(this.#binding)
    this.#undoManager?.off('stack-item-added', this.#added)
    this.#undoManager?.off('stack-item-popped', this.#popped)
  }

  readonly #added = ({ stackItem }: StackEvent): void => {
    if (!stackItem.meta.has(this)) stackItem.meta.set(this, this.#before)
  }

  readonly #popped = ({ stackItem }: StackEvent): void => {
    const kept = stackItem.meta.get(this) as readonly YRange[] | undefined
    if (!kept || kept.length === 0) return
    const ranges = kept.map((range) => this.#binding.fromYRange(range))
    const selection = EditorSelection.create(ranges)
    this.#view.dispatch({ selection, scrollIntoView: true, userEvent: 'select.undo' })
  }

  #selection(): readonly YRange[] {
    return this.#view.state.selection.ranges.map((range) => {
      if (!range.empty) return this.#binding.toYRange(range)
      const position = this.#binding.toYPos(range.head, range.assoc) // finding one walks the text: not twice
      return new YRange(position, position)
    })
  }
}

const selectionKeeper = ViewPlugin.fromClass(SelectionKeeper)
