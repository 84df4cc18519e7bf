/**
 * Presences of others, and who of them is missed, on their way to our neighbours: for each link the newest of every
 * instance, several in one message. In a crowd they wait a moment for each other, because there every one of them
 * goes along every link.
 *
 * Invariants: who is missed is told after the presence since which it is missed; nothing goes to a link that is
 * closed, and a timer runs only while something waits.
 */
import type { InstanceId } from '../base/ids.ts'
import type { Clock, Millis } from '../base/ports.ts'
import { MAX_PRESENCES } from '../wire/limits.ts'
import type { MeshPeer } from './mesh-peer.ts'

/** Adds little to the way of a caret, which is told at most every 50 ms. */
const CROWD_PAUSE_MS: Millis = 25

export interface PresencePostParts {
  readonly clock: Clock
  readonly isCrowd: () => boolean
}

interface Waiting {
  readonly presences: Map<InstanceId, Uint8Array>
  /** Counters of the presences since which they are missed. */
  readonly missed: Map<InstanceId, number>
}

export class PresencePost {
  readonly #parts: PresencePostParts
  readonly #waiting = new Map<MeshPeer, Waiting>()
  #cancel: (() => void) | undefined

  constructor(parts: PresencePostParts) {
    this.#parts = parts
  }

  /** @param presence as it was signed; kept until it has left */
  send(peer: MeshPeer, instance: InstanceId, presence: Uint8Array): void {
    const { presences, missed } = this.#for(peer)
    presences.set(instance, presence)
    missed.delete(instance) // since an older one
  }

  miss(peer: MeshPeer, instance: InstanceId, counter: number): void {
    this.#for(peer).missed.set(instance, counter)
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = () => undefined
    this.#waiting.clear()
  }

  #for(peer: MeshPeer): Waiting {
    const waiting = this.#waiting.get(peer) ?? { presences: new Map(), missed: new Map() }
    this.#waiting.set(peer, waiting)
    this.#cancel ??= this.#whenDue(() => this.#leave())
    return waiting
  }

  #whenDue(work: () => void): () => void {
    const { clock, isCrowd } = this.#parts
    if (isCrowd()) return clock.wakeAfter(CROWD_PAUSE_MS, work)
    // whatever one message brings is passed on in one
    queueMicrotask(work)
    return () => undefined
  }

  #leave(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    this.#cancel = undefined
    for (const [{ link }, { presences, missed }] of waiting) {
      const all = [...presences.values()]
      for (let from = 0; from < all.length && link.open; from += MAX_PRESENCES)
        link.send({ type: 'presence', presences: all.slice(from, from + MAX_PRESENCES) })
      for (const [instance, counter] of missed) link.send({ type: 'missed', instance, counter })
    }
  }
}
