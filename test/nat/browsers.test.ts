/**
 * Real browsers in two houses behind routers, pairwise. On a machine that allows no network namespaces these are
 * skipped, and counted.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { BROWSERS, type BrowserName } from '../e2e/browsers.ts'
import { Country, type CountryOptions, requireTools, whyNotAllowed } from './country.ts'
import { buildPrograms, Person, type Programs, startServer, startTurn } from './programs.ts'

const notAllowed = whyNotAllowed()
const FIRST = 'Ada was here. '
const STROKES = 20
type Pairing = readonly [BrowserName, BrowserName]
const PAIRINGS: readonly Pairing[] = BROWSERS.flatMap((ada) => BROWSERS.map((ben): Pairing => [ada, ben]))
const MIXED = PAIRINGS.filter(([ada, ben]) => ada !== ben)

interface Meeting extends CountryOptions {
  readonly turn?: boolean
}

describe.skipIf(notAllowed !== undefined)(`in real browsers${notAllowed ? ` (${notAllowed})` : ''}`, () => {
  let programs: Programs
  let country: Country | undefined

  beforeAll(async () => {
    requireTools()
    programs = await buildPrograms()
  })
  afterEach(() => country?.close())
  afterAll(() => programs?.remove())

  async function meet({ turn = false, ...options }: Meeting, [ada, ben]: Pairing) {
    country = new Country(options)
    if (turn) await startTurn(country, programs)
    await startServer(country, programs, { turn, pages: true })
    const people = {
      ada: new Person(country, programs, 'Ada', { browser: ada }),
      ben: new Person(country, programs, 'Ben', { browser: ben }),
    }
    const { invite } = await people.ada.does('found')
    expect(await people.ben.does(`join ${invite}`)).toEqual({ joined: FIRST })
    return { country, ...people }
  }

  /** Both type at once; both end with all of it. @returns the ways they are linked by */
  async function typeBoth(ada: Person, ben: Person, before: number) {
    await Promise.all([ada.does(`type ${STROKES}`), ben.does(`type ${STROKES}`)])
    const length = before + 2 * STROKES
    const [adas, bens] = await Promise.all([ada.does(`await ${length}`), ben.does(`await ${length}`)])
    expect(adas['text']).toHaveLength(length)
    expect(bens['text']).toBe(adas['text'])
    return [adas['path'], bens['path']]
  }

  test.each(PAIRINGS)('%s and %s behind two routers: STUN opens a direct way', async (ada, ben) => {
    const people = await meet({ translation: 'plain' }, [ada, ben])
    expect(await typeBoth(people.ada, people.ben, FIRST.length)).toEqual(['direct', 'direct'])
  })

  test.each(MIXED)(
    '%s, whose router gets another address, and %s: nothing that is typed is lost',
    async (ada, ben) => {
      const people = await meet({ translation: 'plain' }, [ada, ben])
      await typeBoth(people.ada, people.ben, FIRST.length)
      people.country.readdress('ada')
      await typeBoth(people.ada, people.ben, FIRST.length + 2 * STROKES)
    },
  )

  test.each(PAIRINGS)('%s and %s behind two symmetric routers: TURN carries them', async (ada, ben) => {
    const people = await meet({ translation: 'symmetric', turn: true }, [ada, ben])
    expect(await typeBoth(people.ada, people.ben, FIRST.length)).toEqual(['relay', 'relay'])
  })
})
