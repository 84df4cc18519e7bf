/**
 * Gossip, what keeps the trees of pruned links whole: links are told which chains grew, and whoever is told of
 * something that does not come by itself takes it, and what follows, from who told.
 */
import { type ChainId, chainOf } from '../wire/heads.ts'
import { GRAFT_MS } from '../wire/limits.ts'
import type { Acknowledgement } from '../wire/message.ts'
import { heldSeq } from './chain.ts'
import {
  acknowledge,
  type GossipLink,
  type GossipOutput,
  type GossipState,
  invented,
  isInvented,
} from './gossip-state.ts'

/** More chains than this are told as one digest. */
const MAX_TOLD = 128

/** Takes what a link says it holds, and remembers what of it we lack. */
export function acknowledged(
  state: GossipState,
  link: GossipLink,
  acknowledgements: readonly Acknowledgement[],
  outputs: GossipOutput[],
): void {
  for (const { device, writer, held } of acknowledgements) {
    const id = chainOf({ device, writer })
    if (isInvented(state, id, held)) return void outputs.push(invented(link))
    // a chain nobody here has heard of may be made up, and there is no end of those
    if (!state.log.chains.has(id) && !link.prunedByUs.has(device)) continue
    acknowledge(state, link, id, held)
    // what we did not ask it to keep to itself comes of its own accord
    if (held <= heldHere(state, id) || !link.prunedByUs.has(device) || link.promised.has(id)) continue
    const dueAt = state.now + Math.max(GRAFT_MS, 2 * link.rtt)
    link.promised.set(id, { device, seq: held, dueAt })
    outputs.push({ type: 'wake', at: dueAt })
  }
  outputs.push({ type: 'acknowledged' })
}

/** What was promised by others and has not come is taken from them from now on. */
export function graftLate(state: GossipState, outputs: GossipOutput[]): void {
  for (const link of state.links.values()) {
    for (const [id, { device, seq, dueAt }] of link.promised) {
      if (state.now < dueAt) {
        outputs.push({ type: 'wake', at: dueAt })
        continue
      }
      link.promised.delete(id)
      if (heldHere(state, id) < seq && link.prunedByUs.delete(device))
        outputs.push({ type: 'send', link: link.id, message: { type: 'graft', device } })
    }
  }
}

/** What grew since the last time, for links that are not known to hold it; 'much': more than a digest takes. */
export function newsFor(state: GossipState, link: GossipLink): readonly Acknowledgement[] | 'much' {
  const news: Acknowledgement[] = []
  for (const id of state.grown) {
    const chain = state.log.chains.get(id)
    if (chain === undefined || (link.acked.get(id) ?? 0) >= heldSeq(chain)) continue
    news.push({ device: chain.device, writer: chain.writer, held: heldSeq(chain) })
  }
  return news.length > MAX_TOLD ? 'much' : news
}

function heldHere(state: GossipState, id: ChainId): number {
  const chain = state.log.chains.get(id)
  return chain === undefined ? 0 : heldSeq(chain)
}
