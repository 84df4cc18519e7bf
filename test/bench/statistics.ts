/**
 * The few statistics the benchmark speaks in. Not here: what is measured.
 * Invariant: an empty list is a mistake of the caller and throws; it never reads as zero.
 */

/** The smallest value that at least `share` (0 to 1) of all values do not exceed (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  const rank = Math.max(1, Math.ceil(share * sorted.length))
  const found = sorted[rank - 1]
  if (found === undefined) throw new RangeError('nothing was measured')
  return found
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.floor((sorted.length - 1) / 2)]
  if (upper === undefined || lower === undefined) throw new RangeError('nothing was measured')
  return (upper + lower) / 2
}

/** The median over blocks of each block's quantile: one bad moment of the machine spoils one block only. */
export function medianOfBlocks(blocks: readonly (readonly number[])[], share: number): number {
  return median(blocks.map((block) => quantile(block, share)))
}
