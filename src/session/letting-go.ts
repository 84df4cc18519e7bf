/**
 * Links that one side does not need any more: it says so, the other side answers once it has every link it wants, and then
 * the first one closes the link. Both know that the other is well, so nobody is missed. Which links are not needed is
 * tending.ts.
 */
import type { InstanceId } from '../base/ids.ts'
import type { Clock, Millis } from '../base/ports.ts'
import { wantedLinks } from '../protocol/overlay.ts'
import type { Company } from './company.ts'
import type { MeshPeer } from './mesh-peer.ts'
import type { PeerLink } from './peer-link.ts'

export interface LettingGoParts {
  readonly me: InstanceId
  readonly clock: Clock
  readonly peers: ReadonlyMap<InstanceId, MeshPeer>
  readonly company: Pick<Company, 'ring'>
}

/** Who was told that a link is not needed has those it wants by then, as a rule. */
const LET_GO_MS: Millis = 20_000

export class LettingGo {
  readonly #parts: LettingGoParts
  /** Of links we let go: they are closed at some time even if the other side never answers. */
  readonly #timers = new Map<MeshPeer, () => void>()

  constructor(parts: LettingGoParts) {
    this.#parts = parts
  }

  /** This side does not need it. */
  begin(peer: MeshPeer): void {
    if (peer.letGoBy !== 'nobody') return
    peer.letGoBy = 'us'
    peer.link.send({ type: 'let-go' })
    this.#timers.set(
      peer,
      this.#parts.clock.wakeAfter(LET_GO_MS, () => peer.link.close()),
    )
  }

  /** The other side does not need it, or answers that it does not either. */
  heard(peer: MeshPeer): void {
    if (peer.letGoBy === 'us' || peer.letGoBy === 'both') {
      peer.letGoBy = 'both'
      return peer.link.close()
    }
    peer.letGoBy = 'them'
    this.answer()
  }

  /** What was let go from here is wanted after all. */
  keep(peer: MeshPeer): void {
    if (peer.letGoBy !== 'us') return
    this.#forgetTimer(peer)
    peer.letGoBy = 'nobody'
  }

  /** What others do not need is kept until every link that is wanted here is there: two who have come at the same time,
   *  and would keep nobody but each other, would be lost to the crowd. */
  answer(): void {
    const { me, peers, company } = this.#parts
    if (![...peers.values()].some(({ letGoBy }) => letGoBy === 'them')) return
    const wanted = wantedLinks(me, company.ring())
    for (const instance of wanted) if (!peers.has(instance)) return
    for (const [instance, peer] of peers) {
      if (peer.letGoBy !== 'them' || wanted.has(instance)) continue
      peer.letGoBy = 'both'
      peer.link.send({ type: 'let-go' })
    }
  }

  /** A link is closed. Says whether nobody is missed: its other side is well and said so, and there are others through
   *  whom more would be heard of it. */
  closed(peer: MeshPeer): boolean {
    this.#forgetTimer(peer)
    return peer.letGoBy === 'both' || (peer.letGoBy === 'them' && this.#parts.peers.size > 0)
  }

  #forgetTimer(peer: MeshPeer): void {
    this.#timers.get(peer)?.()
    this.#timers.delete(peer)
  }
}

/** Closes a link beside which there is another one to the same instance, and says so. */
export function giveUp(link: PeerLink): void {
  link.send({ type: 'let-go' })
  link.close()
}
