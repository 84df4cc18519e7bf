/** Whole sessions under every kind of bad luck, from seeds. More of them: `npm run sim -- --seeds 1000`. */
import { describe, expect, test } from 'vitest'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { REMEMBERED } from './remembered.ts'
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

/** In several worlds: what chance draws beside the actions changes with the simulator. */
describe('never again', () => {
  test.each(REMEMBERED)('$found', async ({ people, script }) => {
    for (let seed = 1; seed <= 3; seed++)
      expect(await verdictOn(crypto, { seed, peers: people, script })).toBe('')
  })
})

test('the same seed gives the same bytes on every wire and disk', async () => {
  const [one, other] = [await play(crypto, { seed: 7 }), await play(crypto, { seed: 7 })]
  expect(one.steps.length).toBeGreaterThan(15)
  expect([other.trace, other.steps]).toEqual([one.trace, one.steps])
  const another = await play(crypto, { seed: 8 })
  expect(another.trace).not.toBe(one.trace)
})

test.each(['drop', 'skip', 'early'] as const)(
  'a planted bug (%s) is found',
  { timeout: 60_000 },
  async (plant) => {
    for (let seed = 1; seed <= 30; seed++) if ((await verdictOn(crypto, { seed, plant })) !== '') return
    expect.unreachable('thirty seeds did not notice')
  },
)

test('a story that fails is made small, and fails in the same way', { timeout: 60_000 }, async () => {
  for (let seed = 1; ; seed++) {
    const given = { seed, plant: 'drop' } as const
    const whole = await play(crypto, given)
    if (whole.finding === undefined || whole.played.length < 8) continue
    const small = await shrunk(crypto, { given, failed: whole, plays: 12 })
    expect([small.finding, small.played.length < whole.played.length]).toEqual([whole.finding, true])
    return
  }
})
