/**
 * Drives the relay with real WebSockets: their events become its inputs, its outputs are performed in
 * order. Keeps the clock, the timer and the heartbeat, which the relay has not. Not here: HTTP
 * (server.ts) and every decision (relay.ts).
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Crypto } from '../src/crypto/crypto.ts'
import { MAX_SIGNAL_MESSAGE_BYTES } from '../src/wire/limits.ts'
import type { OfferIce } from './ice.ts'
import { step } from './relay.ts'
import { createRelay, type RelayEvent, type RelayInput, type RelayState } from './relay-state.ts'
import { addressOf, originOf, type Reachability } from './visitor.ts'

/** Of what one client has not taken yet: a hundred of the longest signals. */
const MAX_BUFFERED_BYTES = 1024 * 1024
/** A client that vanished without a word is noticed after one to two of these. */
const HEARTBEAT_MS = 30_000
/** A client that does not answer a close is cut off. */
const CLOSE_MS = 1_000
const CLOSE_GOING_AWAY = 1001

export interface SocketsOptions {
  readonly crypto: Crypto
  readonly reachability: Reachability
  readonly offerIce: OfferIce
  readonly log: (event: RelayEvent) => void
}

interface OpenSocket {
  readonly socket: WebSocket
  alive: boolean
}

export class Sockets {
  readonly #options: SocketsOptions
  readonly #relay: RelayState
  readonly #addressSalt = randomBytes(32)
  readonly #sockets = new Map<number, OpenSocket>()
  /** `ws` closes a socket that sends more than `maxPayload` in one message, before it is in memory. */
  readonly #acceptor = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_SIGNAL_MESSAGE_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  })
  readonly #heartbeat: NodeJS.Timeout
  #wake: NodeJS.Timeout | undefined
  #lastSocket = 0
  #phase: 'open' | 'closing' = 'open'

  constructor(options: SocketsOptions) {
    this.#options = options
    const { crypto, offerIce } = options
    this.#relay = createRelay({ crypto, seed: randomBytes(32), offerIce })
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS)
  }

  get sockets(): number {
    return this.#relay.sockets.size
  }

  get topics(): number {
    return this.#relay.topics.size
  }

  /**
   * From any page: a socket alone can do nothing, topics ask for a signature, and there is no cookie that another
   * page could borrow. So apps that embed the library may use a server that is not their own.
   */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#phase === 'closing') socket.destroy()
    else this.#acceptor.handleUpgrade(request, socket, head, (accepted) => this.#open(request, accepted))
  }

  /** Tells all clients that the server goes. Resolves when they are gone, after CLOSE_MS at most. */
  async close(): Promise<void> {
    this.#phase = 'closing'
    clearInterval(this.#heartbeat)
    clearTimeout(this.#wake)
    const goodbyes = [...this.#sockets.values()].map(({ socket }) => goodbye(socket))
    await Promise.all(goodbyes)
  }

  #open(request: IncomingMessage, socket: WebSocket): void {
    this.#lastSocket = (this.#lastSocket + 1) % 2 ** 32
    const number = this.#lastSocket
    const open: OpenSocket = { socket, alive: true }
    this.#sockets.set(number, open)
    socket.on('message', (content: Buffer, isBinary) => {
      // Text is no signal, and neither are no bytes.
      this.#perform({
        kind: 'received',
        socket: number,
        bytes: isBinary ? content : Buffer.alloc(0),
        now: Date.now(),
      })
    })
    socket.on('pong', () => {
      open.alive = true
    })
    socket.on('error', () => {}) // what `ws` found wrong with a frame; it closes the socket itself, and that is heard
    socket.on('close', () => {
      this.#sockets.delete(number)
      this.#perform({ kind: 'closed', socket: number, now: Date.now() })
    })
    const { reachability } = this.#options
    const address = createHmac('sha256', this.#addressSalt)
      .update(addressOf(request, reachability))
      .digest('base64')
    const origin = originOf(request, reachability)
    this.#perform({
      kind: 'opened',
      socket: number,
      address,
      origin,
      nonce: randomBytes(32),
      now: Date.now(),
    })
  }

  #perform(input: RelayInput): void {
    for (const output of step(this.#relay, input).outputs) {
      if (output.kind === 'send') this.#send(output.socket, output.bytes)
      else if (output.kind === 'close') this.#shut(output.socket, output.code, output.reason)
      else if (output.kind === 'wake') this.#wakeAt(output.at)
      else this.#options.log(output.event)
    }
  }

  #send(number: number, bytes: Uint8Array): void {
    const socket = this.#sockets.get(number)?.socket
    if (socket === undefined) return
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate()
    else socket.send(bytes)
  }

  #shut(number: number, code: number, reason: string): void {
    const socket = this.#sockets.get(number)?.socket
    if (socket === undefined) return
    socket.removeAllListeners('message')
    socket.close(code, reason)
    const late = setTimeout(() => socket.terminate(), CLOSE_MS)
    socket.once('close', () => clearTimeout(late))
  }

  #wakeAt(at: number): void {
    clearTimeout(this.#wake)
    if (this.#phase === 'closing') return
    const tick = (): void => this.#perform({ kind: 'tick', now: Date.now() })
    this.#wake = setTimeout(tick, Math.max(0, at - Date.now()))
  }

  #beat(): void {
    for (const open of this.#sockets.values()) {
      if (!open.alive) open.socket.terminate()
      else open.socket.ping()
      open.alive = false
    }
  }
}

async function goodbye(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return
  await new Promise<void>((resolve) => {
    const late = setTimeout(() => socket.terminate(), CLOSE_MS)
    socket.once('close', () => {
      clearTimeout(late)
      resolve()
    })
    socket.close(CLOSE_GOING_AWAY, 'the server is going away')
  })
}
