/** Whole sessions under every kind of bad luck, from seeds. More of them: `npm run sim -- --seeds 1000`. */
import { describe, expect, test } from 'vitest'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { shrunk } from './shrink.ts'
import { play } from './story.ts'
import { verdictOn } from './verdict.ts'

const crypto = await loadCrypto()
const SEEDS = 150

test.for(Array.from({ length: SEEDS }, (_, index) => index + 1))(
  'seed %i ends with everybody equal, nothing lost and every status true',
  async (seed) => {
    expect(await verdictOn(crypto, { seed })).toBe('')
  },
)

/** Seeds that failed once, by what they found. */
describe('never again', () => {
  test.each([
    [9, 'with its clock set back, a device counted a dead peer as here for an hour'],
    [20, 'a catching up that ended was told to nobody'],
    [29, 'a dial that was given up was told to nobody'],
    [44, 'a doubt cast on somebody was told to nobody'],
  ])('seed %i: %s', async (seed) => {
    expect(await verdictOn(crypto, { seed })).toBe('')
  })
})

test('the same seed gives the same bytes on every wire and disk', async () => {
  const [one, other] = [await play(crypto, { seed: 7 }), await play(crypto, { seed: 7 })]
  expect(one.steps.length).toBeGreaterThan(15)
  expect([other.trace, other.steps]).toEqual([one.trace, one.steps])
  const another = await play(crypto, { seed: 8 })
  expect(another.trace).not.toBe(one.trace)
})

test.each(['drop', 'skip', 'early'] as const)('a planted bug (%s) is found', async (plant) => {
  const verdicts: string[] = []
  for (let seed = 1; seed <= 8; seed++) verdicts.push(await verdictOn(crypto, { seed, plant }))
  expect(verdicts.filter((verdict) => verdict !== '')).not.toEqual([])
})

test('a story that fails is made small, and fails in the same way', async () => {
  const given = { seed: 2, plant: 'early' } as const
  const whole = await play(crypto, given)
  expect(whole.finding).toBe('dishonest')
  const small = await shrunk(crypto, given, whole)
  expect([small.finding, small.played.length < whole.played.length]).toEqual(['dishonest', true])
})
