/**
 * The simulator from the command line:
 *   npm run sim -- --seeds N [--seed S] [--peers P] [--hostile H] [--plant drop|skip|early] [--workers W] [--only 3,8]
 * With more than eight peers (up to 10,000) one of a crowd writes, on the cores alone: how far a key travels, and whether
 * everybody has everything after 30 % are gone at once.
 * Prints every seed that fails with the smallest story that still does and the command that repeats it, and at last the
 * counts; a failure gives exit code 1.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { Finding } from './broken.ts'
import { STAND_IN } from './keyed-hash.ts'
import { reachThroughChurn } from './reach.ts'
import type { Plant } from './story.ts'
import { playAll, type Work } from './team.ts'
import type { Report, Terms } from './worker.ts'

const USAGE =
  'npm run sim -- --seeds N [--seed S] [--peers 2..10000] [--hostile H] [--plant drop|skip|early] [--workers W] [--only 3,8]'
const PLANTS: readonly string[] = ['drop', 'skip', 'early'] satisfies Plant[]
/** So many run whole sessions. */
const MOST_PEOPLE = 8
const MOST_PEERS = 10_000
/** The last lines of a story are shown, so many. */
const STEPS_SHOWN = 60
const PROGRESS_SEEDS = 250

/** `undefined`: not understood. */
function read(given: readonly string[]): Work | undefined {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...given],
    options: {
      ...{ seeds: text, seed: text, peers: text, plant: text },
      ...{ hostile: text, workers: text, only: text },
    },
  })
  const number = (value: string | undefined, usual: number): number =>
    value === undefined ? usual : Number(value)
  const seeds = number(values.seeds, values.seed === undefined ? 50 : 1)
  const first = number(values.seed, 1)
  const peers = number(values.peers, 2)
  const hostile = number(values.hostile, 0)
  const workers = number(values.workers, availableParallelism())
  const only = values.only?.split(',').filter(Boolean).map(Number)
  const whole = [seeds, first, peers, hostile, workers, ...(only ?? [])]
  const isPlant = values.plant === undefined || PLANTS.includes(values.plant)
  if (!whole.every(Number.isInteger) || !isPlant || seeds < 1 || workers < 1) return undefined
  if (peers < 2 || peers > MOST_PEERS || hostile < 0 || hostile > 2) return undefined
  const plant = values.plant as Plant | undefined
  const terms = { peers: values.peers === undefined ? undefined : peers, plant, hostile, only }
  return { seeds, first, workers, terms }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function sayFailure({ seed, outcome }: Report, terms: Terms): void {
  say(`seed ${seed}: ${outcome.finding}: ${outcome.detail}`)
  for (const step of outcome.steps.slice(-STEPS_SHOWN)) say(`  ${step}`)
  const flags = [
    terms.peers === undefined ? '' : ` --peers ${terms.peers}`,
    terms.hostile ? ` --hostile ${terms.hostile}` : '',
    terms.plant === undefined ? '' : ` --plant ${terms.plant}`,
  ]
  say(`  again: npm run sim -- --seed ${seed}${flags.join('')} --only ${outcome.played.join(',') || 'none'}`)
}

async function main(): Promise<number> {
  const work = read(process.argv.slice(2))
  if (work === undefined) {
    process.stderr.write(`usage: ${USAGE}\n`)
    return 2
  }
  const { peers = 2 } = work.terms
  return peers > MOST_PEOPLE ? playCrowd(work, peers) : playTown(work)
}

function playCrowd({ first, seeds }: Work, peers: number): number {
  let apart = 0
  say(STAND_IN)
  for (let seed = first; seed < first + seeds; seed++) {
    const { before, after, left, areEqual } = reachThroughChurn(peers, seed)
    if (!areEqual || before.reached !== peers || after.reached !== left) apart++
    say(`seed ${seed}: reach_hops_${peers}_sim ${before.hops}, reach_sends_${peers}_sim ${before.sends}`)
    const equal = areEqual ? 'equal' : 'not equal'
    say(`  30 % gone: ${left} left, ${equal}, a key takes ${after.hops} hops and ${after.sends} sends`)
  }
  say(`sim: ${seeds} seeds, ${apart} diverged, 0 lost, 0 dishonest`)
  return apart === 0 ? 0 : 1
}

async function playTown(work: Work): Promise<number> {
  const { seeds, first, terms } = work
  const found: Record<Finding, number> = { diverged: 0, lost: 0, dishonest: 0 }
  await playAll(work, (report) => {
    const { seed, outcome } = report
    if (outcome.finding !== undefined) {
      found[outcome.finding]++
      sayFailure(report, terms)
    }
    const played = seed - first + 1
    if (played % PROGRESS_SEEDS === 0 && played < seeds) say(`${played} seeds`)
  })
  const { diverged, lost, dishonest } = found
  if (terms.plant !== undefined) say(`planted: ${terms.plant}`)
  say('libsodium; each signature is checked once in a town, each pair of keys multiplied once')
  say(`sim: ${seeds} seeds, ${diverged} diverged, ${lost} lost, ${dishonest} dishonest`)
  return diverged + lost + dishonest === 0 ? 0 : 1
}

process.exitCode = await main()
