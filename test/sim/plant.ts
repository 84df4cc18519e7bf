/** A check left out on purpose, to see that the simulator notices: entries are applied without waiting for their needs. */
import { applyUpdate } from 'yjs'
import { REMOTE } from '../../src/doc/document.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import { isViolation } from '../../src/wire/violation.ts'

export function plantSkippedCheck({ replica }: LiveSession): void {
  const real = replica.log.evaluator
  replica.log.evaluator = {
    inspect: (update, clientID) => {
      const inspection = real.inspect(update, clientID)
      return isViolation(inspection) ? inspection : { ...inspection, needs: [] }
    },
    apply: (update) => {
      applyUpdate(replica.document.doc, update, REMOTE)
      return 'applied'
    },
    together: (work) => real.together(work),
  }
}
