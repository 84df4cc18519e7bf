/** One thread of the simulator: plays the seeds it is given, and makes small what fails. */
import { parentPort, workerData } from 'node:worker_threads'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { shrunk } from './shrink.ts'
import { type Outcome, type Play, play } from './story.ts'

/** What every seed of a run is played with. */
export type Terms = Omit<Play, 'seed'>

export interface Report {
  readonly seed: number
  readonly outcome: Outcome
}

const terms = workerData as Terms
const crypto = await loadCrypto()

async function report(seed: number): Promise<Report> {
  const given = { ...terms, seed }
  const outcome = await play(crypto, given)
  const isSmall = outcome.finding === undefined || terms.only !== undefined
  return { seed, outcome: isSmall ? outcome : await shrunk(crypto, { given, failed: outcome }) }
}

parentPort?.on('message', (seed: number) => {
  report(seed).then(
    (done) => parentPort?.postMessage(done),
    (error: unknown) => {
      throw error
    },
  )
})
