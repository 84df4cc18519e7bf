/** What the owner sees of the invites: which are open, who came by which, and who came by one that was used up. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { InviteUse, Session } from '../../src/session/public.ts'
import { type Device, type Town, town, until } from './town.ts'

let place: Town

beforeEach(async () => {
  place = await town()
})

afterEach(async () => {
  await place.leaveAll()
})

const told = (session: Session) =>
  session.inviteUses.map(({ role, state, usedBy }) => [role, state, usedBy.map(({ name }) => name)])

test('the owner sees each invite, who came by it, and what is still open', async () => {
  const ada = await place.device().api.createSession({ name: 'Ada' })
  const forOne = await ada.invite({ role: 'editor' })
  const forMany = await ada.invite({ role: 'viewer' })
  const ben = await place.device().api.joinSession(forOne.url, { name: 'Ben' })
  await place.device().api.joinSession(forMany.url, { name: 'Cyd' })
  await until('the names are here', () => ada.members.length === 3)
  expect(told(ada)).toEqual([
    ['viewer', 'open', ['Cyd']],
    ['editor', 'used-up', ['Ben']],
  ])
  await ada.revoke(forMany.id)
  expect(told(ada)[0]).toEqual(['viewer', 'revoked', ['Cyd']])
  expect(ben.inviteUses).toEqual([])
})

test('an open link stays one, and opens for editors, when somebody is raised', async () => {
  const ada = await place.device().api.createSession({ name: 'Ada' })
  const { url } = await ada.invite({ role: 'viewer' })
  const ben = await place.device().api.joinSession(url, { name: 'Ben' })
  await ada.setRole(ben.me.device, 'editor')
  await until('Ben may edit', () => ben.canEdit)
  expect(told(ada)).toEqual([['viewer', 'open', ['Ben']]])
  expect(ada.invites).toHaveLength(1)
  await ada.leave()
  const cyd = await place.device().api.joinSession(url, { name: 'Cyd' })
  expect(cyd.me.role).toBe('viewer')
})

test('two editors who let one in each by a link for one: both stay, and the owner is told', async () => {
  const devices: readonly Device[] = [place.device(), place.device(), place.device()]
  const [adas, bens, cyds] = devices as [Device, Device, Device]
  const ada = await adas.api.createSession({ name: 'Ada' })
  const { url: both } = await ada.invite({ role: 'editor', uses: 2 })
  const ben = await bens.api.joinSession(both, { name: 'Ben' })
  const cyd = await cyds.api.joinSession(both, { name: 'Cyd' })
  const { url } = await ada.invite({ role: 'editor', uses: 1 })
  await until('all know the link', () => [ben, cyd].every(({ status }) => status.peers === 2))
  await ada.saved().catch(() => undefined)
  await Promise.all([ada.leave(), cyd.leave()])
  const dora = await place.device().api.joinSession(url, { name: 'Dora' }) // Ben lets her in
  await Promise.all([dora.leave(), ben.leave()])
  const cydAgain = await cyds.api.openSession(cyd.localId) // who knows nothing of it
  const eve = await place.device().api.joinSession(url, { name: 'Eve' })
  const adaAgain = await adas.api.openSession(ada.localId)
  const overused: InviteUse[] = []
  adaAgain.on('overused', (use) => overused.push(use))
  await bens.api.openSession(ben.localId)
  await until('Ada is told', () => overused.length === 1)
  expect(overused[0]).toMatchObject({ uses: 1, state: 'used-up' })
  expect(overused[0]?.usedBy.map(({ name }) => name).sort()).toEqual(['Dora', 'Eve'])
  const names = ['Ada', 'Ben', 'Cyd', 'Dora', 'Eve']
  for (const session of [adaAgain, cydAgain, eve])
    await until('all are members', () => session.members.length === names.length)
  expect(adaAgain.members.map(({ name }) => name).sort()).toEqual(names)
})
