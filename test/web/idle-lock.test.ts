/** When the device locks by itself: after nobody did anything in any tab for the chosen time. */
import { expect, test } from 'vitest'
import { IdleLock, LOOK_PAUSE } from '../../web/idle-lock.ts'

const MINUTE = 60_000

/** Tabs of one device at one moment; `locked` counts. */
function desk(after: number) {
  const device = { now: 1_000_000, active: 0, locked: 0, after }
  const tab = () =>
    new IdleLock({
      now: () => device.now,
      after: () => device.after,
      lastActive: () => device.active,
      rememberActive: (at) => {
        device.active = at
      },
      lock: () => {
        device.locked++
      },
    })
  return { device, tab }
}

test('it locks when the chosen time has passed, and not before', () => {
  const { device, tab } = desk(5)
  const one = tab()
  device.now += 5 * MINUTE - 1
  one.look()
  expect(device.locked).toBe(0)
  device.now += 1
  one.look()
  expect(device.locked).toBe(1)
})

test('whoever does something stays, in whichever tab', () => {
  const { device, tab } = desk(5)
  const [one, other] = [tab(), tab()]
  for (let minutes = 0; minutes < 20; minutes += 4) {
    device.now += 4 * MINUTE
    other.active()
    one.look()
  }
  expect(device.locked).toBe(0)
})

test('the first movement after a long sleep locks and does not count as presence', () => {
  const { device, tab } = desk(15)
  const one = tab()
  device.now += 600 * MINUTE
  one.active()
  expect(device.locked).toBe(1)
})

test('never is never, and a choice counts at once', () => {
  const { device, tab } = desk(0)
  const one = tab()
  device.now += 10_000 * MINUTE
  one.look()
  expect(device.locked).toBe(0)
  device.after = 60
  one.look()
  expect(device.locked).toBe(1)
})

test('many movements are told to the other tabs once in a while only', () => {
  const { device, tab } = desk(5)
  const one = tab()
  const begun = device.active
  device.now += LOOK_PAUSE - 1
  one.active()
  expect(device.active).toBe(begun)
  device.now += 1
  one.active()
  expect(device.active).toBe(device.now)
})
