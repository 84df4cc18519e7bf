/**
 * Two people in two houses behind routers, over real networks: what STUN opens, what only TURN opens, and what a
 * lossy line costs. On a machine that allows no network namespaces these are skipped, and counted.
 */
import { setTimeout as passing } from 'node:timers/promises'
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
    await startServer(country, programs, { turn })
    const ada = new Person(country, programs, 'Ada', meeting.ada)
    const ben = new Person(country, programs, 'Ben', meeting.ben)
    const { invite } = await ada.does('found')
    return { country, ada, ben, joined: await ben.does(`join ${invite}`) }
  }

  /** Both type at once; both must end with all of it. */
  async function pairUp(ada: Person, ben: Person, strokes: number) {
    await Promise.all([ada.does(`type ${strokes}`), ben.does(`type ${strokes}`)])
    return reach(ada, ben, FIRST.length + 2 * strokes)
  }

  /** Both end with one text of this length. @returns the ways they are linked by */
  async function reach(ada: Person, ben: Person, length: number) {
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
    [
      'is told that the other is a relay',
      { ada: { place: 'street', callsItselfRelay: true }, ben: { relayOnly: true } },
    ],
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
    await startServer(served, programs, { turn: true })
    expect(await new Person(served, programs, 'Ada').does('check')).toEqual({
      ...working,
      stun: 'works',
      turn: 'works',
    })
    const unserved = open({ translation: 'plain', loss: 1 })
    await startServer(unserved, programs, {})
    expect(await new Person(unserved, programs, 'Ada').does('check')).toEqual({
      ...working,
      stun: 'fails',
      turn: 'not-there',
    })
  })

  test('a cable pulled for 5 s costs nothing that was typed meanwhile', { timeout: 60_000 }, async () => {
    const { country, ada, ben } = await settle({ translation: 'plain' })
    await pairUp(ada, ben, 10)
    country.cable('ada', 'down')
    await Promise.all([ada.does('type 30'), ben.does('type 30'), passing(5_000)])
    country.cable('ada', 'up')
    await reach(ada, ben, FIRST.length + 2 * 10 + 2 * 30)
  })

  test('a router that gets another address costs nothing that was typed meanwhile', {
    timeout: 60_000,
  }, async () => {
    const { country, ada, ben } = await settle({ translation: 'plain' })
    await pairUp(ada, ben, 10)
    country.readdress('ada')
    await Promise.all([ada.does('type 30'), ben.does('type 30')])
    await reach(ada, ben, FIRST.length + 2 * 10 + 2 * 30)
  })

  test('with 5 % of all packets lost, nothing that was typed is', {
    timeout: 60_000,
  }, async () => {
    const { country, ada, ben, joined } = await settle({ translation: 'plain', loss: 0.05 })
    expect(joined).toEqual({ joined: FIRST })
    // what is typed at once leaves in a few packets: more is typed until one of them is lost
    for (let typed = 100; country.lost === 0 && typed <= 2_000; typed += 100) {
      await Promise.all([ada.does('type 100'), ben.does('type 100')])
      await reach(ada, ben, FIRST.length + 2 * typed)
    }
    expect(country.lost).toBeGreaterThan(0)
  })

  test('when 30 % of all packets begin to be lost, nothing that is typed from then on is', {
    timeout: 60_000,
  }, async () => {
    const { country, ada, ben } = await settle({ translation: 'plain' })
    country.lose(0.3)
    await pairUp(ada, ben, 50)
    expect(country.lost).toBeGreaterThan(0)
  })
})
