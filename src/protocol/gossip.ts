/**
 * Who holds what, and who is sent what: spreading of fresh entries, catching up after a link opens, and the
 * acknowledgements that `status` is computed from. Reads the log, never changes it.
 *
 * Two ways out. Live: an entry the moment it is held, to every link that has all before it. Bulk: everything
 * else, pulled batch by batch as the link has room, in the order this peer applied it. A link is in one of
 * the two at a time, so entries of one chain never overtake each other.
 *
 * Invariants: per link and chain `acked` is what the other side said it holds, `sent` what was handed over on this
 * link; an entry is handed over once unless the other side's heads say it was dropped, at most one such
 * full send per link and FULL_SEND_PAUSE_MS.
 */
import { unreachable } from '../base/assert.ts'
import type { InstanceId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import { chainOf } from '../wire/heads.ts'
import {
  ACKNOWLEDGE_PAUSE_MS,
  DIGEST_REST_MS,
  FULL_SEND_PAUSE_MS,
  HEADS_DIGEST_PAUSE_MS,
} from '../wire/limits.ts'
import type { Acknowledgement } from '../wire/message.ts'
import { heldSeq } from './chain.ts'
import {
  ask,
  checkDivergence,
  compareDigests,
  compareHeads,
  isCatchingUp,
  isEven,
  knowsOurRoster,
  offerRoster,
  sendDigest,
  sendHeads,
} from './comparing.ts'
import {
  changed,
  compareBy,
  type GossipInput,
  type GossipOutput,
  type GossipState,
  raise,
  startGossipLink,
} from './gossip-state.ts'
import { acknowledged, graftLate, newsFor } from './grafting.ts'
import { outstanding } from './lacking.ts'
import { headsOf } from './log.ts'
import { duplicate, held, prune, pump } from './spreading.ts'
import { hasTurn, mayAsk } from './turns.ts'

/** So few heads are sent at once when a link opens; more begin with a digest. */
const HEADS_AT_ONCE = 64

export function step(
  state: GossipState,
  input: GossipInput,
): { state: GossipState; outputs: GossipOutput[] } {
  const outputs: GossipOutput[] = []
  if ('now' in input) state.now = Math.max(state.now, input.now)
  perform(state, input, outputs)
  return { state, outputs }
}

function perform(state: GossipState, input: GossipInput, outputs: GossipOutput[]): void {
  switch (input.type) {
    case 'linked':
      return linked(state, input, outputs)
    case 'unlinked':
      return unlinked(state, input.link, outputs)
    case 'held':
      return held(state, input, outputs)
    case 'tick':
      return tick(state, input.now, outputs)
    case 'rebased':
      for (const link of state.links.values()) link.cursor = 0
      return changed(state, input.now, outputs)
    case 'roster-grew':
      return compareBy(state, input.now + FULL_SEND_PAUSE_MS, outputs)
    case 'state-digest':
      state.stateDigest = input.digest
      for (const link of state.links.values()) {
        sendDigest(state, link, outputs)
        checkDivergence(state, link, outputs)
      }
      return
    default:
      return onLink(state, input, outputs)
  }
}

type LinkInput = Exclude<
  GossipInput,
  { type: 'linked' | 'unlinked' | 'held' | 'tick' | 'rebased' | 'roster-grew' | 'state-digest' }
>

function onLink(state: GossipState, input: LinkInput, outputs: GossipOutput[]): void {
  const link = state.links.get(input.type === 'duplicate' ? input.from : input.link)
  if (link === undefined) return
  switch (input.type) {
    case 'heads':
      return compareHeads(state, link, input, outputs)
    case 'digest':
      return compareDigests(state, link, input, outputs)
    case 'rtt':
      link.rtt = input.millis
      return
    case 'ack':
      return acknowledged(state, link, input.acknowledgements, outputs)
    case 'resumed':
      link.compared = false
      return sendHeads(state, link, true, input.now, outputs)
    case 'sending':
      link.announced = input.bytes
      link.askedAt = undefined
      link.progressAt = input.now
      return askNext(state, outputs)
    case 'prune':
      return void link.pruned.add(input.device)
    case 'graft':
      link.pruned.delete(input.device)
      return pump(state, link, outputs)
    case 'piece-came':
      link.progressAt = input.now
      if (link.announced > 0) link.announced = Math.max(1, link.announced - input.bytes)
      return
    case 'entries-came':
      link.entriesSeen++
      link.cameBy = input.lane
      if (link.announced > 0) link.announced = Math.max(1, link.announced - input.bytes)
      return
    case 'duplicate':
      return duplicate(state, link, input.entry, outputs)
    case 'redundant':
      return prune(state, link, input.device, outputs)
    case 'gap':
      return ask(state, link, input.now, outputs)
    case 'roster-behind':
      return offerRoster(link, state.log.roster.digest(), input.now, outputs)
    case 'cannot-serve':
      link.awaitsCheckpoint = false
      link.servedBy = 'others'
      return pump(state, link, outputs)
    case 'hungry':
      link.bulkBusy = false
      return pump(state, link, outputs)
    case 'checkpoint-sent':
      link.awaitsCheckpoint = false
      link.bulkBusy = false // its last piece left an empty lane, whatever was in it before
      for (const head of input.heads) raise(link.sent, chainOf(head), head.seq)
      link.cursor = 0
      return pump(state, link, outputs)
    default:
      return unreachable(input)
  }
}

// Links come and go --------------------------------------------------------------------------------------

function linked(
  state: GossipState,
  input: Extract<GossipInput, { type: 'linked' }>,
  outputs: GossipOutput[],
): void {
  const link = startGossipLink(input.link, input.device, input.now)
  // in place of another link to the same side, which was in step with us a moment ago
  const before = state.links.get(input.link)
  link.compared = before !== undefined && !isCatchingUp(before)
  state.links.set(link.id, link)
  sendDigest(state, link, outputs)
  if (headsOf(state.log).length <= HEADS_AT_ONCE && mayAsk(state, link, outputs))
    sendHeads(state, link, false, input.now, outputs)
}

function unlinked(state: GossipState, id: InstanceId, outputs: GossipOutput[]): void {
  const gone = state.links.get(id)
  if (gone === undefined) return
  state.links.delete(id)
  for (const link of state.links.values()) {
    for (const device of [...link.prunedByUs.keys()]) {
      if (gone.prunedByUs.has(device)) continue // it came another way
      outputs.push({ type: 'send', link: link.id, message: { type: 'graft', device } })
      link.prunedByUs.delete(device)
    }
  }
  askNext(state, outputs)
}

function tick(state: GossipState, now: Millis, outputs: GossipOutput[]): void {
  graftLate(state, outputs)
  askNext(state, outputs)
  serveNext(state, outputs)
  if (state.ackDue !== undefined && now >= state.ackDue) sendAcks(state, now, outputs)
  if (state.digestDue !== undefined && now >= state.digestDue) sendDigests(state, now, outputs)
  const next = Math.min(state.ackDue ?? Number.POSITIVE_INFINITY, state.digestDue ?? Number.POSITIVE_INFINITY)
  if (next !== Number.POSITIVE_INFINITY) outputs.push({ type: 'wake', at: next })
}

function sendAcks(state: GossipState, now: Millis, outputs: GossipOutput[]): void {
  let sent = false
  for (const link of state.links.values()) {
    if (link.owedAcks.size === 0) continue
    const acknowledgements: Acknowledgement[] = []
    for (const id of link.owedAcks) {
      const chain = state.log.chains.get(id)
      if (chain !== undefined)
        acknowledgements.push({ device: chain.device, writer: chain.writer, held: heldSeq(chain) })
    }
    link.owedAcks.clear()
    outputs.push({ type: 'send', link: link.id, message: { type: 'ack', acknowledgements } })
    sent = true
  }
  state.ackDue = sent ? now + ACKNOWLEDGE_PAUSE_MS : undefined
}

function sendDigests(state: GossipState, now: Millis, outputs: GossipOutput[]): void {
  sendNews(state, outputs)
  if (now - state.changedAt < DIGEST_REST_MS) {
    state.digestDue = now + HEADS_DIGEST_PAUSE_MS
    return
  }
  state.digestDue = now + FULL_SEND_PAUSE_MS
  if (state.stateDigest === undefined) return void outputs.push({ type: 'digest-wanted' })
  // at rest only those are told again that are not even: something was dropped on the way
  const told = [...state.links.values()].filter(
    (link) => !isEven(state, link) || !knowsOurRoster(state, link),
  )
  if (told.length === 0) state.digestDue = undefined
  for (const link of told) sendDigest(state, link, outputs)
}

/** What grew, to those who may not have it. */
function sendNews(state: GossipState, outputs: GossipOutput[]): void {
  for (const link of state.links.values()) {
    const news = newsFor(state, link)
    if (news === 'much') sendDigest(state, link, outputs)
    else if (news.length > 0)
      outputs.push({ type: 'send', link: link.id, message: { type: 'ack', acknowledgements: news } })
  }
  state.grown.clear()
}

// Catching up ----------------------------------------------------------------------------------------------

/** Nothing is brought to us any more: those who have not had our heads get them; who holds nothing asks one. */
function askNext(state: GossipState, outputs: GossipOutput[]): void {
  for (const link of state.links.values())
    if (link.owesHeads && mayAsk(state, link, outputs)) sendHeads(state, link, false, state.now, outputs)
}

/** Those whose turn has come. */
function serveNext(state: GossipState, outputs: GossipOutput[]): void {
  for (const link of state.links.values()) {
    if (link.turn !== 'waiting' || !hasTurn(state, link, outputs)) continue
    const bytes = outstanding(state, link)
    link.announcing = bytes > 0
    if (link.announcing) outputs.push({ type: 'send', link: link.id, message: { type: 'sending', bytes } })
    pump(state, link, outputs)
  }
}
