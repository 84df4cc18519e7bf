/**
 * The log: which signed entries count, and in what order they reach the document.
 * It is not the network (gossip decides who gets what) and not the disk (the driver stores).
 *
 * Acceptance follows docs/protocol.md in order: held already? signature; fork; gap; roster; open; stateless
 * firewall; clock; needs (else park); neighbour check; store; apply. Only what the bytes alone prove is a
 * violation; everything else refuses the entry and ends its writer just before it, on every peer alike.
 *
 * Invariants: an entry is applied at most once, in chain order, with all its needs met; `state` is
 * owned by its caller and changed in place (a session has one log and tens of thousands of entries:
 * copying it per keystroke would cost more than the cryptography).
 */
import { assert, unreachable } from '../base/assert.ts'
import type { DeviceId, SessionId, WriterId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import type { Crypto, SignKeys } from '../crypto/crypto.ts'
import { type Adopted, decodeAdoption } from '../wire/adoption.ts'
import { decodeCheckpoint } from '../wire/checkpoint.ts'
import { type Entry, type EntryKind, isSignedBy, openEntry, sealEntry, sizeOfEntry } from '../wire/entry.ts'
import { type ChainId, chainOf, type Head } from '../wire/heads.ts'
import {
  MAX_PARKED_BYTES,
  MAX_PARKED_BYTES_PER_DEVICE,
  MAX_WRITERS,
  MAX_WRITERS_PER_DEVICE,
} from '../wire/limits.ts'
import { clientIdOf } from '../wire/presence.ts'
import { isViolation, type Violation, violation } from '../wire/violation.ts'
import {
  type Chain,
  type ChainEnd,
  cutFrom,
  emptyChain,
  endBefore,
  entryAt,
  extend,
  type HeldEntry,
  headOf,
  heldId,
  heldSeq,
  withoutLost,
} from './chain.ts'
import { hasClient, joinClient } from './collisions.ts'
import type { Evaluator, Inspection } from './evaluation.ts'
import { leadingTo, meet, meetAstray, meetCovered, recall } from './forks.ts'
import { endOf, isPast, isWhole, newestRestart } from './restarting.ts'
import type { Roster } from './roster.ts'
import { counts, judgeAll, judgeChain, vouch, writesText } from './validity.ts'

export interface LogState {
  readonly crypto: Crypto
  readonly session: SessionId
  readonly roster: Roster
  /** Replaced when the document is rebuilt. */
  evaluator: Evaluator
  /** The key entries at this rosterSeq are sealed under; undefined: that epoch's key is not here (yet). */
  readonly entryKeyAt: (rosterSeq: number) => Uint8Array | undefined
  readonly chains: Map<ChainId, Chain>
  readonly byClient: Map<number, Chain>
  /** Next applied clock of clientIDs that belong to no writer. */
  readonly freeClocks: Map<number, number>
  /** In the order this peer applied them: the order in which it sends them. */
  applied: HeldEntry[]
  /** The place in the roster of the newest Restart that acts here; -1: none. */
  restartedAt: number
  /** Entries that wait for the roster to grow. */
  aside: Entry[]
  /** The last entry that fitted nothing: one more at its place, and its writer has contradicted itself. */
  astray: Entry | undefined
}

export type LogInput =
  | { readonly type: 'received'; readonly entries: readonly Entry[] }
  /** From the own disk, vouched for by the store's AEAD: no signature is checked. */
  | { readonly type: 'reopened'; readonly entries: readonly Entry[] }
  | {
      readonly type: 'author'
      readonly kind: EntryKind
      readonly body: Uint8Array
      readonly writer: WriterId
      readonly keys: AuthorKeys
      readonly now: Millis
    }
  /** From the own disk: what proved that writers contradicted themselves. Before their entries. */
  | { readonly type: 'forks-reopened'; readonly proofs: readonly (readonly [Entry, Entry])[] }
  | { readonly type: 'roster-grew' }
  /** The newest Restart acts from now on: the driver takes out of the document what counts no more, then says so. */
  | { readonly type: 'restart' }
  /** Nothing that a Restart voids is applied any more. */
  | { readonly type: 'restarted' }
  /** This device is about to vouch for what it applied of these chains, and of no others, before it knew better. */
  | { readonly type: 'mean-to-adopt'; readonly chains: readonly ChainId[] }
  /** Applies what own entries have made possible: asked for later, because nothing is applied inside a local edit. */
  | { readonly type: 'settle' }

export interface AuthorKeys {
  readonly device: DeviceId
  readonly sign: SignKeys
}

export type LogOutput =
  /** Newly held: store it, acknowledge it, forward it. */
  | { readonly type: 'held'; readonly entry: Entry; readonly own: boolean; readonly parked: boolean }
  /** Its time has come: content other than edits is for the driver to act on. */
  | { readonly type: 'applied'; readonly held: HeldEntry; readonly own: boolean }
  | { readonly type: 'duplicate'; readonly entry: Entry }
  /** Something before this entry is missing here. */
  | { readonly type: 'gap'; readonly entry: Entry }
  | { readonly type: 'roster-behind' }
  /** A writer of `device` said two things: a portable proof. `first`: nothing of that kind was known of this writer. */
  | {
      readonly type: 'fork'
      readonly device: DeviceId
      readonly proof: readonly [Entry, Entry]
      readonly first: boolean
    }
  /** The two histories part before that: whoever sent the other one is told ours, and answers with its own. */
  | { readonly type: 'fork-below'; readonly entries: readonly Entry[] }
  | {
      readonly type: 'ended'
      readonly device: DeviceId
      readonly writer: WriterId
      readonly because: ChainEnd
      readonly detail: string
    }
  /** More of these chains is applied than counts: to be adopted, or the document rebuilt without it. */
  | { readonly type: 'voided'; readonly chains: readonly ChainId[] }
  /** No longer held: erase it from the disk. */
  | { readonly type: 'dropped'; readonly entry: Entry }
  | { readonly type: 'violation'; readonly violation: Violation }

/** Entries aside for the roster, beyond which new ones are dropped (they come again). */
const MAX_ASIDE = 1_024

export function startLog(
  start: Pick<LogState, 'crypto' | 'session' | 'roster' | 'evaluator' | 'entryKeyAt'> &
    Partial<Pick<LogState, 'restartedAt'>>,
): LogState {
  return {
    restartedAt: newestRestart(start.roster, start.roster.seq),
    ...start,
    chains: new Map(),
    byClient: new Map(),
    freeClocks: new Map(),
    applied: [],
    aside: [],
    astray: undefined,
  }
}

export function step(state: LogState, input: LogInput): { state: LogState; outputs: LogOutput[] } {
  const outputs: LogOutput[] = []
  switch (input.type) {
    case 'received':
      receive(state, input.entries, true, outputs)
      break
    case 'reopened':
      state.evaluator.together(() => receive(state, input.entries, false, outputs))
      rejudge(state, outputs)
      break
    case 'author':
      author(state, input, outputs)
      break
    case 'settle':
      for (const chain of state.chains.values()) changeBranch(state, chain, outputs)
      unpark(state, outputs)
      break
    case 'forks-reopened':
      for (const [one, other] of input.proofs) {
        const chain = chainFor(state, one)
        if (chain !== undefined) recall(chain, one, other)
      }
      break
    case 'roster-grew':
      // one by one: whoever had a forged entry laid aside takes nobody else's with it
      for (const entry of state.aside.splice(0)) receive(state, [entry], true, outputs)
      rejudge(state, outputs)
      break
    case 'restart':
      state.restartedAt = newestRestart(state.roster, state.roster.seq)
      rejudge(state, outputs)
      break
    case 'restarted':
      dropEnded(state, outputs)
      break
    case 'mean-to-adopt':
      meanToAdopt(state, input.chains, outputs)
      break
    default:
      return unreachable(input)
  }
  return { state, outputs }
}

export function headsOf(state: LogState): Head[] {
  const heads: Head[] = []
  for (const chain of state.chains.values()) if (heldSeq(chain) > 0) heads.push(headOf(chain))
  return heads
}

/** Everything held has been applied. */
export function isSettled(state: LogState): boolean {
  for (const chain of state.chains.values()) if (chain.applied < heldSeq(chain)) return false
  return true
}

/** The chain of this writer, made on first sight; undefined when the device is unknown or has too many writers. */
export function chainFor(state: LogState, place: { device: DeviceId; writer: WriterId }): Chain | undefined {
  const known = state.chains.get(chainOf(place))
  if (known !== undefined) return known
  const certificate = state.roster.certificateOf(place.device)
  if (certificate === undefined) return undefined
  let writers = 0
  for (const chain of state.chains.values())
    if (chain.device === place.device && chain.closedAt === Number.POSITIVE_INFINITY) writers++
  if (writers >= MAX_WRITERS_PER_DEVICE || state.chains.size >= MAX_WRITERS) return undefined
  const chain = emptyChain(place, clientIdOf(state.crypto, certificate.signPk, place.writer))
  if (state.freeClocks.has(chain.clientID)) return undefined
  chain.closedAt = endOf(state, chain)
  joinClient(state, chain, state.chains.values())
  state.chains.set(chain.id, chain)
  return chain
}

function receive(state: LogState, entries: readonly Entry[], verify: boolean, outputs: LogOutput[]): void {
  for (const entry of entries) {
    const fault = accept(state, entry, verify, outputs)
    if (fault === undefined) continue
    outputs.push({ type: 'violation', violation: fault })
    if (verify) return
  }
}

/** One entry through all the gates. Returns the violation, if its bytes alone prove one. */
function accept(state: LogState, entry: Entry, verify: boolean, outputs: LogOutput[]): Violation | undefined {
  if (entry.session !== state.session) return violation('malformed', 'an entry of another session')
  const certificate = state.roster.certificateOf(entry.device)
  if (certificate === undefined) return setAside(state, entry, outputs)
  const known = state.chains.get(chainOf(entry))
  if (known !== undefined && isOver(state, known)) {
    if (entry.seq <= known.base || isHeld(known, entry)) outputs.push({ type: 'duplicate', entry })
    return undefined
  }
  if (known !== undefined && entry.seq <= known.base)
    return covered(state, known, entry, certificate.signPk, outputs)
  if (known !== undefined && isHeld(known, entry)) return void outputs.push({ type: 'duplicate', entry })
  if (verify && !isSignedBy(state.crypto, entry, certificate.signPk))
    return violation('forged', 'an entry its device did not sign')
  const chain = chainFor(state, entry)
  if (chain === undefined) return undefined
  if (isPast(state, chain, entry)) return void refusePast(chain, entry, outputs)
  if (contradicts(chain, entry)) return contradicted(state, chain, entry, outputs)
  if (chain.ended !== undefined || chain.successor !== undefined) return undefined
  if (entry.seq !== heldSeq(chain) + 1 || entry.prev !== heldId(chain))
    return goneAstray(state, chain, entry, outputs)
  if (isPassedOver(state, chain, entry, outputs)) return undefined
  // after a fork of the roster others may know more records, which count for nobody
  if (entry.rosterSeq > state.roster.seq && !state.roster.isForked) return setAside(state, entry, outputs)
  const role = state.roster.roleAt(entry.device, entry.rosterSeq)
  if (role === undefined) return setAside(state, entry, outputs)
  if (entry.rosterSeq < chain.rosterSeq)
    return end(chain, entry.seq, 'refused', 'its rosterSeq falls', outputs)
  if (writesText(entry.kind) && !state.roster.mayWrite(entry.device, entry.rosterSeq))
    return end(
      chain,
      entry.seq,
      'void',
      role === 'viewer' ? 'a viewer wrote' : 'it wrote in a pause',
      outputs,
    )
  const entryKey = state.entryKeyAt(entry.rosterSeq)
  if (entryKey === undefined) return setAside(state, entry, outputs)
  const content = openEntry(state.crypto, entry, entryKey)
  if (isViolation(content)) return content
  // whoever holds what does not decode would be blamed by the next it is passed on to
  const checkpoint = entry.kind === 'checkpoint' ? decodeCheckpoint(content.body) : undefined
  if (isViolation(checkpoint)) return checkpoint
  const inspected = entry.kind === 'edit' ? state.evaluator.inspect(content.body, chain.clientID) : undefined
  if (isViolation(inspected)) return inspected
  const inspection = inspected && placedIn(chain, inspected)
  if (inspected !== undefined && inspection === undefined)
    return end(chain, entry.seq, 'refused', 'its clock is not the next', outputs)
  const adopted = entry.kind === 'adopt' ? decodeAdoption(content.body) : undefined
  if (isViolation(adopted)) return adopted
  hold(state, chain, { entry, ...content, inspection, adopted }, outputs)
  return undefined
}

/** An update that only deletes names no clock of its own, so it stands at its chain's next; `undefined`: not the next. */
function placedIn(chain: Chain, inspection: Inspection): Inspection | undefined {
  const next = chain.heldClock
  if (inspection.clock !== inspection.end) return inspection.clock === next ? inspection : undefined
  return inspection.ownNeed <= next ? { ...inspection, clock: next, end: next } : undefined
}

/** A Restart ended it, and all that counts of it is here. */
function isOver(state: LogState, chain: Chain): boolean {
  return chain.closedAt < Number.POSITIVE_INFINITY && isWhole(state, chain)
}

/** Nobody's fault: its author had not heard of the Restart. */
function refusePast(chain: Chain, entry: Entry, outputs: LogOutput[]): void {
  if (heldSeq(chain) === 0 && entry.seq === 1 && chain.closedAt === Number.POSITIVE_INFINITY) {
    chain.beganAt = entry.rosterSeq
    chain.closedAt = 0
    chain.ended = 'void'
  }
  // in the place of what the owner had stands another history: what leads to that has to be told anew
  else if (entry.seq <= chain.closedAt) outputs.push({ type: 'gap', entry })
}

/** What goes beyond the end of a chain is not held any more. */
function dropEnded(state: LogState, outputs: LogOutput[]): void {
  for (const chain of state.chains.values()) {
    if (!isOver(state, chain)) continue
    if (heldSeq(chain) > chain.closedAt)
      for (const { entry } of endBefore(chain, chain.closedAt + 1, 'void'))
        outputs.push({ type: 'dropped', entry })
    judgeChain(state, chain)
  }
}

/** The same entry again. */
function isHeld(chain: Chain, entry: Entry): boolean {
  return entryAt(chain, entry.seq)?.entry.id === entry.id
}

/** What a checkpoint covers counts as held, but two entries at one place prove there as much as anywhere. */
function covered(
  state: LogState,
  chain: Chain,
  entry: Entry,
  signPk: Uint8Array,
  outputs: LogOutput[],
): undefined {
  const before = state.astray
  state.astray = entry
  const isPair = before !== undefined && isSamePlace(before, entry) && before.id !== entry.id
  if (isPair && [before, entry].every((one) => isSignedBy(state.crypto, one, signPk))) {
    const news = meetCovered(chain, keep(before), keep(entry))
    if (news !== 'known') forked(state, chain, [before, entry], news, outputs)
  }
  if (entry.seq < chain.base || entry.id === chain.baseId) outputs.push({ type: 'duplicate', entry })
}

function contradicts(chain: Chain, entry: Entry): boolean {
  return entry.seq > chain.base && entry.seq <= heldSeq(chain)
}

function contradicted(state: LogState, chain: Chain, entry: Entry, outputs: LogOutput[]): undefined {
  const ours = entryAt(chain, entry.seq)?.entry
  if (ours === undefined) return // what a checkpoint covers is not here to be compared
  const news = meet(chain, keep(entry), ours)
  if (news !== 'known') forked(state, chain, [ours, entry], news, outputs)
}

/** Two entries that both fit nothing prove as much. */
function goneAstray(state: LogState, chain: Chain, entry: Entry, outputs: LogOutput[]): undefined {
  const before = state.astray
  state.astray = keep(entry)
  const isPair = before !== undefined && isSamePlace(before, entry) && before.id !== entry.id
  const news = isPair ? meetAstray(chain, before, state.astray) : 'known'
  if (isPair && news !== 'known') forked(state, chain, [before, entry], news, outputs)
  outputs.push({ type: 'gap', entry })
}

function isSamePlace(one: Entry, other: Entry): boolean {
  return one.writer === other.writer && one.device === other.device && one.seq === other.seq
}

/** It fits, but stands where another branch is known to survive. */
function isPassedOver(state: LogState, chain: Chain, entry: Entry, outputs: LogOutput[]): boolean {
  const { fork } = chain
  if (fork?.seq !== entry.seq || fork.winner.id === entry.id || fork.parts === 'earlier') return false
  const news = meet(chain, keep(entry), fork.winner)
  if (news !== 'known') forked(state, chain, [fork.winner, entry], news, outputs)
  return chain.fork?.parts === 'here' && chain.fork.winner.id !== entry.id
}

function forked(
  state: LogState,
  chain: Chain,
  proof: readonly [Entry, Entry],
  news: 'first' | 'more',
  outputs: LogOutput[],
): void {
  outputs.push({ type: 'fork', device: chain.device, proof, first: news === 'first' })
  if (chain.fork?.parts === 'earlier')
    outputs.push({ type: 'fork-below', entries: leadingTo(chain, chain.fork.seq) })
  changeBranch(state, chain, outputs)
  rejudge(state, outputs)
}

/** The branch that survives takes the place of the other, once nothing of that is applied. */
function changeBranch(state: LogState, chain: Chain, outputs: LogOutput[]): void {
  const { successor } = chain
  if (successor === undefined || chain.applied >= successor.seq) return
  for (const { entry } of withoutLost(chain)) outputs.push({ type: 'dropped', entry })
  chain.successor = undefined
  judgeChain(state, chain)
  accept(state, successor, false, outputs)
}

function end(chain: Chain, seq: number, because: ChainEnd, detail: string, outputs: LogOutput[]): undefined {
  for (const { entry } of endBefore(chain, seq, because)) outputs.push({ type: 'dropped', entry })
  outputs.push({ type: 'ended', device: chain.device, writer: chain.writer, because, detail })
  return undefined
}

function setAside(state: LogState, entry: Entry, outputs: LogOutput[]): undefined {
  const bytes = state.aside.reduce((sum, other) => sum + sizeOfEntry(other), sizeOfEntry(entry))
  const hasRoom = state.aside.length < MAX_ASIDE && bytes <= MAX_PARKED_BYTES
  if (hasRoom && !state.aside.some((other) => other.id === entry.id)) state.aside.push(keep(entry))
  outputs.push({ type: 'roster-behind' })
  return undefined
}

/** Who may do what has changed: what waited may count now, and what is applied may not any more. */
function rejudge(state: LogState, outputs: LogOutput[]): void {
  // what a Restart voids, the driver looks at itself
  const voided = judgeAll(state).filter((chain) => !isOver(state, chain))
  if (voided.length > 0) outputs.push({ type: 'voided', chains: voided.map((chain) => chain.id) })
  unpark(state, outputs)
}

function meanToAdopt(state: LogState, chains: readonly ChainId[], outputs: LogOutput[]): void {
  for (const chain of state.chains.values()) chain.meantTo = chains.includes(chain.id) ? chain.applied : 0
  rejudge(state, outputs)
}

/** Entries come as views into a frame of up to 1 MiB; what stays must not keep the frame alive. */
function keep(entry: Entry): Entry {
  return { ...entry, ciphertext: entry.ciphertext.slice(), signature: entry.signature.slice() }
}

function hold(state: LogState, chain: Chain, held: HeldEntry, outputs: LogOutput[]): void {
  const kept = { ...held, entry: keep(held.entry) }
  const isNext = chain.applied === heldSeq(chain)
  extend(chain, kept)
  judgeChain(state, chain)
  if (!isNext || !isReady(state, chain, kept)) {
    chain.parkedBytes += sizeOfEntry(kept.entry)
    outputs.push({ type: 'held', entry: kept.entry, own: false, parked: true })
    boundParking(state, outputs)
    if (isWaitedFor(chain, kept.entry) || isNewRival(chain)) rejudge(state, outputs)
    else if (concernsCut(state, chain, kept)) unpark(state, outputs)
    return
  }
  if (!apply(state, chain, kept, false, outputs)) return
  outputs.push({ type: 'held', entry: kept.entry, own: false, parked: false })
  unpark(state, outputs)
}

/** A word for what is not held now counts once it is: branches change places until all of them are known. */
function disregard(state: LogState, end: Adopted): void {
  const chain = state.chains.get(chainOf(end))
  if (chain?.fork === undefined || entryAt(chain, end.seq)?.entry.id === end.id) return
  chain.disregarded.push(end)
}

function isWaitedFor(chain: Chain, { seq, id }: Entry): boolean {
  return chain.disregarded.some((end) => end.seq === seq && end.id === id)
}

/** Its first entry may take its clientID from another writer. */
function isNewRival(chain: Chain): boolean {
  return chain.rivals.length > 0 && heldSeq(chain) === 1
}

/** It may be vouched for by what waits here, or vouch for it. */
function concernsCut(state: LogState, chain: Chain, { inspection, adopted }: HeldEntry): boolean {
  const isCut = (one: Chain | undefined): boolean => one !== undefined && one.validTo < heldSeq(one)
  return (
    isCut(chain) ||
    adopted !== undefined ||
    (inspection?.needs ?? []).some(({ clientID }) => isCut(state.byClient.get(clientID)))
  )
}

/** Neighbour check and application of the chain's next entry; false when it was refused and the chain ended. */
export function apply(
  state: LogState,
  chain: Chain,
  held: HeldEntry,
  own: boolean,
  outputs: LogOutput[],
): boolean {
  assert(held.entry.seq === chain.applied + 1, 'a chain is applied in order')
  if (held.inspection !== undefined && !own) {
    if (state.evaluator.apply(held.body, chain.clientID) === 'refused') {
      end(chain, held.entry.seq, 'refused', 'its neighbours cannot be', outputs)
      return false
    }
  }
  chain.applied = held.entry.seq
  if (held.inspection !== undefined) chain.appliedClock = held.inspection.end
  for (const end of held.adopted ?? []) disregard(state, end)
  state.applied.push(held)
  outputs.push({ type: 'applied', held, own })
  return true
}

/** Applies what was parked until nothing more can be; each round something was applied, so it ends. */
function unpark(state: LogState, outputs: LogOutput[]): void {
  for (let progress = true; progress; ) {
    progress = false
    for (const chain of state.chains.values()) {
      for (;;) {
        const next = entryAt(chain, chain.applied + 1)
        if (next === undefined || next.entry.seq > chain.validTo) break
        if (!isReady(state, chain, next)) {
          progress = vouch(state, chain, next) || progress
          break
        }
        if (!apply(state, chain, next, false, outputs)) break
        chain.parkedBytes -= sizeOfEntry(next.entry)
        progress = true
      }
    }
  }
}

/** The next entry of its chain can be applied. */
export function isReady(state: LogState, chain: Chain, next: HeldEntry): boolean {
  return areNeedsMet(state, next.inspection) && hasClient(chain) && counts(state, chain, next)
}

function areNeedsMet(state: LogState, inspection: Inspection | undefined): boolean {
  return (
    inspection === undefined ||
    inspection.needs.every((need) => appliedClockOf(state, need.clientID) >= need.clock)
  )
}

export function appliedClockOf(state: LogState, clientID: number): number {
  return state.byClient.get(clientID)?.appliedClock ?? state.freeClocks.get(clientID) ?? 0
}

/** Over the limit the newest parked entry of the fullest device goes; it is asked for again when it can be used. */
function boundParking(state: LogState, outputs: LogOutput[]): void {
  for (;;) {
    const parked = new Map<DeviceId, number>()
    let total = 0
    for (const chain of state.chains.values()) {
      parked.set(chain.device, (parked.get(chain.device) ?? 0) + chain.parkedBytes)
      total += chain.parkedBytes
    }
    const [fullest, most] = [...parked].reduce((a, b) => (b[1] > a[1] ? b : a))
    if (total <= MAX_PARKED_BYTES && most <= MAX_PARKED_BYTES_PER_DEVICE) return
    const chain = [...state.chains.values()].findLast((one) => one.device === fullest && one.parkedBytes > 0)
    assert(chain !== undefined, 'a device over its limit has something parked')
    for (const { entry } of cutFrom(chain, heldSeq(chain))) outputs.push({ type: 'dropped', entry })
  }
}

function author(state: LogState, input: Extract<LogInput, { type: 'author' }>, outputs: LogOutput[]): void {
  const place = { device: input.keys.device, writer: input.writer }
  const chain = chainFor(state, place)
  assert(chain !== undefined && chain.ended === undefined, 'an own writer can write')
  assert(chain.applied === heldSeq(chain), 'own entries are applied as they are made')
  const rosterSeq = state.roster.seq
  const entryKey = state.entryKeyAt(rosterSeq)
  assert(entryKey !== undefined, 'a member holds the key of the epoch in force')
  const inspected = input.kind === 'edit' ? state.evaluator.inspect(input.body, chain.clientID) : undefined
  assert(!isViolation(inspected), "an own edit passes one's own firewall")
  const inspection = inspected && placedIn(chain, inspected)
  assert(inspected === undefined || inspection !== undefined, 'own edits follow each other without a gap')
  const header = {
    kind: input.kind,
    rosterSeq,
    session: state.session,
    ...place,
    seq: heldSeq(chain) + 1,
    prev: heldId(chain),
  }
  const content = { authoredAt: input.now, body: input.body }
  const entry = sealEntry(state.crypto, header, content, { entryKey, sign: input.keys.sign })
  const adopted = input.kind === 'adopt' ? decodeAdoption(input.body) : undefined
  assert(!isViolation(adopted), 'an own adoption is well made')
  const held: HeldEntry = { entry, ...content, inspection, adopted }
  extend(chain, held)
  judgeChain(state, chain)
  vouch(state, chain, held)
  apply(state, chain, held, true, outputs)
  outputs.push({ type: 'held', entry, own: true, parked: false })
}
