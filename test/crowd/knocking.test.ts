/** Knocking at a session where several may open the door. */
import { expect, test } from 'vitest'
import { textOf, town, until } from '../session/town.ts'

test('a join goes on when somebody else who had answered the knock goes away', async () => {
  const place = await town()
  const ada = await place.device().api.createSession({ name: 'Ada' })
  ada.doc.getText('main').insert(0, 'ours')
  const { url } = await ada.invite({ role: 'editor', uses: 3 })
  const ben = await place.device().api.joinSession(url, { name: 'Ben' })
  await until('both may let in', () => ben.peers.length === 1)
  const card = await place.device().api.openInvitation(url)
  const other = card.inviter === 'Ada' ? ben : ada
  await other.leave()
  const session = await card.join({ name: 'Cleo' })
  expect(textOf(session)).toBe('ours')
  await place.leaveAll()
  await session.leave()
})
