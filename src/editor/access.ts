/**
 * Who may only read cannot write: while the session says so, this view takes no edit, not even from code, yet
 * keeps its focus, caret and selection. The role may change at any time.
 */
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import { EditorView, ViewPlugin } from '@codemirror/view'
import type { Session } from '../session/public.ts'
import { isRemote } from './remote.ts'

const reading: Extension = [
  EditorState.readOnly.of(true),
  EditorView.editable.of(false),
  EditorView.contentAttributes.of({ tabindex: '0' }),
  EditorState.transactionFilter.of((transaction) =>
    transaction.docChanged && !isRemote(transaction) ? [] : transaction,
  ),
]

/** For a page that has the text on screen before its session may be written to. */
export function readOnly(): Extension {
  return reading
}

/** Follows `session.canEdit`. */
export function accessOf(session: Session): Extension {
  const slot = new Compartment()
  const current = () => (session.canEdit ? [] : reading)
  return [
    slot.of(current()),
    ViewPlugin.define((view) => {
      let shown = session.canEdit
      const stop = session.on('members', () => {
        if (session.canEdit === shown) return
        shown = session.canEdit
        view.dispatch({ effects: slot.reconfigure(current()) })
      })
      return { destroy: stop }
    }),
  ]
}
