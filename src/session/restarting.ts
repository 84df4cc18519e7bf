/**
 * A Restart as one device takes part in it: a version of the text before, the document rebuilt from what the owner
 * had, own text that falls away with it entered again by a new writer, and the log put on the state it comes to.
 *
 * Not here: which entries count (protocol/restarting.ts), what of a text is one's own (doc/own-text.ts).
 * Invariants: rows of what counts no more go from the disk after what was entered again is on its way there. Until
 * the disk stands on a state from after the Restart, opening the session takes part in it anew.
 */
import type { DeviceId, WriterId } from '../base/ids.ts'
import type { SharedDocument } from '../doc/document.ts'
import { openUpdate } from '../doc/firewall.ts'
import { type ClientRange, type OwnText, reenterOwn } from '../doc/own-text.ts'
import type { Schema } from '../doc/schema.ts'
import type { Chain } from '../protocol/chain.ts'
import { type LogOutput, type LogState, step } from '../protocol/log.ts'
import { appliedHeads, forgetAll } from '../protocol/rebase.ts'
import { isAnother, isComplete, newestRestart } from '../protocol/restarting.ts'
import { isViolation } from '../wire/violation.ts'
import type { Bases } from './bases.ts'
import type { Journal } from './journal.ts'
import { forkKey, type StoredBase } from './stored.ts'

export interface RestartingParts {
  readonly log: LogState
  readonly bases: Bases
  readonly journal: Journal
  readonly schema: Schema
  readonly me: DeviceId
  readonly document: () => SharedDocument
  readonly writer: () => WriterId
  readonly mayWrite: () => boolean
  /** Whether this tab looks after what tabs of this device left that are closed. */
  readonly mayTrim: () => boolean
  /** Another tab of this device writes as that client, and looks after it. */
  readonly isOpenElsewhere: (clientID: number) => boolean
  readonly perform: (outputs: readonly LogOutput[]) => void
  readonly flush: () => void
  /** A fresh document from base and log; `reenter` is given the one before, once its writer may write. */
  readonly rebuild: (reenter: (before: SharedDocument) => void) => void
  /** The document as of a log in which nothing is. */
  readonly emptied: () => void
  readonly rebased: () => void
  /** An own checkpoint, from which the disk starts. */
  readonly checkpoint: () => void
  /** The document shows what is applied, and nothing else is on its way into it. */
  readonly isInStep: () => boolean
  /** Before anything changes: the text as it is now. */
  readonly begins: () => void
}

export class Restarting {
  readonly #parts: RestartingParts
  /** Own text that waits until all that the owner had is here. */
  #waiting: { readonly before: SharedDocument; readonly own: OwnText } | undefined

  /** The Restart from whose state on the log is kept. */
  #standsOn: number

  constructor(parts: RestartingParts) {
    this.#parts = parts
    this.#standsOn = parts.log.restartedAt
  }

  /** The roster grew, or the session was opened. */
  heed(): void {
    const { log, me, mayWrite } = this.#parts
    const { roster } = log
    if (newestRestart(roster, roster.seq) <= log.restartedAt) return
    // whoever is let in again, or given the newest key, a moment later enters its text then
    if (roster.isLeftOut(me) || (roster.mayWrite(me, roster.seq) && !mayWrite())) return
    this.#begin()
    this.settle()
  }

  #begin(): void {
    const { log, bases, flush, begins, perform, journal } = this.#parts
    flush()
    begins()
    const writers = new Set(this.#writersToHeed().map(({ id }) => id))
    const forked = [...log.chains.values()].filter(({ fork }) => fork !== undefined)
    perform(step(log, { type: 'restart' }).outputs)
    const all = [...log.chains.values()]
    if (all.some((chain) => isAnother(log, chain))) return this.#beginElsewhere(writers)
    bases.vouch(log.restartedAt)
    let base: StoredBase | undefined
    if (all.some((chain) => chain.applied > chain.closedAt)) base = this.#rebuild(writers)
    else base = this.#ground()
    const ended = forked.filter(({ closedAt }) => closedAt < Number.POSITIVE_INFINITY)
    for (const { id } of ended) journal.write([{ delete: 'roster', key: forkKey(id) }])
    perform(step(log, { type: 'restarted' }).outputs)
    if (base !== undefined) this.#standOn(base)
  }

  /** Writers of this device whose text this tab enters again. */
  #writersToHeed(): Chain[] {
    const { log, me, writer, mayTrim, isOpenElsewhere } = this.#parts
    return [...log.chains.values()].filter(
      (chain) =>
        chain.device === me && (chain.writer === writer() || (mayTrim() && !isOpenElsewhere(chain.clientID))),
    )
  }

  /** Gives what the log can stand on, without what is entered again. */
  #rebuild(writers: ReadonlySet<Chain['id']>): StoredBase | undefined {
    const { log, document, mayWrite, flush, rebuild } = this.#parts
    let base: StoredBase | undefined
    rebuild((before) => {
      base = this.#ground()
      const chains = [...log.chains.values()].filter(({ id }) => writers.has(id))
      const mine = new Set(chains.map(({ clientID }) => clientID))
      const deleted = chains.flatMap((chain) => this.#deletedBy(chain))
      if (mayWrite()) reenterOwn(before, document(), { mine: (clientID) => mine.has(clientID), deleted })
    })
    flush()
    return base
  }

  /** By what of the chain is not in the document. */
  #deletedBy(chain: Chain): ClientRange[] {
    const lost = chain.entries.slice(chain.applied - chain.base).filter(({ inspection }) => inspection)
    return lost.flatMap(({ body }) => {
      const opened = openUpdate(body, chain.clientID, this.#parts.schema)
      return isViolation(opened) ? [] : opened.update.deletions
    })
  }

  /** What is here cannot be brought to what the owner had without help: everything is asked for anew, and own text is
   *  entered again once it is here. The disk keeps what it has until then. */
  #beginElsewhere(writers: ReadonlySet<Chain['id']>): void {
    const { log, bases, me, document, emptied } = this.#parts
    const past = [...log.chains.values()].filter(({ applied, closedAt }) => applied > closedAt)
    const mine = new Set(
      [...log.chains.values()].filter(({ id }) => writers.has(id)).map(({ clientID }) => clientID),
    )
    const own: OwnText = {
      mine: (clientID) => mine.has(clientID),
      deleted: past.every(({ device }) => device === me) ? 'all' : [],
    }
    this.#waiting = { before: document(), own }
    forgetAll(log)
    bases.forget()
    emptied()
  }

  /** Once all that the owner had is here: own text that waited is entered, and the log stands on the state. */
  settle(): void {
    const { log, document, mayWrite, flush } = this.#parts
    const isDue = this.#waiting !== undefined || this.#standsOn < log.restartedAt
    if (!isDue || !isComplete(log)) return
    flush()
    const base = this.#ground()
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting !== undefined && mayWrite()) reenterOwn(waiting.before, document(), waiting.own)
    flush()
    if (base !== undefined) this.#standOn(base)
  }

  /** In an idle moment: what was written since and others may lack keeps the log where it is, so a checkpoint moves it. */
  tidy(): void {
    this.settle()
    const { log, mayTrim, mayWrite, isInStep, checkpoint } = this.#parts
    const isDue = this.#standsOn < log.restartedAt && isComplete(log)
    if (!isDue || !mayTrim() || !mayWrite() || !isInStep()) return
    checkpoint()
    this.#standsOn = log.restartedAt
  }

  /** What the log can stand on from now on: all that the owner had, and nothing of our own that others may lack still. */
  #ground(): StoredBase | undefined {
    const { log, me, document, mayTrim, isInStep } = this.#parts
    if (!mayTrim() || !isInStep() || !isComplete(log)) return undefined
    const isOwnAndNew = (chain: Chain): boolean =>
      chain.device === me && chain.closedAt === Number.POSITIVE_INFINITY && chain.entries.length > 0
    if ([...log.chains.values()].some(isOwnAndNew)) return undefined
    const free = [...log.freeClocks].map(([clientID, clock]) => ({ clientID, clock }))
    return {
      heads: appliedHeads(log),
      free,
      rosterSeq: log.roster.seq,
      state: document().encodeState(),
    }
  }

  #standOn(base: StoredBase): void {
    const { log, bases, rebased } = this.#parts
    bases.moveTo(base, undefined, () => undefined)
    this.#standsOn = log.restartedAt
    rebased()
  }
}
