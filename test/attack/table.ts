/** Every attack there is, by number. */
import { CHECKPOINT_ATTACKS } from './checkpoints.ts'
import { DISK_ATTACKS } from './disks.ts'
import { ENTRY_ATTACKS } from './entries.ts'
import { INTRODUCER_ATTACKS } from './introducer.ts'
import { LINK_ATTACKS } from './links.ts'
import { MEMBERSHIP_ATTACKS } from './membership.ts'
import { PAGE_ATTACKS } from './pages.ts'
import { PRESENCE_ATTACKS } from './presences.ts'
import { SPREADING_ATTACKS } from './spreading.ts'
import type { Attack } from './stage.ts'
import { UPDATE_ATTACKS } from './updates.ts'

export const ATTACKS: readonly Attack[] = [
  ...CHECKPOINT_ATTACKS,
  ...DISK_ATTACKS,
  ...ENTRY_ATTACKS,
  ...INTRODUCER_ATTACKS,
  ...LINK_ATTACKS,
  ...MEMBERSHIP_ATTACKS,
  ...PAGE_ATTACKS,
  ...PRESENCE_ATTACKS,
  ...SPREADING_ATTACKS,
  ...UPDATE_ATTACKS,
].sort((a, b) => a.number - b.number)
