/** The server on real sockets: bad clients cost themselves, honest ones get in meanwhile, the end is polite. */
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { RelayEvent } from '../../signaling/relay-state.ts'
import {
  createSignalingServer,
  type RunningServer,
  type SignalingServerOptions,
} from '../../signaling/server.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { nodeSignaling } from '../../src/transport/node-websocket.ts'
import { MAX_SIGNAL_MESSAGE_BYTES, MAX_SOCKETS_PER_ADDRESS } from '../../src/wire/limits.ts'
import { SignalingClient } from '../contract/signaling-client.ts'

const crypto = await loadCrypto()
let server: RunningServer
let url: string
const events: RelayEvent[] = []

async function start(options: SignalingServerOptions = {}): Promise<void> {
  server = await createSignalingServer({ port: 0, log: (event) => events.push(event), ...options }).listen()
  url = `ws://localhost:${server.port}/signal`
}

beforeEach(async () => {
  events.length = 0
  await start()
})

afterEach(() => server.close())

async function honestJoin(): Promise<void> {
  const client = new SignalingClient(nodeSignaling(), url)
  await client.join(crypto, crypto.signKeys())
  client.close()
}

/** @param from of 127.0.0.0/8, all of which is this machine */
function openSocket(from?: string): WebSocket {
  const socket = new WebSocket(
    url.replace('localhost', '127.0.0.1'),
    from === undefined ? {} : { localAddress: from },
  )
  socket.on('error', () => {})
  return socket
}

function whenClosed(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.once('close', resolve))
}

function firstMessage(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => socket.once('message', () => resolve()))
}

/** Sends raw text over TCP and resolves with all that came back when the server closed. */
function rawExchange(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(server.port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

describe('bad clients', () => {
  const frames: readonly (readonly [string, string | Uint8Array, number])[] = [
    ['an opening brace as text', '{', 1008],
    ['null as text', 'null', 1008],
    ['JSON as text', '{"type":"subscribe","topics":["x"]}', 1008],
    ['an opening brace', new TextEncoder().encode('{'), 1008],
    ['nothing', new Uint8Array(0), 1008],
    ['a kind nobody knows', Uint8Array.of(1, 99), 1008],
    ['the longest message', new Uint8Array(MAX_SIGNAL_MESSAGE_BYTES), 1008],
    ['a message of 1 MB', new Uint8Array(1_000_000), 1009],
  ]

  test.each(frames)(
    '%s closes the socket that sent it, and an honest join goes on',
    async (_name, frame, code) => {
      const socket = openSocket()
      await firstMessage(socket)
      socket.send(frame)
      expect(await whenClosed(socket)).toBe(code)
      await honestJoin()
    },
  )

  test('bytes that are no HTTP and no WebSocket frame end one connection', async () => {
    expect(await rawExchange('\x00\x01\x02 nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/)
    const upgrade = 'GET /signal HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n'
    expect(await rawExchange(`${upgrade}\r\n`)).toMatch(/^HTTP\/1\.1 400/)
    const whole = `${upgrade}sec-websocket-version: 13\r\nsec-websocket-key: ${'A'.repeat(22)}==\r\n\r\n\xff\xff\xff\xff`
    expect(await rawExchange(whole)).toMatch(/^HTTP\/1\.1 101/)
    await honestJoin()
  })

  test('an upgrade anywhere else is not found', async () => {
    const upgrade = 'GET /other HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'
    expect(await rawExchange(upgrade)).toMatch(/^HTTP\/1\.1 404/)
  })

  test('1,000 sockets from one address hold no more than its share, and an honest join goes on', async () => {
    const crowd = Array.from({ length: 1_000 }, () => openSocket('127.0.0.2'))
    const outcomes = await Promise.all(
      crowd.map((socket) => Promise.race([firstMessage(socket).then(() => 'in'), whenClosed(socket)])),
    )
    expect(outcomes.filter((outcome) => outcome === 'in')).toHaveLength(MAX_SOCKETS_PER_ADDRESS)
    expect(outcomes.filter((outcome) => outcome === 1013)).toHaveLength(1_000 - MAX_SOCKETS_PER_ADDRESS)
    await honestJoin()
    for (const socket of crowd) socket.terminate()
  })

  test('hundreds of requests whose headers never end keep nobody out', async () => {
    const slow = Array.from({ length: 300 }, () =>
      connect(server.port, '127.0.0.1', function (this: Socket) {
        this.write('GET / HTTP/1.1\r\nx-slow: ')
      }).on('error', () => {}),
    )
    await Promise.all(slow.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    await honestJoin()
    for (const socket of slow) socket.destroy()
  })
})

describe('the server', () => {
  test('its health says how many sockets and topics there are', async () => {
    const client = new SignalingClient(nodeSignaling(), url)
    await client.join(crypto, crypto.signKeys())
    const answer = await fetch(`http://localhost:${server.port}/health`)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(await answer.json()).toMatchObject({ ok: true, uptime: expect.any(Number), sockets: 1, topics: 1 })
  })

  test('it listens on both loopback addresses by default', async () => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/health`)
    expect([answer.status, server.url]).toEqual([200, `http://localhost:${server.port}`])
  })

  test('a port in use is an error that says so', async () => {
    await expect(createSignalingServer({ port: server.port }).listen()).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
  })

  test('its challenge names the public origin, and loopback where it was asked by that name', async () => {
    await server.close()
    await start({ publicUrl: 'https://pair.example.org/app' })
    const byName = new WebSocket(url, { headers: { host: 'stranger.example' } })
    const challenge = await new Promise<Buffer>((resolve) => byName.once('message', resolve))
    expect(challenge.toString('utf8')).toContain('https://pair.example.org')
    const local = new SignalingClient(nodeSignaling(), url)
    expect((await local.next('challenge')).origin).toBe(`http://localhost:${server.port}`)
    byName.terminate()
  })

  test('behind a proxy the last hop counts as the address, otherwise the header does not', async () => {
    for (const [trustProxy, expected] of [
      [true, 0],
      [false, 1],
    ] as const) {
      await server.close()
      events.length = 0
      await start({ trustProxy })
      const crowd = Array.from({ length: MAX_SOCKETS_PER_ADDRESS + 1 }, (_, index) => {
        const headers = { 'x-forwarded-for': `203.0.113.1, 198.51.${index >> 8}.${index & 255}` }
        return new WebSocket(url.replace('localhost', '127.0.0.1'), { headers }).on('error', () => {})
      })
      await Promise.all(crowd.map((socket) => Promise.race([firstMessage(socket), whenClosed(socket)])))
      expect(events.filter(({ event }) => event === 'turned-away')).toHaveLength(expected)
      for (const socket of crowd) socket.terminate()
    }
  })

  test('at its end it tells every client that it goes, and takes no more', async () => {
    const sockets = [1, 2, 3].map(() => openSocket())
    await Promise.all(sockets.map(firstMessage))
    const closing = Promise.all(sockets.map(whenClosed))
    await Promise.all([server.close(), server.close()])
    expect(await closing).toEqual([1001, 1001, 1001])
    await expect(fetch(`http://localhost:${server.port}/health`)).rejects.toThrow()
  })

  test('it ends although a client does not answer', async () => {
    const deaf = openSocket()
    await firstMessage(deaf)
    deaf.pause()
    await server.close()
    deaf.terminate()
  })
})
