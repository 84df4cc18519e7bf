/**
 * `coterie/codemirror`: a CodeMirror 6 editor on a text of a session.
 *
 *   new EditorView({ extensions: [basicSetup, collaboration(session, session.doc.getText('main'))] })
 *
 * A page that shows the text before its session exists takes the pieces: `sharedText` at once, `presence` later.
 */
import type { Extension } from '@codemirror/state'
import { ViewPlugin } from '@codemirror/view'
import type { Text, UndoManager } from 'yjs'
import type { Session } from '../session/public.ts'
import { accessOf } from './access.ts'
import { drawPeople, type FlagSetting, flagSetting } from './carets.ts'
import { following, onFollow } from './follow.ts'
import { tellOwnCursor } from './own-cursor.ts'
import { readPeople } from './people.ts'
import { bindText, sharedText } from './shared-text.ts'

export interface PresenceOptions {
  /** When name flags show. Default: 'activity', for two seconds. */
  readonly flags?: FlagSetting
  readonly onFollow?: Parameters<typeof onFollow.of>[0]
}

export interface CollaborationOptions extends PresenceOptions {
  /** Must track no origin; by default a fresh one. */
  readonly undoManager?: UndoManager
}

/** Text, undo, carets, follow and roles of `session` for one of its texts. */
export function collaboration(session: Session, text: Text, options: CollaborationOptions = {}): Extension {
  return [sharedText(text, options.undoManager), presence(session, text, options)]
}

/** What a session adds to `sharedText`: people, own cursor, follow, roles, and rebinding to a rebuilt document. */
export function presence(session: Session, text: Text, options: PresenceOptions = {}): Extension {
  const rootName = rootNameOf(session, text)
  return [
    readPeople(session, rootName),
    drawPeople(),
    tellOwnCursor(session, rootName),
    following(),
    accessOf(session),
    rebinding(session, rootName),
    options.flags ? flagSetting.of(options.flags) : [],
    options.onFollow ? onFollow.of(options.onFollow) : [],
  ]
}

/** The name under which `text` is declared in the session. @throws RangeError for a text of another document */
function rootNameOf(session: Session, text: Text): string {
  for (const [name, root] of session.doc.share) if (Object.is(root, text)) return name
  throw new RangeError('this text is not a root of the session: take it from session.doc.getText(name)')
}

function rebinding(session: Session, rootName: string): Extension {
  return ViewPlugin.define((view) => ({
    destroy: session.on('document', (doc) => bindText(view, doc.getText(rootName))),
  }))
}

export { createDraft } from '../doc/draft.ts'
export { readOnly } from './access.ts'
export { type FlagSetting, flagSetting } from './carets.ts'
export { cleanText } from './clean-text.ts'
export { follow, followedDevice, jumpTo, stopFollowing } from './follow.ts'
export { redo, undo, undoKeymap } from './own-undo.ts'
export { COLOR_NAMES, caretStyleOf, colorOf, initialsOf, PALETTE } from './palette.ts'
export { type Person, peopleField } from './people.ts'
export { bindText, boundText, sharedText } from './shared-text.ts'
