/** Spoken codes, from the words read aloud to the text on the other screen. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../src/base/ports.ts'
import { apiOver } from '../../src/session/api.ts'
import {
  CodeInterrupted,
  CodeMalformed,
  CodeUnknown,
  NoMoreCodes,
  SessionEnded,
  SignalingUnreachable,
  WrongCode,
} from '../../src/session/errors.ts'
import type { CodeOutcome, Invite, Session } from '../../src/session/public.ts'
import { MAX_SLOTS_PER_ADDRESS } from '../../src/wire/limits.ts'
import { type Town, textOf, town, until, wallClock } from './town.ts'

let place: Town
let ada: Session
let invite: Invite
let outcomes: CodeOutcome[]

beforeEach(async () => {
  place = await town()
  ada = await place.device().api.createSession({ name: 'Ada', title: 'kata' })
  ada.doc.getText('main').insert(0, 'hello')
  invite = await ada.invite({ role: 'editor' })
  outcomes = []
  ada.on('code', (outcome) => outcomes.push(outcome))
})

afterEach(async () => {
  await place.leaveAll()
})

async function refusal(typed: string): Promise<unknown> {
  const joined = place.device().api.joinSession(typed, { name: 'Ben' })
  return joined.then(
    () => 'let in',
    (error: unknown) => error,
  )
}

/** The same number with other words, of the list. */
function wrong(code: string): string {
  const [slot, first, second] = code.split('-')
  return `${slot}-${second === 'walrus' ? 'lantern' : 'walrus'}-${first}`
}

describe('a code read aloud', () => {
  test('brings in who types it, however it is typed', async () => {
    const { code } = await invite.spoken()
    expect(code).toMatch(/^\d+-[a-z]+-[a-z]+$/)
    const ben = await place.device().api.joinSession(code.toUpperCase().replaceAll('-', ' '), { name: 'Ben' })
    expect(textOf(ben)).toBe('hello')
    expect(ben.me.role).toBe('editor')
    expect(outcomes).toEqual([{ invite: invite.id, code, outcome: 'used' }])
  })

  test('shows the card first, and joins nobody before the button', async () => {
    const viewing = await ada.invite({ role: 'viewer' })
    const { code } = await viewing.spoken()
    const device = place.device()
    expect(await device.api.findSession(code)).toBeUndefined()
    const card = await device.api.openInvitation(code)
    expect(card).toMatchObject({ inviter: 'Ada', title: 'kata', role: 'viewer' })
    expect(ada.members).toHaveLength(1)
    const eve = await card.join({ name: 'Eve' })
    expect(textOf(eve)).toBe('hello')
  })

  test('is good for five minutes from now', async () => {
    const { expiresAt } = await invite.spoken()
    expect(expiresAt - Date.now()).toBeGreaterThan(299_000)
    expect(expiresAt - Date.now()).toBeLessThanOrEqual(300_000)
  })

  test('never passes the server, and neither does the link', async () => {
    const { code } = await invite.spoken()
    await place.device().api.joinSession(code, { name: 'Ben' })
    const words = code.slice(code.indexOf('-') + 1)
    const heard = place.heard.map((bytes) => Buffer.from(bytes).toString('latin1').toLowerCase()).join('\n')
    for (const secret of [words, words.replace('-', ''), invite.url.split('#')[1]!.toLowerCase()])
      expect(heard).not.toContain(secret)
  })

  test('is new at every wish, and the one before is no longer valid', async () => {
    const before = await invite.spoken()
    const after = await invite.spoken()
    expect(after.code).not.toBe(before.code)
    expect(await refusal(before.code)).toBeInstanceOf(CodeUnknown)
    await place.device().api.joinSession(after.code, { name: 'Ben' })
    expect(outcomes).toMatchObject([{ code: after.code, outcome: 'used' }])
  })

  test('of two wishes at once there is one code', async () => {
    const [one, other] = await Promise.all([invite.spoken(), invite.spoken()])
    expect(one).toEqual(other)
  })

  test('from the list of open invites is a code for the same link', async () => {
    const [open] = ada.invites
    const { code } = await open!.spoken()
    const ben = await place.device().api.joinSession(code, { name: 'Ben' })
    expect(textOf(ben)).toBe('hello')
    expect(outcomes).toMatchObject([{ invite: invite.id }])
  })
})

describe('a code that does not match', () => {
  test('is burned: the joiner is told to ask for a new one, and the inviter that it was tried', async () => {
    const { code } = await invite.spoken()
    const error = await refusal(wrong(code))
    expect(error).toBeInstanceOf(WrongCode)
    expect((error as Error).message).toBe(
      "That code didn't match, so it is no longer valid. Ask for a new one.",
    )
    expect(outcomes).toEqual([{ invite: invite.id, code, outcome: 'wrong' }])
    expect(await refusal(code)).toBeInstanceOf(CodeUnknown)
    expect(ada.members).toHaveLength(1)
  })

  test('leaves the link as it was, and a new code works', async () => {
    await refusal(wrong((await invite.spoken()).code))
    const { code } = await invite.spoken()
    expect(textOf(await place.device().api.joinSession(code, { name: 'Ben' }))).toBe('hello')
  })

  test('with a word outside the list is caught before anything is tried, and burns nothing', async () => {
    const { code } = await invite.spoken()
    const typo = `${code}x`
    const heardBefore = place.heard.length
    const error = await refusal(typo)
    expect(error).toBeInstanceOf(CodeMalformed)
    expect((error as Error).message).toContain(`Did you mean "${code.split('-')[2]}"?`)
    expect(place.heard.length).toBe(heardBefore)
    expect(textOf(await place.device().api.joinSession(code, { name: 'Ben' }))).toBe('hello')
  })

  test('with a number nobody has says so, and burns nothing', async () => {
    const { code } = await invite.spoken()
    const [slot, ...words] = code.split('-')
    const other = Number(slot) === 9_000 ? 9_001 : 9_000
    expect(await refusal([other, ...words].join('-'))).toBeInstanceOf(CodeUnknown)
    expect(outcomes).toEqual([])
  })
})

describe('a code is gone', () => {
  test('when its invite is revoked', async () => {
    const { code } = await invite.spoken()
    await ada.revoke(invite.id)
    expect(await refusal(code)).toBeInstanceOf(CodeUnknown)
  })

  test('when its inviter leaves, and none is given after', async () => {
    const { code } = await invite.spoken()
    await ada.leave()
    expect(await refusal(code)).toBeInstanceOf(CodeUnknown)
    await expect(invite.spoken()).rejects.toBeInstanceOf(SessionEnded)
  })

  test('when the server goes, and the inviter is told', async () => {
    const { code } = await invite.spoken()
    place.relay.stop()
    await until('Ada is told', () => outcomes.length === 1)
    expect(outcomes).toEqual([{ invite: invite.id, code, outcome: 'broken-off' }])
    await expect(invite.spoken()).rejects.toBeInstanceOf(SignalingUnreachable)
    expect(await refusal(code)).toBeInstanceOf(SignalingUnreachable)
  })

  test('when its inviter does not answer, and the joiner is told to ask for a new one', async () => {
    const hurried: Clock = {
      now: () => wallClock.now() * 100,
      wakeAfter: (after, wake) => wallClock.wakeAfter(after / 100, wake),
    }
    const { code } = await invite.spoken()
    const ben = place.device()
    const environment = { ...ben.environment, clock: hurried, connector: deaf(ben.environment.connector) }
    const joined = apiOver(async () => environment).joinSession(code, { name: 'Ben' })
    await expect(joined).rejects.toBeInstanceOf(CodeInterrupted)
  })
})

/** Blobs never come back. */
function deaf(connector: Town['relay'] extends { connector(): infer C } ? C : never): typeof connector {
  return {
    connect: (url, listener) =>
      connector.connect(url, {
        ...listener,
        open: () => listener.open(),
        closed: (reason) => listener.closed(reason),
        // 2 is `passed` among what the server says
        message: (bytes) => bytes[1] !== 2 && listener.message(bytes),
      }),
  }
}

test('an address that asks for too many codes is told so, and its links go on', async () => {
  const invites = await Promise.all(
    Array.from({ length: MAX_SLOTS_PER_ADDRESS }, () => ada.invite({ role: 'viewer' })),
  )
  await Promise.all(invites.map((each) => each.spoken()))
  await expect(invite.spoken()).rejects.toBeInstanceOf(NoMoreCodes)
  const ben = await place.device().api.joinSession((invites.at(-1) as Invite).url, { name: 'Ben' })
  expect(textOf(ben)).toBe('hello')
})
