/** Two pair with every server dead: an offer carried there, an answer carried back. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../src/base/ports.ts'
import { apiOver } from '../../src/session/api.ts'
import {
  CarriedTextRefused,
  InviteUsed,
  NobodyThere,
  NoRoute,
  NotAllowed,
  SessionEnded,
} from '../../src/session/errors.ts'
import type { Invite, Session } from '../../src/session/public.ts'
import { CARRIED_LIFETIME_MS } from '../../src/wire/limits.ts'
import { type Town, textOf, town, until, wallClock } from './town.ts'

let place: Town
let ada: Session
let invite: Invite
let guests: Session[]

beforeEach(async () => {
  place = await town()
  guests = []
  place.relay.stop()
  ada = await place.device().api.createSession({ name: 'Ada', title: 'kata' })
  ada.doc.getText('main').insert(0, 'hello')
  invite = await ada.invite({ role: 'editor' })
})

afterEach(async () => {
  await Promise.all(guests.map((guest) => guest.leave()))
  await place.leaveAll()
})

/** Leaves with the others when the test ends. */
async function joined(session: Promise<Session>): Promise<Session> {
  const guest = await session
  guests.push(guest)
  return guest
}

async function problemOf(refused: Promise<unknown>): Promise<string> {
  const error = await refused.then(
    () => 'taken',
    (reason: unknown) => reason,
  )
  return error instanceof CarriedTextRefused ? error.problem : String(error)
}

describe('with every server dead', () => {
  test('two pair by an offer and an answer, and edit together', async () => {
    const offer = await invite.carried()
    const answer = await place.device().api.answerOffer(offer.text)
    await offer.accept(answer.text)
    const card = await answer.card
    expect(card).toMatchObject({ inviter: 'Ada', title: 'kata', role: 'editor' })
    expect(ada.members).toHaveLength(1)
    const ben = await joined(card.join({ name: 'Ben' }))
    expect(textOf(ben)).toBe('hello')
    ben.doc.getText('main').insert(5, ' world')
    await until('Ada sees it', () => textOf(ada) === 'hello world')
  })

  test('texts are short enough for a QR code, and hold no name', async () => {
    const offer = await invite.carried()
    const answer = await place.device().api.answerOffer(offer.text)
    for (const { text } of [offer, answer]) {
      expect(text.length).toBeLessThanOrEqual(600)
      expect(Buffer.from(text, 'base64url').toString('latin1')).not.toContain('Ada')
    }
    answer.close()
    await expect(answer.card).rejects.toBeInstanceOf(NobodyThere)
  })

  test('a third joins by an offer of its own while the first two edit', async () => {
    const many = await ada.invite({ role: 'viewer' })
    const people: Session[] = []
    for (const name of ['Ben', 'Cleo']) {
      const offer = await many.carried()
      const answer = await place.device().api.answerOffer(offer.text)
      await offer.accept(answer.text)
      people.push(await joined((await answer.card).join({ name })))
    }
    await until('all are linked', () => people.every((each) => each.peers.length === 2))
    ada.doc.getText('main').insert(0, '> ')
    await until('both see it', () => people.every((each) => textOf(each) === '> hello'))
  })
})

describe('an offer', () => {
  test('stays open after a text that is none, and takes the right one then', async () => {
    const offer = await invite.carried()
    const other = await place.device().api.createSession({ name: 'Eve' })
    const elsewhere = await (await other.invite({ role: 'editor' })).carried()
    const answer = await place.device().api.answerOffer(offer.text)
    const astray = await place.device().api.answerOffer(elsewhere.text)
    expect(await problemOf(offer.accept('hello'))).toBe('not-carried')
    expect(await problemOf(offer.accept(answer.text.slice(0, -9)))).toBe('cut-short')
    expect(await problemOf(offer.accept(offer.text))).toBe('wrong-direction')
    expect(await problemOf(offer.accept(astray.text))).toBe('other-session')
    await offer.accept(`${answer.text}\n${answer.text}`)
    const ben = await joined((await answer.card).join({ name: 'Ben' }))
    expect(textOf(ben)).toBe('hello')
    astray.close()
  })

  test('takes one answer and no other', async () => {
    const offer = await invite.carried()
    const [first, second] = [
      await place.device().api.answerOffer(offer.text),
      await place.device().api.answerOffer(offer.text),
    ]
    await offer.accept(first.text)
    expect(await problemOf(offer.accept(second.text))).toBe('other-offer')
    await first.card
    second.close()
    await expect(second.card).rejects.toBeInstanceOf(NobodyThere)
  })

  test('is closed by the next one of its invite', async () => {
    const before = await invite.carried()
    const answer = await place.device().api.answerOffer(before.text)
    const after = await invite.carried()
    expect(after.text).not.toBe(before.text)
    expect(await problemOf(before.accept(answer.text))).toBe('other-offer')
    expect(await problemOf(after.accept(answer.text))).toBe('other-offer')
    answer.close()
  })

  test('of a link that was used lets nobody in, with the reason', async () => {
    const [one, other] = [
      await invite.carried(),
      await place.device().api.answerOffer((await invite.carried()).text),
    ]
    one.close()
    other.close()
    const first = await invite.carried()
    const used = await place.device().api.answerOffer(first.text)
    await first.accept(used.text)
    await joined((await used.card).join({ name: 'Ben' }))
    const second = await invite.carried()
    const late = await place.device().api.answerOffer(second.text)
    await second.accept(late.text)
    await expect(late.card).rejects.toBeInstanceOf(InviteUsed)
  })

  test('is gone with its session', async () => {
    const offer = await invite.carried()
    const answer = await place.device().api.answerOffer(offer.text)
    await ada.leave()
    expect(await problemOf(offer.accept(answer.text))).toBe('other-offer')
    await expect(invite.carried()).rejects.toBeInstanceOf(SessionEnded)
    answer.close()
  })

  test('waits 15 minutes and no longer, by the clock of who made it', async () => {
    let sinceThen = 0
    const waking: { at: number; wake: () => void }[] = []
    const clock: Clock = {
      now: () => Date.now() + sinceThen,
      wakeAfter: (after, wake) => {
        if (after < 60_000) return wallClock.wakeAfter(after, wake)
        waking.push({ at: after, wake })
        return () => undefined
      },
    }
    const device = place.device()
    const api = apiOver(async () => ({ ...device.environment, clock }))
    const late = await joined(api.createSession({ name: 'Ada' }))
    const offer = await (await late.invite({ role: 'editor' })).carried()
    const answer = await place.device().api.answerOffer(offer.text)
    sinceThen = CARRIED_LIFETIME_MS + 1
    expect(await problemOf(offer.accept(answer.text))).toBe('too-old')
    for (const { at, wake } of waking) if (at === CARRIED_LIFETIME_MS) wake()
    expect(await problemOf(offer.accept(answer.text))).toBe('too-old')
    answer.close()
  })

  test('that nobody can be reached by says so on both sides', async () => {
    const offer = await invite.carried()
    const answer = await place.device().api.answerOffer(offer.text)
    place.network.interfere({ noRoute: true })
    await expect(offer.accept(answer.text)).rejects.toBeInstanceOf(NoRoute)
    answer.close()
    await expect(answer.card).rejects.toBeInstanceOf(NobodyThere)
  })
})

describe('a text that is no offer', () => {
  test('is refused before anything is dialed', async () => {
    const offer = await invite.carried()
    const { api } = place.device()
    const answer = await api.answerOffer(offer.text)
    for (const [text, problem] of [
      ['', 'not-carried'],
      [invite.url, 'not-carried'],
      [offer.text.slice(0, 100), 'cut-short'],
      [`${offer.text.slice(0, 50)}AAAA${offer.text.slice(54)}`, 'damaged'],
      [answer.text, 'wrong-direction'],
    ] as const)
      expect(await problemOf(api.answerOffer(text))).toBe(problem)
    answer.close()
  })
})

test('who hides its address pairs with nobody by hand', async () => {
  const offer = await invite.carried()
  const hiding = place.device().api.answerOffer(offer.text, { relayOnly: true })
  await expect(hiding).rejects.toBeInstanceOf(NotAllowed)
})
