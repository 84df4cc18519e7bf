/**
 * A writer that contradicted itself: two signed entries of it stand at one place. That is a proof anybody can check, and
 * it acts as a cut before that place, on every peer alike and without the owner. Of the branches the one with the smaller
 * id where they part survives, and may be vouched for like anything beyond a cut; the others never count.
 *
 * Not here: how far a chain counts (validity.ts), taking one branch out of the document (the driver, by a replay).
 * Invariant: which branch survives depends on the entries that are known, not on the order in which they came.
 */
import type { Entry } from '../wire/entry.ts'
import { type Chain, entryAt, type Fork, heldSeq } from './chain.ts'

/** Entries told at once to find out where two branches part: a few records, so that thousands are a few round trips. */
const TOLD_AT_ONCE = 64

/** Takes note of an entry at the place of one that is held, or fits. 'known': it changes nothing. */
export function meet(chain: Chain, theirs: Entry, ours: Entry): 'first' | 'more' | 'known' {
  const { fork } = chain
  const found = forkOf(theirs, ours)
  if (fork === undefined || found.seq < fork.seq) return note(chain, found)
  if (found.seq > fork.seq) return meetBeyond(chain, theirs, ours)
  if (fork.parts === 'earlier') return 'known'
  return found.parts === 'earlier' || found.winner.id < fork.winner.id ? note(chain, found) : 'known'
}

/** Takes note of two entries that both do not fit what is held, of which they may be the continuation. */
export function meetAstray(chain: Chain, one: Entry, other: Entry): 'first' | 'more' | 'known' {
  const found = forkOf(one, other)
  if (found.parts === 'earlier' || found.seq <= heldSeq(chain)) return 'known'
  const { fork } = chain
  if (fork === undefined || found.seq < fork.seq) return note(chain, found)
  if (found.seq > fork.seq || found.winner.id >= fork.winner.id) return 'known'
  return note(chain, found)
}

/** The same below what a checkpoint covers, which stands: nothing follows it of itself any more. */
export function meetCovered(chain: Chain, one: Entry, other: Entry): 'first' | 'more' | 'known' {
  if (chain.fork !== undefined && chain.fork.seq <= one.seq) return 'known'
  return note(chain, forkOf(one, other))
}

/** The same from one's own disk, before anything of the chain is held. */
export function recall(chain: Chain, one: Entry, other: Entry): void {
  note(chain, forkOf(one, other))
}

/** The held entries from here on are of a branch that does not survive, or of a writer whose clientID is another's. */
export function lostFrom(chain: Chain): number {
  return chain.isShadowed ? chain.base + 1 : (chain.successor?.seq ?? Number.POSITIVE_INFINITY)
}

/** How far the chain counts by its fork alone; what a checkpoint covers, its author vouched for. */
export function forkEnd({ fork, base }: Chain): number {
  return fork === undefined ? Number.POSITIVE_INFINITY : Math.max(base, fork.seq - 1)
}

/** Whether anybody can vouch for what is held from `seq` on. */
export function maySurvive(chain: Chain, seq: number): boolean {
  const { fork } = chain
  if (chain.isShadowed) return seq <= chain.base
  if (fork === undefined || seq < fork.seq) return true
  return fork.parts === 'here' && seq < lostFrom(chain)
}

/** What tells the other side where the branches part, or brings it nearer. */
export function leadingTo(chain: Chain, seq: number): Entry[] {
  const from = Math.max(chain.base + 1, seq - TOLD_AT_ONCE)
  return chain.entries.slice(from - chain.base - 1, seq - chain.base).map(({ entry }) => entry)
}

function forkOf(one: Entry, other: Entry): Fork {
  const [winner, loser] = one.id < other.id ? [one, other] : [other, one]
  return { seq: one.seq, winner, loser, parts: one.prev === other.prev ? 'here' : 'earlier' }
}

function note(chain: Chain, found: Fork): 'first' | 'more' {
  const news = chain.fork === undefined ? 'first' : 'more'
  chain.fork = found
  const held = entryAt(chain, found.seq)?.entry.id
  const isLost = found.parts === 'here' && held !== undefined && held !== found.winner.id
  if (isLost) chain.successor = found.winner
  else if (found.parts === 'earlier') chain.successor = undefined
  return news
}

/** The branch that survives parts again: there too the smaller id goes on. */
function meetBeyond(chain: Chain, theirs: Entry, ours: Entry): 'more' | 'known' {
  if (theirs.prev !== ours.prev || theirs.id > ours.id || theirs.seq > lostFrom(chain)) return 'known'
  if (theirs.seq === chain.successor?.seq && theirs.id > chain.successor.id) return 'known'
  chain.successor = theirs
  return 'more'
}
