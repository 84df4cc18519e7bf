/** An invite whose holder waits at the door until a person lets them in. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { InviteRevoked, NobodyThere, TurnedAway } from '../../src/session/errors.ts'
import { LOBBY_MS, Lobby } from '../../src/session/lobby.ts'
import type { Invite, Session } from '../../src/session/public.ts'
import { HandClock } from '../doc/tools.ts'
import { type Town, textOf, town, until } from './town.ts'

let place: Town
let ada: Session
let invite: Invite

beforeEach(async () => {
  place = await town()
  ada = await place.device().api.createSession({ name: 'Ada' })
  ada.doc.getText('main').insert(0, 'secret')
  invite = await ada.invite({ role: 'editor', uses: 3, lobby: true })
})

afterEach(async () => {
  await place.leaveAll()
})

const joins = (name: string): Promise<Session> => place.device().api.joinSession(invite.url, { name })
const waitFor = (name: string, session = ada): Promise<void> =>
  until(`${name} waits`, () => session.lobby.some((guest) => guest.name === name))

test('whoever asks is shown by name, gets nothing before the answer, and comes in with it', async () => {
  const told: (readonly string[])[] = []
  ada.on('lobby', (lobby) => told.push(lobby.map(({ name }) => name)))
  const joining = joins('Ben')
  await waitFor('Ben')
  expect(ada.lobby[0]).toMatchObject({ name: 'Ben', role: 'editor' })
  expect(ada.members.map(({ name }) => name)).toEqual(['Ada'])
  ada.lobby[0]?.letIn()
  const ben = await joining
  expect(textOf(ben)).toBe('secret')
  expect(ben.canEdit).toBe(true)
  expect([ada.lobby, told]).toEqual([[], [['Ben'], []]])
})

test('whoever is turned away is told by whom, and is no member', async () => {
  const joining = joins('Eve')
  joining.catch(() => undefined)
  await waitFor('Eve')
  ada.lobby[0]?.turnAway()
  await expect(joining).rejects.toThrow(TurnedAway)
  await expect(joining).rejects.toThrow('Ada did not let you in.')
  expect([ada.lobby, ada.members.map(({ name }) => name)]).toEqual([[], ['Ada']])
})

test('the card says beforehand that somebody is asked', async () => {
  const card = await place.device().api.openInvitation(invite.url)
  expect(card).toMatchObject({ inviter: 'Ada', lobby: true })
  card.decline()
  const open = await ada.invite({ role: 'viewer' })
  const other = await place.device().api.openInvitation(open.url)
  expect([open.lobby, other.lobby]).toEqual([false, false])
  other.decline()
})

test('who gives up leaves the lobby, and a late answer lets nobody in', async () => {
  const device = place.device()
  const card = await device.api.openInvitation(invite.url)
  const joining = card.join({ name: 'Ben' })
  joining.catch(() => undefined)
  await waitFor('Ben')
  const guest = ada.lobby[0]
  card.decline()
  await until('the lobby is empty', () => ada.lobby.length === 0)
  guest?.letIn()
  expect(ada.members).toHaveLength(1)
})

test('an invite revoked meanwhile lets nobody in, whatever is answered', async () => {
  const joining = joins('Ben')
  joining.catch(() => undefined)
  await waitFor('Ben')
  await ada.revoke(invite.id)
  ada.lobby[0]?.letIn()
  await expect(joining).rejects.toThrow(InviteRevoked)
  expect(ada.members).toHaveLength(1)
})

test('an editor is asked when the owner is away', async () => {
  const joining = joins('Ben')
  await waitFor('Ben')
  ada.lobby[0]?.letIn()
  const ben = await joining
  await ada.leave()
  const second = joins('Cyd')
  await waitFor('Cyd', ben)
  ben.lobby[0]?.letIn()
  const cyd = await second
  expect(cyd.members.map(({ name }) => name).sort()).toEqual(['Ada', 'Ben', 'Cyd'])
})

test('nobody waits for ever, and each is answered once', () => {
  const clock = new HandClock()
  const answers: string[] = []
  const lobby = new Lobby({ clock, changed: () => undefined })
  const answer = (given: string) => void answers.push(given)
  for (const n of [1, 2])
    lobby.enter({ handshake: Uint8Array.of(n), name: `Guest ${n}`, role: 'viewer', answer })
  const [first, second] = lobby.guests
  clock.turn(LOBBY_MS - 1)
  first?.turnAway()
  first?.letIn()
  expect(lobby.guests).toEqual([second])
  clock.turn(1)
  second?.letIn()
  expect([answers, lobby.guests]).toEqual([['turned away', 'forgotten'], []])
})

test('who leaves the session lets those go who wait', async () => {
  const joining = joins('Ben')
  joining.catch(() => undefined)
  await waitFor('Ben')
  await ada.leave()
  await expect(joining).rejects.toThrow(NobodyThere)
})
