/**
 * Putting a log on top of a checkpoint: when a session opens from disk, when a newcomer takes one, when
 * a document is rebuilt after two peers disagreed. Works on the log's state between steps, never inside one.
 */
import type { DeviceId } from '../base/ids.ts'
import { type Checkpoint, type CheckpointHead, decodeCheckpoint } from '../wire/checkpoint.ts'
import { type Entry, isSignedBy, openEntry } from '../wire/entry.ts'
import { chainOf } from '../wire/heads.ts'
import { isViolation, type Violation, violation } from '../wire/violation.ts'
import { type Chain, countParked, entryAt, heldSeq, idAt, withoutLost } from './chain.ts'
import { leaveClient } from './collisions.ts'
import type { Evaluator } from './evaluation.ts'
import { apply, chainFor, isReady, type LogOutput, type LogState } from './log.ts'
import { judgeChain } from './validity.ts'

/** What a checkpoint made now would list: everything applied. */
export function appliedHeads(state: LogState): CheckpointHead[] {
  const heads: CheckpointHead[] = []
  for (const chain of state.chains.values()) {
    if (chain.applied === 0) continue
    const id = chain.applied === chain.base ? chain.baseId : entryAt(chain, chain.applied)?.entry.id
    if (id === undefined) continue
    heads.push({
      device: chain.device,
      writer: chain.writer,
      seq: chain.applied,
      id,
      nextClock: chain.appliedClock,
    })
  }
  return heads
}

/**
 * Reads a checkpoint that may stand outside of what is held (a newcomer has nothing its `prev` could fit).
 * `undefined`: it cannot count (yet): device, role, roster or key. A violation: its bytes prove a fault.
 */
export function openCheckpoint(state: LogState, entry: Entry): Checkpoint | Violation | undefined {
  const certificate = state.roster.certificateOf(entry.device)
  if (certificate === undefined || entry.session !== state.session || entry.kind !== 'checkpoint')
    return undefined
  if (!isSignedBy(state.crypto, entry, certificate.signPk))
    return violation('forged', 'a checkpoint its device did not sign')
  const role = state.roster.roleAt(entry.device, entry.rosterSeq)
  if (role === undefined || role === 'viewer' || entry.rosterSeq > state.roster.seq) return undefined
  const entryKey = state.entryKeyAt(entry.rosterSeq)
  if (entryKey === undefined) return undefined
  const content = openEntry(state.crypto, entry, entryKey)
  return isViolation(content) ? content : decodeCheckpoint(content.body)
}

/** 'contradicts': its author lies. 'disputes': it names an id we know to be another one, of somebody else's writer, who
 *  may have told two histories. 'roster-behind': it names somebody who is not known here (yet). */
export function compare(
  state: LogState,
  checkpoint: Pick<Checkpoint, 'heads'> & Partial<Pick<Checkpoint, 'free'>>,
  author?: DeviceId,
): 'brings-news' | 'nothing-new' | 'contradicts' | 'disputes' | 'roster-behind' {
  let news = false
  // who joined lately may be unknown here
  if (checkpoint.heads.some(({ device }) => state.roster.certificateOf(device) === undefined))
    return 'roster-behind'
  for (const head of checkpoint.heads) {
    const chain = chainFor(state, head)
    if (chain === undefined) return 'contradicts'
    if (head.seq > chain.applied) news = true
    if (isAnotherHere(state, chain, head)) {
      news = true
      continue
    }
    const known = idAt(chain, head.seq)
    if (head.seq > 0 && known !== undefined && chain.base + chain.entries.length > 0 && known !== head.id) {
      // of two branches each honest device may have applied the other one
      if (chain.fork !== undefined) return 'nothing-new'
      return head.device === author ? 'contradicts' : 'disputes'
    }
    if (known !== undefined && heldSeq(chain) > 0 && clockAfter(chain, head.seq) !== head.nextClock)
      return 'contradicts'
  }
  // clientIDs of no writer that are a writer's
  if (checkpoint.free?.some(({ clientID }) => state.byClient.has(clientID)) === true) return 'contradicts'
  return news ? 'brings-news' : 'nothing-new'
}

/** Whether what the checkpoint holds of these writers may be another branch than ours, of which its author knew nothing:
 *  they are not its own, and nothing known here says that up to its heads it is the same. */
export function mayBeOtherBranch(
  state: LogState,
  { heads }: Pick<Checkpoint, 'heads'>,
  suspects: { readonly author: DeviceId; readonly clientID: number | undefined },
): boolean {
  return heads.some((head) => {
    const chain = state.chains.get(chainOf(head))
    if (chain === undefined || head.device === suspects.author) return false
    const isSuspect = suspects.clientID === undefined || suspects.clientID === chain.clientID
    return isSuspect && idAt(chain, head.seq) !== head.id
  })
}

/** By the owner's Restart that is what stands there, and something else is held here. */
function isAnotherHere(state: LogState, chain: Chain, { seq, id }: CheckpointHead): boolean {
  const isOwners = state.roster.restarts.some(({ lines }) => lines.get(chain.id)?.id === id)
  return seq === chain.closedAt && isOwners && idAt(chain, seq) !== id
}

/** The writer's next Yjs clock after the entry at `seq`, which is held or the base. */
function clockAfter(chain: Chain, seq: number): number {
  const upTo = chain.entries.slice(0, seq - chain.base)
  const last = upTo.findLast((held) => held.inspection)?.inspection
  const next = chain.entries.find((held) => held.inspection)?.inspection
  return last?.end ?? next?.clock ?? chain.heldClock
}

/** Both bases as one: of each chain the higher head, of each free clientID the higher clock. */
export function joinBases(
  one: Pick<Checkpoint, 'heads' | 'free'>,
  other: Pick<Checkpoint, 'heads' | 'free'>,
): Pick<Checkpoint, 'heads' | 'free'> {
  const heads = new Map(one.heads.map((head) => [chainOf(head), head]))
  for (const head of other.heads) {
    if (head.seq > (heads.get(chainOf(head))?.seq ?? 0)) heads.set(chainOf(head), head)
  }
  const free = new Map(one.free.map(({ clientID, clock }) => [clientID, clock]))
  for (const { clientID, clock } of other.free) free.set(clientID, Math.max(clock, free.get(clientID) ?? 0))
  return {
    heads: [...heads.values()],
    free: [...free].map(([clientID, clock]) => ({ clientID, clock })),
  }
}

/** Everything at or below the heads of `inner` is at or below those of `outer`. */
export function covers(
  outer: Pick<Checkpoint, 'heads' | 'free'>,
  inner: Pick<Checkpoint, 'heads' | 'free'>,
): boolean {
  const heads = new Map(outer.heads.map((head) => [chainOf(head), head.seq]))
  const free = new Map(outer.free.map(({ clientID, clock }) => [clientID, clock]))
  return (
    inner.heads.every((head) => head.seq <= (heads.get(chainOf(head)) ?? 0)) &&
    inner.free.every(({ clientID, clock }) => clock <= (free.get(clientID) ?? 0))
  )
}

/** Lifts every chain's base to the checkpoint's heads; what is held beyond stays held and waits to be applied. */
export function liftBases(
  state: LogState,
  checkpoint: Pick<Checkpoint, 'heads' | 'free'> & { readonly rosterSeq: number },
): void {
  for (const head of checkpoint.heads) {
    const chain = chainFor(state, head)
    if (chain === undefined || head.seq < chain.base) continue
    const beyond =
      heldSeq(chain) > head.seq && head.seq < chain.closedAt ? chain.entries.slice(head.seq - chain.base) : []
    if (head.seq > chain.base) chain.baseRosterSeq = entryAt(chain, head.seq)?.entry.rosterSeq ?? 0
    chain.entries = beyond
    chain.base = head.seq
    chain.baseId = head.id
    chain.vouchedAt = checkpoint.rosterSeq
    judgeChain(state, chain)
    chain.applied = Math.max(head.seq, Math.min(chain.applied, heldSeq(chain)))
    if (chain.applied === head.seq) chain.appliedClock = head.nextClock
    chain.heldClock = beyond.findLast((held) => held.inspection)?.inspection?.end ?? head.nextClock
  }
  for (const { clientID, clock } of checkpoint.free) state.freeClocks.set(clientID, clock)
  state.applied = state.applied.filter(({ entry }) => {
    const chain = chainFor(state, entry)
    return chain !== undefined && entry.seq > chain.base
  })
}

/**
 * Applies everything held beyond the bases to a fresh document that already holds the checkpoint's state,
 * in canonical order: of the entries whose needs are met, the smallest (chain, seq) first.
 */
export function replay(
  state: LogState,
  fresh: Evaluator,
  baseClocks: ReadonlyMap<number, number>,
): LogOutput[] {
  const outputs: LogOutput[] = []
  state.evaluator = fresh
  state.applied = []
  const chains = [...state.chains.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  for (const chain of chains) {
    chain.applied = chain.base
    chain.appliedClock = baseClocks.get(chain.clientID) ?? 0
    chain.disregarded = []
    for (const { entry } of withoutLost(chain)) outputs.push({ type: 'dropped', entry })
  }
  fresh.together(() => {
    for (let next = nextReady(state, chains); next !== undefined; next = nextReady(state, chains)) {
      const held = entryAt(next, next.applied + 1)
      if (held !== undefined) apply(state, next, held, false, outputs)
    }
  })
  for (const chain of chains) countParked(chain)
  return outputs
}

function nextReady(state: LogState, chains: readonly Chain[]): Chain | undefined {
  return chains.find((chain) => {
    const next = entryAt(chain, chain.applied + 1)
    return next !== undefined && isReady(state, chain, next)
  })
}

/** Forgets everything, to be told it all anew: what is here of some chain is not what the owner had at a Restart. */
export function forgetAll(state: LogState): void {
  state.chains.clear()
  state.byClient.clear()
  state.freeClocks.clear()
  state.applied = []
  state.astray = undefined
}

/** Forgets everything but the chains of `mine`: the first step of syncing anew from somebody else. */
export function forgetOthers(state: LogState, mine: (chain: Chain) => boolean): void {
  // listed beforehand: a chain that is begun anew would be come upon again, and so without end
  for (const [id, chain] of [...state.chains]) {
    if (mine(chain)) continue
    state.chains.delete(id)
    leaveClient(state, chain)
    // that its writer contradicted itself stays true
    const anew = chain.fork === undefined ? undefined : chainFor(state, chain)
    if (anew !== undefined) anew.fork = chain.fork
  }
  state.freeClocks.clear()
}
