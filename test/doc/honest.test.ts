/** Honest work is never refused, wherever it comes from and in whatever order it arrives, and everybody ends equal. */
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { toHex } from '../../src/base/bytes.ts'
import { SharedDocument } from '../../src/doc/document.ts'
import { inspectUpdate } from '../../src/doc/firewall.ts'
import { type Schema, schemaOf } from '../../src/doc/schema.ts'
import { act, type Entry, Replica } from './replica.ts'
import { below, pick, seeded } from './tools.ts'

const SCHEMAS = {
  'plain text': schemaOf({ t: 'text' }),
  'rich text': schemaOf({ t: 'text', u: 'text' }, true),
  'maps, arrays and texts': schemaOf({ t: 'text', m: 'map', a: 'array' }),
}

const PEERS = [3, 1, 2 ** 53 - 1, 70_000]

function history(schema: Schema, seed: number, steps: number): { updates: number; replicas: Replica[] } {
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
    for (let seed = 1; updates < 25_000; seed++) {
      const made = history(schema, seed, 600)
      updates += made.updates
      const [first, ...others] = made.replicas.map(({ document }) => toHex(document.visible()))
      for (const other of others) expect(other, `seed ${seed}`).toBe(first)
      for (const { failures } of made.replicas) expect(failures, `seed ${seed}`).toEqual([])
    }
  }, 180_000)

  test('what Yjs itself emits, merges and cuts passes the stateless firewall', () => {
    let updates = 0
    for (let seed = 1; updates < 10_000; seed++) {
      const { doc, own } = solitary(schema, seed)
      const chance = seeded(seed)
      for (let at = 0; at < own.length; at += 1 + below(chance, 6)) {
        const merged = Y.mergeUpdates(own.slice(at, at + 1 + below(chance, 6)))
        const half = Y.encodeStateVector(
          new Map([[doc.clientID, below(chance, Y.getState(doc.store, doc.clientID))]]) as never,
        )
        for (const update of [own[at]!, merged, Y.diffUpdate(merged, half)]) {
          if (update.length === 2) continue // nothing is left of it
          updates++
          expect(inspectUpdate(update, doc.clientID, schema), `seed ${seed}`).not.toHaveProperty('violation')
        }
      }
    }
  }, 180_000)
})

/** A document of one author beside another's text, with all update events of its own edits. */
function solitary(schema: Schema, seed: number): { doc: Y.Doc; own: Uint8Array[] } {
  const chance = seeded(seed)
  const { doc } = SharedDocument.create({ schema })
  const other = new Y.Doc()
  other.getText('t').insert(0, 'somebody else was here 😀 before')
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other))
  const own: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => own.push(update))
  const roots = Object.keys(schema.roots).map(
    (name) => doc.share.get(name) as Y.AbstractType<unknown>,
  ) as never
  const undo = new Y.UndoManager(roots, { captureTimeout: 0 })
  for (let i = 0; i < 200; i++) act({ doc, undo }, schema, chance)
  return { doc, own }
}
