/**
 * What the log asks of the document it drives. The log decides whether an entry counts; only the
 * document can say what an update's bytes mean. Implemented by doc/document.ts, and by whatever the
 * simulator puts there.
 */
import type { Violation } from '../wire/violation.ts'

/** "Everything of that client below `clock` must be there first." */
export interface Need {
  readonly clientID: number
  readonly clock: number
}

/** What the stateless firewall read out of one update. */
export interface Inspection {
  /** The writer's first clock in this update and the one after its last; equal when it only deletes. */
  readonly clock: number
  readonly end: number
  /** What it refers to in *other* clients (origins, parents, delete ranges): one need a client, the highest. */
  readonly needs: readonly Need[]
  /** Own clocks it refers to lie below this (own deletes and origins); at most `end`. */
  readonly ownNeed: number
}

export interface Evaluator {
  /** The stateless firewall: what the bytes alone prove. */
  inspect(update: Uint8Array, clientID: number): Inspection | Violation
  /** Neighbour check, then apply. Called only when all needs are met and `inspection.clock` is the writer's next. */
  apply(update: Uint8Array, clientID: number): 'applied' | 'refused'
  /** Runs `work`; whoever watches the document sees all that it applies as one change. */
  together(work: () => void): void
}
