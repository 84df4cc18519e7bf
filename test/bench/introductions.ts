/**
 * Both signaling protocols as their clients speak them, over bare sockets: who waits in a room, and who comes in
 * and exchanges with those who wait what leads to connections. No WebRTC: only the server is measured.
 *
 * What a dial says is made up, and of one size on both sides: a description, then two candidates, each way.
 * Ours (session/signaling.ts, meeting.ts): the newcomer says hello to the first GREETED of the topic (joining.ts), each
 * answers and is dialed; then, as a member, it comes back on a socket of its own and enters its topics.
 * Theirs (y-webrtc.js): the newcomer announces itself, each of the first THEIR_ANSWERS (the lowest number of
 * connections y-webrtc holds by default) offers it a connection, and it answers. Everything goes to all in the room.
 */
import { WebSocket } from 'ws'
import { idOf, type TopicId } from '../../src/base/ids.ts'
import type { Crypto, SignKeys } from '../../src/crypto/crypto.ts'
import {
  type Challenge,
  decodeServerSignal,
  encodeClientSignal,
  joinStatement,
  type ServerSignal,
} from '../../src/wire/signal.ts'
import { isViolation } from '../../src/wire/violation.ts'

export const GREETED = 4
export const THEIR_ANSWERS = 20
const CANDIDATES = 2
/** First byte of our made-up blobs, and their sizes, sealed. */
const BLOBS = { hello: [0, 170], description: [1, 750], candidate: [2, 150] } as const
type BlobKind = keyof typeof BLOBS
const SDP = 's'.repeat(700)
const CANDIDATE = 'c'.repeat(110)

export interface Guest {
  close(): void
}

interface OurSocket extends Guest {
  readonly challenge: Challenge
  send(message: Parameters<typeof encodeClientSignal>[0]): void
  hear(listener: (signal: ServerSignal) => void): void
}

/** @param address of this computer (127.x.y.z) that the server shall see */
async function connectOurs(url: string, address: string): Promise<OurSocket> {
  const socket = new WebSocket(url, { localAddress: address, perMessageDeflate: false })
  return new Promise((resolve, reject) => {
    let hear: ((signal: ServerSignal) => void) | undefined
    socket.once('error', reject)
    socket.once('close', (code) => reject(new Error(`our server closed a socket (${code})`)))
    socket.on('message', (message: Buffer) => {
      const signal = decodeServerSignal(message)
      if (isViolation(signal)) return reject(new Error(signal.detail))
      hear?.(signal)
      if (signal.kind !== 'challenge') return
      resolve({
        challenge: signal,
        send: (said) => socket.send(encodeClientSignal(said)),
        hear: (listener) => {
          hear = listener
        },
        close: () => socket.terminate(),
      })
    })
  })
}

/** @returns the others in the topic */
async function enterTopic(socket: OurSocket, crypto: Crypto, keys: SignKeys): Promise<readonly number[]> {
  const topic = idOf<TopicId>(keys.publicKey)
  const others = new Promise<readonly number[]>((resolve, reject) => {
    socket.hear((signal) => {
      if (signal.kind === 'joined') resolve(signal.sockets)
      else if (signal.kind === 'refused') reject(new Error(`our server refused a join: ${signal.reason}`))
    })
  })
  const statement = joinStatement(socket.challenge, topic)
  socket.send({ kind: 'join', topic, signature: crypto.sign(keys.secretKey, statement) })
  return others
}

/** One who waits in all of a session's topics and answers whoever says hello. */
export async function waitAtOurs(
  crypto: Crypto,
  { url, address, topics }: { url: string; address: string; topics: readonly SignKeys[] },
): Promise<Guest> {
  const socket = await connectOurs(url, address)
  for (const keys of topics) await enterTopic(socket, crypto, keys)
  socket.hear((signal) => {
    if (signal.kind !== 'passed') return
    const say = (kind: BlobKind) => passTo(socket, signal.topic, signal.from, kind)
    if (isBlob(signal.blob, 'hello')) say('hello')
    else if (isBlob(signal.blob, 'description')) sayDial(say)
  })
  return socket
}

/** One who comes through the invite's topic, the first of `topics`, and then waits in all of them. */
export async function joinOurs(
  crypto: Crypto,
  { url, address, topics }: { url: string; address: string; topics: readonly SignKeys[] },
): Promise<Guest> {
  const newcomer = await connectOurs(url, address)
  const [invite] = topics
  if (!invite) throw new RangeError('a session without topics')
  const greeted = (await enterTopic(newcomer, crypto, invite)).slice(0, GREETED)
  await exchangeWithAll(newcomer, idOf<TopicId>(invite.publicKey), greeted)
  newcomer.close()
  const member = await connectOurs(url, address)
  for (const keys of topics) await enterTopic(member, crypto, keys)
  return member
}

function exchangeWithAll(socket: OurSocket, topic: TopicId, greeted: readonly number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let missing = greeted.length * (1 + CANDIDATES)
    socket.hear((signal) => {
      if (signal.kind === 'refused' || signal.kind === 'gone')
        reject(new Error(`our server says ${signal.kind}`))
      if (signal.kind !== 'passed') return
      if (isBlob(signal.blob, 'hello')) sayDial((kind) => passTo(socket, topic, signal.from, kind))
      else missing -= 1
      if (missing === 0) resolve()
    })
    for (const other of greeted) passTo(socket, topic, other, 'hello')
  })
}

function sayDial(say: (kind: BlobKind) => void): void {
  say('description')
  for (let count = 0; count < CANDIDATES; count += 1) say('candidate')
}

function passTo(socket: OurSocket, topic: TopicId, to: number, kind: BlobKind): void {
  const [mark, bytes] = BLOBS[kind]
  socket.send({ kind: 'pass', topic, to, blob: new Uint8Array(bytes).fill(mark, 0, 1) })
}

function isBlob(blob: Uint8Array, kind: BlobKind): boolean {
  return blob[0] === BLOBS[kind][0]
}

// Theirs -----------------------------------------------------------------------------------------------------

interface TheirMessage {
  readonly type: 'announce' | 'signal'
  readonly from: string
  readonly to?: string
}

interface TheirSocket extends Guest {
  publish(message: object): void
}

async function connectTheirs(
  { url, address, room }: { url: string; address: string; room: string },
  hear: (message: TheirMessage, socket: TheirSocket) => void,
): Promise<TheirSocket> {
  const socket = new WebSocket(url, { localAddress: address })
  const own: TheirSocket = {
    publish: (data) => socket.send(JSON.stringify({ type: 'publish', topic: room, data })),
    close: () => socket.terminate(),
  }
  socket.on('message', (message) => {
    const { data } = JSON.parse(String(message)) as { data?: TheirMessage }
    if (data !== undefined) hear(data, own)
  })
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.send(JSON.stringify({ type: 'subscribe', topics: [room] }))
  return own
}

/** @param answers whether this one has room for another connection */
export async function waitAtTheirs(
  where: { url: string; address: string; room: string },
  { name, answers }: { name: string; answers: boolean },
): Promise<Guest> {
  return connectTheirs(where, ({ type, from }, socket) => {
    if (answers && type === 'announce') theirDial(socket, name, from)
  })
}

export async function joinTheirs(
  where: { url: string; address: string; room: string },
  name: string,
): Promise<Guest> {
  return new Promise((resolve, reject) => {
    const heard = new Map<string, number>()
    const hear = ({ type, from, to }: TheirMessage, socket: TheirSocket) => {
      if (type !== 'signal' || to !== name) return
      const count = (heard.get(from) ?? 0) + 1
      heard.set(from, count)
      if (count === 1) theirDial(socket, name, from)
      const isComplete = [...heard.values()].every((each) => each === 1 + CANDIDATES)
      if (isComplete && heard.size === THEIR_ANSWERS) resolve(socket)
    }
    connectTheirs(where, hear).then((socket) => socket.publish({ type: 'announce', from: name }), reject)
  })
}

function theirDial(socket: TheirSocket, from: string, to: string): void {
  const say = (signal: object) => socket.publish({ to, from, type: 'signal', token: 1.5, signal })
  say({ type: 'offer', sdp: SDP })
  for (let count = 0; count < CANDIDATES; count += 1) say({ type: 'candidate', candidate: CANDIDATE })
}
