import { afterEach, beforeEach, expect, test } from 'vitest'
import { Doc } from 'yjs'
import type { LiveSession } from '../../src/session/live-session.ts'
import { type Town, textOf, town, until } from './town.ts'

let place: Town

beforeEach(async () => {
  place = await town()
})

afterEach(async () => {
  await place.leaveAll()
})

test('a keystroke on one device reaches the other, both ways', async () => {
  const ada = await place.device().api.createSession({ name: 'Ada', title: 'kata' })
  ada.doc.getText('main').insert(0, 'hello')
  const invite = await ada.invite({ role: 'editor' })
  const ben = await place.device().api.joinSession(invite.url, { name: 'Ben' })
  expect(textOf(ben)).toBe('hello')
  expect(ben.title).toBe('kata')
  ben.doc.getText('main').insert(5, ' world')
  await until('Ada sees it', () => textOf(ada) === 'hello world')
  ada.doc.getText('main').insert(0, '> ')
  await until('Ben sees it', () => textOf(ben) === '> hello world')
  await until('all is shared', () => ada.status.unshared === 0 && ben.status.unshared === 0)
  expect(ada.status.phase).toBe('synced')
})

test('text typed before the session began reaches whoever joins', async () => {
  const doc = new Doc()
  doc.getText('main').insert(0, 'typed before')
  const ada = await place.device().api.createSession({ name: 'Ada', doc })
  const invite = await ada.invite({ role: 'editor' })
  const ben = await place.device().api.joinSession(invite.url, { name: 'Ben' })
  expect(textOf(ben)).toBe('typed before')
  ada.doc.getText('main').insert(0, 'not ')
  await until('Ben sees it', () => textOf(ben) === 'not typed before')
})

test("a viewer's edit never reaches anybody", async () => {
  const ada = await place.device().api.createSession({ name: 'Ada' })
  ada.doc.getText('main').insert(0, 'read me')
  const invite = await ada.invite({ role: 'viewer' })
  const eve = await place.device().api.joinSession(invite.url, { name: 'Eve' })
  expect(eve.canEdit).toBe(false)
  eve.doc.getText('main').insert(0, 'graffiti ')
  ada.doc.getText('main').insert(7, '!')
  await until('Eve sees it', () => textOf(eve) === 'read me!')
  expect(textOf(ada)).toBe('read me!')
})

test('both go on when the server is gone, and a third finds them when it is back', async () => {
  const ada = await place.device().api.createSession({ name: 'Ada' })
  const invite = await ada.invite({ role: 'editor', uses: 2 })
  const ben = await place.device().api.joinSession(invite.url, { name: 'Ben' })
  place.relay.stop()
  ben.doc.getText('main').insert(0, 'offline')
  await until('Ada sees it', () => textOf(ada) === 'offline')
  place.relay.start()
  ada.retry()
  const cleo = await place.device().api.joinSession(invite.url, { name: 'Cleo' })
  expect(textOf(cleo)).toBe('offline')
  await until('Cleo and Ben are linked', () => cleo.peers.length === 2 && ben.peers.length === 2)
  cleo.doc.getText('main').insert(7, '!')
  await until('Ben sees it', () => textOf(ben) === 'offline!')
})

test('both edit offline, open again, and find both texts merged', async () => {
  const adasDevice = place.device()
  const bensDevice = place.device()
  const ada = await adasDevice.api.createSession({ name: 'Ada' })
  ada.doc.getText('main').insert(0, 'middle')
  const invite = await ada.invite({ role: 'editor' })
  const ben = await bensDevice.api.joinSession(invite.url, { name: 'Ben' })
  await until('Ben holds it', () => ada.status.unshared === 0)
  place.relay.stop()
  for (const link of place.network.links) link.cut()
  ada.doc.getText('main').insert(0, 'start ')
  ben.doc.getText('main').insert(6, ' end')
  await ada.leave()
  await ben.leave()
  const adaAgain = await adasDevice.api.openSession(ada.localId)
  const benAgain = await bensDevice.api.openSession(ben.localId)
  expect([textOf(adaAgain), textOf(benAgain)]).toEqual(['start middle', 'middle end'])
  expect(adaAgain.status.unshared).toBe(1)
  adaAgain.doc.getText('main').insert(0, '> ')
  place.relay.start()
  adaAgain.retry()
  benAgain.retry()
  await until(
    'both are merged',
    () => textOf(adaAgain) === '> start middle end' && textOf(benAgain) === '> start middle end',
  )
  await until('all is shared', () => adaAgain.status.unshared === 0 && benAgain.status.unshared === 0)
})

test('a newcomer who lacks entries that are no longer in memory gets a checkpoint', async () => {
  const ada = await place.device().api.createSession({ name: 'Ada' })
  const text = ada.doc.getText('main')
  for (let block = 0; block < 8; block++) text.insert(0, String(block).repeat(100_000))
  const invite = await ada.invite({ role: 'editor', uses: 2 })
  const ben = await place.device().api.joinSession(invite.url, { name: 'Ben' })
  expect(textOf(ben)).toBe(textOf(ada))
})

test('a newcomer is introduced to everybody through the links, with the server gone', async () => {
  const ada = await place.device().api.createSession({ name: 'Ada' })
  const invite = await ada.invite({ role: 'editor', uses: 4 })
  const ben = await place.device().api.joinSession(invite.url, { name: 'Ben' })
  const card = await place.device().api.openInvitation(invite.url)
  place.relay.stop()
  const cleo = await card.join({ name: 'Cleo' })
  await until('Cleo and Ben are linked', () => cleo.peers.length === 2 && ben.peers.length === 2)
  cleo.doc.getText('main').insert(0, 'hi')
  await until('Ben sees it', () => textOf(ben) === 'hi')
  await cleo.leave()
})

test('a cut link between two of three comes back through the third, with the server gone', async () => {
  const ada = await place.device().api.createSession({ name: 'Ada' })
  const invite = await ada.invite({ role: 'editor', uses: 4 })
  const ben = await place.device().api.joinSession(invite.url, { name: 'Ben' })
  const cleo = await place.device().api.joinSession(invite.url, { name: 'Cleo' })
  const all = [ada, ben, cleo]
  await until('all are linked', () => all.every((session) => session.peers.length === 2))
  place.relay.stop()
  const [cut] = place.network.links
  cut?.cut()
  await until('it is gone', () => place.network.links.every((link) => link !== cut))
  await until('all are linked again', () => all.every((session) => session.peers.length === 2))
})

test('a large text from before the session is there after a reload, and for whoever joins then', async () => {
  const device = place.device()
  const doc = new Doc()
  doc.getText('main').insert(0, 'line\n'.repeat(80_000))
  const ada = await device.api.createSession({ name: 'Ada', doc })
  ada.doc.getText('main').insert(0, '> ')
  await ada.saved()
  await ada.leave()
  const again = await device.api.openSession(ada.localId)
  expect(textOf(again)).toBe(`> ${'line\n'.repeat(80_000)}`)
  const invite = await again.invite({ role: 'editor' })
  const ben = await place.device().api.joinSession(invite.url, { name: 'Ben' })
  expect(textOf(ben)).toBe(textOf(again))
})

test('whoever leaves at once after reading has said that it holds what it read', async () => {
  const ada = await place.device().api.createSession({ name: 'Ada' })
  const invite = await ada.invite({ role: 'editor' })
  const ben = await place.device().api.joinSession(invite.url, { name: 'Ben' })
  await until('the join is settled', () => ben.status.unshared === 0 && ada.status.unshared === 0)
  for (const letter of 'abcdef') {
    ben.doc.getText('main').insert(0, letter)
    await until('Ada reads it', () => textOf(ada).startsWith(letter))
  }
  await ada.leave()
  await until('Ben is alone', () => ben.peers.length === 0)
  expect(ben.status.unshared).toBe(0)
})

test('what the newest base on disk covers is still there after a checkpoint that does not cover it was taken', async () => {
  const adasDevice = place.device()
  const ada = (await adasDevice.api.createSession({ name: 'Ada' })) as LiveSession
  ada.doc.getText('main').insert(0, '.'.repeat(200_000))
  const invite = await ada.invite({ role: 'editor' })
  const ben = (await place.device().api.joinSession(invite.url, { name: 'Ben' })) as LiveSession
  await until(
    'both are settled',
    () => ada.status.unshared === 0 && ben.replica.mayTrim && ada.replica.mayTrim,
  )
  ada.replica.checkpoints.make()
  await until('Ben holds it', () => ben.replica.log.applied.length === ada.replica.log.applied.length)
  place.relay.stop()
  for (const link of place.network.links) link.cut()
  ada.doc.getText('main').insert(0, 'ada')
  ada.replica.checkpoints.make()
  for (const text of ['ben', 'BEN']) {
    ben.doc.getText('main').insert(1, text)
    ben.replica.checkpoints.make()
  }
  place.relay.start()
  ada.retry()
  ben.retry()
  await until('both are merged', () => textOf(ada) === textOf(ben) && textOf(ada).length === 200_009)
  await ada.saved()
  await ada.leave()
  await ben.leave()
  expect(textOf(await adasDevice.api.openSession(ada.localId))).toBe(textOf(ada))
})
