/**
 * Gossip, comparing: digests first, heads where they differ, and what follows from the difference. Heads may
 * fall and are believed, at a bounded pace.
 */
import { equalBytes } from '../base/bytes.ts'
import type { Millis } from '../base/ports.ts'
import type { Entry } from '../wire/entry.ts'
import { type ChainId, chainOf, digestOfHeads, type Head } from '../wire/heads.ts'
import { FULL_SEND_PAUSE_MS } from '../wire/limits.ts'
import type { Message } from '../wire/message.ts'
import { entryAt, heldSeq, idAt } from './chain.ts'
import {
  acknowledge,
  compareBy,
  type GossipInput,
  type GossipLink,
  type GossipOutput,
  type GossipState,
  invented,
  isInvented,
  raise,
  setHeld,
} from './gossip-state.ts'
import { lacks, outstanding } from './lacking.ts'
import { headsOf } from './log.ts'
import { pump, sendEntries } from './spreading.ts'
import { hasTurn, isFetching, lineUp, mayAsk } from './turns.ts'

/** Heads are asked for again on unequal digests at most this often per link. */
const COMPARE_PAUSE_MS = 2_000
/** Two comparisons. */
const SPLIT_MS = 2 * COMPARE_PAUSE_MS

/** The other side and we hold and know the same, as far as the last digests say. */
export function isEven(state: GossipState, link: GossipLink): boolean {
  if (link.theirs === undefined || link.bulkBusy || link.awaitsCheckpoint) return false
  const mine = digestOfHeads(state.log.crypto, headsOf(state.log))
  return equalBytes(link.theirs.held, mine.held) && equalBytes(link.theirs.applied, mine.applied)
}

/** The other side was told which roster we have, the one we have now. */
export function knowsOurRoster(state: GossipState, link: GossipLink): boolean {
  return link.rosterTold !== undefined && equalBytes(link.rosterTold, state.log.roster.digest())
}

/**
 * The other side and we hold different histories of some writer, and nothing that either of us still has tells it to the
 * other: a checkpoint covers the place. What proves a fork comes within one comparison.
 */
export function isSplit(state: GossipState, link: GossipLink): boolean {
  return link.contradicted?.outlasted === true && isContradicted(state, link)
}

/** Its heads name another history of some writer, and it is not known yet which one counts. */
export function isContradicted(state: GossipState, { contradicted }: GossipLink): boolean {
  return contradicted?.heads.some((head) => contradicts(state, head)) === true
}

/** More than what is being typed is still to come or to go. */
export function isCatchingUp(link: GossipLink): boolean {
  return !link.compared || link.lacking || link.announced > 0 || link.bulkBusy || link.awaitsCheckpoint
}

/** All that is held here is acknowledged there, and the other way round as far as its heads said. */
export function isCaughtUp(state: GossipState, link: GossipLink): boolean {
  if (isCatchingUp(link)) return false
  for (const chain of state.log.chains.values()) {
    if (link.endedThere.has(chain.id)) continue
    if ((link.acked.get(chain.id) ?? 0) < heldSeq(chain) && heldSeq(chain) > 0) return false
  }
  return !lacks(state, link)
}

function digestMessage(state: GossipState): Extract<Message, { type: 'digest' }> {
  const { held, applied } = digestOfHeads(state.log.crypto, headsOf(state.log))
  return { type: 'digest', roster: state.log.roster.digest(), held, applied, state: state.stateDigest }
}

export function sendDigest(state: GossipState, link: GossipLink, outputs: GossipOutput[]): void {
  const message = digestMessage(state)
  link.rosterTold = message.roster
  outputs.push({ type: 'send', link: link.id, message })
}

export function sendHeads(
  state: GossipState,
  link: GossipLink,
  answer: boolean,
  now: Millis,
  outputs: GossipOutput[],
): void {
  link.comparedAt = now
  link.owesHeads = false
  outputs.push({
    type: 'send',
    link: link.id,
    message: { type: 'heads', answer, seen: link.entriesSeen, heads: headsOf(state.log) },
  })
}

export function compareDigests(
  state: GossipState,
  link: GossipLink,
  input: Extract<GossipInput, { type: 'digest' }>,
  outputs: GossipOutput[],
): void {
  link.theirs = input.digest
  const mine = digestMessage(state)
  if (!equalBytes(input.digest.roster, mine.roster)) offerRoster(link, mine.roster, input.now, outputs)
  if (equalBytes(input.digest.held, mine.held)) {
    for (const chain of state.log.chains.values()) acknowledge(state, link, chain.id, heldSeq(chain))
    link.compared = true
    link.contradicted = undefined
    link.lacking = false
    link.announced = 0
    outputs.push({ type: 'acknowledged' })
    checkDivergence(state, link, outputs)
  } else if (input.now - link.comparedAt >= COMPARE_PAUSE_MS && !isFetching(state, link)) {
    sendHeads(state, link, true, input.now, outputs)
  }
}

/** The same roster again only after a while: a digest has 66 bytes, and a roster may have a thousand times as many. */
export function offerRoster(
  link: GossipLink,
  roster: Uint8Array,
  now: Millis,
  outputs: GossipOutput[],
): void {
  const { rosterOffered: last } = link
  if (last !== undefined && now - last.at < FULL_SEND_PAUSE_MS && equalBytes(last.digest, roster)) return
  link.rosterOffered = { digest: roster, at: now }
  outputs.push({ type: 'roster-differs', link: link.id })
}

export function checkDivergence(state: GossipState, link: GossipLink, outputs: GossipOutput[]): void {
  const theirs = link.theirs
  if (theirs?.state === undefined || state.stateDigest === undefined || !isEven(state, link)) return
  if (!equalBytes(theirs.state, state.stateDigest)) outputs.push({ type: 'diverged', link: link.id })
}

export function compareHeads(
  state: GossipState,
  link: GossipLink,
  input: Extract<GossipInput, { type: 'heads' }>,
  outputs: GossipOutput[],
): void {
  const told = new Map(input.heads.map((head) => [chainOf(head), head]))
  for (const [id, { held }] of told) if (isInvented(state, id, held)) return void outputs.push(invented(link))
  const nothingUnderWay = input.seen >= link.entriesSent
  let fell = false
  for (const id of new Set([...link.sent.keys(), ...link.acked.keys()])) {
    const heldThere = told.get(id)?.held ?? 0
    if (heldThere < (link.acked.get(id) ?? 0)) fell = true
    if (heldThere < (link.sent.get(id) ?? 0) && nothingUnderWay) fell = true
  }
  for (const [id, head] of told) {
    if (head.ended) link.endedThere.add(id)
    setHeld(state, link, id, head.held)
    raise(link.sent, id, head.held)
  }
  for (const id of link.acked.keys()) if (!told.has(id)) setHeld(state, link, id, 0)
  if (fell) fullSend(link, told, input.now)
  link.compared = true
  noteContradictions(state, link, input, outputs)
  sendContradicted(state, link, input.heads, outputs)
  link.lacking = lacks(state, link)
  if (input.answer && mayAsk(state, link, outputs)) sendHeads(state, link, false, input.now, outputs)
  lineUp(state, link)
  const bytes = hasTurn(state, link, outputs) ? outstanding(state, link) : 0
  link.announcing = bytes > 0
  outputs.push({ type: 'send', link: link.id, message: { type: 'sending', bytes } }, { type: 'acknowledged' })
  pump(state, link, outputs)
}

/** Heads may fall (a crash, a broken row, entries dropped behind a gap) and are believed, at a bounded pace. */
function fullSend(link: GossipLink, told: ReadonlyMap<ChainId, Head>, now: Millis): void {
  if (now - link.fullSendAt < FULL_SEND_PAUSE_MS) return
  link.fullSendAt = now
  for (const id of link.sent.keys()) link.sent.set(id, told.get(id)?.held ?? 0)
  link.cursor = 0
}

function noteContradictions(
  state: GossipState,
  link: GossipLink,
  { heads, now }: Extract<GossipInput, { type: 'heads' }>,
  outputs: GossipOutput[],
): void {
  const contradicting = heads.filter((head) => contradicts(state, head))
  if (contradicting.length === 0) {
    link.contradicted = undefined
    return
  }
  const since = link.contradicted?.since ?? now
  const outlasted = now - since >= SPLIT_MS
  link.contradicted = { heads: contradicting, since, outlasted }
  if (!outlasted) compareBy(state, since + SPLIT_MS, outputs)
}

/** Another id at the same place of a writer that is not known to have contradicted itself, and goes on here and there. */
function contradicts(state: GossipState, head: Head): boolean {
  const chain = state.log.chains.get(chainOf(head))
  if (chain === undefined || chain.fork !== undefined || chain.isShadowed) return false
  if (head.ended || chain.closedAt < Number.POSITIVE_INFINITY) return false
  const id = idAt(chain, head.held)
  return id !== undefined && id !== head.heldId
}

/** Another id at the same seq: one of us holds the other half of a fork. Our entry lets them prove it. */
function sendContradicted(
  state: GossipState,
  link: GossipLink,
  heads: readonly Head[],
  outputs: GossipOutput[],
): void {
  const ours: Entry[] = []
  for (const head of heads) {
    const chain = state.log.chains.get(chainOf(head))
    const held = chain && entryAt(chain, head.held)
    if (held !== undefined && held.entry.id !== head.heldId && !head.ended) ours.push(held.entry)
  }
  if (ours.length > 0) sendEntries(link, 'live', ours, outputs)
}

export function ask(state: GossipState, link: GossipLink, now: Millis, outputs: GossipOutput[]): void {
  if (link.announced > 0 || isFetching(state, link)) return
  if (now - link.comparedAt < COMPARE_PAUSE_MS) return
  sendHeads(state, link, false, now, outputs)
}
