/**
 * Rosters of Ada, who owns the session, and three others: records of every kind as the owner signs them, Joins as an
 * admitter countersigns them, and all that a roster answers. Fixed keys, so that ids stay the same.
 */
import { toHex } from '../../src/base/bytes.ts'
import { type DeviceId, type InviteId, idOf } from '../../src/base/ids.ts'
import type { SignKeys } from '../../src/crypto/crypto.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { Roster } from '../../src/protocol/roster.ts'
import {
  admit,
  type Certificate,
  deviceIdOf,
  type Join,
  joinIdOf,
  requestJoin,
} from '../../src/wire/certificate.ts'
import {
  type CutLine,
  type InviteRole,
  NO_RECORD,
  type RosterContent,
  type RosterRecord,
  sessionIdOf,
  signRecord,
} from '../../src/wire/roster-record.ts'
import { fixedBytes } from '../crypto/twin.ts'

export const crypto = await loadCrypto()

export interface Person {
  readonly sign: SignKeys
  readonly certificate: Certificate
  readonly device: DeviceId
}

export function person(name: string): Person {
  const sign = crypto.signKeys(fixedBytes(`sign ${name}`, 32))
  const certificate = {
    signPk: sign.publicKey,
    dhPk: crypto.dhKeys(fixedBytes(`dh ${name}`, 32)).publicKey,
    name,
    color: 0,
  }
  return { sign, certificate, device: deviceIdOf(crypto, certificate) }
}

export const root = crypto.signKeys(fixedBytes('root', 32))
export const session = sessionIdOf(crypto, root.publicKey)
export const [ada, ben, cyd, dee] = ['Ada', 'Ben', 'Cyd', 'Dee'].map(person) as [
  Person,
  Person,
  Person,
  Person,
]
export const inviteOf = (name: string) => crypto.signKeys(fixedBytes(`invite ${name}`, 32))
export const inviteId = (name: string): InviteId => idOf<InviteId>(inviteOf(name).publicKey)

export const create: RosterContent = {
  type: 'create',
  rootPk: root.publicKey,
  owner: ada.certificate,
  roots: [{ name: 'main', kind: 'text' }],
  formatting: false,
}
export const invites = (name: string, role: InviteRole): RosterContent => ({
  type: 'invite',
  invite: inviteId(name),
  role,
  expiresAt: 1,
  uses: 1,
  lobby: false,
  sealedSeed: new Uint8Array(56),
})
/** Names these Joins as accepted. */
export const revokes = (name: string, ...joins: readonly Join[]): RosterContent => ({
  type: 'revoke',
  invite: inviteId(name),
  joins: joins.map((join) => joinIdOf(crypto, join)),
})
export const makes = (who: Person, role: InviteRole, ...joins: readonly Join[]): RosterContent => ({
  type: 'role',
  device: who.device,
  role,
  cut: [],
  joins: joins.map((join) => joinIdOf(crypto, join)),
})
export const removes = (
  who: Person,
  cut: readonly CutLine[] = [],
  ...joins: readonly Join[]
): RosterContent => ({
  type: 'remove',
  device: who.device,
  cut,
  joins: joins.map((join) => joinIdOf(crypto, join)),
})
export const epoch = (number: number, ...joins: readonly Join[]): RosterContent => ({
  type: 'epoch',
  epoch: number,
  commitment: new Uint8Array(32),
  wraps: [],
  admitterWraps: [],
  joins: joins.map((join) => joinIdOf(crypto, join)),
  previousSealed: new Uint8Array(number === 0 ? 0 : 72),
})

/** The owner's chain with these contents, Create before them. */
export function chain(...contents: readonly RosterContent[]): RosterRecord[] {
  const records: RosterRecord[] = []
  for (const content of [create, ...contents]) {
    const place = { session, seq: records.length, prev: records.at(-1)?.id ?? NO_RECORD }
    records.push(signRecord(crypto, place, content, root))
  }
  return records
}

export function joinOf(who: Person, invite: string, by: Person, rosterSeq: number): Join {
  const fields = { certificate: who.certificate, invite: inviteId(invite), handshake: new Uint8Array(32) }
  const request = requestJoin(crypto, session, fields, { invite: inviteOf(invite), device: who.sign })
  return admit(crypto, session, request, { device: by.device, rosterSeq, sign: by.sign })
}

export function rosterOf(records: readonly RosterRecord[], joins: readonly Join[] = []): Roster {
  const roster = new Roster(crypto, session)
  for (const record of records) roster.takeRecord(record)
  for (const join of joins) roster.takeJoin(join)
  return roster
}

/** Everything a roster answers about these people at every place. */
export function answers(roster: Roster) {
  const places = Array.from({ length: roster.seq + 1 }, (_, seq) => seq)
  const roles = [ada, ben, cyd, dee].map(({ device }) =>
    places.map((seq) => roster.roleAt(device, seq) ?? 'none'),
  )
  return {
    head: roster.head,
    roles,
    devices: roster.devices(),
    digest: toHex(roster.digest()),
    open: roster.openInvites(),
  }
}
