/** Deletions on their own: an entry that writes nothing and only takes away. */
import { afterEach, beforeEach, test } from 'vitest'
import { type Town, textOf, town, until } from './town.ts'

let place: Town

beforeEach(async () => {
  place = await town()
})

afterEach(async () => {
  await place.leaveAll()
})

test('a deletion of what was written long before is an entry, and the writer goes on after it', async () => {
  const ada = await place.device().api.createSession({ name: 'Ada' })
  const invite = await ada.invite({ role: 'editor' })
  const ben = await place.device().api.joinSession(invite.url, { name: 'Ben' })
  const text = ada.doc.getText('main')
  text.insert(0, 'one two three')
  await until('Ben sees it', () => textOf(ben) === 'one two three')
  text.delete(0, 4)
  await until('Ben sees the deletion', () => textOf(ben) === 'two three')
  text.insert(0, 'not ')
  await until('Ben sees what came after', () => textOf(ben) === 'not two three')
  ben.doc.getText('main').delete(0, 4)
  await until("Ada sees Ben's deletion", () => textOf(ada) === 'two three')
})
