/**
 * Who may do what at which place of the roster: a function of the set of records and Joins, in whatever order
 * they came. The roster (roster.ts) keeps the set and computes this anew whenever it grows.
 *
 * A Join stands when its admitter might admit at its place, and its invite was open there; or when it renews one
 * that stood. It is *dropped* by the first later record that concerns it without naming it: an Epoch, the removal
 * or lowering of its admitter, the revocation of its invite. Once named it is never dropped. A *cut* says how far
 * entries count that a device signed before it knew of its removal, its lowered role or the drop of its Join.
 */
import type { DeviceId, InviteId, JoinId, WriterId } from '../base/ids.ts'
import type { Join } from '../wire/certificate.ts'
import type { CutLine, Role, RosterContent, RosterRecord } from '../wire/roster-record.ts'

/** A Join whose proofs and countersignature were verified. */
export interface GenuineJoin {
  readonly id: JoinId
  readonly device: DeviceId
  readonly join: Join
}

export interface Cut {
  /** Entries with a smaller rosterSeq are concerned. */
  readonly at: number
  /** Writers not named here count for nothing. */
  readonly lines: ReadonlyMap<WriterId, CutLine>
}

/** The invite's record, its place, and where it was revoked. */
interface KnownInvite {
  readonly record: Extract<RosterContent, { type: 'invite' }>
  readonly from: number
  readonly until: number
}

const NEVER = Number.POSITIVE_INFINITY

export class Rights {
  readonly #owners: { readonly from: number; readonly device: DeviceId }[] = []
  readonly #pauses: { readonly from: number; readonly paused: boolean }[] = []
  readonly #invites = new Map<InviteId, KnownInvite[]>()
  readonly #listed = new Set<JoinId>()
  /** Places of records that concern every Join, those an admitter let in, those on an invite. */
  readonly #epochs: number[] = []
  readonly #lowered = new Map<DeviceId, number[]>()
  readonly #revoked = new Map<InviteId, number[]>()
  /** What the owner made of a device, in order. */
  readonly #acts = new Map<
    DeviceId,
    { readonly at: number; readonly role: Role | undefined; readonly cut: Cut }[]
  >()
  readonly #standing = new Map<DeviceId, GenuineJoin[]>()
  readonly #dropped = new Map<JoinId, number>()
  #endedAt = NEVER

  constructor(
    records: readonly RosterRecord[],
    ownerOfCreate: DeviceId | undefined,
    joins: Iterable<GenuineJoin>,
  ) {
    if (ownerOfCreate !== undefined) this.#owners.push({ from: 0, device: ownerOfCreate })
    for (const { seq, content } of records) this.#read(seq, content)
    this.#admit([...joins].sort((a, b) => a.join.rosterSeq - b.join.rosterSeq || (a.id < b.id ? -1 : 1)))
  }

  ownerAt(seq: number): DeviceId | undefined {
    return this.#owners.findLast(({ from }) => from <= seq)?.device
  }

  isPausedAt(seq: number): boolean {
    return this.#pauses.findLast(({ from }) => from <= seq)?.paused ?? false
  }

  /** undefined: it is no member there. */
  roleAt(device: DeviceId, seq: number): Role | undefined {
    if (device === this.ownerAt(seq)) return 'owner'
    let best = this.#roleAfterOwning(device, seq)
    for (const joined of this.#standing.get(device) ?? []) {
      const role = this.#roleBy(joined, seq)
      if (best === undefined || role === 'editor') best = role
    }
    return best
  }

  mayAdmit(device: DeviceId, seq: number): boolean {
    const role = this.roleAt(device, seq)
    return role === 'owner' || role === 'editor'
  }

  inviteAt(invite: InviteId, seq: number): KnownInvite['record'] | undefined {
    return this.#invites.get(invite)?.find(({ from, until }) => from <= seq && seq < until)?.record
  }

  /** In the order of their places. */
  joinsOf(device: DeviceId): readonly GenuineJoin[] {
    return this.#standing.get(device) ?? []
  }

  /** Devices with a Join that stands or stood. */
  devices(): readonly DeviceId[] {
    return [...this.#standing.keys()]
  }

  stands(joined: GenuineJoin): boolean {
    return this.joinsOf(joined.device).some(({ id }) => id === joined.id)
  }

  /** Where the Join stopped to count, or undefined. */
  droppedAt(join: JoinId): number | undefined {
    return this.#dropped.get(join)
  }

  isListed(join: JoinId): boolean {
    return this.#listed.has(join)
  }

  /** By the owner's acts on the device, in the order of their places. */
  cutsOf(device: DeviceId): readonly Cut[] {
    return (this.#acts.get(device) ?? []).flatMap(({ role, cut }) => (role === 'editor' ? [] : [cut]))
  }

  /** Whether the owner ever acted on the device, or a Join of it was dropped. */
  isConcerned(device: DeviceId): boolean {
    return this.#acts.has(device) || this.joinsOf(device).some(({ id }) => this.#dropped.has(id))
  }

  /** Whether what the device signed at `seq`, as one who may write there, still rests on a Join that counts. */
  isBackedAt(device: DeviceId, seq: number): boolean {
    if (device === this.ownerAt(seq) || this.#roleAfterOwning(device, seq) === 'editor') return true
    return this.joinsOf(device).some(
      (joined) => this.#givenBy(joined, seq) === 'editor' && this.#isGoodAgain(joined),
    )
  }

  #read(seq: number, content: RosterContent): void {
    switch (content.type) {
      case 'create':
        return
      case 'invite':
        return push(this.#invites, content.invite, { record: content, from: seq, until: NEVER })
      case 'revoke':
        push(this.#revoked, content.invite, seq)
        this.#list(content.joins)
        return this.#close(content.invite, seq)
      case 'role':
        push(this.#acts, content.device, { at: seq, role: content.role, cut: cutAt(seq, content.cut) })
        if (content.role === 'viewer') push(this.#lowered, content.device, seq)
        return this.#list(content.joins)
      case 'remove':
        push(this.#acts, content.device, { at: seq, role: undefined, cut: cutAt(seq, content.cut) })
        push(this.#lowered, content.device, seq)
        return this.#list(content.joins)
      case 'epoch':
        this.#epochs.push(seq)
        return this.#list(content.joins)
      case 'policy':
        return void this.#pauses.push({ from: seq, paused: content.paused })
      case 'transfer':
        return void this.#owners.push({ from: seq, device: content.device })
      case 'heal':
      case 'restart':
        return
      case 'end':
        this.#endedAt = seq
        return
      default:
        return content satisfies never
    }
  }

  #list(joins: readonly JoinId[]): void {
    for (const join of joins) this.#listed.add(join)
  }

  #close(invite: InviteId, seq: number): void {
    const known = this.#invites.get(invite) ?? []
    this.#invites.set(
      invite,
      known.map((one) => (one.until === NEVER ? { ...one, until: seq } : one)),
    )
  }

  /** Until nothing more comes to stand: an admitter may be somebody admitted at the same place. */
  #admit(joins: readonly GenuineJoin[]): void {
    for (let waiting = joins; ; ) {
      const left = waiting.filter((joined) => !this.#tryToStand(joined))
      if (left.length === waiting.length) return
      waiting = left
    }
  }

  #tryToStand(joined: GenuineJoin): boolean {
    const { join, device } = joined
    if (join.rosterSeq >= this.#endedAt) return false
    if (!this.mayAdmit(join.admitter, join.rosterSeq)) return false
    if (this.inviteAt(join.invite, join.rosterSeq) === undefined && !this.#renews(joined)) return false
    push(this.#standing, device, joined)
    const droppedAt = this.#firstUnnamed(joined)
    if (droppedAt !== undefined) this.#dropped.set(joined.id, droppedAt)
    return true
  }

  /** The same admitter let the same device in before, by the same invite. */
  #renews({ device, join }: GenuineJoin): boolean {
    return this.joinsOf(device).some(
      (before) =>
        before.join.admitter === join.admitter &&
        before.join.invite === join.invite &&
        before.join.rosterSeq < join.rosterSeq,
    )
  }

  #firstUnnamed({ id, join }: GenuineJoin): number | undefined {
    if (this.#listed.has(id)) return undefined
    const concerning = [
      this.#epochs,
      this.#lowered.get(join.admitter) ?? [],
      this.#revoked.get(join.invite) ?? [],
    ].flatMap((places) => places.find((seq) => seq > join.rosterSeq) ?? [])
    return concerning.length === 0 ? undefined : Math.min(...concerning)
  }

  /** What this Join alone gives at `seq`. */
  #roleBy(joined: GenuineJoin, seq: number): Role | undefined {
    return (this.#dropped.get(joined.id) ?? NEVER) <= seq ? undefined : this.#givenBy(joined, seq)
  }

  /** The same, had it not been dropped: its invite's role, or what the owner made of it since. */
  #givenBy({ device, join }: GenuineJoin, seq: number): Role | undefined {
    if (join.rosterSeq > seq) return undefined
    let role: Role | undefined = this.#invites.get(join.invite)?.[0]?.record.role
    for (const act of this.#acts.get(device) ?? []) {
      if (act.at > seq) break
      if (act.at > join.rosterSeq && role !== undefined) role = act.role
    }
    return role
  }

  /** A former owner stays as an editor until somebody says otherwise. */
  #roleAfterOwning(device: DeviceId, seq: number): Role | undefined {
    const until = this.#owners.findIndex(
      (owner, index) => owner.device === device && index + 1 < this.#owners.length,
    )
    const next = until < 0 ? undefined : this.#owners[until + 1]
    if (next === undefined || next.from > seq) return undefined
    let role: Role | undefined = 'editor'
    for (const act of this.#acts.get(device) ?? [])
      if (act.at > next.from && act.at <= seq && role !== undefined) role = act.role
    return role
  }

  /** Whether nothing it wrote up to `seq` is backed any more, by records after that. */
  isLeftOutSince(device: DeviceId, seq: number): boolean {
    const before = this.joinsOf(device).filter(({ join }) => join.rosterSeq <= seq)
    const isLeftOut = (joined: GenuineJoin): boolean =>
      (this.#dropped.get(joined.id) ?? 0) > seq && !this.#isGoodAgain(joined)
    return before.length > 0 && before.every(isLeftOut)
  }

  /** Not dropped, or admitted again since as one who may write: what it wrote meanwhile counts. */
  #isGoodAgain({ id, device }: GenuineJoin): boolean {
    const at = this.#dropped.get(id)
    if (at === undefined) return true
    return this.joinsOf(device).some(
      (again) => again.join.rosterSeq >= at && this.#roleBy(again, again.join.rosterSeq) === 'editor',
    )
  }
}

function cutAt(at: number, lines: readonly CutLine[]): Cut {
  return { at, lines: new Map(lines.map((line) => [line.writer, line])) }
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [value])
  else known.push(value)
}
