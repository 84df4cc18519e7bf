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
  digestMessage,
  isEven,
  sendHeads,
} from './comparing.ts'
import {
  acknowledge,
  changed,
  type GossipInput,
  type GossipLink,
  type GossipOutput,
  type GossipState,
  raise,
} from './gossip-state.ts'
import { headsOf } from './log.ts'
import { duplicate, held, prune, pump } from './spreading.ts'

/** So few heads are sent at once when a link opens; more begin with a digest. */
const HEADS_AT_ONCE = 64

export function step(
  state: GossipState,
  input: GossipInput,
): { state: GossipState; outputs: GossipOutput[] } {
  const outputs: GossipOutput[] = []
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
    case 'state-digest':
      state.stateDigest = input.digest
      for (const link of state.links.values()) {
        outputs.push({ type: 'send', link: link.id, message: digestMessage(state) })
        checkDivergence(state, link, outputs)
      }
      return
    default:
      return onLink(state, input, outputs)
  }
}

type LinkInput = Exclude<
  GossipInput,
  { type: 'linked' | 'unlinked' | 'held' | 'tick' | 'rebased' | 'state-digest' }
>

function onLink(state: GossipState, input: LinkInput, outputs: GossipOutput[]): void {
  const link = state.links.get(input.type === 'duplicate' ? input.from : input.link)
  if (link === undefined) return
  switch (input.type) {
    case 'heads':
      return compareHeads(state, link, input, outputs)
    case 'digest':
      return compareDigests(state, link, input, outputs)
    case 'ack':
      for (const ack of input.acknowledgements) acknowledge(state, link, chainOf(ack), ack.held)
      return void outputs.push({ type: 'acknowledged' })
    case 'resumed':
      link.compared = false
      return sendHeads(state, link, true, input.now, outputs)
    case 'sending':
      link.announced = input.bytes
      return
    case 'prune':
      return void link.pruned.add(input.device)
    case 'graft':
      return void link.pruned.delete(input.device)
    case 'entries-came':
      link.entriesSeen++
      if (link.announced > 0) link.announced = Math.max(1, link.announced - input.bytes)
      return
    case 'duplicate':
      return duplicate(state, link, input.entry, outputs)
    case 'redundant':
      return prune(state, link, input.device, outputs)
    case 'gap':
      return ask(state, link, input.now, outputs)
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
  const link: GossipLink = {
    id: input.link,
    device: input.device,
    acked: new Map(),
    sent: new Map(),
    endedThere: new Set(),
    pruned: new Set(),
    prunedByUs: new Set(),
    owedAcks: new Set(),
    cursor: 0,
    bulkBusy: false,
    awaitsCheckpoint: false,
    servedBy: 'us',
    entriesSent: 0,
    entriesSeen: 0,
    fullSendAt: Number.NEGATIVE_INFINITY,
    comparedAt: Number.NEGATIVE_INFINITY,
    theirs: undefined,
    announced: 0,
    announcing: false,
    compared: false,
  }
  state.links.set(link.id, link)
  outputs.push({ type: 'send', link: link.id, message: digestMessage(state) })
  if (headsOf(state.log).length <= HEADS_AT_ONCE) sendHeads(state, link, false, input.now, outputs)
}

function unlinked(state: GossipState, id: InstanceId, outputs: GossipOutput[]): void {
  const gone = state.links.get(id)
  if (gone === undefined) return
  state.links.delete(id)
  for (const link of state.links.values()) {
    for (const device of link.prunedByUs)
      outputs.push({ type: 'send', link: link.id, message: { type: 'graft', device } })
    link.prunedByUs.clear()
  }
}

function tick(state: GossipState, now: Millis, outputs: GossipOutput[]): void {
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
  const isAtRest = now - state.changedAt >= DIGEST_REST_MS
  if (isAtRest && state.stateDigest === undefined) {
    state.digestDue = now + FULL_SEND_PAUSE_MS
    outputs.push({ type: 'digest-wanted' })
    return
  }
  // at rest only those are told again that are not even: something was dropped on the way
  const told = [...state.links.values()].filter((link) => !isAtRest || !isEven(state, link))
  state.digestDue = isAtRest && told.length === 0 ? undefined : now + pauseOf(isAtRest)
  for (const link of told) outputs.push({ type: 'send', link: link.id, message: digestMessage(state) })
}

function pauseOf(isAtRest: boolean): Millis {
  return isAtRest ? FULL_SEND_PAUSE_MS : HEADS_DIGEST_PAUSE_MS
}
