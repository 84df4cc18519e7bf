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
  readonly #joins = new Map<DeviceId, Join>()
  readonly #certificates = new Map<DeviceId, Certificate>()
  #owner: DeviceId | undefined
  /** Joins that do not count now, by hash, at most MAX_JOINS: early, void, or outdone by another of their device. */
  #aside = new Map<string, Join>()
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

  get joins(): ReadonlyMap<DeviceId, Join> {
    return this.#joins
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

  /** Of several Joins of one device the one with the smallest rosterSeq counts, then the one with the higher
   *  role: a device with two invites is the same to everybody, whichever Join came first. */
  takeJoin(join: Join): Taken {
    const device = deviceIdOf(this.#crypto, join.certificate)
    const held = this.#joins.get(device)
    if (device === this.#owner || (held !== undefined && isSameJoin(join, held))) return 'known'
    if (join.rosterSeq > this.seq || !this.#certificates.has(join.admitter))
      return this.#putAside(join, 'early')
    if (this.#aside.has(this.#keyOf(join))) return 'void'
    if (!this.#isGenuine(join))
      return violation('forged', 'a Join whose proofs or countersignature do not verify')
    if (!this.#stands(join)) return this.#putAside(join, 'void')
    if (held !== undefined && !this.#counts(join, held)) return this.#putAside(join, 'known')
    if (held === undefined && this.#joins.size >= MAX_JOINS) return this.#putAside(join, 'void')
    this.#choose(device, join)
    if (held !== undefined) this.#settle(held)
    this.#retryAside()
    return 'new'
  }

  /** What the device may do according to the records up to `rosterSeq`; undefined: it is no member there. */
  roleAt(device: DeviceId, rosterSeq: number): Role | undefined {
    if (device === this.#owner) return 'owner'
    const join = this.#joins.get(device)
    if (join === undefined || join.rosterSeq > rosterSeq) return undefined
    let role: Role | undefined = this.inviteAt(join.invite, join.rosterSeq)?.role
    for (const { seq, content } of this.#records) {
      if (seq > rosterSeq) break
      if (content.type === 'role' && content.device === device && seq > join.rosterSeq) role = content.role
    }
    return role
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
    for (const join of this.#joins.values()) if (join.invite === invite) uses++
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
    const writer = new Writer().fixed(idBytes(this.head))
    for (const [device, join] of [...this.#joins].sort(([a], [b]) => (a < b ? -1 : 1))) {
      writer.fixed(idBytes(device)).varuint(join.rosterSeq).u8(this.#rankOf(join))
    }
    return this.#crypto.hash(16, writer.finish())
  }

  encoded(): { readonly records: Uint8Array[]; readonly joins: Uint8Array[] } {
    return { records: this.#records.map(encodeRecord), joins: [...this.#joins.values()].map(encodeJoin) }
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

  /** Whether `join` counts rather than `held`, another Join of the same device. */
  #counts(join: Join, held: Join): boolean {
    if (join.rosterSeq !== held.rosterSeq) return join.rosterSeq < held.rosterSeq
    return this.#rankOf(join) > this.#rankOf(held)
  }

  /** 2 for an editor's Join, 1 for a viewer's, 0 for one without a good invite. */
  #rankOf(join: Join): number {
    const role = this.inviteAt(join.invite, join.rosterSeq)?.role
    return role === 'editor' ? 2 : role === 'viewer' ? 1 : 0
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

  #choose(device: DeviceId, join: Join): void {
    this.#joins.set(device, join)
    this.#certificates.set(device, join.certificate)
  }

  /** Another Join of a device counts now, so those it admitted may stand no more, and others may: all are
   *  looked at anew, place by place, because who may admit at one place was settled at the places before. */
  #settle(replaced: Join): void {
    const all = [...this.#joins.values(), ...this.#aside.values(), replaced]
    all.sort((a, b) => a.rosterSeq - b.rosterSeq)
    for (const device of this.#joins.keys()) this.#certificates.delete(device)
    this.#joins.clear()
    this.#aside.clear()
    for (const seq of new Set(all.map((join) => join.rosterSeq))) {
      this.#settlePlace(all.filter((join) => join.rosterSeq === seq))
    }
    const chosen = new Set(this.#joins.values())
    for (const join of all) if (!chosen.has(join)) this.#putAside(join, 'void')
  }

  /** Until nothing changes: at one place a device can only gain, so the order of the list does not matter. */
  #settlePlace(joins: readonly Join[]): void {
    for (let settled = false; !settled; ) {
      settled = true
      for (const join of joins) {
        const device = deviceIdOf(this.#crypto, join.certificate)
        const held = this.#joins.get(device)
        const counts = held === undefined ? this.#joins.size < MAX_JOINS : this.#counts(join, held)
        if (!counts || join.rosterSeq > this.seq || !this.#isGenuine(join) || !this.#stands(join)) continue
        this.#choose(device, join)
        settled = false
      }
    }
  }

  #putAside(join: Join, taken: Taken): Taken {
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
