/**
 * Everybody who is here, beyond our own links too: presence taken and passed on, by whom each instance was
 * heard of, and what is carried along those ways. The driver of the presence core. Whom of them to link to is
 * tending.ts; how they are shown is people.ts.
 */
import type { DeviceId, InstanceId, SessionId } from '../base/ids.ts'
import type { Clock, Millis } from '../base/ports.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { GossipInput, GossipState } from '../protocol/gossip-state.ts'
import { FULL_MESH, type Ring, ringOf } from '../protocol/overlay.ts'
import * as presenceCore from '../protocol/presence.ts'
import type { Roster } from '../protocol/roster.ts'
import { MAX_CARRY_HOPS, MAX_INSTANCES } from '../wire/limits.ts'
import type { Message } from '../wire/message.ts'
import type { Presence } from '../wire/presence.ts'
import type { MeshPeer } from './mesh-peer.ts'
import { PresencePost } from './presence-post.ts'
import { Wake } from './wake.ts'

/** Blobs kept of instances not heard of yet: a crowd of newcomers. */
const MAX_EARLY = 64

export interface CompanyParts {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly session: SessionId
  readonly roster: Roster
  readonly me: InstanceId
  readonly gossip: GossipState
  readonly peers: ReadonlyMap<InstanceId, MeshPeer>
  readonly step: (input: GossipInput) => void
  readonly listener: CompanyListener
}

/** This long after somebody came or went in a crowd everybody tells their neighbours once who is here: what was lost on
 *  the way, while links came and went, is asked for by nobody. */
const SETTLE_MS: Millis = 5_000
/** Beyond this many it is told the more rarely: what each of them says then takes as long as it is long. */
const LARGE_CROWD = 32

/** Nothing was heard any more, one of the two sides closed the link, or said before that it does not need it. */
export type HowLost = 'dead' | 'closed' | 'let go'

export interface CompanyListener {
  presence(output: Extract<presenceCore.PresenceOutput, { type: 'shown' | 'hidden' }>): void
  /** Somebody knows no way to us since the presence with this counter: we say again that we are here. */
  missedHere(since: number): void
  /** A blob of an introduction came for us. */
  carried(from: InstanceId, device: DeviceId, blob: Uint8Array): void
}

export class Company {
  readonly presence: presenceCore.PresenceState
  readonly #parts: CompanyParts
  readonly #wake: Wake
  readonly #post: PresencePost
  #cancelSettling: (() => void) | undefined
  /** Whose every instance is that was ever here: a link that was cut is mended without its presence. */
  readonly #devices = new Map<InstanceId, DeviceId>()
  /** Through whom the newest presence of an instance came: the way back to it. */
  readonly #ways = new Map<InstanceId, InstanceId>()
  /** The newest blob for us of instances we have not heard of. */
  readonly #early = new Map<InstanceId, Uint8Array>()

  constructor(parts: CompanyParts) {
    this.#parts = parts
    this.presence = presenceCore.startPresence(parts)
    this.#wake = new Wake(parts.clock, (now) => this.#step({ type: 'tick', now }))
    this.#post = new PresencePost({ clock: parts.clock, isCrowd: () => this.#isCrowd })
  }

  stop(): void {
    this.#cancelSettling?.()
    this.#wake.stop()
    this.#post.stop()
  }

  linked(peer: MeshPeer): void {
    const { link, device } = peer
    this.#remember(link.remote, device)
    for (const { presence, encoded, doubtedAt } of this.presence.seen.values()) {
      const { instance, counter } = presence
      if (instance !== link.remote) this.#post.send(peer, instance, encoded)
      if (doubtedAt !== undefined) this.#post.miss(peer, instance, counter)
    }
  }

  /** Everybody the lost link was the way to may be gone too, and whoever no way is known to; unless it was let go. */
  unlinked(remote: InstanceId, how: HowLost): void {
    if (how === 'let go') return this.#forgetWays(remote)
    const behind = [...this.presence.seen.keys()].filter(
      (one) => one === remote || (this.#ways.get(one) ?? remote) === remote,
    )
    for (const instance of behind) {
      if (instance !== remote && this.#parts.peers.has(instance)) continue
      this.#ways.delete(instance)
      this.#step({ type: 'lost', instance, now: this.#parts.clock.now() })
    }
  }

  #forgetWays(remote: InstanceId): void {
    for (const [instance, way] of [...this.#ways]) if (way === remote) this.#ways.delete(instance)
  }

  /** Who was heard of too early may be known now. */
  rosterGrew(): void {
    this.#step({ type: 'roster-grew' })
  }

  /** Everybody who is here, ourselves included, as far as we have heard, but for those behind another tab. */
  ring(...also: readonly InstanceId[]): Ring {
    const heardOf = [...also, ...this.#parts.peers.keys(), ...this.presence.seen.keys()]
    return ringOf([this.#parts.me, ...heardOf.filter((instance) => !this.isBehind(instance))])
  }

  /** It stands behind another tab of its browser, and is reached through that one. */
  isBehind(instance: InstanceId): boolean {
    return this.presence.seen.get(instance)?.presence.place === 'behind'
  }

  deviceOf(instance: InstanceId): DeviceId | undefined {
    return this.#devices.get(instance)
  }

  // Presence -----------------------------------------------------------------------------------------------------

  heard(presences: readonly Uint8Array[], from: MeshPeer): void {
    for (const bytes of presences) this.#step({ type: 'received', bytes }, from)
  }

  missed(message: Extract<Message, { type: 'missed' }>, from: MeshPeer): void {
    const missed = this.#parts.peers.get(message.instance)
    // it is well, and says so to everybody
    missed?.link.send(message)
    this.#step({ ...message, linked: missed !== undefined, now: this.#parts.clock.now() }, from)
  }

  #step(input: presenceCore.PresenceInput, from?: MeshPeer): void {
    for (const output of presenceCore.step(this.presence, input).outputs) this.#perform(output, from)
  }

  #perform(output: presenceCore.PresenceOutput, from: MeshPeer | undefined): void {
    const { listener, step } = this.#parts
    switch (output.type) {
      case 'violation':
        return from?.link.close(output.violation)
      case 'doubted':
        return this.#tellMissed(output, from)
      case 'still-missed':
        if (from !== undefined) this.#post.miss(from, output.instance, output.counter)
        return
      case 'missed-me':
        return listener.missedHere(output.counter)
      case 'repeated':
        if (from === undefined) return
        // the way it came first may be gone: what is carried to it would be lost
        if (this.#wayTo(output.instance) === undefined) this.#ways.set(output.instance, from.link.remote)
        if (!this.#isCrowd) step({ type: 'redundant', link: from.link.remote, device: output.device })
        return
      case 'wake':
        return this.#wake.at(output.at)
      case 'shown':
        if (from !== undefined) this.#ways.set(output.presence.instance, from.link.remote)
        return this.#told(output, from)
      case 'hidden':
        return this.#told(output, from)
      default:
        return output satisfies never
    }
  }

  get #isCrowd(): boolean {
    return this.presence.seen.size >= FULL_MESH
  }

  #told(output: Parameters<CompanyListener['presence']>[0], from: MeshPeer | undefined): void {
    this.#remember(output.presence.instance, output.presence.device)
    if (output.type === 'hidden' || output.first) this.#settleLater()
    const everywhere = output.type === 'hidden' || output.first || output.wasDoubted
    if (output.encoded !== undefined) this.#relay(output.presence, output.encoded, from, everywhere)
    this.#parts.listener.presence(output)
  }

  #settleLater(): void {
    const after = SETTLE_MS * Math.max(1, this.presence.seen.size / LARGE_CROWD)
    this.#cancelSettling ??= this.#parts.clock.wakeAfter(after, () => {
      this.#cancelSettling = undefined
      if (!this.#isCrowd) return
      for (const peer of this.#parts.peers.values())
        for (const { presence, encoded, doubtedAt } of this.presence.seen.values())
          if (doubtedAt === undefined && presence.instance !== peer.link.remote)
            this.#post.send(peer, presence.instance, encoded)
    })
  }

  /** Who is here reaches those who are not linked to them: among a few, where nearly everybody is linked to the author,
   *  along the same pruned ways as entries; in a crowd along every link, because links come and go there and nothing
   *  asks again for a presence that did not come. Who came, was missed or went goes `everywhere` in any case. */
  #relay(
    { device, instance }: Presence,
    presence: Uint8Array,
    from: MeshPeer | undefined,
    everywhere: boolean,
  ): void {
    const isFlooded = everywhere || this.#isCrowd
    for (const peer of this.#parts.peers.values()) {
      if (peer === from || peer.link.remote === instance) continue
      const isPruned = this.#parts.gossip.links.get(peer.link.remote)?.pruned.has(device) === true
      if (isPruned && !isFlooded) continue
      this.#post.send(peer, instance, presence)
    }
  }

  #tellMissed(
    { instance, counter }: { instance: InstanceId; counter: number },
    from: MeshPeer | undefined,
  ): void {
    for (const peer of this.#parts.peers.values()) if (peer !== from) this.#post.miss(peer, instance, counter)
  }

  #remember(instance: InstanceId, device: DeviceId): void {
    this.#devices.set(instance, device)
    this.#hearEarly(instance, device)
    for (const oldest of this.#devices.keys()) {
      if (this.#devices.size <= MAX_INSTANCES) return
      this.#devices.delete(oldest)
      this.#ways.delete(oldest)
    }
  }

  // Introductions ------------------------------------------------------------------------------------------------

  /** For an instance we are not linked to: along the way its presence came, or to every neighbour when none is known
   *  or that one led nowhere. */
  carry(to: InstanceId, blob: Uint8Array, ledNowhere = false): void {
    const { me, peers } = this.#parts
    const way = ledNowhere ? undefined : this.#wayTo(to)
    const message = { type: 'carry', to, from: me, hops: MAX_CARRY_HOPS, blob } as const
    for (const peer of way === undefined ? peers.values() : [way]) peer.link.send(message)
  }

  carried(peer: MeshPeer, message: Extract<Message, { type: 'carry' }>): void {
    const { to, from, blob } = message
    if (to === this.#parts.me) {
      const device = this.#devices.get(from)
      if (device === undefined) this.#keepEarly(from, blob)
      else this.#parts.listener.carried(from, device, blob)
      return
    }
    const way = this.#wayTo(to)
    if (way !== peer && message.hops > 0) way?.link.send({ ...message, hops: message.hops - 1 })
  }

  /** It says hello before its presence is here: it is heard once we know whose it is. */
  #keepEarly(from: InstanceId, blob: Uint8Array): void {
    this.#early.delete(from)
    this.#early.set(from, blob.slice())
    const [oldest] = this.#early.keys()
    if (this.#early.size > MAX_EARLY && oldest !== undefined) this.#early.delete(oldest)
  }

  #hearEarly(from: InstanceId, device: DeviceId): void {
    const blob = this.#early.get(from)
    this.#early.delete(from)
    if (blob !== undefined) this.#parts.listener.carried(from, device, blob)
  }

  #wayTo(instance: InstanceId): MeshPeer | undefined {
    const { peers } = this.#parts
    const way = this.#ways.get(instance)
    return peers.get(instance) ?? (way === undefined ? undefined : peers.get(way))
  }
}
