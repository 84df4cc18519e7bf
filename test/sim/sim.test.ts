/** Whole sessions under every kind of bad luck, from seeds. More seeds: `npm run sim -- --seeds 1000`. */
import { expect, test } from 'vitest'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { play } from './scenario.ts'

const crypto = await loadCrypto()

test.for(
  Array.from(
    { length: Number(process.env['SEEDS'] ?? 50) },
    (_, index) => Number(process.env['SEED'] ?? 1) + index,
  ),
)('seed %i ends with everybody equal, nothing lost and every status true', async (seed) => {
  const { finding, detail, steps } = await play(crypto, { seed })
  expect(finding === undefined ? '' : `${finding}: ${detail}\n${steps.slice(-40).join('\n')}`).toBe('')
})
