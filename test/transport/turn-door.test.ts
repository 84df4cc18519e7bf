/** The door of who hides their address leads to TURN servers over UDP, for one client, and nowhere else. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as passing } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { nodeDialer } from '../../src/transport/node-dialer.ts'
import type { DialFailure } from '../../src/transport/port.ts'
import { LOOPBACK, TurnDoor } from '../../src/transport/turn-door.ts'

const sockets: Socket[] = []
const doors: TurnDoor[] = []

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close()
  for (const door of doors.splice(0)) door.close()
})

async function socket(): Promise<Socket> {
  const opened = createSocket('udp4')
  sockets.push(opened)
  opened.bind(0, LOOPBACK)
  await once(opened, 'listening')
  return opened
}

async function doorTo(...urls: readonly string[]): Promise<TurnDoor> {
  const door = await TurnDoor.open([{ urls, username: 'ada', credential: 'secret' }])
  doors.push(door)
  return door
}

function portIn({ iceServers }: TurnDoor): number {
  return Number(iceServers[0]?.urls[0]?.split(':').at(-1))
}

async function next(from: Socket): Promise<{ text: string; port: number }> {
  const [datagram, { port }] = await once(from, 'message')
  return { text: String(datagram), port }
}

test('what is sent to it reaches the server, and what the server answers comes back', async () => {
  const [server, client] = [await socket(), await socket()]
  const door = await doorTo(`turn:${LOOPBACK}:${server.address().port}?transport=udp`)
  expect(door.iceServers).toMatchObject([{ username: 'ada', credential: 'secret' }])
  client.send('allocate', portIn(door), LOOPBACK)
  const asked = await next(server)
  expect(asked.text).toBe('allocate')
  server.send('allocated', asked.port, LOOPBACK)
  expect(await next(client)).toEqual({ text: 'allocated', port: portIn(door) })
})

test('nobody but its first client goes through it, and nobody but the server answers', async () => {
  const [server, client, other] = [await socket(), await socket(), await socket()]
  const door = await doorTo(`turn:localhost:${server.address().port}`)
  client.send('mine', portIn(door), LOOPBACK)
  const { port } = await next(server)
  const heard: string[] = []
  for (const one of [server, client]) one.on('message', (datagram) => heard.push(String(datagram)))
  other.send('of somebody else', portIn(door), LOOPBACK)
  other.send('of no server', port, LOOPBACK)
  await passing(100)
  client.send('mine again', portIn(door), LOOPBACK)
  await next(server)
  expect(heard).toEqual(['mine again'])
})

test.each([
  ['STUN', 'stun:127.0.0.1:3478'],
  ['TURN over TCP', 'turn:127.0.0.1:3478?transport=tcp'],
  ['TURN over TLS', 'turns:127.0.0.1:5349'],
  ['a name that nobody has', 'turn:nobody.invalid:3478'],
])('it does not lead to %s', async (_what, url) => {
  expect((await doorTo(url)).iceServers).toEqual([])
})

test.each(['at once', 'after an abort'])(
  'a hidden dial that has no TURN server fails once, %s',
  async (when) => {
    const failures: DialFailure[] = []
    const dial = (await nodeDialer()).dial({
      initiator: true,
      relayOnly: true,
      iceServers: [{ urls: ['stun:127.0.0.1:3478'] }],
      onSignal: () => failures.push('refused-description'), // it has nothing to say
      onOpen: () => failures.push('webrtc-blocked'),
      onFailed: (failure) => failures.push(failure),
    })
    if (when === 'after an abort') dial.abort()
    await passing(100)
    expect(failures).toEqual([when === 'at once' ? 'no-route' : 'aborted'])
  },
)
