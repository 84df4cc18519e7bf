/**
 * Plays a made-up writing session into a shared text: a few edits a turn, a pause after each so that a product
 * can store what it stores, a long one where the writer rests. The last edits come one by one, as a person's do:
 * what follows the newest stored state then looks as in life.
 * Hours are played in minutes, because all timers of the page run `HASTE` times faster meanwhile; those of
 * either product too.
 * Invariant: both products get the same transactions at the same pace.
 */
import { type Edit, writingSession } from '../writing-session.ts'
import type { TraceRequest } from './contract.ts'
import { wait } from './desk.ts'

/** What both products' texts can do: a Y.Text. */
export interface EditedText {
  readonly length: number
  insert(at: number, text: string): void
  delete(at: number, length: number): void
  readonly doc: { transact(work: () => void): void } | null
}

const EDITS_A_TURN = 20
const HASTE = 8
/** Just over the pause our capture makes between entries, so that every turn is an entry. */
const TURN_PAUSE_MS = 32
/** y-indexeddb trims its rows a second after the last edit. */
const REST_MS = 1_500
const SINGLE_EDITS = 300

export async function playTrace(text: EditedText, request: TraceRequest): Promise<void> {
  const { setTimeout } = globalThis
  const hasty = (work: () => void, delay = 0) => setTimeout(work, delay / HASTE)
  globalThis.setTimeout = hasty as typeof setTimeout
  try {
    await playEdits(text, request)
  } finally {
    globalThis.setTimeout = setTimeout
  }
}

/** A turn's edits are one transaction, so that both products have as many pieces to store. */
async function playEdits(text: EditedText, { seed, edits }: TraceRequest): Promise<void> {
  let played = 0
  let turn: Edit[] = []
  for (const edit of writingSession(seed, edits)) {
    turn.push(edit)
    played += 1
    const isTurn = turn.length === EDITS_A_TURN || edit.rest || played > edits - SINGLE_EDITS
    if (!isTurn) continue
    playTurn(text, turn)
    turn = []
    await wait(edit.rest ? REST_MS : TURN_PAUSE_MS)
  }
}

function playTurn(text: EditedText, turn: readonly Edit[]): void {
  text.doc?.transact(() => {
    for (const { at, removed, inserted } of turn) {
      if (removed > 0) text.delete(at, removed)
      if (inserted !== '') text.insert(at, inserted)
    }
  })
}
