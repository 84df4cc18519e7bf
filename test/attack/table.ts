/** Every attack there is, by number. */
import { ENTRY_ATTACKS } from './entries.ts'
import { INTRODUCER_ATTACKS } from './introducer.ts'
import { LINK_ATTACKS } from './links.ts'
import { MEMBERSHIP_ATTACKS } from './membership.ts'
import { PRESENCE_ATTACKS } from './presences.ts'
import type { Attack } from './stage.ts'
import { UPDATE_ATTACKS } from './updates.ts'

export const ATTACKS: readonly Attack[] = [
  ...ENTRY_ATTACKS,
  ...INTRODUCER_ATTACKS,
  ...LINK_ATTACKS,
  ...MEMBERSHIP_ATTACKS,
  ...PRESENCE_ATTACKS,
  ...UPDATE_ATTACKS,
].sort((a, b) => a.number - b.number)
