/**
 * A session's writes to the device's storage. Writing is started, never awaited by whoever writes; the
 * journal counts what is not on the disk yet and says when it is. Nothing reaches the store before `begin`:
 * a page that was only looked at leaves no trace.
 *
 * Invariant: a failed write is never silent: `problem` names it until a later write succeeds.
 */
import type { Millis } from '../base/ports.ts'
import type { Change, Durability, LocalId, Row, SessionStore, Store, Table } from '../storage/port.ts'
import { StorageFull } from '../storage/port.ts'

export type JournalProblem = 'storage-full' | 'not-stored' | undefined

export interface JournalListener {
  changed(): void
}

export class Journal {
  readonly localId: LocalId
  readonly #store: Store
  readonly #now: () => Millis
  readonly #listener: JournalListener
  #session: Promise<SessionStore> | undefined
  /** Put before `begin`, or left over from a failed write: they go with the next one, so the disk has no gap. */
  #waiting: Change[] = []
  #pending = 0
  #savedAt: Millis | undefined
  #problem: JournalProblem
  #failure: Error | undefined
  #last: Promise<void> = Promise.resolve()
  #closed = false

  constructor(parts: {
    store: Store
    localId: LocalId
    opened?: SessionStore | undefined
    now: () => Millis
    listener: JournalListener
  }) {
    this.#store = parts.store
    this.localId = parts.localId
    this.#now = parts.now
    this.#listener = parts.listener
    this.#session = parts.opened && Promise.resolve(parts.opened)
    this.#problem = parts.store.kind === 'memory' ? 'not-stored' : undefined
  }

  get pending(): number {
    return this.#pending + (this.#session === undefined ? 0 : this.#waiting.length)
  }

  get savedAt(): Millis | undefined {
    return this.#savedAt
  }

  get problem(): JournalProblem {
    return this.#problem
  }

  get begun(): boolean {
    return this.#session !== undefined
  }

  /** From now on everything is written, what was put before included. Idempotent. */
  begin(): void {
    if (this.#session !== undefined || this.#closed) return
    this.#session = this.#store.create(this.localId)
    this.#start([], 'strict')
  }

  put(table: Table, key: string, value: Uint8Array, durability: Durability = 'relaxed'): void {
    this.write([{ put: table, key, value }], durability)
  }

  write(changes: readonly Change[], durability: Durability = 'relaxed'): void {
    if (this.#closed || changes.length === 0) return
    if (this.#session === undefined) this.#waiting.push(...changes)
    else this.#start(changes, durability)
  }

  /** What was put so far was written or could not be: `problem` tells. */
  async flushed(): Promise<void> {
    await this.#last
  }

  /** Everything put so far is on the disk. @throws what the last failed write threw */
  async settled(): Promise<void> {
    await this.#last
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Rows as they are on the disk now; none before `begin`. */
  async read(table: Table): Promise<readonly Row[]> {
    const session = await this.#session
    return session === undefined ? [] : (await session.read(table)).rows
  }

  /** Waits for what is under way; later puts are dropped. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#last
    const session = await this.#session?.catch(() => undefined)
    await session?.close()
  }

  #start(changes: readonly Change[], durability: Durability): void {
    this.#pending++
    const all = [...this.#waiting, ...changes]
    this.#waiting = []
    const write = this.#write(all, durability)
    this.#last = Promise.all([this.#last, write]).then(() => undefined)
  }

  async #write(changes: readonly Change[], durability: Durability): Promise<void> {
    try {
      const session = await this.#session
      await session?.write(changes, durability)
      this.#savedAt = this.#now()
      this.#failure = undefined
      if (this.#problem === 'storage-full') this.#problem = undefined
    } catch (error) {
      this.#waiting = [...changes, ...this.#waiting]
      this.#failure = error instanceof Error ? error : new Error(String(error))
      this.#problem = error instanceof StorageFull ? 'storage-full' : 'not-stored'
    } finally {
      this.#pending--
      this.#listener.changed()
    }
  }
}
