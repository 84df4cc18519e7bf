/**
 * The roster as one peer knows it: the owner's chain of records and the Joins that stand on it. It
 * answers who a device is, what it may do at which rosterSeq, and which invites are open. Every answer
 * is a function of the set of records and Joins, never of clocks or of the order they came in.
 */
import { assert } from '../base/assert.ts'
import { equalBytes, toHex } from '../base/bytes.ts'
import { Writer } from '../base/codec.ts'
import type { DeviceId, InviteId, SessionId } from '../base/ids.ts'
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
} from '../wire/certificate.ts'
import { MAX_JOINS, MAX_ROSTER_RECORDS } from '../wire/limits.ts'
import {
  decodeRecord,
  encodeRecord,
  isSignedByRoot,
  NO_RECORD,
  type Role,
  type RosterContent,
  type RosterRecord,
  sessionIdOf,
} from '../wire/roster-record.ts'
import { isViolation, type Violation, violation } from '../wire/violation.ts'

export type InviteRecord = Extract<RosterContent, { type: 'invite' }>
export type EpochRecord = Extract<RosterContent, { type: 'epoch' }>

/** 'early': what it stands on has not come yet. 'void': well made, but it does not count. */
export type Taken = 'new' | 'known' | 'early' | 'void' | 'fork' | Violation

export class Roster {
  readonly session: SessionId
  readonly #crypto: Crypto
  readonly #records: RosterRecord[] = []
  /** Of each device the Joins that allow something no other of its Joins allows, by rosterSeq; nearly always one. */
  readonly #joins = new Map<DeviceId, readonly Join[]>()
  readonly #certificates = new Map<DeviceId, Certificate>()
  #owner: DeviceId | undefined
  /** Joins that do not count yet, by hash, at most MAX_JOINS: early, or void. */
  #aside = new Map<string, Join>()
  #digest: Uint8Array | undefined
  readonly #genuine = new WeakSet<Join>()

  constructor(crypto: Crypto, session: SessionId) {
    this.#crypto = crypto
    this.session = session
  }

  /** Number of the newest record; -1 before Create. */
  get seq(): number {
    return this.#records.length - 1
  }

  get head(): RosterRecord['id'] {
    return this.#records.at(-1)?.id ?? NO_RECORD
  }

  get records(): readonly RosterRecord[] {
    return this.#records
  }

  /** The first Join of every device but the owner's. */
  get joins(): ReadonlyMap<DeviceId, Join> {
    const first = new Map<DeviceId, Join>()
    for (const [device, [join]] of this.#joins) if (join !== undefined) first.set(device, join)
    return first
  }

  /** The device that made the session. Asserts that Create is there. */
  get owner(): DeviceId {
    assert(this.#owner !== undefined, 'a roster is asked only once Create is there')
    return this.#owner
  }

  get create(): Extract<RosterContent, { type: 'create' }> {
    const content = this.#records[0]?.content
    assert(content?.type === 'create', 'the first record is Create')
    return content
  }

  /** Records from the wire or the disk, each checked; stops at the first that closes the link. */
  take(
    records: readonly Uint8Array[],
    joins: readonly Uint8Array[],
  ): { readonly changed: boolean; readonly fault: Violation | undefined; readonly forked: boolean } {
    let changed = false
    let forked = false
    for (const bytes of records) {
      const record = decodeRecord(this.#crypto, bytes)
      const taken = isViolation(record) ? record : this.takeRecord(record)
      if (isViolation(taken)) return { changed, fault: taken, forked }
      if (taken === 'new') changed = true
      if (taken === 'fork') forked = true
    }
    for (const bytes of joins) {
      const join = decodeJoin(bytes)
      const taken = join.ok ? this.takeJoin(join.value) : violation('malformed', `a Join: ${join.reason}`)
      if (isViolation(taken)) return { changed, fault: taken, forked }
      if (taken === 'new') changed = true
    }
    return { changed, fault: undefined, forked }
  }

  takeRecord(record: RosterRecord): Taken {
    if (record.session !== this.session) return violation('malformed', 'a roster record of another session')
    const held = this.#records[record.seq]
    if (held?.id === record.id) return 'known'
    const rootPk =
      record.content.type === 'create' && record.seq === 0 ? record.content.rootPk : this.#rootPk()
    if (rootPk === undefined) return 'early'
    if (sessionIdOf(this.#crypto, rootPk) !== this.session)
      return violation('forged', 'a Create by another root key')
    if (!isSignedByRoot(this.#crypto, record, rootPk))
      return violation('forged', 'a roster record the owner did not sign')
    if (held !== undefined) return 'fork'
    if (record.seq > this.#records.length) return 'early'
    if (record.prev !== this.head) return 'fork'
    const unfit = this.#unfit(record)
    if (unfit !== undefined) return unfit
    this.#append(record)
    return 'new'
  }

  /** A further Join of a device can only add to what it may do: so the order of Joins makes no difference, and
   *  what counted once never stops to count. */
  takeJoin(join: Join): Taken {
    const device = deviceIdOf(this.#crypto, join.certificate)
    const held = this.#joins.get(device) ?? []
    if (device === this.#owner || held.some((other) => isSameJoin(join, other))) return 'known'
    if (join.rosterSeq > this.seq || !this.#certificates.has(join.admitter)) return this.#wait(join, 'early')
    if (this.#aside.has(this.#keyOf(join))) return 'void'
    if (!this.#isGenuine(join))
      return violation('forged', 'a Join whose proofs or countersignature do not verify')
    if (!this.#stands(join)) return this.#wait(join, 'void')
    if (held.some((other) => this.#covers(other, join))) return 'known'
    if (held.length === 0 && this.#joins.size >= MAX_JOINS) return this.#wait(join, 'void')
    this.#choose(device, [...held.filter((other) => !this.#covers(join, other)), join])
    this.#retryAside()
    return 'new'
  }

  /** What the device may do according to the records up to `rosterSeq`; undefined: it is no member there. */
  roleAt(device: DeviceId, rosterSeq: number): Role | undefined {
    if (device === this.#owner) return 'owner'
    let best: Role | undefined
    for (const join of this.#joins.get(device) ?? []) {
      if (join.rosterSeq > rosterSeq) continue
      const role = this.#roleBy(join, device, rosterSeq)
      if (best === undefined || role === 'editor') best = role
    }
    return best
  }

  roleOf(device: DeviceId): Role | undefined {
    return this.roleAt(device, this.seq)
  }

  mayAdmit(device: DeviceId, rosterSeq: number): boolean {
    const role = this.roleAt(device, rosterSeq)
    return role === 'owner' || role === 'editor'
  }

  /** The invite's record when it was made and not revoked by `rosterSeq`. */
  inviteAt(invite: InviteId, rosterSeq: number): InviteRecord | undefined {
    let open: InviteRecord | undefined
    for (const { seq, content } of this.#records) {
      if (seq > rosterSeq) break
      if (content.type === 'invite' && content.invite === invite) open = content
      if (content.type === 'revoke' && content.invite === invite) open = undefined
    }
    return open
  }

  /** Whether the owner ever signed such an invite, revoked or not. */
  knowsInvite(invite: InviteId): boolean {
    return this.#records.some(({ content }) => content.type === 'invite' && content.invite === invite)
  }

  openInvites(): readonly InviteRecord[] {
    const open = new Map<InviteId, InviteRecord>()
    for (const { content } of this.#records) {
      if (content.type === 'invite') open.set(content.invite, content)
      if (content.type === 'revoke') open.delete(content.invite)
    }
    return [...open.values()]
  }

  usesOf(invite: InviteId): number {
    let uses = 0
    for (const join of this.#allJoins()) if (join.invite === invite) uses++
    return uses
  }

  certificateOf(device: DeviceId): Certificate | undefined {
    return this.#certificates.get(device)
  }

  /** Owner first, then in the order of their ids. */
  devices(): readonly DeviceId[] {
    return this.#owner === undefined ? [] : [this.#owner, ...[...this.#joins.keys()].sort()]
  }

  /** The number of the epoch in force at `rosterSeq`, or undefined before the first. */
  epochAt(rosterSeq: number): number | undefined {
    let epoch: number | undefined
    for (const { seq, content } of this.#records) {
      if (seq > rosterSeq) break
      if (content.type === 'epoch') epoch = content.epoch
    }
    return epoch
  }

  epochRecord(epoch: number): EpochRecord | undefined {
    const record = this.#records.find(({ content }) => content.type === 'epoch' && content.epoch === epoch)
    return record?.content.type === 'epoch' ? record.content : undefined
  }

  /** 16 bytes that are equal when two peers know the same records, and every device is the same to both. */
  digest(): Uint8Array {
    this.#digest ??= this.#computeDigest()
    return this.#digest
  }

  #computeDigest(): Uint8Array {
    const writer = new Writer().fixed(idBytes(this.head))
    for (const [device, joins] of [...this.#joins].sort(([a], [b]) => (a < b ? -1 : 1))) {
      for (const join of joins) {
        const isEditors = this.#roleBy(join, device, join.rosterSeq) === 'editor'
        writer.fixed(idBytes(device)).varuint(join.rosterSeq).flag(isEditors)
      }
    }
    return this.#crypto.hash(16, writer.finish())
  }

  encoded(): { readonly records: Uint8Array[]; readonly joins: Uint8Array[] } {
    return { records: this.#records.map(encodeRecord), joins: this.#allJoins().map(encodeJoin) }
  }

  #rootPk(): Uint8Array | undefined {
    const content = this.#records[0]?.content
    return content?.type === 'create' ? content.rootPk : undefined
  }

  /** Rules a record must keep besides its signature. They are the owner's fault, so nobody's link closes. */
  #unfit(record: RosterRecord): Taken | undefined {
    const { content, seq } = record
    if ((content.type === 'create') !== (seq === 0)) return 'void'
    if (seq >= MAX_ROSTER_RECORDS) return 'void'
    if (content.type === 'create' && !isSoundCertificate(this.#crypto, content.owner)) return 'void'
    if (content.type === 'epoch' && content.epoch !== (this.epochAt(this.seq) ?? -1) + 1) return 'void'
    return undefined
  }

  #append(record: RosterRecord): void {
    this.#records.push(record)
    this.#digest = undefined
    if (record.content.type === 'create') {
      this.#owner = deviceIdOf(this.#crypto, record.content.owner)
      this.#certificates.set(this.#owner, record.content.owner)
    }
    this.#retryAside()
  }

  #stands(join: Join): boolean {
    return (
      this.mayAdmit(join.admitter, join.rosterSeq) && this.inviteAt(join.invite, join.rosterSeq) !== undefined
    )
  }

  /** The role this Join alone gives: its invite's, or what the owner made of it since. */
  #roleBy(join: Join, device: DeviceId, rosterSeq: number): Role | undefined {
    let role: Role | undefined = this.inviteAt(join.invite, join.rosterSeq)?.role
    for (const { seq, content } of this.#records) {
      if (seq > rosterSeq) break
      if (content.type === 'role' && content.device === device && seq > join.rosterSeq) role = content.role
    }
    return role
  }

  /** Whether `join` allows, from the place of `other` on, all that `other` does: both follow the same records then. */
  #covers(join: Join, other: Join): boolean {
    if (join.rosterSeq > other.rosterSeq) return false
    const device = deviceIdOf(this.#crypto, join.certificate)
    const role = this.#roleBy(join, device, other.rosterSeq)
    return role === 'editor' || role === this.#roleBy(other, device, other.rosterSeq)
  }

  /** Those of `joins` in their order, then the further ones. */
  #allJoins(): Join[] {
    return [...this.joins.values(), ...[...this.#joins.values()].flatMap(([, ...further]) => further)]
  }

  /** Proofs and countersignature; checked once for each Join. */
  #isGenuine(join: Join): boolean {
    if (this.#genuine.has(join)) return true
    const admitter = this.#certificates.get(join.admitter)
    if (admitter === undefined || !isProven(this.#crypto, this.session, join)) return false
    if (!isAdmittedBy(this.#crypto, this.session, join, admitter.signPk)) return false
    this.#genuine.add(join)
    return true
  }

  #choose(device: DeviceId, joins: Join[]): void {
    const [first, ...others] = joins.sort((a, b) => a.rosterSeq - b.rosterSeq)
    assert(first !== undefined, 'a member has a Join')
    this.#joins.set(device, [first, ...others])
    this.#digest = undefined
    this.#certificates.set(device, first.certificate)
  }

  #wait(join: Join, taken: Taken): Taken {
    if (this.#aside.size < MAX_JOINS) this.#aside.set(this.#keyOf(join), join)
    return taken
  }

  #keyOf(join: Join): string {
    return toHex(this.#crypto.hash(16, encodeJoin(join)))
  }

  #retryAside(): void {
    const aside = this.#aside
    this.#aside = new Map()
    for (const join of aside.values()) this.takeJoin(join)
  }
}

function isSameJoin(a: Join, b: Join): boolean {
  return equalBytes(encodeJoin(a), encodeJoin(b))
}
