/**
 * Keeps the disk tidy in idle moments: a log grown long starts anew, and what could not be written is tried again.
 * One tab of a device at a time may start the log anew: whoever holds the claim.
 */
import type { Clock } from '../base/ports.ts'
import type { Journal } from './journal.ts'
import type { Mesh } from './mesh.ts'
import type { Replica } from './replica.ts'

/** How often it is looked whether there is something to tidy. */
const TIDY_MS = 5_000

export interface TidyingParts {
  readonly clock: Clock
  readonly journal: Journal
  readonly replica: Replica
  readonly mesh: Mesh
  readonly mayWrite: () => boolean
  /** Gives the way to let go of it; undefined: another tab holds it. */
  readonly claim: Promise<(() => void) | undefined>
}

export class Tidying {
  readonly #parts: TidyingParts
  #phase: 'on' | 'stopped' = 'on'
  #release: (() => void) | undefined
  #cancel: (() => void) | undefined

  constructor(parts: TidyingParts) {
    this.#parts = parts
    this.#schedule()
    parts.claim.then(
      (release) => this.#claimed(release),
      () => undefined, // no claim: another tab keeps the disk tidy
    )
  }

  stop(): void {
    this.#phase = 'stopped'
    this.#cancel?.()
    this.#release?.()
  }

  #claimed(release: (() => void) | undefined): void {
    if (release === undefined) return
    if (this.#phase === 'stopped') return release()
    this.#parts.replica.mayTrim = true
    this.#release = release
  }

  #schedule(): void {
    const { clock, journal, replica, mesh, mayWrite } = this.#parts
    this.#cancel = clock.wakeAfter(TIDY_MS, () => {
      journal.retry()
      replica.tidy()
      if (replica.checkpoints.isDue && mesh.catchingUp === 0 && mayWrite()) replica.checkpoints.make()
      this.#schedule()
    })
  }
}
