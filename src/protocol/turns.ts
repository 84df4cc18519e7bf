/**
 * Gossip, whose turn it is: a newcomer is brought up to date by one peer, not by all at once, and nobody brings up
 * everybody. Who holds nothing asks one link after the other; who is asked gives much away MAX_TURNS times in a row
 * and then once in TURN_PAUSE_MS, so that in a burst of joins those who were served serve the next.
 *
 * Invariants: whoever waits for a turn gets one in the end, unless somebody else was faster; a link that announced
 * much and brings nothing keeps nobody from asking another.
 */
import type { Millis } from '../base/ports.ts'
import { type GossipLink, type GossipOutput, type GossipState, MAX_TURNS } from './gossip-state.ts'
import { isBehindBase, outstanding } from './lacking.ts'

/** What is lacking beyond this is a document; below it is what was typed meanwhile. */
const LARGE_BYTES = 32 * 1024
/** When MAX_TURNS are used up, one more in this time: somebody may reach nobody but us. */
const TURN_PAUSE_MS: Millis = 4_000
/** A link that announced something and brings nothing new for this long is not waited for. */
const STALLED_MS: Millis = 1_000
/** Who was asked says within this time whether it serves; on a slower line a second one is asked as well. */
const ANSWER_MS: Millis = 500

/** Another link brings us something, or was just asked to. */
export function isFetching(state: GossipState, except: GossipLink): boolean {
  for (const link of state.links.values()) {
    if (link === except) continue
    if (link.announced > 0 && state.now - link.progressAt < STALLED_MS) return true
    if (link.askedAt !== undefined && state.now - link.askedAt < ANSWER_MS) return true
  }
  return false
}

/** Whether heads may go to this link now; otherwise it gets them once no other link brings us anything. */
export function mayAsk(state: GossipState, link: GossipLink, outputs: GossipOutput[]): boolean {
  link.owesHeads = isFetching(state, link)
  if (link.owesHeads) outputs.push({ type: 'wake', at: state.now + ANSWER_MS })
  else if (state.log.chains.size === 0) link.askedAt = state.now
  return !link.owesHeads
}

/** What is to be handed over is much: it waits for a turn. */
export function lineUp(state: GossipState, link: GossipLink): void {
  if (link.turn === 'free' && isMuch(state, link)) link.turn = 'waiting'
}

/** Whether the link may be handed over what it lacks. */
export function hasTurn(state: GossipState, link: GossipLink, outputs: GossipOutput[]): boolean {
  if (link.turn !== 'waiting') return true
  const { turns, now } = state
  const earned = Math.floor((now - turns.since) / TURN_PAUSE_MS)
  state.turns = {
    left: Math.min(MAX_TURNS, turns.left + earned),
    since: turns.since + earned * TURN_PAUSE_MS,
  }
  if (state.turns.left === 0) {
    outputs.push({ type: 'wake', at: state.turns.since + TURN_PAUSE_MS })
    return false
  }
  if (isMuch(state, link)) {
    if (state.turns.left === MAX_TURNS) state.turns.since = now
    state.turns.left -= 1
    link.turn = 'granted'
  } else link.turn = 'free'
  return true
}

function isMuch(state: GossipState, link: GossipLink): boolean {
  return isBehindBase(state, link) || outstanding(state, link) > LARGE_BYTES
}
