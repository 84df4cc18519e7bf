/**
 * A long writing session, stored as it is written, then opened in a fresh page of the same profile; and what
 * it takes on the disk. Both products write at the same time, each at the same pace; opening is timed in turn.
 */
import { PRODUCTS, type Product } from '../building.ts'
import {
  alternate,
  attempt,
  type Effort,
  finding,
  type Outcome,
  type Outcomes,
  within,
} from '../measuring.ts'
import type { DiskBytes, StoredTrace } from '../page/contract.ts'
import type { Findings } from '../rows.ts'
import type { Desktop, Stage } from '../stage.ts'
import { median } from '../statistics.ts'

const EDITS: Record<Effort, number> = { full: 260_000, quick: 26_000 }
const ROUNDS: Record<Effort, number> = { full: 9, quick: 3 }
const SEED = 1
const STORE_DEADLINE = 600_000
const OPEN_DEADLINE = 30_000

interface Stored extends StoredTrace {
  readonly profile: Desktop
  readonly disk: DiskBytes
}

export async function measureDisk(stage: Stage, effort: Effort): Promise<Findings> {
  const profiles: Desktop[] = []
  const request = { seed: SEED, edits: EDITS[effort] }
  try {
    const store = (product: Product) =>
      attempt(product, async () => {
        const profile = await stage.open(product)
        profiles.push(profile)
        await profile.ask('store', request, stage.signaling(product))
        const stored = await storedBy(profile)
        return { ...stored, profile, disk: await profile.ask('diskBytes', stored.address) }
      })
    const [ours, theirs] = await Promise.all(PRODUCTS.map(store))
    if (!ours || !theirs) throw new Error('both products are stored')
    const rounds = ROUNDS[effort]
    const opened = await alternate(rounds, (product) => openOnce(stage, product === 'ours' ? ours : theirs))
    return {
      open_from_disk_trace_ms: finding(opened, rounds, median, sizeNotes(ours)),
      ...diskRows({ ours, theirs }),
    }
  } finally {
    for (const profile of profiles) await profile.close()
  }
}

async function storedBy(profile: Desktop): Promise<StoredTrace> {
  const deadline = Date.now() + STORE_DEADLINE
  while (Date.now() < deadline) {
    const stored = await profile.ask('stored')
    if (stored !== undefined) return stored
  }
  throw new Error(`storing the session did not finish within ${STORE_DEADLINE / 1_000} s`)
}

function diskRows({ ours, theirs }: Outcomes<Stored>): Findings {
  const rounds = 1
  const encoded: Outcomes<number> = {
    ours: mapped(ours, ({ disk }) => disk.current),
    theirs: mapped(theirs, ({ encodedBytes }) => encodedBytes),
  }
  const rows =
    theirs.phase === 'measured' ? [`y-indexeddb itself holds ${theirs.value.disk.current} bytes`] : []
  return {
    disk_bytes_trace: finding(encoded, rounds, (bytes) => bytes, [
      "ours: rows of the newest checkpoint and what came after it, sealed, with keys; theirs: Yjs's own encoded state",
      ...rows,
    ]),
    history_bytes_trace: {
      ours: ours.phase === 'measured' ? ours.value.disk.history : null,
      theirs: null,
      rounds,
      notes: ['the neighbour keeps no history'],
    },
  }
}

async function openOnce(stage: Stage, stored: Outcome<Stored>): Promise<number> {
  if (stored.phase === 'failed') throw new Error(stored.note)
  const { profile, address, units } = stored.value
  const page = await stage.open(profile.product, profile)
  try {
    return await within(OPEN_DEADLINE, 'opening the stored session', page.ask('openStored', address, units))
  } finally {
    await page.leave()
  }
}

function sizeNotes(ours: Outcome<Stored>): string[] {
  return ours.phase === 'measured' ? [`the text has ${ours.value.units} characters`] : []
}

function mapped<T, U>(outcome: Outcome<T>, map: (value: T) => U): Outcome<U> {
  return outcome.phase === 'measured' ? { phase: 'measured', value: map(outcome.value) } : outcome
}
