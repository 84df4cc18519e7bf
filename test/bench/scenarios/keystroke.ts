/**
 * From a key's dispatch in A to the updated view in B: both products with editor and collaboration, their
 * pages open side by side, blocks of keys in turn.
 */
import { PRODUCTS, type Product } from '../building.ts'
import { alternate, type Effort, finding, meet, type Pair, pause, within } from '../measuring.ts'
import type { Arrival, Moment } from '../page/contract.ts'
import type { Findings } from '../rows.ts'
import type { Desktop, Stage } from '../stage.ts'
import { median, medianOfBlocks } from '../statistics.ts'

const BLOCKS: Record<Effort, number> = { full: 20, quick: 4 }
const KEYS_A_BLOCK = 100
/** Faster than people type, slower than our capture's pause between entries, so that every key is its own. */
const KEY_PAUSE_MS = 40
const WARM_UP_KEYS = 30
const TEXT_UNITS = 2_000
const BLOCK_DEADLINE = 60_000

export async function measureKeystroke(stage: Stage, effort: Effort): Promise<Findings> {
  const blocks = BLOCKS[effort]
  const pairs = new Map<Product, Pair>()
  try {
    const latencies = await alternate(blocks, async (product) => {
      const pair = pairs.get(product) ?? (await meet(stage, product, TEXT_UNITS))
      if (!pairs.has(product)) {
        pairs.set(product, pair)
        await typeBlock(pair, WARM_UP_KEYS)
      }
      return typeBlock(pair, KEYS_A_BLOCK)
    })
    const keys = blocks * KEYS_A_BLOCK
    const notes = [`one key every ${KEY_PAUSE_MS} ms, ${blocks} blocks of ${KEYS_A_BLOCK} for each product`]
    return {
      keystroke_p50_n2: finding(latencies, keys, (measured) => median(measured.flat()), notes),
      keystroke_p99_n2: finding(latencies, keys, (measured) => medianOfBlocks(measured, 0.99)),
    }
  } finally {
    for (const product of PRODUCTS) await closePair(pairs.get(product))
  }
}

async function typeBlock({ author, reader }: Pair, count: number): Promise<number[]> {
  await reader.ask('forgetArrivals')
  const typing = author.ask('type', { count, pause: KEY_PAUSE_MS })
  const dispatched = await within(BLOCK_DEADLINE, 'typing a block', typing)
  return latenciesOf(dispatched, await arrivalsOf(reader, count))
}

/** What arrived, once all of it has. */
export async function arrivalsOf(reader: Desktop, count: number): Promise<readonly Arrival[]> {
  for (let look = 0; look < 100; look += 1) {
    const arrivals = await reader.ask('arrivals')
    if ((arrivals.at(-1)?.[0] ?? 0) >= count) return arrivals
    await pause(50)
  }
  throw new Error(`of ${count} keys some never arrived`)
}

/** Key number n arrived with the first update that brought the count above n. */
export function latenciesOf(dispatched: readonly Moment[], arrivals: readonly Arrival[]): number[] {
  let next = 0
  return dispatched.map((at, key) => {
    while ((arrivals[next]?.[0] ?? Number.POSITIVE_INFINITY) <= key) next += 1
    const arrival = arrivals[next]
    if (arrival === undefined) throw new Error(`key ${key} never arrived`)
    return arrival[1] - at
  })
}

async function closePair(pair: Pair | undefined): Promise<void> {
  await pair?.author.close()
  await pair?.reader.close()
}
