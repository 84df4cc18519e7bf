/** Honest work is never refused, wherever it comes from and in whatever order it arrives, and everybody ends equal. */
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { schemaOf } from '../../src/doc/schema.ts'
import { act, type Entry, Replica } from './replica.ts'
import { below, pick, seeded } from './tools.ts'

const SCHEMAS = {
  'plain text': schemaOf({ t: 'text' }),
  'rich text': schemaOf({ t: 'text', u: 'text' }, true),
  'maps, arrays and texts': schemaOf({ t: 'text', m: 'map', a: 'array' }),
}

const PEERS = [3, 1, 2 ** 53 - 1, 70_000]

function history(
  schema: Parameters<typeof act>[1],
  seed: number,
  steps: number,
): { updates: number; replicas: Replica[] } {
  const chance = seeded(seed)
  const log = new Map<number, Entry[]>()
  const replicas = PEERS.map((clientID) => new Replica(schema, clientID, log))
  for (let i = 0; i < steps; i++) {
    const replica = pick(chance, replicas)
    const mood = chance()
    if (mood < 0.6) act(replica, schema, chance)
    else if (mood < 0.85) replica.receive(chance)
    else if (mood < 0.88) replica.receiveAll(chance)
    else replica.clock.turn(10 + below(chance, 30))
  }
  for (let round = 0; round < 3; round++) {
    for (const replica of replicas) replica.capture.flush()
    for (const replica of replicas) replica.receiveAll(chance)
  }
  return { updates: [...log.values()].reduce((sum, chain) => sum + chain.length, 0), replicas }
}

describe.each(Object.entries(SCHEMAS))('%s', (_name, schema) => {
  test('random histories of four peers converge, and no update of theirs is refused', () => {
    let updates = 0
    for (let seed = 1; updates < 20_000; seed++) {
      const made = history(schema, seed, 600)
      updates += made.updates
      const [first, ...others] = made.replicas.map(({ document }) => toHex(document.visible()))
      for (const other of others) expect(other, `seed ${seed}`).toBe(first)
      for (const { failures } of made.replicas) expect(failures, `seed ${seed}`).toEqual([])
    }
  }, 60_000)
})
