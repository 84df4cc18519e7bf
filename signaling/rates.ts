/**
 * How fast a socket and an address may speak: token buckets and their sizes. Server policy, not
 * protocol: another server may choose other numbers. Time comes in.
 *
 * An address is a household, a school or a carrier's gateway: its buckets hold a classroom of 64 that
 * joins at once, each in 12 topics and dialing 8 others with 25 signals.
 */
import type { Millis } from '../src/base/ports.ts'

export interface Rate {
  /** Tokens of a full bucket. */
  readonly burst: number
  readonly perSecond: number
}

/** All messages of one socket: 8 dials with 25 signals each fit five times. */
export const SOCKET_MESSAGES: Rate = { burst: 1_024, perSecond: 100 }
export const ADDRESS_MESSAGES: Rate = { burst: 20_000, perSecond: 2_000 }
/** Signatures to verify, 0.12 ms each: one address takes at most 2 % of a core for long. */
export const ADDRESS_PROOFS: Rate = { burst: 2_048, perSecond: 128 }
/** Slots entered that were not there: guesses and typing errors. */
export const ADDRESS_GUESSES: Rate = { burst: 32, perSecond: 0.2 }

/** Messages beyond its rate that a socket is refused before it is closed. */
export const MAX_DEBT = 64
/** A closed address is remembered until its slowest bucket is full again (160 s). */
export const ADDRESS_MEMORY_MS: Millis = 180_000
/** Closed addresses remembered; beyond, the oldest is forgotten. About 300 bytes each. */
export const MAX_REMEMBERED_ADDRESSES = 20_000

/** Changed in place: one exists for every socket, and four more for every address. */
export interface Bucket {
  tokens: number
  filledAt: Millis
}

export function fullBucket(rate: Rate, now: Millis): Bucket {
  return { tokens: rate.burst, filledAt: now }
}

/** Whether a token is there; takes none. */
export function holdsToken(bucket: Bucket, rate: Rate, now: Millis): boolean {
  refill(bucket, rate, now)
  return bucket.tokens >= 1
}

/** Takes a token. 'empty': none was left; 'drained': for the MAX_DEBT-th time in a row. */
export function take(bucket: Bucket, rate: Rate, now: Millis): 'taken' | 'empty' | 'drained' {
  refill(bucket, rate, now)
  bucket.tokens -= 1
  if (bucket.tokens >= 0) return 'taken'
  if (bucket.tokens > -MAX_DEBT) return 'empty'
  bucket.tokens = -MAX_DEBT
  return 'drained'
}

function refill(bucket: Bucket, rate: Rate, now: Millis): void {
  const gained = (Math.max(0, now - bucket.filledAt) / 1_000) * rate.perSecond
  bucket.tokens = Math.min(rate.burst, bucket.tokens + gained)
  bucket.filledAt = now
}
