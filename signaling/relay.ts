/**
 * The introducer, as a pure machine: it puts sockets into topics and passes sealed blobs between two
 * of them. It opens no port and reads no clock (server.ts does), and it cannot read what it passes.
 *
 * Laws: bytes that are no signal cost their sender the socket and nobody else anything; a topic is
 * entered only with a signature by its key over this socket's challenge; everything kept has a bound.
 */
import { unreachable } from '../src/base/assert.ts'
import { toHex } from '../src/base/bytes.ts'
import { idBytes, type TopicId } from '../src/base/ids.ts'
import {
  MAX_PEERS_TOLD,
  MAX_SOCKETS,
  MAX_SOCKETS_PER_ADDRESS,
  MAX_SOCKETS_PER_TOPIC,
  MAX_TOPICS_PER_SOCKET,
} from '../src/wire/limits.ts'
import { type ClientSignal, decodeClientSignal, joinStatement, type Refusal } from '../src/wire/signal.ts'
import { isViolation } from '../src/wire/violation.ts'
import { becomePartners, enterTopic, leaveTopic } from './membership.ts'
import { ADDRESS_MESSAGES, ADDRESS_PROOFS, SOCKET_MESSAGES, take } from './rates.ts'
import {
  type AddressState,
  addressOf,
  forgetAddresses,
  newSocket,
  type RelayInput,
  type RelayOutput,
  type RelayState,
  rememberAddress,
  type SocketState,
  Step,
} from './relay-state.ts'
import { refreshSettings, tellSettings } from './settings.ts'
import { enterSlot, expireSlots, giveSlot } from './slots.ts'

// Close codes of RFC 6455 §7.4.1: 1008 is a broken policy, 1013 means come back later.
export const CLOSE_VIOLATION = 1008
export const CLOSE_BUSY = 1013

/** Performs one input. `state` is changed in place and returned. */
export function step(
  state: RelayState,
  input: RelayInput,
): { readonly state: RelayState; readonly outputs: readonly RelayOutput[] } {
  const current = new Step(state, input.now)
  switch (input.kind) {
    case 'opened':
      open(current, input)
      break
    case 'received':
      receive(current, input.socket, input.bytes)
      break
    case 'closed':
      if (state.sockets.has(input.socket)) {
        current.log({ event: 'closed', socket: input.socket })
        forget(current, input.socket)
      }
      break
    case 'tick':
      state.wakeAt = undefined
      expireSlots(current)
      forgetAddresses(current)
      refreshSettings(current)
      break
    default:
      return unreachable(input)
  }
  return { state, outputs: current.outputs }
}

function open(current: Step, input: RelayInput & { kind: 'opened' }): void {
  const { state } = current
  const address = addressOf(state, input.address, input.now)
  if (state.sockets.size >= MAX_SOCKETS) {
    turnAway(current, input.socket, address, 'the server is full')
    return
  }
  if (address.sockets >= MAX_SOCKETS_PER_ADDRESS) {
    turnAway(current, input.socket, address, 'too many sockets from this address')
    return
  }
  address.sockets += 1
  state.remembered.delete(address.address)
  const challenge = { nonce: input.nonce, origin: input.origin, socket: input.socket }
  state.sockets.set(input.socket, newSocket(address, challenge, input.now))
  current.send(input.socket, { kind: 'challenge', ...challenge })
  current.log({ event: 'opened', socket: input.socket })
}

function turnAway(current: Step, socket: number, address: AddressState, reason: string): void {
  if (address.sockets === 0) rememberAddress(current, address)
  current.outputs.push({ kind: 'close', socket, code: CLOSE_BUSY, reason })
  current.log({ event: 'turned-away', socket, reason })
}

function receive(current: Step, number: number, bytes: Uint8Array): void {
  const socket = current.state.sockets.get(number)
  if (socket === undefined) return
  const signal = decodeClientSignal(bytes)
  if (isViolation(signal)) {
    expel(current, number, signal.detail)
    return
  }
  const pace = take(socket.messages, SOCKET_MESSAGES, current.now)
  if (pace === 'drained') {
    expel(current, number, 'too many messages')
    return
  }
  const shared = pace === 'taken' ? take(socket.address.messages, ADDRESS_MESSAGES, current.now) : pace
  const refusal = shared === 'taken' ? perform(current, number, socket, signal) : 'too-fast'
  if (refusal === undefined) return
  current.refuse(number, signal.kind, refusal, 'topic' in signal ? signal.topic : undefined)
}

function perform(
  current: Step,
  number: number,
  socket: SocketState,
  signal: ClientSignal,
): Refusal | undefined {
  switch (signal.kind) {
    case 'join':
      return join(current, number, socket, signal)
    case 'leave':
      leaveTopic(current, number, signal.topic)
      return undefined
    case 'pass':
      return pass(current, number, socket, signal)
    case 'invite':
      return giveSlot(current, number, socket)
    case 'enter':
      return enterSlot(current, number, socket, signal.slot)
    default:
      return unreachable(signal)
  }
}

function join(
  current: Step,
  number: number,
  socket: SocketState,
  { topic, signature }: ClientSignal & { kind: 'join' },
): Refusal | undefined {
  const { state } = current
  const there = state.topics.get(topic)?.sockets ?? new Set<number>()
  if (!socket.topics.has(topic)) {
    if (socket.topics.size >= MAX_TOPICS_PER_SOCKET) return 'too-many'
    if (there.size >= MAX_SOCKETS_PER_TOPIC) return 'full'
  }
  if (take(socket.address.proofs, ADDRESS_PROOFS, current.now) !== 'taken') return 'too-fast'
  const statement = joinStatement(socket.challenge, topic)
  if (!state.crypto.verify(idBytes(topic), statement, signature)) return 'not-proven'
  const others = [...there].filter((other) => other !== number)
  enterTopic(state, number, socket, topic)
  tellSettings(current, number)
  current.send(number, { kind: 'joined', topic, sockets: whomToTell(state, others) })
  current.log({ event: 'joined', socket: number, topic: saltedHash(state, topic), others: others.length })
  return undefined
}

/** Half are those that wait longest, so that a crowd that comes later hides nobody; the rest by chance, so that a
 *  large session is not held together by a few. `others`: the oldest first. */
function whomToTell({ chance }: RelayState, others: readonly number[]): readonly number[] {
  if (others.length <= MAX_PEERS_TOLD) return others
  const longest = others.slice(0, MAX_PEERS_TOLD / 2)
  return [...longest, ...chance.some(others.slice(longest.length), MAX_PEERS_TOLD - longest.length)]
}

function pass(
  current: Step,
  number: number,
  socket: SocketState,
  { topic, to, blob }: ClientSignal & { kind: 'pass' },
): Refusal | undefined {
  if (!socket.topics.has(topic)) return 'not-joined'
  const there = current.state.topics.get(topic)?.sockets.has(to) === true
  if (there && to !== number) {
    becomePartners(current.state, topic, number, to)
    current.send(to, { kind: 'passed', topic, from: number, blob })
  } else {
    current.send(number, { kind: 'gone', topic, socket: to })
  }
  return undefined
}

function expel(current: Step, number: number, reason: string): void {
  current.outputs.push({ kind: 'close', socket: number, code: CLOSE_VIOLATION, reason })
  current.log({ event: 'expelled', socket: number, reason })
  forget(current, number)
}

function forget(current: Step, number: number): void {
  const { sockets } = current.state
  const socket = sockets.get(number)
  if (socket === undefined) return
  for (const topic of [...socket.topics]) leaveTopic(current, number, topic)
  sockets.delete(number)
  current.state.settings.delete(number)
  socket.address.sockets -= 1
  if (socket.address.sockets === 0) rememberAddress(current, socket.address)
}

function saltedHash(state: RelayState, topic: TopicId): string {
  return toHex(state.crypto.hash(16, state.salt, idBytes(topic))).slice(0, 12)
}
