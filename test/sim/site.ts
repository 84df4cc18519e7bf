/**
 * Where one life of a device runs: whatever reaches it (a timer, a message, the disk) comes in through `run`. A frozen
 * site keeps what comes until it thaws, in order; a dead one drops it.
 * Invariant: after `end` nothing of that life runs again.
 */
import type { Clock, Millis } from '../../src/base/ports.ts'
import { steady } from '../../src/base/steady.ts'
import type { VirtualTime } from './time.ts'

export type SitePhase = 'alive' | 'frozen' | 'dead'

export class Site implements Clock {
  readonly device: number
  /** Something ran here since it was looked at last. */
  isTouched = false
  /** When it could not run last; it needs a moment to notice what happened meanwhile. */
  thawedAt: Millis
  /** When it thawed last. */
  wokeAt: Millis | undefined
  /** Since when it cannot run; undefined: it can. */
  frozenAt: Millis | undefined
  readonly #time: VirtualTime
  readonly #kept: (() => void)[] = []
  #phase: SitePhase = 'alive'

  /** What this life takes the time for, when the device's own clock is wrong by `skew`. */
  readonly now: () => Millis

  constructor(time: VirtualTime, device: number, skew: () => Millis) {
    this.#time = time
    this.device = device
    this.now = steady(
      () => time.now() + skew(),
      () => time.now(),
    )
    this.thawedAt = time.now()
  }

  get phase(): SitePhase {
    return this.#phase
  }

  wakeAfter(after: Millis, wake: () => void): () => void {
    let isWanted = true
    const cancel = this.#time.wakeAfter(after, () => this.run(() => isWanted && wake()))
    return () => {
      isWanted = false
      cancel()
    }
  }

  run(task: () => void): void {
    if (this.#phase === 'dead') return
    // who thaws takes what was kept first
    if (this.#phase === 'frozen' || this.#kept.length > 0) {
      this.#kept.push(task)
      return
    }
    this.isTouched = true
    task()
  }

  #takeNext(): void {
    if (this.#phase !== 'alive') return
    const task = this.#kept[0]
    if (task === undefined) return
    this.isTouched = true
    task()
    this.#kept.shift()
    if (this.#kept.length > 0) this.#time.wakeAfter(0, () => this.#takeNext())
  }

  /** Its clock was set, which looks like sleep from inside. */
  startle(): void {
    this.thawedAt = this.#time.now()
  }

  freeze(): void {
    if (this.#phase !== 'alive') return
    this.#phase = 'frozen'
    this.frozenAt = this.#time.now()
  }

  thaw(): void {
    if (this.#phase !== 'frozen') return
    this.#phase = 'alive'
    this.frozenAt = undefined
    this.thawedAt = this.#time.now()
    this.wokeAt = this.thawedAt
    this.#time.wakeAfter(0, () => this.#takeNext())
  }

  end(): void {
    this.#phase = 'dead'
    this.#kept.length = 0
  }
}

/** What the site hears, `run` there. */
export function heardAt<Given extends readonly unknown[]>(
  site: Site,
  hear: (...given: Given) => void,
): (...given: Given) => void {
  return (...given) => site.run(() => hear(...given))
}
