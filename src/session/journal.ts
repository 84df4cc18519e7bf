/**
 * A session's writes to the device's storage. Writing is started, never awaited by whoever writes; the
 * journal counts what of one's own is not on the disk yet. Nothing reaches the store before `begin`:
 * a page that was only looked at leaves no trace.
 *
 * Invariants: what was put together is written together or not at all, and in the order it was put, so the disk
 * never goes back in time; a failed write is never silent: `problem` names it until a later write succeeds,
 * and what it held goes first the next time something is put, unless whoever put it was to hear of it.
 */
import type { Clock, Millis } from '../base/ports.ts'
import type { Change, Durability, LocalId, Row, SessionStore, Store, Table } from '../storage/port.ts'
import { StorageFull } from '../storage/port.ts'

export type JournalProblem = 'storage-full' | 'not-stored' | undefined

export interface JournalListener {
  changed(): void
}

/** Changes that belong together. */
interface Put {
  readonly changes: readonly Change[]
  readonly durability: Durability
  /** False: others hold it too, so it may wait for company. */
  hurried: boolean
  /** What this device wrote into the session: it is said to be unsaved until it is on the disk. */
  readonly own: boolean
  /** Whoever put it waits for it, and hears of it when it cannot be written: it is not tried again. */
  readonly lapses?: boolean
}

/** Bytes in one write: above, a backlog that does not fit as a whole would not get in by parts either. */
const MAX_WRITE_BYTES = 1024 * 1024

/** What others hold too waits this long for company: a write costs the same whatever it holds, and a group that
 *  types brings dozens of entries a second to every device. */
const COMPANY_MS: Millis = 200

export class Journal {
  readonly localId: LocalId
  readonly #store: Store
  readonly #clock: Clock
  readonly #listener: JournalListener
  #phase: 'waiting' | 'begun' | 'closed' = 'waiting'
  #session: Promise<SessionStore> | undefined
  /** What is not on the disk, the oldest first. */
  #puts: Put[] = []
  /** Gives why it could not go on. */
  #writing: Promise<Error | undefined> | undefined
  #cancelWait: (() => void) | undefined
  #savedAt: Millis | undefined
  #problem: JournalProblem
  #failure: Error | undefined

  constructor(parts: {
    store: Store
    localId: LocalId
    opened?: SessionStore | undefined
    clock: Clock
    listener: JournalListener
  }) {
    this.#store = parts.store
    this.localId = parts.localId
    this.#clock = parts.clock
    this.#listener = parts.listener
    this.#session = parts.opened && Promise.resolve(parts.opened)
    if (parts.opened !== undefined) this.#phase = 'begun'
    this.#problem = parts.store.kind === 'memory' ? 'not-stored' : undefined
  }

  /** Own entries that are not on the disk; none counts before `begin`. */
  get unsaved(): number {
    return this.#phase === 'waiting' ? 0 : this.#puts.reduce((count, { own }) => count + (own ? 1 : 0), 0)
  }

  get savedAt(): Millis | undefined {
    return this.#savedAt
  }

  get problem(): JournalProblem {
    return this.#problem
  }

  get begun(): boolean {
    return this.#phase !== 'waiting'
  }

  /** The session was left: nothing is read or written any more. */
  get isClosed(): boolean {
    return this.#phase === 'closed'
  }

  /** From now on everything is written, what was put before included. Idempotent. */
  begin(): void {
    if (this.#phase !== 'waiting') return
    this.#phase = 'begun'
    this.#start()
  }

  put(table: Table, key: string, value: Uint8Array, durability: Durability = 'relaxed'): void {
    this.write([{ put: table, key, value }], durability)
  }

  write(changes: readonly Change[], durability: Durability = 'relaxed'): void {
    if (this.#phase === 'closed' || changes.length === 0) return
    this.#queue({ changes, durability, hurried: true, own: false })
  }

  /** Written by the time this resolves, with all that was put before, or given up. @throws what the write threw */
  async writeOrGiveUp(changes: readonly Change[]): Promise<void> {
    if (this.#phase === 'closed') return
    this.#queue({ changes, durability: 'strict', hurried: true, own: false, lapses: true })
    await this.settled()
  }

  /** An entry of this device's own. */
  putOwn(table: Table, key: string, value: Uint8Array): void {
    if (this.#phase === 'closed') return
    const changes = [{ put: table, key, value }]
    this.#queue({ changes, durability: 'relaxed', hurried: true, own: true })
  }

  /** What others hold too, such as their entries: within COMPANY_MS, or with the next write that hurries. */
  putUnhurried(table: Table, key: string, value: Uint8Array): void {
    if (this.#phase === 'closed') return
    const changes = [{ put: table, key, value }]
    this.#puts.push({ changes, durability: 'relaxed', hurried: false, own: false })
    this.#startLater()
  }

  /** Tries what could not be written once more: there may be room by now. */
  retry(): void {
    this.#start()
  }

  /** What was put so far was written or could not be: `problem` tells. */
  async flushed(): Promise<void> {
    this.#hurry()
    await this.#writing
  }

  /** Everything put so far is on the disk; what could not be written is tried once more. @throws what the write threw */
  async settled(): Promise<void> {
    this.#hurry()
    const failure = (await this.#writing) ?? this.#failure
    if (failure !== undefined) throw failure
  }

  /** Rows as they are on the disk now; none before `begin`. */
  async read(table: Table, prefix = ''): Promise<readonly Row[]> {
    const session = await this.#session
    return session === undefined ? [] : (await session.read(table, prefix)).rows
  }

  /** Tries what is left once more and waits for it; later puts are dropped. */
  async close(): Promise<void> {
    if (this.#phase !== 'closed') this.#hurry()
    this.#phase = 'closed'
    await this.#writing
    const session = await this.#session?.catch(() => undefined) // that it could not be made is told by `problem`
    await session?.close()
  }

  #queue(put: Put): void {
    this.#puts.push(put)
    this.#start()
  }

  #start(): void {
    this.#cancelWait?.()
    this.#cancelWait = undefined
    if (this.#phase !== 'begun' || this.#writing !== undefined || this.#puts.length === 0) return
    this.#writing = this.#writeAll()
  }

  #startLater(): void {
    if (this.#phase !== 'begun' || this.#writing !== undefined || this.#puts.length === 0) return
    this.#cancelWait ??= this.#clock.wakeAfter(COMPANY_MS, () => this.#start())
  }

  #hurry(): void {
    for (const put of this.#puts) put.hurried = true
    this.#start()
  }

  /** Until nothing is left but what may wait, or a write fails that cannot be made smaller. */
  async #writeAll(): Promise<Error | undefined> {
    let ended: 'written' | 'failed' = 'written'
    do {
      const puts = this.#puts.slice(0, countWithin(this.#puts, ended === 'failed' ? 0 : MAX_WRITE_BYTES))
      ended = await this.#writeFirst(puts)
      if (ended === 'failed' && puts.length === 1) break
    } while (ended === 'failed' || this.#isWorthWriting())
    const failure = this.#failure
    if (ended === 'failed') this.#giveUp()
    this.#writing = undefined
    if (ended === 'written') this.#startLater()
    this.#listener.changed()
    return failure
  }

  /** Where nothing else waits, nothing is missing on the disk. */
  #giveUp(): void {
    this.#puts = this.#puts.filter(({ lapses }) => lapses !== true)
    if (this.#puts.length === 0) this.#succeeded()
  }

  #succeeded(): void {
    this.#failure = undefined
    this.#problem = this.#store.kind === 'memory' ? 'not-stored' : undefined
  }

  #isWorthWriting(): boolean {
    if (this.#puts.some(({ hurried }) => hurried)) return true
    return countWithin(this.#puts, MAX_WRITE_BYTES) < this.#puts.length
  }

  async #writeFirst(puts: readonly Put[]): Promise<'written' | 'failed'> {
    const durability = puts.some((put) => put.durability === 'strict') ? 'strict' : 'relaxed'
    try {
      this.#session ??= this.#store.create(this.localId)
      const session = await this.#session.catch((error: unknown) => {
        this.#session = undefined // another time there may be room
        throw error
      })
      await session.write(
        puts.flatMap((put) => put.changes),
        durability,
      )
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error))
      this.#problem = error instanceof StorageFull ? 'storage-full' : 'not-stored'
      return 'failed'
    }
    this.#puts.splice(0, puts.length)
    this.#savedAt = this.#clock.now()
    this.#succeeded()
    this.#listener.changed()
    return 'written'
  }
}

/** How many of the first puts hold at most that many bytes; at least one. */
function countWithin(puts: readonly Put[], most: number): number {
  let bytes = 0
  for (const [index, put] of puts.entries()) {
    for (const change of put.changes) bytes += 'put' in change ? change.value.length : 0
    if (index > 0 && bytes > most) return index
  }
  return puts.length
}
