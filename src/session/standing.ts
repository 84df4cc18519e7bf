/**
 * How a session stands: its status as told to its caller, what stands in the way, and whether it has been equal to
 * somebody. Not here: what follows from the facts (status.ts), who is at fault (trouble.ts).
 *
 * Invariant: the last state is always told, and nothing is told after `end`.
 */
import type { DeviceId } from '../base/ids.ts'
import type { Clock } from '../base/ports.ts'
import { isCatchingUp, isContradicted } from '../protocol/comparing.ts'
import { MAX_SESSION_TEXT_BYTES } from '../wire/limits.ts'
import type { Reach } from '../wire/message.ts'
import type { Acknowledged } from './acknowledged.ts'
import { SessionEnded } from './errors.ts'
import type { Journal } from './journal.ts'
import type { Keyring } from './keyring.ts'
import type { Mesh } from './mesh.ts'
import type { MeshPeer } from './mesh-peer.ts'
import type { People } from './people.ts'
import type { SessionProblem, SessionStatus } from './public.ts'
import type { Rendezvous } from './rendezvous.ts'
import type { Replica } from './replica.ts'
import { isSameStatus, statusOf } from './status.ts'
import type { Verifying } from './verifying.ts'

/** Ten megabytes arrive in hundreds of pieces: nobody reads a status that changes more often than this. */
const STATUS_PAUSE_MS = 30
/** Longer than the longest pause between two tries to reach somebody. */
const NO_ROUTE_MS = 60_000

export interface StandingParts {
  readonly clock: Clock
  readonly keyring: Keyring
  readonly journal: Journal
  readonly replica: Replica
  readonly mesh: Mesh
  readonly people: People
  readonly verifying: Verifying
  readonly acknowledged: Acknowledged
  readonly rendezvous: Rendezvous | undefined
  /** What the tab before this one reaches; undefined when this one leads. */
  readonly reach: () => Reach | undefined
  readonly tell: (status: SessionStatus) => void
}

export class Standing {
  /** Equal to some linked instance once; rejects when the session ends before. */
  readonly whenSynced: Promise<void>
  readonly #parts: StandingParts
  #synced: { resolve: () => void; reject: (error: Error) => void } | undefined
  #told: SessionStatus
  #problem: SessionProblem | undefined
  #telling: 'rested' | 'once' | 'again' | 'ended' = 'rested'
  #cancelPause: (() => void) | undefined
  #cancelNoRoute: (() => void) | undefined

  constructor(parts: StandingParts) {
    this.#parts = parts
    this.whenSynced = new Promise((resolve, reject) => {
      this.#synced = { resolve, reject }
    })
    this.whenSynced.catch(() => undefined) // nobody has to wait for it
    this.#told = this.status
  }

  get status(): SessionStatus {
    const { keyring, journal, mesh, acknowledged, rendezvous, replica } = this.#parts
    const reach = this.#parts.reach()
    const { compared, comparing } = this.#links()
    const strangers = comparing.filter(({ device }) => device !== keyring.device)
    return statusOf({
      ended: this.#telling === 'ended',
      shared: keyring.stored.shared,
      signaling: reach?.signaling ?? rendezvous?.phase ?? 'stopped',
      dialing: reach?.dialing ?? rendezvous?.dialing ?? 0,
      comparing: strangers.length,
      catchingUp: this.#catchingUp(compared) + (reach?.catchingUp ?? 0),
      people: this.#here(compared, comparing).size,
      connectingTo: this.#connectingTo(strangers),
      bytesLeft: Math.max(mesh.bytesLeft(), reach?.bytesLeft ?? 0),
      ownChains: replica.roster.hasEnded ? [] : acknowledged.chains(), // what nobody is to get is not owed
      sharedSeq: (chain) => acknowledged.seqOf(chain),
      savedAt: journal.savedAt,
      unsaved: journal.unsaved + (replica.isCapturing ? 1 : 0),
      problem: this.#currentProblem(),
    })
  }

  /** Something changed: told at the end of the turn, then at most once a STATUS_PAUSE_MS, the last state always. */
  refresh(): void {
    if (this.#telling === 'ended') return
    this.#resolveSynced()
    if (this.#telling !== 'rested') {
      this.#telling = 'again'
      return
    }
    this.#telling = 'once'
    queueMicrotask(() => this.#tell())
    this.#cancelPause = this.#parts.clock.wakeAfter(STATUS_PAUSE_MS, () => {
      const isNews = this.#telling === 'again'
      this.#telling = 'rested'
      if (isNews) this.refresh()
    })
  }

  setProblem(problem: SessionProblem | undefined): void {
    this.#problem = problem
    this.refresh()
  }

  /** Somebody is linked: nothing stands in the way of that any more. What a device did is as bad as before. */
  linked(): void {
    if (this.#problem?.kind !== 'fork') this.setProblem(undefined)
  }

  /** The owner's copy is what counts: no history of another stands against it any more. */
  restarted(): void {
    if (this.#problem?.kind === 'fork') this.setProblem(undefined)
  }

  /** Said as long as it keeps happening: who went away meanwhile is nobody's problem. */
  noRouteTo(name: string | undefined): void {
    const problem: SessionProblem = { kind: 'no-route', name }
    this.setProblem(problem)
    this.#cancelNoRoute?.()
    this.#cancelNoRoute = this.#parts.clock.wakeAfter(NO_ROUTE_MS, () => {
      if (this.#problem === problem) this.#problem = undefined
      this.refresh()
    })
  }

  end(): void {
    this.#telling = 'ended'
    this.#cancelPause?.()
    this.#cancelNoRoute?.()
    this.#synced?.reject(new SessionEnded())
    this.#synced = undefined
    this.#parts.tell(this.status)
  }

  #tell(): void {
    if (this.#telling === 'ended') return
    const { status } = this
    if (isSameStatus(status, this.#told)) return
    this.#told = status
    this.#parts.tell(status)
  }

  #resolveSynced(): void {
    const { mesh } = this.#parts
    if (this.#synced === undefined) return
    for (const peer of mesh.peers.values()) {
      if (!mesh.isEvenWith(peer)) continue
      this.#synced.resolve()
      this.#synced = undefined
      return
    }
  }

  /** Links whose other side has said what it holds, and the others. */
  #links(): { readonly compared: readonly MeshPeer[]; readonly comparing: readonly MeshPeer[] } {
    const { mesh } = this.#parts
    const compared: MeshPeer[] = []
    const comparing: MeshPeer[] = []
    for (const peer of mesh.peers.values())
      (mesh.gossip.links.get(peer.link.remote)?.compared === true ? compared : comparing).push(peer)
    return { compared, comparing }
  }

  /** Other people who are here: at the other end of a compared link, or heard of over one and missed by nobody since. */
  #here(compared: readonly MeshPeer[], comparing: readonly MeshPeer[]): ReadonlySet<DeviceId> {
    const { mesh, keyring } = this.#parts
    const here = new Set<DeviceId>()
    if (compared.length === 0) return here
    for (const { presence, doubtedAt } of mesh.company.presence.seen.values())
      if (doubtedAt === undefined) here.add(presence.device)
    for (const { device } of comparing) here.delete(device)
    for (const { device } of compared) here.add(device)
    here.delete(keyring.device)
    return here
  }

  /** Links on which more than what is being typed is still to come or to go, or that hold another history. */
  #catchingUp(compared: readonly MeshPeer[]): number {
    const { gossip, blobs } = this.#parts.mesh
    const links = compared.filter(({ link }) => {
      const known = gossip.links.get(link.remote)
      return known !== undefined && (isCatchingUp(known) || isContradicted(gossip, known))
    })
    return links.length + (blobs.isFetching ? 1 : 0)
  }

  #connectingTo(strangers: readonly MeshPeer[]): string | undefined {
    const { people, rendezvous } = this.#parts
    const reach = this.#parts.reach()
    const dialed = reach === undefined ? rendezvous?.dialed : reach.dialed
    const device = strangers[0]?.device ?? dialed
    return device && people.member(device).name
  }

  /** Who let this device in. */
  #admitter(): string | undefined {
    const { replica, people, keyring } = this.#parts
    const join = replica.roster.joins.get(keyring.device)
    return join && people.member(join.admitter).name
  }

  #endedBy(): string | undefined {
    const { replica, people } = this.#parts
    const owner = people.member(replica.roster.owner)
    return owner.isMe ? undefined : owner.name
  }

  #currentProblem(): SessionProblem | undefined {
    const { journal, replica, rendezvous, keyring, people } = this.#parts
    const signaling = this.#parts.reach()?.signaling ?? rendezvous?.phase
    if (replica.roster.roleOf(keyring.device) === undefined && !replica.roster.isLeftOut(keyring.device))
      return { kind: 'removed', by: people.member(replica.roster.owner).name }
    if (replica.roster.isLeftOut(keyring.device)) return { kind: 'left-out', admitter: this.#admitter() }
    if (replica.roster.hasEnded) return { kind: 'over', by: this.#endedBy() }
    if (journal.problem === 'storage-full') return { kind: journal.problem }
    const { namesake } = this.#parts.verifying
    if (namesake !== undefined)
      return { kind: 'namesake', name: people.member(namesake).name, device: namesake }
    if (this.#problem?.kind === 'fork')
      return { ...this.#problem, mayDecide: people.member(replica.roster.owner).isMe }
    const { splitFrom } = this.#parts.mesh
    if (splitFrom !== undefined)
      return {
        kind: 'diverged',
        name: people.member(splitFrom).name,
        mayDecide: people.member(replica.roster.owner).isMe,
      }
    if (replica.roster.isForked) {
      const { name, isMe } = people.member(replica.roster.owner)
      return { kind: 'roster-fork', name, mayDecide: isMe }
    }
    if (journal.problem !== undefined) return { kind: journal.problem }
    if (replica.textUnits > MAX_SESSION_TEXT_BYTES) return { kind: 'too-large' }
    if (this.#problem !== undefined) return this.#problem
    if (rendezvous !== undefined && signaling === 'unreachable')
      return { kind: 'signaling-unreachable', host: rendezvous.host }
    return undefined
  }
}
