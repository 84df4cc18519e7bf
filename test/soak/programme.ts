/** What the soak plays, at which length, and what of it counts as held. How each is played: the files beside this. */
import { Crowd } from '../crowd/crowd.ts'
import { launchBrowser } from '../e2e/browsers.ts'
import { startProduct } from '../e2e/product.ts'
import { chanceFrom } from '../sim/chance.ts'
import { churn } from './churning.ts'
import { IN_STEP_WITHIN, PAIRINGS, type Pairing, Sleepers, type Thawed } from './freezing.ts'
import { Lives } from './killing.ts'
import { slope } from './memory.ts'
import { weather } from './storm.ts'
import type { Tally } from './tally.ts'

export interface Programme {
  readonly pairs: number
  /** Seconds. */
  readonly spans: readonly number[]
  readonly minutes: number
  readonly people: number
}

const PAIRS = 10
const SPANS = '10,60,90,120'
const MINUTES = 60
const BLOWS = 10
const STORMY_PEERS = 24
const DEATHS = 50
const PEOPLE = 128
/** Of a crowd so many die at once, and the rest is whole again in this many milliseconds. */
const KILLED_SHARE = 0.3
const CROWD_PATIENCE = 180_000
const WEIGH_MS = 60_000
/** The first part of an hour fills tables that have a bound; what is flat is flat after it. */
const WARM_SHARE = 0.25
/** Megabytes an hour of reachable objects. Samples of a heap that is flat scatter by as much. */
const FLAT_MB_PER_HOUR = 10

/** undefined: not understood. */
export function programmeOf(given: Readonly<Record<string, unknown>>): Programme | undefined {
  const number = (value: unknown, usual: number): number => Number(value ?? usual)
  const pairs = number(given['pairs'], PAIRS)
  const minutes = number(given['minutes'], MINUTES)
  const people = number(given['people'], PEOPLE)
  const spans = String(given['spans'] ?? SPANS)
    .split(',')
    .map(Number)
  const isSound = [pairs, minutes, people, ...spans].every((each) => Number.isFinite(each) && each > 0)
  return isSound && [pairs, people].every(Number.isInteger) ? { pairs, minutes, people, spans } : undefined
}

export const SCENES = { freeze, storm, churn: churning, kill, crowd } as const
export type SceneName = keyof typeof SCENES

async function freeze({ pairs, spans }: Programme, tally: Tally): Promise<void> {
  const product = await startProduct()
  const pairings = Array.from({ length: pairs }, (_, n) => PAIRINGS[n % PAIRINGS.length] as Pairing)
  const sleepers = await Sleepers.meet(product.url, pairings)
  for (const span of spans) {
    for (const thawed of await sleepers.freeze(span * 1_000)) {
      const { pairing, inStepAfter, chips } = thawed
      const figures = `in step after ${inStepAfter ?? 'no'} ms; ${chips.join(' | ')}`
      tally.trial(`${pairing[0]} frozen ${span} s beside ${pairing[1]}`, isBackInStep(thawed), figures)
    }
  }
  await sleepers.close()
  await product.kill()
}

export function isBackInStep({ inStepAfter, isEqual, chips }: Thawed): boolean {
  const isInTime = inStepAfter !== undefined && inStepAfter <= IN_STEP_WITHIN
  return isInTime && isEqual && chips.every((chip) => chip === 'In sync with 1')
}

async function storm(_programme: Programme, tally: Tally): Promise<void> {
  const product = await startProduct()
  const [chromium, firefox] = [await launchBrowser('chromium'), await launchBrowser('firefox')]
  const pages = [chromium, firefox, chromium, firefox]
  const chance = chanceFrom(Date.now())
  const { joined, refusals, settledAfter } = await weather({
    ...{ product, pages, chance },
    blows: BLOWS,
    peers: STORMY_PEERS,
  })
  const figures = `${joined} joined, ${refusals} refusals, all see all ${settledAfter} ms after the last restart`
  tally.trial(`signaling killed ${BLOWS} times during joins`, true, figures)
  await Promise.all([chromium.close(), firefox.close()])
  await product.kill()
}

async function churning({ minutes }: Programme, tally: Tally): Promise<void> {
  const product = await startProduct()
  const { edits, openings, weighings } = await churn({
    signaling: `ws://localhost:${product.port}/signal`,
    milliseconds: minutes * 60_000,
    seed: Date.now(),
    weighEvery: Math.min(WEIGH_MS, minutes * 6_000),
    weighed: ({ at, heap, rss }) =>
      tally.say(`  ${(at / 60_000).toFixed(1)} min: heap ${heap.toFixed(1)} MB, rss ${rss.toFixed(1)} MB`),
  })
  const warm = weighings.slice(Math.ceil(weighings.length * WARM_SHARE))
  const [heap, rss] = [slope(warm, 'heap'), slope(warm, 'rss')]
  const figures = `${edits} edits, ${openings} openings, heap ${heap.toFixed(1)} MB/h, rss ${rss.toFixed(1)} MB/h`
  tally.trial(`eight peers churning for ${minutes} min`, heap <= FLAT_MB_PER_HOUR, figures)
  await product.kill()
}

async function kill(_programme: Programme, tally: Tally): Promise<void> {
  const product = await startProduct()
  const lives = new Lives(product.url, chanceFrom(Date.now()))
  for (let death = 1; death <= DEATHS; death++) {
    const { saved, found } = await lives.die()
    const figures = `${saved.length} characters saved, ${found.length} found`
    tally.trial(`Chromium killed while typing, ${death}`, found.startsWith(saved), figures)
  }
  await lives.close()
  await product.kill()
}

async function crowd({ people }: Programme, tally: Tally): Promise<void> {
  const begun = Date.now()
  const gathered = await Crowd.gather({ size: people, patience: CROWD_PATIENCE })
  const gatheredAfter = Date.now() - begun
  await gathered.edit('a')
  const killed = Math.floor(people * KILLED_SHARE)
  gathered.kill(killed)
  const killedAt = Date.now()
  await gathered.edit('b')
  await gathered.whole()
  const healedAfter = Date.now() - killedAt
  const links = await gathered.fewLinks()
  const figures = `whole after ${gatheredAfter} ms, again ${healedAfter} ms after ${killed} died; at most ${links} links`
  tally.trial(`${people} real peers`, true, figures)
  await gathered.close()
}
