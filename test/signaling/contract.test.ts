/** The relay in memory and the real server over WebSockets keep the signaling contract. */
import { test } from 'vitest'
import { step } from '../../signaling/relay.ts'
import { createRelay } from '../../signaling/relay-state.ts'
import { createSignalingServer } from '../../signaling/server.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { connectThroughRelay } from '../../src/transport/memory-signaling.ts'
import { nodeSignaling } from '../../src/transport/node-websocket.ts'
import { signalingContract } from '../contract/signaling.ts'

const inMemory = signalingContract('relay in memory', async () => {
  const crypto = await loadCrypto()
  const state = createRelay({ crypto, seed: new Uint8Array(32) })
  const relay = connectThroughRelay({
    perform: (input) => step(state, input).outputs,
    clock: { now: () => 0, wakeAfter: () => () => {} },
    random: { bytes: (length) => crypto.randomBytes(length) },
  })
  return {
    crypto,
    connector: relay.connector(),
    url: 'ws://memory.example/signal',
    nowhere: 'http://memory.example',
    stop: async () => relay.stop(),
  }
})

const overSockets = signalingContract('server over WebSockets', async () => {
  const server = await createSignalingServer({ port: 0 }).listen()
  return {
    crypto: await loadCrypto(),
    connector: nodeSignaling(),
    url: `ws://localhost:${server.port}/signal`,
    nowhere: `ws://localhost:${server.port}/elsewhere`,
    stop: () => server.close(),
  }
})

test.each([...inMemory, ...overSockets].map(({ name, run }) => [name, run] as const))('%s', (_name, run) =>
  run(),
)
