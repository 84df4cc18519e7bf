/** Every decoder under fuzz. A new one is a line in the file it belongs to. */
import type { Target } from './target.ts'
import { DOCUMENT } from './targets/documents.ts'
import { INTRODUCING } from './targets/introducing.ts'
import { LINKING } from './targets/linking.ts'
import { LOGGING } from './targets/logging.ts'
import { MEMBERS } from './targets/members.ts'
import { PAIRING } from './targets/pairing.ts'
import { STORED } from './targets/stored.ts'

export const TARGETS: readonly Target[] = [
  ...INTRODUCING,
  ...LINKING,
  ...MEMBERS,
  ...LOGGING,
  ...DOCUMENT,
  ...PAIRING,
  ...STORED,
]
