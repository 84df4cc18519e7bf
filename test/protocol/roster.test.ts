/**
 * The roster as a function of the set of records and Joins. Its bytes are in test/wire; what the log makes of
 * its answers is the log's. Which Joins stand is in standing-joins.test.ts.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import type { EntryId, SessionId, WriterId } from '../../src/base/ids.ts'
import type { SignKeys } from '../../src/crypto/crypto.ts'
import { Roster } from '../../src/protocol/roster.ts'
import { encodeJoin } from '../../src/wire/certificate.ts'
import {
  encodeRecord,
  NO_RECORD,
  type RosterContent,
  type RosterRecord,
  signRecord,
} from '../../src/wire/roster-record.ts'
import { fixedBytes } from '../crypto/twin.ts'
import { WEAK_SIGN_KEYS } from '../crypto/weak-keys.ts'
import {
  ada,
  answers,
  ben,
  chain,
  create,
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
  root,
  rosterOf,
  session,
} from './roster-fixture.ts'

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
