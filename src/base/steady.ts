/**
 * A clock that never goes back: it shows the time of day until that is set back, then goes on at its own pace. Whatever
 * waits for a moment that was reckoned before waits no longer than it meant to.
 * Set forward, it follows: that is how a device wakes from sleep, too.
 */
import type { Millis } from './ports.ts'

/** `timeOfDay` may jump either way; `elapsed` only grows, and may stand still while the device sleeps. */
export function steady(timeOfDay: () => Millis, elapsed: () => Millis): () => Millis {
  let ahead = timeOfDay() - elapsed()
  return () => {
    ahead = Math.max(ahead, timeOfDay() - elapsed())
    return Math.floor(ahead + elapsed())
  }
}
