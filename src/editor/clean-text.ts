/**
 * What text may enter the shared document from this editor: well-formed Unicode, lines ended by LF.
 * A lone surrogate would show differently here than everywhere else, and a CR would shift every position
 * behind it, because CodeMirror counts a CRLF as one and Yjs as two.
 * Not for remote changes: what others wrote is shown as it is.
 */
import type { ChangeSpec, Extension, Transaction, TransactionSpec } from '@codemirror/state'
import { EditorState, StateEffect, StateField } from '@codemirror/state'
import { isRemote } from './remote.ts'

const CARRIAGE_RETURN = /\r\n?/g

/** The same text, with CRLF and CR as LF and each lone surrogate as U+FFFD. */
export function cleanText(text: string): string {
  return text.toWellFormed().replace(CARRIAGE_RETURN, '\n')
}

/** Only LF ends a line, so that a position means the same to CodeMirror and to Yjs. */
export function cleanTextOnly(): Extension {
  return [EditorState.lineSeparator.of('\n'), halfTyped, EditorState.transactionFilter.of(cleaned)]
}

/** A leading surrogate that was entered alone; U+FFFD stands for it, ending at `end`. */
interface HalfCharacter {
  readonly end: number
  readonly surrogate: string
}

const enteredHalf = StateEffect.define<HalfCharacter>()

/** Some browsers bring a typed character's two halves one after the other (Firefox): the second completes the first. */
const halfTyped = StateField.define<HalfCharacter | undefined>({
  create: () => undefined,
  update(half, transaction) {
    for (const effect of transaction.effects) if (effect.is(enteredHalf)) return effect.value
    return transaction.docChanged ? undefined : half
  },
})

function cleaned(transaction: Transaction): TransactionSpec | readonly TransactionSpec[] {
  if (!transaction.docChanged || isRemote(transaction)) return transaction
  const half = transaction.startState.field(halfTyped)
  const repairs: ChangeSpec[] = []
  const halves: HalfCharacter[] = []
  transaction.changes.iterChanges((fromA, _toA, fromB, toB, inserted) => {
    const text = inserted.sliceString(0, inserted.length, '\n')
    const completes = half?.end === fromA && /^[\udc00-\udfff]/.test(text)
    const whole = completes ? half.surrogate + text : text
    const from = completes ? fromB - 1 : fromB
    const clean = cleanText(whole)
    if (clean !== text) repairs.push({ from, to: toB, insert: clean })
    if (/[\ud800-\udbff]$/.test(whole)) halves.push({ end: from + clean.length, surrogate: whole.slice(-1) })
  })
  if (repairs.length === 0) return transaction
  const effects = repairs.length === 1 ? halves.map((one) => enteredHalf.of(one)) : []
  return [transaction, { changes: repairs, effects, sequential: true }]
}
