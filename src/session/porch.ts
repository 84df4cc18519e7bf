/**
 * Channels whose handshake is under way, and those that wait for a place there: whoever stands here has proven
 * nothing and costs memory, so there is room for few. Who waits costs a channel and nothing else: what comes on it is
 * kept by the channel until its link is begun. Not here: the handshake and its deadline (protocol/link.ts).
 *
 * Invariants: at most MAX_HANDSHAKES under way and MAX_IN_LINE waiting at once. A place is taken away only when
 * somebody waits for it, and only from one who has kept others waiting for PATIENCE turns. The last to come is the first to step in,
 * and when the line is full whoever waits longest gives way: a crowd that never says a word keeps nobody out.
 */
import type { Clock, Millis } from '../base/ports.ts'
import type { Channel } from '../transport/port.ts'
import { MAX_HANDSHAKES, MAX_IN_LINE } from '../wire/limits.ts'

interface Proving {
  readonly open: boolean
  /** It has said something that only a holder of the psk can say. */
  readonly holdsPsk: boolean
  close(): void
}

export interface Visit {
  readonly channel: Channel
  /** There is a place: the handshake begins. */
  begin(): Proving
  /** The channel was closed before there was a place. */
  turnedAway(): void
}

/** Together half a second: two round trips of an honest handshake on a slow line. Counted in turns, because a device
 *  that is too busy to read what came must not take that for silence. */
const PATIENCE = 5
/** Who holds the psk was let this far by somebody, and is slow: a crowd that comes at once to a device is. */
const PATIENCE_WITH_HOLDERS = 50
const TURN_MS: Millis = 100

export class Porch {
  readonly #clock: Clock
  /** How many turns they have kept others waiting; the one that has its place longest comes first. */
  readonly #proving = new Map<Proving, number>()
  readonly #line: Visit[] = []
  #cancelTurn: (() => void) | undefined
  #phase: 'open' | 'filling' | 'closed' = 'open'

  constructor(clock: Clock) {
    this.#clock = clock
  }

  enter(visit: Visit): void {
    if (this.#phase === 'closed') return this.#turnAway(visit)
    this.#line.push(visit)
    if (this.#line.length > MAX_IN_LINE) this.#turnAway(this.#line.shift())
    this.#fill()
  }

  /** Proven or gone. */
  leave(link: Proving): void {
    if (this.#proving.delete(link)) this.#fill()
  }

  /** Nobody comes in any more. */
  close(): void {
    this.#phase = 'closed'
    this.#cancelTurn?.()
    for (const visit of this.#line.splice(0)) this.#turnAway(visit)
    for (const link of [...this.#proving.keys()]) link.close()
  }

  hasRoom(): boolean {
    return this.#proving.size < MAX_HANDSHAKES
  }

  #turnAway(visit: Visit | undefined): void {
    visit?.channel.close()
    visit?.turnedAway()
  }

  /** Whatever a link does when it begins or ends may lead back here. */
  #fill(): void {
    if (this.#phase !== 'open') return
    this.#phase = 'filling'
    while (this.#line.length > 0 && this.hasRoom()) this.#begin(this.#line.pop() as Visit)
    if (this.#phase === 'filling') this.#phase = 'open'
    if (this.#line.length > 0) this.#cancelTurn ??= this.#clock.wakeAfter(TURN_MS, () => this.#turn())
  }

  #begin(visit: Visit): void {
    const link = visit.begin()
    if (link.open) this.#proving.set(link, 0)
  }

  #turn(): void {
    this.#cancelTurn = undefined
    if (this.#line.length === 0) return
    for (const [link, turns] of [...this.#proving]) {
      this.#proving.set(link, turns + 1)
      if (turns + 1 >= (link.holdsPsk ? PATIENCE_WITH_HOLDERS : PATIENCE)) link.close()
    }
    this.#fill()
  }
}
