/**
 * What the log starts from: a state that stands for all entries at or below its heads. There are two. The disk's
 * is the newest, so that opening reads little; the memory's is one checkpoint older, so that who missed little is
 * sent entries and not a state.
 *
 * Invariant: what is held beyond the disk's base stands in its rows of entries; what it covers, in history.
 */
import type { DeviceId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import { chainFor, type LogState } from '../protocol/log.ts'
import { liftBases } from '../protocol/rebase.ts'
import type { Change } from '../storage/port.ts'
import { type Entry, encodeEntry, sizeOfEntry } from '../wire/entry.ts'
import { type ChainId, chainOf } from '../wire/heads.ts'
import { CHECKPOINT_MIN_BYTES, CHECKPOINT_MIN_ENTRIES } from '../wire/limits.ts'
import type { Journal } from './journal.ts'
import { baseChanges, entryKey, type StoredBase } from './stored.ts'

/** The log on the disk may grow to this part of the state before it begins anew: opening reads state and log. */
const TAIL_SHARE = 5

const BASE_ROWS = [
  { delete: 'blobs', key: 'base' },
  { delete: 'blobs', key: 'checkpoint' },
] as const

export interface BasesParts {
  readonly log: LogState
  readonly journal: Journal
  readonly me: DeviceId
  readonly now: () => Millis
  /** What the log was opened on, and the checkpoint that signs it. */
  readonly opened: StoredBase | undefined
  readonly signedBy: Entry | undefined
}

export class Bases {
  readonly #parts: BasesParts
  #memory: StoredBase | undefined
  #disk: StoredBase | undefined
  #by: DeviceId | undefined
  #tail = { entries: 0, bytes: 0 }

  constructor(parts: BasesParts) {
    this.#parts = parts
    this.#memory = parts.opened
    this.#disk = parts.opened
    this.#sign(parts.opened && parts.signedBy)
  }

  /** What the log in memory starts from; undefined: from nothing. */
  get memory(): StoredBase | undefined {
    return this.#memory
  }

  /** Whose word the base is, where it is not our own. */
  get by(): DeviceId | undefined {
    return this.#by
  }

  set by(device: DeviceId | undefined) {
    this.#by = device
  }

  /** The log since the disk's base is long enough to begin anew: entries, bytes, and a good part of the state. */
  get isDue(): boolean {
    const { entries, bytes } = this.#tail
    if (entries <= CHECKPOINT_MIN_ENTRIES) return false
    return bytes > Math.max(CHECKPOINT_MIN_BYTES, (this.#disk?.state.length ?? 0) / TAIL_SHARE)
  }

  /** An entry was held beyond the bases. */
  added(entry: Entry): void {
    this.#tail.entries++
    this.#tail.bytes += sizeOfEntry(entry)
  }

  /** An own checkpoint: the disk starts from it at once, the memory one checkpoint later. What the disk stood on from before
   *  a Restart covers text that counts no more: the memory never starts from that. */
  startFrom(base: StoredBase, signedBy: Entry): void {
    const { log } = this.#parts
    const covered = this.#coveredBy(base)
    if (this.#disk !== undefined && this.#disk.rosterSeq >= log.restartedAt) {
      liftBases(log, this.#disk)
      this.#memory = this.#disk
    }
    this.#store(base, covered, signedBy)
  }

  /** Both start from `base`, on which the document is built anew by `rebuild` in the middle of the move. */
  moveTo(base: StoredBase, signedBy: Entry | undefined, rebuild: () => void): void {
    const covered = this.#coveredBy(base)
    liftBases(this.#parts.log, base)
    rebuild()
    this.#memory = base
    this.#store(base, covered, signedBy)
  }

  /** Text that no entry brings again: the base from the first moment. */
  seed(base: StoredBase, signedBy: Entry): void {
    this.#memory = base
    this.#store(base, [], signedBy)
  }

  /** What the base covers is what the owner had at the Restart there. */
  vouch(rosterSeq: number): void {
    if (this.#memory === undefined) return
    this.#memory = { ...this.#memory, rosterSeq: Math.max(rosterSeq, this.#memory.rosterSeq) }
    for (const chain of this.#parts.log.chains.values())
      if (chain.base > 0) chain.vouchedAt = Math.max(rosterSeq, chain.vouchedAt)
  }

  /** The log starts from nothing again in memory; the disk keeps what it has until another base takes its place. */
  forget(): void {
    this.#memory = undefined
    this.#disk = undefined
    this.#by = undefined
  }

  /** The log starts from nothing again, in memory and on disk. */
  drop(): void {
    this.forget()
    this.#parts.journal.write(BASE_ROWS, 'strict')
  }

  #store(base: StoredBase, covered: readonly Entry[], signedBy: Entry | undefined): void {
    this.#sign(signedBy)
    const uncovered = this.#uncoveredBy(base)
    this.#disk = base
    const tail = this.#heldBeyond(base)
    this.#tail = { entries: tail.length, bytes: tail.reduce((sum, entry) => sum + sizeOfEntry(entry), 0) }
    const changes = baseChanges(base, covered, signedBy, this.#parts.now())
    this.#parts.journal.write([...changes, ...uncovered], 'strict')
  }

  #sign(entry: Entry | undefined): void {
    if (entry !== undefined && entry.device !== this.#parts.me) this.#by = entry.device
  }

  /** What moves from the log on the disk into history. */
  #coveredBy(base: StoredBase): Entry[] {
    const before = seqsOf(this.#disk)
    return base.heads.flatMap((head) => {
      const from = before.get(chainOf(head)) ?? 0
      const entries = chainFor(this.#parts.log, head)?.entries ?? []
      return entries.map((held) => held.entry).filter(({ seq }) => seq > from && seq <= head.seq)
    })
  }

  /** What the base before covered and this one does not is in no row of the log any more: it is put there again. */
  #uncoveredBy(base: StoredBase): Change[] {
    const before = seqsOf(this.#disk)
    const lost = this.#heldBeyond(base).filter((entry) => entry.seq <= (before.get(chainOf(entry)) ?? 0))
    return lost.map((entry) => ({ put: 'entries', key: entryKey(entry), value: encodeEntry(entry) }))
  }

  #heldBeyond(base: StoredBase): Entry[] {
    const seqs = seqsOf(base)
    const entries = [...this.#parts.log.chains.values()].flatMap((chain) =>
      chain.entries.map((held) => held.entry),
    )
    return entries.filter((entry) => entry.seq > (seqs.get(chainOf(entry)) ?? 0))
  }
}

function seqsOf(base: StoredBase | undefined): ReadonlyMap<ChainId, number> {
  return new Map(base?.heads.map((head) => [chainOf(head), head.seq]))
}
