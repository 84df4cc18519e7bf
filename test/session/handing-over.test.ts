/** The owner hands a session over to somebody else, or ends it for everybody. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NotAllowed } from '../../src/session/errors.ts'
import type { Session } from '../../src/session/public.ts'
import { type Device, type Town, textOf, town, until } from './town.ts'

let place: Town
let adasDevice: Device
let bensDevice: Device
let ada: Session
let ben: Session

beforeEach(async () => {
  place = await town()
  adasDevice = place.device()
  bensDevice = place.device()
  ada = await adasDevice.api.createSession({ name: 'Ada' })
  write(ada, 'ada ')
})

afterEach(async () => {
  await place.leaveAll()
})

const write = (session: Session, words: string): void => session.doc.getText('main').insert(0, words)
const roles = (session: Session) =>
  Object.fromEntries(session.members.map(({ name, role }) => [name, role] as const))

async function meet(role: 'editor' | 'viewer'): Promise<string> {
  const { url } = await ada.invite({ role, uses: 5 })
  ben = await bensDevice.api.joinSession(url, { name: 'Ben' })
  await until('they are equal', () => ada.status.peers === 1 && textOf(ben) === 'ada ')
  return url
}

test.each(['editor', 'viewer'] as const)(
  'a session is handed over to an %s, who decides from then on',
  async (role) => {
    await meet(role)
    await ada.transfer(ben.me.device)
    await until('Ben owns it', () => ben.me.role === 'owner')
    expect([roles(ada), roles(ben)]).toEqual([
      { Ada: 'editor', Ben: 'owner' },
      { Ada: 'editor', Ben: 'owner' },
    ])
    await expect(ada.invite({ role: 'editor' })).rejects.toThrow(NotAllowed)
    const { url } = await ben.invite({ role: 'viewer' })
    const cyd = await place.device().api.joinSession(url, { name: 'Cyd' })
    expect(roles(cyd)).toEqual({ Ada: 'editor', Ben: 'owner', Cyd: 'viewer' })
    await ben.setRole(ada.me.device, 'viewer')
    await until('Ada may only view', () => !ada.canEdit)
    await ben.remove(ada.me.device)
    await until('Ada is out', () => ada.status.phase === 'ended')
    write(ben, 'ben ')
    await until('Cyd reads', () => textOf(cyd) === 'ben ada ')
  },
)

test('who was handed a session owns it after opening it again, and may hand it back', async () => {
  await meet('editor')
  await ada.transfer(ben.me.device)
  await until('Ben owns it', () => ben.me.role === 'owner')
  await ben.leave()
  const again = await bensDevice.api.openSession(ben.localId)
  await until('they are linked', () => again.status.peers === 1)
  await again.transfer(ada.me.device)
  await until('Ada owns it', () => ada.me.role === 'owner')
  await ada.pause(true)
  await until('Ada decides', () => again.isPaused)
  expect(again.me.role).toBe('editor')
})

test('links made before stay open, for the new owner too', async () => {
  const url = await meet('viewer')
  await ada.transfer(ben.me.device)
  await until('Ben owns it', () => ben.me.role === 'owner')
  expect(ben.invites.map((invite) => invite.role)).toEqual(['viewer'])
  await ada.leave()
  const cyd = await place.device().api.joinSession(url, { name: 'Cyd' })
  expect(textOf(cyd)).toBe('ada ')
})

test('only the owner hands over, and to nobody who is not in the session', async () => {
  await meet('editor')
  await expect(ben.transfer(ada.me.device)).rejects.toThrow(NotAllowed)
  await ada.remove(ben.me.device)
  await expect(ada.transfer(ben.me.device)).rejects.toThrow(NotAllowed)
})

test('after the end nobody is connected, nobody is let in, and each goes on alone', async () => {
  await meet('editor')
  write(ben, 'ben ')
  await until('they are equal', () => textOf(ada) === 'ben ada ')
  await ada.endForEveryone()
  await until('Ben knows', () => ben.status.problem?.kind === 'over')
  expect(ben.status).toMatchObject({ phase: 'offline', problem: { kind: 'over', by: 'Ada' }, peers: 0 })
  await until('nobody is linked', () => [ada, ben].every(({ peers }) => peers.length === 0))
  write(ben, 'alone ')
  write(ada, 'also ')
  expect([textOf(ada), textOf(ben)]).toEqual(['also ben ada ', 'alone ben ada '])
  expect([ada.status.unshared, ben.status.unshared]).toEqual([0, 0])
  expect(ada.invites).toEqual([])
  await expect(ada.invite({ role: 'editor' })).rejects.toThrow(NotAllowed)
  await ben.leave()
  const again = await bensDevice.api.openSession(ben.localId)
  expect(textOf(again)).toBe('alone ben ada ')
  expect(again.status).toMatchObject({ phase: 'offline', problem: { kind: 'over' } })
})

test('only the owner ends a session', async () => {
  await meet('editor')
  await expect(ben.endForEveryone()).rejects.toThrow(NotAllowed)
  expect(ben.status).toMatchObject({ phase: 'synced', peers: 1 })
})
