/**
 * Newcomers who wait because their invite says that somebody is asked first: who they are, by their own word, and
 * what becomes of them. Not here: links and proofs (guest-book.ts, admission.ts).
 *
 * Invariants: who waits has proven to hold the invite; each is answered at most once; nobody waits for ever.
 */
import { toHex } from '../base/bytes.ts'
import type { Clock, Millis } from '../base/ports.ts'
import type { WaitingGuest } from './public.ts'

export interface LobbyParts {
  readonly clock: Clock
  /** Who waits is another. */
  readonly changed: () => void
}

/** How somebody who waits is told of. */
export interface Arrival extends Pick<WaitingGuest, 'name' | 'role'> {
  /** Names it among those who wait: its handshake. */
  readonly handshake: Uint8Array
  readonly answer: (answer: LobbyAnswer) => void
}

/** 'forgotten': nobody answered in time. */
export type LobbyAnswer = 'let in' | 'turned away' | 'forgotten'

/** Whoever waits gives up after this too (session/joining.ts). */
export const LOBBY_MS: Millis = 15 * 60_000

interface Waiting {
  readonly guest: WaitingGuest
  readonly answer: Arrival['answer']
  readonly cancel: () => void
}

export class Lobby {
  readonly #parts: LobbyParts
  readonly #waiting = new Map<string, Waiting>()

  constructor(parts: LobbyParts) {
    this.#parts = parts
  }

  /** Whoever has waited longest first. */
  get guests(): readonly WaitingGuest[] {
    return [...this.#waiting.values()].map(({ guest }) => guest)
  }

  /** @returns what to call when it is gone */
  enter({ handshake, name, role, answer }: Arrival): () => void {
    const { clock, changed } = this.#parts
    const id = toHex(handshake)
    const guest: WaitingGuest = {
      ...{ id, name, role, since: clock.now() },
      letIn: () => this.#settle(id, 'let in'),
      turnAway: () => this.#settle(id, 'turned away'),
    }
    const cancel = clock.wakeAfter(LOBBY_MS, () => this.#settle(id, 'forgotten'))
    this.#waiting.set(id, { guest, answer, cancel })
    changed()
    return () => this.#take(id)
  }

  stop(): void {
    for (const id of [...this.#waiting.keys()]) this.#take(id)
  }

  #settle(id: string, answer: LobbyAnswer): void {
    this.#take(id)?.answer(answer)
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return undefined
    waiting.cancel()
    this.#waiting.delete(id)
    this.#parts.changed()
    return waiting
  }
}
