/**
 * Who may do what at which place of the roster, from records and Joins that are taken for genuine: nothing is signed here.
 * What a roster makes of bytes, and that every order gives the same, is in roster.test.ts.
 */
import { describe, expect, test } from 'vitest'
import { type DeviceId, type InviteId, idOf, type JoinId } from '../../src/base/ids.ts'
import { type GenuineJoin, Rights } from '../../src/protocol/rights.ts'
import type { InviteRole, RosterContent, RosterRecord } from '../../src/wire/roster-record.ts'
import { joinOf, records as madeRecords, person } from './log-fixture.ts'

const [made] = madeRecords as [RosterRecord]
const template = joinOf(person('Somebody'), 'editor')
const device = (n: number): DeviceId => idOf<DeviceId>(new Uint8Array(16).fill(n))
const [ADA, BEN, CYD, DEE] = [1, 2, 3, 4].map(device) as [DeviceId, DeviceId, DeviceId, DeviceId]
const inviteOf = (role: InviteRole): InviteId =>
  idOf<InviteId>(new Uint8Array(32).fill(role === 'editor' ? 5 : 6))
const joinId = (n: number): JoinId => idOf<JoinId>(new Uint8Array(16).fill(n))

/** Records of these contents, from Create on. */
function rightsOf(contents: readonly RosterContent[], joins: readonly GenuineJoin[] = []): Rights {
  const records = [made.content, ...contents].map((content, seq) => ({ ...made, seq, content }))
  return new Rights(records, ADA, joins)
}

function joined(n: number, who: DeviceId, role: InviteRole, rosterSeq: number, admitter = ADA): GenuineJoin {
  const join = { ...template, invite: inviteOf(role), rosterSeq, admitter }
  return { id: joinId(n), device: who, join }
}

const invites = (role: InviteRole): RosterContent => ({
  type: 'invite',
  invite: inviteOf(role),
  role,
  expiresAt: 1,
  uses: 1,
  lobby: false,
  sealedSeed: new Uint8Array(56),
})
const revokes = (role: InviteRole, ...joins: readonly JoinId[]): RosterContent => ({
  type: 'revoke',
  invite: inviteOf(role),
  joins,
})
const makes = (who: DeviceId, role: InviteRole, ...joins: readonly JoinId[]): RosterContent => ({
  type: 'role',
  device: who,
  role,
  cut: [],
  joins,
})
const removes = (who: DeviceId, ...joins: readonly JoinId[]): RosterContent => ({
  type: 'remove',
  device: who,
  cut: [],
  joins,
})
const transfers = (who: DeviceId): RosterContent => ({
  type: 'transfer',
  device: who,
  rootPk: new Uint8Array(32),
})
const epoch = (...joins: readonly JoinId[]): RosterContent => ({
  type: 'epoch',
  epoch: 0,
  commitment: new Uint8Array(32),
  wraps: [],
  admitterWraps: [],
  joins,
  previousSealed: new Uint8Array(0),
})
const paused: RosterContent = { type: 'policy', paused: true }
/** Places 1 and 2. */
const BOTH = [invites('editor'), invites('viewer')]
const rolesOf = (rights: Rights, who: DeviceId, seqs: readonly number[]): readonly unknown[] =>
  seqs.map((seq) => rights.roleAt(who, seq))

describe('before Create', () => {
  test('nobody owns or may do anything', () => {
    const rights = new Rights([], undefined, [])
    expect([rights.ownerAt(0), rights.roleAt(ADA, 0), rights.devices()]).toEqual([undefined, undefined, []])
  })
})

describe('a session that is handed over', () => {
  test('has one owner at each place, and who was it stays as an editor', () => {
    const rights = rightsOf([...BOTH, transfers(BEN), transfers(CYD)], [joined(1, BEN, 'viewer', 2)])
    expect(rolesOf(rights, ADA, [0, 2, 3, 4])).toEqual(['owner', 'owner', 'editor', 'editor'])
    expect(rolesOf(rights, BEN, [1, 2, 3, 4])).toEqual([undefined, 'viewer', 'owner', 'editor'])
    expect(rolesOf(rights, CYD, [3, 4])).toEqual([undefined, 'owner'])
    expect(rolesOf(rights, DEE, [3, 4])).toEqual([undefined, undefined])
  })

  test('lets the owner say otherwise of who was it, from there on', () => {
    const rights = rightsOf([
      ...BOTH,
      transfers(BEN),
      makes(ADA, 'viewer'),
      makes(ADA, 'editor'),
      removes(ADA),
    ])
    expect(rolesOf(rights, ADA, [3, 4, 5, 6])).toEqual(['editor', 'viewer', 'editor', undefined])
  })

  test('knows nothing more of what was said of somebody before they owned it', () => {
    const contents = [...BOTH, makes(BEN, 'viewer'), transfers(BEN), transfers(CYD)]
    const rights = rightsOf(contents, [joined(1, BEN, 'editor', 2)])
    expect(rolesOf(rights, BEN, [2, 3, 4, 5])).toEqual(['editor', 'viewer', 'owner', 'editor'])
  })

  test('brings nobody back by a role who was removed', () => {
    const rights = rightsOf(
      [
        ...BOTH,
        transfers(BEN),
        removes(ADA, joinId(1)),
        makes(ADA, 'editor'),
        removes(CYD),
        makes(CYD, 'editor'),
      ],
      [joined(1, CYD, 'viewer', 2)],
    )
    expect(rolesOf(rights, ADA, [3, 4, 5])).toEqual(['editor', undefined, undefined])
    expect(rolesOf(rights, CYD, [5, 6, 7])).toEqual(['viewer', undefined, undefined])
  })

  test('backs what its owner and who was it wrote, without any Join', () => {
    const rights = rightsOf([...BOTH, transfers(BEN), epoch()])
    expect([rights.isBackedAt(ADA, 2), rights.isBackedAt(ADA, 4), rights.isBackedAt(BEN, 3)]).toEqual([
      true,
      true,
      true,
    ])
    expect([rights.isBackedAt(BEN, 2), rights.isBackedAt(CYD, 4)]).toEqual([false, false])
  })
})

describe('Joins', () => {
  test('are listed by their places and then by their ids, in whatever order they came', () => {
    const joins = [joined(3, BEN, 'editor', 2), joined(2, BEN, 'editor', 3), joined(4, BEN, 'editor', 2)]
    for (const order of [joins, [...joins].reverse(), [joins[1], joins[2], joins[0]] as GenuineJoin[]]) {
      const rights = rightsOf([...BOTH, paused], order)
      expect(rights.joinsOf(BEN).map(({ id }) => id)).toEqual([joinId(3), joinId(4), joinId(2)])
    }
  })

  test('give the best of the roles they give', () => {
    for (const joins of [
      [joined(1, BEN, 'viewer', 2), joined(2, BEN, 'editor', 2)],
      [joined(1, BEN, 'editor', 2), joined(2, BEN, 'viewer', 2)],
    ])
      expect(rightsOf(BOTH, joins).roleAt(BEN, 2)).toBe('editor')
  })

  test('stand on who was let in at the same place, whoever of them comes first', () => {
    const rights = rightsOf(BOTH, [joined(1, CYD, 'viewer', 2, BEN), joined(2, BEN, 'editor', 2)])
    expect([rights.devices(), rights.roleAt(CYD, 2)]).toEqual([[BEN, CYD], 'viewer'])
  })

  test.each<[string, readonly RosterContent[], GenuineJoin]>([
    ['by somebody unknown', BOTH, joined(1, CYD, 'editor', 2, BEN)],
    ['on an invite of later', [invites('viewer'), paused, invites('editor')], joined(1, CYD, 'editor', 2)],
    ['on one that is revoked', [...BOTH, revokes('editor')], joined(1, CYD, 'editor', 3)],
    ['at the end of the session', [...BOTH, { type: 'end' }], joined(1, CYD, 'editor', 3)],
  ])('%s do not stand', (_, contents, join) => {
    const rights = rightsOf(contents, [join])
    expect([rights.stands(join), rights.devices(), rights.isConcerned(CYD)]).toEqual([false, [], false])
  })

  test('stand on an invite that is made anew, from there until it is revoked again', () => {
    const rights = rightsOf([invites('editor'), revokes('editor'), invites('editor'), revokes('editor')])
    const isOpen = [0, 1, 2, 3, 4].map((seq) => rights.inviteAt(inviteOf('editor'), seq) !== undefined)
    expect(isOpen).toEqual([false, true, false, true, false])
  })

  test('of a revoked invite are renewed by who let them in, for that invite and nobody else', () => {
    const contents = [...BOTH, paused, revokes('editor')]
    const first = joined(1, CYD, 'editor', 3, BEN)
    const bens = joined(2, BEN, 'editor', 2)
    const stands = (again: GenuineJoin): boolean => rightsOf(contents, [bens, first, again]).stands(again)
    expect(stands(joined(3, CYD, 'editor', 4, BEN))).toBe(false)
    const kept = [...BOTH, paused, revokes('editor', first.id, bens.id)]
    const isKept = (again: GenuineJoin): boolean => rightsOf(kept, [bens, first, again]).stands(again)
    expect(isKept(joined(3, CYD, 'editor', 4, BEN))).toBe(true)
    expect(isKept(joined(3, CYD, 'editor', 4))).toBe(false)
    expect(isKept(joined(3, DEE, 'editor', 4, BEN))).toBe(false)
    const viewers = [...BOTH, paused, revokes('editor', bens.id, first.id), revokes('viewer')]
    const other = joined(3, CYD, 'viewer', 5, BEN)
    expect(rightsOf(viewers, [bens, first, other]).stands(other)).toBe(false)
  })
})

describe('a Join that no record names', () => {
  const join = joined(1, CYD, 'editor', 3, BEN)
  const bens = joined(2, BEN, 'editor', 2)

  test.each<[string, RosterContent, number | undefined]>([
    ['an Epoch', epoch(bens.id), 4],
    ['an Epoch that names it', epoch(bens.id, join.id), undefined],
    ['the removal of its admitter', removes(BEN), 4],
    ['the removal of its admitter, naming it', removes(BEN, join.id), undefined],
    ['the lowering of its admitter', makes(BEN, 'viewer'), 4],
    ['the raising of its admitter', makes(BEN, 'editor'), undefined],
    ['the revocation of its invite', revokes('editor'), 4],
    ['the revocation of another invite', revokes('viewer'), undefined],
    ['the removal of somebody else', removes(DEE), undefined],
    ['a pause', paused, undefined],
  ])('is dropped or not by %s', (_, content, droppedAt) => {
    const rights = rightsOf([...BOTH, paused, content, paused], [bens, join])
    expect(rights.droppedAt(join.id)).toBe(droppedAt)
    const role = droppedAt === undefined ? 'editor' : undefined
    expect(rolesOf(rights, CYD, [2, 3, 4, 5])).toEqual([undefined, 'editor', role, role])
    expect(rights.isConcerned(CYD)).toBe(droppedAt !== undefined)
    expect(rights.isListed(join.id)).toBe('joins' in content && content.joins.includes(join.id))
  })

  test('is dropped by the first record that concerns it, and by none of before', () => {
    const contents = [epoch(), ...BOTH, revokes('editor'), epoch(), removes(BEN)]
    const rights = rightsOf(contents, [joined(1, CYD, 'editor', 3)])
    expect(rights.droppedAt(joinId(1))).toBe(4)
  })

  test('concerns its device also where another one stands', () => {
    const rights = rightsOf(
      [...BOTH, epoch(joinId(2))],
      [joined(1, CYD, 'editor', 2), joined(2, CYD, 'editor', 2)],
    )
    expect([rights.isConcerned(CYD), rights.roleAt(CYD, 3)]).toEqual([true, 'editor'])
  })
})

describe('what was written on a Join that was left out', () => {
  const first = joined(1, CYD, 'editor', 2)
  const left = [...BOTH, paused, epoch(), paused]
  /** Whether all that a checkpoint of a place covers is left out since. */
  const since = (joins: readonly GenuineJoin[], contents = left): readonly boolean[] =>
    [1, 2, 3, 4].map((seq) => rightsOf(contents, joins).isLeftOutSince(CYD, seq))

  test('is left out since then, and before the Join there was nothing', () => {
    expect(since([first])).toEqual([false, true, true, false])
    expect(rightsOf(left, [first]).isBackedAt(CYD, 3)).toBe(false)
  })

  test('is not left out of who was never let in', () => {
    expect(since([])).toEqual([false, false, false, false])
  })

  test('counts where another Join of that time was named', () => {
    const named = [...BOTH, paused, epoch(joinId(2)), paused]
    expect(since([first, joined(2, CYD, 'editor', 3)], named)).toEqual([false, true, false, false])
  })

  test('counts again where the device is let in again as one who may write, and not as one who reads', () => {
    expect(since([first, joined(2, CYD, 'editor', 4)])).toEqual([false, false, false, false])
    expect(since([first, joined(2, CYD, 'viewer', 5)])).toEqual([false, true, true, false])
    expect(rightsOf(left, [first, joined(2, CYD, 'editor', 4)]).isBackedAt(CYD, 3)).toBe(true)
    expect(rightsOf(left, [first, joined(2, CYD, 'viewer', 4)]).isBackedAt(CYD, 3)).toBe(false)
  })
})

test('a cut is made by a removal and by lowering a role, and by nothing else the owner does with a device', () => {
  const rights = rightsOf([...BOTH, removes(BEN), makes(BEN, 'editor'), makes(BEN, 'viewer'), transfers(BEN)])
  expect(rights.cutsOf(BEN).map(({ at }) => at)).toEqual([3, 5])
  expect([rights.cutsOf(CYD), rights.isConcerned(BEN), rights.isConcerned(CYD)]).toEqual([[], true, false])
})

test('a pause holds from its place to the next word on it', () => {
  const rights = rightsOf([...BOTH, paused, { type: 'policy', paused: false }])
  expect([2, 3, 4].map((seq) => rights.isPausedAt(seq))).toEqual([false, true, false])
})
