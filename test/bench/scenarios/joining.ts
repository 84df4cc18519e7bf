/** From `Join` pressed to the text in the document. A text small enough for the neighbour. */
import { PRODUCTS, type Product } from '../building.ts'
import { alternate, type Effort, finding, pause, within } from '../measuring.ts'
import type { Findings } from '../rows.ts'
import type { Desktop, Stage } from '../stage.ts'
import { median } from '../statistics.ts'

const ROUNDS: Record<Effort, number> = { full: 11, quick: 3 }
const UNITS = 100_000
const JOIN_DEADLINE = 20_000
/** The one who left before is noticed and forgotten. */
const BETWEEN_MS = 500

export async function measureJoining(stage: Stage, effort: Effort): Promise<Findings> {
  const rounds = ROUNDS[effort]
  const hosts = new Map<Product, Desktop>()
  try {
    const joined = await alternate(rounds, async (product) => {
      const host = hosts.get(product) ?? (await openHost(stage, product))
      hosts.set(product, host)
      return joinOnce(stage, host)
    })
    return { join_100KB_ms: finding(joined, rounds, median) }
  } finally {
    for (const product of PRODUCTS) await hosts.get(product)?.close()
  }
}

async function openHost(stage: Stage, product: Product): Promise<Desktop> {
  const host = await stage.open(product)
  await host.ask('create', { signaling: stage.signaling(product), units: UNITS })
  await pause(BETWEEN_MS)
  return host
}

async function joinOnce(stage: Stage, host: Desktop): Promise<number> {
  const address = await host.ask('invite', 1)
  const joiner = await stage.open(host.product)
  try {
    const knocking = joiner.ask('knock', stage.signaling(host.product), address)
    await within(JOIN_DEADLINE, 'knocking', knocking)
    const { pressed, inDocument } = await within(JOIN_DEADLINE, 'joining 100 KB', joiner.ask('join', UNITS))
    return inDocument - pressed
  } finally {
    await joiner.close()
    await pause(BETWEEN_MS)
  }
}
