/**
 * The socket to the signaling server: a WebSocket with whole binary messages. One attempt each; when
 * to try again is the session's business, what the bytes mean is wire/signal.ts's.
 */
import { MAX_SIGNAL_MESSAGE_BYTES } from '../wire/limits.ts'
import type { SignalingConnector, SignalingListener, SignalingSocket } from './port.ts'

/** What browsers and `ws` have in common, as far as it is used here. */
export interface PlatformSocket {
  binaryType: string
  readonly readyState: number
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  send(message: Uint8Array<ArrayBuffer>): void
  close(): void
}

const OPEN = 1

/** @param open makes a connecting socket; may throw (a URL that is none, a page that forbids it) */
export function webSocketConnector(open: (url: string) => PlatformSocket): SignalingConnector {
  return { connect: (url, listener) => new WebSocketSignaling(() => open(url), listener) }
}

export function browserSignaling(): SignalingConnector {
  return webSocketConnector((url) => new WebSocket(url))
}

class WebSocketSignaling implements SignalingSocket {
  readonly #listener: SignalingListener
  #socket: PlatformSocket | undefined
  #phase: 'open' | 'closed' = 'open'

  constructor(open: () => PlatformSocket, listener: SignalingListener) {
    this.#listener = listener
    try {
      this.#socket = open()
      this.#follow(this.#socket)
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error))
    }
  }

  send(message: Uint8Array): void {
    if (this.#phase === 'closed' || this.#socket?.readyState !== OPEN) return
    this.#socket.send(message as Uint8Array<ArrayBuffer>) // never shared memory
  }

  close(): void {
    this.#end('closed here')
  }

  #follow(socket: PlatformSocket): void {
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      if (this.#phase === 'open') this.#listener.open()
    }
    socket.onmessage = ({ data }: { readonly data: unknown }) => this.#receive(data)
    // Says nothing that `close`, which always follows, does not; without a listener `ws` would throw it.
    socket.onerror = () => {}
    socket.onclose = ({ code, reason }: { readonly code: number; readonly reason: string }) =>
      this.#end(reason === '' ? `the socket closed (${code})` : reason)
  }

  #receive(content: unknown): void {
    if (this.#phase === 'closed') return
    if (!(content instanceof ArrayBuffer) || content.byteLength > MAX_SIGNAL_MESSAGE_BYTES) {
      this.#end('the server sent what is no signal')
      return
    }
    this.#listener.message(new Uint8Array(content))
  }

  #end(reason: string): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#socket?.close()
    queueMicrotask(() => this.#listener.closed(reason))
  }
}
