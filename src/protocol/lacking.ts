/** Gossip: what a link lacks of what is here, and what we lack of what is there, as far as is known. */
import { sizeOfEntry } from '../wire/entry.ts'
import { entryAt, heldSeq } from './chain.ts'
import type { GossipLink, GossipState } from './gossip-state.ts'

/** Something it lacks is no longer in memory one by one. */
export function isBehindBase(state: GossipState, link: GossipLink): boolean {
  if (link.servedBy === 'others') return false
  for (const chain of state.log.chains.values()) {
    if ((link.sent.get(chain.id) ?? 0) < chain.base && !link.endedThere.has(chain.id)) return true
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

/** It holds something that is not here, as far as it said. */
export function lacks(state: GossipState, link: GossipLink): boolean {
  for (const [id, acked] of link.acked) {
    const chain = state.log.chains.get(id)
    if (chain?.ended === undefined && acked > (chain === undefined ? 0 : heldSeq(chain))) return true
  }
  return false
}
