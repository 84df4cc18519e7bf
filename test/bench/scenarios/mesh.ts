/**
 * What one key costs among eight: sends and bytes over all pages, and the heap each further peer takes.
 *
 * Which of our messages carry an entry is told by their sizes, because nothing here decrypts: before and
 * after the keys the pages do everything but edit (a caret wanders, then ten seconds of rest with heartbeats),
 * and every size seen then is not an entry's. In between the author types; the sizes of what leaves the
 * author's page in the same turn as a key (before any other event), less the former, are the sizes of entries.
 * Every message of one of those sizes, from any page, at any time while the keys are counted, counts as one
 * that carries an entry: a chance equality of sizes makes our figure worse, never better. The neighbour's
 * messages are plain: sync messages begin with 0.
 */
import type { Product } from '../building.ts'
import { attemptBoth, comeIn, type Effort, finding, pause, within } from '../measuring.ts'
import type { Passed } from '../page/wire-tap.ts'
import type { Findings } from '../rows.ts'
import type { Desktop, Stage } from '../stage.ts'

const PEERS = 8
const KEYS: Record<Effort, number> = { full: 60, quick: 20 }
const WARM_UP_KEYS = 10
const KEY_PAUSE_MS = 250
const WANDERINGS = 16
const REST_MS = 10_000
const SETTLE_MS = 2_500
const LINK_DEADLINE = 60_000
/** First byte of the neighbour's messages that carry updates. */
const SYNC_MESSAGE = 0

interface MeshCost {
  readonly sends: number
  readonly allSends: number
  readonly bytes: number
  readonly heap: number
  readonly sizes: readonly number[]
}

export async function measureMesh(stage: Stage, effort: Effort): Promise<Findings> {
  const keys = KEYS[effort]
  const costs = await attemptBoth((product) => measureProduct(stage, product, keys))
  const { ours } = costs
  const sizes =
    ours.phase === 'measured' ? [`our entries were messages of ${ours.value.sizes.join(', ')} bytes`] : []
  const pace = [`one key every ${KEY_PAUSE_MS} ms; heartbeats, presence and acknowledgements included`]
  return {
    sends_per_key_n8: finding(costs, keys, ({ sends }) => sends / keys, sizes),
    all_sends_per_key_n8: finding(costs, keys, ({ allSends }) => allSends / keys, pace),
    bytes_per_key_per_link: finding(costs, keys, ({ bytes }) => bytes / keys / (PEERS - 1), [
      `all bytes of messages that carry entries, for each of the ${PEERS - 1} links a key has to pass`,
    ]),
    heap_per_peer_kb: finding(costs, PEERS - 1, ({ heap }) => heap / (PEERS - 1) / 1_024, [
      "growth of the author's JavaScript heap after a collection, for each further peer",
    ]),
  }
}

async function measureProduct(stage: Stage, product: Product, keys: number): Promise<MeshCost> {
  const desktops: Desktop[] = []
  try {
    const author = await stage.open(product)
    desktops.push(author)
    let address = await author.ask('create', { signaling: stage.signaling(product), units: 0 })
    await pause(SETTLE_MS)
    const heapAlone = await heapOf(author)
    while (desktops.length < PEERS) {
      desktops.push(await comeIn(stage, product, address, 0))
      address = await author.ask('invite', 1)
    }
    const linked = desktops.map((each) => each.ask('linked', PEERS - 1))
    await within(LINK_DEADLINE, `a full mesh of ${PEERS}`, Promise.all(linked))
    await pause(SETTLE_MS)
    const heap = (await heapOf(author)) - heapAlone
    return { heap, ...(await countSends(desktops, author, { product, keys })) }
  } finally {
    for (const desktop of desktops) await desktop.close()
  }
}

async function countSends(
  desktops: readonly Desktop[],
  author: Desktop,
  { product, keys }: { readonly product: Product; readonly keys: number },
): Promise<Omit<MeshCost, 'heap'>> {
  await author.ask('type', { count: WARM_UP_KEYS, pause: KEY_PAUSE_MS })
  await pause(SETTLE_MS)
  await takeSent(desktops)
  const before = await quietSizes(desktops, author)
  await author.ask('type', { count: keys, pause: KEY_PAUSE_MS })
  await pause(SETTLE_MS)
  const sent = await takeSent(desktops)
  const quiet = [...before, ...(await quietSizes(desktops, author))]
  const sizes = new Set(
    sent.filter(({ withKey, bytes }) => withKey && !quiet.includes(bytes)).map(({ bytes }) => bytes),
  )
  if (sizes.size === 0) throw new Error('no size of message tells an entry from what is sent without one')
  const carriesEntry = ({ bytes, head }: Passed) =>
    product === 'theirs' ? head === SYNC_MESSAGE : sizes.has(bytes)
  const entries = sent.filter(carriesEntry)
  return {
    sends: entries.length,
    allSends: sent.length,
    bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
    sizes: [...sizes].sort((one, other) => one - other),
  }
}

/** Sizes of what is sent while nobody edits. */
async function quietSizes(desktops: readonly Desktop[], author: Desktop): Promise<readonly number[]> {
  await author.ask('wander', { count: WANDERINGS, pause: KEY_PAUSE_MS })
  await pause(REST_MS)
  return (await takeSent(desktops)).map(({ bytes }) => bytes)
}

async function takeSent(desktops: readonly Desktop[]): Promise<Passed[]> {
  const passed = await Promise.all(desktops.map((desktop) => desktop.takePassed()))
  return passed.flatMap(({ sent }) => sent)
}

/** Bytes of live JavaScript objects. */
async function heapOf({ page }: Desktop): Promise<number> {
  const protocol = await page.createCDPSession()
  await protocol.send('HeapProfiler.collectGarbage')
  const { usedSize } = await protocol.send('Runtime.getHeapUsage')
  await protocol.detach()
  return usedSize
}
