/** Crowds on the cores alone, under a keyed-hash stand-in for cryptography. More: `npm run sim -- --peers 10000 --seeds 1`. */
import { expect, test } from 'vitest'
import { reachThroughChurn } from './reach.ts'

const PEERS = 400

test('a key reaches 400 peers at most once each, and so it does when a third is gone', () => {
  const { before, after, left, areEqual } = reachThroughChurn(PEERS, 1)
  expect([before.reached, after.reached, areEqual]).toEqual([PEERS, left, true])
  expect(before.sends).toBeLessThanOrEqual(1.2 * PEERS)
  expect(after.sends).toBeLessThanOrEqual(1.2 * left)
  expect(Math.max(before.hops, after.hops)).toBeLessThanOrEqual(14)
})
