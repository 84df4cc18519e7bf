/**
 * A disk that takes its time, fills up, breaks rows and, in a crash, forgets what it had not yet brought to
 * safety: writes under way always, relaxed ones that had ended as far as chance says, strict ones never.
 * Not here: the crash of the device above it.
 * Invariant: what a crash leaves is a state the disk was in, some writes ago.
 */
import {
  type Change,
  type LocalId,
  type Row,
  type SessionStore,
  StorageFull,
  type Store,
  type Table,
} from '../../src/storage/port.ts'
import type { Chance, Trace } from './chance.ts'
import { inOrder, type VirtualTime } from './time.ts'

type Tables = Map<Table, Map<string, Uint8Array>>

interface Stored {
  readonly tables: Tables
  /** How to take back what is written and not yet safe, the newest last. */
  readonly unsafe: (() => void)[]
}

/** `honest` does what it says; `forgetful` loses every seventh entry without a word; `hasty` says it wrote and does so later. */
export type DiskKind = 'honest' | 'forgetful' | 'hasty'

const HASTE_MS = 3_000

export class SimDisk {
  readonly sessions = new Map<LocalId, Stored>()
  readonly kind: DiskKind
  full = false
  readonly #chance: Chance
  readonly #trace: Trace
  readonly #time: VirtualTime
  readonly #later: (task: () => void) => void
  #life = { over: false }
  #entries = 0

  constructor(parts: { time: VirtualTime; chance: Chance; trace: Trace; kind: DiskKind }) {
    this.#time = parts.time
    this.#chance = parts.chance
    this.#trace = parts.trace
    this.kind = parts.kind
    this.#later = inOrder(parts.time, () => 1 + parts.chance.below(8))
  }

  /** The device above is dead: nothing it still wants happens, and the unsafe tail is lost in part. */
  crash(): void {
    this.#life.over = true
    this.#life = { over: false }
    for (const { unsafe } of this.sessions.values()) {
      for (let lost = this.#chance.below(unsafe.length + 1); lost > 0; lost--) unsafe.pop()?.()
      unsafe.length = 0
    }
  }

  /** Makes one stored entry unreadable; says which. */
  breakRow(): string | undefined {
    for (const { tables } of this.sessions.values()) {
      const keys = [...(tables.get('entries')?.keys() ?? [])]
      if (keys.length === 0) continue
      const key = this.#chance.pick(keys)
      tables.get('entries')?.delete(key)
      return key
    }
    return undefined
  }

  row(localId: LocalId, table: Table, key: string): Uint8Array | undefined {
    return this.sessions.get(localId)?.tables.get(table)?.get(key)
  }

  /** The store as a device that starts now sees it. */
  store(): Store {
    const life = this.#life
    const open = (localId: LocalId): SessionStore => this.#open(localId, life)
    return {
      kind: 'disk',
      list: async () =>
        [...this.sessions].map(([localId, { tables }]) => ({
          localId,
          card: tables.get('card')?.get('card'),
        })),
      create: async (localId) => {
        if (localId === undefined) throw new Error('the simulator names its sessions')
        this.sessions.set(localId, { tables: new Map(), unsafe: [] })
        return open(localId)
      },
      open: async (localId) => (this.sessions.has(localId) ? open(localId) : undefined),
      forget: async (localId) => {
        this.sessions.delete(localId)
      },
      close: async () => {},
    }
  }

  #open(localId: LocalId, life: { readonly over: boolean }): SessionStore {
    let last: Promise<unknown> = Promise.resolve()
    return {
      localId,
      read: async (table, prefix = '') => ({ rows: this.#rows(localId, table, prefix), broken: [] }),
      write: (changes, durability) => {
        const writing = this.#write(localId, changes, durability === 'strict', life)
        last = writing.catch(() => undefined)
        return writing
      },
      close: async () => {
        await last
      },
    }
  }

  #rows(localId: LocalId, table: Table, prefix: string): Row[] {
    return [...(this.sessions.get(localId)?.tables.get(table) ?? [])]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ({ key, value }))
  }

  #write(
    localId: LocalId,
    changes: readonly Change[],
    strict: boolean,
    life: { readonly over: boolean },
  ): Promise<void> {
    if (life.over) return new Promise(() => undefined)
    return new Promise((resolve, reject) => {
      this.#later(() => {
        if (life.over) return
        if (this.full) return reject(new StorageFull())
        const perform = (): void => this.#perform(localId, changes, strict)
        if (this.kind === 'hasty') this.#time.wakeAfter(HASTE_MS, () => life.over || perform())
        else perform()
        resolve()
      })
    })
  }

  #perform(localId: LocalId, changes: readonly Change[], strict: boolean): void {
    const stored = this.sessions.get(localId)
    if (stored === undefined) return
    for (const change of changes) {
      if (
        'put' in change &&
        change.put === 'entries' &&
        this.kind === 'forgetful' &&
        ++this.#entries % 7 === 0
      )
        continue
      stored.unsafe.push(perform(stored.tables, change))
      this.#trace.add(1, 'put' in change ? change.value : new Uint8Array(0))
    }
    if (strict) stored.unsafe.length = 0
  }
}

/** Performs the change; gives the way back. */
function perform(tables: Tables, change: Change): () => void {
  const table = 'put' in change ? change.put : change.delete
  const rows = tables.get(table) ?? new Map<string, Uint8Array>()
  tables.set(table, rows)
  const before = rows.get(change.key)
  if ('put' in change) rows.set(change.key, change.value.slice())
  else rows.delete(change.key)
  return () => {
    if (before === undefined) rows.delete(change.key)
    else rows.set(change.key, before)
  }
}
