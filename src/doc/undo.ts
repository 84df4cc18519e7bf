/**
 * Undo that knows whose edit it was: nothing is tracked until a binding adds its own origin, so others' edits,
 * checkpoints and rebuilds are never undone.
 */
import { type Text, UndoManager } from 'yjs'

/** Edits less than this many milliseconds apart are one undo step. */
const UNDO_GROUP_MS = 400

export function createUndoManager(text: Text): UndoManager {
  return new UndoManager(text, { trackedOrigins: new Set(), captureTimeout: UNDO_GROUP_MS })
}
