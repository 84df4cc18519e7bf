/** Who has a copy: everybody who was ever let in, the removed too, and when each was seen last. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Copy, Session } from '../../src/session/public.ts'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { type Town, town, until } from './town.ts'

let place: Town

beforeEach(async () => {
  place = await town()
})

afterEach(async () => {
  await place.leaveAll()
})

const copyOf = (session: Session, name: string): Copy | undefined =>
  session.copies.find((copy) => copy.name === name)

test('members and removed people are listed with when they were seen last, after a reload too', async () => {
  const device = place.device(createMemoryStore())
  const ada = await device.api.createSession({ name: 'Ada' })
  expect(ada.copies.map(({ name, isMe, here }) => [name, isMe, here])).toEqual([['Ada', true, true]])
  const { url } = await ada.invite({ role: 'editor', uses: 2 })
  const before = Date.now()
  const ben = await place.device().api.joinSession(url, { name: 'Ben' })
  await place.device().api.joinSession(url, { name: 'Cyd' })
  await until('all are here', () => ada.members.every(({ here }) => here) && ada.members.length === 3)
  await ada.remove(ben.me.device)
  await until('Ben is gone', () => copyOf(ada, 'Ben')?.here === false)
  expect(copyOf(ada, 'Ben')?.role).toBeUndefined()
  expect(copyOf(ada, 'Ben')?.lastSeenAt).toBeGreaterThanOrEqual(before)
  expect(copyOf(ada, 'Cyd')).toMatchObject({ role: 'editor', here: true })
  await ada.leave()
  const again = await device.api.openSession(ada.localId)
  expect(again.copies.map(({ name }) => name).sort()).toEqual(['Ada', 'Ben', 'Cyd'])
  expect(copyOf(again, 'Ben')?.lastSeenAt).toBeGreaterThanOrEqual(before)
})

test('who was let in by others while this device was away is listed as never seen here', async () => {
  const device = place.device()
  const ada = await device.api.createSession({ name: 'Ada' })
  const { url } = await ada.invite({ role: 'editor', uses: 2 })
  const ben = await place.device().api.joinSession(url, { name: 'Ben' })
  await until('both are here', () => ada.status.peers === 1 && ben.status.peers === 1)
  await ada.leave()
  const cyd = await place.device().api.joinSession(url, { name: 'Cyd' })
  await until('Cyd is here', () => cyd.status.peers === 1)
  await cyd.leave()
  const again = await device.api.openSession(ada.localId)
  await until('Ada knows', () => copyOf(again, 'Cyd') !== undefined)
  expect(copyOf(again, 'Cyd')).toMatchObject({ here: false, lastSeenAt: undefined })
})

test('leaving and erasing takes text and keys off the disk', async () => {
  const store = createMemoryStore()
  const device = place.device(store)
  const ada = await device.api.createSession({ name: 'Ada' })
  ada.doc.getText('main').insert(0, 'secret')
  await ada.leave()
  expect(await device.api.listSessions()).toHaveLength(1)
  const again = await device.api.openSession(ada.localId)
  await again.forget()
  expect(await device.api.listSessions()).toEqual([])
  expect(await store.open(ada.localId)).toBeUndefined()
})
