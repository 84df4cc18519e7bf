/** Every attack there is, by number. */
import { ENTRY_ATTACKS } from './entries.ts'
import { LINK_ATTACKS } from './links.ts'
import type { Attack } from './stage.ts'
import { UPDATE_ATTACKS } from './updates.ts'

export const ATTACKS: readonly Attack[] = [...ENTRY_ATTACKS, ...LINK_ATTACKS, ...UPDATE_ATTACKS].sort(
  (a, b) => a.number - b.number,
)
