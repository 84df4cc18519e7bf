/** The status people see, as a function of what is acknowledged. No sockets in here: a link counts once it is known what its
 *  other side holds. */
import type { Millis } from '../base/ports.ts'
import type { Chain } from '../protocol/chain.ts'
import { entryAt, heldSeq } from '../protocol/chain.ts'
import type { ChainId } from '../wire/heads.ts'
import type { Phase, SessionProblem, SessionStatus } from './public.ts'
import type { SignalingPhase } from './signaling.ts'

export interface StatusFacts {
  readonly ended: boolean
  readonly shared: boolean
  readonly signaling: SignalingPhase
  readonly dialing: number
  /** Links whose other side has not said yet what it holds. */
  readonly comparing: number
  /** Of the others, how many still send or get more than what is being typed. */
  readonly catchingUp: number
  /** Others who are here, and held to be in step unless somebody catches up. */
  readonly people: number
  readonly connectingTo: string | undefined
  readonly bytesLeft: number
  readonly ownChains: readonly Chain[]
  readonly sharedSeq: (chain: ChainId) => number
  readonly savedAt: Millis | undefined
  readonly unsaved: number
  readonly problem: SessionProblem | undefined
}

export function statusOf(facts: StatusFacts): SessionStatus {
  const { unshared, oldestUnsharedAt } = unsharedOf(facts)
  const { savedAt, unsaved, people: peers, problem } = facts
  const phase = phaseOf(facts)
  const connectingTo = phase === 'connecting' ? facts.connectingTo : undefined
  const bytesLeft = phase === 'syncing' ? facts.bytesLeft : 0
  return { phase, unshared, oldestUnsharedAt, savedAt, unsaved, peers, connectingTo, bytesLeft, problem }
}

function phaseOf(facts: StatusFacts): Phase {
  if (facts.ended) return 'ended'
  if (!facts.shared) return 'draft'
  if (facts.people > 0) return facts.catchingUp > 0 ? 'syncing' : 'synced'
  if (facts.dialing + facts.comparing > 0) return 'connecting'
  return facts.signaling === 'open' || facts.signaling === 'connecting' ? 'waiting' : 'offline'
}

/** Own edits that no other device said it holds; profiles and checkpoints are nobody's text. */
function unsharedOf(facts: StatusFacts): { unshared: number; oldestUnsharedAt: Millis | undefined } {
  let unshared = 0
  let oldestUnsharedAt: Millis | undefined
  for (const chain of facts.ownChains) {
    const from = facts.sharedSeq(chain.id) + 1
    unshared += Math.max(0, chain.base - from + 1)
    for (let seq = Math.max(from, chain.base + 1); seq <= heldSeq(chain); seq++) {
      const held = entryAt(chain, seq)
      if (held?.entry.kind !== 'edit') continue
      unshared++
      oldestUnsharedAt = Math.min(oldestUnsharedAt ?? held.authoredAt, held.authoredAt)
    }
  }
  return { unshared, oldestUnsharedAt }
}

export function isSameStatus(a: SessionStatus, b: SessionStatus): boolean {
  return (Object.keys(a) as (keyof SessionStatus)[]).every((key) =>
    key === 'problem' ? JSON.stringify(a.problem) === JSON.stringify(b.problem) : a[key] === b[key],
  )
}
