/**
 * Gossip, the way out: fresh entries live, everything else in bulk as the link has room, in the order this peer
 * applied it. A link is in one of the two at a time, so entries of one chain never overtake each other.
 */
import type { DeviceId } from '../base/ids.ts'
import { type Entry, sizeOfEntry } from '../wire/entry.ts'
import { chainOf } from '../wire/heads.ts'
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

/** A batch of bulk entries: below one frame, above a few records. */
const BATCH_BYTES = 256 * 1024
/** Larger entries go the bulk way, so that they never stand before a keystroke. */
const LIVE_ENTRY_BYTES = 16 * 1024

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
  if (!own && link.pruned.has(entry.device)) return
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
export function outstanding(state: GossipState, link: GossipLink): number {
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

export function duplicate(state: GossipState, link: GossipLink, entry: Entry, outputs: GossipOutput[]): void {
  acknowledge(state, link, chainOf(entry), entry.seq)
  link.owedAcks.add(chainOf(entry))
  if (state.ackDue === undefined) state.ackDue = 0
  prune(state, link, entry.device, outputs)
  outputs.push({ type: 'wake', at: 0 })
}

/** Asks the link not to forward a device's doings to us: they come another way. Never its own link, never the last one. */
export function prune(state: GossipState, link: GossipLink, device: DeviceId, outputs: GossipOutput[]): void {
  if (link.device === device || link.prunedByUs.has(device)) return
  const others = [...state.links.values()].filter((other) => other !== link && !other.prunedByUs.has(device))
  if (others.length === 0) return
  link.prunedByUs.add(device)
  outputs.push({ type: 'send', link: link.id, message: { type: 'prune', device } })
}
