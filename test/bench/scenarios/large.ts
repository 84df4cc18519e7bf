/**
 * Ten megabytes to another person, by joining and by a paste: on screen, and as a share of what a raw data
 * channel does in the same run.
 * The share compares the time from the first record handed over to the last one received, for the same ten
 * million bytes; a record of the bulk is a message of at least `BULK_BYTES`.
 */
import type { Product } from '../building.ts'
import { attemptBoth, type Effort, finding, meet, within } from '../measuring.ts'
import type { Passed } from '../page/wire-tap.ts'
import { rawTransferMs } from '../raw-channel.ts'
import type { Findings } from '../rows.ts'
import type { Desktop, Stage } from '../stage.ts'
import { median } from '../statistics.ts'

const ROUNDS: Record<Effort, number> = { full: 5, quick: 1 }
const UNITS = 10_000_000
/** Ours must be done by then; the neighbour is given up on after the shorter one. */
const DEADLINE: Record<Product, number> = { ours: 120_000, theirs: 30_000 }
export const BULK_BYTES = 16_000

interface Large {
  readonly onScreen: number
  /** Milliseconds the records were under way. */
  readonly moved: number
}

export async function measureLarge(stage: Stage, effort: Effort): Promise<Findings> {
  const rounds = ROUNDS[effort]
  const raw: number[] = []
  const joins = await attemptBoth((product) =>
    repeat(product === 'ours' ? rounds : 1, async () => {
      if (product === 'ours') raw.push(await rawTransferMs(stage, UNITS))
      return joinLarge(stage, product)
    }),
  )
  const pastes = await attemptBoth((product) =>
    repeat(product === 'ours' ? rounds : 1, async () => {
      if (product === 'ours') raw.push(await rawTransferMs(stage, UNITS))
      return pasteLarge(stage, product)
    }),
  )
  const shareOf = (measured: readonly Large[]) => median(raw) / median(measured.map(({ moved }) => moved))
  const onScreenOf = (measured: readonly Large[]) => median(measured.map(({ onScreen }) => onScreen))
  const join = finding(joins, rounds, shareOf)
  const paste = finding(pastes, rounds, shareOf)
  return {
    transfer_10MB_of_raw: {
      ours: join.ours === null || paste.ours === null ? null : Math.min(join.ours, paste.ours),
      theirs: join.theirs === null || paste.theirs === null ? null : Math.min(join.theirs, paste.theirs),
      rounds,
      notes: [...join.notes, ...paste.notes, shareNote({ join: join.ours, paste: paste.ours, raw })],
    },
    join_10MB_on_screen_ms: finding(joins, rounds, onScreenOf),
    paste_10MB_on_screen_ms: finding(pastes, rounds, onScreenOf),
  }
}

function shareNote({
  join,
  paste,
  raw,
}: {
  join: number | null
  paste: number | null
  raw: readonly number[]
}): string {
  const share = (figure: number | null) => (figure === null ? 'none' : figure.toFixed(2))
  const rawMs = raw.length === 0 ? 'was not measured' : `took ${Math.round(median(raw))} ms`
  return `the lesser of join (${share(join)}) and paste (${share(paste)}); a raw channel ${rawMs}`
}

async function joinLarge(stage: Stage, product: Product): Promise<Large> {
  const host = await stage.open(product)
  const joiner = await stage.open(product)
  try {
    const signaling = stage.signaling(product)
    const address = await within(
      DEADLINE[product],
      'creating 10 MB',
      host.ask('create', { signaling, units: UNITS }),
    )
    await within(DEADLINE[product], 'knocking', joiner.ask('knock', signaling, address))
    const joined = await within(DEADLINE[product], 'joining 10 MB', joiner.ask('join', UNITS))
    return { onScreen: joined.onScreen - joined.pressed, moved: await movedMs(host, joiner) }
  } finally {
    await host.close()
    await joiner.close()
  }
}

async function pasteLarge(stage: Stage, product: Product): Promise<Large> {
  const { author, reader } = await meet(stage, product, 0)
  try {
    await author.takePassed()
    await reader.takePassed()
    const shown = reader.ask('whenShown', UNITS)
    const pasted = await author.ask('paste', UNITS)
    const onScreen = (await within(DEADLINE[product], 'a paste of 10 MB', shown)) - pasted
    return { onScreen, moved: await movedMs(author, reader) }
  } finally {
    await author.close()
    await reader.close()
  }
}

async function movedMs(from: Desktop, to: Desktop): Promise<number> {
  const [first] = bulkOf((await from.takePassed()).sent)
  const received = bulkOf((await to.takePassed()).received)
  const last = received.at(-1)
  const bytes = received.reduce((sum, each) => sum + each.bytes, 0)
  if (!first || !last || bytes < UNITS)
    throw new Error(`only ${bytes} bytes of ${UNITS} came in large records`)
  return last.at - first.at
}

export function bulkOf(passed: readonly Passed[]): readonly Passed[] {
  return passed.filter(({ bytes }) => bytes >= BULK_BYTES)
}

async function repeat<T>(rounds: number, work: () => Promise<T>): Promise<readonly T[]> {
  const values: T[] = []
  for (let round = 0; round < rounds; round += 1) values.push(await work())
  return values
}
