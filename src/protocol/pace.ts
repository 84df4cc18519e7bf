/**
 * How full the channel's buffer may be before a lane waits. Counts what was handed over since the
 * channel last told, and measures how fast the buffer drains. Not here: what is handed over (lanes.ts).
 *
 * Invariant: an empty buffer has room in both lanes, so a link that can send never rests for ever.
 */
import type { Millis } from '../base/ports.ts'
import { MAX_BULK_BUFFERED_BYTES, MAX_LIVE_BUFFERED_BYTES } from '../wire/limits.ts'
import type { Lane } from '../wire/record.ts'

/** Bulk keeps at most this much time of sending in the buffer: what a keystroke waits on a slow line. */
const BULK_BUFFERED_MS = 100
/** Shorter spans measure the event loop and the network's bursts, not its rate. */
const MEASURE_MS = 100
/** How much a new measurement counts: one odd span moves the rate little, ten of them move it all the way. */
const NEW_SHARE = 0.25

/** Changed in place. */
export interface Pace {
  /** The largest record handed over: less room than this would be none. */
  readonly recordBytes: number
  /** In the channel's buffer, as far as known. */
  buffered: number
  /** Handed over since the channel last told. */
  handed: number
  /** The span being measured: since when, what left the buffer in it, whether the buffer ran dry in it. */
  since: Millis
  drained: number
  ranDry: boolean
  /** Bytes per millisecond; unknown at first. */
  rate: number | undefined
}

export function startPace(recordBytes: number, now: Millis): Pace {
  return { recordBytes, buffered: 0, handed: 0, since: now, drained: 0, ranDry: true, rate: undefined }
}

export function handedOver(pace: Pace, bytes: number): void {
  pace.buffered += bytes
  pace.handed += bytes
}

/** What the channel says is in its buffer now. */
export function toldBuffered(pace: Pace, bufferedBytes: number, now: Millis): void {
  pace.drained += Math.max(0, pace.buffered - bufferedBytes)
  pace.buffered = bufferedBytes
  pace.handed = 0
  pace.ranDry ||= bufferedBytes === 0
  const span = now - pace.since
  if (span < MEASURE_MS) return
  pace.rate = rateAfter(pace, pace.drained / span)
  pace.since = now
  pace.drained = 0
  pace.ranDry = bufferedBytes === 0
}

/** Below this many buffered bytes a lane may hand over one more record. */
export function roomBelow(pace: Pace, lane: Lane): number {
  if (lane === 'live') return MAX_LIVE_BUFFERED_BYTES
  const wanted = Math.min(MAX_BULK_BUFFERED_BYTES, BULK_BUFFERED_MS * (pace.rate ?? Number.POSITIVE_INFINITY))
  return Math.max(pace.recordBytes, wanted)
}

export function hasRoom(pace: Pace, lane: Lane): boolean {
  return pace.buffered < roomBelow(pace, lane)
}

/** Half empty is when to be woken: early enough that the buffer does not run dry, late enough to be rare. */
export function wakeThreshold(pace: Pace, lane: Lane): number {
  return Math.floor(roomBelow(pace, lane) / 2)
}

function rateAfter({ rate, ranDry }: Pace, measured: number): number | undefined {
  // A buffer that ran dry drained no more because there was no more: the true rate is this or above.
  if (ranDry) return rate === undefined ? undefined : Math.max(rate, measured)
  return rate === undefined ? measured : rate + NEW_SHARE * (measured - rate)
}
