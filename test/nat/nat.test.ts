/**
 * Two people in two houses behind routers, over real networks: what STUN opens, what only TURN opens, and what a
 * lossy line costs. On a machine that allows no network namespaces these are skipped, and counted.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Country, type CountryOptions, requireTools, whyNotAllowed } from './country.ts'
import {
  buildPrograms,
  Person,
  type PersonOptions,
  type Programs,
  startServer,
  startTurn,
} from './programs.ts'

const notAllowed = whyNotAllowed()
const FIRST = 'Ada was here. '

describe.skipIf(notAllowed !== undefined)(`over real networks${notAllowed ? ` (${notAllowed})` : ''}`, () => {
  let programs: Programs
  const countries: Country[] = []

  beforeAll(async () => {
    requireTools()
    programs = await buildPrograms()
  }, 60_000)
  afterEach(() => {
    for (const country of countries.splice(0)) country.close()
  })
  afterAll(() => programs?.remove())

  function open(options: CountryOptions): Country {
    const country = new Country(options)
    countries.push(country)
    return country
  }

  interface Meeting extends CountryOptions {
    readonly turn?: boolean
    readonly ada?: PersonOptions
    readonly ben?: PersonOptions
  }

  async function settle({ turn = false, ...meeting }: Meeting) {
    const country = open(meeting)
    if (turn) await startTurn(country, programs)
    await startServer(country, programs, turn)
    const ada = new Person(country, programs, 'Ada', meeting.ada)
    const ben = new Person(country, programs, 'Ben', meeting.ben)
    const { invite } = await ada.does('found')
    return { ada, ben, joined: await ben.does(`join ${invite}`) }
  }

  /** Both type at once; both must end with all of it. */
  async function pairUp(ada: Person, ben: Person, strokes: number) {
    await Promise.all([ada.does(`type ${strokes}`), ben.does(`type ${strokes}`)])
    const length = FIRST.length + 2 * strokes
    const [adas, bens] = await Promise.all([ada.does(`await ${length}`), ben.does(`await ${length}`)])
    expect(adas['text']).toHaveLength(length)
    expect(bens['text']).toBe(adas['text'])
    return [adas['path'], bens['path']]
  }

  test('behind two routers, STUN is enough for a direct way', { timeout: 60_000 }, async () => {
    const { ada, ben, joined } = await settle({ translation: 'plain' })
    expect(joined).toEqual({ joined: FIRST })
    expect(await pairUp(ada, ben, 50)).toEqual(['direct', 'direct'])
  })

  test('behind two symmetric routers, TURN carries them', { timeout: 60_000 }, async () => {
    const { ada, ben, joined } = await settle({ translation: 'symmetric', turn: true })
    expect(joined).toEqual({ joined: FIRST })
    expect(await pairUp(ada, ben, 50)).toEqual(['relay', 'relay'])
  })

  test('behind two symmetric routers and without TURN, the person is told that there is no way', {
    timeout: 60_000,
  }, async () => {
    const { joined } = await settle({ translation: 'symmetric' })
    expect(joined).toEqual({ failure: 'NoRoute' })
  })

  test.each([
    ['joins', { ada: { place: 'street' }, ben: { relayOnly: true } }],
    ['invites', { ada: { relayOnly: true }, ben: { place: 'street' } }],
  ] as const)(
    'who hides their address and %s goes through TURN, though the other stands in the open',
    {
      timeout: 60_000,
    },
    async (_what, people) => {
      const { ada, ben, joined } = await settle({ translation: 'plain', turn: true, ...people })
      expect(joined).toEqual({ joined: FIRST })
      expect(await pairUp(ada, ben, 50)).toEqual(['relay', 'relay'])
    },
  )

  test('the check sees STUN and TURN answer where they do, and says where they do not', {
    timeout: 60_000,
  }, async () => {
    const working = { webrtc: 'works', signaling: 'works', addresses: 'works', storage: 'not-there' }
    const served = open({ translation: 'plain' })
    await startTurn(served, programs)
    await startServer(served, programs, true)
    expect(await new Person(served, programs, 'Ada').does('check')).toEqual({
      ...working,
      stun: 'works',
      turn: 'works',
    })
    const unserved = open({ translation: 'plain', loss: 1 })
    await startServer(unserved, programs, false)
    expect(await new Person(unserved, programs, 'Ada').does('check')).toEqual({
      ...working,
      stun: 'fails',
      turn: 'not-there',
    })
  })

  test('with 5 % of all packets lost, nothing that was typed is', {
    timeout: 60_000,
  }, async () => {
    const { ada, ben, joined } = await settle({ translation: 'plain', loss: 0.05 })
    expect(joined).toEqual({ joined: FIRST })
    await pairUp(ada, ben, 100)
  })
})
