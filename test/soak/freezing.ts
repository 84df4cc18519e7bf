/**
 * Pairs of people in real browsers, of whom one's browser is stopped, every process of it, and later goes on, as
 * under a laptop's lid. How long until both have one text again, with what each wrote meanwhile.
 *
 * All who freeze at once share a browser of each kind, and so do all who stay awake: ten pairs are ten pages twice.
 */
import { type BrowserName, launchBrowser, type OpenBrowser } from '../e2e/browsers.ts'
import { inPage } from '../e2e/in-page.ts'
import { arrive, meet } from '../e2e/meeting.ts'
import type { Person } from '../e2e/person.ts'
import { until } from '../e2e/waiting.ts'
import { freeze } from './process-tree.ts'

/** Who freezes, and who stays awake. */
export type Pairing = readonly [frozen: BrowserName, awake: BrowserName]

export const PAIRINGS: readonly Pairing[] = [
  ['chromium', 'chromium'],
  ['firefox', 'chromium'],
  ['chromium', 'firefox'],
  ['firefox', 'firefox'],
]

/** Milliseconds from SIGCONT until both are to have one text. */
export const IN_STEP_WITHIN = 5_000
/** Milliseconds after which nobody waits any more. */
const PATIENCE = 60_000
/** Milliseconds between two words of somebody who stays awake. */
const WORD_MS = 2_000

interface Pair {
  readonly pairing: Pairing
  readonly frozen: Person
  readonly awake: Person
}

export interface Thawed {
  readonly pairing: Pairing
  /** Milliseconds from SIGCONT until both held everything; undefined: never. */
  readonly inStepAfter: number | undefined
  readonly isEqual: boolean
  /** What the chips say once both have settled. */
  readonly chips: readonly string[]
}

/** Pairs that have met. `freeze` may be called again and again. */
export class Sleepers {
  readonly #browsers: readonly OpenBrowser[]
  readonly #pairs: readonly Pair[]
  #naps = 0

  private constructor(browsers: readonly OpenBrowser[], pairs: readonly Pair[]) {
    this.#browsers = browsers
    this.#pairs = pairs
  }

  static async meet(url: string, pairings: readonly Pairing[]): Promise<Sleepers> {
    const beds = await launchEach(pairings.map(([frozen]) => frozen))
    const desks = await launchEach(pairings.map(([, awake]) => awake))
    const pairs: Pair[] = []
    for (const pairing of pairings) {
      const frozen = await arrive(beds.get(pairing[0])!, 'Ada')
      const awake = await arrive(desks.get(pairing[1])!, 'Ben')
      await meet(frozen, awake, { url, text: 'together' })
      pairs.push({ pairing, frozen, awake })
    }
    return new Sleepers([...beds.values(), ...desks.values()], pairs)
  }

  /** Stops every browser of those who freeze for so long. */
  async freeze(milliseconds: number): Promise<readonly Thawed[]> {
    const nap = `nap${++this.#naps}`
    await Promise.all(this.#pairs.map(({ frozen }) => write(frozen, `${nap} last word. `)))
    const beds = new Set(this.#pairs.map(({ frozen }) => frozen.browser))
    const thaws = [...beds].map((bed) => freeze(bed.puppeteer.process()?.pid ?? Number.NaN))
    const words = await this.#writeFor(milliseconds, nap)
    for (const thaw of thaws) thaw()
    const thawedAt = Date.now()
    return Promise.all(this.#pairs.map((pair) => backInStep(pair, { nap, words, thawedAt })))
  }

  async close(): Promise<void> {
    await Promise.all(this.#browsers.map((browser) => browser.close()))
  }

  /** What those say who stay awake. @returns the words */
  async #writeFor(milliseconds: number, nap: string): Promise<readonly string[]> {
    const words: string[] = []
    const end = Date.now() + milliseconds
    while (Date.now() < end) {
      const word = `${nap} word ${words.length}. `
      await Promise.all(this.#pairs.map(({ awake }) => write(awake, word)))
      words.push(word)
      await new Promise((resolve) => setTimeout(resolve, Math.min(WORD_MS, end - Date.now())))
    }
    return words
  }
}

interface Nap {
  readonly nap: string
  readonly words: readonly string[]
  readonly thawedAt: number
}

async function backInStep({ pairing, frozen, awake }: Pair, { nap, words, thawedAt }: Nap): Promise<Thawed> {
  const both = [frozen, awake]
  await Promise.all(both.map((person) => write(person, `${nap} ${person.name} again. `)))
  const all = [`${nap} last word. `, ...words, `${nap} Ada again. `, `${nap} Ben again. `]
  const moments = await Promise.all(both.map(({ page }) => page.evaluate(inPage.whenHolds, all, PATIENCE)))
  const isComplete = moments.every((moment) => moment !== null)
  const texts = await Promise.all(both.map(({ page }) => page.evaluate(inPage.sharedText)))
  return {
    pairing,
    inStepAfter: isComplete ? Math.max(...moments.map(Number)) - thawedAt : undefined,
    isEqual: texts[0] === texts[1],
    chips: await chipsOf(both),
  }
}

/** The words of both once they say the right ones, else as they stand. */
async function chipsOf(both: readonly Person[]): Promise<readonly string[]> {
  const look = (): Promise<string[]> => Promise.all(both.map((person) => person.status()))
  try {
    return await until('both are in sync', look, (chips) => chips.every((chip) => chip === 'In sync with 1'))
  } catch (error) {
    if (error instanceof Error) return look()
    throw error
  }
}

async function write({ page }: Person, words: string): Promise<void> {
  await page.evaluate(inPage.insert, 0, words)
}

async function launchEach(names: readonly BrowserName[]): Promise<Map<BrowserName, OpenBrowser>> {
  const browsers = new Map<BrowserName, OpenBrowser>()
  for (const name of new Set(names)) browsers.set(name, await launchBrowser(name))
  return browsers
}
