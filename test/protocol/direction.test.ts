/** One direction of a link by itself: what its key seals and opens, and when it is over. Links do it in link-records.test.ts. */
import { describe, expect, test } from 'vitest'
import {
  type Direction,
  isRekeyDue,
  openRecord,
  sealRecord,
  startDirection,
} from '../../src/protocol/direction.ts'
import {
  MAX_RECORD_BYTES,
  MAX_RECORDS_PER_KEY,
  RECORD_OVERHEAD_BYTES,
  REKEY_AFTER_MS,
} from '../../src/wire/limits.ts'
import { crypto } from './link-pair.ts'

const PING = { kind: 'ping', number: 1 } as const
const at = (counter: number): Direction => ({ ...startDirection(new Uint8Array(32).fill(5), 0), counter })

describe('a key', () => {
  test('seals and opens MAX_RECORDS_PER_KEY records and not one more', () => {
    const last = sealRecord(crypto, at(MAX_RECORDS_PER_KEY - 1), PING, 0)
    expect(openRecord(crypto, at(MAX_RECORDS_PER_KEY - 1), last, 0)).toEqual(PING)
    expect(() => sealRecord(crypto, at(MAX_RECORDS_PER_KEY), PING, 0)).toThrow()
    const beyond = crypto.sealCounted(at(0).key, MAX_RECORDS_PER_KEY, new Uint8Array(0), new Uint8Array(9))
    expect(openRecord(crypto, at(MAX_RECORDS_PER_KEY), beyond, 0)).toMatchObject({ violation: 'unexpected' })
  })

  test('is over with its last record but one, and an hour after it came into use', () => {
    expect([MAX_RECORDS_PER_KEY - 2, MAX_RECORDS_PER_KEY - 1].map((n) => isRekeyDue(at(n), 0))).toEqual([
      false,
      true,
    ])
    expect([REKEY_AFTER_MS - 1, REKEY_AFTER_MS].map((now) => isRekeyDue(at(1), now))).toEqual([false, true])
    expect(isRekeyDue(at(0), REKEY_AFTER_MS)).toBe(false)
  })
})

describe('a record', () => {
  test.each([
    ['oversized', MAX_RECORD_BYTES + 1],
    ['forged', MAX_RECORD_BYTES],
    ['forged', RECORD_OVERHEAD_BYTES],
    ['malformed', RECORD_OVERHEAD_BYTES - 1],
  ])('is %s where it has %i bytes of anything', (found, bytes) => {
    const direction = at(3)
    expect(openRecord(crypto, direction, new Uint8Array(bytes), 0)).toMatchObject({ violation: found })
    expect(direction.counter).toBe(3)
  })

  test('that opens and holds nothing known is malformed and not counted', () => {
    const direction = at(3)
    const sealed = crypto.sealCounted(direction.key, 3, new Uint8Array(0), new Uint8Array(8).fill(255))
    expect(openRecord(crypto, direction, sealed, 0)).toMatchObject({ violation: 'malformed' })
    expect(direction.counter).toBe(3)
  })
})
