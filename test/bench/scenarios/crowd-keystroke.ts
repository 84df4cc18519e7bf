/**
 * One of eight types: from a key's dispatch to the updated view of each of the seven others. Both products with
 * editor and collaboration, their pages open side by side, blocks of keys in turn.
 */
import type { Product } from '../building.ts'
import { closeCrowd, gatherCrowd } from '../crowd.ts'
import { alternate, type Effort, finding, pause, within } from '../measuring.ts'
import type { Findings } from '../rows.ts'
import type { Desktop, Stage } from '../stage.ts'
import { median, medianOfBlocks } from '../statistics.ts'
import { arrivalsOf, latenciesOf } from './keystroke.ts'

const PEERS = 8
const BLOCKS: Record<Effort, number> = { full: 20, quick: 4 }
const KEYS_A_BLOCK = 100
/** As for two: each key is an entry of its own. */
const KEY_PAUSE_MS = 40
const WARM_UP_KEYS = 30
/** After eight pages have opened and met. */
const SETTLE_MS = 3_000
const BLOCK_DEADLINE = 60_000

export async function measureCrowdKeystroke(stage: Stage, effort: Effort): Promise<Findings> {
  const blocks = BLOCKS[effort]
  const crowds = new Map<Product, readonly Desktop[]>()
  try {
    const latencies = await alternate(blocks, async (product) => {
      const crowd = crowds.get(product)
      if (crowd) return typeBlock(crowd, KEYS_A_BLOCK)
      const { desktops } = await gatherCrowd(stage, product, PEERS)
      crowds.set(product, desktops)
      await pause(SETTLE_MS)
      await typeBlock(desktops, WARM_UP_KEYS)
      return typeBlock(desktops, KEYS_A_BLOCK)
    })
    const keys = blocks * KEYS_A_BLOCK
    const notes = [
      `one key every ${KEY_PAUSE_MS} ms, ${blocks} blocks of ${KEYS_A_BLOCK} for each product, over all ${PEERS - 1} readers`,
    ]
    return {
      keystroke_p50_n8: finding(latencies, keys, (measured) => median(measured.flat()), notes),
      keystroke_p99_n8: finding(latencies, keys, (measured) => medianOfBlocks(measured, 0.99)),
    }
  } finally {
    for (const desktops of crowds.values()) await closeCrowd(desktops)
  }
}

async function typeBlock([author, ...readers]: readonly Desktop[], count: number): Promise<number[]> {
  if (!author) throw new RangeError('nobody types')
  for (const reader of readers) await reader.ask('forgetArrivals')
  const typing = author.ask('type', { count, pause: KEY_PAUSE_MS })
  const dispatched = await within(BLOCK_DEADLINE, 'typing a block', typing)
  const latencies: number[] = []
  for (const reader of readers) latencies.push(...latenciesOf(dispatched, await arrivalsOf(reader, count)))
  return latencies
}
