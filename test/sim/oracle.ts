/**
 * What must hold in a town whatever happens to it, looked at from outside: no two copies with equal histories differ,
 * chains have no holes, nobody's heads fall without a reason, nothing that is still somewhere is lost.
 * Honest devices only: what a liar holds counts for nothing, and what it says is not asked for.
 * Not here: what happens (story.ts), and what a status says of it (honesty.ts).
 */
import { toHex } from '../../src/base/bytes.ts'
import type { DeviceId } from '../../src/base/ids.ts'
import { type Chain, heldSeq } from '../../src/protocol/chain.ts'
import { isAnother } from '../../src/protocol/restarting.ts'
import type { Roster } from '../../src/protocol/roster.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import { type ChainId, chainOf } from '../../src/wire/heads.ts'
import { Broken } from './broken.ts'
import type { SimDevice } from './device.ts'
import type { SimDisk } from './disk.ts'
import { baseOnDisk, heldOnDisk } from './disk-reading.ts'
import type { Town } from './town.ts'

export type Held = Map<ChainId, number>

interface Looked {
  readonly restartedAt: number
  readonly chains: readonly Chain[]
}

export class Oracle {
  readonly #town: Town
  /** How far each chain was ever held by a device other than its author's. */
  readonly heldElsewhere: Held = new Map()
  /** How far each chain got at its author, less what is nowhere any more. */
  readonly #written: Held = new Map()
  /** What each device holds: in memory while it runs, on its disk while it is away. */
  readonly #held = new Map<number, Held>()
  readonly #ids = new WeakMap<LiveSession, DeviceId>()
  /** The place in the roster of each chain's first entry. */
  readonly #begun = new Map<ChainId, number>()
  /** The log of each session as it was looked at last. */
  readonly #logs = new WeakMap<LiveSession, Looked>()

  constructor(town: Town) {
    this.#town = town
  }

  /** After everything that ran at a device. */
  look(device: SimDevice): void {
    const { session, number, name } = device
    if (session === undefined || device.isHostile) return
    const held = this.#heldBy(number)
    const own = this.idOf(session)
    const { chains } = session.replica.log
    if (this.#hasForgotten(session, device.disk)) this.#beginAnew(held, own)
    for (const chain of chains.values()) {
      const seq = heldSeq(chain)
      const before = held.get(chain.id) ?? 0
      if (chain.beganAt !== undefined) this.#begun.set(chain.id, chain.beganAt)
      if (seq === before) continue
      if (seq < leastHeld(chain, before))
        throw new Broken('lost', `${name} held ${before} of ${chain.id}, and now ${seq}`)
      if (seq === 0) held.delete(chain.id)
      else held.set(chain.id, seq)
      raise(chain.device === own ? this.#written : this.heldElsewhere, chain.id, seq)
    }
    for (const [id, seq] of held)
      if (!chains.has(id)) throw new Broken('lost', `${name} held ${seq} of ${id}, and now nothing`)
  }

  /** Whoever cannot follow a Restart with what it holds forgets all of it in that moment, to be told it anew. */
  #hasForgotten(session: LiveSession, disk: SimDisk): boolean {
    const { log } = session.replica
    const before = this.#logs.get(session)
    const chains = [...log.chains.values()]
    this.#logs.set(session, { restartedAt: log.restartedAt, chains })
    if (before === undefined) return this.#opensBeyond(session, disk)
    return (
      log.restartedAt > before.restartedAt &&
      before.chains.some((chain) => isAnother(log, chain)) &&
      before.chains.every((chain) => log.chains.get(chain.id) !== chain)
    )
  }

  /** It was closed before its disk stood on a state from after the Restart, and takes part in it anew. */
  #opensBeyond({ localId, replica: { log } }: LiveSession, disk: SimDisk): boolean {
    const base = baseOnDisk(disk, localId)
    if (base === undefined || log.restartedAt <= base.rosterSeq) return false
    return base.heads.some((head) => head.seq > this.#endOf(chainOf(head), log.roster.restarts))
  }

  /** What its own writers had for itself alone is entered again under another name. */
  #beginAnew(held: Held, own: DeviceId): void {
    held.clear()
    for (const [id, seq] of this.#written) if (id.startsWith(own)) this.#lower(id, seq)
  }

  idOf(session: LiveSession): DeviceId {
    const known = this.#ids.get(session) ?? session.me.device
    this.#ids.set(session, known)
    return known
  }

  /** Everything that must hold at any moment. */
  check(): void {
    const texts = new Map<string, { text: string; name: string }>()
    for (const device of this.#town.devices) {
      const { name, session } = device
      if (session === undefined || device.isHostile) continue
      this.look(device)
      checkChains(name, session)
      checkDocument(name, session)
      if (!isAtRest(session)) continue
      const heads = this.appliedOf(session)
      const text = toHex(session.replica.digest())
      const same = texts.get(heads) ?? { text, name }
      if (same.text !== text)
        throw new Broken('diverged', `${name} shows another text than ${same.name} at equal heads`)
      texts.set(heads, same)
    }
  }

  /** Equal where the same entries are applied: by their ids, because two branches of a fork are of one height. */
  appliedOf({ replica }: LiveSession): string {
    const chains = [...replica.log.chains.values()].filter(({ applied }) => applied > 0)
    return chains.map(appliedId).sort().join()
  }

  /** The device lost memory, or its disk rows: what is nowhere else may be lost with them. */
  forget(device: SimDevice, wasBusy = false): void {
    if (device.isHostile) return
    // who was joining may have held and acknowledged anything, unseen
    if (wasBusy) for (const [chain, seq] of this.#written) raise(this.heldElsewhere, chain, seq)
    const before = this.#heldBy(device.number)
    const onDisk = heldOnDisk(device.disk)
    const left = new Map([...before].map(([id, seq]) => [id, Math.min(seq, onDisk.get(id) ?? 0)]))
    for (const [id, seq] of left) if (seq === 0) left.delete(id)
    this.#held.set(device.number, left)
    for (const [id, seq] of this.#written) this.#lower(id, seq)
  }

  /** To what is still somewhere. */
  #lower(id: ChainId, seq: number): void {
    const most = Math.max(0, ...[...this.#held.values()].map((held) => held.get(id) ?? 0))
    if (most < seq) this.#written.set(id, most)
  }

  /** Where nothing is under way any more: what two of them do not have in common, or nobody has any more. */
  differenceAmong(
    devices: readonly { readonly name: string; readonly session: LiveSession }[],
  ): Broken | undefined {
    const [first, ...others] = devices
    if (first === undefined) return undefined
    for (const { name, session } of others) {
      const pair = `${name} and ${first.name}`
      if (this.appliedOf(session) !== this.appliedOf(first.session))
        return new Broken('diverged', `${pair} applied different entries`)
      if (toHex(session.replica.digest()) !== toHex(first.session.replica.digest()))
        return new Broken('diverged', `${pair} show different texts`)
      if (session.title !== first.session.title)
        return new Broken('diverged', `${pair} show different titles`)
    }
    return this.#lostAt(first.session) ?? this.#missingIn(first.session)
  }

  /** What nobody deletes stands in the text once, whoever entered it. */
  #missingIn({ doc }: LiveSession): Broken | undefined {
    const text = doc.getText('main').toString()
    for (const [index, sign] of this.#town.signs.entries()) {
      const times = text.split(sign).length - 1
      if (times !== 1) return new Broken('lost', `sign ${index} stands in the text ${times} times`)
    }
    return undefined
  }

  /** What was written, is somewhere and is not held here. */
  #lostAt({ replica }: LiveSession): Broken | undefined {
    for (const [id, seq] of this.#written) {
      const chain = replica.log.chains.get(id)
      const there = chain === undefined ? 0 : heldSeq(chain)
      // what lies beyond the end is entered again under another name
      if (there < Math.min(seq, this.#endOf(id, replica.roster.restarts)))
        return new Broken('lost', `entry ${there + 1} of ${seq} of ${id} is gone`)
    }
    return undefined
  }

  /** Where the first Restart ends the chain that names it, or that it began before. */
  #endOf(id: ChainId, restarts: Roster['restarts']): number {
    const begun = this.#begun.get(id) ?? -1
    const ending = restarts.find(({ at, lines }) => lines.has(id) || begun < at)
    return ending === undefined ? Number.POSITIVE_INFINITY : (ending.lines.get(id)?.seq ?? 0)
  }

  #heldBy(number: number): Held {
    const held = this.#held.get(number) ?? new Map()
    this.#held.set(number, held)
    return held
  }
}

/** What is typed and not in the log yet shows before it counts. */
export function isAtRest({ replica }: LiveSession): boolean {
  return replica.document.nextClock(replica.clientID) === (replica.chain?.appliedClock ?? 0)
}

/** A Restart ends a chain where the owner had it; whose writer broke a rule, or contradicted itself, may lose any. */
function leastHeld({ closedAt, ended, fork }: Chain, before: number): number {
  if (fork !== undefined) return 0
  if (closedAt < Number.POSITIVE_INFINITY) return Math.min(before, closedAt)
  return ended === undefined ? before : 0
}

function raise(map: Held, chain: ChainId, seq: number): void {
  if (seq > (map.get(chain) ?? 0)) map.set(chain, seq)
}

function appliedId(chain: Chain): string {
  const last = chain.entries[chain.applied - chain.base - 1]?.entry.id ?? chain.baseId
  return `${chain.id}${chain.applied}${last}`
}

function checkDocument(name: string, { doc }: LiveSession): void {
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null)
    throw new Broken('diverged', `Yjs waits for something at ${name}`)
}

/** Prefix-closed, each entry naming the one before; nothing applied of who may not write. */
function checkChains(name: string, { replica: { log } }: LiveSession): void {
  for (const chain of log.chains.values()) {
    let prev = chain.baseId
    for (const [index, { entry }] of chain.entries.entries()) {
      if (entry.seq !== chain.base + 1 + index || entry.prev !== prev)
        throw new Broken('diverged', `${name} holds a chain with a hole before entry ${entry.seq}`)
      prev = entry.id
      const isText = entry.kind === 'edit' || entry.kind === 'checkpoint'
      if (
        isText &&
        entry.seq <= chain.applied &&
        log.roster.roleAt(entry.device, entry.rosterSeq) === 'viewer'
      )
        throw new Broken('diverged', `${name} applied what a viewer wrote`)
    }
    if (chain.applied < chain.base || chain.applied > heldSeq(chain))
      throw new Broken('diverged', `${name} applied what it does not hold`)
  }
}
