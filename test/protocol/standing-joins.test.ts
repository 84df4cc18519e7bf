import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { Roster } from '../../src/protocol/roster.ts'
import { encodeJoin, type Join, joinIdOf } from '../../src/wire/certificate.ts'
import { MAX_JOINS_PER_DEVICE } from '../../src/wire/limits.ts'
import type { RosterContent } from '../../src/wire/roster-record.ts'
import {
  ada,
  answers,
  ben,
  chain,
  crypto,
  cyd,
  dee,
  epoch,
  inviteId,
  invites,
  joinOf,
  makes,
  removes,
  revokes,
  rosterOf,
  session,
} from './roster-fixture.ts'

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
