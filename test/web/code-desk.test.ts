import { expect, test } from 'vitest'
import type { InviteId } from '../../src/base/ids.ts'
import { SignalingUnreachable } from '../../src/session/errors.ts'
import type { Invite } from '../../src/session/public.ts'
import { CodeDesk, countdownText } from '../../web/code-desk.ts'
import { FakeSession } from './fake-session.ts'

async function inviteWith(codes: readonly (string | Error)[]): Promise<Invite> {
  const left = [...codes]
  const spoken = () => {
    const next = left.shift() ?? new Error('asked once too often')
    return next instanceof Error ? Promise.reject(next) : Promise.resolve({ code: next, expiresAt: 300_000 })
  }
  return { ...(await new FakeSession().invite({ role: 'editor' })), spoken }
}

test('a code is shown as it was given, until it ends', async () => {
  const desk = new CodeDesk(() => undefined)
  const invite = await inviteWith(['7-walrus-lantern'])
  expect(desk.of(invite)).toEqual({ phase: 'unasked' })
  const asked = desk.ask(invite)
  expect(desk.of(invite)).toEqual({ phase: 'asking' })
  await asked
  expect(desk.of(invite)).toEqual({ phase: 'given', code: '7-walrus-lantern', expiresAt: 300_000 })
  expect(desk.heard({ invite: invite.id, code: '7-walrus-lantern', outcome: 'wrong' })).toBe(true)
  expect(desk.of(invite)).toEqual({ phase: 'over', outcome: 'wrong' })
})

test('the end of an older code, or of another invite, changes nothing', async () => {
  const desk = new CodeDesk(() => undefined)
  const invite = await inviteWith(['1-acorn-acorn', '2-acorn-acorn'])
  await desk.ask(invite)
  await desk.ask(invite)
  expect(desk.heard({ invite: invite.id, code: '1-acorn-acorn', outcome: 'expired' })).toBe(false)
  expect(desk.heard({ invite: 'other' as InviteId, code: '2-acorn-acorn', outcome: 'wrong' })).toBe(false)
  expect(desk.of(invite)).toMatchObject({ phase: 'given', code: '2-acorn-acorn' })
})

test('a server that cannot be reached is told, and the next try may work', async () => {
  const desk = new CodeDesk(() => undefined)
  const invite = await inviteWith([new SignalingUnreachable('example.org'), '3-acorn-acorn'])
  await desk.ask(invite)
  expect(desk.of(invite)).toMatchObject({ phase: 'failed', because: { name: 'SignalingUnreachable' } })
  await desk.ask(invite)
  expect(desk.of(invite)).toMatchObject({ phase: 'given', code: '3-acorn-acorn' })
})

test.each([
  [300_000, '5:00'],
  [299_001, '5:00'],
  [61_000, '1:01'],
  [9_000, '0:09'],
  [0, '0:00'],
  [-5_000, '0:00'],
])('with %i ms left the countdown says %s', (left, text) => {
  expect(countdownText(1_000_000 + left, 1_000_000)).toBe(text)
})
