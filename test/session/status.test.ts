/** The status says what is so: from what others acknowledged and the disk confirmed, never from sockets. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { apiOver } from '../../src/session/api.ts'
import type { Phase, Session } from '../../src/session/public.ts'
import { createMemoryStore } from '../../src/storage/memory.ts'
import type { Store } from '../../src/storage/port.ts'
import { counting } from './counting.ts'
import { type Town, town, until } from './town.ts'

let place: Town

beforeEach(async () => {
  place = await town()
})

afterEach(async () => {
  await place.leaveAll()
})

/** A store that counts as a disk: without one the status speaks of nothing else. */
function disk(): Store {
  return { ...createMemoryStore(), kind: 'disk' }
}

function phasesOf(session: Session): Phase[] {
  const phases: Phase[] = [session.status.phase]
  session.on('status', ({ phase }) => {
    if (phases.at(-1) !== phase) phases.push(phase)
  })
  return phases
}

test('nothing is connected before invite, and a draft says that it is one', async () => {
  const device = place.device()
  const { environment, count } = counting(device.environment)
  const api = apiOver(async () => environment)
  const ada = await api.createSession({ name: 'Ada' })
  ada.doc.getText('main').insert(0, 'private')
  ada.setTitle('mine')
  ada.retry()
  await ada.saved()
  expect([ada.status.phase, count.tried]).toEqual(['draft', 0])
  await ada.invite({ role: 'editor' })
  expect(count.tried).toBe(1)
  await ada.leave()
})

test('goes from draft to waiting to synced, and tells each once', async () => {
  const ada = await place.device(disk()).api.createSession({ name: 'Ada' })
  const phases = phasesOf(ada)
  const invite = await ada.invite({ role: 'editor' })
  await until('Ada was told to wait', () => phases.includes('waiting'))
  await place.device().api.joinSession(invite.url, { name: 'Ben' })
  await until('Ada was told that all is synced', () => phases.includes('synced'))
  const [first, second] = phases
  expect([first, second, phases.at(-1)]).toEqual(['draft', 'waiting', 'synced'])
  expect(new Set(phases).size).toBe(phases.length)
})

test('is offline without server and people, and comes back by itself', async () => {
  const ada = await place.device(disk()).api.createSession({ name: 'Ada' })
  await ada.invite({ role: 'editor' })
  await until('Ada waits', () => ada.status.phase === 'waiting')
  place.relay.stop()
  await until('Ada is offline', () => ada.status.phase === 'offline')
  expect(ada.status.problem).toEqual({ kind: 'signaling-unreachable', host: 'town.example' })
  place.relay.start()
  await until('Ada waits again', () => ada.status.phase === 'waiting')
  expect(ada.status.problem).toBeUndefined()
})

test('stays synced with those who are linked when the server goes', async () => {
  const ada = await place.device(disk()).api.createSession({ name: 'Ada' })
  const invite = await ada.invite({ role: 'editor' })
  await place.device().api.joinSession(invite.url, { name: 'Ben' })
  place.relay.stop()
  await until('the server is missed', () => ada.status.problem?.kind === 'signaling-unreachable')
  expect([ada.status.phase, ada.status.peers]).toEqual(['synced', 1])
})

test('counts what nobody else holds, since when, and nothing once it is acknowledged', async () => {
  const ada = await place.device(disk()).api.createSession({ name: 'Ada' })
  const before = Date.now()
  ada.doc.getText('main').insert(0, 'mine')
  expect(ada.status.unshared).toBe(1)
  expect(ada.status.oldestUnsharedAt).toBeGreaterThanOrEqual(before)
  const invite = await ada.invite({ role: 'editor' })
  const ben = await place.device().api.joinSession(invite.url, { name: 'Ben' })
  await until('it is shared', () => ada.status.unshared === 0)
  expect(ada.status.oldestUnsharedAt).toBeUndefined()
  await ben.leave()
  await until('Ben is gone', () => ada.status.peers === 0)
  ada.doc.getText('main').insert(0, 'more ')
  expect(ada.status.unshared).toBe(1)
})

test('counts people, not tabs', async () => {
  const bens = place.device()
  const ada = await place.device(disk()).api.createSession({ name: 'Ada' })
  const invite = await ada.invite({ role: 'editor' })
  const ben = await bens.api.joinSession(invite.url, { name: 'Ben' })
  await ben.saved()
  await bens.api.openSession(ben.localId)
  await until('both tabs are linked', () => ada.peers.length === 2)
  expect(ada.status.peers).toBe(1)
  expect(ada.members.length).toBe(2)
})

test('is ended after a leave, and says nothing more', async () => {
  const ada = await place.device(disk()).api.createSession({ name: 'Ada' })
  const phases = phasesOf(ada)
  await ada.leave()
  ada.doc.getText('main').insert(0, 'into the void')
  expect(phases).toEqual(['draft', 'ended'])
})
