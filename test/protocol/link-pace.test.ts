/** How much bulk a channel's buffer is given, by how fast it was seen to drain. */
import { describe, expect, test } from 'vitest'
import {
  handedOver,
  hasRoom,
  type Pace,
  roomBelow,
  startPace,
  toldBuffered,
} from '../../src/protocol/pace.ts'
import { MAX_BULK_BUFFERED_BYTES, MAX_LIVE_BUFFERED_BYTES } from '../../src/wire/limits.ts'

const RECORD = 16_384

/** A line that always has something to send and drains `bytesPerMilli`, for `millis`, told every 50 ms. */
function drain(pace: Pace, bytesPerMilli: number, from: number, millis: number): number {
  for (let now = from; now < from + millis; now += 50) {
    handedOver(pace, 50 * bytesPerMilli)
    toldBuffered(pace, pace.buffered - 50 * bytesPerMilli, now + 50)
  }
  return from + millis
}

function busy(): Pace {
  const pace = startPace(RECORD, 0)
  handedOver(pace, 100_000)
  toldBuffered(pace, 100_000, 1_000)
  return pace
}

describe('bulk may fill the buffer', () => {
  test('up to MAX_BULK_BUFFERED_BYTES while the rate is unknown, and never beyond', () => {
    expect(roomBelow(startPace(RECORD, 0), 'bulk')).toBe(MAX_BULK_BUFFERED_BYTES)
    const pace = busy()
    drain(pace, 50_000, 1_000, 5_000)
    expect(roomBelow(pace, 'bulk')).toBe(MAX_BULK_BUFFERED_BYTES)
  })

  test('up to 100 ms of the measured rate', () => {
    const pace = busy()
    const now = drain(pace, 300, 1_000, 5_000)
    expect(roomBelow(pace, 'bulk')).toBeCloseTo(30_000, -1)
    drain(pace, 600, now, 5_000)
    expect(roomBelow(pace, 'bulk')).toBeCloseTo(60_000, -2)
  })

  test('with one record at least, however slow the line is', () => {
    const pace = busy()
    drain(pace, 1, 1_000, 5_000)
    expect(roomBelow(pace, 'bulk')).toBe(RECORD)
    toldBuffered(pace, 0, 7_000)
    expect(hasRoom(pace, 'bulk')).toBe(true)
  })
})

test('a buffer that ran dry for want of bytes slows nothing down', () => {
  const pace = busy()
  let now = drain(pace, 300, 1_000, 5_000)
  for (let i = 0; i < 50; i += 1) {
    toldBuffered(pace, 0, now)
    handedOver(pace, 10)
    now += 1_000
  }
  expect(roomBelow(pace, 'bulk')).toBeGreaterThan(29_000)
  expect(roomBelow(pace, 'bulk')).toBeLessThan(31_000)
})

test('one odd span moves the rate by a quarter, and a span is measured once it is 100 ms long', () => {
  const pace = busy()
  const now = drain(pace, 300, 1_000, 5_000)
  const before = roomBelow(pace, 'bulk')
  handedOver(pace, 110_000)
  toldBuffered(pace, pace.buffered - 50_000, now + 99)
  expect(roomBelow(pace, 'bulk')).toBe(before)
  toldBuffered(pace, pace.buffered - 60_000, now + 100)
  expect(roomBelow(pace, 'bulk')).toBeCloseTo(before + (110_000 - before) / 4, 0)
})

test('the time before anything was sent says nothing of the line', () => {
  const pace = startPace(RECORD, 0)
  handedOver(pace, 100_000)
  toldBuffered(pace, 90_000, 5_000)
  expect(roomBelow(pace, 'bulk')).toBe(MAX_BULK_BUFFERED_BYTES)
})

test('a rest before the first byte slows nothing down', () => {
  const pace = busy()
  let now = drain(pace, 300, 1_000, 5_000)
  for (let i = 0; i < 20; i += 1) {
    now += 1_000
    toldBuffered(pace, 0, now)
    now += 1_000
    handedOver(pace, 1_000)
    toldBuffered(pace, 500, now)
  }
  expect(roomBelow(pace, 'bulk')).toBeGreaterThan(29_000)
})

test('a buffer that runs dry sooner than expected shows a faster line', () => {
  const pace = busy()
  let now = drain(pace, 300, 1_000, 5_000)
  for (let i = 0; i < 5; i += 1) {
    toldBuffered(pace, 0, now)
    handedOver(pace, 100_000)
    now += 100
    toldBuffered(pace, 0, now)
  }
  expect(roomBelow(pace, 'bulk')).toBeGreaterThan(90_000)
})

test('live has room up to MAX_LIVE_BUFFERED_BYTES, whatever the rate', () => {
  const pace = busy()
  drain(pace, 1, 1_000, 5_000)
  toldBuffered(pace, MAX_LIVE_BUFFERED_BYTES - 1, 7_000)
  expect([hasRoom(pace, 'live'), hasRoom(pace, 'bulk')]).toEqual([true, false])
  handedOver(pace, 1)
  expect(hasRoom(pace, 'live')).toBe(false)
})
