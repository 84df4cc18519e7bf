/**
 * The tabs of one browser that have a session open, as others see them: one of them leads, which holds the signaling
 * socket and the links to others; those behind it are reached through it. What tabs tell each other of others. Not here:
 * which tab leads (tabs.ts), which links a tab behind keeps (standby.ts).
 *
 * Invariant: a tab that does not lead holds no socket, and dials nobody but its standby.
 */
import { EMPTY, equalBytes } from '../base/bytes.ts'
import type { InstanceId } from '../base/ids.ts'
import type { Clock, Millis } from '../base/ports.ts'
import { isCatchingUp } from '../protocol/comparing.ts'
import type { TabPort } from '../transport/port.ts'
import { type ChainId, chainOf } from '../wire/heads.ts'
import { type Acknowledgement, encodeMessage, type Message, type Reach } from '../wire/message.ts'
import type { PresencePlace } from '../wire/presence.ts'
import { decodeServerSignal, encodeServerSignal } from '../wire/signal.ts'
import { isViolation, violation } from '../wire/violation.ts'
import type { Acknowledged } from './acknowledged.ts'
import { type Membership, openMemberLink } from './member-link.ts'
import type { Mesh, MeshPeer } from './mesh.ts'
import type { Rendezvous } from './rendezvous.ts'
import { Standby } from './standby.ts'
import { type TabPlace, Tabs } from './tabs.ts'

export interface HouseholdParts extends Membership {
  readonly port: TabPort | undefined
  /** Same for all tabs of this browser with this session, and for nobody else. */
  readonly name: string
  readonly mesh: Mesh
  readonly rendezvous: Rendezvous | undefined
  readonly acknowledged: Acknowledged
  /** This tab came to lead, or leads no longer. */
  readonly placed: () => void
  /** What the tab that leads reaches is another. */
  readonly reaching: () => void
}

/** Many things change at once: they are looked at together, this much later. */
const PAUSE_MS: Millis = 20
const NOT_TOLD: Reach = {
  ...{ signaling: 'connecting', dialing: 0, dialed: undefined, catchingUp: 0, bytesLeft: 0, devices: [] },
  settings: EMPTY,
}

export class Household {
  readonly #parts: HouseholdParts
  readonly #clock: Clock
  readonly #tabs: Tabs | undefined
  readonly #standby: Standby
  #phase: 'resting' | 'live' | 'stopped' = 'resting'
  #place: TabPlace
  #leader: InstanceId | undefined
  #reach = NOT_TOLD
  /** What the tabs were told last, encoded. */
  #told: Uint8Array | undefined
  readonly #shared = new Map<ChainId, number>()
  #cancelLook: (() => void) | undefined

  constructor(parts: HouseholdParts) {
    const { mesh, keyring, port, environment, me, rendezvous } = parts
    this.#parts = parts
    this.#clock = environment.clock
    this.#tabs =
      port &&
      new Tabs({
        ...{ crypto: environment.crypto, clock: environment.clock, port, name: parts.name, me },
        opened: (channel, instance, initiator) =>
          openMemberLink(
            parts,
            { channel, initiator, instance, device: keyring.device },
            {
              linked: (link, device) => mesh.add(link, device),
              failed: () => undefined, // the tab closed while it was greeted
            },
          ),
        placed: () => this.#placed(),
      })
    this.#place = this.#tabs?.place ?? 'leads'
    this.#standby = new Standby({
      ...{ clock: environment.clock, mesh, device: keyring.device },
      isTab: (instance) => this.isTab(instance),
      want: (wanted) => rendezvous?.want(wanted),
    })
  }

  get place(): PresencePlace {
    return this.#place === 'leads' ? 'front' : 'behind'
  }

  /** What the tab before this one reaches; undefined when this one leads. */
  get reach(): Reach | undefined {
    return this.#place === 'leads' ? undefined : this.#reach
  }

  isTab(instance: InstanceId): boolean {
    return this.#tabs?.has(instance) ?? false
  }

  /** Whether a tab that does not lead has reason for a link to this instance. */
  wants(instance: InstanceId): boolean {
    return this.#standby.wants(instance)
  }

  /** Connects, or leaves it to the tab that leads. */
  goLive(): void {
    if (this.#phase === 'stopped') return
    this.#phase = 'live'
    this.#connect()
  }

  /** Nobody is met any more, from here or from another tab. */
  disconnect(): void {
    if (this.#phase !== 'live') return
    this.#phase = 'resting'
    this.#standby.stop()
    this.#parts.rendezvous?.stop()
  }

  stop(): void {
    this.#phase = 'stopped'
    this.#cancelLook?.()
    this.#standby.stop()
    this.#tabs?.stop()
  }

  linked({ link }: MeshPeer): void {
    if (this.isTab(link.remote)) {
      link.send({ type: 'shared', acknowledgements: this.#acknowledgements() })
      if (this.#place === 'leads') link.send({ type: 'reach', ...this.#ownReach() })
    }
    this.changed()
  }

  unlinked({ link }: MeshPeer): void {
    if (link.remote === this.#tabs?.leader) this.#reach = NOT_TOLD
    this.changed()
  }

  /** Something of links or presence may have changed. */
  changed(): void {
    if (this.#isAlone || this.#phase !== 'live' || this.#cancelLook !== undefined) return
    this.#cancelLook = this.#clock.wakeAfter(PAUSE_MS, () => {
      this.#cancelLook = undefined
      this.#look()
    })
  }

  /** Others acknowledged something: the tabs hear no acknowledgement but those that come to them. */
  acknowledged(): void {
    if (this.#isAlone) return
    const news = this.#acknowledgements().filter((one) => {
      const chain = chainOf(one)
      const isNews = this.#shared.get(chain) !== one.held
      this.#shared.set(chain, one.held)
      return isNews
    })
    if (news.length > 0) this.#tell({ type: 'shared', acknowledgements: news })
  }

  /** Another tab says so, or somebody who is none. */
  told({ link, device }: MeshPeer, message: Extract<Message, { type: 'shared' | 'reach' }>): void {
    const { keyring, acknowledged, reaching } = this.#parts
    if (device !== keyring.device)
      return link.close(violation('unexpected', `${message.type} from another device`))
    if (message.type === 'shared') acknowledged.told(message.acknowledgements)
    else if (link.remote === this.#tabs?.leader) this.#hear(message)
    reaching()
  }

  /** No other tab has the session open, as most of the time. */
  get #isAlone(): boolean {
    return this.#tabs === undefined || this.#tabs.count === 0
  }

  #hear(reach: Reach): void {
    this.#reach = reach
    const settings = reach.settings.length > 0 ? decodeServerSignal(reach.settings) : undefined
    if (settings !== undefined && !isViolation(settings) && settings.kind === 'settings')
      this.#parts.rendezvous?.lend(settings.iceServers)
    this.changed()
  }

  // Leading and following ----------------------------------------------------------------------------------------

  #placed(): void {
    if (this.#phase === 'stopped' || this.#tabs === undefined) return
    const before = this.#place
    this.#place = this.#tabs.place
    if (this.#leader !== this.#tabs.leader) this.#reach = NOT_TOLD
    this.#leader = this.#tabs.leader
    this.#told = undefined
    this.#connect()
    if (this.#place !== before) this.#parts.placed()
    this.changed()
  }

  #connect(): void {
    if (this.#phase !== 'live') return
    if (this.#place === 'follows') return this.#parts.rendezvous?.standBehind()
    this.#standby.stop()
    if (this.#place === 'leads') this.#parts.rendezvous?.start()
  }

  #look(): void {
    const leader = this.#tabs?.leader
    if (this.#place === 'leads') return this.#tellReach()
    if (leader === undefined || !this.#parts.mesh.peers.has(leader)) return
    this.#standby.look({ isDeputy: this.#tabs?.isDeputy === true, reached: this.#reach.devices.length })
  }

  // What tabs tell each other ------------------------------------------------------------------------------------

  #tell(message: Message): void {
    for (const { link } of this.#parts.mesh.peers.values()) if (this.isTab(link.remote)) link.send(message)
  }

  #tellReach(): void {
    const message: Message = { type: 'reach', ...this.#ownReach() }
    const encoded = encodeMessage(message)
    if (this.#told !== undefined && equalBytes(encoded, this.#told)) return
    this.#told = encoded
    this.#tell(message)
  }

  #ownReach(): Reach {
    const { mesh, rendezvous } = this.#parts
    const others = [...mesh.peers.values()].filter(({ link }) => !this.isTab(link.remote))
    const catchingUp = others.filter(({ link }) => {
      const known = mesh.gossip.links.get(link.remote)
      return known?.compared === true && isCatchingUp(known)
    })
    const iceServers = rendezvous?.iceServers ?? []
    return {
      signaling: rendezvous?.phase ?? 'stopped',
      dialing: rendezvous?.dialing ?? 0,
      dialed: rendezvous?.dialed,
      catchingUp: catchingUp.length,
      bytesLeft: catchingUp.length > 0 ? mesh.bytesLeft() : 0,
      devices: [...new Set(others.map(({ device }) => device))],
      settings: iceServers.length > 0 ? encodeServerSignal({ kind: 'settings', iceServers }) : EMPTY,
    }
  }

  /** How far other devices hold the chains of this one, as they told this tab itself. */
  #acknowledgements(): readonly Acknowledgement[] {
    const { acknowledged } = this.#parts
    return acknowledged.chains().flatMap(({ id, device, writer }) => {
      const held = acknowledged.heardOf(id)
      return held === undefined ? [] : [{ device, writer, held }]
    })
  }
}
