/** The STUN responder on real sockets: whom it answers, how often, and what clients are told of it. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { iceOffers } from '../../signaling/ice.ts'
import type { RelayEvent } from '../../signaling/relay-state.ts'
import { createSignalingServer, type RunningServer } from '../../signaling/server.ts'
import { ADDRESS_STUN, ALL_STUN, MAX_STUN_ADDRESSES, StunPace } from '../../signaling/stun.ts'
import { decodeStun, encodeStun, mappedAddress } from '../../signaling/stun-message.ts'

const transaction = new Uint8Array(12).fill(9)
const REQUEST = encodeStun({ type: 1, transaction, attributes: [], fingerprinted: false })

const started: RunningServer[] = []
const closers: (() => void)[] = []
const events: RelayEvent[] = []

afterEach(async () => {
  for (const close of closers.splice(0)) close()
  await Promise.all(started.splice(0).map((server) => server.close()))
  events.length = 0
})

async function start(options: Parameters<typeof createSignalingServer>[0] = {}): Promise<RunningServer> {
  const server = await createSignalingServer({
    port: 0,
    log: (event) => events.push(event),
    ...options,
  }).listen()
  started.push(server)
  return server
}

async function openUdp(family: 'udp4' | 'udp6', port = 0, address?: string) {
  const socket = createSocket(family)
  closers.push(() => socket.close())
  socket.bind(port, address)
  await once(socket, 'listening')
  return socket
}

describe.each([
  ['udp4', '127.0.0.1'],
  ['udp6', '::1'],
] as const)('over %s', (family, address) => {
  test('who asks hears their own address, and who sends nonsense before hears nothing of it', async () => {
    const server = await start()
    expect(server.stun).toBe(true)
    const socket = await openUdp(family, 0, address)
    for (const nonsense of [new Uint8Array(0), new Uint8Array(20), REQUEST.subarray(1)])
      socket.send(nonsense, server.port, address)
    socket.send(REQUEST, server.port, address)
    const [answer] = (await once(socket, 'message')) as [Buffer]
    const decoded = decodeStun(answer)
    expect(decoded?.type).toBe(0x0101)
    expect(Uint8Array.from(decoded!.transaction)).toEqual(transaction)
    expect(mappedAddress(decoded!)?.port).toBe(socket.address().port)
  })
})

test('a UDP port that is taken costs STUN and nothing else, and the log says it', async () => {
  const taken = await openUdp('udp4', 0, '127.0.0.1')
  const server = await start({ host: '127.0.0.1', port: taken.address().port })
  expect(server.stun).toBe(false)
  expect(events).toContainEqual({ event: 'stun-unavailable', reason: 'EADDRINUSE' })
  expect((await fetch(`http://127.0.0.1:${server.port}/health`)).status).toBe(200)
})

/** Whether the UDP port of such a server can be had: another program may hold one by chance, not three. */
async function freesItsPort(make: () => Promise<number>): Promise<boolean> {
  for (let turn = 0; turn < 3; turn++) {
    const port = await make()
    const opened = await openUdp('udp4', port, '127.0.0.1').catch(
      (error: NodeJS.ErrnoException) => error.code,
    )
    if (opened !== 'EADDRINUSE') return typeof opened === 'object' && opened.address().port === port
  }
  return false
}

test('switched off, the port is free for others', async () => {
  const make = async (): Promise<number> => {
    const server = await start({ host: '127.0.0.1', stun: false })
    expect(server.stun).toBe(false)
    return server.port
  }
  expect(await freesItsPort(make)).toBe(true)
})

test('switched on, it is not', async () => {
  expect(await freesItsPort(async () => (await start({ host: '127.0.0.1' })).port)).toBe(false)
})

test('after the end the port is free again', async () => {
  const make = async (): Promise<number> => {
    const server = await start({ host: '127.0.0.1' })
    await server.close()
    return server.port
  }
  expect(await freesItsPort(make)).toBe(true)
})

describe('the pace', () => {
  const asked = (pace: StunPace, address: string, times: number, now = 0): number =>
    Array.from({ length: times }, () => pace.allows(address, now)).filter((allowed) => allowed).length

  test('of an address is bounded, and of others beside it untouched', () => {
    const pace = new StunPace(0)
    expect(asked(pace, '203.0.113.1', ADDRESS_STUN.burst + 500)).toBe(ADDRESS_STUN.burst)
    expect(asked(pace, '203.0.113.2', 10)).toBe(10)
    expect(asked(pace, '203.0.113.1', 500, 60_000)).toBe(500)
  })

  test('of a /64 of IPv6 is that of one address', () => {
    const pace = new StunPace(0)
    expect(asked(pace, '2001:db8::1', ADDRESS_STUN.burst)).toBe(ADDRESS_STUN.burst)
    expect(pace.allows('2001:db8::2', 0)).toBe(false)
  })

  test('of all addresses together is bounded, and so is what is remembered of them', () => {
    const pace = new StunPace(0)
    let allowed = 0
    for (let n = 0; n < MAX_STUN_ADDRESSES + 1_000; n++)
      if (pace.allows(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 0)) allowed += 1
    expect(allowed).toBe(ALL_STUN.burst)
    expect(pace.addresses).toBe(MAX_STUN_ADDRESSES)
  })
})

describe('a client is told', () => {
  const random = new Uint8Array(8)
  const offer = iceOffers({ stunPort: 4400, turn: undefined, others: [] })
  const told = (origin: string) => offer({ origin, now: 0, random }).iceServers

  test('the STUN address under the name it knows the server by', () => {
    expect(told('https://pair.example.org')).toEqual([{ urls: ['stun:pair.example.org:4400'] }])
    expect(told('http://203.0.113.10:4400')).toEqual([{ urls: ['stun:203.0.113.10:4400'] }])
    expect(told('http://[2001:db8::1]:4400')).toEqual([{ urls: ['stun:[2001:db8::1]:4400'] }])
  })

  test.each(['http://localhost:4400', 'http://127.0.0.1:4400', 'http://127.8.0.1', 'http://[::1]:4400'])(
    'nothing on its own computer: %s',
    (origin) => expect(told(origin)).toEqual([]),
  )

  test('nothing where STUN is off', () => {
    const off = iceOffers({ stunPort: undefined, turn: undefined, others: [] })
    expect(off({ origin: 'https://pair.example.org', now: 0, random }).iceServers).toEqual([])
  })
})
