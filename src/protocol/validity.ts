/**
 * How far a chain counts where a Restart ends it (restarting.ts); else once its device was removed or lowered, or came in on a Join the owner did not accept, or
 * its writer contradicted itself: up to the cut; beyond it, as far as entries of other devices vouch for it by `adopt` or by needing one of its
 * clocks. A least fixpoint over what is held: two cut chains cannot vouch for each other.
 *
 * Not here: what may be written (roster.ts), what is done about applied entries that no longer count (the driver).
 * Invariant: every peer that holds the same entries and roster comes to the same ends, in whatever order they came.
 */
import type { Adopted } from '../wire/adoption.ts'
import type { Checkpoint } from '../wire/checkpoint.ts'
import type { EntryKind } from '../wire/entry.ts'
import { type ChainId, chainOf } from '../wire/heads.ts'
import type { CutLine } from '../wire/roster-record.ts'
import { type Chain, entryAt, type HeldEntry, heldSeq, idAt } from './chain.ts'
import { settleClient } from './collisions.ts'
import { forkEnd, lostFrom, maySurvive } from './forks.ts'
import { endOf, isAnother, isWhole, passesEnd } from './restarting.ts'
import type { Roster } from './roster.ts'

/** What of the log is looked at. */
export interface Held {
  readonly roster: Roster
  readonly chains: ReadonlyMap<ChainId, Chain>
  readonly byClient: Map<number, Chain>
  readonly freeClocks: ReadonlyMap<number, number>
  /** The place of the newest Restart that acts here. */
  readonly restartedAt: number
}

export function writesText(kind: EntryKind): boolean {
  return kind === 'edit' || kind === 'checkpoint' || kind === 'adopt'
}

/** Whether the entry's time has come, as far as its chain and those it vouches for are concerned. */
export function counts(state: Held, chain: Chain, held: HeldEntry): boolean {
  if (held.entry.seq > chain.validTo) return false
  return (held.adopted ?? []).every((end) => {
    const adopted = state.chains.get(chainOf(end))
    if (adopted === undefined) return false
    return isLost(adopted, end) || (adopted.applied >= end.seq && isAt(adopted, end.seq, end.id))
  })
}

/** Its author vouched for a branch that does not survive, before it knew: the same as vouching for nothing. */
function isLost(chain: Chain, end: Adopted): boolean {
  if (chain.isShadowed) return end.seq > chain.base
  if (chain.fork === undefined || end.seq < chain.fork.seq) return false
  const held = end.seq < lostFrom(chain) ? entryAt(chain, end.seq)?.entry : undefined
  return held !== undefined && held.id !== end.id
}

/** The chain got a new entry, or a new base. */
export function judgeChain(state: Held, chain: Chain): void {
  settleClient(state, chain)
  chain.closedAt = endOf(state, chain)
  if (isWhole(state, chain)) return closeForGood(chain)
  const cut = state.roster.isConcerned(chain.device) ? cutEnd(state.roster, chain) : Number.POSITIVE_INFINITY
  chain.validTo = Math.min(Math.max(Math.min(cut, forkEnd(chain)), chain.adoptedTo), lostFrom(chain) - 1)
  chain.validTo = Math.min(chain.validTo, isAnother(state, chain) ? chain.closedAt - 1 : chain.closedAt)
}

/** All that counts of it is here, by the owner's word: what was said of it before is settled. */
function closeForGood(chain: Chain): void {
  chain.validTo = chain.closedAt
  chain.fork = undefined
  chain.successor = undefined
  chain.disregarded = []
  if (heldSeq(chain) === chain.closedAt) chain.ended = 'void'
}

/** What `held`, next in its chain and counting, vouches for. True when some chain now counts further. */
export function vouch(state: Held, chain: Chain, held: HeldEntry): boolean {
  let further = false
  for (const end of held.adopted ?? []) {
    const adopted = state.chains.get(chainOf(end))
    if (adopted !== undefined && isAt(adopted, end.seq, end.id))
      further = adopt(chain, adopted, end.seq) || further
  }
  for (const need of held.inspection?.needs ?? []) {
    const needed = state.byClient.get(need.clientID)
    const seq = needed?.entries.find(({ inspection }) => (inspection?.end ?? 0) >= need.clock)?.entry.seq
    if (needed !== undefined && seq !== undefined) further = adopt(chain, needed, seq) || further
  }
  return further
}

/** What is held where a Restart ends the chain counts up to there already, or is not what the owner had. */
function adopt(by: Chain, chain: Chain, seq: number): boolean {
  if (chain.device === by.device || seq <= chain.validTo || seq >= chain.closedAt || !maySurvive(chain, seq))
    return false
  chain.adoptedTo = seq
  chain.validTo = seq
  return true
}

/** The roster changed: everything held is judged anew. Gives the chains of which more is applied than counts. */
export function judgeAll(state: Held): Chain[] {
  for (const chain of state.chains.values()) settleClient(state, chain)
  for (const chain of state.chains.values()) {
    chain.adoptedTo = Math.min(chain.meantTo, lostFrom(chain) - 1)
    judgeChain(state, chain)
  }
  const isPlain = (chain: Chain): boolean => chain.fork === undefined && chain.applied <= chain.validTo
  if ([...state.chains.values()].every(isPlain)) return []
  runThrough(state)
  return [...state.chains.values()].filter((chain) => chain.applied > chain.validTo)
}

/** Goes through all that is held as if it were applied anew, to find who vouches for whom. */
function runThrough(state: Held): void {
  const reached = new Map([...state.chains.values()].map((chain) => [chain, chain.base]))
  const keepers = [...reached.keys()].filter((chain) => state.byClient.get(chain.clientID) === chain)
  const clocks = new Map(keepers.map((chain) => [chain.clientID, baseClock(chain)]))
  const clockOf = (clientID: number): number => clocks.get(clientID) ?? state.freeClocks.get(clientID) ?? 0
  const isReady = ({ inspection, adopted }: HeldEntry): boolean =>
    (inspection?.needs ?? []).every((need) => clockOf(need.clientID) >= need.clock) &&
    (adopted ?? []).every((end) => {
      const chain = state.chains.get(chainOf(end))
      if (chain === undefined) return false
      return isLost(chain, end) || ((reached.get(chain) ?? 0) >= end.seq && isAt(chain, end.seq, end.id))
    })
  for (let progress = true; progress; ) {
    progress = false
    for (const [chain, from] of reached) {
      let seq = from
      for (let next = entryAt(chain, seq + 1); next !== undefined; next = entryAt(chain, seq + 1)) {
        if (next.entry.seq > chain.validTo) break
        progress = vouch(state, chain, next) || progress
        if (!isReady(next)) break
        seq = next.entry.seq
        if (next.inspection !== undefined) clocks.set(chain.clientID, next.inspection.end)
      }
      if (seq > from) progress = true
      reached.set(chain, seq)
    }
  }
}

/** The writer's next clock after its base. */
function baseClock(chain: Chain): number {
  return (
    chain.entries.find(({ inspection }) => inspection !== undefined)?.inspection?.clock ?? chain.heldClock
  )
}

/** Whether a checkpoint signed at `rosterSeq` covers more of some chain than counts: its author did not know of the cut. */
export function passesCut(
  state: Held,
  checkpoint: Pick<Checkpoint, 'heads'> & { readonly rosterSeq: number },
): boolean {
  return checkpoint.heads.some((head) => {
    const isPassing = passesEnd(state, head, checkpoint.rosterSeq)
    if (isPassing !== undefined) return isPassing
    const chain = state.chains.get(chainOf(head))
    if (chain !== undefined && passesFork(chain, head)) return true
    if (chain?.isShadowed === true && head.seq > chain.base) return true
    if (chain === undefined || !state.roster.isConcerned(head.device)) return false
    const covered = {
      ...chain,
      base: head.seq,
      baseId: head.id,
      entries: [],
      vouchedAt: checkpoint.rosterSeq,
    }
    return head.seq > Math.max(cutEnd(state.roster, covered), chain.adoptedTo)
  })
}

/** It covers what is known here to be of the wrong branch, or to be vouched for by nobody. */
function passesFork(chain: Chain, head: Checkpoint['heads'][number]): boolean {
  if (chain.fork === undefined || head.seq < chain.fork.seq || head.seq > heldSeq(chain)) return false
  return head.seq > chain.validTo || !isAt(chain, head.seq, head.id)
}

/** By the owner's records alone. */
function cutEnd(roster: Roster, chain: Chain): number {
  let end = Number.POSITIVE_INFINITY
  const first = chain.entries[0]?.entry
  for (const cut of roster.cutsOf(chain.device)) {
    const line = cut.lines.get(chain.writer)
    const isBaseCut = chain.base > 0 && cut.at > chain.vouchedAt
    const isTailCut = first !== undefined && first.rosterSeq < cut.at
    if (!isBaseCut && !isTailCut && line === undefined) continue
    const last = lineEnd(chain, line)
    end = Math.min(end, isBaseCut ? last : Math.max(chain.base, last))
  }
  if (chain.base > 0 && roster.isLeftOutSince(chain.device, chain.vouchedAt)) return 0
  const unbacked = chain.entries.find(
    ({ entry }) => writesText(entry.kind) && !roster.isBackedAt(chain.device, entry.rosterSeq),
  )
  return Math.min(end, (unbacked?.entry.seq ?? Number.POSITIVE_INFINITY) - 1)
}

/** Where the owner saw another entry at the cut, what is held here is another history. */
function lineEnd(chain: Chain, line: CutLine | undefined): number {
  if (line === undefined) return 0
  const isOther = line.seq <= heldSeq(chain) && line.seq >= chain.base && !isAt(chain, line.seq, line.id)
  return isOther ? line.seq - 1 : line.seq
}

function isAt(chain: Chain, seq: number, id: string): boolean {
  return idAt(chain, seq) === id
}
