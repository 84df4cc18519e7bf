/**
 * What came on one link and waits its turn: bulk is taken one message a task, so that ten megabytes from one
 * peer never hold up a keystroke from another. While something waits, all that the link says waits behind it, in order.
 */
export class Inbox {
  readonly #soon: (work: () => void) => void
  readonly #waiting: (() => void)[] = []
  #phase: 'resting' | 'due' = 'resting'

  constructor(soon: (work: () => void) => void) {
    this.#soon = soon
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Now, unless something waits. */
  take(work: () => void): void {
    if (this.isEmpty) work()
    else this.#waiting.push(work)
  }

  /** In a task of its own. */
  takeLater(work: () => void): void {
    this.#waiting.push(work)
    this.#next()
  }

  #next(): void {
    if (this.#phase === 'due' || this.isEmpty) return
    this.#phase = 'due'
    this.#soon(() => {
      this.#phase = 'resting'
      this.#waiting.shift()?.()
      this.#next()
    })
  }
}
