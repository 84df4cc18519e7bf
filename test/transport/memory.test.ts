/** The memory network keeps the channel contract, and does to links what a test tells it to. */
import { test } from 'vitest'
import { memoryNetwork } from '../../src/transport/memory.ts'
import { channelContract } from '../contract/channel.ts'
import { seededRandom } from './random.ts'

const rules = channelContract('memory', async () => {
  const { dialer } = memoryNetwork({ random: seededRandom(1), bytesPerTurn: 64 * 1024 })
  return { one: dialer, other: dialer }
})

test.each(rules.map(({ name, run }) => [name, run] as const))('%s', (_name, run) => run())
