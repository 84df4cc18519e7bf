/**
 * How far one key travels in a crowd: hops and sends once its author has warmed up, and whether everybody still gets
 * everything after a third of the crowd is gone at once.
 */
import { Crowd, type Spread } from './crowd.ts'

export interface Reach {
  /** Most hops any peer was away. */
  readonly hops: number
  /** Messages with the entry, all peers together. */
  readonly sends: number
  /** Peers it reached, its author counted. */
  readonly reached: number
}

export interface Churn {
  readonly before: Reach
  readonly after: Reach
  readonly left: number
  /** Everybody left holds every entry. */
  readonly areEqual: boolean
}

const WARM_UP_KEYS = 10
const KILLED = 0.3
/** A dead peer is noticed within this time. */
const NOTICED_MS = 10_000

/** After ten keys of warm-up. */
export function reach(peers: number, seed: number): Reach {
  const crowd = warmCrowd(peers, seed)
  return reachOf(crowd.press())
}

/** The same, and the same again after 30 % are gone at once and the rest have linked anew. */
export function reachThroughChurn(peers: number, seed: number): Churn {
  const crowd = warmCrowd(peers, seed)
  const before = reachOf(crowd.press())
  crowd.kill(KILLED)
  crowd.press() // in the hole
  crowd.time.passAtOnce(NOTICED_MS)
  crowd.relink()
  for (let key = 0; key < WARM_UP_KEYS; key++) crowd.press()
  const after = reachOf(crowd.press())
  const written = WARM_UP_KEYS + 1 + 1 + WARM_UP_KEYS + 1
  return { before, after, left: crowd.here.length, areEqual: crowd.heldByAll() === written }
}

function warmCrowd(peers: number, seed: number): Crowd {
  const crowd = new Crowd(peers, seed)
  crowd.time.passAtOnce(5_000)
  for (let key = 0; key < WARM_UP_KEYS; key++) crowd.press()
  return crowd
}

function reachOf({ hops, sends }: Spread): Reach {
  return { hops: Math.max(...hops.values()), sends, reached: hops.size }
}
