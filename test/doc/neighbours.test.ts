/**
 * The neighbour check: crafted neighbours are refused by every peer in every order, whatever honest work came
 * before; with the check off, the same orders fork honest peers.
 */
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { SharedDocument } from '../../src/doc/document.ts'
import { schemaOf } from '../../src/doc/schema.ts'
import type { Id } from '../../src/doc/struct.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { below, type Chance, type Crafted, pick, seeded, struct, updateOf } from './tools.ts'

interface Sent {
  readonly client: number
  readonly update: Uint8Array
}

const schema = schemaOf({ t: 'text', m: 'map' })
const MALLORY = 2

/** Structure stays, as in every shared document, so that only the check makes the difference. */
function plainDoc(): Y.Doc {
  return new Y.Doc({ gcFilter: (item) => !(item.content instanceof Y.ContentType) })
}

/** An honest author whose updates are collected. */
function author(client: number, sent: Sent[]): Y.Doc {
  const doc = plainDoc()
  doc.clientID = client
  doc.getText('t')
  doc.getMap('m')
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== 'received') sent.push({ client, update })
  })
  return doc
}

/** Delivers in a random order that keeps chains and needs; gives what the peer shows and whom it refused. */
function receive(sent: readonly Sent[], chance: Chance): { shown: string; refused: string } {
  const document = SharedDocument.create({ schema })
  const refused = new Set<number>()
  const left = [...sent]
  for (;;) {
    const ready = left.filter(
      (one, at) => !refused.has(one.client) && isFirst(left, at) && isReady(document, one),
    )
    if (ready.length === 0) return { shown: shownBy(document.doc), refused: [...refused].sort().join() }
    const next = pick(chance, ready)
    left.splice(left.indexOf(next), 1)
    if (document.apply(next.update, next.client) === 'refused') refused.add(next.client)
  }
}

function isFirst(left: readonly Sent[], at: number): boolean {
  return left.findIndex(({ client }) => client === left[at]!.client) === at
}

function isReady(document: SharedDocument, { update, client }: Sent): boolean {
  const inspection = document.inspect(update, client)
  if (isViolation(inspection)) throw new Error(inspection.detail)
  return inspection.needs.every(({ clientID, clock }) => document.nextClock(clientID) >= clock)
}

/** The same without the check. */
function receiveUnguarded(sent: readonly Sent[], chance: Chance): string {
  const doc = plainDoc()
  doc.getText('t')
  doc.getMap('m')
  const left = [...sent]
  while (left.length > 0) {
    const next = left.splice(below(chance, left.length), 1)[0]!
    Y.applyUpdate(doc, next.update)
  }
  return shownBy(doc)
}

function shownBy(doc: Y.Doc): string {
  return JSON.stringify([doc.getText('t').toString(), doc.getMap('m').toJSON()])
}

/** All ids of a text from left to right, deleted ones too. */
function idsOf(text: Y.Text): Id[] {
  const ids: Id[] = []
  for (let item = text._start; item !== null; item = item.right) {
    for (let i = 0; i < item.length; i++) ids.push({ client: item.id.client, clock: item.id.clock + i })
  }
  return ids
}

describe('an item whose neighbours are in the wrong order', () => {
  const historyOf = (seed: number): Sent[] => {
    const chance = seeded(seed)
    const sent: Sent[] = []
    const ada = author(3, sent)
    ada.getText('t').insert(0, 'abc')
    for (const client of [1, 4].slice(0, 1 + below(chance, 2))) {
      const other = author(client, sent)
      Y.applyUpdate(other, sent[0]!.update, 'received')
      other.getText('t').insert(below(chance, 4), 'XY')
    }
    const ids = idsOf(ada.getText('t'))
    const right = below(chance, 2)
    const left = right + 1 + below(chance, 2 - right)
    sent.push({
      client: MALLORY,
      update: updateOf(MALLORY, 0, struct({ origin: ids[left], rightOrigin: ids[right] })),
    })
    return sent
  }

  test('is refused by every peer in every order', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const sent = historyOf(seed)
      const outcomes = Array.from({ length: 6 }, (_, order) => receive(sent, seeded(seed * 100 + order)))
      expect(new Set(outcomes.map(({ shown }) => shown)).size, `seed ${seed}`).toBe(1)
      expect(new Set(outcomes.map(({ refused }) => refused)), `seed ${seed}`).toEqual(new Set([`${MALLORY}`]))
    }
  })

  test('forks honest peers when nobody checks', () => {
    const forks = Array.from({ length: 300 }, (_, seed) => {
      const sent = historyOf(seed + 1)
      const orders = Array.from({ length: 6 }, (_, order) =>
        receiveUnguarded(sent, seeded(seed * 100 + order)),
      )
      return new Set(orders).size > 1
    })
    expect(forks.filter(Boolean).length).toBeGreaterThan(10)
  })
})

describe('an item whose neighbours lie in different parents', () => {
  const histories = (): { honest: Sent[]; deletion: Sent; crafted: Sent } => {
    const sent: Sent[] = []
    const ada = author(1, sent)
    ada.getMap('m').set('A', new Y.Text('aaa'))
    ada.getMap('m').set('B', new Y.Text('bbb'))
    const [a, b] = ['A', 'B'].map((key) => idsOf(ada.getMap('m').get(key) as Y.Text))
    const honest = [...sent]
    ada.getMap('m').delete('A')
    const deletion = sent.at(-1)!
    const update = updateOf(MALLORY, 0, struct({ origin: b!.at(-1), rightOrigin: a![0] }))
    return { honest, deletion, crafted: { client: MALLORY, update } }
  }

  test.each([false, true])('is refused before and after an honest deletion (undo manager: %s)', (keeps) => {
    const { honest, deletion, crafted } = histories()
    const visible = [
      [deletion, crafted],
      [crafted, deletion],
    ].map((order) => {
      const document = SharedDocument.create({ schema })
      if (keeps) new Y.UndoManager(document.doc.getMap('m'), { trackedOrigins: new Set([null, 'any']) })
      for (const { update, client } of honest) document.apply(update, client)
      const outcomes = order.map(({ update, client }) => document.apply(update, client))
      expect(outcomes[order.indexOf(crafted)]).toBe('refused')
      expect(outcomes[order.indexOf(deletion)]).toBe('applied')
      return shownBy(document.doc)
    })
    expect(visible[0]).toBe(visible[1])
  })

  test('crafted, it is as small as a keystroke', () => {
    expect(histories().crafted.update.length).toBeLessThanOrEqual(15)
  })
})

/** Neighbours in the right order that nobody can ever have seen side by side fork Yjs as well, only more rarely. */
describe('an item whose neighbours never were adjacent', () => {
  const historyOf = (seed: number): Sent[] => {
    const chance = seeded(seed)
    const sent: Sent[] = []
    const clients = [1, 2, 3, 4].sort(() => chance() - 0.5)
    const mallory = clients.pop()!
    const authors = clients.map((client) => author(client, sent))
    let clock = 0
    for (let step = 0; step < 12; step++) {
      const text = pick(chance, authors).getText('t')
      if (text.length > 0 && chance() < 0.2) text.delete(below(chance, text.length), 1)
      else text.insert(below(chance, text.length + 1), 'ab'.slice(below(chance, 2)))
      if (chance() < 0.5) pass(pick(chance, authors), pick(chance, authors))
      if (chance() > 0.4) continue
      const update = updateOf(
        mallory,
        clock,
        struct({ ...anyNeighbours(pick(chance, authors), chance), text: 'Z' }),
      )
      clock++
      sent.push({ client: mallory, update })
      pass(authorOf(update), pick(chance, authors))
    }
    return sent
  }
  const pass = (from: Y.Doc, to: Y.Doc): void => {
    Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)), 'received')
  }
  const authorOf = (update: Uint8Array): Y.Doc => {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, update)
    return doc
  }
  const anyNeighbours = (
    doc: Y.Doc,
    chance: Chance,
  ): { origin?: Id | undefined; rightOrigin?: Id | undefined } => {
    const ids = idsOf(doc.getText('t'))
    const [low, high] = [below(chance, ids.length), below(chance, ids.length)].sort((a, b) => a - b)
    if (low === high) return {}
    const mood = chance()
    return { origin: mood < 0.1 ? undefined : ids[low!], rightOrigin: mood > 0.9 ? undefined : ids[high!] }
  }

  test('is judged alike by every peer in every order, and nobody forks', () => {
    let refused = 0
    for (let seed = 1; seed <= 1500; seed++) {
      const sent = historyOf(seed)
      const outcomes = Array.from({ length: 5 }, (_, order) => receive(sent, seeded(seed * 100 + order)))
      expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size, `seed ${seed}`).toBe(1)
      if (outcomes[0]!.refused !== '') refused++
    }
    expect(refused).toBeGreaterThan(100)
  }, 60_000)

  test('forks honest peers when nobody checks', () => {
    let seed = 0
    let shown = new Set<string>()
    while (shown.size < 2 && seed < 2500) {
      seed++
      const sent = historyOf(seed)
      shown = new Set(
        Array.from({ length: 5 }, (_, order) => receiveUnguarded(sent, seeded(seed * 100 + order))),
      )
    }
    expect(shown.size).toBe(2)
  }, 60_000)
})

describe('what only the document can tell', () => {
  const document = (): SharedDocument => {
    const made = SharedDocument.create({ schema: schemaOf({ t: 'text', m: 'map', a: 'array' }) })
    const sent: Sent[] = []
    const ada = author(1, sent)
    ada.getMap('m').set('k', 1)
    ada.getArray('a').insert(0, [1, 2])
    ada.getText('t').insert(0, 'abc')
    for (const { update, client } of sent) expect(made.apply(update, client)).toBe('applied')
    return made
  }
  const [inMap, inArray, inText] = [0, 1, 3].map((clock) => ({ client: 1, clock })) as [Id, Id, Id]
  const any = { kind: 8, bytes: Uint8Array.of(1, 126) }
  const two = { kind: 8, bytes: Uint8Array.of(2, 126, 126) }

  test.each([
    ['text beside a map item', { origin: inMap }],
    ['text beside an array item', { origin: inArray }],
    ['a value beside text', { origin: inText, content: any }],
    ['a right neighbour under a key', { rightOrigin: inMap }],
    ['a key beside text', { origin: inText, key: 'k' }],
    ['a parent that is no type', { parent: inText, text: 'x' }],
    ['two values under one key', { origin: inMap, content: two }],
  ] as [string, Crafted][])('%s is refused', (_name, crafted) => {
    expect(document().apply(updateOf(MALLORY, 0, struct(crafted)), MALLORY)).toBe('refused')
  })

  test.each([
    ['beside each other in one struct', 0, 1, 'applied'],
    ['apart in one struct', 0, 2, 'refused'],
    ['in one struct, in the wrong order', 1, 0, 'refused'],
  ] as const)('neighbours inside the same update %s: %s to %s is %s', (_name, left, right, outcome) => {
    const [origin, rightOrigin] = [left, right].map((clock) => ({ client: MALLORY, clock }))
    const update = updateOf(MALLORY, 0, struct({ text: 'abc' }), struct({ origin, rightOrigin }))
    expect(document().apply(update, MALLORY)).toBe(outcome)
  })

  test('a value under the key of its left neighbour is applied, written with its key or merged without it', () => {
    for (const key of ['k', undefined]) {
      const made = document()
      const update = updateOf(MALLORY, 0, struct({ origin: inMap, content: any, ...(key ? { key } : {}) }))
      expect(made.apply(update, MALLORY)).toBe('applied')
      expect(made.doc.getMap('m').get('k')).toBeNull()
    }
  })
})
