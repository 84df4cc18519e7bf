/** One timer for a core that says when it wants to be stepped: the earliest wish counts, and a tick ends it. */
import type { Clock, Millis } from '../base/ports.ts'

export class Wake {
  readonly #clock: Clock
  readonly #tick: (now: Millis) => void
  #timer: { readonly at: Millis; readonly cancel: () => void } | undefined
  #phase: 'waiting' | 'stopped' = 'waiting'

  constructor(clock: Clock, tick: (now: Millis) => void) {
    this.#clock = clock
    this.#tick = tick
  }

  at(at: Millis): void {
    if (this.#phase === 'stopped' || (this.#timer !== undefined && this.#timer.at <= at)) return
    this.#timer?.cancel()
    const cancel = this.#clock.wakeAfter(Math.max(0, at - this.#clock.now()), () => {
      this.#timer = undefined
      this.#tick(this.#clock.now())
    })
    this.#timer = { at, cancel }
  }

  stop(): void {
    this.#phase = 'stopped'
    this.#timer?.cancel()
  }
}
