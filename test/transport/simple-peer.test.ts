/** simple-peer over real WebRTC in Node keeps the channel contract. */
import { test } from 'vitest'
import { nodeDialer } from '../../src/transport/node-dialer.ts'
import { channelContract } from '../contract/channel.ts'

const rules = channelContract('simple-peer in Node', async () => {
  const dialer = await nodeDialer()
  return { one: dialer, other: dialer }
})

test.each(rules.map(({ name, run }) => [name, run] as const))('%s', (_name, run) => run())
