/** Abuse of the signaling server: as the pure relay, and as the process it is. */
import { connect, type Socket } from 'node:net'
import { WebSocket } from 'ws'
import { step } from '../../signaling/relay.ts'
import { createRelay, type RelayState } from '../../signaling/relay-state.ts'
import { EMPTY, equalBytes, toUtf8 } from '../../src/base/bytes.ts'
import { idBytes, idOf, type TopicId } from '../../src/base/ids.ts'
import type { SignKeys } from '../../src/crypto/crypto.ts'
import {
  MAX_SIGNAL_MESSAGE_BYTES,
  MAX_SLOTS,
  MAX_SLOTS_PER_ADDRESS,
  MAX_SOCKETS,
  MAX_SOCKETS_PER_ADDRESS,
} from '../../src/wire/limits.ts'
import { decodeServerSignal, encodeClientSignal, joinStatement } from '../../src/wire/signal.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { comesTrue } from './ground.ts'
import { contentOf, expectUnharmed, gather, textOf } from './party.ts'
import type { Attack, Stage } from './stage.ts'

const serverAbuse: Attack = {
  number: 36,
  name: 'malformed frames, 100,000 slots, 10,000 sockets, slow headers, 1,000 sockets from one address',
  guard: 'one share for one address',
  transports: ['memory', 'webrtc'],
  play: (stage) => (stage.transport === 'memory' ? abuseRelay(stage) : abuseServer(stage)),
}

const BAD_FRAMES: readonly Uint8Array[] = [
  toUtf8('{'),
  toUtf8('null'),
  toUtf8('{"type":"subscribe","topics":[["x"],3]}'),
  EMPTY,
  Uint8Array.of(1, 99),
  Uint8Array.of(1, 0, 1, 2, 3),
  new Uint8Array(MAX_SIGNAL_MESSAGE_BYTES + 1),
  new Uint8Array(1_000_000),
]

async function abuseRelay(stage: Stage): Promise<void> {
  const ground = await stage.ground()
  const { crypto } = ground
  const state = createRelay({ crypto, seed: crypto.randomBytes(32) })
  let socket = 0
  const open = (address: string): number => {
    const nonce = crypto.randomBytes(32)
    step(state, { kind: 'opened', socket: ++socket, address, origin: 'http://town.example', nonce, now: 0 })
    return socket
  }
  /** Without the guard every socket says what address it has. */
  const addressOf = (address: string, number: number): string =>
    stage.guard === 'on' ? address : `${address} ${number}`
  for (const bytes of BAD_FRAMES) {
    const bad = open('bad')
    step(state, { kind: 'received', socket: bad, bytes, now: 0 })
    stage.expect(!state.sockets.has(bad), 'a malformed frame was forgiven')
  }
  for (let number = 0; number < 1_000; number++) open(addressOf('crowd', number))
  stage.expect(
    openFrom(state, 'crowd') <= MAX_SOCKETS_PER_ADDRESS,
    `${openFrom(state, 'crowd')} sockets of one address are open`,
  )
  for (let number = 0; number < 10_000; number++) open(addressOf(`street ${number >> 8}`, number))
  stage.expect(state.sockets.size <= MAX_SOCKETS, `${state.sockets.size} sockets are open`)
  for (const number of [...state.sockets.keys()].slice(0, 200)) {
    for (let slot = 0; slot < 500; slot++) {
      step(state, { kind: 'received', socket: number, bytes: encodeClientSignal({ kind: 'invite' }), now: 0 })
    }
  }
  const most = stage.guard === 'on' ? 4 * MAX_SLOTS_PER_ADDRESS : MAX_SLOTS
  stage.expect(state.slots.size <= most, `${state.slots.size} slots are taken`)
  expectHonestJoin(stage, state, crypto.signKeys(), open('honest'))
}

function openFrom(state: RelayState, prefix: string): number {
  return [...state.sockets.values()].filter(({ address }) => address.address.startsWith(prefix)).length
}

function expectHonestJoin(stage: Stage, state: RelayState, keys: SignKeys, socket: number): void {
  const challenge = state.sockets.get(socket)?.challenge
  const topic = idOf<TopicId>(keys.publicKey)
  if (challenge === undefined) return stage.damage('an honest socket is turned away')
  const signature = state.crypto.sign(keys.secretKey, joinStatement(challenge, topic))
  const bytes = encodeClientSignal({ kind: 'join', topic, signature })
  const { outputs } = step(state, { kind: 'received', socket, bytes, now: 0 })
  const isJoined = outputs.some((output) => {
    const signal = output.kind === 'send' ? decodeServerSignal(output.bytes) : undefined
    return (
      signal !== undefined &&
      !isViolation(signal) &&
      signal.kind === 'joined' &&
      equalBytes(idBytes(signal.topic), keys.publicKey)
    )
  })
  stage.expect(isJoined, 'an honest join fails')
}

async function abuseServer(stage: Stage): Promise<void> {
  const ground = await stage.ground()
  const party = await gather(ground)
  const before = contentOf(party.ada.doc)
  const port = ground.network.server?.port ?? 0
  const sockets: { terminate(): void }[] = []
  const openSocket = (): WebSocket => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/signal`, { localAddress: '127.0.0.2' })
    socket.on('error', () => {})
    sockets.push(socket)
    return socket
  }
  for (const bytes of BAD_FRAMES) {
    const socket = openSocket()
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.once('message', () => socket.send(bytes))
    await closed
  }
  let isIn = 0
  let settled = 0
  for (let number = 0; number < 1_000; number++) {
    const socket = openSocket()
    socket.once('message', () => {
      isIn++
      settled++
    })
    socket.once('close', () => settled++)
  }
  for (let number = 0; number < 300; number++) sockets.push(slowHeaders(port))
  await comesTrue(() => settled >= 1_000, 15_000)
  stage.expect(isIn <= MAX_SOCKETS_PER_ADDRESS, `${isIn} sockets of one address are in`)
  const { url } = await party.ada.invite({ role: 'editor' })
  const begun = performance.now()
  const cleo = await ground.device().api.joinSession(url, { name: 'Cleo' })
  const took = performance.now() - begun
  stage.expect(
    took < 1_000 && textOf(cleo) === textOf(party.ada),
    `an honest join took ${Math.round(took)} ms`,
  )
  for (const socket of sockets) socket.terminate()
  await expectUnharmed(stage, party, before)
}

function slowHeaders(port: number): { terminate(): void } {
  const socket: Socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nx-slow: '))
  socket.on('error', () => {})
  return { terminate: () => socket.destroy() }
}

export const ABUSE_ATTACKS: readonly Attack[] = [serverAbuse]
