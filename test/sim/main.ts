/**
 * The simulator from the command line: `npm run sim -- --seeds N [--seed S] [--peers P] [--plant drop|skip|early]`.
 * Prints every seed that fails with the end of its story, and at last the counts; a failure gives exit code 1.
 */
import { parseArgs } from 'node:util'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import type { Finding } from './oracle.ts'
import { type Plant, play } from './scenario.ts'

const USAGE = 'npm run sim -- --seeds N [--seed S] [--peers 2..8] [--plant drop|skip|early]'
const PLANTS: readonly string[] = ['drop', 'skip', 'early'] satisfies Plant[]
const STEPS_SHOWN = 30

interface Wanted {
  readonly seeds: number
  readonly first: number
  readonly peers: number | undefined
  readonly plant: Plant | undefined
}

/** `undefined`: not understood. */
function read(given: readonly string[]): Wanted | undefined {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...given],
    options: { seeds: text, seed: text, peers: text, plant: text },
  })
  const number = (value: string | undefined, usual: number): number =>
    value === undefined ? usual : Number(value)
  const seeds = number(values.seeds, values.seed === undefined ? 50 : 1)
  const first = number(values.seed, 1)
  const peers = number(values.peers, 2)
  const isSound = Number.isInteger(seeds) && seeds > 0 && Number.isInteger(first) && Number.isInteger(peers)
  const isPlant = values.plant === undefined || PLANTS.includes(values.plant)
  if (!isSound || !isPlant || peers < 2 || peers > 8) return undefined
  return {
    seeds,
    first,
    peers: values.peers === undefined ? undefined : peers,
    plant: values.plant as Plant | undefined,
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function main(): Promise<number> {
  const wanted = read(process.argv.slice(2))
  if (wanted === undefined) {
    process.stderr.write(`usage: ${USAGE}\n`)
    return 2
  }
  const crypto = await loadCrypto()
  const found: Record<Finding, number> = { diverged: 0, lost: 0, dishonest: 0 }
  for (let seed = wanted.first; seed < wanted.first + wanted.seeds; seed++) {
    const outcome = await play(crypto, { seed, peers: wanted.peers, plant: wanted.plant })
    if (outcome.finding === undefined) continue
    found[outcome.finding]++
    say(`seed ${seed}: ${outcome.finding}: ${outcome.detail}`)
    for (const step of outcome.steps.slice(-STEPS_SHOWN)) say(`  ${step}`)
  }
  const { diverged, lost, dishonest } = found
  if (wanted.plant !== undefined) say(`planted: ${wanted.plant}`)
  say(`sim: ${wanted.seeds} seeds, ${diverged} diverged, ${lost} lost, ${dishonest} dishonest`)
  return diverged + lost + dishonest === 0 ? 0 : 1
}

process.exitCode = await main()
