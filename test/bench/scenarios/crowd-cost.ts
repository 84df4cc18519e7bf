/**
 * What twenty cost together: messages that carry a key, and everything that is said while nobody does anything.
 *
 * Ours are counted in the pages, where the product hands a message with entries to one link; each is one send,
 * because an entry fits one record. The neighbour's messages are plain: sync messages begin with 0.
 */
import type { Product } from '../building.ts'
import { closeCrowd, gatherCrowd } from '../crowd.ts'
import { attemptBoth, type Effort, finding, pause } from '../measuring.ts'
import type { Passed } from '../page/wire-tap.ts'
import type { Findings } from '../rows.ts'
import type { Desktop, Stage } from '../stage.ts'

const PEERS = 20
const WARM_UP_KEYS = 10
const KEYS: Record<Effort, number> = { full: 60, quick: 20 }
const KEY_PAUSE_MS = 250
const REST_MS: Record<Effort, number> = { full: 60_000, quick: 10_000 }
/** The overlay has settled by then: links that are not wanted are kept for ten seconds (src/session/tending.ts). */
const SETTLE_MS = 25_000
/** The last key's acknowledgements are through by then. */
const AFTER_KEYS_MS = 2_500
/** First byte of the neighbour's messages that carry updates. */
const SYNC_MESSAGE = 0

interface CrowdCost {
  readonly sends: number
  readonly restMessages: number
}

export async function measureCrowdCost(stage: Stage, effort: Effort): Promise<Findings> {
  const keys = KEYS[effort]
  const costs = await attemptBoth((product) => measureProduct(stage, product, effort))
  const seconds = REST_MS[effort] / 1_000
  return {
    sends_per_key_n20: finding(costs, keys, ({ sends }) => sends / keys, [
      `after ${WARM_UP_KEYS} keys of warm-up, one key every ${KEY_PAUSE_MS} ms; messages that carry entries`,
    ]),
    idle_messages_per_s_n20: finding(costs, seconds, ({ restMessages }) => restMessages / seconds, [
      `all ${PEERS} together over ${seconds} s in which nobody does anything`,
    ]),
  }
}

async function measureProduct(stage: Stage, product: Product, effort: Effort): Promise<CrowdCost> {
  const { desktops } = await gatherCrowd(stage, product, PEERS)
  try {
    await pause(SETTLE_MS)
    const sends = await sendsOf(desktops, product, KEYS[effort])
    await pause(SETTLE_MS)
    await takeSent(desktops)
    await pause(REST_MS[effort])
    return { sends, restMessages: (await takeSent(desktops)).length }
  } finally {
    await closeCrowd(desktops)
  }
}

async function sendsOf(desktops: readonly Desktop[], product: Product, keys: number): Promise<number> {
  await type(desktops, WARM_UP_KEYS)
  await takeSent(desktops)
  await takeEntryMessages(desktops)
  await type(desktops, keys)
  const sent = await takeSent(desktops)
  const sends =
    product === 'ours'
      ? await takeEntryMessages(desktops)
      : sent.filter(({ head }) => head === SYNC_MESSAGE).length
  if (sends < keys * (PEERS - 1))
    throw new Error(`${sends} sends cannot have carried ${keys} keys to everybody`)
  return sends
}

async function type([author]: readonly Desktop[], count: number): Promise<void> {
  await author?.ask('type', { count, pause: KEY_PAUSE_MS })
  await pause(AFTER_KEYS_MS)
}

async function takeEntryMessages(desktops: readonly Desktop[]): Promise<number> {
  const counts = await Promise.all(desktops.map((desktop) => desktop.takeEntryMessages()))
  return counts.reduce((sum, count) => sum + count, 0)
}

async function takeSent(desktops: readonly Desktop[]): Promise<Passed[]> {
  const passed = await Promise.all(desktops.map((desktop) => desktop.takePassed()))
  return passed.flatMap(({ sent }) => sent)
}
