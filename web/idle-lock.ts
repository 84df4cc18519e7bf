/**
 * Locks the device when nobody has done anything in any tab for a while. A laptop that slept is noticed at the first
 * look after it, since the time is looked at and no timer is trusted.
 * Not here: locking itself, and which tabs there are: all share the moment somebody was last active.
 */
export interface IdleLockParts {
  readonly now: () => number
  /** Minutes; 0: never. Asked at each look. */
  readonly after: () => number
  readonly lastActive: () => number
  readonly rememberActive: (at: number) => void
  readonly lock: () => void
}

/** Milliseconds between two looks, and between two notes that somebody is active. */
export const LOOK_PAUSE = 15_000
const MINUTE = 60_000

export class IdleLock {
  readonly #parts: IdleLockParts
  #activeAt: number

  constructor(parts: IdleLockParts) {
    this.#parts = parts
    this.#activeAt = parts.now()
    parts.rememberActive(this.#activeAt)
  }

  /** A key, a click, a movement. Whoever comes back too late is locked out by it. */
  active(): void {
    this.look()
    const now = this.#parts.now()
    if (now - this.#activeAt < LOOK_PAUSE) return
    this.#activeAt = now
    this.#parts.rememberActive(now)
  }

  look(): void {
    const { now, after, lastActive, lock } = this.#parts
    const minutes = after()
    if (minutes > 0 && now() - Math.max(this.#activeAt, lastActive()) >= minutes * MINUTE) lock()
  }
}
