/**
 * Many join one session while its signaling server is killed and started again, over and over. Whoever is told that
 * the server cannot be reached tries again, as a person would; at the end everybody is in, and everybody sees everybody.
 */
import { createNode, type Session } from '../../src/node.ts'
import type { OpenBrowser } from '../e2e/browsers.ts'
import { hasRole } from '../e2e/browsers.ts'
import { inPage } from '../e2e/in-page.ts'
import { arrive } from '../e2e/meeting.ts'
import type { Person } from '../e2e/person.ts'
import type { Product } from '../e2e/product.ts'
import { until } from '../e2e/waiting.ts'
import type { Chance } from '../sim/chance.ts'

/** Milliseconds between two blows, at most, and how long the server is away, at most. */
const BETWEEN_MS = 1_500
const AWAY_MS = 700
/** Milliseconds until everybody is in, once the server stays: the longest pause between two tries is 30 s. */
const ALL_IN_WITHIN = 60_000
const TEXT = 'calm before the storm'

export interface StormOptions {
  readonly product: Product
  readonly blows: number
  /** Node peers that join, and pages; each page is one of these browsers'. */
  readonly peers: number
  readonly pages: readonly OpenBrowser[]
  readonly chance: Chance
}

export interface Weathered {
  readonly joined: number
  /** Tries that ended with an error, and were made again. */
  readonly refusals: number
  /** Milliseconds from the last restart until everybody saw everybody. */
  readonly settledAfter: number
}

/** @throws Error when somebody is not in, or does not see everybody */
export async function weather(options: StormOptions): Promise<Weathered> {
  const { product, peers, pages } = options
  const signaling = `ws://localhost:${product.port}/signal`
  const sessions: Session[] = [await createNode({ signaling }).createSession({ name: 'Ada' })]
  const people: Person[] = []
  try {
    sessions[0]?.doc.getText('main').insert(0, TEXT)
    const { url } = await sessions[0]!.invite({ role: 'editor', uses: 10 * (peers + pages.length) })
    const storm = blow(options)
    const joins = Array.from({ length: peers }, (_, n) => joinInNode(signaling, url, `Guest ${n}`, sessions))
    for (const [n, browser] of pages.entries()) people.push(await arrive(browser, `Page ${n}`))
    const visits = people.map((person) => joinOnPage(person, url))
    const lastRestart = await storm
    const refusals = await Promise.all(joins)
    await Promise.all(visits)
    const all = 1 + peers + pages.length
    await everybodySees(sessions, people, all)
    return {
      joined: all - 1,
      refusals: refusals.reduce((sum, one) => sum + one, 0),
      settledAfter: Date.now() - lastRestart,
    }
  } finally {
    await Promise.all([
      ...sessions.map((session) => session.leave()),
      ...people.map((one) => one.page.close()),
    ])
  }
}

/** @returns the moment the server was there for good */
async function blow({ product, blows, chance }: StormOptions): Promise<number> {
  for (let n = 0; n < blows; n++) {
    await pause(chance.below(BETWEEN_MS))
    await product.kill()
    await pause(chance.below(AWAY_MS))
    await product.restart()
  }
  return Date.now()
}

/** @returns tries that failed */
async function joinInNode(
  signaling: string,
  url: string,
  name: string,
  sessions: Session[],
): Promise<number> {
  const lateAt = Date.now() + ALL_IN_WITHIN
  for (let refusals = 0; ; refusals++) {
    try {
      sessions.push(await createNode({ signaling }).joinSession(url, { name, signaling }))
      return refusals
    } catch (error) {
      if (Date.now() > lateAt) throw error
      await pause(200)
    }
  }
}

/** Presses what there is to press until the text is there. */
async function joinOnPage(person: Person, url: string): Promise<void> {
  const page = person.page
  const step = async (): Promise<string | undefined> => {
    // who was loading when the server went has an error on the screen, or half a page
    if (!(await page.evaluate(inPage.isUp))) {
      await page.goto('about:blank')
      await page.goto(url)
    }
    for (const button of ['Join', 'Retry']) {
      if (await hasRole(page, 'button', button)) await person.click('button', button)
    }
    return page.evaluate(inPage.sharedText)
  }
  await until(`${person.name} is in`, step, (text) => text?.includes(TEXT) === true, ALL_IN_WITHIN)
}

async function everybodySees(sessions: readonly Session[], people: readonly Person[], all: number) {
  const counts = async (): Promise<readonly number[]> => [
    ...sessions.map(({ members }) => members.filter(({ here }) => here).length),
    ...(await Promise.all(people.map(({ page }) => page.evaluate(inPage.peopleHere)))),
  ]
  const isWhole = (seen: readonly number[]): boolean => seen.every((count) => count === all)
  await until(`all ${all} see each other`, counts, isWhole, ALL_IN_WITHIN)
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
