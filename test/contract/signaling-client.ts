/** A client of a signaling server for tests: says signals, hands out what comes, one kind at a time. */
import type { TopicId } from '../../src/base/ids.ts'
import { idOf } from '../../src/base/ids.ts'
import type { Crypto, SignKeys } from '../../src/crypto/crypto.ts'
import type { SignalingConnector, SignalingSocket } from '../../src/transport/port.ts'
import {
  type ClientSignal,
  decodeServerSignal,
  encodeClientSignal,
  joinStatement,
  type ServerSignal,
} from '../../src/wire/signal.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { soon } from './claims.ts'

type Kind = ServerSignal['kind']
type Of<K extends Kind> = ServerSignal & { readonly kind: K }

export class SignalingClient {
  opens = 0
  closes = 0
  closedBecause: string | undefined
  readonly heard: ServerSignal[] = []
  readonly #socket: SignalingSocket
  #wake: () => void = () => {}

  constructor(connector: SignalingConnector, url: string) {
    this.#socket = connector.connect(url, {
      open: () => {
        this.opens += 1
        this.#wake()
      },
      message: (bytes) => this.#hear(bytes.slice()),
      closed: (reason) => {
        this.closes += 1
        this.closedBecause = reason
        this.#wake()
      },
    })
  }

  /** The next signal of this kind; others stay for later. */
  async next<K extends Kind>(kind: K): Promise<Of<K>> {
    await soon(
      this.#until(() => this.closes > 0 || this.heard.some((signal) => signal.kind === kind)),
      `a signal ${kind}`,
    )
    const at = this.heard.findIndex((signal) => signal.kind === kind)
    if (at < 0) throw new Error(`closed (${this.closedBecause}) before a signal ${kind}`)
    return this.heard.splice(at, 1)[0] as Of<K>
  }

  whenClosed(): Promise<void> {
    return soon(
      this.#until(() => this.closes > 0),
      'closing',
    )
  }

  say(signal: ClientSignal): void {
    this.#socket.send(encodeClientSignal(signal))
  }

  sayBytes(bytes: Uint8Array): void {
    this.#socket.send(bytes)
  }

  close(): void {
    this.#socket.close()
  }

  /** Waits for the challenge and answers it. */
  async join(crypto: Crypto, keys: SignKeys): Promise<Of<'joined'>> {
    const challenge = await this.next('challenge')
    this.heard.push(challenge) // another join may need it
    const topic = topicOf(keys)
    this.say({ kind: 'join', topic, signature: crypto.sign(keys.secretKey, joinStatement(challenge, topic)) })
    return this.next('joined')
  }

  #hear(bytes: Uint8Array): void {
    const signal = decodeServerSignal(bytes)
    if (isViolation(signal)) throw new Error(`the server said what is no signal: ${signal.detail}`)
    this.heard.push(signal)
    this.#wake()
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((wake) => {
        this.#wake = wake
      })
    }
  }
}

export function topicOf(keys: SignKeys): TopicId {
  return idOf<TopicId>(keys.publicKey)
}
