/**
 * Keys from A to B while ten megabytes move from A to C (C joins) and then from C to A (C pastes), all three in
 * one session with editors. Counted are the keys dispatched from the first record of a move handed over to its
 * last one received.
 */
import type { Product } from '../building.ts'
import { attemptBoth, comeIn, type Effort, finding, pause, within } from '../measuring.ts'
import type { Passed } from '../page/wire-tap.ts'
import type { Findings } from '../rows.ts'
import type { Desktop, Stage } from '../stage.ts'
import { quantile } from '../statistics.ts'
import { arrivalsOf, latenciesOf } from './keystroke.ts'
import { bulkOf } from './large.ts'

const ROUNDS: Record<Effort, number> = { full: 4, quick: 1 }
const UNITS = 10_000_000
/** Slower than our capture's pause between entries, which would otherwise be what is measured. */
const KEY_PAUSE_MS = 40
/** Typed before a move begins, so that its first record meets a keyboard in use. */
const LEAD_MS = 300
const KEYS = 150
const DEADLINE: Record<Product, number> = { ours: 120_000, theirs: 30_000 }

/** Latencies of the keys that were typed while each move was under way. */
interface Beside {
  readonly toC: readonly number[]
  readonly fromC: readonly number[]
}

export async function measureBeside(stage: Stage, effort: Effort): Promise<Findings> {
  const rounds = ROUNDS[effort]
  const outcomes = await attemptBoth(async (product) => {
    const found: Beside[] = []
    for (let round = 0; round < (product === 'ours' ? rounds : 1); round += 1) {
      found.push(await measureRound(stage, product))
    }
    return { toC: found.flatMap(({ toC }) => toC), fromC: found.flatMap(({ fromC }) => fromC) }
  })
  const { ours } = outcomes
  const notes =
    ours.phase === 'measured'
      ? [describe('A to C', ours.value.toC), describe('C to A', ours.value.fromC)]
      : []
  return {
    key_during_10MB_p99_ms: finding(
      outcomes,
      rounds,
      ({ toC, fromC }) => quantile([...toC, ...fromC], 0.99),
      notes,
    ),
  }
}

function describe(move: string, latencies: readonly number[]): string {
  const [half, most, all] = [0.5, 0.99, 1].map((share) => quantile(latencies, share).toFixed(1))
  return `${move}: ${latencies.length} keys, p50 ${half}, p99 ${most}, longest ${all} ms`
}

async function measureRound(stage: Stage, product: Product): Promise<Beside> {
  const desktops: Desktop[] = []
  try {
    const a = await stage.open(product)
    desktops.push(a)
    const signaling = stage.signaling(product)
    const address = await within(
      DEADLINE[product],
      'creating 10 MB',
      a.ask('create', { signaling, units: UNITS }),
    )
    const b = await within(DEADLINE[product], 'joining 10 MB', comeIn(stage, product, address, UNITS))
    desktops.push(b)
    const c = await stage.open(product)
    desktops.push(c)
    await within(DEADLINE[product], 'knocking', c.ask('knock', signaling, await a.ask('invite', 1)))
    const toC = await typeBeside({ a, b, from: a, to: c }, () =>
      within(DEADLINE[product], 'joining 10 MB beside keys', c.ask('join', UNITS)),
    )
    await pause(LEAD_MS)
    const fromC = await typeBeside({ a, b, from: c, to: a }, async () => {
      const shown = a.ask('whenShown', 2 * UNITS)
      await c.ask('paste', UNITS)
      await within(DEADLINE[product], 'a paste of 10 MB beside keys', shown)
    })
    return { toC, fromC }
  } finally {
    for (const desktop of desktops) await desktop.close()
  }
}

interface Move {
  readonly a: Desktop
  readonly b: Desktop
  readonly from: Desktop
  readonly to: Desktop
}

async function typeBeside({ a, b, from, to }: Move, move: () => Promise<unknown>): Promise<number[]> {
  await from.takePassed()
  await to.takePassed()
  await b.ask('forgetArrivals')
  const typing = a.ask('type', { count: KEYS, pause: KEY_PAUSE_MS })
  await pause(LEAD_MS)
  await move()
  const dispatched = await typing
  const latencies = latenciesOf(dispatched, await arrivalsOf(b, KEYS))
  const span = spanOf(bulkOf((await from.takePassed()).sent), bulkOf((await to.takePassed()).received))
  return latencies.filter((_, key) => isWithin(span, dispatched[key] ?? 0))
}

type Span = readonly [first: number, last: number]

function spanOf(sent: readonly Passed[], received: readonly Passed[]): Span {
  const [first, last] = [sent[0], received.at(-1)]
  if (!first || !last) throw new Error('nothing moved between A and C')
  return [first.at, last.at]
}

function isWithin([first, last]: Span, at: number): boolean {
  return at >= first && at <= last
}
