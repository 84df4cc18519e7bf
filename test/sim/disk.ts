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
import type { Site } from './site.ts'
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

interface PowerLoss {
  /** Writes until then. */
  left: number
  readonly happen: () => void
  /** Whether the write in which it goes is brought to the disk; by chance when left out. */
  readonly isDone: boolean | undefined
}

export class SimDisk {
  readonly sessions = new Map<LocalId, Stored>()
  readonly kind: DiskKind
  full = false
  readonly #chance: Chance
  readonly #trace: Trace
  readonly #time: VirtualTime
  readonly #later: (task: () => void) => void
  #powerLoss: PowerLoss | undefined
  #entries = 0

  constructor(parts: { time: VirtualTime; chance: Chance; trace: Trace; kind: DiskKind }) {
    this.#time = parts.time
    this.#chance = parts.chance
    this.#trace = parts.trace
    this.kind = parts.kind
    this.#later = inOrder(parts.time, () => 1 + parts.chance.below(8))
  }

  /** The device above is dead: the unsafe tail is lost in part. */
  crash(): void {
    this.#powerLoss = undefined
    for (const { unsafe } of this.sessions.values()) {
      for (let lost = this.#chance.below(unsafe.length + 1); lost > 0; lost--) unsafe.pop()?.()
      unsafe.length = 0
    }
  }

  /** The power goes in the midst of a write, so many writes from now. */
  loseThePowerAfter(writes: number, happen: () => void, isDone?: boolean): void {
    this.#powerLoss = { left: writes, happen, isDone }
  }

  keepThePower(): void {
    this.#powerLoss = undefined
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

  /** The store as the device that lives at `site` sees it. */
  store(site: Site): Store {
    const open = (localId: LocalId): SessionStore => this.#open(localId, site)
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

  #open(localId: LocalId, site: Site): SessionStore {
    let last: Promise<unknown> = Promise.resolve()
    return {
      localId,
      read: async (table, prefix = '') => ({ rows: this.#rows(localId, table, prefix), broken: [] }),
      write: (changes, durability) => {
        const writing = this.#write({ localId, changes, strict: durability === 'strict', site })
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

  #write(writing: Writing): Promise<void> {
    const { site } = writing
    return new Promise((resolve, reject) => {
      this.#later(() => {
        if (site.phase === 'dead') return
        if (this.full) return site.run(() => reject(new StorageFull()))
        const wasDone = this.#powerLoss?.left !== 0 || (this.#powerLoss.isDone ?? this.#chance.oneIn(2))
        if (wasDone) this.#perform(writing)
        if (this.#countDown()) site.run(resolve)
      })
    })
  }

  /** False: the power is gone, and nobody hears of the write. */
  #countDown(): boolean {
    const loss = this.#powerLoss
    if (loss === undefined || loss.left-- > 0) return true
    this.#powerLoss = undefined
    loss.happen()
    return false
  }

  #perform(writing: Writing): void {
    if (this.kind !== 'hasty') return this.#bringIn(writing)
    this.#time.wakeAfter(HASTE_MS, () => writing.site.phase === 'dead' || this.#bringIn(writing))
  }

  #bringIn({ localId, changes, strict }: Writing): void {
    const stored = this.sessions.get(localId)
    if (stored === undefined) return
    const back: (() => void)[] = []
    for (const change of changes) {
      const isEntry = 'put' in change && change.put === 'entries'
      if (isEntry && this.kind === 'forgetful' && ++this.#entries % 7 === 0) continue
      back.push(perform(stored.tables, change))
      this.#trace.add(1, 'put' in change ? change.value : new Uint8Array(0))
    }
    stored.unsafe.push(() => {
      while (back.length > 0) back.pop()?.()
    })
    if (strict) stored.unsafe.length = 0
  }
}

interface Writing {
  readonly localId: LocalId
  readonly changes: readonly Change[]
  readonly strict: boolean
  readonly site: Site
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
