/**
 * Channels whose handshake is under way: whoever stands there has proven nothing and costs memory, so there is room
 * for few. Not here: the handshake and its deadline (protocol/link.ts).
 *
 * Invariant: at most MAX_HANDSHAKES at once. The one that waits longest gives way: an honest handshake takes two
 * round trips, so it is over long before a flood of idle ones has pushed it out.
 */
import { MAX_HANDSHAKES } from '../wire/limits.ts'

interface Waiting {
  close(): void
}

export class Porch {
  readonly #waiting = new Set<Waiting>()

  enter(link: Waiting): void {
    this.#waiting.add(link)
    const [longest] = this.#waiting
    if (this.#waiting.size > MAX_HANDSHAKES) longest?.close()
  }

  /** Proven or gone. */
  leave(link: Waiting): void {
    this.#waiting.delete(link)
  }
}
