/**
 * The roster as one peer knows it: the owner's chain of records and the Joins that stand on it. It
 * answers who a device is, what it may do at which rosterSeq (rights.ts), and which invites are open. Every
 * answer is a function of the set of records and Joins, never of clocks or of the order they came in.
 */
import { assert, unreachable } from '../base/assert.ts'
import { equalBytes } from '../base/bytes.ts'
import { Writer } from '../base/codec.ts'
import type { DeviceId, InviteId, JoinId, RecordId, SessionId } from '../base/ids.ts'
import { idBytes } from '../base/ids.ts'
import type { Crypto } from '../crypto/crypto.ts'
import {
  type Certificate,
  decodeJoin,
  deviceIdOf,
  encodeJoin,
  isAdmittedBy,
  isProven,
  isSoundCertificate,
  type Join,
  joinIdOf,
} from '../wire/certificate.ts'
import { MAX_JOINS, MAX_JOINS_PER_DEVICE, MAX_ROSTER_RECORDS } from '../wire/limits.ts'
import {
  decodeRecord,
  encodeRecord,
  isSignedByRoot,
  type Role,
  type RosterContent,
  type RosterRecord,
  sessionIdOf,
} from '../wire/roster-record.ts'
import { isViolation, type Violation, violation } from '../wire/violation.ts'
import { type EpochRecord, type InviteRecord, Records, type Restart } from './records.ts'
import { type Cut, type GenuineJoin, Rights } from './rights.ts'

/** 'early': what it stands on has not come yet. 'void': well made, but it does not count (yet). */
export type Taken = 'new' | 'known' | 'early' | 'void' | 'fork' | Violation

const FALSE_JOIN = violation('forged', 'a Join whose proofs or countersignature do not verify')

/** A Join as it came: its proofs are looked at once its admitter's key is known. */
interface KnownJoin extends GenuineJoin {
  phase: 'unread' | 'genuine'
}

export class Roster {
  readonly session: SessionId
  readonly #crypto: Crypto
  readonly #records = new Records()
  /** All that may come to stand; of those that do not, at most MAX_JOINS. */
  readonly #known = new Map<JoinId, KnownJoin>()
  #founder: DeviceId | undefined
  #rights: Rights
  #digest: Uint8Array | undefined
  /** Signed by the owner, and not to be reconciled with what is here: with that it proves a fork. */
  #rival: RosterRecord | undefined

  constructor(crypto: Crypto, session: SessionId) {
    this.#crypto = crypto
    this.session = session
    this.#rights = new Rights([], undefined, [])
  }

  /** Number of the newest record; -1 before Create. */
  get seq(): number {
    return this.#records.seq
  }

  get head(): RosterRecord['id'] {
    return this.#records.head
  }

  get records(): readonly RosterRecord[] {
    return this.#records.all
  }

  /** Of every device but the founder's the Join it stands on: one that was not dropped, where there is one. */
  get joins(): ReadonlyMap<DeviceId, Join> {
    const joins = new Map<DeviceId, Join>()
    for (const device of this.#rights.devices()) {
      const all = this.#rights.joinsOf(device)
      const best = all.find(({ id }) => this.#rights.droppedAt(id) === undefined) ?? all[0]
      if (best !== undefined) joins.set(device, best.join)
    }
    return joins
  }

  /** Where the owner had the session begin anew, the oldest first. */
  get restarts(): readonly Restart[] {
    return this.#records.restarts
  }

  /** The device that owns the session now. Asserts that Create is there. */
  get owner(): DeviceId {
    const owner = this.#rights.ownerAt(this.seq)
    assert(owner !== undefined, 'a roster is asked only once Create is there')
    return owner
  }

  get create(): Extract<RosterContent, { type: 'create' }> {
    const content = this.records[0]?.content
    assert(content?.type === 'create', 'the first record is Create')
    return content
  }

  get isPaused(): boolean {
    return this.#rights.isPausedAt(this.seq)
  }

  /** The owner's device signed two rosters. What came first stands here, and nothing more does until the owner decides. */
  get isForked(): boolean {
    return this.#rival !== undefined
  }

  /** What cannot be reconciled with what is here; undefined: there is nothing to decide. */
  get rival(): RecordId | undefined {
    return this.#rival?.id
  }

  get hasEnded(): boolean {
    return this.#records.hasEnded
  }

  /** Records from the wire or the disk, each checked; stops at the first that closes the link. */
  take(
    records: readonly Uint8Array[],
    joins: readonly Uint8Array[],
  ): { readonly changed: boolean; readonly fault: Violation | undefined; readonly forked: boolean } {
    let changed = false
    let forked = false
    const wasForked = this.isForked
    const read: RosterRecord[] = []
    for (const bytes of records) {
      const record = decodeRecord(this.#crypto, bytes)
      const taken = isViolation(record) ? record : this.takeRecord(record)
      if (!isViolation(record)) read.push(record)
      if (isViolation(taken)) return { changed, fault: taken, forked }
      if (taken === 'new') changed = true
      if (taken === 'fork') forked = true
    }
    if (this.isForked && this.#heal(read)) changed = true
    const before = this.digest()
    const fault = this.#takeJoins(joins)
    const isNews = changed || this.isForked !== wasForked
    return { changed: isNews || !equalBytes(before, this.digest()), fault, forked }
  }

  /** All are kept first and settled once. */
  #takeJoins(joins: readonly Uint8Array[]): Violation | undefined {
    const kept = new Set<JoinId>()
    let fault: Violation | undefined
    for (const bytes of joins) {
      const join = decodeJoin(bytes)
      if (!join.ok) {
        fault = violation('malformed', `a Join: ${join.reason}`)
        break
      }
      const known = this.#keep(join.value)
      if (known !== undefined) kept.add(known.id)
    }
    const isFalse = this.#isNews && this.#settle().some((id) => kept.has(id))
    return fault ?? (isFalse ? FALSE_JOIN : undefined)
  }

  takeRecord(record: RosterRecord): Taken {
    if (record.session !== this.session) return violation('malformed', 'a roster record of another session')
    const held = this.records[record.seq]
    if (held?.id === record.id) return 'known'
    const isFirst = record.content.type === 'create' && record.seq === 0
    const rootPk = isFirst ? record.content.rootPk : this.#records.rootPkAt(record.seq)
    if (rootPk === undefined) return 'early'
    if (isFirst && sessionIdOf(this.#crypto, rootPk) !== this.session)
      return violation('forged', 'a Create by another root key')
    if (!isSignedByRoot(this.#crypto, record, rootPk))
      return violation('forged', 'a roster record the owner did not sign')
    if (held !== undefined) return this.#contradict(record)
    if (record.seq > this.seq + 1) return 'early'
    if (record.prev !== this.head) return this.#contradict(record)
    const isHeal = record.content.type === 'heal'
    if (this.#isUnfit(record) || (this.isForked && !isHeal)) return 'void'
    if (isHeal) this.#rival = undefined
    this.#append(record)
    return 'new'
  }

  /** It is kept, to be told to everybody; what the owner has decided since is settled. */
  #contradict(record: RosterRecord): 'fork' | 'void' {
    const healed = this.records.findLast(({ content }) => content.type === 'heal')
    if (healed !== undefined && record.seq <= healed.seq + 1) return 'void'
    this.#rival ??= record
    this.#digest = undefined
    return 'fork'
  }

  /** A whole roster in which the owner decided the fork takes the place of what is here. */
  #heal(records: readonly RosterRecord[]): boolean {
    const rival = this.#rival
    const healed = new Roster(this.#crypto, this.session)
    for (const record of records) healed.takeRecord(record)
    const heal = healed.records.findLast(({ content }) => content.type === 'heal')
    if (rival === undefined || heal === undefined || heal.seq < rival.seq) return false
    this.#records.replace(healed.records)
    this.#rival = undefined
    this.#isNews = true
    this.#settle()
    return true
  }

  /** Whether it counts never depends on the order in which Joins came. */
  takeJoin(join: Join): Taken {
    const kept = this.#keep(join)
    if (kept === undefined) return 'known'
    if (this.#rights.stands(kept)) return 'known'
    if (kept.phase === 'genuine' && this.#known.has(kept.id) && !this.#isNews) return 'void'
    if (this.#settle().includes(kept.id)) return FALSE_JOIN
    if (this.#rights.stands(kept)) return 'new'
    return kept.phase === 'unread' ? 'early' : 'void'
  }

  /** What the device may do according to the records up to `rosterSeq`; undefined: it is no member there. */
  roleAt(device: DeviceId, rosterSeq: number): Role | undefined {
    return this.#rights.roleAt(device, rosterSeq)
  }

  roleOf(device: DeviceId): Role | undefined {
    return this.roleAt(device, this.seq)
  }

  mayAdmit(device: DeviceId, rosterSeq: number): boolean {
    return this.#rights.mayAdmit(device, rosterSeq)
  }

  /** Whether the device may change the text there: an editor, unless editing is paused; the owner always. */
  mayWrite(device: DeviceId, rosterSeq: number): boolean {
    const role = this.roleAt(device, rosterSeq)
    return role === 'owner' || (role === 'editor' && !this.#rights.isPausedAt(rosterSeq))
  }

  /** How far entries count that the device signed before it knew that it may not. */
  cutsOf(device: DeviceId): readonly Cut[] {
    return this.#rights.cutsOf(device)
  }

  /** Whether some of what the device signed may not count: asked first, because nearly all of it always does. */
  isConcerned(device: DeviceId): boolean {
    return this.#rights.isConcerned(device)
  }

  isLeftOutSince(device: DeviceId, rosterSeq: number): boolean {
    return this.#rights.isLeftOutSince(device, rosterSeq)
  }

  isBackedAt(device: DeviceId, rosterSeq: number): boolean {
    return this.#rights.isBackedAt(device, rosterSeq)
  }

  /** The invite's record when it was made and not revoked by `rosterSeq`. */
  inviteAt(invite: InviteId, rosterSeq: number): InviteRecord | undefined {
    return this.#rights.inviteAt(invite, rosterSeq)
  }

  /** Whether the owner ever signed such an invite, revoked or not. */
  knowsInvite(invite: InviteId): boolean {
    return this.#records.knowsInvite(invite)
  }

  openInvites(): readonly InviteRecord[] {
    return this.#records.openInvites()
  }

  /** Devices that came in with it. */
  usersOf(invite: InviteId): readonly DeviceId[] {
    return this.#rights
      .devices()
      .filter((device) => this.#rights.joinsOf(device).some(({ join }) => join.invite === invite))
  }

  usesOf(invite: InviteId): number {
    return this.usersOf(invite).length
  }

  /** Of members and of those who were. */
  certificateOf(device: DeviceId): Certificate | undefined {
    if (device === this.#founder) return this.create.owner
    return this.#rights.joinsOf(device)[0]?.join.certificate
  }

  /** Which of two devices was let in first: the same for everybody who knows the same Joins. */
  cameBefore(one: DeviceId, other: DeviceId): boolean {
    const [first, second] = [one, other].map((device) => [...this.#rights.joinsOf(device)].sort(inOrder)[0])
    if (first === undefined || second === undefined) return one === this.#founder
    return inOrder(first, second) < 0
  }

  /** Members and those who were, the founder first. */
  everybody(): readonly DeviceId[] {
    if (this.#founder === undefined) return []
    return [this.#founder, ...this.#rights.devices()]
  }

  /** Members: the owner first, then in the order of their ids. */
  devices(): readonly DeviceId[] {
    if (this.#founder === undefined) return []
    const others = new Set([this.#founder, ...this.#rights.devices()])
    others.delete(this.owner)
    return [this.owner, ...[...others].filter((device) => this.roleOf(device) !== undefined).sort()]
  }

  /** Joins no record names yet whose admitter and invite are in good standing: what the owner's next record names. */
  acceptable(): readonly JoinId[] {
    return this.#all()
      .filter(({ id }) => !this.#rights.isListed(id) && this.#rights.droppedAt(id) === undefined)
      .map(({ id }) => id)
  }

  /** Joins that this admitter let in and a record left out: to be countersigned anew. */
  renewable(admitter: DeviceId): readonly Join[] {
    const left = this.#all().filter(
      ({ device, join }) => join.admitter === admitter && this.isLeftOut(device),
    )
    return [...new Map(left.map(({ device, join }) => [device, join])).values()]
  }

  /** No member now, because a record left its Joins out; the owner never acted on it. */
  isLeftOut(device: DeviceId): boolean {
    return this.wasLeftOut(device) && this.roleOf(device) === undefined && this.cutsOf(device).length === 0
  }

  /** A record left out a Join of it, whether or not another one stands since. */
  wasLeftOut(device: DeviceId): boolean {
    return this.#rights.joinsOf(device).some(({ id }) => this.#rights.droppedAt(id) !== undefined)
  }

  /** The number of the epoch in force at `rosterSeq`, or undefined before the first. */
  epochAt(rosterSeq: number): number | undefined {
    return this.#records.epochAt(rosterSeq)
  }

  epochRecord(epoch: number): EpochRecord | undefined {
    return this.#records.epochRecord(epoch)
  }

  /** 16 bytes that are equal when two peers know the same records, and every device is the same to both. */
  digest(): Uint8Array {
    this.#digest ??= this.#computeDigest()
    return this.#digest
  }

  #computeDigest(): Uint8Array {
    const writer = new Writer().fixed(idBytes(this.head))
    for (const { id } of this.#all()) writer.fixed(idBytes(id))
    if (this.isForked) writer.flag(true) // which rival it is differs from peer to peer
    return this.#crypto.hash(16, writer.finish())
  }

  encoded(): { readonly records: Uint8Array[]; readonly joins: Uint8Array[] } {
    return {
      records: [...this.records, ...(this.#rival === undefined ? [] : [this.#rival])].map(encodeRecord),
      joins: this.#all().map(({ join }) => encodeJoin(join)),
    }
  }

  /** The key whose holder signs the next record; undefined before Create. */
  get rootPk(): Uint8Array | undefined {
    return this.#records.rootPkAt(this.seq + 1)
  }

  /** Rules a record must keep besides its signature. They are the owner's fault, so nobody's link closes. */
  #isUnfit({ content, seq }: RosterRecord): boolean {
    if ((content.type === 'create') !== (seq === 0) || seq >= MAX_ROSTER_RECORDS || this.hasEnded) return true
    switch (content.type) {
      case 'create':
        return !isSoundCertificate(this.#crypto, content.owner)
      case 'epoch':
        return content.epoch !== (this.epochAt(this.seq) ?? -1) + 1
      case 'role':
      case 'remove':
        return content.device === this.owner
      case 'transfer':
        return !this.#crypto.isSoundSignKey(content.rootPk) || content.device === this.owner
      case 'invite':
      case 'revoke':
      case 'policy':
      case 'end':
      case 'heal':
      case 'restart':
        return false
      default:
        return unreachable(content)
    }
  }

  #append(record: RosterRecord): void {
    this.#records.append(record)
    if (record.content.type === 'create') this.#founder = deviceIdOf(this.#crypto, record.content.owner)
    this.#isNews = true
    this.#settle()
  }

  /** Something was kept or appended since what stands was computed. */
  #isNews = false

  /** Undefined for the founder, who never joins. */
  #keep(join: Join): KnownJoin | undefined {
    const device = deviceIdOf(this.#crypto, join.certificate)
    if (device === this.#founder) return undefined
    const id = joinIdOf(this.#crypto, join)
    const known = this.#known.get(id)
    if (known !== undefined) return known
    const kept: KnownJoin = { id, device, join, phase: 'unread' }
    const standing = this.#rights.devices()
    const waiting = this.#known.size - this.#all().length
    if (waiting >= MAX_JOINS || (standing.length >= MAX_JOINS && !standing.includes(device))) return kept
    this.#known.set(id, kept)
    this.#isNews = true
    return kept
  }

  /** Reads what can be read by now and computes who stands. Forgets what was false, and says what that was. */
  #settle(): JoinId[] {
    const wrong: JoinId[] = []
    for (let progress = true; progress; ) {
      progress = false
      for (const kept of [...this.#known.values()]) {
        const admitter = kept.phase === 'unread' ? this.#keyOfAdmitter(kept.join) : undefined
        if (admitter === undefined) continue
        progress = true
        kept.phase = 'genuine'
        if (this.#isGenuine(kept.join, admitter)) continue
        this.#known.delete(kept.id)
        wrong.push(kept.id)
      }
    }
    this.#rights = new Rights(this.records, this.#founder, this.#chosen())
    this.#digest = undefined
    this.#isNews = false
    return wrong
  }

  /** Once its place in the roster is here: a device id stands for its keys, wherever they are read. */
  #keyOfAdmitter({ admitter, rosterSeq }: Join): Uint8Array | undefined {
    if (rosterSeq > this.seq) return undefined
    if (admitter === this.#founder) return this.create.owner.signPk
    for (const { device, join, phase } of this.#known.values())
      if (device === admitter && phase === 'genuine') return join.certificate.signPk
    return undefined
  }

  #isGenuine(join: Join, admitterSignPk: Uint8Array): boolean {
    return (
      isProven(this.#crypto, this.session, join) &&
      isAdmittedBy(this.#crypto, this.session, join, admitterSignPk)
    )
  }

  /** Genuine ones within the bounds: of each device the first by place and id, of all devices the first by id. */
  #chosen(): GenuineJoin[] {
    const byDevice = new Map<DeviceId, KnownJoin[]>()
    for (const kept of this.#known.values()) {
      if (kept.phase !== 'genuine') continue
      byDevice.set(kept.device, [...(byDevice.get(kept.device) ?? []), kept])
    }
    return [...byDevice.values()].flatMap((joins) => joins.sort(inOrder).slice(0, MAX_JOINS_PER_DEVICE))
  }

  /** Every Join that stands, in one order for everybody. */
  #all(): GenuineJoin[] {
    const all = this.#rights.devices().flatMap((device) => this.#rights.joinsOf(device))
    return all.sort(inOrder)
  }
}

function inOrder(a: GenuineJoin, b: GenuineJoin): number {
  return a.join.rosterSeq - b.join.rosterSeq || (a.id < b.id ? -1 : 1)
}
