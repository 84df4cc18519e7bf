/**
 * How many messages of each type a link may bring: every one costs us an answer, a comparison or a forwarding. Each
 * type has a bucket that fills at its pace. Not here: bytes (back-pressure bounds them) and what messages mean.
 *
 * Invariant: an honest peer never meets a bound, in a crowd and after a long sleep either.
 */
import type { Millis } from '../base/ports.ts'
import { MAX_INSTANCES, MAX_JOINS } from '../wire/limits.ts'
import type { Message } from '../wire/message.ts'
import { type Violation, violation } from '../wire/violation.ts'

interface Bound {
  readonly atOnce: number
  readonly perSecond: number
}

/** Types without a bound here pay for themselves: entries are verified once and stored, pieces were asked for. */
const BOUNDS: Partial<Record<Message['type'], Bound>> = {
  // one in two seconds, and answers; more when a log breaks again and again
  heads: { atOnce: 1_200, perSecond: 10 },
  digest: { atOnce: 600, perSecond: 10 },
  // five a second, and news once a second
  ack: { atOnce: 600, perSecond: 20 },
  sending: { atOnce: 1_200, perSecond: 20 },
  // one a device when a link opens or is lost
  prune: { atOnce: 4 * MAX_JOINS, perSecond: 100 },
  graft: { atOnce: 4 * MAX_JOINS, perSecond: 100 },
  // one an instance when somebody loses its way to many
  missed: { atOnce: 4 * MAX_INSTANCES, perSecond: 20 },
  // a whole crowd joins through one of us
  carry: { atOnce: 8 * MAX_INSTANCES, perSecond: 500 },
  roster: { atOnce: 2 * MAX_JOINS, perSecond: 50 },
  // twenty a second of everybody in a crowd of 128, passed on by one link
  presence: { atOnce: 20_000, perSecond: 2_560 },
  // two people with buttons, a few messages each
  verification: { atOnce: 32, perSecond: 1 },
  // keys for whoever was left out: one a link and epoch
  welcome: { atOnce: 100, perSecond: 1 },
  'blob-want': { atOnce: 200, perSecond: 10 },
  'blob-missing': { atOnce: 200, perSecond: 10 },
}

/** What is left in each bucket, and since when it fills. Changed in place. */
export type Quota = Map<Message['type'], { left: number; since: Millis }>

export function startQuota(): Quota {
  return new Map()
}

/** Takes a message of this type off what is left. @param worth how many it stands for */
export function spend(quota: Quota, type: Message['type'], now: Millis, worth = 1): Violation | undefined {
  const bound = BOUNDS[type]
  if (bound === undefined) return undefined
  const bucket = quota.get(type) ?? { left: bound.atOnce, since: now }
  const filled = Math.min(
    bound.atOnce,
    bucket.left + (Math.max(0, now - bucket.since) / 1_000) * bound.perSecond,
  )
  if (filled < worth) return violation('flooding', `more messages (${type}) than an honest peer sends`)
  quota.set(type, { left: filled - worth, since: now })
  return undefined
}
