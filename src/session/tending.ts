/**
 * Keeping the right links: whom to meet when people come and go, and which links to let go in a crowd. The rule
 * is protocol/overlay.ts; this is when it is looked at.
 */
import type { InstanceId } from '../base/ids.ts'
import type { Clock, Millis } from '../base/ports.ts'
import { FULL_MESH, MAX_LINKS, surplusLinks, wantedLinks } from '../protocol/overlay.ts'
import type { HowLost } from './company.ts'
import type { Mesh } from './mesh.ts'
import type { MeshPeer } from './mesh-peer.ts'
import type { Rendezvous } from './rendezvous.ts'

/** Many come and go at once: whom to link to is looked at this much later. */
const PAUSE_MS: Millis = 50
/** In a crowd whoever has a link waits until nobody has come for this long: every dial to somebody who is a neighbour for
 *  a moment only is a connection for nothing. */
const CROWD_PAUSE_MS: Millis = 400
/** It waits no longer than this: people may be coming all the time. */
const LONGEST_PAUSE_MS: Millis = 2_000
/** A link younger than this is kept, wanted or not: somebody may just be joining over it. */
const YOUNG_MS: Millis = 10_000

export class Tending {
  readonly #mesh: Mesh
  readonly #rendezvous: Rendezvous
  readonly #clock: Clock
  #cancel: (() => void) | undefined
  /** Since when something has changed that was not looked at. */
  #unseenSince: Millis | undefined

  constructor(mesh: Mesh, rendezvous: Rendezvous, clock: Clock) {
    this.#mesh = mesh
    this.#rendezvous = rendezvous
    this.#clock = clock
  }

  /** Somebody came or went: one look for all that happens in a moment. */
  changed(): void {
    const now = this.#clock.now()
    this.#unseenSince ??= now
    const isCrowd = this.#mesh.company.ring().byId.length > FULL_MESH && this.#linked('front').length > 0
    const left = this.#unseenSince + LONGEST_PAUSE_MS - now
    this.#lookAfter(isCrowd ? Math.max(0, Math.min(CROWD_PAUSE_MS, left)) : PAUSE_MS)
  }

  /** Alone, or without somebody we want and who did not say that we are not needed: the server is asked too; otherwise
   *  the mesh mends itself. */
  lost(instance: InstanceId, how: HowLost): void {
    const isMissed = how !== 'let go' && this.#isWanted(instance)
    if (isMissed || this.#linked('front').length === 0) this.#rendezvous.miss()
    this.#lookAfter(PAUSE_MS)
  }

  /** Whether there is a reason for a link to this instance, or room: for those the crowd has not heard of, and for
   *  those behind another tab. Whoever is known and not wanted has links of its own. */
  wants(instance: InstanceId): boolean {
    const { company } = this.#mesh
    if (company.isBehind(instance)) return this.#linked('behind').length < MAX_LINKS
    if (this.#isWanted(instance)) return true
    return !company.ring().byId.includes(instance) && this.#linked('front').length < MAX_LINKS
  }

  /** Until something changes. */
  stop(): void {
    this.#cancel?.()
  }

  /** Those behind another tab are linked to us of their own accord, in case that tab ends; no ring counts them. */
  #linked(place: 'front' | 'behind'): readonly InstanceId[] {
    const { peers, company } = this.#mesh
    return [...peers.keys()].filter((instance) => company.isBehind(instance) === (place === 'behind'))
  }

  #isWanted(instance: InstanceId): boolean {
    if (this.#mesh.company.isBehind(instance)) return false
    return wantedLinks(this.#mesh.me, this.#mesh.company.ring(instance)).has(instance)
  }

  #lookAfter(pause: Millis): void {
    this.#cancel?.()
    this.#cancel = this.#clock.wakeAfter(pause, () => this.#look())
  }

  #look(): void {
    this.#unseenSince = undefined
    const { me, peers, company } = this.#mesh
    const ring = company.ring()
    const wanted = wantedLinks(me, ring)
    this.#rendezvous.want(
      [...wanted].flatMap((instance) => {
        const device = company.deviceOf(instance)
        return device === undefined || peers.has(instance) ? [] : [{ instance, device }]
      }),
    )
    for (const instance of wanted) {
      const peer = peers.get(instance)
      if (peer !== undefined) this.#mesh.lettingGo.keep(peer)
    }
    this.#mesh.lettingGo.answer()
    const linked = this.#linked('front').filter((instance) => peers.get(instance)?.letGoBy === 'nobody')
    const surplus = surplusLinks(me, linked, ring)
    const excess = ring.byId.length > FULL_MESH ? linked.length - MAX_LINKS : 0
    for (const [index, instance] of surplus.entries()) this.#letGo(peers.get(instance), index < excess)
  }

  /** Beyond what may be held at all it goes at once, unless its other side would be left without anything. */
  #letGo(peer: MeshPeer | undefined, atOnce: boolean): void {
    if (peer === undefined) return
    const isYoung = this.#clock.now() - peer.since < YOUNG_MS
    if (this.#mesh.isEvenWith(peer) && (atOnce || !isYoung)) this.#mesh.lettingGo.begin(peer)
    else this.#lookAfter(atOnce ? PAUSE_MS : YOUNG_MS)
  }
}
