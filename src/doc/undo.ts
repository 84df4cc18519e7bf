/**
 * Undo that knows whose edit it was: nothing but a version brought back is tracked until a binding adds its own origin,
 * so others' edits, checkpoints and rebuilds are never undone.
 */
import { type Text, UndoManager } from 'yjs'

/** Edits less than this many milliseconds apart are one undo step. */
const UNDO_GROUP_MS = 400

/** The origin of an edit that brings back an older text. */
export const RESTORING = 'coterie/restoring'

export function createUndoManager(text: Text): UndoManager {
  return new UndoManager(text, { trackedOrigins: new Set([RESTORING]), captureTimeout: UNDO_GROUP_MS })
}
