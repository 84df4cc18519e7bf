/**
 * What all scenarios share: how much is measured, deadlines, and a failure of one product that does not end
 * the other's measurement.
 * Not here: any row.
 */
import { PRODUCTS, type Product } from './building.ts'
import type { Finding } from './rows.ts'
import type { Desktop, Stage } from './stage.ts'

/** How much to measure: `quick` is a look, `full` is the measurement. */
export type Effort = 'full' | 'quick'

/** What one product gave, or why it gave nothing. */
export type Outcome<T> =
  | { readonly phase: 'measured'; readonly value: T }
  | { readonly phase: 'failed'; readonly note: string }

export type Outcomes<T> = Readonly<Record<Product, Outcome<T>>>

export async function within<T>(milliseconds: number, what: string, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what} did not finish within ${milliseconds / 1_000} s`)),
      milliseconds,
    )
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Measures one product; what goes wrong becomes its note. */
export async function attempt<T>(product: Product, work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { phase: 'measured', value: await work() }
  } catch (error) {
    return { phase: 'failed', note: `${product}: ${error instanceof Error ? error.message : String(error)}` }
  }
}

export async function attemptBoth<T>(work: (product: Product) => Promise<T>): Promise<Outcomes<T>> {
  return {
    ours: await attempt('ours', () => work('ours')),
    theirs: await attempt('theirs', () => work('theirs')),
  }
}

/**
 * Rounds of both products in turn, the one that goes first changing from round to round, so that whatever the
 * machine does beside it falls on both. A product that fails is not asked again.
 */
export async function alternate<T>(
  rounds: number,
  work: (product: Product, round: number) => Promise<T>,
): Promise<Outcomes<readonly T[]>> {
  const values: Record<Product, T[]> = { ours: [], theirs: [] }
  const notes = new Map<Product, string>()
  for (let round = 0; round < rounds; round += 1) {
    const turn = round % 2 === 0 ? PRODUCTS : PRODUCTS.toReversed()
    for (const product of turn) {
      if (notes.has(product)) continue
      const outcome = await attempt(product, () => work(product, round))
      if (outcome.phase === 'measured') values[product].push(outcome.value)
      else notes.set(product, `${outcome.note} (round ${round + 1} of ${rounds})`)
    }
  }
  const outcomeOf = (product: Product): Outcome<readonly T[]> => {
    const note = notes.get(product)
    return note === undefined ? { phase: 'measured', value: values[product] } : { phase: 'failed', note }
  }
  return { ours: outcomeOf('ours'), theirs: outcomeOf('theirs') }
}

/** One row out of what both products gave. @param notes said besides the failures */
export function finding<T>(
  outcomes: Outcomes<T>,
  rounds: number,
  figureOf: (value: T) => number,
  notes: readonly string[] = [],
): Finding {
  const figure = (outcome: Outcome<T>) => (outcome.phase === 'measured' ? figureOf(outcome.value) : null)
  const failures = PRODUCTS.flatMap((product) => {
    const outcome = outcomes[product]
    return outcome.phase === 'failed' ? [outcome.note] : []
  })
  return {
    ours: figure(outcomes.ours),
    theirs: figure(outcomes.theirs),
    rounds,
    notes: [...failures, ...notes],
  }
}

export interface Pair {
  readonly author: Desktop
  readonly reader: Desktop
}

/** Milliseconds two people may take to meet over a small text. */
const MEET_DEADLINE = 30_000

/** Two people in one document, both connected. */
export async function meet(stage: Stage, product: Product, units: number): Promise<Pair> {
  const author = await stage.open(product)
  const address = await author.ask('create', { signaling: stage.signaling(product), units })
  const reader = await comeIn(stage, product, address, units)
  await within(MEET_DEADLINE, 'meeting', author.ask('linked', 1))
  return { author, reader }
}

/** Another person, through the whole way in. */
export async function comeIn(
  stage: Stage,
  product: Product,
  address: string,
  units: number,
): Promise<Desktop> {
  const desktop = await stage.open(product)
  try {
    await within(MEET_DEADLINE, 'knocking', desktop.ask('knock', stage.signaling(product), address))
    await within(MEET_DEADLINE, 'joining', desktop.ask('join', units))
    return desktop
  } catch (error) {
    await desktop.close()
    throw error
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
