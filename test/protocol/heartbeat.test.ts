/** A heartbeat by itself, to the millisecond. Whole links beat in link-heartbeat.test.ts. */
import { describe, expect, test } from 'vitest'
import {
  answered,
  beat,
  countControl,
  heard,
  keepSilent,
  nextBeat,
  nextPing,
  startHeartbeat,
} from '../../src/protocol/heartbeat.ts'
import { DEAD_AFTER_MS, HEARTBEAT_MS } from '../../src/wire/limits.ts'

const START = 1_700_000_000_000
const MAX_CONTROL_PER_SECOND = 20

describe('a tick', () => {
  test('is late by more than DEAD_AFTER_MS only where this side slept', () => {
    expect(beat(startHeartbeat(START, 'ours'), START + DEAD_AFTER_MS)).toBe('dead')
    expect(beat(startHeartbeat(START, 'ours'), START + DEAD_AFTER_MS + 1)).toBe('awake')
  })

  test('asks when it is due, and not before', () => {
    const heartbeat = startHeartbeat(START, 'ours')
    expect(nextBeat(heartbeat)).toBe(START + HEARTBEAT_MS)
    expect(beat(heartbeat, START + HEARTBEAT_MS - 1)).toBe('rest')
    expect(beat(heartbeat, START + HEARTBEAT_MS)).toBe('ping')
  })

  test('never finds anybody dead whose silence is put up with, until they are heard again', () => {
    const heartbeat = startHeartbeat(START, 'ours')
    keepSilent(heartbeat)
    expect(beat(heartbeat, START + DEAD_AFTER_MS)).not.toBe('dead')
    heard(heartbeat, START + DEAD_AFTER_MS)
    expect(beat(heartbeat, START + 2 * DEAD_AFTER_MS)).toBe('dead')
  })
})

describe('round trips', () => {
  test('are told by the answers: of ten the median, of two the longer', () => {
    const heartbeat = startHeartbeat(START, 'ours')
    const trip = (millis: number): number | undefined =>
      answered(heartbeat, nextPing(heartbeat, START), START + millis)
    expect([trip(30), trip(10), trip(20), trip(5)]).toEqual([30, 30, 20, 20])
  })

  test('are told by the ping that is answered, and those before it are not answered any more', () => {
    const heartbeat = startHeartbeat(START, 'ours')
    const [first, second] = [nextPing(heartbeat, START), nextPing(heartbeat, START + 100)]
    expect(answered(heartbeat, second, START + 150)).toBe(50)
    expect(answered(heartbeat, first, START + 150)).toBeUndefined()
  })

  test('are remembered of the last ten pings', () => {
    const heartbeat = startHeartbeat(START, 'ours')
    const pings = Array.from({ length: 11 }, () => nextPing(heartbeat, START))
    expect(answered(heartbeat, pings[0] as number, START + 10)).toBeUndefined()
    expect(answered(heartbeat, pings[1] as number, START + 10)).toBe(10)
    expect(heartbeat.unanswered).toHaveLength(9)
  })
})

test('control records are counted by the second that begins with the first beyond the last one', () => {
  const heartbeat = startHeartbeat(START, 'ours')
  const count = (times: number, at: number): unknown =>
    Array.from({ length: times }, () => countControl(heartbeat, START + at)).at(-1)
  expect(count(MAX_CONTROL_PER_SECOND, 999)).toBeUndefined()
  expect(count(MAX_CONTROL_PER_SECOND, 1_000)).toBeUndefined()
  expect(count(1, 1_999)).toMatchObject({ violation: 'flooding' })
  expect(count(MAX_CONTROL_PER_SECOND, 2_000)).toBeUndefined()
})
