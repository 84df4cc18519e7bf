/** A viewer who would like to edit raises a hand; the owner sees it and answers with a role. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NotAllowed } from '../../src/session/errors.ts'
import type { Session } from '../../src/session/public.ts'
import { type Town, textOf, town, until } from './town.ts'

let place: Town

beforeEach(async () => {
  place = await town()
})

afterEach(async () => {
  await place.leaveAll()
})

async function teacherAndViewer(): Promise<{ readonly ada: Session; readonly ben: Session }> {
  const ada = await place.device().api.createSession({ name: 'Ada' })
  const { url } = await ada.invite({ role: 'viewer' })
  const ben = await place.device().api.joinSession(url, { name: 'Ben' })
  await until('they are linked', () => [ada, ben].every(({ status }) => status.peers === 1))
  return { ada, ben }
}

const asking = (session: Session): readonly string[] =>
  session.members.flatMap(({ name, asksToEdit }) => (asksToEdit ? [name] : []))

test('a raised hand is seen by the owner and goes down once the role is given', async () => {
  const { ada, ben } = await teacherAndViewer()
  ben.askToEdit(true)
  expect(ben.me.asksToEdit).toBe(true)
  await until('Ada sees it', () => asking(ada).includes('Ben'))
  await ada.setRole(ben.me.device, 'editor')
  expect(asking(ada)).toEqual([])
  await until('Ben may edit', () => ben.canEdit)
  ben.doc.getText('main').insert(0, 'thanks')
  await until('Ada reads', () => textOf(ada) === 'thanks')
  await ada.setRole(ben.me.device, 'viewer')
  await until('Ben may only view again', () => !ben.canEdit)
  await until('nobody asks', () => asking(ada).length === 0 && asking(ben).length === 0)
})

test('a request is taken back', async () => {
  const { ada, ben } = await teacherAndViewer()
  ben.askToEdit(true)
  await until('Ada sees it', () => asking(ada).includes('Ben'))
  ben.askToEdit(false)
  await until('Ada sees it no more', () => asking(ada).length === 0)
  expect(ben.me.asksToEdit).toBe(false)
})

test('who may edit has nothing to ask for, and an asking hand gives no right', async () => {
  const { ada, ben } = await teacherAndViewer()
  expect(() => ada.askToEdit(true)).toThrow(NotAllowed)
  ben.askToEdit(true)
  expect(ben.canEdit).toBe(false)
  await expect(ben.setRole(ben.me.device, 'editor')).rejects.toThrow(NotAllowed)
})
