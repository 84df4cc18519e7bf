/**
 * What this process keeps in memory: weighed after a collection, and whether a row of weighings climbs.
 * Not here: what fills the memory.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export interface Weighing {
  /** Milliseconds since the first one. */
  readonly at: number
  /** Megabytes: reachable JavaScript objects, and all that the system counts for this process. */
  readonly heap: number
  readonly rss: number
}

const MB = 2 ** 20

/** Collects twice: what the first round finalizes the second one frees. */
export function weigh(since: number): Weighing {
  const collect = collector()
  collect()
  collect()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { at: Date.now() - since, heap: (heapUsed + external) / MB, rss: rss / MB }
}

/** V8's own collector, which a process can be given after its start. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

/** Megabytes an hour: the line of least squares through the weighings of `what`. */
export function slope(weighings: readonly Weighing[], what: 'heap' | 'rss'): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, one) => sum + one, 0) / values.length
  const hours = weighings.map(({ at }) => at / 3_600_000)
  const [middle, level] = [mean(hours), mean(weighings.map((one) => one[what]))]
  const spread = hours.reduce((sum, hour) => sum + (hour - middle) ** 2, 0)
  const rise = weighings.reduce(
    (sum, one, n) => sum + ((hours[n] as number) - middle) * (one[what] - level),
    0,
  )
  return spread === 0 ? 0 : rise / spread
}
