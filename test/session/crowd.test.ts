import { afterEach, beforeEach, expect, test } from 'vitest'
import { MAX_LINKS } from '../../src/protocol/overlay.ts'
import type { Session } from '../../src/session/public.ts'
import { chanceFrom } from '../sim/chance.ts'
import { type Town, textOf, town, until } from './town.ts'
import { hereIn, virtualTown } from './virtual-town.ts'

let place: Town

beforeEach(async () => {
  place = await town()
})

afterEach(async () => {
  await place.leaveAll()
})

async function crowd(size: number): Promise<Session[]> {
  const ada = await place.device().api.createSession({ name: 'Ada' })
  const invite = await ada.invite({ role: 'editor', uses: size })
  const others: Session[] = []
  for (let n = 1; n < size; n++) {
    others.push(await place.device().api.joinSession(invite.url, { name: `Guest ${n}` }))
  }
  return [ada, ...others]
}

test('eight editors are all linked to each other, and see each other', async () => {
  const everybody = await crowd(8)
  await until('all are linked', () => everybody.every((one) => one.peers.length === 7))
  await until('all are seen', () =>
    everybody.every((one) => one.members.filter(({ here }) => here).length === 8),
  )
})

test('twenty editors keep a few links each, and everybody gets every letter', {
  timeout: 60_000,
}, async () => {
  const everybody = await crowd(20)
  await until('all are seen', () =>
    everybody.every((one) => one.members.filter(({ here }) => here).length === 20),
  )
  for (const [n, one] of everybody.entries()) one.doc.getText('main').insert(0, String.fromCharCode(65 + n))
  await until('all letters are everywhere', () => everybody.every((one) => textOf(one).length === 20))
  expect(new Set(everybody.map(textOf)).size).toBe(1)
  await until('everybody counts those they are not linked to', () =>
    everybody.every(({ status }) => status.phase === 'synced' && status.peers === 19),
  )
  const links = everybody.reduce((sum, one) => sum + one.peers.length, 0)
  expect(links / everybody.length).toBeLessThanOrEqual(MAX_LINKS)
})

test('people count once it is known what they hold: until then they are being connected to', async () => {
  const ada = await place.device().api.createSession({ name: 'Ada' })
  const invite = await ada.invite({ role: 'editor' })
  const seen = new Set<string>()
  ada.on('peers', () => {
    const { phase, peers, connectingTo } = ada.status
    if (ada.peers.length > 0) seen.add(`${phase} ${peers} ${connectingTo}`)
  })
  await place.device().api.joinSession(invite.url, { name: 'Ben' })
  await until('Ben counts', () => ada.status.peers === 1 && ada.status.phase === 'synced')
  expect([...seen][0]).toBe('connecting 0 Ben')
})

test('thirty-two who come over slow lines all see each other at once', { timeout: 120_000 }, async () => {
  const { below } = chanceFrom(2, 'lines')
  const place = await virtualTown(() => 10 + below(800))
  const ada = await place.settle().create('Ada')
  const { url } = await place.run(ada.invite({ role: 'editor', uses: 32 }))
  const joining: Promise<unknown>[] = []
  for (let n = 1; n < 32; n++) {
    joining.push(place.settle().join(url, `Guest ${n}`))
    await place.pass(900)
  }
  await Promise.all(joining)
  const all = (): boolean =>
    place.devices.every(({ session }) => session !== undefined && hereIn(session) === 32)
  await place.until('all see all', all, 10_000)
  await place.pass(60_000)
  expect(all()).toBe(true)
  await place.leaveAll()
})

/** Seven of twenty without whom the others still reach each other: whoever loses all links at once, and has no server, is alone. */
function thirdNobodyHangsBy(everybody: readonly Session[]): readonly Session[] {
  const meOf = (one: Session) => one.members.find(({ isMe }) => isMe)?.device
  for (let offset = 0; offset < everybody.length; offset++) {
    const turned = [...everybody.slice(offset), ...everybody.slice(0, offset)]
    const gone = turned.filter((_, index) => index % 3 === 1)
    const rest = new Map(turned.filter((one) => !gone.includes(one)).map((one) => [meOf(one), one]))
    const reached = new Set([...rest.keys()].slice(0, 1))
    for (const device of reached)
      for (const peer of rest.get(device)?.peers ?? []) if (rest.has(peer.device)) reached.add(peer.device)
    if (reached.size === rest.size) return gone
  }
  throw new Error('everybody hangs by somebody')
}

test('a third of twenty gone at once leaves the rest connected and equal, with the server gone', {
  timeout: 60_000,
}, async () => {
  const everybody = await crowd(20)
  await until('all are seen', () =>
    everybody.every((one) => one.members.filter(({ here }) => here).length === 20),
  )
  // who has just come hangs by one link, and with it and the server gone by none
  await until('all are held by the mesh', () => everybody.every(({ peers }) => peers.length >= 2))
  place.relay.stop()
  const gone = thirdNobodyHangsBy(everybody)
  const rest = everybody.filter((one) => !gone.includes(one))
  await Promise.all(gone.map((one) => one.leave()))
  await until('the gone are not shown', () =>
    rest.every((one) => one.members.filter(({ here }) => here).length === rest.length),
  )
  for (const one of rest) one.doc.getText('main').insert(0, 'x')
  await until('all letters are everywhere', () => rest.every((one) => textOf(one).length === rest.length))
})
