/** Which transactions came from the shared document, so that nothing local (undo, roles, follow) acts on them. */
import type { Transaction } from '@codemirror/state'
import { ySyncAnnotation } from 'y-codemirror.next'

/** True for others' edits, own undo and a rebuilt document: the text was already in the Y.Text. */
export function isRemote(transaction: Transaction): boolean {
  return transaction.annotation(ySyncAnnotation) !== undefined
}
