/**
 * The simulator from the command line:
 *   npm run sim -- --seeds N [--seed S] [--peers P] [--hostile H] [--plant drop|skip|early] [--workers W] [--only 3,8]
 * With more than eight peers (up to 10,000) one of a crowd writes, on the cores alone: how far a key travels, and whether
 * everybody has everything after 30 % are gone at once.
 * Prints every seed that fails with the smallest story that still does and the command that repeats it, and at last the
 * counts; a failure gives exit code 1.
 */
import { availableParallelism } from 'node:os'
import { misused, readCommandLine } from '../command-line.ts'
import type { Finding } from './broken.ts'
import { STAND_IN } from './keyed-hash.ts'
import { reachThroughChurn } from './reach.ts'
import type { Plant } from './story.ts'
import { playAll, type Work } from './team.ts'
import type { Report, Terms } from './worker.ts'

const USAGE = `npm run sim -- --seeds N [--seed S] [--peers P] [--hostile H] [--plant BUG] [--workers W] [--only 3,8]

  --seeds    how many stories, one for each seed (50)
  --seed     the first of them (1); alone, just that one
  --peers    people in each, 2 to 8; up to 10,000 play a crowd in which one writes
  --hostile  members who keep no rule, up to 2 (0)
  --plant    builds in a bug that must be found: drop (an entry), skip (a check), early (acknowledged too soon)
  --workers  stories at once (one for each processor)
  --only     of the story only these actions, by their numbers`
const PLANTS: readonly string[] = ['drop', 'skip', 'early'] satisfies Plant[]
/** So many run whole sessions. */
const MOST_PEOPLE = 8
const MOST_PEERS = 10_000
/** The last lines of a story are shown, so many. */
const STEPS_SHOWN = 60
const PROGRESS_SEEDS = 250

function read(): Work {
  const names = ['seeds', 'seed', 'peers', 'hostile', 'plant', 'workers', 'only'] as const
  const { flags: values } = readCommandLine(USAGE, { flags: names })
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
  if (!whole.every(Number.isInteger)) misused(USAGE, 'Give whole numbers.')
  if (!isPlant) misused(USAGE, `Plant one of ${PLANTS.join(', ')}.`)
  if (seeds < 1 || workers < 1) misused(USAGE, 'Play at least one story, by at least one worker.')
  if (peers < 2 || peers > MOST_PEERS) misused(USAGE, `Between 2 and ${MOST_PEERS} peers play.`)
  if (hostile < 0 || hostile > 2) misused(USAGE, 'At most two members keep no rule.')
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
  const work = read()
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
