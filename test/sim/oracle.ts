/**
 * What must hold in a town whatever happens to it, looked at from outside: no two copies with equal histories
 * differ, nothing that another device held is lost, and no status says what is not so.
 * Not here: what happens (scenario.ts).
 */
import { toHex } from '../../src/base/bytes.ts'
import { heldSeq } from '../../src/protocol/chain.ts'
import { headsOf } from '../../src/protocol/log.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import { decodeBase, entryKey } from '../../src/session/stored.ts'
import type { LocalId } from '../../src/storage/port.ts'
import type { Entry } from '../../src/wire/entry.ts'
import { type ChainId, chainOf, digestOfHeads, type Head } from '../../src/wire/heads.ts'
import type { SimDisk } from './disk.ts'
import type { SimDevice, Town } from './town.ts'

export type Finding = 'diverged' | 'lost' | 'dishonest'

export class Broken extends Error {
  readonly finding: Finding
  constructor(finding: Finding, detail: string) {
    super(detail)
    this.finding = finding
  }
}

export class Oracle {
  readonly #town: Town
  /** How far each chain was ever held by a device other than its author's. */
  readonly #heldElsewhere = new Map<ChainId, number>()
  /** How far each chain got at its author, less what nobody else had when its author lost it. */
  readonly #written = new Map<ChainId, number>()

  constructor(town: Town) {
    this.#town = town
  }

  /** Cheap enough for every event. */
  look(): void {
    for (const device of this.#town.devices) this.#lookAt(device)
  }

  #lookAt(device: SimDevice): void {
    const { session } = device
    if (session === undefined) return
    const own = session.me.device
    for (const chain of session.replica.log.chains.values()) {
      const map = chain.device === own ? this.#written : this.#heldElsewhere
      if (heldSeq(chain) > (map.get(chain.id) ?? 0)) map.set(chain.id, heldSeq(chain))
    }
  }

  /** Everything that must hold at any moment. */
  check(): void {
    this.look()
    const texts = new Map<string, string>()
    for (const { name, session } of this.#town.devices) {
      if (session === undefined) continue
      const { doc } = session
      if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null)
        throw new Broken('diverged', `Yjs waits for something at ${name}`)
      this.#checkStatus(name, session)
      const heads = this.#applied(session)
      const text = toHex(session.replica.digest())
      if ((texts.get(heads) ?? text) !== text)
        throw new Broken('diverged', `${name} shows another text at equal heads`)
      if (this.#isAtRest(session)) texts.set(heads, text)
    }
    for (const device of this.#town.devices) this.#checkDisk(device)
  }

  /** What is typed and not in the log yet shows before it counts. */
  #isAtRest(session: LiveSession): boolean {
    const { replica } = session
    return replica.document.nextClock(replica.clientID) === (replica.chain?.appliedClock ?? 0)
  }

  #applied(session: LiveSession): string {
    const { crypto } = this.#town
    return this.#isAtRest(session)
      ? toHex(digestOfHeads(crypto, headsOf(session.replica.log)).applied)
      : session.me.device
  }

  #checkStatus(name: string, session: LiveSession): void {
    const { status, me } = session
    if (status.unshared > 0 || status.phase === 'draft') return
    // who is joining holds entries already, and cannot be looked into yet
    if (this.#town.devices.some((device) => device.busy)) return
    for (const chain of session.replica.log.chains.values()) {
      if (chain.device !== me.device) continue
      const last = chain.entries.findLast(({ entry }) => entry.kind === 'edit')?.entry.seq ?? 0
      if (last > (this.#heldElsewhere.get(chain.id) ?? 0))
        throw new Broken('dishonest', `${name} says all is shared, and nobody else holds entry ${last}`)
    }
  }

  #checkDisk({ name, session, disk }: SimDevice): void {
    if (session === undefined || session.status.unsaved > 0 || session.status.savedAt === undefined) return
    for (const chain of session.replica.log.chains.values()) {
      const last = chain.entries.at(-1)
      if (last === undefined || chain.device !== session.me.device) continue
      if (!isOnDisk(disk, session.localId, last.entry))
        throw new Broken(
          'dishonest',
          `${name} says all is saved, and entry ${last.entry.seq} is not on the disk`,
        )
    }
  }

  /** Before a device loses memory or disk: what only it holds may be lost with it. */
  excuse(device: SimDevice): void {
    this.look()
    if (device.busy) for (const [chain, seq] of this.#written) this.#heldElsewhere.set(chain, seq)
    for (const [chain, seq] of this.#written) {
      const elsewhere = Math.max(
        0,
        ...this.#town.devices.map((other) => (other === device ? 0 : heldBy(other, chain))),
      )
      if (elsewhere < seq) this.#written.set(chain, elsewhere)
    }
  }

  /** Nothing happens any more and everybody could reach everybody: what is still wrong, or undefined. */
  whatIsMissing(): Broken | undefined {
    const sessions = this.#town.devices.flatMap(({ session, name, failure }) => {
      if (session === undefined)
        throw new Broken('lost', `${name} cannot come back: ${failure?.name} ${failure?.message}`)
      return [{ name, session }]
    })
    const [first] = sessions
    if (first === undefined) return undefined
    for (const { name, session } of sessions) {
      const { status } = session
      if (
        status.phase !== 'synced' ||
        status.unshared > 0 ||
        status.unsaved > 0 ||
        status.problem !== undefined
      )
        return new Broken('dishonest', `${name} at rest: ${JSON.stringify(status)}`)
      if (status.peers !== sessions.length - 1)
        return new Broken('dishonest', `${name} sees ${status.peers} people of ${sessions.length - 1}`)
      if (this.#applied(session) !== this.#applied(first.session))
        return new Broken('diverged', `${name} and ${first.name} applied different entries`)
      if (toHex(session.replica.digest()) !== toHex(first.session.replica.digest()))
        return new Broken('diverged', `${name} and ${first.name} show different texts`)
      if (session.title !== first.session.title) return new Broken('diverged', `${name} shows another title`)
    }
    return this.#lost(headsOf(first.session.replica.log))
  }

  #lost(heads: readonly Head[]): Broken | undefined {
    const held = new Map(heads.map((head) => [chainOf(head), head.held]))
    for (const [chain, seq] of this.#written) {
      const there = held.get(chain) ?? 0
      if (there < seq) return new Broken('lost', `entry ${there + 1} of ${seq} of ${chain} is gone`)
    }
    return undefined
  }
}

function heldBy({ session }: SimDevice, id: ChainId): number {
  const chain = session?.replica.log.chains.get(id)
  return chain === undefined ? 0 : heldSeq(chain)
}

/** As a row of its own, or in the base the log on the disk starts from. */
function isOnDisk(disk: SimDisk, localId: LocalId, entry: Entry): boolean {
  if (disk.row(localId, 'entries', entryKey(entry)) !== undefined) return true
  const base = decodeBase(disk.row(localId, 'blobs', 'base') ?? new Uint8Array(0))
  return base.ok && base.value.heads.some((head) => chainOf(head) === chainOf(entry) && head.seq >= entry.seq)
}
