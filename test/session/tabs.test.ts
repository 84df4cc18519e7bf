import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Town, textOf, town, until } from './town.ts'

let place: Town

beforeEach(async () => {
  place = await town()
})

afterEach(async () => {
  await place.leaveAll()
})

test('a draft in two tabs is one text, with nothing connected', async () => {
  const browser = place.device()
  const first = await browser.api.createSession({ name: 'Ada' })
  first.doc.getText('main').insert(0, 'one')
  await first.saved()
  const second = await browser.api.openSession(first.localId)
  second.doc.getText('main').insert(3, ' two')
  await until('the first tab shows it', () => textOf(first) === 'one two')
  first.doc.getText('main').insert(0, '> ')
  await until('the second tab shows it', () => textOf(second) === '> one two')
  expect([first.status.phase, second.status.phase]).toEqual(['draft', 'draft'])
  expect(place.heard).toEqual([])
})

test('two tabs are one person, and no news to oneself', async () => {
  const browser = place.device()
  const first = await browser.api.createSession({ name: 'Ada' })
  const arrivals: string[] = []
  first.on('arrived', ({ member }) => arrivals.push(member.name))
  first.doc.getText('main').insert(0, 'one')
  await first.saved()
  const second = await browser.api.openSession(first.localId)
  await until('they are linked', () => first.peers.length === 1)
  expect([first.members.length, first.status.peers]).toEqual([1, 0])
  await second.leave()
  await until('it is gone', () => first.peers.length === 0)
  expect(arrivals).toEqual([])
})

test('a draft shared in one tab is live in the other too', async () => {
  const browser = place.device()
  const first = await browser.api.createSession({ name: 'Ada' })
  first.doc.getText('main').insert(0, 'one')
  await first.saved()
  const second = await browser.api.openSession(first.localId)
  await until('they are linked', () => first.peers.length === 1)
  const invite = await first.invite({ role: 'editor' })
  await until('the second tab is live', () => second.status.phase !== 'draft')
  const ben = await place.device().api.joinSession(invite.url, { name: 'Ben' })
  await first.leave()
  second.doc.getText('main').insert(3, ' two')
  await until('Ben sees it', () => textOf(ben) === 'one two')
})
