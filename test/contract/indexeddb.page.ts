/** All rules for the IndexedDB adapter, to be run inside a real browser (test/e2e/storage.test.ts). */
import type { Rule } from '../e2e/suite.ts'
import { makeDisk } from './disk.ts'
import { failureRules } from './indexeddb-failures.ts'
import { guardRules } from './indexeddb-guard.ts'
import { migrationRules } from './indexeddb-migration.ts'
import { sealingRules } from './indexeddb-sealing.ts'
import { storageContract } from './storage.ts'

export const rules: readonly Rule[] = [
  ...storageContract('IndexedDB', makeDisk),
  ...sealingRules,
  ...guardRules,
  ...failureRules,
  ...migrationRules,
]
