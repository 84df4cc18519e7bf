/** Whole sessions with liars among them, who hold real keys. More: `npm run sim -- --hostile 1 --seeds 1000`. */
import { expect, test } from 'vitest'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { play } from './story.ts'
import { verdictOn } from './verdict.ts'

const crypto = await loadCrypto()

test.for([1, 2, 3, 4, 5, 6, 7, 8])('seed %i: one liar harms nobody', async (seed) => {
  expect(await verdictOn(crypto, { seed, hostile: 1 })).toBe('')
})

test.for([1, 2, 3, 4])('seed %i: two liars harm nobody', async (seed) => {
  expect(await verdictOn(crypto, { seed, hostile: 2 })).toBe('')
})

/** In the first and third somebody honest was named (test/session/framing.test.ts). In the last somebody who had been frozen
 *  went on showing who was dead. In the others the simulator itself was
 *  wrong: a sealed box of its own took any length, and three looks 50 ms apart saw one number, which was what had been told in between. */
test.for([319, 498, 951, 1047, 1512])('seed %i: two liars harm nobody, who once did', async (seed) => {
  expect(await verdictOn(crypto, { seed, hostile: 2 })).toBe('')
})

test('liars lie the same way in the same seed', async () => {
  const [one, other] = [
    await play(crypto, { seed: 3, hostile: 1 }),
    await play(crypto, { seed: 3, hostile: 1 }),
  ]
  expect([other.trace, other.steps]).toEqual([one.trace, one.steps])
})
