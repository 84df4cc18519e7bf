/** Every attack there is, by number. */
import { ABUSE_ATTACKS } from './abuse.ts'
import { CHECKPOINT_ATTACKS } from './checkpoints.ts'
import { CODE_ATTACKS } from './codes.ts'
import { DISK_ATTACKS } from './disks.ts'
import { DOUBLE_ATTACKS } from './doubles.ts'
import { EMOJI_ATTACKS } from './emoji.ts'
import { ENTRY_ATTACKS } from './entries.ts'
import { FORK_ATTACKS } from './forks.ts'
import { HANDSHAKE_ATTACKS } from './handshakes.ts'
import { INTRODUCER_ATTACKS } from './introducer.ts'
import { LINK_ATTACKS } from './links.ts'
import { LOCKED_PROFILE_ATTACKS } from './locked-profiles.ts'
import { MEMBERSHIP_ATTACKS } from './membership.ts'
import { MIDDLE_ATTACKS } from './middle.ts'
import { NEIGHBOUR_ATTACKS } from './neighbours.ts'
import { OWNER_ATTACKS } from './owners.ts'
import { PAGE_ATTACKS } from './pages.ts'
import { PRESENCE_ATTACKS } from './presences.ts'
import { REMOVAL_ATTACKS } from './removals.ts'
import { ROSTER_FORK_ATTACKS } from './roster-forks.ts'
import { ROUGH_NETWORK_ATTACKS } from './rough-networks.ts'
import { SPREADING_ATTACKS } from './spreading.ts'
import type { Attack } from './stage.ts'
import { UPDATE_ATTACKS } from './updates.ts'
import { WATCHING_ATTACKS } from './watching.ts'
import { WEAK_KEY_ATTACKS } from './weak-keys.ts'

export const ATTACKS: readonly Attack[] = [
  ...ABUSE_ATTACKS,
  ...CHECKPOINT_ATTACKS,
  ...CODE_ATTACKS,
  ...DISK_ATTACKS,
  ...DOUBLE_ATTACKS,
  ...EMOJI_ATTACKS,
  ...ENTRY_ATTACKS,
  ...FORK_ATTACKS,
  ...ROSTER_FORK_ATTACKS,
  ...HANDSHAKE_ATTACKS,
  ...INTRODUCER_ATTACKS,
  ...LINK_ATTACKS,
  ...LOCKED_PROFILE_ATTACKS,
  ...MEMBERSHIP_ATTACKS,
  ...MIDDLE_ATTACKS,
  ...NEIGHBOUR_ATTACKS,
  ...OWNER_ATTACKS,
  ...PAGE_ATTACKS,
  ...PRESENCE_ATTACKS,
  ...REMOVAL_ATTACKS,
  ...ROUGH_NETWORK_ATTACKS,
  ...SPREADING_ATTACKS,
  ...UPDATE_ATTACKS,
  ...WATCHING_ATTACKS,
  ...WEAK_KEY_ATTACKS,
].sort((a, b) => a.number - b.number)
