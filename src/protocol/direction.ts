/**
 * One direction of a link: its key and how many records it sealed. Both sides count the records in
 * the order they are handed over, so one that is lost, repeated, moved or changed does not open.
 * Not here: what records mean (wire/record.ts), when they are sent (link.ts).
 *
 * Sealed record = ChaCha20-Poly1305-IETF(key, counter, no ad, record), RECORD_OVERHEAD_BYTES above its payload.
 * `rekey` is the last record under a key: next key = kdf(key, "rekey", nothing, 32), counter 0.
 */
import { assert } from '../base/assert.ts'
import { EMPTY } from '../base/bytes.ts'
import type { Millis } from '../base/ports.ts'
import type { Crypto } from '../crypto/crypto.ts'
import {
  MAX_RECORD_BYTES,
  MAX_RECORDS_PER_KEY,
  RECORD_OVERHEAD_BYTES,
  REKEY_AFTER_MS,
} from '../wire/limits.ts'
import { decodeRecord, encodeRecord, type LinkRecord } from '../wire/record.ts'
import { type Violation, violation } from '../wire/violation.ts'

const KEY_BYTES = 32

/** Changed in place by `sealRecord` and `openRecord`. The key is its own: it is wiped. */
export interface Direction {
  key: Uint8Array
  /** Records sealed under this key so far. */
  counter: number
  /** When this key came into use; read by the sending side only. */
  since: Millis
}

export function startDirection(key: Uint8Array, now: Millis): Direction {
  return { key, counter: 0, since: now }
}

export function sealRecord(
  crypto: Crypto,
  direction: Direction,
  record: LinkRecord,
  now: Millis,
): Uint8Array {
  assert(direction.counter < MAX_RECORDS_PER_KEY, 'a key seals at most MAX_RECORDS_PER_KEY records')
  const sealed = crypto.sealCounted(direction.key, direction.counter, EMPTY, encodeRecord(record))
  direction.counter += 1
  if (record.kind === 'rekey') renew(crypto, direction, now)
  return sealed
}

export function openRecord(
  crypto: Crypto,
  direction: Direction,
  sealed: Uint8Array,
  now: Millis,
): LinkRecord | Violation {
  if (sealed.length > MAX_RECORD_BYTES) return violation('oversized', 'a record beyond the limit')
  // What holds no head holds no record; libsodium need not look at it.
  if (sealed.length < RECORD_OVERHEAD_BYTES) return violation('malformed', 'a record cut short')
  if (direction.counter >= MAX_RECORDS_PER_KEY) return violation('unexpected', 'no rekey record in time')
  const plain = crypto.openCounted(direction.key, direction.counter, EMPTY, sealed)
  if (plain === undefined) return violation('forged', 'a record does not open')
  const record = decodeRecord(plain)
  if ('violation' in record) return record
  direction.counter += 1
  if (record.kind === 'rekey') renew(crypto, direction, now)
  return record
}

/** Whether a `rekey` record must go before the next record: this one's place is the key's last, or its hour is over. */
export function isRekeyDue(direction: Direction, now: Millis): boolean {
  if (direction.counter === MAX_RECORDS_PER_KEY - 1) return true
  // A key that sealed nothing is as good as new.
  return direction.counter > 0 && now - direction.since >= REKEY_AFTER_MS
}

export function wipeDirection(direction: Direction): void {
  direction.key.fill(0)
}

function renew(crypto: Crypto, direction: Direction, now: Millis): void {
  const next = crypto.kdf(direction.key, 'rekey', EMPTY, KEY_BYTES)
  wipeDirection(direction)
  direction.key = next
  direction.counter = 0
  direction.since = now
}
