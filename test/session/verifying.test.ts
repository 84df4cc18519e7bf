/** Comparing emoji: the same on both screens, remembered by whoever said so, and never twice on one link. */
import { afterEach, expect, test } from 'vitest'
import type { Comparison, Session } from '../../src/session/public.ts'
import { town, until } from './town.ts'

const here = await town()
afterEach(() => here.leaveAll())

const namesOf = ({ emoji }: Comparison): string[] => emoji.map(({ name }) => name)

async function pair(name = 'Ben') {
  const adasDevice = here.device()
  const ada = await adasDevice.api.createSession({ name: 'Ada' })
  const { url } = await ada.invite({ role: 'editor', uses: 5 })
  const ben = await here.device().api.joinSession(url, { name })
  await Promise.all([ada.whenSynced, ben.whenSynced])
  return { ada, ben, url, adasDevice }
}

const memberOf = (session: Session, other: Session) =>
  session.members.find(({ device }) => device === other.me.device)

function comparingOn(session: Session): Promise<Comparison> {
  return new Promise((resolve) => session.on('comparing', resolve))
}

function comparedOn(session: Session): Promise<string> {
  return new Promise((resolve) => session.on('compared', ({ outcome }) => resolve(outcome)))
}

test('both screens show the same seven, and each marks the other only after its own person said so', async () => {
  const { ada, ben } = await pair()
  const onBens = comparingOn(ben)
  const [hers, his] = [await ada.verify(ben.me.device), await onBens]
  expect(namesOf(hers)).toHaveLength(7)
  expect(namesOf(his)).toEqual(namesOf(hers))
  expect([hers.member.name, his.member.name]).toEqual(['Ben', 'Ada'])
  hers.answer(true)
  expect([memberOf(ada, ben)?.verified, memberOf(ben, ada)?.verified]).toEqual([true, false])
  expect(ada.peers.map(({ verified }) => verified)).toEqual([true])
  his.answer(true)
  expect(memberOf(ben, ada)?.verified).toBe(true)
})

test('who begins at the same moment on both sides sees one comparison', async () => {
  const { ada, ben } = await pair()
  const [hers, his] = await Promise.all([ada.verify(ben.me.device), ben.verify(ada.me.device)])
  expect(namesOf(his)).toEqual(namesOf(hers))
  expect(namesOf(await ada.verify(ben.me.device))).toEqual(namesOf(hers))
})

test('what one calls different is verified on neither, and is not tried again on this link', async () => {
  const { ada, ben } = await pair()
  const onBens = comparingOn(ben)
  const hers = await ada.verify(ben.me.device)
  const his = await onBens
  hers.answer(true)
  expect(memberOf(ada, ben)?.verified).toBe(true)
  const told = comparedOn(ada)
  his.answer(false)
  expect(await told).toBe('differs')
  expect([memberOf(ada, ben)?.verified, memberOf(ben, ada)?.verified]).toEqual([false, false])
  hers.answer(true)
  expect(memberOf(ada, ben)?.verified).toBe(false)
  await expect(ada.verify(ben.me.device)).rejects.toThrow('not compared again')
  await expect(ben.verify(ada.me.device)).rejects.toThrow('not compared again')
})

test('it is remembered on this device', async () => {
  const { ada, ben, adasDevice } = await pair()
  ;(await ada.verify(ben.me.device)).answer(true)
  await ada.saved()
  await ada.leave()
  const again = await adasDevice.api.openSession(ada.localId)
  expect(memberOf(again, ben)?.verified).toBe(true)
})

test('somebody of a verified name on another device is a warning, until they are verified or called otherwise', async () => {
  const { ada, ben, url } = await pair()
  ;(await ada.verify(ben.me.device)).answer(true)
  const other = await here.device().api.joinSession(url, { name: 'ＢＥＮ ' })
  await until('Ada is warned', () => ada.status.problem?.kind === 'namesake')
  expect(ada.status.problem).toMatchObject({ device: other.me.device })
  other.setProfile({ name: 'Zoe' })
  await until('the warning is gone', () => ada.status.problem?.kind !== 'namesake')
  other.setProfile({ name: 'Ben' })
  await until('Ada is warned again', () => ada.status.problem?.kind === 'namesake')
  ;(await ada.verify(other.me.device)).answer(true)
  await until('the warning is gone for good', () => ada.status.problem?.kind !== 'namesake')
})

test('somebody of that name who was there before nobody was verified is no warning', async () => {
  const { ada, url } = await pair()
  await here.device().api.joinSession(url, { name: 'Ben' })
  await until('all three are there', () => ada.status.peers === 2)
  expect(ada.status.problem).not.toMatchObject({ kind: 'namesake' })
})

test('with somebody who is not linked, or oneself, nothing can be compared', async () => {
  const { ada, ben } = await pair()
  await expect(ada.verify(ada.me.device)).rejects.toThrow('no direct connection')
  await ben.leave()
  await until('Ben is gone', () => ada.peers.length === 0)
  await expect(ada.verify(ben.me.device)).rejects.toThrow('no direct connection to Ben')
})

test('a comparison that was on screen when the link went is told as broken off', async () => {
  const { ada, ben } = await pair()
  await ada.verify(ben.me.device)
  const told = comparedOn(ada)
  await ben.leave()
  expect(await told).toBe('broken-off')
  expect(memberOf(ada, ben)?.verified).toBe(false)
})
