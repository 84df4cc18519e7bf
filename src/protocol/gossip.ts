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
import { equalBytes } from '../base/bytes.ts'
import type { DeviceId, InstanceId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import { type Entry, sizeOfEntry } from '../wire/entry.ts'
import { type ChainId, chainOf, digestOfHeads, type Head } from '../wire/heads.ts'
import {
  ACKNOWLEDGE_PAUSE_MS,
  DIGEST_REST_MS,
  FULL_SEND_PAUSE_MS,
  HEADS_DIGEST_PAUSE_MS,
} from '../wire/limits.ts'
import type { Acknowledgement, Message } from '../wire/message.ts'
import { entryAt, heldSeq } from './chain.ts'
import { headsOf, type LogState } from './log.ts'

/** A batch of bulk entries: below one frame, above a few records. */
const BATCH_BYTES = 256 * 1024
/** Larger entries go the bulk way, so that they never stand before a keystroke. */
const LIVE_ENTRY_BYTES = 16 * 1024
/** So few heads are sent at once when a link opens; more begin with a digest. */
const HEADS_AT_ONCE = 64
/** Heads are asked for again on unequal digests at most this often per link. */
const COMPARE_PAUSE_MS = 2_000

export interface GossipLink {
  readonly id: InstanceId
  readonly device: DeviceId
  readonly acked: Map<ChainId, number>
  readonly sent: Map<ChainId, number>
  readonly endedThere: Set<ChainId>
  /** Devices whose entries this link does not want from us, because they come another way. */
  readonly pruned: Set<DeviceId>
  /** Devices whose entries we asked this link not to forward. */
  readonly prunedByUs: Set<DeviceId>
  readonly owedAcks: Set<ChainId>
  /** Where in `log.applied` the bulk sending stands. */
  cursor: number
  bulkBusy: boolean
  /** The other side's checkpoint is on its way, or being made: nothing else is sent until it was handed over. */
  awaitsCheckpoint: boolean
  /** Who hands over what only a checkpoint covers: we, or others because we cannot. */
  servedBy: 'us' | 'others'
  /** Messages with entries handed over, and received. */
  entriesSent: number
  entriesSeen: number
  fullSendAt: Millis
  comparedAt: Millis
  /** The other side's last digests. */
  theirs:
    | {
        readonly roster: Uint8Array
        readonly held: Uint8Array
        readonly applied: Uint8Array
        readonly state: Uint8Array | undefined
      }
    | undefined
  /** Bytes announced by the other side and not come yet, roughly: it says when nothing more comes. */
  announced: number
  /** We announced bytes and have not said yet that nothing more comes. */
  announcing: boolean
  /** Heads came from there at least once, or equal digests: we know what it holds. */
  compared: boolean
}

export interface GossipState {
  readonly log: LogState
  readonly me: InstanceId
  readonly links: Map<InstanceId, GossipLink>
  /** What devices said they hold of the chains in the log, kept when their links close. */
  readonly heldBy: Map<DeviceId, Map<ChainId, number>>
  ackDue: Millis | undefined
  digestDue: Millis | undefined
  changedAt: Millis
  /** Of the visible content at the current applied heads; undefined while they move. */
  stateDigest: Uint8Array | undefined
}

export type GossipInput =
  | { readonly type: 'linked'; readonly link: InstanceId; readonly device: DeviceId; readonly now: Millis }
  | { readonly type: 'unlinked'; readonly link: InstanceId; readonly now: Millis }
  | {
      readonly type: 'heads'
      readonly link: InstanceId
      readonly answer: boolean
      readonly seen: number
      readonly heads: readonly Head[]
      readonly now: Millis
    }
  | {
      readonly type: 'digest'
      readonly link: InstanceId
      readonly digest: Extract<Message, { type: 'digest' }>
      readonly now: Millis
    }
  | { readonly type: 'ack'; readonly link: InstanceId; readonly acknowledgements: readonly Acknowledgement[] }
  | { readonly type: 'sending'; readonly link: InstanceId; readonly bytes: number }
  | { readonly type: 'prune' | 'graft'; readonly link: InstanceId; readonly device: DeviceId }
  /** An `entries` message came, before the log looks at it. */
  | { readonly type: 'entries-came'; readonly link: InstanceId; readonly bytes: number }
  | {
      readonly type: 'held'
      readonly entry: Entry
      readonly from: InstanceId | undefined
      readonly now: Millis
    }
  | { readonly type: 'duplicate'; readonly entry: Entry; readonly from: InstanceId }
  | { readonly type: 'gap'; readonly link: InstanceId; readonly now: Millis }
  /** The link's bulk lane has room. */
  | { readonly type: 'hungry'; readonly link: InstanceId }
  /** A checkpoint with these heads was handed over on the link. */
  | {
      readonly type: 'checkpoint-sent'
      readonly link: InstanceId
      readonly heads: readonly {
        readonly device: DeviceId
        readonly writer: Head['writer']
        readonly seq: number
      }[]
    }
  /** There is no checkpoint to hand over (a viewer cannot sign one): the chains it lacks the beginning of are left out. */
  | { readonly type: 'cannot-serve'; readonly link: InstanceId }
  /** The log was put on a new base: cursors start over. */
  | { readonly type: 'rebased'; readonly now: Millis }
  | { readonly type: 'state-digest'; readonly digest: Uint8Array }
  | { readonly type: 'tick'; readonly now: Millis }

export type GossipOutput =
  | { readonly type: 'send'; readonly link: InstanceId; readonly message: Message }
  | {
      readonly type: 'send-entries'
      readonly link: InstanceId
      readonly lane: 'live' | 'bulk'
      readonly entries: readonly Entry[]
    }
  /** The link lacks entries that only a checkpoint still covers. */
  | { readonly type: 'needs-checkpoint'; readonly link: InstanceId }
  /** Applied heads have rested: compute the state digest and give it back. */
  | { readonly type: 'digest-wanted' }
  /** Equal applied heads, unequal content. */
  | { readonly type: 'diverged'; readonly link: InstanceId }
  | { readonly type: 'roster-differs'; readonly link: InstanceId }
  | { readonly type: 'acknowledged' }
  | { readonly type: 'wake'; readonly at: Millis }

export function startGossip(log: LogState, me: InstanceId): GossipState {
  return {
    log,
    me,
    links: new Map(),
    heldBy: new Map(),
    ackDue: undefined,
    digestDue: undefined,
    changedAt: 0,
    stateDigest: undefined,
  }
}

export function step(
  state: GossipState,
  input: GossipInput,
): { state: GossipState; outputs: GossipOutput[] } {
  const outputs: GossipOutput[] = []
  perform(state, input, outputs)
  return { state, outputs }
}

/** Seq up to which some other device holds this chain. */
export function sharedSeq(state: GossipState, chain: ChainId, own: DeviceId): number {
  let shared = 0
  for (const [device, held] of state.heldBy)
    if (device !== own) shared = Math.max(shared, held.get(chain) ?? 0)
  return shared
}

/** The other side and we hold and know the same, as far as the last digests say. */
export function isEven(state: GossipState, link: GossipLink): boolean {
  if (link.theirs === undefined || link.bulkBusy || link.awaitsCheckpoint) return false
  const mine = digestOfHeads(state.log.crypto, headsOf(state.log))
  return equalBytes(link.theirs.held, mine.held) && equalBytes(link.theirs.applied, mine.applied)
}

/** More than what is being typed is still to come or to go. */
export function isCatchingUp(link: GossipLink): boolean {
  return !link.compared || link.announced > 0 || link.bulkBusy || link.awaitsCheckpoint
}

/** All that is held here is acknowledged there, and the other way round as far as its heads said. */
export function isCaughtUp(state: GossipState, link: GossipLink): boolean {
  if (isCatchingUp(link)) return false
  for (const chain of state.log.chains.values()) {
    if (link.endedThere.has(chain.id)) continue
    if ((link.acked.get(chain.id) ?? 0) < heldSeq(chain) && heldSeq(chain) > 0) return false
  }
  for (const [id, acked] of link.acked) {
    const chain = state.log.chains.get(id)
    if (chain?.ended === undefined && acked > (chain === undefined ? 0 : heldSeq(chain))) return false
  }
  return true
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

// Comparing ------------------------------------------------------------------------------------------------

function digestMessage(state: GossipState): Extract<Message, { type: 'digest' }> {
  const { held, applied } = digestOfHeads(state.log.crypto, headsOf(state.log))
  return { type: 'digest', roster: state.log.roster.digest(), held, applied, state: state.stateDigest }
}

function sendHeads(
  state: GossipState,
  link: GossipLink,
  answer: boolean,
  now: Millis,
  outputs: GossipOutput[],
): void {
  link.comparedAt = now
  outputs.push({
    type: 'send',
    link: link.id,
    message: { type: 'heads', answer, seen: link.entriesSeen, heads: headsOf(state.log) },
  })
}

function compareDigests(
  state: GossipState,
  link: GossipLink,
  input: Extract<GossipInput, { type: 'digest' }>,
  outputs: GossipOutput[],
): void {
  link.theirs = input.digest
  const mine = digestMessage(state)
  if (!equalBytes(input.digest.roster, mine.roster)) outputs.push({ type: 'roster-differs', link: link.id })
  if (equalBytes(input.digest.held, mine.held)) {
    for (const chain of state.log.chains.values()) acknowledge(state, link, chain.id, heldSeq(chain))
    link.compared = true
    link.announced = 0
    outputs.push({ type: 'acknowledged' })
    checkDivergence(state, link, outputs)
  } else if (input.now - link.comparedAt >= COMPARE_PAUSE_MS && !isFetchingElsewhere(state, link)) {
    sendHeads(state, link, true, input.now, outputs)
  }
}

function checkDivergence(state: GossipState, link: GossipLink, outputs: GossipOutput[]): void {
  const theirs = link.theirs
  if (theirs?.state === undefined || state.stateDigest === undefined || !isEven(state, link)) return
  if (!equalBytes(theirs.state, state.stateDigest)) outputs.push({ type: 'diverged', link: link.id })
}

/** A newcomer is synced by one peer, not by all at once. */
function isFetchingElsewhere(state: GossipState, link: GossipLink): boolean {
  for (const other of state.links.values()) if (other !== link && other.announced > 0) return true
  return false
}

function compareHeads(
  state: GossipState,
  link: GossipLink,
  input: Extract<GossipInput, { type: 'heads' }>,
  outputs: GossipOutput[],
): void {
  const told = new Map(input.heads.map((head) => [chainOf(head), head]))
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
  sendContradicted(state, link, input.heads, outputs)
  if (input.answer) sendHeads(state, link, false, input.now, outputs)
  const bytes = outstanding(state, link)
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

function ask(state: GossipState, link: GossipLink, now: Millis, outputs: GossipOutput[]): void {
  if (link.announced > 0 || isFetchingElsewhere(state, link)) return
  if (now - link.comparedAt < COMPARE_PAUSE_MS) return
  sendHeads(state, link, false, now, outputs)
}

function setHeld(state: GossipState, link: GossipLink, chain: ChainId, seq: number): void {
  link.acked.set(chain, seq)
  const held = state.heldBy.get(link.device) ?? new Map<ChainId, number>()
  state.heldBy.set(link.device, held)
  held.set(chain, seq)
}

function acknowledge(state: GossipState, link: GossipLink, chain: ChainId, seq: number): void {
  if (seq <= (link.acked.get(chain) ?? 0)) return
  setHeld(state, link, chain, seq)
  raise(link.sent, chain, seq)
}

function raise(map: Map<ChainId, number>, chain: ChainId, seq: number): void {
  if (seq > (map.get(chain) ?? 0)) map.set(chain, seq)
}

// Sending ------------------------------------------------------------------------------------------------

function held(
  state: GossipState,
  input: Extract<GossipInput, { type: 'held' }>,
  outputs: GossipOutput[],
): void {
  const { entry, from, now } = input
  const chain = chainOf(entry)
  const source = from === undefined ? undefined : state.links.get(from)
  if (source !== undefined) {
    raise(source.sent, chain, entry.seq)
    source.acked.set(chain, Math.max(entry.seq, source.acked.get(chain) ?? 0))
    source.owedAcks.add(chain)
    if (state.ackDue === undefined) state.ackDue = now
  }
  for (const link of state.links.values())
    if (link !== source) spread(state, link, entry, source === undefined, outputs)
  changed(state, now, outputs)
}

function spread(
  state: GossipState,
  link: GossipLink,
  entry: Entry,
  own: boolean,
  outputs: GossipOutput[],
): void {
  if (!own && (link.pruned.has(entry.device) || link.device === entry.device)) return
  const chain = chainOf(entry)
  if (!link.compared || link.endedThere.has(chain)) return
  const sent = link.sent.get(chain) ?? 0
  if (sent >= entry.seq) return
  if (
    link.bulkBusy ||
    link.awaitsCheckpoint ||
    sent !== entry.seq - 1 ||
    sizeOfEntry(entry) > LIVE_ENTRY_BYTES
  )
    return pump(state, link, outputs)
  link.sent.set(chain, entry.seq)
  sendEntries(link, 'live', [entry], outputs)
}

function sendEntries(
  link: GossipLink,
  lane: 'live' | 'bulk',
  entries: readonly Entry[],
  outputs: GossipOutput[],
): void {
  link.entriesSent++
  outputs.push({ type: 'send-entries', link: link.id, lane, entries })
}

/** Hands the next batch to an idle bulk lane. */
function pump(state: GossipState, link: GossipLink, outputs: GossipOutput[]): void {
  if (link.bulkBusy || link.awaitsCheckpoint || !link.compared) return
  const batch = nextBatch(state, link)
  if (batch === 'needs-checkpoint') {
    link.awaitsCheckpoint = true
    link.announcing = true
    outputs.push({ type: 'needs-checkpoint', link: link.id })
    return
  }
  if (batch.length === 0) {
    if (link.announcing) outputs.push({ type: 'send', link: link.id, message: { type: 'sending', bytes: 0 } })
    link.announcing = false
    return
  }
  link.bulkBusy = true
  sendEntries(link, 'bulk', batch, outputs)
}

function nextBatch(state: GossipState, link: GossipLink): Entry[] | 'needs-checkpoint' {
  if (isBehindBase(state, link)) return 'needs-checkpoint'
  const batch: Entry[] = []
  let bytes = 0
  const take = (entry: Entry): boolean => {
    const chain = chainOf(entry)
    if ((link.sent.get(chain) ?? 0) !== entry.seq - 1 || link.endedThere.has(chain)) return true
    if (bytes > 0 && bytes + sizeOfEntry(entry) > BATCH_BYTES) return false
    batch.push(entry)
    bytes += sizeOfEntry(entry)
    link.sent.set(chain, entry.seq)
    return true
  }
  const { applied } = state.log
  for (; link.cursor < applied.length; link.cursor++) {
    const held = applied[link.cursor]
    if (held !== undefined && !take(held.entry)) return batch
  }
  for (const chain of state.log.chains.values()) {
    for (let seq = chain.applied + 1; seq <= heldSeq(chain); seq++) {
      const held = entryAt(chain, seq)
      if (held !== undefined && !take(held.entry)) return batch
    }
  }
  return batch
}

/** Something it lacks is no longer in memory one by one. */
function isBehindBase(state: GossipState, link: GossipLink): boolean {
  if (link.servedBy === 'others') return false
  for (const chain of state.log.chains.values()) {
    if (chain.base > 0 && (link.sent.get(chain.id) ?? 0) < chain.base && !link.endedThere.has(chain.id))
      return true
  }
  return false
}

/** Bytes this link still lacks of what is here, for the other side's progress. */
function outstanding(state: GossipState, link: GossipLink): number {
  let bytes = 0
  for (const chain of state.log.chains.values()) {
    if (link.endedThere.has(chain.id)) continue
    for (let seq = Math.max(chain.base, link.sent.get(chain.id) ?? 0) + 1; seq <= heldSeq(chain); seq++) {
      const held = entryAt(chain, seq)
      if (held !== undefined) bytes += sizeOfEntry(held.entry)
    }
  }
  return bytes
}

function duplicate(state: GossipState, link: GossipLink, entry: Entry, outputs: GossipOutput[]): void {
  acknowledge(state, link, chainOf(entry), entry.seq)
  link.owedAcks.add(chainOf(entry))
  if (state.ackDue === undefined) state.ackDue = 0
  if (link.device === entry.device || link.prunedByUs.has(entry.device)) return
  link.prunedByUs.add(entry.device)
  outputs.push(
    { type: 'send', link: link.id, message: { type: 'prune', device: entry.device } },
    { type: 'wake', at: 0 },
  )
}

// Time -----------------------------------------------------------------------------------------------------

function changed(state: GossipState, now: Millis, outputs: GossipOutput[]): void {
  state.changedAt = now
  state.stateDigest = undefined
  if (state.digestDue === undefined) state.digestDue = now + HEADS_DIGEST_PAUSE_MS
  outputs.push({ type: 'wake', at: Math.min(state.ackDue ?? Number.POSITIVE_INFINITY, state.digestDue) })
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
  if (now - state.changedAt >= DIGEST_REST_MS) {
    state.digestDue = undefined
    outputs.push({ type: 'digest-wanted' })
    return
  }
  state.digestDue = now + HEADS_DIGEST_PAUSE_MS
  for (const link of state.links.values())
    outputs.push({ type: 'send', link: link.id, message: digestMessage(state) })
}
