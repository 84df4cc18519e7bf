/** The other half of the seeds: a file is what two cores share. */
import { expect, test } from 'vitest'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { verdictOn } from './verdict.ts'

const crypto = await loadCrypto()
const FIRST = 151
const SEEDS = 150

test.for(Array.from({ length: SEEDS }, (_, index) => FIRST + index))(
  'seed %i ends with everybody equal, nothing lost and every status true',
  async (seed) => {
    expect(await verdictOn(crypto, { seed })).toBe('')
  },
)
