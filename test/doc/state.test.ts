/** Checkpoint states: honest ones pass, forged ones do not; documents are rebuilt and caught up. */
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { Writer } from '../../src/base/codec.ts'
import { SharedDocument } from '../../src/doc/document.ts'
import { catchUp, rebuild } from '../../src/doc/rebuilding.ts'
import { schemaOf } from '../../src/doc/schema.ts'
import { inspectState, objectionToLoaded } from '../../src/doc/state.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { act, type Entry, Replica } from './replica.ts'
import { type Crafted, pick, seeded, struct, updateOf } from './tools.ts'

const schema = schemaOf({ t: 'text', m: 'map', a: 'array' })
const clocks = (...pairs: readonly (readonly [number, number])[]): ReadonlyMap<number, number> =>
  new Map(pairs)

/** A history of three peers, its entries in an order everybody could have received them in. */
function historyOf(seed: number): { replicas: readonly Replica[]; entries: readonly Entry[] } {
  const chance = seeded(seed)
  const log = new Map<number, Entry[]>()
  const replicas = [5, 77, 2 ** 50].map((clientID) => new Replica(schema, clientID, log))
  for (let i = 0; i < 150; i++) {
    const replica = pick(chance, replicas)
    if (chance() < 0.7) act(replica, schema, chance)
    else replica.receive(chance)
    if (chance() < 0.3) replica.capture.flush()
  }
  for (const replica of replicas) replica.capture.flush()
  for (const replica of replicas) replica.receiveAll(chance)
  return { replicas, entries: inOrder(log) }
}

function inOrder(log: ReadonlyMap<number, readonly Entry[]>): Entry[] {
  const document = SharedDocument.create({ schema })
  const left = [...log.values()].map((chain) => [...chain])
  const order: Entry[] = []
  for (;;) {
    const chain = left.find(([next]) => next && isReady(document, next))
    const next = chain?.shift()
    if (!next) return order
    document.apply(next.update, next.clientID)
    order.push(next)
  }
}

function isReady(document: SharedDocument, { update, clientID }: Entry): boolean {
  const inspection = document.inspect(update, clientID)
  return (
    !isViolation(inspection) &&
    inspection.needs.every((need) => document.nextClock(need.clientID) >= need.clock)
  )
}

function rebuilt(...from: Parameters<typeof rebuild>): SharedDocument {
  const made = rebuild(...from)
  if (isViolation(made)) throw new Error(made.detail)
  expect(made.refused).toEqual([])
  return made.document
}

describe('an honest state', () => {
  test('passes, and a document rebuilt from it and the entries after it shows the same', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { replicas, entries } = historyOf(seed)
      const visible = replicas[0]!.document.visible()
      const half = rebuilt({ schema, updates: entries.slice(0, entries.length / 2) })
      const state = half.encodeState()
      expect(inspectState(state, half.clocks(), schema), `seed ${seed}`).toBeUndefined()
      const whole = rebuilt({ schema, state, updates: entries.slice(entries.length / 2) })
      expect(whole.visible(), `seed ${seed}`).toEqual(visible)
    }
  })

  test('passes with everything an undo manager keeps', () => {
    for (let seed = 1; seed <= 40; seed++) {
      for (const { document } of historyOf(seed).replicas) {
        expect(
          inspectState(document.encodeState(), document.clocks(), schema),
          `seed ${seed}`,
        ).toBeUndefined()
        expect(objectionToLoaded(document.doc), `seed ${seed}`).toBeUndefined()
      }
    }
  })

  test('of nothing is nothing', () => {
    const { document } = new Replica(schema, 1, new Map())
    expect(inspectState(document.encodeState(), clocks(), schema)).toBeUndefined()
  })
})

describe('a forged state', () => {
  const blocks = (
    ...each: readonly (readonly [client: number, clock: number, structs: readonly Uint8Array[]])[]
  ): Uint8Array => {
    const writer = new Writer()
    writer.list(each, (to, [client, clock, structs]) => {
      to.varuint(structs.length).varuint(client).varuint(clock)
      for (const bytes of structs) to.fixed(bytes)
    })
    return writer.varuint(0).finish()
  }
  const one = (crafted: Crafted): Uint8Array => updateOf(1, 0, struct(crafted))
  const type = { kind: 7, bytes: Uint8Array.of(1) }

  test.each([
    ['a clock that is not listed', one({ text: 'ab' }), clocks([1, 1])],
    ['a client that is not listed', one({}), clocks()],
    ['a listed client without structs', one({}), clocks([1, 1], [2, 4])],
    ['a beginning after clock 0', updateOf(1, 1, struct({})), clocks([1, 2])],
    ['a reference to what is not there', one({ origin: { client: 9, clock: 0 } }), clocks([1, 1])],
    ['a reference beyond the end', one({ origin: { client: 1, clock: 5 } }), clocks([1, 1])],
    ['a struct beside itself', one({ origin: { client: 1, clock: 0 } }), clocks([1, 1])],
    ['a root the schema does not name', one({ parent: 'other' }), clocks([1, 1])],
    ['a type in a text', one({ content: type }), clocks([1, 1])],
    ['collected structure', one({ content: { kind: 0, bytes: Uint8Array.of(1) } }), clocks([1, 1])],
    [
      'structs that wait for each other',
      blocks(
        [2, 0, [struct({ origin: { client: 1, clock: 0 } })]],
        [1, 0, [struct({ origin: { client: 2, clock: 0 } })]],
      ),
      clocks([1, 1], [2, 1]),
    ],
    ['blocks in the wrong order', blocks([1, 0, [struct({})]], [2, 0, [struct({})]]), clocks([1, 1], [2, 1])],
    ['two blocks of a client', blocks([1, 0, [struct({})]], [1, 0, [struct({})]]), clocks([1, 1])],
    ['a deletion of what is not there', Uint8Array.of(0, 1, 7, 1, 0, 1), clocks()],
    ['anything after it', Uint8Array.of(0, 0, 0), clocks()],
  ] as const)('with %s is refused', (_name, state, listed) => {
    expect(isViolation(inspectState(state, listed, schema))).toBe(true)
  })

  test('whose neighbours stand in the wrong order is refused once loaded', () => {
    const abc = struct({ text: 'abc' })
    const reversed = struct({ origin: { client: 1, clock: 2 }, rightOrigin: { client: 1, clock: 0 } })
    const state = updateOf(1, 0, abc, reversed)
    expect(inspectState(state, clocks([1, 4]), schema)).toBeUndefined()
    expect(isViolation(rebuild({ schema, state, updates: [] }))).toBe(true)
  })

  test('reads like any bytes: damaged states never throw, and what passes loads whole', () => {
    const chance = seeded(7)
    const { replicas } = historyOf(3)
    const { document } = replicas[0]!
    const state = document.encodeState()
    for (let i = 0; i < 3000; i++) {
      const damaged = state.slice()
      for (let j = 0; j < 2; j++) damaged[Math.floor(chance() * damaged.length)] = Math.floor(chance() * 16)
      if (inspectState(damaged, document.clocks(), schema)) continue
      rebuild({ schema, state: damaged, updates: [] }) // asserts that nothing is pending
    }
  })
})

describe('a rebuild', () => {
  test('says which updates the neighbour check refused', () => {
    const updates = [
      { update: updateOf(1, 0, struct({ text: 'abc' })), clientID: 1 },
      {
        update: updateOf(
          2,
          0,
          struct({ origin: { client: 1, clock: 2 }, rightOrigin: { client: 1, clock: 0 } }),
        ),
        clientID: 2,
      },
      { update: updateOf(1, 3, struct({ origin: { client: 1, clock: 2 } })), clientID: 1 },
    ]
    const made = rebuild({ schema, updates })
    expect(made).toMatchObject({ refused: [1] })
  })

  test('fills the empty document it is given', () => {
    const doc = new Y.Doc()
    const document = rebuilt({
      schema,
      doc,
      updates: [{ update: updateOf(1, 0, struct({ text: 'abc' })), clientID: 1 }],
    })
    expect(document.doc).toBe(doc)
    expect(doc.getText('t').toString()).toBe('abc')
  })
})

describe('a document in use', () => {
  const entries = (text: string): Entry[] => [
    { update: updateOf(1, 0, struct({ text: 'abc' })), clientID: 1 },
    {
      update: updateOf(
        2,
        0,
        struct({ origin: { client: 1, clock: 0 }, rightOrigin: { client: 1, clock: 1 }, text }),
      ),
      clientID: 2,
    },
  ]

  test('catches up where it only lacks something, keeping its undo', () => {
    const live = rebuilt({ schema, updates: entries('X').slice(0, 1) })
    live.setWriter(3, 0)
    const undo = new Y.UndoManager(live.doc.getText('t'))
    live.doc.getText('t').insert(3, '!')
    const own = {
      update: Y.encodeStateAsUpdate(live.doc, Y.encodeStateVector(new Map([[1, 3]]) as never)),
      clientID: 3,
    }
    const fresh = rebuilt({ schema, updates: [...entries('X'), own] })
    expect(catchUp(live, fresh)).toBe('same-document')
    expect(live.visible()).toEqual(fresh.visible())
    expect(live.doc.clientID).toBe(3)
    undo.undo()
    expect(live.doc.getText('t').toString()).toBe('aXbc')
  })

  test('is replaced where it contradicts, holds more, or was forked', () => {
    const live = (): SharedDocument => rebuilt({ schema, updates: entries('X') })
    const before = live().visible()
    for (const updates of [entries('Y'), entries('ZY'), entries('X').slice(0, 1), []]) {
      const document = live()
      expect(catchUp(document, rebuilt({ schema, updates }))).toBe('replaced')
      expect(document.visible()).toEqual(before)
    }
  })
})
