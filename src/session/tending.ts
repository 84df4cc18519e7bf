/**
 * Keeping the right links: whom to meet when people come and go, and which links to let go in a crowd. The rule
 * is protocol/overlay.ts; this is when it is looked at.
 */
import type { InstanceId } from '../base/ids.ts'
import type { Clock, Millis } from '../base/ports.ts'
import { MAX_LINKS, ringOf, surplusLinks, wantedLinks } from '../protocol/overlay.ts'
import type { Mesh } from './mesh.ts'
import type { Rendezvous } from './rendezvous.ts'

/** Many come and go at once: whom to link to is looked at this much later. */
const PAUSE_MS: Millis = 50
/** A link younger than this is kept, wanted or not: somebody may just be joining over it. */
const YOUNG_MS: Millis = 10_000

export class Tending {
  readonly #mesh: Mesh
  readonly #rendezvous: Rendezvous
  readonly #clock: Clock
  #cancel: (() => void) | undefined

  constructor(mesh: Mesh, rendezvous: Rendezvous, clock: Clock) {
    this.#mesh = mesh
    this.#rendezvous = rendezvous
    this.#clock = clock
  }

  /** Somebody came or went: one look for all that happens in a moment. */
  changed(): void {
    this.#lookAfter(PAUSE_MS)
  }

  /** Alone, or without somebody we want: the server is asked too; otherwise the mesh mends itself. */
  lost(instance: InstanceId): void {
    const ring = ringOf([...this.#mesh.company.ring(), instance])
    const isWanted = wantedLinks(this.#mesh.me, ring).has(instance)
    if (this.#mesh.peers.size === 0 || isWanted) this.#rendezvous.miss()
    this.changed()
  }

  /** Whether there is room for a link to this instance, or a reason for one. */
  wants(instance: InstanceId): boolean {
    if (this.#mesh.peers.size < MAX_LINKS) return true
    const ring = ringOf([...this.#mesh.company.ring(), instance])
    return wantedLinks(this.#mesh.me, ring).has(instance) || wantedLinks(instance, ring).has(this.#mesh.me)
  }

  stop(): void {
    this.#cancel?.()
  }

  #lookAfter(pause: Millis): void {
    this.#cancel?.()
    this.#cancel = this.#clock.wakeAfter(pause, () => this.#look())
  }

  #look(): void {
    const { me, peers } = this.#mesh
    const ring = this.#mesh.company.ring()
    for (const instance of wantedLinks(me, ring)) {
      const device = this.#mesh.company.deviceOf(instance)
      if (device !== undefined) this.#rendezvous.meet(instance, device)
    }
    for (const instance of surplusLinks(me, [...peers.keys()], ring)) this.#letGo(instance)
  }

  #letGo(instance: InstanceId): void {
    const peer = this.#mesh.peers.get(instance)
    if (peer === undefined) return
    const isYoung = this.#clock.now() - peer.since < YOUNG_MS
    if (isYoung || !this.#mesh.isEvenWith(peer)) this.#lookAfter(YOUNG_MS)
    else peer.link.close()
  }
}
