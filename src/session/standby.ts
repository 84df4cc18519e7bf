/**
 * The links of a tab that stands behind another: none, except that the deputy keeps one of its own, so that the session
 * goes on when the tab that leads is closed or freezes, with the server gone too. A tab that led until now lets its links go
 * only when the new one has its own.
 */
import type { DeviceId, InstanceId } from '../base/ids.ts'
import type { Clock, Millis } from '../base/ports.ts'
import type { Wanted } from './introductions.ts'
import type { Mesh, MeshPeer } from './mesh.ts'

export interface StandbyParts {
  readonly clock: Clock
  readonly mesh: Mesh
  readonly device: DeviceId
  readonly isTab: (instance: InstanceId) => boolean
  /** Asks for links to exactly these, through others. */
  readonly want: (wanted: readonly Wanted[]) => void
}

/** What this tab is meant to keep, and how many others the tab that leads reaches. */
export interface Duty {
  readonly isDeputy: boolean
  readonly reached: number
}

/** In a crowd a new leader has other neighbours than the one before: with so many it is well connected. */
const WELL_CONNECTED = 3
/** Whoever did not become the standby within this time is left for somebody else. */
const PATIENCE_MS: Millis = 6_000

export class Standby {
  readonly #parts: StandbyParts
  #candidate: Wanted | undefined
  #duty: Duty | undefined
  #passed = 0
  #cancel: (() => void) | undefined

  constructor(parts: StandbyParts) {
    this.#parts = parts
  }

  /** Whether this instance is the one being asked to be the standby. */
  wants(instance: InstanceId): boolean {
    return this.#candidate?.instance === instance
  }

  /** Looks what there is and what there should be. */
  look(duty: Duty): void {
    this.#duty = duty
    const links = this.#links()
    this.#letGo(links, duty)
    if (duty.isDeputy && links.length === 0) this.#ask()
    else this.#rest()
  }

  /** This tab leads, or the session ended: its links are nobody's standby. */
  stop(): void {
    this.#duty = undefined
    this.#rest()
  }

  /** Links to others, the oldest first. */
  #links(): readonly MeshPeer[] {
    const { mesh, isTab } = this.#parts
    return [...mesh.peers.values()].filter(({ link }) => !isTab(link.remote))
  }

  #letGo(links: readonly MeshPeer[], { isDeputy, reached }: Duty): void {
    if (reached < Math.min(links.length, WELL_CONNECTED)) return
    for (const { link } of links.slice(isDeputy ? 1 : 0)) link.close()
  }

  #ask(): void {
    const candidates = this.#candidates()
    if (candidates.some(({ instance }) => this.wants(instance))) return
    this.#candidate = candidates[this.#passed % Math.max(1, candidates.length)]
    this.#parts.want(this.#candidate === undefined ? [] : [this.#candidate])
    this.#cancel?.()
    if (this.#candidate === undefined) return
    this.#cancel = this.#parts.clock.wakeAfter(PATIENCE_MS, () => {
      this.#passed++
      this.#candidate = undefined
      if (this.#duty !== undefined) this.look(this.#duty)
    })
  }

  #rest(): void {
    if (this.#candidate !== undefined) this.#parts.want([])
    this.#candidate = undefined
    this.#cancel?.()
  }

  /** Instances of others that can be dialed, those after ours in the order of ids first: so that not everybody asks the same. */
  #candidates(): readonly Wanted[] {
    const { mesh, device } = this.#parts
    const known = [...mesh.company.presence.seen.values()]
      .filter(({ presence, doubtedAt }) => presence.device !== device && doubtedAt === undefined)
      .filter(({ presence }) => presence.place === 'front')
      .map(({ presence }): Wanted => ({ instance: presence.instance, device: presence.device }))
      .sort((a, b) => (a.instance < b.instance ? -1 : 1))
    const after = known.filter(({ instance }) => instance > mesh.me)
    return [...after, ...known.filter(({ instance }) => instance < mesh.me)]
  }
}
