/** What starts, stops: after a session is left, no timer, socket, dial or channel of it is open. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSignalingServer } from '../../signaling/index.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { apiOver } from '../../src/session/api.ts'
import { SessionEnded } from '../../src/session/errors.ts'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { nodeDialer } from '../../src/transport/node-dialer.ts'
import { nodeSignaling } from '../../src/transport/node-websocket.ts'
import { counting, openIn } from './counting.ts'
import { type Town, textOf, town, until, wallClock } from './town.ts'

let place: Town

beforeEach(async () => {
  place = await town()
})

afterEach(async () => {
  await place.leaveAll()
})

function countedDevice() {
  const device = place.device()
  const { environment, count } = counting(device.environment)
  return { api: apiOver(async () => environment), count }
}

test('100 drafts made and left leave nothing behind', async () => {
  const { api, count } = countedDevice()
  for (let cycle = 0; cycle < 100; cycle++) {
    const session = await api.createSession({ name: 'Ada' })
    session.doc.getText('main').insert(0, 'x')
    await session.leave()
  }
  expect(count).toEqual({ timers: 0, sockets: 0, dials: 0, channels: 0, tried: 0 })
})

test('100 shared sessions made and left leave nothing behind', async () => {
  const { api, count } = countedDevice()
  for (let cycle = 0; cycle < 100; cycle++) {
    const session = await api.createSession({ name: 'Ada' })
    await session.invite({ role: 'editor' })
    if (cycle % 2 === 0) await until('signaling answers', () => session.status.phase === 'waiting')
    await session.leave()
  }
  await until('all is closed', () => openIn(count) === 0)
  expect(count.tried).toBe(100)
})

test('pairs that meet and part leave nothing behind, whoever leaves first', async () => {
  const [ada, ben] = [countedDevice(), countedDevice()]
  for (let cycle = 0; cycle < 10; cycle++) {
    const one = await ada.api.createSession({ name: 'Ada' })
    one.doc.getText('main').insert(0, 'hello')
    const invite = await one.invite({ role: 'editor' })
    const other = await ben.api.joinSession(invite.url, { name: 'Ben' })
    expect(textOf(other)).toBe('hello')
    const [first, second] = cycle % 2 === 0 ? [one, other] : [other, one]
    await first.leave()
    await second.leave()
  }
  await until('all is closed', () => openIn(ada.count) + openIn(ben.count) === 0)
  expect(place.network.links).toEqual([])
})

test('a session left in the middle of a handshake leaves no link behind', async () => {
  const [ada, ben] = [countedDevice(), countedDevice()]
  const one = await ada.api.createSession({ name: 'Ada' })
  const invite = await one.invite({ role: 'editor' })
  const knocking = ben.api.openInvitation(invite.url).catch(() => undefined)
  await until('a channel is open', () => ada.count.channels + ben.count.channels > 0)
  await one.leave()
  const invitation = await Promise.race([knocking, until('Ada is gone', () => openIn(ada.count) === 0)])
  if (invitation !== undefined) invitation.decline()
  await until('nothing of Ada is left', () => openIn(ada.count) === 0)
})

test('a newcomer whom two let in keeps one link to each and none at a door', async () => {
  const [ada, ben, cleo] = [countedDevice(), countedDevice(), countedDevice()]
  const one = await ada.api.createSession({ name: 'Ada' })
  const invite = await one.invite({ role: 'editor', uses: 5 })
  const two = await ben.api.joinSession(invite.url, { name: 'Ben' })
  const three = await cleo.api.joinSession(invite.url, { name: 'Cleo' })
  await until('all are linked', () => three.peers.length === 2 && two.peers.length === 2)
  await until('no other link is open', () => cleo.count.channels === 2)
  await Promise.all([one, two, three].map((session) => session.leave()))
  await until('all is closed', () => [ada, ben, cleo].every(({ count }) => openIn(count) === 0))
})

test('an invitation declined leaves nothing behind', async () => {
  const [ada, ben] = [countedDevice(), countedDevice()]
  const one = await ada.api.createSession({ name: 'Ada', title: 'kata' })
  const invite = await one.invite({ role: 'editor' })
  const invitation = await ben.api.openInvitation(invite.url)
  expect([invitation.inviter, invitation.title, invitation.role]).toEqual(['Ada', 'kata', 'editor'])
  invitation.decline()
  await until('all is closed', () => openIn(ben.count) === 0)
  expect(one.members.length).toBe(1)
})

test('leaving is idempotent and tells that it ended once', async () => {
  const session = await place.device().api.createSession({ name: 'Ada' })
  const reasons: string[] = []
  session.on('ended', ({ reason }) => reasons.push(reason))
  await Promise.all([session.leave(), session.leave()])
  await session.leave()
  expect(reasons).toEqual(['left'])
  expect(session.status.phase).toBe('ended')
})

test('whenSynced rejects with SessionEnded on leave', async () => {
  const session = await place.device().api.createSession({ name: 'Ada' })
  const synced = session.whenSynced
  await session.leave()
  await expect(synced).rejects.toThrow(SessionEnded)
})

test('a forgotten session is gone from the device, keys first', async () => {
  const { api } = place.device()
  const session = await api.createSession({ name: 'Ada' })
  session.doc.getText('main').insert(0, 'secret')
  await session.saved()
  await session.forget()
  expect(await api.listSessions()).toEqual([])
})

test('over real WebRTC and a real server too, nothing is left behind', async () => {
  const server = await createSignalingServer({ port: 0 }).listen()
  const signaling = `ws://localhost:${server.port}/signal`
  const crypto = await loadCrypto()
  const device = async () => {
    const { environment, count } = counting({
      ...place.device().environment,
      ...{ crypto, signaling, clock: wallClock },
      dialer: await nodeDialer(),
      connector: nodeSignaling(),
      store: createMemoryStore(),
    })
    return { api: apiOver(async () => environment), count }
  }
  const [ada, ben] = [await device(), await device()]
  for (let cycle = 0; cycle < 5; cycle++) {
    const one = await ada.api.createSession({ name: 'Ada' })
    const invite = await one.invite({ role: 'editor' })
    const other = await ben.api.joinSession(invite.url, { name: 'Ben' })
    await Promise.all([one.leave(), other.leave()])
  }
  await until('all is closed', () => openIn(ada.count) + openIn(ben.count) === 0)
  await server.close()
})
