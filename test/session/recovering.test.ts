/** The owner's key on paper: what it brings back, to whom, and when it signs nothing. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NotCompared, PhraseMalformed, PhraseMismatch } from '../../src/session/errors.ts'
import type { Session } from '../../src/session/public.ts'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { type Device, type Town, town, until } from './town.ts'

let place: Town
let ada: Session
let ben: Session
let bensDevice: Device

beforeEach(async () => {
  place = await town()
  ada = await place.device().api.createSession({ name: 'Ada' })
  ada.doc.getText('main').insert(0, 'text')
})
afterEach(() => place.leaveAll())

async function meet(role: 'editor' | 'viewer'): Promise<string> {
  const { url } = await ada.invite({ role, uses: 5 })
  bensDevice = place.device(createMemoryStore())
  ben = await bensDevice.api.joinSession(url, { name: 'Ben' })
  await until('they are equal', () => ada.status.peers === 1 && ben.status.phase === 'synced')
  return url
}

test.each(['editor', 'viewer'] as const)(
  'with the phrase an %s owns the session when the owner is gone for good, and decides in it',
  async (role) => {
    const url = await meet(role)
    const phrase = ada.recoveryPhrase()
    const cyd = await place.device().api.joinSession(url, { name: 'Cyd' })
    await until('Cyd is linked', () => ben.status.peers === 2)
    await ada.forget()
    await until('Ada is gone', () => ben.status.peers === 1)
    await ben.takeOver(phrase.toUpperCase())
    await until('all know', () =>
      cyd.members.some(({ name, role: one }) => name === 'Ben' && one === 'owner'),
    )
    await ben.remove(ada.me.device)
    const { url: fresh } = await ben.invite({ role: 'editor' })
    const dan = await place.device().api.joinSession(fresh, { name: 'Dan' })
    expect(dan.doc.getText('main').toString()).toBe('text')
    expect(dan.members.map(({ name }) => name).sort()).toEqual(['Ben', 'Cyd', 'Dan'])
  },
)

test('nothing is signed before another member was compared with', async () => {
  await meet('editor')
  const phrase = ada.recoveryPhrase()
  await ada.leave()
  await until('Ben is alone', () => ben.status.peers === 0)
  await expect(ben.takeOver(phrase)).rejects.toBeInstanceOf(NotCompared)
  expect(ben.me.role).toBe('editor')
  const again = await bensDevice.api.openSession(ben.localId)
  await expect(again.takeOver(phrase)).rejects.toBeInstanceOf(NotCompared)
})

test('a phrase of another session, of before a handover, or with a slip changes nothing', async () => {
  await meet('editor')
  const phrase = ada.recoveryPhrase()
  const other = await place.device().api.createSession({ name: 'Zoe' })
  await expect(ben.takeOver(other.recoveryPhrase())).rejects.toBeInstanceOf(PhraseMismatch)
  await expect(ben.takeOver(`${phrase} walrus`)).rejects.toBeInstanceOf(PhraseMalformed)
  await ada.transfer(ben.me.device)
  await until('Ben owns it', () => ben.me.role === 'owner')
  await expect(ada.takeOver(phrase)).rejects.toBeInstanceOf(PhraseMismatch)
  expect(() => ada.recoveryPhrase()).toThrow('Only the owner')
})

test('after a handover the new owner has a phrase of its own, and the old owner can come back with it', async () => {
  await meet('editor')
  await ada.transfer(ben.me.device)
  await until('Ben owns it', () => ben.me.role === 'owner')
  await until('they are equal', () => ada.status.phase === 'synced')
  await ada.takeOver(ben.recoveryPhrase())
  await until('Ada owns it', () => ada.me.role === 'owner')
  await until('Ben knows', () => ben.me.role === 'editor')
})

test('on the device that owns the session the phrase changes nothing', async () => {
  await ada.takeOver(ada.recoveryPhrase())
  expect(ada.me.role).toBe('owner')
})
