/**
 * Signs of life on one link: when to ping, when the other side is gone, how long a round trip takes. The two sides
 * take turns: who answered a ping sends the next one, so each hears the other all the time, each learns the round
 * trip, and a silent link costs two records in HEARTBEAT_MS.
 * Not here: sending (link.ts). Reads no clock: every call says what time it is, and time never goes back.
 */
import type { Millis } from '../base/ports.ts'
import { DEAD_AFTER_MS, HEARTBEAT_MS } from '../wire/limits.ts'
import { type Violation, violation } from '../wire/violation.ts'

/** After our own sleep the other side has this long to be heard again; many times a slow round trip. */
const GRACE_MS = 3_000
/** Whose turn it is not pings all the same after this much longer: the other side's timers may be slow. */
const OUT_OF_TURN_MS = 1_000
/** A silent link that is kept is asked this often whether it speaks again. */
const SILENT_PING_MS = 10_000
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
  /** By then it must have been heard, whatever else holds: it was asked. */
  answerBy: Millis
  turn: 'ours' | 'theirs'
  /** `kept`: nothing was heard for too long, and the link is kept all the same. */
  voice: 'heard' | 'kept'
  nextNumber: number
  unanswered: readonly Ping[]
  roundTrips: readonly Millis[]
  /** Control records (ping, pong, rekey) of the other side in the second that began at `since`. */
  control: { since: Millis; count: number }
}

export type Beat = 'rest' | 'ping' | 'awake' | 'dead'

export function startHeartbeat(now: Millis, turn: Heartbeat['turn']): Heartbeat {
  return {
    ...{ sentAt: now, heardAt: now, tickedAt: now, graceUntil: now, answerBy: Number.POSITIVE_INFINITY },
    ...{ turn, voice: 'heard', nextNumber: 0, unanswered: [], roundTrips: [] },
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
    heartbeat.answerBy = Number.POSITIVE_INFINITY
    return 'awake'
  }
  if (now >= deadAt(heartbeat)) return 'dead'
  return now >= pingAt(heartbeat) ? 'ping' : 'rest'
}

/** It must be heard within `within` from now: it is asked at once. */
export function demandAnswer(heartbeat: Heartbeat, within: Millis, now: Millis): void {
  heartbeat.answerBy = Math.min(heartbeat.answerBy, now + within)
}

/** Its silence ends nothing from now on. */
export function keepSilent(heartbeat: Heartbeat): void {
  heartbeat.voice = 'kept'
}

/** Any record is a sign of life, and ends a grace. */
export function heard(heartbeat: Heartbeat, now: Millis): void {
  heartbeat.heardAt = now
  heartbeat.answerBy = Number.POSITIVE_INFINITY
  heartbeat.voice = 'heard'
  heartbeat.graceUntil = Math.min(heartbeat.graceUntil, now)
}

/** When `beat` will have something to say, if nothing happens before. */
export function nextBeat(heartbeat: Heartbeat): Millis {
  return Math.min(pingAt(heartbeat), deadAt(heartbeat))
}

/** The number of a new ping. */
export function nextPing(heartbeat: Heartbeat, now: Millis): number {
  const number = heartbeat.nextNumber
  heartbeat.turn = 'theirs'
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

function pingAt({ sentAt, turn, voice }: Heartbeat): Millis {
  if (voice === 'kept') return sentAt + SILENT_PING_MS
  return sentAt + HEARTBEAT_MS + (turn === 'ours' ? 0 : OUT_OF_TURN_MS)
}

/** Never, once its silence is put up with. */
function deadAt({ heardAt, graceUntil, answerBy, voice }: Heartbeat): Millis {
  if (voice === 'kept') return Number.POSITIVE_INFINITY
  return Math.min(answerBy, Math.max(heardAt + DEAD_AFTER_MS, graceUntil))
}
