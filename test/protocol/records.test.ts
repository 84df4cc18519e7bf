/** What is read off the owner's records in their order, without knowing who stands. */
import { describe, expect, test } from 'vitest'
import { type InviteId, idOf } from '../../src/base/ids.ts'
import { Records } from '../../src/protocol/records.ts'
import { NO_RECORD, type RosterContent, type RosterRecord } from '../../src/wire/roster-record.ts'
import { Author, ben, cyd, records as made } from './log-fixture.ts'
import { EPOCH_ONE, edits, endAt, restarts } from './log-peer.ts'

const [create, epoch, editors, viewers] = made.map(({ content }) => content) as [
  Extract<RosterContent, { type: 'create' }>,
  RosterContent,
  Extract<RosterContent, { type: 'invite' }>,
  Extract<RosterContent, { type: 'invite' }>,
]
const END: RosterContent = { type: 'end' }
const revokes = ({ invite }: { readonly invite: InviteId }): RosterContent => ({
  type: 'revoke',
  invite,
  joins: [],
})

function recordsOf(...contents: readonly RosterContent[]): Records {
  const records = new Records()
  contents.forEach((content, seq) => {
    records.append({ ...(made[seq % made.length] as RosterRecord), seq, content })
  })
  return records
}

test('before Create there is nothing', () => {
  const records = new Records()
  expect([records.seq, records.head, records.hasEnded, records.restarts]).toEqual([-1, NO_RECORD, false, []])
  expect([records.rootPkAt(0), records.epochAt(0), records.epochRecord(0), records.openInvites()]).toEqual([
    undefined,
    undefined,
    undefined,
    [],
  ])
})

test('the newest is the head, and an End ends it only as the newest', () => {
  const records = recordsOf(create, epoch, editors)
  expect([records.seq, records.head, records.hasEnded]).toEqual([2, made[2]?.id, false])
  expect([recordsOf(create, END).hasEnded, recordsOf(create, END, epoch).hasEnded]).toEqual([true, false])
})

describe('invites', () => {
  test('are known by their own id, revoked or not', () => {
    const records = recordsOf(create, editors, revokes(editors), revokes(viewers))
    expect([editors, viewers].map(({ invite }) => records.knowsInvite(invite))).toEqual([true, false])
    expect(recordsOf(create, viewers).knowsInvite(editors.invite)).toBe(false)
    expect(recordsOf(create).knowsInvite(idOf<InviteId>(new Uint8Array(32)))).toBe(false)
  })

  test('are open until they are revoked, and once more when they are made anew', () => {
    const open = (...contents: readonly RosterContent[]) => recordsOf(create, ...contents).openInvites()
    expect(open(editors, viewers)).toEqual([editors, viewers])
    expect(open(editors, viewers, revokes(editors))).toEqual([viewers])
    expect(open(editors, revokes(editors), editors)).toEqual([editors])
  })
})

describe('epochs', () => {
  const records = recordsOf(create, epoch, editors, EPOCH_ONE, viewers)

  test('are in force from the place of their record', () => {
    expect([0, 1, 2, 3, 4, 9].map((seq) => records.epochAt(seq))).toEqual([undefined, 0, 0, 1, 1, 1])
  })

  test('are found by their number', () => {
    expect([0, 1, 2].map((number) => records.epochRecord(number))).toEqual([epoch, EPOCH_ONE, undefined])
  })
})

test('a key signs from the place after the record that names it', () => {
  const rootPk = new Uint8Array(32).fill(7)
  const records = recordsOf(create, epoch, { type: 'transfer', device: ben.device, rootPk }, editors)
  expect([0, 1, 2, 3, 4].map((seq) => records.rootPkAt(seq))).toEqual([
    undefined,
    create.rootPk,
    create.rootPk,
    rootPk,
    rootPk,
  ])
})

test('Restarts are told with their places and with the ends they name, chain by chain', () => {
  const [bens, cyds] = [edits(new Author(ben), 3), edits(new Author(cyd), 1)]
  const [first, second] = [restarts(endAt(bens, 2), endAt(cyds, 1)), restarts()]
  const records = recordsOf(create, epoch, first, editors, second)
  expect(records.restarts.map(({ at, lines }) => [at, [...lines.values()]])).toEqual([
    [2, [endAt(bens, 2), endAt(cyds, 1)]],
    [4, []],
  ])
  expect(records.restarts[0]?.lines.get(`${ben.device}${bens.writer}` as never)).toEqual(endAt(bens, 2))
  records.replace(records.all.slice(0, 2))
  expect([records.restarts, records.seq]).toEqual([[], 1])
})
