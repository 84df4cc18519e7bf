/**
 * Signs of life on one link: when to ping, when the other side is gone, how long a round trip takes.
 * Not here: sending (link.ts). Reads no clock: every call says what time it is.
 */
import type { Millis } from '../base/ports.ts'
import { DEAD_AFTER_MS, HEARTBEAT_MS } from '../wire/limits.ts'
import { type Violation, violation } from '../wire/violation.ts'

/** After our own sleep the other side has this long to be heard again; many times a slow round trip. */
const GRACE_MS = 3_000
/** An honest peer sends one ping in 5 s and answers ours; a burst after a stall stays far below. */
const MAX_CONTROL_PER_SECOND = 20
/** Round trips the median is taken of; also how many unanswered pings are remembered. */
const REMEMBERED = 10
const NUMBERS = 2 ** 32

interface Ping {
  readonly number: number
  readonly at: Millis
}

/** Changed in place. */
export interface Heartbeat {
  sentAt: Millis
  heardAt: Millis
  tickedAt: Millis
  /** Until then the other side is not declared dead. */
  graceUntil: Millis
  nextNumber: number
  unanswered: readonly Ping[]
  roundTrips: readonly Millis[]
  /** Control records (ping, pong, rekey) of the other side in the second that began at `since`. */
  control: { since: Millis; count: number }
}

export type Beat = 'rest' | 'ping' | 'awake' | 'dead'

export function startHeartbeat(now: Millis): Heartbeat {
  return {
    ...{ sentAt: now, heardAt: now, tickedAt: now, graceUntil: now },
    ...{ nextNumber: 0, unanswered: [], roundTrips: [] },
    control: { since: now, count: 0 },
  }
}

/**
 * What a tick calls for. 'awake': this tick comes so late that we ourselves slept (a frozen tab, a
 * closed laptop). What the other side sent meanwhile may still wait behind this tick, so its silence
 * proves nothing yet: ping it and give it GRACE_MS, once until it is heard again.
 */
export function beat(heartbeat: Heartbeat, now: Millis): Beat {
  const slept = now - heartbeat.tickedAt > DEAD_AFTER_MS
  heartbeat.tickedAt = now
  if (slept && heartbeat.graceUntil <= heartbeat.heardAt) {
    heartbeat.graceUntil = now + GRACE_MS
    return 'awake'
  }
  if (now >= deadAt(heartbeat)) return 'dead'
  return now >= heartbeat.sentAt + HEARTBEAT_MS ? 'ping' : 'rest'
}

/** Any record is a sign of life, and ends a grace. */
export function heard(heartbeat: Heartbeat, now: Millis): void {
  heartbeat.heardAt = now
  heartbeat.graceUntil = Math.min(heartbeat.graceUntil, now)
}

/** When `beat` will have something to say, if nothing happens before. */
export function nextBeat(heartbeat: Heartbeat): Millis {
  return Math.min(heartbeat.sentAt + HEARTBEAT_MS, deadAt(heartbeat))
}

/** The number of a new ping. */
export function nextPing(heartbeat: Heartbeat, now: Millis): number {
  const number = heartbeat.nextNumber
  heartbeat.nextNumber = (number + 1) % NUMBERS
  heartbeat.unanswered = [...heartbeat.unanswered, { number, at: now }].slice(-REMEMBERED)
  return number
}

/** The median of the last ten round trips (of two in the middle the longer). An answer to no ping we
 *  remember tells nothing. */
export function answered(heartbeat: Heartbeat, number: number, now: Millis): Millis | undefined {
  const index = heartbeat.unanswered.findIndex((each) => each.number === number)
  const ping = heartbeat.unanswered[index]
  if (ping === undefined) return undefined
  // The channel is ordered: what was asked earlier will not be answered any more.
  heartbeat.unanswered = heartbeat.unanswered.slice(index + 1)
  heartbeat.roundTrips = [...heartbeat.roundTrips, now - ping.at].slice(-REMEMBERED)
  const sorted = [...heartbeat.roundTrips].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

/** Every control record costs an answer or a key, so their number is bounded. */
export function countControl(heartbeat: Heartbeat, now: Millis): Violation | undefined {
  const { control } = heartbeat
  if (now - control.since >= 1_000) heartbeat.control = { since: now, count: 1 }
  else control.count += 1
  return heartbeat.control.count > MAX_CONTROL_PER_SECOND
    ? violation('flooding', 'more control records than an honest peer sends')
    : undefined
}

function deadAt(heartbeat: Heartbeat): Millis {
  return Math.max(heartbeat.heardAt + DEAD_AFTER_MS, heartbeat.graceUntil)
}
