/**
 * The Awareness that apps and editors read, written by us alone: a remote state enters it when the session has
 * checked whose it is. y-protocols' own wire format, clocks and expiry never run.
 *
 * Invariants: nobody writes the own state but the app; a state is a plain JSON object within bounds; who left is
 * forgotten entirely; the Awareness stays the same object when the document or the writer changes.
 */
import { Awareness } from 'y-protocols/awareness'
import { Doc } from 'yjs'
import { MAX_ANY_BYTES, MAX_INSTANCES } from '../wire/limits.ts'
import { isPlainJson } from './value.ts'

export type PresenceState = Readonly<Record<string, unknown>>

/** What observers see as the origin of remote changes. */
export const REMOTE_PRESENCE = 'remote'

export class AuthenticatedAwareness {
  readonly awareness: Awareness
  readonly #onLocal: (state: PresenceState | null) => void

  /** `onLocal` is told of every change of the own state; null when it is withdrawn. */
  constructor(doc: Doc, onLocal: (state: PresenceState | null) => void) {
    this.#onLocal = onLocal
    this.awareness = new Awareness(new Doc()) // its own, so that destroying the shared one leaves it alone
    clearInterval(this.awareness._checkInterval)
    this.#point(doc)
    this.awareness.setLocalState({})
    this.awareness.on('change', this.#tell)
  }

  /** Shows a state that the session has authenticated, or forgets it. False when it is refused. */
  setRemote(clientID: number, state: unknown): boolean {
    const { states, meta, clientID: own } = this.awareness
    if (clientID === own) return false
    const isKnown = states.has(clientID)
    if (state === null) {
      if (isKnown) this.#forget(clientID)
      return true
    }
    if (!isPresenceState(state) || (!isKnown && states.size >= MAX_INSTANCES)) return false
    states.set(clientID, state)
    meta.set(clientID, { clock: (meta.get(clientID)?.clock ?? 0) + 1, lastUpdated: 0 })
    this.#announce(isKnown ? { updated: [clientID] } : { added: [clientID] })
    return true
  }

  /** Goes on with another document or writer. The own state moves to the new clientID; everybody else's stays. */
  rebind(doc: Doc): void {
    const state = this.awareness.getLocalState()
    const left = this.awareness.clientID
    this.#point(doc)
    if (left !== doc.clientID) this.#announce({ removed: [left] })
    this.awareness.setLocalState(state)
  }

  /** Forgets everybody and stops telling. */
  stop(): void {
    this.awareness.off('change', this.#tell)
    this.awareness.destroy()
  }

  #point(doc: Doc): void {
    this.awareness.states.delete(this.awareness.clientID)
    this.awareness.meta.delete(this.awareness.clientID)
    this.awareness.doc = doc
    this.awareness.clientID = doc.clientID
  }

  #forget(clientID: number): void {
    this.awareness.states.delete(clientID)
    this.awareness.meta.delete(clientID)
    this.#announce({ removed: [clientID] })
  }

  #announce({ added = [], updated = [], removed = [] }: Partial<Change>): void {
    const change: Change = { added, updated, removed }
    this.awareness.emit('change', [change, REMOTE_PRESENCE])
    this.awareness.emit('update', [change, REMOTE_PRESENCE])
  }

  readonly #tell = (_change: Change, origin: unknown): void => {
    if (origin === 'local') this.#onLocal(this.awareness.getLocalState())
  }
}

interface Change {
  readonly added: readonly number[]
  readonly updated: readonly number[]
  readonly removed: readonly number[]
}

function isPresenceState(state: unknown): state is Record<string, unknown> {
  if (typeof state !== 'object' || state === null || Array.isArray(state)) return false
  return isPlainJson(state) && JSON.stringify(state).length <= MAX_ANY_BYTES
}
