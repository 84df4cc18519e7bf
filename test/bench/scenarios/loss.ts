/**
 * What a loss costs: how long the caret of somebody stays whose browser was killed, and how long it takes until
 * two whose connection was closed beneath the product are linked again, with the server gone.
 */
import type { Product } from '../building.ts'
import { gatherCrowd } from '../crowd.ts'
import { alternate, type Effort, finding, pause, within } from '../measuring.ts'
import type { Findings } from '../rows.ts'
import { openStage, type Stage } from '../stage.ts'
import { median } from '../statistics.ts'

const ROUNDS: Record<Effort, number> = { full: 5, quick: 1 }
const SETTLE_MS = 3_000
const CARET = 1
const GONE_DEADLINE = 60_000
const MEET_DEADLINE = 30_000
const CROWD = 3
const RELINK_DEADLINE = 30_000

export async function measureDying(stage: Stage, effort: Effort): Promise<Findings> {
  const rounds = ROUNDS[effort]
  const gone = await alternate(rounds, (product) => goneAfter(stage, product))
  return { dead_peer_ms: finding(gone, rounds, median, ['from SIGKILL of a whole Chromium; median']) }
}

/** Milliseconds from the end of one's browser to the end of its caret on the other's screen. */
async function goneAfter(stage: Stage, product: Product): Promise<number> {
  const stays = await stage.open(product)
  try {
    const dies = await stage.openElsewhere(product)
    const signaling = stage.signaling(product)
    const address = await stays.ask('create', { signaling, units: 100 })
    const entering = dies.desktop.ask('enter', { signaling, address, units: 100, caret: CARET })
    await within(MEET_DEADLINE, 'meeting', Promise.all([entering, stays.ask('whenCarets', 1)]))
    await pause(SETTLE_MS)
    const gone = stays.ask('whenCarets', 0)
    const killed = dies.kill()
    return (await within(GONE_DEADLINE, 'noticing a death', gone)) - killed
  } finally {
    await stays.close()
  }
}

/** A stage for each round: its servers are stopped. */
export async function measureRelinking(_stage: Stage, effort: Effort): Promise<Findings> {
  const rounds = ROUNDS[effort]
  const notes = [
    `${CROWD} peers, the servers stopped, one RTCPeerConnection closed under the product; until all ${CROWD} are linked again`,
  ]
  const relinked = await alternate(rounds, relinkedAfter)
  return { relink_after_cut_signaling_down_ms: finding(relinked, rounds, median, notes) }
}

async function relinkedAfter(product: Product): Promise<number> {
  const stage = await openStage()
  try {
    const { desktops } = await gatherCrowd(stage, product, CROWD)
    const linked = () => Promise.all(desktops.map((desktop) => desktop.ask('whenLinked', CROWD - 1)))
    await within(MEET_DEADLINE, 'linking all', linked())
    await pause(SETTLE_MS)
    await stage.stopSignaling()
    await pause(SETTLE_MS)
    const [first] = desktops
    if (!first) throw new RangeError('nobody is there')
    const cut = await first.ask('cutOne')
    await within(RELINK_DEADLINE, 'linking again', first.ask('whenLinked', CROWD - 1))
    // The others did not notice before, perhaps: what they say now is about the new connection.
    return Math.max(...(await within(RELINK_DEADLINE, 'linking again', linked()))) - cut
  } finally {
    await stage.close()
  }
}
