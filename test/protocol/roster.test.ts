/**
 * The roster as a function of the set of records and Joins. Its bytes are in test/wire; what the log makes of
 * its answers is the log's.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import {
  type DeviceId,
  type EntryId,
  type InviteId,
  idOf,
  type SessionId,
  type WriterId,
} from '../../src/base/ids.ts'
import type { SignKeys } from '../../src/crypto/crypto.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { Roster } from '../../src/protocol/roster.ts'
import {
  admit,
  type Certificate,
  deviceIdOf,
  encodeJoin,
  type Join,
  joinIdOf,
  requestJoin,
} from '../../src/wire/certificate.ts'
import { MAX_JOINS_PER_DEVICE } from '../../src/wire/limits.ts'
import {
  type CutLine,
  encodeRecord,
  type InviteRole,
  NO_RECORD,
  type RosterContent,
  type RosterRecord,
  sessionIdOf,
  signRecord,
} from '../../src/wire/roster-record.ts'
import { fixedBytes } from '../crypto/twin.ts'
import { WEAK_SIGN_KEYS } from '../crypto/weak-keys.ts'

const crypto = await loadCrypto()

interface Person {
  readonly sign: SignKeys
  readonly certificate: Certificate
  readonly device: DeviceId
}

function person(name: string): Person {
  const sign = crypto.signKeys(fixedBytes(`sign ${name}`, 32))
  const certificate = {
    signPk: sign.publicKey,
    dhPk: crypto.dhKeys(fixedBytes(`dh ${name}`, 32)).publicKey,
    name,
    color: 0,
  }
  return { sign, certificate, device: deviceIdOf(crypto, certificate) }
}

const root = crypto.signKeys(fixedBytes('root', 32))
const session = sessionIdOf(crypto, root.publicKey)
const [ada, ben, cyd, dee] = ['Ada', 'Ben', 'Cyd', 'Dee'].map(person) as [Person, Person, Person, Person]
const inviteOf = (name: string) => crypto.signKeys(fixedBytes(`invite ${name}`, 32))
const inviteId = (name: string): InviteId => idOf<InviteId>(inviteOf(name).publicKey)

const create: RosterContent = {
  type: 'create',
  rootPk: root.publicKey,
  owner: ada.certificate,
  roots: [{ name: 'main', kind: 'text' }],
  formatting: false,
}
const invites = (name: string, role: InviteRole): RosterContent => ({
  type: 'invite',
  invite: inviteId(name),
  role,
  expiresAt: 1,
  uses: 1,
  lobby: false,
  sealedSeed: new Uint8Array(56),
})
/** Names these Joins as accepted. */
const revokes = (name: string, ...joins: readonly Join[]): RosterContent => ({
  type: 'revoke',
  invite: inviteId(name),
  joins: joins.map((join) => joinIdOf(crypto, join)),
})
const makes = (who: Person, role: InviteRole, ...joins: readonly Join[]): RosterContent => ({
  type: 'role',
  device: who.device,
  role,
  cut: [],
  joins: joins.map((join) => joinIdOf(crypto, join)),
})
const removes = (who: Person, cut: readonly CutLine[] = [], ...joins: readonly Join[]): RosterContent => ({
  type: 'remove',
  device: who.device,
  cut,
  joins: joins.map((join) => joinIdOf(crypto, join)),
})
const epoch = (number: number, ...joins: readonly Join[]): RosterContent => ({
  type: 'epoch',
  epoch: number,
  commitment: new Uint8Array(32),
  wraps: [],
  admitterWraps: [],
  joins: joins.map((join) => joinIdOf(crypto, join)),
  previousSealed: new Uint8Array(number === 0 ? 0 : 72),
})

/** The owner's chain with these contents, Create before them. */
function chain(...contents: readonly RosterContent[]): RosterRecord[] {
  const records: RosterRecord[] = []
  for (const content of [create, ...contents]) {
    const place = { session, seq: records.length, prev: records.at(-1)?.id ?? NO_RECORD }
    records.push(signRecord(crypto, place, content, root))
  }
  return records
}

function joinOf(who: Person, invite: string, by: Person, rosterSeq: number): Join {
  const fields = { certificate: who.certificate, invite: inviteId(invite), handshake: new Uint8Array(32) }
  const request = requestJoin(crypto, session, fields, { invite: inviteOf(invite), device: who.sign })
  return admit(crypto, session, request, { device: by.device, rosterSeq, sign: by.sign })
}

function rosterOf(records: readonly RosterRecord[], joins: readonly Join[] = []): Roster {
  const roster = new Roster(crypto, session)
  for (const record of records) roster.takeRecord(record)
  for (const join of joins) roster.takeJoin(join)
  return roster
}

/** Everything a roster answers about these people at every place. */
function answers(roster: Roster) {
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

describe('the chain', () => {
  const records = chain(invites('a', 'editor'), epoch(0))

  test('grows record by record; what is there is known', () => {
    const roster = new Roster(crypto, session)
    expect(roster.seq).toBe(-1)
    expect(records.map((record) => roster.takeRecord(record))).toEqual(['new', 'new', 'new'])
    expect(records.map((record) => roster.takeRecord(record))).toEqual(['known', 'known', 'known'])
    expect([roster.seq, roster.head, roster.owner]).toEqual([2, records[2]?.id, ada.device])
  })

  test('waits for the record before', () => {
    const roster = new Roster(crypto, session)
    expect(roster.takeRecord(records[1]!)).toBe('early')
    roster.takeRecord(records[0]!)
    expect(roster.takeRecord(records[2]!)).toBe('early')
    expect(roster.seq).toBe(0)
  })

  test('has no room for two records at one place, nor for one with another before it: a fork, and nothing changes', () => {
    const roster = rosterOf(records)
    const { digest: _, ...before } = answers(roster)
    const rival = signRecord(crypto, { session, seq: 1, prev: records[0]!.id }, invites('b', 'editor'), root)
    const loose = signRecord(crypto, { session, seq: 3, prev: records[0]!.id }, revokes('a'), root)
    const secondCreate = signRecord(
      crypto,
      { session, seq: 0, prev: NO_RECORD },
      { ...create, formatting: true } as RosterContent,
      root,
    )
    expect([rival, loose, secondCreate].map((record) => roster.takeRecord(record))).toEqual([
      'fork',
      'fork',
      'fork',
    ])
    expect(answers(roster)).toMatchObject(before)
  })

  test('tells of a fork to whoever is told of the roster, and what came first stands', () => {
    const [one, other, third] = [rosterOf(records), rosterOf(records), rosterOf(records)]
    const rival = signRecord(crypto, { session, seq: 1, prev: records[0]!.id }, invites('b', 'editor'), root)
    one.takeRecord(rival)
    expect([one.isForked, other.isForked]).toEqual([true, false])
    expect(toHex(one.digest())).not.toBe(toHex(other.digest()))
    expect(other.take(one.encoded().records, []).changed).toBe(true)
    expect([other.isForked, other.seq, other.head]).toEqual([true, one.seq, one.head])
    expect(other.take(one.encoded().records, []).changed).toBe(false)
    expect(third.take(other.encoded().records, []).forked).toBe(true)
    expect(toHex(third.digest())).toBe(toHex(one.digest()))
  })

  describe('forked', () => {
    const place = { session, seq: 2, prev: records[1]!.id }
    const [mine, theirs] = [true, false].map((paused) =>
      signRecord(crypto, place, { type: 'policy', paused }, root),
    )
    const [here, there] = [
      rosterOf([...records.slice(0, 2), mine!]),
      rosterOf([...records.slice(0, 2), theirs!]),
    ]
    here.takeRecord(theirs!)
    there.takeRecord(mine!)
    const next = (roster: Roster, content: RosterContent): RosterRecord =>
      signRecord(crypto, { session, seq: roster.seq + 1, prev: roster.head }, content, root)

    test('takes nothing more but the decision', () => {
      expect(here.takeRecord(next(here, revokes('a')))).toBe('void')
      expect([here.seq, here.isForked]).toEqual([2, true])
    })

    test('comes to the branch the owner decided for, on both sides, for good', () => {
      const heal = next(here, { type: 'heal', lost: theirs!.id })
      expect(here.takeRecord(heal)).toBe('new')
      expect(there.take(here.encoded().records, [])).toMatchObject({ changed: true, fault: undefined })
      for (const roster of [here, there]) {
        expect([roster.isForked, roster.head, roster.isPaused]).toEqual([false, heal.id, true])
        expect(roster.takeRecord(theirs!)).toBe('void')
        expect(roster.takeRecord(next(roster, revokes('a')))).toBe('new')
      }
      expect(toHex(here.digest())).toBe(toHex(there.digest()))
    })
  })

  test.each<[string, (at: { seq: number; prev: RosterRecord['id'] }) => RosterRecord]>([
    ['signed by another key', (at) => signRecord(crypto, { session, ...at }, revokes('a'), ada.sign)],
    [
      'with another signature',
      (at) => ({
        ...signRecord(crypto, { session, ...at }, revokes('a'), root),
        signature: new Uint8Array(64),
      }),
    ],
  ])('refuses a record %s', (_, make) => {
    const roster = rosterOf(records)
    expect(roster.takeRecord(make({ seq: 3, prev: roster.head }))).toMatchObject({ violation: 'forged' })
    expect(roster.takeRecord(make({ seq: 1, prev: records[0]!.id }))).toMatchObject({ violation: 'forged' })
    expect(roster.seq).toBe(2)
  })

  test('refuses a record of another session', () => {
    const stranger = signRecord(
      crypto,
      { session: 'ab'.repeat(16) as SessionId, seq: 3, prev: records[2]!.id },
      revokes('a'),
      root,
    )
    expect(rosterOf(records).takeRecord(stranger)).toMatchObject({ violation: 'malformed' })
  })

  test('begins only with a Create by the key the session is named after', () => {
    const impostor = crypto.signKeys(fixedBytes('impostor', 32))
    const content = { ...create, rootPk: impostor.publicKey } as RosterContent
    const forged = signRecord(crypto, { session, seq: 0, prev: NO_RECORD }, content, impostor)
    expect(new Roster(crypto, session).takeRecord(forged)).toMatchObject({ violation: 'forged' })
    const noCreate = signRecord(crypto, { session, seq: 0, prev: NO_RECORD }, revokes('a'), root)
    expect(new Roster(crypto, session).takeRecord(noCreate)).toBe('early')
  })

  test('leaves out what an honest owner never signs, and closes nobody for it', () => {
    const roster = rosterOf(records)
    const at = { session, seq: 3, prev: roster.head }
    for (const content of [create, epoch(0), epoch(2)])
      expect(roster.takeRecord(signRecord(crypto, at, content, root))).toBe('void')
    expect(roster.takeRecord(signRecord(crypto, at, epoch(1), root))).toBe('new')
    const owner = { ...ada.certificate, signPk: WEAK_SIGN_KEYS[0]! }
    const weak = signRecord(
      crypto,
      { session, seq: 0, prev: NO_RECORD },
      { ...create, owner } as RosterContent,
      root,
    )
    expect(new Roster(crypto, session).takeRecord(weak)).toBe('void')
  })

  test('says which epoch is in force where', () => {
    const roster = rosterOf(chain(epoch(0), revokes('a'), epoch(1)))
    expect([0, 1, 2, 3].map((seq) => roster.epochAt(seq))).toEqual([undefined, 0, 0, 1])
    expect(roster.epochRecord(1)).toMatchObject({ epoch: 1 })
    expect(roster.epochRecord(2)).toBeUndefined()
  })
})

describe('a Join', () => {
  const good = joinOf(ben, 'edit', ada, 1)
  const records = chain(invites('edit', 'editor'), invites('view', 'viewer'), revokes('edit', good))

  test('makes a member from its rosterSeq on, with the role of its invite', () => {
    const roster = rosterOf(records, [good])
    expect([0, 1, 2, 3].map((seq) => roster.roleAt(ben.device, seq))).toEqual([
      undefined,
      'editor',
      'editor',
      'editor',
    ])
    expect(roster.certificateOf(ben.device)).toEqual(ben.certificate)
    expect(roster.devices()).toEqual([ada.device, ben.device])
    expect(roster.usesOf(inviteId('edit'))).toBe(1)
    expect(roster.takeJoin(good)).toBe('known')
  })

  test.each<[string, Join]>([
    ['on an invite nobody made', joinOf(ben, 'nobody', ada, 3)],
    ['on an invite not made yet', joinOf(ben, 'view', ada, 1)],
    ['on an invite that was revoked', joinOf(ben, 'edit', ada, 3)],
    ['before any invite', joinOf(ben, 'edit', ada, 0)],
  ])('%s is void', (_, join) => {
    const roster = rosterOf(records)
    expect(roster.takeJoin(join)).toBe('void')
    expect(roster.roleOf(ben.device)).toBeUndefined()
  })

  test('stands when its invite is revoked later by a record that names it', () => {
    expect(rosterOf(records, [good]).roleOf(ben.device)).toBe('editor')
  })

  test('by a viewer, or by an editor before they came, is void', () => {
    const viewed = joinOf(cyd, 'view', ada, 2)
    const roster = rosterOf(records, [viewed, joinOf(ben, 'edit', ada, 2)])
    expect(roster.takeJoin(joinOf(dee, 'view', cyd, 2))).toBe('void')
    expect(roster.takeJoin(joinOf(dee, 'edit', ben, 1))).toBe('void')
    expect(roster.takeJoin(joinOf(dee, 'view', ben, 2))).toBe('new')
  })

  test('nobody admits themselves', () => {
    const roster = rosterOf(records)
    expect(roster.takeJoin(joinOf(ben, 'edit', ben, 1))).toBe('early')
    roster.takeJoin(joinOf(ben, 'edit', ada, 2))
    expect(roster.takeJoin(joinOf(ben, 'edit', ben, 1))).toBe('void')
    expect(roster.roleAt(ben.device, 1)).toBeUndefined()
  })

  test.each<[string, Join]>([
    ['whose proof is by another device', { ...good, deviceProof: good.inviteProof }],
    ['whose proof is by another invite', { ...good, inviteProof: good.deviceProof }],
    [
      'captured and given other keys',
      { ...good, certificate: { ...good.certificate, dhPk: cyd.certificate.dhPk } },
    ],
    ['moved to another place', { ...good, rosterSeq: 2 }],
    ['countersigned by somebody else', { ...joinOf(ben, 'edit', cyd, 1), admitter: ada.device }],
  ])('%s is forged', (_, join) => {
    expect(rosterOf(records).takeJoin(join)).toMatchObject({ violation: 'forged' })
  })

  test('that comes before its record, or before the Join of its admitter, counts once they are there', () => {
    const chained = [joinOf(dee, 'view', cyd, 2), joinOf(cyd, 'edit', ben, 1), good]
    const roster = new Roster(crypto, session)
    expect(chained.map((join) => roster.takeJoin(join))).toEqual(['early', 'early', 'early'])
    for (const record of records) roster.takeRecord(record)
    expect(answers(roster)).toEqual(answers(rosterOf(records, [...chained].reverse())))
    expect(roster.roleOf(dee.device)).toBe('viewer')
  })

  test('that waits and is false is forgotten when it can be checked', () => {
    const roster = new Roster(crypto, session)
    expect(roster.takeJoin({ ...good, deviceProof: good.inviteProof })).toBe('early')
    expect(roster.takeJoin(good)).toBe('early')
    for (const record of records) roster.takeRecord(record)
    expect(answers(roster)).toEqual(answers(rosterOf(records, [good])))
  })

  test('of the owner is known: the owner never joins', () => {
    expect(rosterOf(records).takeJoin(joinOf(ada, 'view', ada, 2))).toBe('known')
    expect(rosterOf(records).roleOf(ada.device)).toBe('owner')
  })
})

describe('roles', () => {
  test('follow the owner record by record, each from its place on', () => {
    const records = chain(
      invites('a', 'viewer'),
      makes(ben, 'editor'),
      makes(cyd, 'viewer'),
      makes(ben, 'viewer'),
    )
    const roster = rosterOf(records, [joinOf(ben, 'a', ada, 1)])
    expect([1, 2, 3, 4].map((seq) => roster.roleAt(ben.device, seq))).toEqual([
      'viewer',
      'editor',
      'editor',
      'viewer',
    ])
    expect(roster.roleOf(cyd.device)).toBeUndefined()
    expect(roster.roleAt(ada.device, 0)).toBe('owner')
  })

  test('a demoted editor admits nobody from then on', () => {
    const records = chain(invites('a', 'editor'), makes(ben, 'viewer'))
    const roster = rosterOf(records, [joinOf(ben, 'a', ada, 1)])
    expect(roster.takeJoin(joinOf(cyd, 'a', ben, 2))).toBe('void')
    expect(roster.takeJoin(joinOf(cyd, 'a', ben, 1))).toBe('new')
  })

  test('open invites are those made and not revoked', () => {
    const roster = rosterOf(chain(invites('a', 'editor'), invites('b', 'viewer'), revokes('a')))
    expect(roster.openInvites().map(({ invite }) => invite)).toEqual([inviteId('b')])
    expect([roster.knowsInvite(inviteId('a')), roster.knowsInvite(inviteId('c'))]).toEqual([true, false])
    expect([1, 2, 3].map((seq) => roster.inviteAt(inviteId('a'), seq)?.role)).toEqual([
      'editor',
      'editor',
      undefined,
    ])
  })
})

describe('a device with two Joins', () => {
  const records = chain(
    invites('view', 'viewer'),
    invites('edit', 'editor'),
    makes(ben, 'viewer'),
    invites('again', 'editor'),
  )
  const asViewer = joinOf(ben, 'view', ada, 1)
  const asEditor = joinOf(ben, 'edit', ada, 2)

  test.each<[string, Join, Join, (string | undefined)[]]>([
    [
      'of two roles may what either allows',
      asViewer,
      asEditor,
      [undefined, 'viewer', 'editor', 'viewer', 'viewer'],
    ],
    [
      'at one place has the higher role',
      joinOf(ben, 'view', ada, 2),
      asEditor,
      [undefined, undefined, 'editor', 'viewer', 'viewer'],
    ],
    [
      'is a member from the first place on',
      asEditor,
      joinOf(ben, 'view', ada, 4),
      [undefined, undefined, 'editor', 'viewer', 'viewer'],
    ],
    [
      'invited again after the owner lowered it follows the newer invite',
      asEditor,
      joinOf(ben, 'again', ada, 4),
      [undefined, undefined, 'editor', 'viewer', 'editor'],
    ],
  ])('%s, whichever came first', (_, first, second, roles) => {
    const [one, other] = [rosterOf(records, [first, second]), rosterOf(records, [second, first])]
    expect([0, 1, 2, 3, 4].map((seq) => one.roleAt(ben.device, seq))).toEqual(roles)
    expect(answers(other)).toEqual(answers(one))
  })

  test('keeps what counted: whom it admitted stays, and who was void may come to stand', () => {
    const [admitted, tooEarly] = [joinOf(cyd, 'edit', ben, 2), joinOf(dee, 'view', cyd, 2)]
    const roster = rosterOf(records, [asViewer, tooEarly])
    expect(roster.takeJoin(admitted)).toBe('void')
    expect(roster.takeJoin(asEditor)).toBe('new')
    expect([cyd, dee].map(({ device }) => roster.roleAt(device, 2))).toEqual(['editor', 'viewer'])
    expect(answers(roster)).toEqual(answers(rosterOf(records, [asEditor, admitted, tooEarly, asViewer])))
  })

  test('tells the others of both', () => {
    const roster = rosterOf(records, [asEditor, asViewer])
    expect(roster.encoded().joins).toEqual([asViewer, asEditor].map(encodeJoin))
    expect([...roster.joins]).toEqual([[ben.device, asViewer]])
  })

  test('keeps no more of them than renewals need, the earliest, whatever the order', () => {
    const many = Array.from({ length: MAX_JOINS_PER_DEVICE + 4 }, (_, n) =>
      joinOf(ben, 'view', ada, 1 + (n % 4)),
    )
    const varied = many.map((join, n) => joinOf(ben, n % 2 === 0 ? 'view' : 'edit', ada, join.rosterSeq))
    const [one, other] = [rosterOf(records, varied), rosterOf(records, [...varied].reverse())]
    expect(one.encoded().joins.length).toBeLessThanOrEqual(MAX_JOINS_PER_DEVICE)
    expect(answers(other)).toEqual(answers(one))
  })

  test('shows in the digest, so that peers who know different ones compare', () => {
    const known = [[asViewer], [asEditor], [joinOf(ben, 'view', ada, 2)], [asViewer, asEditor]]
    expect(new Set(known.map((joins) => toHex(rosterOf(records, joins).digest()))).size).toBe(known.length)
  })
})

describe('a removal', () => {
  const bens = joinOf(ben, 'a', ada, 1)
  const line = { writer: 'ab'.repeat(8) as WriterId, seq: 3, id: 'cd'.repeat(32) as EntryId }

  test('ends what the device may do from its place on, and says how far its entries count', () => {
    const roster = rosterOf(chain(invites('a', 'editor'), removes(ben, [line])), [bens])
    expect([1, 2].map((seq) => roster.roleAt(ben.device, seq))).toEqual(['editor', undefined])
    expect(roster.devices()).toEqual([ada.device])
    expect(roster.certificateOf(ben.device)).toEqual(ben.certificate)
    expect(roster.cutsOf(ben.device)).toEqual([{ at: 2, lines: new Map([[line.writer, line]]) }])
    expect(roster.takeJoin(joinOf(cyd, 'a', ben, 2))).toBe('void')
  })

  test('no Join from before it brings back, however many there are; a later one does', () => {
    const records = chain(invites('a', 'editor'), invites('b', 'editor'), removes(ben))
    const roster = rosterOf(records, [bens, joinOf(ben, 'b', ada, 2)])
    expect(roster.roleOf(ben.device)).toBeUndefined()
    expect(roster.takeJoin(joinOf(ben, 'b', ada, 3))).toBe('new')
    expect(roster.roleOf(ben.device)).toBe('editor')
    expect(roster.cutsOf(ben.device)).toHaveLength(1)
  })

  test('of the owner is nothing an honest owner signs', () => {
    const records = chain(invites('a', 'editor'))
    const roster = rosterOf(records)
    for (const content of [removes(ada), makes(ada, 'viewer')]) {
      const place = { session, seq: 2, prev: roster.head }
      expect(roster.takeRecord(signRecord(crypto, place, content, root))).toBe('void')
    }
  })
})

describe('a Join that a record concerns', () => {
  const bens = joinOf(ben, 'a', ada, 1)
  const cyds = joinOf(cyd, 'a', ben, 1)

  test.each<[string, RosterContent]>([
    ['an epoch', epoch(0)],
    ['the removal of its admitter', removes(ben)],
    ['the lowering of its admitter', makes(ben, 'viewer')],
    ['the revocation of its invite', revokes('a')],
  ])('%s without naming it is dropped there; what it signed before is not backed any more', (_, content) => {
    const roster = rosterOf(chain(invites('a', 'editor'), content), [bens, cyds])
    expect([1, 2].map((seq) => roster.roleAt(cyd.device, seq))).toEqual(['editor', undefined])
    expect(roster.isBackedAt(cyd.device, 1)).toBe(false)
  })

  test.each<[string, RosterContent]>([
    ['that names it', epoch(0, cyds)],
    ['about another admitter', removes(dee)],
    ['about another invite', revokes('b')],
    ['that raises its admitter', makes(ben, 'editor')],
  ])('by a record %s stays', (_, content) => {
    const roster = rosterOf(chain(invites('a', 'editor'), content), [bens, cyds])
    expect([roster.roleOf(cyd.device), roster.isBackedAt(cyd.device, 1)]).toEqual(['editor', true])
  })

  test('once named is never dropped', () => {
    const records = chain(invites('a', 'editor'), epoch(0, bens, cyds), epoch(1), removes(ben), revokes('a'))
    expect(rosterOf(records, [bens, cyds]).roleOf(cyd.device)).toBe('editor')
  })

  test('is renewed by its admitter, without an open invite, and what it signed meanwhile counts again', () => {
    const records = chain(invites('a', 'editor'), revokes('a', bens))
    const roster = rosterOf(records, [bens, cyds])
    expect(roster.renewable(ben.device)).toEqual([cyds])
    expect(roster.takeJoin(joinOf(cyd, 'a', dee, 2))).toBe('early')
    expect(roster.takeJoin(joinOf(cyd, 'a', ben, 2))).toBe('new')
    expect([roster.roleOf(cyd.device), roster.isBackedAt(cyd.device, 1)]).toEqual(['editor', true])
    expect(roster.renewable(ben.device)).toEqual([])
  })

  test('backdated by an ex-editor gives a reader no right to what it backdates', () => {
    const asViewer = joinOf(dee, 'b', ada, 2)
    const records = chain(invites('a', 'editor'), invites('b', 'viewer'), removes(ben, [], asViewer))
    const roster = rosterOf(records, [bens, asViewer, joinOf(dee, 'a', ben, 1)])
    expect(roster.roleOf(dee.device)).toBe('viewer')
    expect(roster.isBackedAt(dee.device, 2)).toBe(false)
  })

  test('is what the owner names next, as long as nothing speaks against it', () => {
    const roster = rosterOf(chain(invites('a', 'editor'), removes(ben)), [bens, cyds])
    expect(roster.acceptable()).toEqual([joinIdOf(crypto, bens)])
    const named = rosterOf(chain(invites('a', 'editor'), epoch(0, bens, cyds)), [bens, cyds])
    expect(named.acceptable()).toEqual([])
  })
})

describe('the owner', () => {
  const bens = joinOf(ben, 'a', ada, 1)
  const newRoot = crypto.signKeys(fixedBytes('new root', 32))
  const moved = chain(invites('a', 'editor'), {
    type: 'transfer',
    device: ben.device,
    rootPk: newRoot.publicKey,
  })
  const signedBy = (keys: SignKeys, content: RosterContent): RosterRecord =>
    signRecord(crypto, { session, seq: 3, prev: moved[2]!.id }, content, keys)

  test('may hand the session over: the new key signs from there on, and the old one does not', () => {
    const roster = rosterOf(moved, [bens])
    expect([roster.owner, roster.roleOf(ada.device), roster.roleOf(ben.device)]).toEqual([
      ben.device,
      'editor',
      'owner',
    ])
    expect(roster.takeRecord(signedBy(root, epoch(0)))).toMatchObject({ violation: 'forged' })
    expect(roster.takeRecord(signedBy(newRoot, removes(ada)))).toBe('new')
    expect(roster.roleOf(ada.device)).toBeUndefined()
    expect(roster.isBackedAt(ada.device, 2)).toBe(true)
  })

  test('who was the owner may be lowered to a viewer, and raised again', () => {
    const lowered = rosterOf(moved, [bens])
    lowered.takeRecord(signedBy(newRoot, makes(ada, 'viewer')))
    expect([lowered.roleOf(ada.device), lowered.mayWrite(ada.device, 3)]).toEqual(['viewer', false])
    const raise = { session, seq: 4, prev: lowered.head }
    lowered.takeRecord(signRecord(crypto, raise, makes(ada, 'editor'), newRoot))
    expect([3, 4].map((seq) => lowered.roleAt(ada.device, seq))).toEqual(['viewer', 'editor'])
  })

  test('ends the session for everybody: no record and no Join counts after that', () => {
    const records = chain(invites('a', 'editor'), { type: 'end' })
    const roster = rosterOf(records, [bens])
    expect(roster.hasEnded).toBe(true)
    expect(roster.takeJoin(joinOf(cyd, 'a', ada, 2))).toBe('void')
    expect(roster.takeJoin(joinOf(dee, 'a', ada, 1))).toBe('new')
    expect([cyd, dee, ben].map(({ device }) => roster.roleOf(device))).toEqual([
      undefined,
      'editor',
      'editor',
    ])
    const after = { session, seq: 3, prev: roster.head }
    expect(roster.takeRecord(signRecord(crypto, after, invites('b', 'editor'), root))).toBe('void')
  })

  test('lists everybody who ever came in, those who were removed too', () => {
    const roster = rosterOf(chain(invites('a', 'editor'), removes(ben)), [bens])
    expect(roster.devices()).toEqual([ada.device])
    expect(roster.everybody()).toEqual([ada.device, ben.device])
  })

  test('has left out whom no record names, and has not left out whom it removed', () => {
    const left = rosterOf(chain(invites('a', 'editor'), epoch(0)), [bens])
    expect([left.isLeftOut(ben.device), left.isLeftOut(ada.device)]).toEqual([true, false])
    const removed = rosterOf(chain(invites('a', 'editor'), removes(ben), epoch(0)), [bens])
    expect(removed.isLeftOut(ben.device)).toBe(false)
    const renewed = rosterOf(chain(invites('a', 'editor'), epoch(0)), [bens, joinOf(ben, 'a', ada, 2)])
    expect([renewed.isLeftOut(ben.device), renewed.wasLeftOut(ben.device)]).toEqual([false, true])
  })

  test('pauses editing for everybody else, and ends the pause', () => {
    const records = chain(
      invites('a', 'editor'),
      { type: 'policy', paused: true },
      { type: 'policy', paused: false },
    )
    const roster = rosterOf(records, [bens])
    expect([1, 2, 3].map((seq) => roster.mayWrite(ben.device, seq))).toEqual([true, false, true])
    expect([1, 2, 3].map((seq) => roster.mayWrite(ada.device, seq))).toEqual([true, true, true])
    expect(roster.roleAt(ben.device, 2)).toBe('editor')
  })

  test('ends the session: no record counts after that', () => {
    const roster = rosterOf(chain(invites('a', 'editor'), { type: 'end' }), [bens])
    expect(roster.hasEnded).toBe(true)
    expect(
      roster.takeRecord(signRecord(crypto, { session, seq: 3, prev: roster.head }, epoch(0), root)),
    ).toBe('void')
  })
})

describe('any order of delivery', () => {
  const records = chain(
    invites('a', 'editor'),
    invites('b', 'viewer'),
    epoch(0),
    makes(cyd, 'editor'),
    revokes('a'),
    removes(ben),
  )
  const joins = [
    joinOf(ben, 'a', ada, 1),
    joinOf(ben, 'b', ada, 2),
    joinOf(cyd, 'b', ben, 3),
    joinOf(cyd, 'a', ada, 4),
    joinOf(dee, 'b', cyd, 4),
    joinOf(dee, 'a', ben, 2),
    joinOf(dee, 'a', ada, 5),
  ]
  const expected = answers(rosterOf(records, joins))
  const parcels = [...records.map((record) => ({ record })), ...joins.map((join) => ({ join }))]

  test('gives the same digest, devices and roles', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(parcels, { minLength: parcels.length }), (order) => {
        const roster = new Roster(crypto, session)
        // Early records are not kept: whoever has them sends them again when digests differ.
        for (let round = 0; round < records.length; round++) {
          for (const parcel of order) {
            if ('record' in parcel) roster.takeRecord(parcel.record)
            else if (round === 0) roster.takeJoin(parcel.join)
          }
        }
        expect(answers(roster)).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  test('of any Joins at all, by anybody at any place, gives the same', () => {
    const everybody = [ada, ben, cyd, dee]
    const anyJoin = fc
      .record({
        who: fc.constantFrom(ben, cyd, dee),
        invite: fc.constantFrom('a', 'b'),
        by: fc.constantFrom(...everybody),
        seq: fc.integer({ min: 1, max: 6 }),
      })
      .map(({ who, invite, by, seq }) => joinOf(who, invite, by, seq))
    const twoOrders = fc
      .array(anyJoin, { minLength: 4, maxLength: 14 })
      .chain((some) => fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })))
    fc.assert(
      fc.property(twoOrders, ([one, other]) => {
        expect(answers(rosterOf(records, other))).toEqual(answers(rosterOf(records, one)))
      }),
      { numRuns: 60 },
    )
  })

  test('of one part to one peer and the rest to another, they agree after telling each other', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(joins), fc.shuffledSubarray(joins), (mine, theirs) => {
        const [one, two] = [rosterOf(records, mine), rosterOf(records, theirs)]
        // What still waited for its admitter is told in the second round.
        for (let round = 0; round < 2; round++) {
          tell(one, two)
          tell(two, one)
        }
        expect(toHex(one.digest())).toBe(toHex(two.digest()))
        expect(answers(one)).toEqual(answers(two))
      }),
      { numRuns: 60 },
    )
  })

  function tell(from: Roster, to: Roster): void {
    const { records: encoded, joins: encodedJoins } = from.encoded()
    expect(to.take(encoded, encodedJoins).fault).toBeUndefined()
  }
})

describe('taking bytes', () => {
  const records = chain(invites('a', 'editor'))
  const join = joinOf(ben, 'a', ada, 1)

  test('says whether anything changed', () => {
    const roster = new Roster(crypto, session)
    const encoded = [records.map(encodeRecord), [encodeJoin(join)]] as const
    expect(roster.take(...encoded)).toEqual({ changed: true, fault: undefined, forked: false })
    expect(roster.take(...encoded)).toEqual({ changed: false, fault: undefined, forked: false })
    expect(roster.encoded()).toEqual({ records: encoded[0], joins: encoded[1] })
  })

  test('stops at the first that closes the link and keeps what came before', () => {
    const roster = new Roster(crypto, session)
    const wrong = encodeRecord(records[1]!)
    wrong[wrong.length - 1] = (wrong[wrong.length - 1] as number) ^ 1
    expect(roster.take([encodeRecord(records[0]!), wrong], [])).toMatchObject({
      changed: true,
      fault: { violation: 'forged' },
    })
    expect(roster.take([], [new Uint8Array(400)])).toMatchObject({
      changed: false,
      fault: { violation: 'malformed' },
    })
    expect(roster.seq).toBe(0)
  })

  test('tells of a fork', () => {
    const rival = signRecord(crypto, { session, seq: 1, prev: records[0]!.id }, revokes('a'), root)
    expect(rosterOf(records).take([encodeRecord(rival)], [])).toEqual({
      changed: true,
      fault: undefined,
      forked: true,
    })
  })
})
