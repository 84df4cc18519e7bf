/**
 * Whether each status is true, looked at from outside: what it calls shared is held elsewhere, what it calls saved is on
 * the disk, whom it counts can be heard of, its phase is that of its links, and listeners were told what it is.
 * A liar may say that it holds what it does not: where one takes part, an entry may look shared that no honest device
 * holds, and nothing is asked of `unshared`.
 */
import type { DeviceId } from '../../src/base/ids.ts'
import type { Millis } from '../../src/base/ports.ts'
import { heldSeq } from '../../src/protocol/chain.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import type { SessionStatus } from '../../src/session/public.ts'
import { Broken } from './broken.ts'
import type { SimDevice } from './device.ts'
import { isOnDisk } from './disk-reading.ts'
import type { Oracle } from './oracle.ts'
import type { Town } from './town.ts'

/** A dead peer is noticed within this time. */
const NOTICED_MS: Millis = 10_000
/** Somebody only heard of through others is missed within this time. */
const HEARD_MS: Millis = 20_000
/** What changed is told to listeners within this time. */
const TOLD_MS: Millis = 100

interface Told {
  status: SessionStatus
  /** Since when it is not what listeners were told. */
  differsSince: Millis | undefined
}

export class Honesty {
  readonly #town: Town
  readonly #oracle: Oracle
  readonly #devices = new Map<DeviceId, SimDevice>()
  readonly #told = new WeakMap<LiveSession, Told>()

  constructor(town: Town, oracle: Oracle) {
    this.#town = town
    this.#oracle = oracle
  }

  /** From now on its status is watched. */
  watch(device: SimDevice, session: LiveSession): void {
    this.#devices.set(this.#oracle.idOf(session), device)
    const told: Told = { status: session.status, differsSince: undefined }
    this.#told.set(session, told)
    session.on('status', (status) => {
      told.status = status
      told.differsSince = undefined
    })
  }

  /** After everything that ran at a device: for a moment it may be what was told again, and then differ anew. */
  glance({ session }: SimDevice): void {
    const told = session && this.#told.get(session)
    if (told?.differsSince === undefined || session === undefined) return
    if (isSame(told.status, session.status)) told.differsSince = undefined
  }

  check(device: SimDevice): void {
    const { session, name } = device
    if (session === undefined || device.isHostile || device.isFrozen) return
    const { status } = session
    this.#checkShared(name, session, status)
    this.#checkSaved(device, session, status)
    if (this.#town.time.now() - (device.site?.thawedAt ?? 0) > NOTICED_MS)
      this.#checkPeers(device, session, status)
    this.#checkTold(name, session, status)
  }

  #checkShared(name: string, session: LiveSession, status: SessionStatus): void {
    const { unshared, oldestUnsharedAt, phase } = status
    if (unshared > 0 !== (oldestUnsharedAt !== undefined) && !hasBase(session))
      throw new Broken('dishonest', `${name} has ${unshared} unshared, the oldest of ${oldestUnsharedAt}`)
    if (phase === 'draft') return
    // who is joining holds entries already and cannot be looked into yet; a liar may say anything
    if (this.#town.devices.some(({ busy, isHostile }) => busy || isHostile)) return
    let missing = 0
    for (const chain of session.replica.log.chains.values()) {
      if (chain.device !== this.#oracle.idOf(session)) continue
      const elsewhere = this.#oracle.heldElsewhere.get(chain.id) ?? 0
      for (const { entry } of chain.entries) if (entry.kind === 'edit' && entry.seq > elsewhere) missing++
    }
    if (missing > unshared)
      throw new Broken('dishonest', `${name} says ${unshared} are unshared, and nobody else holds ${missing}`)
  }

  #checkSaved({ name, disk }: SimDevice, session: LiveSession, status: SessionStatus): void {
    if (status.unsaved > 0 || status.savedAt === undefined) return
    const own = this.#oracle.idOf(session)
    for (const chain of session.replica.log.chains.values()) {
      const last = chain.entries.at(-1)
      if (last === undefined || chain.device !== own) continue
      if (!isOnDisk(disk, session.localId, last.entry))
        throw new Broken('dishonest', `${name} says all is saved; entry ${last.entry.seq} is not on the disk`)
    }
  }

  #checkPeers(device: SimDevice, session: LiveSession, status: SessionStatus): void {
    const { name } = device
    const { phase, peers } = status
    const linked = new Set(session.peers.map((peer) => peer.device))
    linked.delete(this.#oracle.idOf(session))
    if ((phase === 'syncing' || phase === 'synced') && linked.size === 0)
      throw new Broken('dishonest', `${name} is ${phase} and linked to nobody`)
    for (const id of linked) {
      const other = this.#devices.get(id)
      if (other === undefined) continue
      const cameAt = this.#town.network.cameAt(other.number, device.number)
      if (!this.#isLately(cameAt, NOTICED_MS))
        throw new Broken('dishonest', `${name} is linked to ${other.name}, from whom nothing comes`)
    }
    const possible = this.#reachableFrom(device)
    if (peers > possible.length && this.#isCalm())
      throw new Broken('dishonest', `${name} counts ${peers} people; it can know of ${possible} only`)
  }

  /** Who may be counted: alive, and reached by some way that was open lately. */
  #reachableFrom(device: SimDevice): string[] {
    const { devices } = this.#town
    const reached = new Set([device])
    for (const from of reached) {
      for (const other of devices)
        if (!reached.has(other) && this.#wasThere(other, HEARD_MS) && this.#wasOpen(from, other, HEARD_MS))
          reached.add(other)
    }
    reached.delete(device)
    // who lost its keys and joined anew is somebody else, and its former self may not be missed yet
    return [...reached].flatMap(({ name, joinings }) => [
      name,
      ...joinings
        .slice(1)
        .filter((at) => this.#isLately(at, HEARD_MS))
        .map(() => `${name} before`),
    ])
  }

  /** Nobody came back lately who could not notice what happened, and tells what was so before. */
  #isCalm(): boolean {
    const { devices, network } = this.#town
    // a liar may show again whose presence it kept
    if (devices.some(({ isHostile }) => isHostile)) return false
    const moments = [network.healedAt, ...devices.map(({ site }) => site?.wokeAt ?? 0)]
    return moments.every((moment) => !this.#isLately(moment, HEARD_MS))
  }

  /** Lately enough that nobody has to have noticed. */
  #wasThere({ alive, endedAt, site }: SimDevice, span: Millis): boolean {
    return this.#isLately(alive ? site?.frozenAt : endedAt, span)
  }

  /** Whether one could hear the other: who is not heard itself may not know. */
  #wasOpen(one: SimDevice, other: SimDevice, span: Millis): boolean {
    return this.#isLately(this.#town.network.silentSince(other.number, one.number), span)
  }

  #isLately(moment: Millis | undefined, span: Millis): boolean {
    return moment === undefined || this.#town.time.now() - moment <= span
  }

  #checkTold(name: string, session: LiveSession, status: SessionStatus): void {
    const told = this.#told.get(session)
    if (told === undefined) return
    const now = this.#town.time.now()
    if (isSame(told.status, status)) told.differsSince = undefined
    else told.differsSince ??= now
    if (told.differsSince !== undefined && now - told.differsSince > TOLD_MS)
      throw new Broken('dishonest', `${name} is ${brief(status)}, and told listeners ${brief(told.status)}`)
  }

  /** Nothing happens any more and everybody could reach everybody: what a status still says that is not so. */
  atRest(devices: readonly { readonly name: string; readonly session: LiveSession }[]): Broken | undefined {
    const hadLiars = this.#town.devices.some(({ isHostile }) => isHostile)
    const hasLiars = this.#town.devices.some(({ isHostile, alive }) => isHostile && alive)
    const isHonest = (person: string): boolean => devices.some(({ name }) => name === person)
    for (const { name, session } of devices) {
      const { status } = session
      const { phase, unshared, unsaved, problem } = status
      // that somebody wrote two histories stays true when the liar has gone
      const isOfTheirs = problem?.kind === 'fork' || (problem?.kind === 'diverged' && !isHonest(problem.name))
      const isWell = problem === undefined || (hadLiars && isOfTheirs)
      const isQuiet = phase === 'synced' || (hasLiars && phase === 'syncing')
      if (!isQuiet || unshared > 0 || unsaved > 0 || !isWell)
        return new Broken('dishonest', `${name} at rest: ${JSON.stringify(status)}`)
      // liars who stay may be counted, or not
      const least = devices.length - 1
      const most = least + (hasLiars ? this.#town.devices.filter(({ isHostile }) => isHostile).length : 0)
      if (status.peers < least || status.peers > most)
        return new Broken('dishonest', `${name} sees ${status.peers} people of ${devices.length - 1}`)
    }
    return undefined
  }
}

/** What a base covers has no time of its own any more. */
function hasBase(session: LiveSession): boolean {
  return [...session.replica.log.chains.values()].some((chain) => chain.base > 0 && heldSeq(chain) > 0)
}

/** As far as a listener could tell. */
function isSame(one: SessionStatus, other: SessionStatus): boolean {
  return (
    one.phase === other.phase &&
    one.unshared === other.unshared &&
    one.unsaved === other.unsaved &&
    one.savedAt === other.savedAt &&
    one.peers === other.peers &&
    one.oldestUnsharedAt === other.oldestUnsharedAt &&
    one.problem?.kind === other.problem?.kind
  )
}

function brief({ phase, unshared, unsaved, savedAt, peers, problem }: SessionStatus): string {
  return `${phase}, ${unshared} unshared, ${unsaved} unsaved, saved at ${savedAt}, ${peers} peers, ${problem?.kind}`
}
