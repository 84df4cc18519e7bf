/** How far and how dearly one key travels among 10,000, in the simulator's virtual time: no neighbour has one. */
import { reach } from '../../sim/reach.ts'
import type { Effort } from '../measuring.ts'
import type { Findings } from '../rows.ts'

const PEERS = 10_000
/** Each takes minutes. */
const SEEDS: Record<Effort, readonly number[]> = { full: [1, 2], quick: [1] }

export async function measureReach(effort: Effort): Promise<Findings> {
  const found = SEEDS[effort].map((seed) => reach(PEERS, seed))
  const missed = found.filter(({ reached }) => reached !== PEERS)
  if (missed.length > 0) throw new Error(`a key reached only ${missed[0]?.reached} of ${PEERS}`)
  const shape = { theirs: null, rounds: found.length }
  const notes = [
    `the cores of gossip and overlay among ${PEERS} peers, after ten keys of warm-up; the worst of ${found.length} seeds`,
  ]
  return {
    reach_hops_10000_sim: { ...shape, ours: Math.max(...found.map(({ hops }) => hops)), notes },
    reach_sends_10000_sim: { ...shape, ours: Math.max(...found.map(({ sends }) => sends)), notes },
  }
}
