/**
 * Writes that wait for the disk together: what arrives while a transaction is under way goes into the next one.
 * A transaction costs about a millisecond whatever it holds, and a paste brings hundreds of writes at once.
 * Not here: the transaction itself, which comes in as a function.
 * Invariants: writes are committed in the order they came; each call is all or nothing and hears its own end;
 * a write that fails takes no other with it.
 */
import type { Durability } from './port.ts'

/** One call: sealed already, so that the caller may reuse its bytes. */
export type SealedChange = { readonly put: string; readonly sealed: Uint8Array } | { readonly delete: string }

/** All of it or nothing. */
export type Commit = (changes: readonly SealedChange[], durability: Durability) => Promise<void>

interface Write {
  readonly changes: readonly SealedChange[]
  readonly durability: Durability
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Bytes in one transaction: above, the first writes of a large paste would wait for its last. */
const MAX_TRANSACTION_BYTES = 4 * 1024 * 1024

export class Writes {
  readonly #commit: Commit
  readonly #waiting: Write[] = []
  #running: Promise<void> | undefined

  constructor(commit: Commit) {
    this.#commit = commit
  }

  add(changes: readonly SealedChange[], durability: Durability): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ changes, durability, bytes: bytesOf(changes), resolve, reject })
    })
    this.#running ??= this.#run()
    return done
  }

  /** Resolves when all writes so far have ended, well or badly. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#commitTogether(this.#takeBatch())
    this.#running = undefined
  }

  #takeBatch(): Write[] {
    let bytes = 0
    let count = 0
    for (const write of this.#waiting) {
      bytes += write.bytes
      if (count > 0 && bytes > MAX_TRANSACTION_BYTES) break
      count += 1
    }
    return this.#waiting.splice(0, count)
  }

  async #commitTogether(batch: readonly Write[]): Promise<void> {
    try {
      const durability = batch.some((write) => write.durability === 'strict') ? 'strict' : 'relaxed'
      await this.#commit(
        batch.flatMap((write) => write.changes),
        durability,
      )
    } catch (error) {
      if (batch.length > 1) return this.#commitOneByOne(batch)
      for (const write of batch) write.reject(error)
      return
    }
    for (const write of batch) write.resolve()
  }

  /** One of the batch does not fit: the others may. */
  async #commitOneByOne(batch: readonly Write[]): Promise<void> {
    for (const write of batch) await this.#commitTogether([write])
  }
}

function bytesOf(changes: readonly SealedChange[]): number {
  return changes.reduce((sum, change) => sum + ('put' in change ? change.sealed.length : 0), 0)
}
