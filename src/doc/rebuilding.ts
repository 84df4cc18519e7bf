/**
 * A document made anew from a checkpoint's state and the updates after it, and the way from a document in use to
 * the new one. A state is never applied to a document in use: what it does not know of would stay.
 */
import * as Y from 'yjs'
import { assert } from '../base/assert.ts'
import { equalBytes } from '../base/bytes.ts'
import { type Violation, violation } from '../wire/violation.ts'
import { applyWhole, SharedDocument } from './document.ts'
import type { Schema } from './schema.ts'
import { objectionToLoaded } from './state.ts'

export interface AuthoredUpdate {
  readonly update: Uint8Array
  readonly clientID: number
}

export interface Rebuilding {
  readonly schema: Schema
  /** Must have passed `inspectState`. */
  readonly state?: Uint8Array | undefined
  /** In an order in which every update's needs are met. */
  readonly updates: Iterable<AuthoredUpdate>
  /** An empty document to build in. */
  readonly doc?: Y.Doc | undefined
}

export interface Rebuilt {
  readonly document: SharedDocument
  /** Places in `updates` of those the neighbour check refused. */
  readonly refused: readonly number[]
}

/** A violation means that the state is no honest one; its author is to blame. */
export function rebuild({ schema, state, updates, doc }: Rebuilding): Rebuilt | Violation {
  const document = SharedDocument.create({ schema, doc })
  assert(document.clocks().size === 0, 'a document is rebuilt in an empty one')
  if (state) applyWhole(document.doc, state)
  const objection = state && objectionToLoaded(document.doc)
  if (objection !== undefined) return violation('firewall', `state refused: ${objection}`)
  const refused: number[] = []
  let index = 0
  for (const { update, clientID } of updates) {
    if (document.apply(update, clientID) === 'refused') refused.push(index)
    index++
  }
  return { document, refused }
}

/**
 * Brings the document in use to the state of the fresh one, as a remote change, where that is possible without
 * replacing it: editors keep their undo and apps their bindings. `replaced`: use the fresh one instead.
 */
export function catchUp(live: SharedDocument, fresh: SharedDocument): 'same-document' | 'replaced' {
  const difference = Y.encodeStateAsUpdate(fresh.doc, Y.encodeStateVector(live.doc))
  const trial = cloneOf(live)
  if (!canApply(trial.doc, difference) || !isEqual(trial, fresh)) return 'replaced'
  applyWhole(live.doc, difference)
  assert(isEqual(live, fresh), 'a document caught up like its trial')
  return 'same-document'
}

function cloneOf(document: SharedDocument): SharedDocument {
  const clone = SharedDocument.create({ schema: document.schema })
  applyWhole(clone.doc, document.encodeState())
  return clone
}

/** Between documents that contradict each other Yjs may throw halfway, which is why this is tried on a clone. */
function canApply(doc: Y.Doc, update: Uint8Array): boolean {
  try {
    Y.applyUpdate(doc, update)
  } catch {
    return false // contradiction: the answer, not a failure
  }
  return doc.store.pendingStructs === null && doc.store.pendingDs === null
}

function isEqual(one: SharedDocument, other: SharedDocument): boolean {
  const clocks = other.clocks()
  const own = one.clocks()
  if (own.size !== clocks.size || [...own].some(([client, clock]) => clocks.get(client) !== clock))
    return false
  return equalBytes(one.visible(), other.visible())
}
