/** Ranges of deleted clocks: collected from transactions, put into the one order an update has them in. */
import { MAX_STRUCT_LENGTH } from '../wire/limits.ts'
import type { Deletion } from './update.ts'

/** Higher clients first, clocks rising, touching ranges joined, then cut where one is longer than the limit. */
export function normalized(deletions: readonly Deletion[]): Deletion[] {
  const sorted = [...deletions].sort((a, b) => b.client - a.client || a.clock - b.clock)
  const joined: Deletion[] = []
  for (const next of sorted) {
    const last = joined.at(-1)
    if (last && last.client === next.client && next.clock <= last.clock + last.length) {
      const end = Math.max(last.clock + last.length, next.clock + next.length)
      joined[joined.length - 1] = { ...last, length: end - last.clock }
    } else {
      joined.push(next)
    }
  }
  return joined.flatMap(cut)
}

function cut({ client, clock, length }: Deletion): Deletion[] {
  const parts: Deletion[] = []
  for (let at = 0; at < length; at += MAX_STRUCT_LENGTH) {
    parts.push({ client, clock: clock + at, length: Math.min(MAX_STRUCT_LENGTH, length - at) })
  }
  return parts
}
