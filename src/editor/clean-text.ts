/**
 * What text may enter the shared document from this editor: well-formed Unicode, lines ended by LF.
 * A lone surrogate would show differently here than everywhere else, and a CR would shift every position
 * behind it, because CodeMirror counts a CRLF as one and Yjs as two.
 * Not for remote changes: what others wrote is shown as it is.
 */
import type { ChangeSpec, Extension, Transaction, TransactionSpec } from '@codemirror/state'
import { EditorState } from '@codemirror/state'
import { isRemote } from './remote.ts'

const CARRIAGE_RETURN = /\r\n?/g

/** The same text, with CRLF and CR as LF and each lone surrogate as U+FFFD. */
export function cleanText(text: string): string {
  return text.toWellFormed().replace(CARRIAGE_RETURN, '\n')
}

/** Only LF ends a line, so that a position means the same to CodeMirror and to Yjs. */
export function cleanTextOnly(): Extension {
  return [EditorState.lineSeparator.of('\n'), EditorState.transactionFilter.of(cleaned)]
}

function cleaned(transaction: Transaction): TransactionSpec | readonly TransactionSpec[] {
  if (!transaction.docChanged || isRemote(transaction)) return transaction
  const repairs: ChangeSpec[] = []
  transaction.changes.iterChanges((_fromA, _toA, fromB, toB, inserted) => {
    const text = inserted.sliceString(0, inserted.length, '\n')
    const clean = cleanText(text)
    if (clean !== text) repairs.push({ from: fromB, to: toB, insert: clean })
  })
  return repairs.length === 0 ? transaction : [transaction, { changes: repairs, sequential: true }]
}
