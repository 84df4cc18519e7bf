/**
 * A cable pulled for so long that both sides have given the link up. In a file of its own because it waits, and others
 * can run meanwhile. On a machine that allows no network namespaces it is skipped, and counted.
 */
import { setTimeout as passing } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Country, requireTools, whyNotAllowed } from './country.ts'
import { buildPrograms, Person, type Programs, startServer } from './programs.ts'

const notAllowed = whyNotAllowed()
const FIRST = 'Ada was here. '
const PULLED_MS = 60_000

describe.skipIf(notAllowed !== undefined)(`over real networks${notAllowed ? ` (${notAllowed})` : ''}`, () => {
  let programs: Programs
  let country: Country | undefined

  beforeAll(async () => {
    requireTools()
    programs = await buildPrograms()
  }, 60_000)
  afterAll(() => {
    country?.close()
    programs?.remove()
  })

  test('a cable pulled for 60 s costs nothing that was typed meanwhile', { timeout: 150_000 }, async () => {
    country = new Country({ translation: 'plain' })
    await startServer(country, programs, {})
    const people = [new Person(country, programs, 'Ada'), new Person(country, programs, 'Ben')] as const
    const { invite } = await people[0].does('found')
    expect(await people[1].does(`join ${invite}`)).toEqual({ joined: FIRST })
    country.cable('ada', 'down')
    await Promise.all([...people.map((person) => person.does('type 30')), passing(PULLED_MS)])
    country.cable('ada', 'up')
    const [adas, bens] = await Promise.all(people.map((person) => person.does(`await ${FIRST.length + 60}`)))
    expect(adas?.['text']).toHaveLength(FIRST.length + 60)
    expect(bens?.['text']).toBe(adas?.['text'])
  })
})
