/**
 * The shared document: one Y.Doc with a schema, into which nothing remote comes but through the firewall and
 * the neighbour check. It judges and applies; it does not know entries, peers or when to do so.
 *
 * Invariants
 * 1. Text is collected, structure never: every id keeps its parent, and GC never occurs.
 * 2. After every application nothing is pending in Yjs.
 * 3. Once a writer is set, local edits carry its clientID, whatever Yjs or the app does to `doc.clientID`.
 * 4. Remote updates are applied outside every transaction but our own and outside every observer, with the origin REMOTE.
 */
import * as Y from 'yjs'
import { assert } from '../base/assert.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Evaluator, Inspection } from '../protocol/evaluation.ts'
import { isViolation, type Violation } from '../wire/violation.ts'
import { inspectUpdate, openUpdate } from './firewall.ts'
import { mendSurrogates } from './mending.ts'
import { kindOf, objectionByNeighbours } from './neighbours.ts'
import { rootKind, type Schema } from './schema.ts'
import { inspectState } from './state.ts'
import type { Update } from './update.ts'
import { rootOf, visibleBytes } from './visible.ts'

/** The origin of every transaction that brings others' work. */
export const REMOTE = Symbol('remote')

/** An app's own document cannot be shared as it is. The message says what to do. */
export class UnfitDocument extends Error {
  override name = 'UnfitDocument'
}

export interface DocumentOptions {
  readonly schema: Schema
  /** An app's own document; what it holds becomes the first checkpoint. Its gcFilter is set. */
  readonly doc?: Y.Doc | undefined
}

const DIGEST_BYTES = 16
/** Of a text shorter than a few lines nobody needs another copy. */
const MUCH_UNITS = 200

export class SharedDocument implements Evaluator {
  readonly schema: Schema
  readonly doc: Y.Doc
  #writer: number | undefined
  #warn: ((clientID: number) => void) | undefined
  #applying: 'one-by-one' | 'together' = 'one-by-one'
  readonly #keepWriter = (): void => {
    if (this.#writer !== undefined && this.doc.clientID !== this.#writer) this.doc.clientID = this.#writer
  }

  private constructor(schema: Schema, doc: Y.Doc) {
    this.schema = schema
    this.doc = doc
    doc.on('beforeTransaction', this.#keepWriter)
    doc.on('afterTransactionCleanup', this.#keepWriter)
  }

  /** @throws UnfitDocument when `doc` holds something no session may. */
  static create({ schema, doc = new Y.Doc() }: DocumentOptions): SharedDocument {
    const { gcFilter } = doc
    doc.gcFilter = (item) => !(item.content instanceof Y.ContentType) && gcFilter(item)
    for (const name of Object.keys(schema.roots)) declare(doc, schema, name)
    if (doc.store.clients.size > 0) requireFit(doc, schema)
    return new SharedDocument(schema, doc)
  }

  /** From now on local edits are this writer's, whose next clock must be `clock`. */
  setWriter(clientID: number, clock: number): void {
    assert(this.nextClock(clientID) === clock, 'a writer continues at its next clock')
    this.#writer = clientID
    this.doc.clientID = clientID
  }

  /** Stops guarding the writer. The Y.Doc stays as it is. */
  release(): void {
    this.doc.off('beforeTransaction', this.#keepWriter)
    this.doc.off('afterTransactionCleanup', this.#keepWriter)
  }

  /** Calls `warn` before an update of somebody else deletes much of the text, which is still there then. */
  heedDeletions(warn: (clientID: number) => void): void {
    this.#warn = warn
  }

  inspect(update: Uint8Array, clientID: number): Inspection | Violation {
    return inspectUpdate(update, clientID, this.schema)
  }

  /** Its needs must be met and its clock the writer's next. */
  apply(update: Uint8Array, clientID: number): 'applied' | 'refused' {
    const opened = openUpdate(update, clientID, this.schema)
    if (isViolation(opened)) return 'refused'
    const { inspection } = opened
    const next = this.nextClock(clientID)
    const onlyDeletes = inspection.clock === inspection.end
    if (onlyDeletes && inspection.ownNeed > next) return 'refused'
    assert(onlyDeletes || inspection.clock === next, 'an update is applied at its writer’s next clock')
    for (const { clientID: other, clock } of inspection.needs) {
      assert(this.nextClock(other) >= clock, 'an update is applied when its needs are met')
    }
    if (objectionByNeighbours(opened.update, this.doc, this.schema) !== undefined) return 'refused'
    if (this.#warn !== undefined && this.#isMuch(opened.update)) this.#warn(clientID)
    if (this.#applying === 'together') integrate(this.doc, update)
    else applyWhole(this.doc, update)
    return 'applied'
  }

  #isMuch({ deletions }: Update): boolean {
    const deleted = deletions.reduce((sum, { length }) => sum + length, 0)
    if (deleted < MUCH_UNITS) return false
    const names = Object.keys(this.schema.roots).filter((name) => this.schema.roots[name] === 'text')
    return 2 * deleted > names.reduce((sum, name) => sum + this.doc.getText(name).length, 0)
  }

  together(work: () => void): void {
    requireRest(this.doc)
    this.#applying = 'together'
    try {
      Y.transact(this.doc, work, REMOTE, false)
    } finally {
      this.#applying = 'one-by-one'
    }
  }

  nextClock(clientID: number): number {
    return Y.getState(this.doc.store, clientID)
  }

  /** The next clock of every client that wrote anything. */
  clocks(): ReadonlyMap<number, number> {
    return clocksOf(this.doc)
  }

  /** BLAKE2b-128 of the visible content. */
  digest(crypto: Crypto): Uint8Array {
    return crypto.hash(DIGEST_BYTES, this.visible())
  }

  /** The visible content, equal where digests are. */
  visible(): Uint8Array {
    return visibleBytes(this.doc, this.schema)
  }

  /** Size of the visible content in bytes. */
  textBytes(): number {
    return this.visible().length
  }

  /** Everything, as one V1 update. */
  encodeState(): Uint8Array {
    assert(isWhole(this.doc), 'nothing is pending in a shared document')
    return Y.encodeStateAsUpdate(this.doc)
  }
}

/** Applies what was judged before. @throws AssertionFailed when Yjs then waits for something. */
export function applyWhole(doc: Y.Doc, update: Uint8Array): void {
  requireRest(doc)
  integrate(doc, update)
}

function requireRest(doc: Y.Doc): void {
  assert(doc._transaction === null, 'remote updates are applied outside every transaction')
  assert(doc._transactionCleanups.length === 0, 'remote updates are applied outside every observer')
}

function integrate(doc: Y.Doc, update: Uint8Array): void {
  Y.applyUpdate(doc, update, REMOTE)
  assert(isWhole(doc), 'nothing is pending after an application')
}

function isWhole(doc: Y.Doc): boolean {
  return doc.store.pendingStructs === null && doc.store.pendingDs === null
}

function declare(doc: Y.Doc, schema: Schema, name: string): void {
  const there = doc.share.get(name)
  const kind = there && kindOf(there)
  if (kind !== undefined && kind !== rootKind(schema, name)) {
    throw new UnfitDocument(`The root "${name}" is a ${kind} in this document; declare it as that.`)
  }
  rootOf(doc, schema, name)
}

/** What an app typed before it shared must pass as a checkpoint's state. */
function requireFit(doc: Y.Doc, schema: Schema): void {
  if (!isWhole(doc)) throw new UnfitDocument('This document waits for updates it never got; load them first.')
  for (const structs of doc.store.clients.values()) {
    if (structs.every((struct) => struct instanceof Y.Item)) continue
    throw new UnfitDocument('This document has lost structure it deleted; copy its content into a new Y.Doc.')
  }
  for (const client of [...doc.store.clients.keys()]) mendSurrogates(doc, client, 0)
  const objection = inspectState(Y.encodeStateAsUpdate(doc), clocksOf(doc), schema)
  if (objection) throw new UnfitDocument(`This document holds what its roots may not (${objection.detail}).`)
}

function clocksOf(doc: Y.Doc): ReadonlyMap<number, number> {
  return new Map([...doc.store.clients.keys()].map((client) => [client, Y.getState(doc.store, client)]))
}
