/**
 * Gossip, the way out: fresh entries live, everything else in bulk as the link has room, in the order this peer
 * applied it. A link is in one of the two at a time, so entries of one chain never overtake each other.
 */
import type { DeviceId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import { type Entry, sizeOfEntry } from '../wire/entry.ts'
import { chainOf } from '../wire/heads.ts'
import { violation } from '../wire/violation.ts'
import { entryAt, heldSeq } from './chain.ts'
import {
  acknowledge,
  changed,
  type GossipInput,
  type GossipLink,
  type GossipOutput,
  type GossipState,
  raise,
} from './gossip-state.ts'
import { isBehindBase, lacks } from './lacking.ts'
import { hasTurn } from './turns.ts'

/** A batch of bulk entries: below one frame, above a few records. */
const BATCH_BYTES = 256 * 1024
/** Larger entries go the bulk way, so that they never stand before a keystroke. */
const LIVE_ENTRY_BYTES = 16 * 1024

/** What was under way when we asked not to be sent more has come by then, as a rule. */
const GRAFT_PATIENCE_MS = 2_000
/** A prune is heeded after this at the latest, however slow the line. */
const PRUNE_PATIENCE_MS = 15_000
/** Entries after that which are forgiven: what a link that was cut and mended may have queued. */
const MAX_UNHEEDED = 100

export function held(
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
    source.progressAt = now
    graftFaster(source, entry.device, now, outputs)
    if (state.ackDue === undefined) state.ackDue = now
  }
  state.grown.add(chain)
  for (const link of state.links.values()) {
    if (link.lacking) link.lacking = lacks(state, link)
    if (link !== source) spread(state, link, entry, source === undefined, outputs)
  }
  changed(state, now, outputs)
}

/** What is first to bring something is what we once asked not to: the other ways are broken, or longer by now. */
function graftFaster(source: GossipLink, device: DeviceId, now: Millis, outputs: GossipOutput[]): void {
  const since = source.prunedByUs.get(device)
  if (since === undefined || now - since < GRAFT_PATIENCE_MS) return
  source.prunedByUs.delete(device)
  outputs.push({ type: 'send', link: source.id, message: { type: 'graft', device } })
}

function spread(
  state: GossipState,
  link: GossipLink,
  entry: Entry,
  own: boolean,
  outputs: GossipOutput[],
): void {
  if (!own && link.pruned.has(entry.device)) return
  const chain = chainOf(entry)
  if (!link.compared || link.endedThere.has(chain)) return
  const sent = link.sent.get(chain) ?? 0
  if (sent >= entry.seq) return
  if (
    link.bulkBusy ||
    link.awaitsCheckpoint ||
    link.turn === 'waiting' ||
    sent !== entry.seq - 1 ||
    sizeOfEntry(entry) > LIVE_ENTRY_BYTES
  )
    return pump(state, link, outputs)
  link.sent.set(chain, entry.seq)
  sendEntries(link, 'live', [entry], outputs)
}

export function sendEntries(
  link: GossipLink,
  lane: 'live' | 'bulk',
  entries: readonly Entry[],
  outputs: GossipOutput[],
): void {
  link.entriesSent++
  outputs.push({ type: 'send-entries', link: link.id, lane, entries })
}

/** Hands the next batch to an idle bulk lane. */
export function pump(state: GossipState, link: GossipLink, outputs: GossipOutput[]): void {
  if (link.bulkBusy || link.awaitsCheckpoint || !link.compared) return
  if (!hasTurn(state, link, outputs)) return
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
    if (link.turn === 'granted') link.turn = 'free'
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

export function duplicate(state: GossipState, link: GossipLink, entry: Entry, outputs: GossipOutput[]): void {
  acknowledge(state, link, chainOf(entry), entry.seq)
  link.owedAcks.add(chainOf(entry))
  if (state.ackDue === undefined) state.ackDue = 0
  countUnheeded(state, link, entry.device, outputs)
  prune(state, link, entry.device, outputs)
  outputs.push({ type: 'wake', at: 0 })
}

/** Asks the link not to forward a device's doings to us: they come another way. Never its own link, never the last one. */
export function prune(state: GossipState, link: GossipLink, device: DeviceId, outputs: GossipOutput[]): void {
  if (link.device === device || link.prunedByUs.has(device)) return
  const others = [...state.links.values()].filter((other) => other !== link && !other.prunedByUs.has(device))
  if (others.length === 0) return
  link.prunedByUs.set(device, state.now)
  outputs.push({ type: 'send', link: link.id, message: { type: 'prune', device } })
}

/** What was asked not to be sent may be under way for a while; bulk answers our own heads. */
function countUnheeded(
  state: GossipState,
  link: GossipLink,
  device: DeviceId,
  outputs: GossipOutput[],
): void {
  const since = link.prunedByUs.get(device)
  if (since === undefined || link.cameBy === 'bulk' || state.now - since < PRUNE_PATIENCE_MS) return
  link.unheeded += 1
  if (link.unheeded <= MAX_UNHEEDED) return
  const found = violation('flooding', 'goes on sending what it was asked not to send')
  outputs.push({ type: 'fault', link: link.id, violation: found })
}
