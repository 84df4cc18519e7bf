/**
 * A Restart: the owner has the session begin anew from its copy. Every writer that began before ends where the record
 * names it, or counts for nothing where it does not, whatever cuts, forks and adoptions said of it until then; and
 * nobody can vouch for what comes after. Whoever may write goes on as another writer.
 *
 * The record names ends and ids, so that whoever holds those entries needs nobody else to act on it. It acts once the
 * driver says so (LogState.restartedAt), because text that falls away is first looked at by whoever typed it.
 * Invariant: where a chain ends depends on its first entry and on the records, not on the order in which they came.
 */
import type { Checkpoint, CheckpointHead } from '../wire/checkpoint.ts'
import type { Entry } from '../wire/entry.ts'
import { chainOf } from '../wire/heads.ts'
import type { RestartHead } from '../wire/roster-record.ts'
import { type Chain, heldSeq, idAt } from './chain.ts'
import type { Restart } from './records.ts'

/** Of the roster. */
interface Begun {
  readonly restarts: readonly Restart[]
}

/** What is asked of the log. */
export interface Restarted {
  readonly roster: Begun
  readonly restartedAt: number
  readonly chains: ReadonlyMap<Chain['id'], Chain>
}

/** The place of the newest Restart at or before `rosterSeq`; -1: the session never began anew. */
export function newestRestart(roster: Begun, rosterSeq: number): number {
  return roster.restarts.findLast(({ at }) => at <= rosterSeq)?.at ?? -1
}

/** Where the chain ends, by the first Restart that concerns it; infinite: it began after all of them. */
export function endOf(state: Restarted, chain: Chain): number {
  return endOfOne(state, chain.id, beganAt(chain))
}

/** What a checkpoint covers began when its author says: one that knew of the Restart covers nothing it left out. */
function beganAt({ base, vouchedAt, beganAt: known }: Chain): number {
  return known ?? (base > 0 ? vouchedAt : Number.POSITIVE_INFINITY)
}

function endOfOne({ roster, restartedAt }: Restarted, id: Chain['id'], beganAt: number): number {
  for (const { at, lines } of roster.restarts) {
    const line = lines.get(id)
    if (at > restartedAt) break
    if (line !== undefined) return line.seq
    if (beganAt < at) return 0
  }
  return Number.POSITIVE_INFINITY
}

/** An entry of this chain that never counts: the chain ends before it, or the owner had another one there. */
export function isPast(state: Restarted, chain: Chain, { seq, id, rosterSeq }: Entry): boolean {
  const end = heldSeq(chain) === 0 && seq === 1 ? endOfOne(state, chain.id, rosterSeq) : chain.closedAt
  return seq > end || (seq === end && lineOf(state.roster, chain.id)?.id !== id)
}

/** Whether a checkpoint signed at `rosterSeq` that covers `head` covers more than what counts of an ended chain;
 *  undefined: no Restart concerns it. */
export function passesEnd(state: Restarted, head: CheckpointHead, rosterSeq: number): boolean | undefined {
  const id = chainOf(head)
  const chain = state.chains.get(id)
  // of a chain that is known by name alone nothing says when it began but the checkpoint
  const isHere = chain !== undefined && heldSeq(chain) > 0
  const end = isHere ? chain.closedAt : endOfOne(state, id, chain?.beganAt ?? rosterSeq)
  if (end === Number.POSITIVE_INFINITY) return undefined
  return head.seq > end || (head.seq === end && lineOf(state.roster, id)?.id !== head.id)
}

/** The checkpoint stands for all that the owner had at every Restart: where it contradicts what is held, that goes. */
export function isOwnersCopy(
  { roster, restartedAt }: Restarted,
  { heads }: Pick<Checkpoint, 'heads'>,
): boolean {
  const covered = new Map(heads.map((head) => [chainOf(head), head]))
  const isCovered = ([id, line]: [Chain['id'], RestartHead]): boolean =>
    covered.get(id)?.seq === line.seq && covered.get(id)?.id === line.id
  return (
    restartedAt >= 0 &&
    roster.restarts.every(({ at, lines }) => at > restartedAt || [...lines].every(isCovered))
  )
}

/** Of a chain that a Restart ends: all that counts of it is held, and it is what the owner had. */
export function isWhole({ roster }: Restarted, chain: Chain): boolean {
  if (heldSeq(chain) < chain.closedAt || chain.base > chain.closedAt) return false
  if (chain.closedAt === 0) return true
  const line = lineOf(roster, chain.id)
  return line !== undefined && idAt(chain, chain.closedAt) === line.id
}

/** What is here of the chain cannot be brought to what the owner had: its base goes beyond, or it is another history. */
export function isAnother(state: Restarted, chain: Chain): boolean {
  return heldSeq(chain) >= chain.closedAt && !isWhole(state, chain)
}

/** Nothing is missing here of what the owner had at the newest Restart. */
export function isComplete(state: Restarted): boolean {
  const isHere = ([id, { seq }]: [Chain['id'], RestartHead]): boolean => {
    const chain = state.chains.get(id)
    return chain?.applied === seq && isWhole(state, chain)
  }
  return state.roster.restarts.every(({ at, lines }) => at > state.restartedAt || [...lines].every(isHere))
}

function lineOf(roster: Begun, id: Chain['id']): RestartHead | undefined {
  for (const { lines } of roster.restarts) {
    const line = lines.get(id)
    if (line !== undefined) return line
  }
  return undefined
}
