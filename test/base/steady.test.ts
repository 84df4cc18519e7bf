import { expect, test } from 'vitest'
import { steady } from '../../src/base/steady.ts'

const HOUR = 3_600_000

/** A time of day that can be set, and a pace that cannot. */
function clock() {
  const state = { day: 10 * HOUR, elapsed: 0 }
  const pass = (span: number): void => {
    state.day += span
    state.elapsed += span
  }
  return {
    state,
    pass,
    now: steady(
      () => state.day,
      () => state.elapsed,
    ),
  }
}

test('a clock nobody sets shows the time of day', () => {
  const { now, pass } = clock()
  pass(1_234)
  expect(now()).toBe(10 * HOUR + 1_234)
})

test('a clock set back goes on at its own pace', () => {
  const { state, now, pass } = clock()
  state.day -= HOUR
  pass(500)
  expect(now()).toBe(10 * HOUR + 500)
})

test('a clock set forward, or one that slept, shows the new time', () => {
  const { state, now, pass } = clock()
  state.day += HOUR
  expect(now()).toBe(11 * HOUR)
  state.day -= HOUR
  pass(7)
  expect(now()).toBe(11 * HOUR + 7)
})
