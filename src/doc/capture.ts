/**
 * Local edits on their way into entries. The first edit leaves at once, then one batch at most every
 * CAPTURE_PAUSE_MS. A batch is what the document holds of its writer and the log does not, read when it leaves:
 * never the bytes of an update event, which overlap when observers write.
 *
 * Invariants
 * 1. What leaves passed the author's own firewall and neighbour check, so no honest peer can refuse it.
 * 2. No lone surrogate leaves. Mending is an edit, so it waits until whoever edits now has returned.
 * 3. A batch closes only after all transactions, never inside one.
 * 4. After an edit nobody else can get, nothing leaves until `rebind`.
 */
import * as Y from 'yjs'
import { assert } from '../base/assert.ts'
import type { Clock, Millis } from '../base/ports.ts'
import { CAPTURE_PAUSE_MS } from '../wire/limits.ts'
import { isViolation } from '../wire/violation.ts'
import { REMOTE, type SharedDocument } from './document.ts'
import { openUpdate } from './firewall.ts'
import { ForeignEdit, UnsharableEdit } from './foreign.ts'
import { fragmentsSince, itemsSince } from './fragments.ts'
import { mendSurrogates, needsMending } from './mending.ts'
import { objectionByNeighbours } from './neighbours.ts'
import { packed } from './pieces.ts'
import { normalized } from './ranges.ts'
import type { Deletion } from './update.ts'

export interface CaptureOptions {
  readonly document: SharedDocument
  readonly clientID: number
  readonly clock: Clock
  /** Updates for one entry each, in order. Called after all transactions but often before the edit has returned,
   *  so remote entries may not be applied from here. */
  readonly emit: (updates: readonly Uint8Array[]) => void
  /** Capture has stopped. Once the edit has returned: rebuild from the log, `rebind`, then `reenter` the texts. */
  readonly fail: (error: ForeignEdit | UnsharableEdit) => void
}

type State =
  | { readonly phase: 'ready' }
  | { readonly phase: 'emitting' }
  | { readonly phase: 'pausing'; readonly stop: () => void }
  | { readonly phase: 'blocked' }
  | { readonly phase: 'stopped' }

export function createCapture(options: CaptureOptions): Capture {
  return new Capture(options)
}

export class Capture {
  readonly #clock: Clock
  readonly #emit: CaptureOptions['emit']
  readonly #fail: CaptureOptions['fail']
  #document: SharedDocument
  #clientID: number
  #state: State = { phase: 'ready' }
  /** The next clock of the writer that the log lacks. */
  #logged: number
  #deletions: Deletion[] = []
  /** Seen inside a transaction, told after all of them. */
  #failure: ForeignEdit | undefined

  constructor({ document, clientID, clock, emit, fail }: CaptureOptions) {
    this.#clock = clock
    this.#emit = emit
    this.#fail = fail
    this.#document = document
    this.#clientID = clientID
    this.#logged = document.nextClock(clientID)
    this.#listen()
  }

  /** Whether a change stands in the document and in no entry yet: what has not been let out cannot be on any disk. */
  get isWaiting(): boolean {
    return this.#waits()
  }

  /** Lets everything out now. */
  flush(): void {
    if (this.#state.phase !== 'ready' && this.#state.phase !== 'pausing') return
    if (this.#state.phase === 'pausing') this.#state.stop()
    this.#state = { phase: 'ready' }
    this.#release()
  }

  /** What was not let out stays. */
  stop(): void {
    this.#silence()
    this.#state = { phase: 'stopped' }
  }

  /** Goes on with another document or writer, whose content the log holds. What was not let out is forgotten. */
  rebind(document: SharedDocument, clientID: number): void {
    this.#silence()
    this.#document = document
    this.#clientID = clientID
    this.#logged = document.nextClock(clientID)
    this.#deletions = []
    this.#failure = undefined
    this.#state = { phase: 'ready' }
    this.#listen()
  }

  #listen(): void {
    this.#document.doc.on('afterTransactionCleanup', this.#collect)
    this.#document.doc.on('afterAllTransactions', this.#close)
  }

  #silence(): void {
    if (this.#state.phase === 'pausing') this.#state.stop()
    this.#document.doc.off('afterTransactionCleanup', this.#collect)
    this.#document.doc.off('afterAllTransactions', this.#close)
  }

  readonly #collect = (transaction: Y.Transaction): void => {
    const { beforeState, afterState, deleteSet, origin } = transaction
    if (origin === REMOTE) {
      this.#acknowledge(beforeState.get(this.#clientID) ?? 0, afterState.get(this.#clientID) ?? 0)
      return
    }
    const isForeign = ([client, clock]: readonly [number, number]): boolean =>
      client !== this.#clientID && clock !== (beforeState.get(client) ?? 0)
    if ([...afterState].some(isForeign)) this.#failure ??= new ForeignEdit()
    for (const [client, ranges] of deleteSet.clients) {
      for (const { clock, len } of ranges) this.#deletions.push({ client, clock, length: len })
    }
  }

  /** The writer's own entries came back from the log, into a document brought up to date. */
  #acknowledge(before: number, after: number): void {
    if (before === after) return
    assert(this.#logged === before, 'own entries come back only where nothing waits to leave')
    this.#logged = after
  }

  readonly #close = (): void => {
    if (this.#failure) this.#block(this.#failure)
    if (this.#state.phase !== 'ready') return
    if (needsMending(this.#document.doc, this.#clientID, this.#logged)) this.#pause(0)
    else this.#release()
  }

  #release(): void {
    if (!this.#waits()) return
    assert(this.#document.doc._transaction === null, 'a batch closes after all transactions')
    this.#state = { phase: 'emitting' }
    mendSurrogates(this.#document.doc, this.#clientID, this.#logged)
    const updates = this.#encode()
    const objection = this.#objectionTo(updates)
    if (objection !== undefined) {
      this.#block(new UnsharableEdit(objection))
      return
    }
    this.#logged = this.#document.nextClock(this.#clientID)
    this.#deletions = []
    this.#pause(CAPTURE_PAUSE_MS)
    if (updates.length > 0) this.#emit(updates)
  }

  #pause(span: Millis): void {
    this.#state = { phase: 'pausing', stop: this.#clock.wakeAfter(span, this.#resume) }
  }

  readonly #resume = (): void => {
    if (this.#state.phase !== 'pausing') return
    this.#state = { phase: 'ready' }
    this.#release()
  }

  #waits(): boolean {
    return this.#document.nextClock(this.#clientID) > this.#logged || this.#deletions.length > 0
  }

  #encode(): Uint8Array[] {
    const written = fragmentsSince(this.#document.doc, this.#clientID, this.#logged)
    const deletions = [...this.#deletions.flatMap(this.#beforeBatch), ...this.#deletedTypes()]
    return packed(this.#clientID, written, normalized(deletions))
  }

  /** What the batch itself brings is written as deleted where it is, so only older content needs saying so. */
  readonly #beforeBatch = ({ client, clock, length }: Deletion): Deletion[] => {
    if (client !== this.#clientID) return [{ client, clock, length }]
    const older = Math.min(length, this.#logged - clock)
    return older > 0 ? [{ client, clock, length: older }] : []
  }

  /** Types keep their content when they are deleted. */
  #deletedTypes(): Deletion[] {
    return itemsSince(this.#document.doc, this.#clientID, this.#logged)
      .filter(({ deleted, content }) => deleted && content instanceof Y.ContentType)
      .map(({ id }) => ({ client: id.client, clock: id.clock, length: 1 }))
  }

  #objectionTo(updates: readonly Uint8Array[]): string | undefined {
    const { doc, schema } = this.#document
    for (const update of updates) {
      const opened = openUpdate(update, this.#clientID, schema)
      if (isViolation(opened)) return opened.detail
      const objection = objectionByNeighbours(opened.update, doc, schema)
      if (objection !== undefined) return objection
    }
    return undefined
  }

  #block(error: ForeignEdit | UnsharableEdit): void {
    if (this.#state.phase === 'blocked' || this.#state.phase === 'stopped') return
    if (this.#state.phase === 'pausing') this.#state.stop()
    this.#state = { phase: 'blocked' }
    this.#fail(error)
  }
}
