/**
 * Honest peers for property tests: each has a document, a capture, an undo manager and moods; a shared log
 * holds what they emit, and each applies what it lacks in an order of its own that obeys the needs.
 */
import * as Y from 'yjs'
import { type Capture, createCapture } from '../../src/doc/capture.ts'
import { SharedDocument } from '../../src/doc/document.ts'
import type { Schema } from '../../src/doc/schema.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { below, type Chance, HandClock, pick } from './tools.ts'

export interface Entry {
  readonly clientID: number
  readonly update: Uint8Array
}

export class Replica {
  readonly document: SharedDocument
  readonly clientID: number
  readonly log: Entry[][]
  readonly capture: Capture
  readonly clock = new HandClock()
  readonly undo: Y.UndoManager
  readonly failures: Error[] = []
  /** How many entries of every writer were applied. */
  readonly applied = new Map<number, number>()

  /** `log` holds one chain a writer. */
  constructor(schema: Schema, clientID: number, log: Map<number, Entry[]>) {
    this.document = SharedDocument.create({ schema })
    this.document.setWriter(clientID, 0)
    this.clientID = clientID
    this.log = []
    const chain: Entry[] = []
    log.set(clientID, chain)
    this.chains = log
    this.capture = createCapture({
      document: this.document,
      clientID,
      clock: this.clock,
      emit: (updates) => {
        for (const update of updates) chain.push({ clientID, update })
        this.applied.set(clientID, chain.length)
      },
      fail: (error) => this.failures.push(error),
    })
    const roots = Object.keys(schema.roots).map(
      (name) => this.document.doc.share.get(name) as Y.AbstractType<unknown>,
    )
    this.undo = new Y.UndoManager(roots as never, { captureTimeout: 0 })
  }

  readonly chains: Map<number, Entry[]>

  get doc(): Y.Doc {
    return this.document.doc
  }

  /** Applies one entry that is next in its chain and whose needs are met; false when there is none. */
  receive(chance: Chance): boolean {
    const ready = [...this.chains.keys()].filter((client) => this.#isReady(client))
    if (ready.length === 0) return false
    const client = pick(chance, ready)
    const at = this.applied.get(client) ?? 0
    const { update } = this.chains.get(client)![at]!
    if (this.document.apply(update, client) === 'refused') throw new Error('an honest update was refused')
    this.applied.set(client, at + 1)
    return true
  }

  receiveAll(chance: Chance): void {
    while (this.receive(chance)) {
      // everything that is ready
    }
  }

  #isReady(client: number): boolean {
    const next = this.chains.get(client)?.[this.applied.get(client) ?? 0]
    if (!next) return false
    const inspection = this.document.inspect(next.update, client)
    if (isViolation(inspection)) throw new Error(`an honest update was refused: ${inspection.detail}`)
    return inspection.needs.every(({ clientID, clock }) => this.document.nextClock(clientID) >= clock)
  }
}

const WORDS = ['a', 'bc', 'def\n', '😀', 'x😀y', 'Ω', '漢字', '👩‍👩‍👧', ' ', 'longer words come here ']

/** One thing a person or an app does. */
export function act({ doc, undo }: Pick<Replica, 'doc' | 'undo'>, schema: Schema, chance: Chance): void {
  const mood = chance()
  if (mood < 0.08) undo.undo()
  else if (mood < 0.12) undo.redo()
  else if (mood < 0.2) doc.transact(() => repeat(chance, 4, () => editSome(doc, schema, chance)))
  else editSome(doc, schema, chance)
}

function repeat(chance: Chance, most: number, what: () => void): void {
  for (let i = below(chance, most); i >= 0; i--) what()
}

function editSome(doc: Y.Doc, schema: Schema, chance: Chance): void {
  const name = pick(chance, Object.keys(schema.roots))
  edit(doc.share.get(name), schema, chance, 0)
}

function edit(type: unknown, schema: Schema, chance: Chance, depth: number): void {
  if (type instanceof Y.Text) editText(type, schema, chance)
  else if (type instanceof Y.Map) editMap(type, schema, chance, depth)
  else if (type instanceof Y.Array) editArray(type, schema, chance, depth)
}

function editText(text: Y.Text, schema: Schema, chance: Chance): void {
  const at = below(chance, text.length + 1)
  const length = Math.min(text.length - at, 1 + below(chance, 6))
  const mood = chance()
  if (schema.formatting && mood < 0.25) formatWord(text, chance)
  else if (schema.formatting && mood < 0.3) text.insertEmbed(at, { image: pick(chance, WORDS) })
  else if (schema.formatting && mood < 0.4)
    text.insert(at, pick(chance, WORDS), { color: pick(chance, WORDS) })
  else if (mood < 0.7 || length === 0) text.insert(at, pick(chance, WORDS))
  else text.delete(at, length)
}

/** Whole pairs only: Yjs cuts a pair at the end of a format range even where it then writes nothing. */
function formatWord(text: Y.Text, chance: Chance): void {
  const wanted = pick(chance, [/[a-z]/, /\n/, /漢/])
  let at = 0
  for (const { insert } of text.toDelta() as { insert: unknown }[]) {
    const run = typeof insert === 'string' ? insert : ' '
    const found = run.search(wanted)
    if (found >= 0 && chance() < 0.5) {
      text.format(at + found, 1, { bold: chance() < 0.5 ? true : null })
      return
    }
    at += run.length
  }
}

function editMap(map: Y.Map<unknown>, schema: Schema, chance: Chance, depth: number): void {
  const key = pick(chance, ['a', 'b', 'c', ''])
  const there = map.get(key)
  if (there instanceof Y.AbstractType && chance() < 0.7) edit(there, schema, chance, depth + 1)
  else if (chance() < 0.2) map.delete(key)
  else map.set(key, chance() < 0.1 ? pick<unknown>(chance, [1n, undefined]) : someValue(chance, depth))
}

function editArray(array: Y.Array<unknown>, schema: Schema, chance: Chance, depth: number): void {
  const at = below(chance, array.length + 1)
  const there = at < array.length ? array.get(at) : undefined
  if (there instanceof Y.AbstractType && chance() < 0.6) edit(there, schema, chance, depth + 1)
  else if (at < array.length && chance() < 0.3)
    array.delete(at, 1 + below(chance, Math.min(3, array.length - at)))
  else array.insert(at, [someValue(chance, depth), ...(chance() < 0.3 ? [below(chance, 9)] : [])])
}

function someValue(chance: Chance, depth: number): unknown {
  const mood = chance()
  if (mood < 0.3 && depth < 4)
    return pick(chance, [() => new Y.Text('new'), () => new Y.Map(), () => new Y.Array()])()
  if (mood < 0.4) return Uint8Array.of(1, 2, below(chance, 256))
  return pick<unknown>(chance, VALUES)
}

/** Also what JSON would change; keys like array indices, which JavaScript sorts. */
const VALUES = [0, -1, 2 ** 40, 0.1, 1.5, -0, true, null, 'text 😀', [1, ['😀']], { b: 1, 7: { a: null } }]
