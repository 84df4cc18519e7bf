/**
 * Two writers with one Yjs clientID: it has 53 bits, and who searches finds two writers of its own that share one, so
 * that their updates claim the same clocks. The one whose device was let in first keeps it, of one device the smaller
 * writer id; nothing of the others counts or can be vouched for, also where it was applied before that was known.
 *
 * Invariant: who keeps it depends on the Joins and on which of the writers an entry is held of, not on the order in which they
 * came; only what a checkpoint covers stands.
 */
import type { DeviceId } from '../base/ids.ts'
import { type Chain, heldSeq } from './chain.ts'

/** What of the log is looked at. */
export interface Sharing {
  readonly roster: { cameBefore(one: DeviceId, other: DeviceId): boolean }
  /** Of each clientID the chain that keeps it. */
  readonly byClient: Map<number, Chain>
}

/** A new chain, and those that have its clientID already. */
export function joinClient({ byClient }: Sharing, chain: Chain, chains: Iterable<Chain>): void {
  if (!byClient.has(chain.clientID)) return void byClient.set(chain.clientID, chain)
  chain.rivals = [...chains].filter(({ clientID }) => clientID === chain.clientID)
  for (const rival of chain.rivals) rival.rivals = [...rival.rivals, chain]
}

/** The chain is forgotten. */
export function leaveClient(state: Sharing, chain: Chain): void {
  for (const rival of chain.rivals) rival.rivals = rival.rivals.filter((one) => one !== chain)
  const [rival] = chain.rivals
  if (rival === undefined) state.byClient.delete(chain.clientID)
  else {
    state.byClient.set(chain.clientID, rival)
    settleClient(state, rival)
  }
}

/** Says anew who keeps the clientID of `chain`. */
export function settleClient({ roster, byClient }: Sharing, chain: Chain): void {
  if (chain.rivals.length === 0) {
    chain.isShadowed = false
    return
  }
  const sharing = [chain, ...chain.rivals]
  const keeper = sharing
    .filter((one) => heldSeq(one) > 0)
    .reduce<Chain | undefined>(
      (first, one) => (first === undefined || isBefore(roster, one, first) ? one : first),
      undefined,
    )
  if (keeper === undefined) return // they were only heard of
  byClient.set(chain.clientID, keeper)
  for (const one of sharing) {
    // who was only heard of may still come and keep it
    one.isShadowed = one !== keeper && (heldSeq(one) > 0 || isBefore(roster, keeper, one))
    if (one.isShadowed) one.validTo = Math.min(one.validTo, one.base)
  }
}

/** Whether what its rivals hold of the clientID is out of the document. */
export function hasClient({ rivals, isShadowed }: Chain): boolean {
  return !isShadowed && rivals.every(({ applied }) => applied === 0)
}

function isBefore(roster: Sharing['roster'], one: Chain, other: Chain): boolean {
  if (one.base > 0 !== other.base > 0) return one.base > 0
  if (one.device === other.device) return one.writer < other.writer
  return roster.cameBefore(one.device, other.device)
}
