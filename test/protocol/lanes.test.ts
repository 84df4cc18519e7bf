/** What waits in a lane, and what of it is kept. What goes first, and how large records are, is in link-records.test.ts. */
import { describe, expect, test } from 'vitest'
import { addRecord, forgiveRest, heldBytes, stallsAt, startAssembly } from '../../src/protocol/assembly.ts'
import { enqueue, startOutbox, takeRecord, waitingBytes } from '../../src/protocol/lanes.ts'
import { FRAME_STALL_MS, MAX_FRAME_BYTES } from '../../src/wire/limits.ts'
import type { DataRecord } from '../../src/wire/record.ts'
import { pattern } from './link-pair.ts'

describe('a lane', () => {
  test('gives nothing where nothing waits', () => {
    const outbox = startOutbox()
    enqueue(outbox, 'bulk', pattern(5))
    expect(() => takeRecord(outbox, 'live', 10)).toThrow()
  })

  test('takes no message that is empty or larger than a frame', () => {
    const outbox = startOutbox()
    for (const bytes of [0, MAX_FRAME_BYTES + 1])
      expect(() => enqueue(outbox, 'live', new Uint8Array(bytes))).toThrow()
    enqueue(outbox, 'live', new Uint8Array(MAX_FRAME_BYTES))
    expect([waitingBytes(outbox, 'live'), waitingBytes(outbox, 'bulk')]).toEqual([MAX_FRAME_BYTES, 0])
  })

  test('forgets what is gone as soon as nothing waits, and else in blocks of 1,024', () => {
    const outbox = startOutbox()
    for (let n = 0; n < 3_000; n++) enqueue(outbox, 'live', Uint8Array.of(n & 255))
    const kept = (taken: number): number => {
      for (let n = 0; n < taken; n++) takeRecord(outbox, 'live', 10)
      return outbox.live.messages.length
    }
    expect([kept(1_023), kept(1), kept(1_000), kept(24), kept(951)]).toEqual([3_000, 1_976, 1_976, 952, 952])
    expect(takeRecord(outbox, 'live', 10).payload).toEqual(Uint8Array.of(2_999 & 255))
    expect([outbox.live.messages.length, waitingBytes(outbox, 'live')]).toEqual([0, 0])
  })
})

describe('records that are joined to a frame', () => {
  const record = (payload: Uint8Array, last: boolean): DataRecord => ({
    kind: 'data',
    lane: 'live',
    last,
    payload,
  })

  test('are not copied where it is one', () => {
    const payload = pattern(9)
    expect(addRecord(startAssembly(), record(payload, true), 0)).toBe(payload)
  })

  test('take twice the room of what came, and no more as long as that is enough', () => {
    const assembly = startAssembly()
    expect(heldBytes(assembly)).toBe(0)
    addRecord(assembly, record(pattern(10), false), 0)
    expect(heldBytes(assembly)).toBe(20)
    addRecord(assembly, record(pattern(10), false), 0)
    expect(heldBytes(assembly)).toBe(20)
    addRecord(assembly, record(pattern(1), false), 0)
    expect(heldBytes(assembly)).toBe(42)
  })

  test('may rest again from when they are forgiven, and are whole all the same', () => {
    const assembly = startAssembly()
    forgiveRest(assembly, 50)
    expect(stallsAt(assembly)).toBe(Number.POSITIVE_INFINITY)
    addRecord(assembly, record(pattern(10), false), 100)
    expect(stallsAt(assembly)).toBe(100 + FRAME_STALL_MS)
    forgiveRest(assembly, 5_000)
    expect(stallsAt(assembly)).toBe(5_000 + FRAME_STALL_MS)
    expect(addRecord(assembly, record(Uint8Array.of(1), true), 5_001)).toEqual(
      Uint8Array.of(...pattern(10), 1),
    )
  })
})
