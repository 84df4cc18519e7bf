/**
 * Checkpoints this device hands to others: the one it has at hand, and a new one when too much happened since. An own one
 * also starts the own log anew (bases.ts). Not here: what those of others are worth (replica.ts).
 *
 * Invariant: what is handed out covers every base of the log, so that nobody who takes it lacks what is in no entry any more.
 */
import { assert } from '../base/assert.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { SharedDocument } from '../doc/document.ts'
import type { Chain } from '../protocol/chain.ts'
import { chainFor, type LogState } from '../protocol/log.ts'
import { appliedHeads, openCheckpoint } from '../protocol/rebase.ts'
import { sealBlob } from '../wire/blob.ts'
import { type BlobReference, type Checkpoint, encodeCheckpoint } from '../wire/checkpoint.ts'
import type { Entry } from '../wire/entry.ts'
import { MAX_CHECKPOINT_HEADS, MAX_INLINE_BODY_BYTES } from '../wire/limits.ts'
import { isViolation } from '../wire/violation.ts'
import type { Bases } from './bases.ts'
import type { StoredBase } from './stored.ts'

/** A checkpoint that can be handed to others as it is. */
export interface ServedCheckpoint {
  readonly entry: Entry
  readonly checkpoint: Checkpoint
  /** What the checkpoint's blob holds, if it has one. */
  readonly plain: Uint8Array
}

export interface OwnCheckpointsParts {
  readonly crypto: Crypto
  readonly log: LogState
  readonly bases: Bases
  readonly document: () => SharedDocument
  /** Of the own writer. */
  readonly chain: () => Chain | undefined
  readonly mayWrite: () => boolean
  /** Whether this tab may start the log on the disk anew. */
  readonly mayTrim: () => boolean
  readonly flush: () => void
  readonly author: (body: Uint8Array) => void
  readonly rebased: () => void
}

export class OwnCheckpoints {
  readonly #parts: OwnCheckpointsParts
  #served: ServedCheckpoint | undefined

  /** @param opened what the log was opened on, and the entry that signs it: it can be served again */
  constructor(
    parts: OwnCheckpointsParts,
    opened: { readonly base: StoredBase; readonly entry: Entry } | undefined,
  ) {
    this.#parts = parts
    this.#served = opened && this.#servedAgain(opened.entry, opened.base)
  }

  /** A checkpoint now would make the log shorter by enough to be worth it. */
  get isDue(): boolean {
    const { log, bases } = this.#parts
    return log.chains.size <= MAX_CHECKPOINT_HEADS && bases.isDue
  }

  /** One of somebody else was taken and can be handed on; undefined: what was at hand does not hold any more. */
  took(checkpoint: ServedCheckpoint | undefined): void {
    this.#served = checkpoint
  }

  /** What a peer that lacks too much is given; made anew when too much has happened since the last. */
  toServe(): ServedCheckpoint | undefined {
    const { log, mayWrite } = this.#parts
    const served = this.#served
    const covers = served?.checkpoint.heads.every((head) => (chainFor(log, head)?.base ?? 0) <= head.seq)
    const isComplete = [...log.chains.values()].every(
      (chain) =>
        chain.base === 0 ||
        served?.checkpoint.heads.some((head) => head.writer === chain.writer && head.device === chain.device),
    )
    if (served !== undefined && covers === true && isComplete) return served
    const fits = log.chains.size <= MAX_CHECKPOINT_HEADS
    return fits && mayWrite() ? this.make() : undefined
  }

  withBlob(blob: BlobReference['blob']): ServedCheckpoint | undefined {
    const state = this.#served?.checkpoint.state
    return state?.kind === 'blob' && state.reference.blob === blob ? this.#served : undefined
  }

  /** Signs what is applied now, and starts the own log from there. */
  make(): ServedCheckpoint {
    const { crypto, log, bases, document, chain, mayTrim, flush, author, rebased } = this.#parts
    flush()
    const state = document().encodeState()
    const heads = appliedHeads(log)
    const free = [...log.freeClocks].map(([clientID, clock]) => ({ clientID, clock }))
    const blob = state.length > MAX_INLINE_BODY_BYTES / 2 ? sealBlob(crypto, state) : undefined
    const checkpoint: Checkpoint = {
      heads,
      free,
      digest: document().digest(crypto),
      state:
        blob === undefined ? { kind: 'inline', bytes: state } : { kind: 'blob', reference: blob.reference },
    }
    const before = this.#served
    author(encodeCheckpoint(checkpoint))
    // whoever hears of it may lack so much that another one was made for them: that one is newer
    if (this.#served !== undefined && this.#served !== before) return this.#served
    const entry = chain()?.entries.at(-1)?.entry
    assert(entry !== undefined, 'what was authored is held')
    this.#served = { entry, checkpoint, plain: state }
    if (heads.length > 0 && mayTrim()) {
      bases.startFrom({ heads, free, rosterSeq: entry.rosterSeq, state }, entry)
      rebased()
    }
    return this.#served
  }

  /** What an app's document held before there was a log, by writers of no session, becomes free content under the first
   *  checkpoint. */
  seed(own: number): void {
    const { log, bases, document } = this.#parts
    for (const [clientID, clock] of document().clocks())
      if (clientID !== own) log.freeClocks.set(clientID, clock)
    if (log.freeClocks.size === 0) return
    const { entry, checkpoint, plain } = this.make()
    const { heads, free } = checkpoint
    bases.seed({ heads, free, rosterSeq: entry.rosterSeq, state: plain }, entry)
  }

  #servedAgain(entry: Entry, base: StoredBase): ServedCheckpoint | undefined {
    const checkpoint = openCheckpoint(this.#parts.log, entry)
    if (checkpoint === undefined || isViolation(checkpoint)) return undefined
    return { entry, checkpoint, plain: base.state }
  }
}
