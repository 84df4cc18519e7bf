/**
 * Nineteen people come at once to the one who is there, until everybody has everybody's caret on screen: ours,
 * y-webrtc and trystero in turn. The pages are loaded before the clock starts.
 */
import { PAGES, type PageName } from '../building.ts'
import { closeCrowd, gatherCrowd } from '../crowd.ts'
import type { Effort } from '../measuring.ts'
import { bestOf, type Findings } from '../rows.ts'
import type { Stage } from '../stage.ts'
import { median } from '../statistics.ts'

const PEERS = 20
const ROUNDS: Record<Effort, number> = { full: 5, quick: 1 }

export async function measureCrowdJoin(stage: Stage, effort: Effort): Promise<Findings> {
  const rounds = ROUNDS[effort]
  const took: Record<PageName, number[]> = { ours: [], theirs: [], trystero: [] }
  const notes: string[] = [
    'pages loaded before; ours is the whole way in by a link; the first of each was there before the others',
  ]
  for (let round = 0; round < rounds; round += 1) {
    const turn = PAGES.map((_, index) => PAGES[(index + round) % PAGES.length] as PageName)
    for (const name of turn) {
      const failure = await measureRound(stage, name, took[name])
      if (failure !== undefined) notes.push(`${name}: ${failure} (round ${round + 1} of ${rounds})`)
    }
  }
  const figure = (name: PageName) => (took[name].length === 0 ? null : median(took[name]))
  const roundsOf = (name: PageName) => took[name].map(Math.round).join(', ')
  notes.push(...PAGES.map((name) => `${name}, each round: ${roundsOf(name)} ms`))
  const neighbours = { 'y-webrtc': figure('theirs'), trystero: figure('trystero') }
  // A round of ours that failed makes the row one without a figure; a neighbour's is left out of its median.
  const ours = took.ours.length === rounds ? figure('ours') : null
  return { mesh_join_n20_ms: { ours, theirs: bestOf(neighbours, 'lower'), neighbours, rounds, notes } }
}

/** @returns why there is no figure, if there is none */
async function measureRound(stage: Stage, name: PageName, took: number[]): Promise<string | undefined> {
  try {
    const crowd = await gatherCrowd(stage, name, PEERS)
    took.push(crowd.took)
    await closeCrowd(crowd.desktops)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
