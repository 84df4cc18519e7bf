/**
 * One end of a link in hostile hands: it keeps the handshake when it wants to be let in, and after that says
 * whatever it is told to say, at any height: messages, frames, records, sealed records, bytes.
 */
import type { InstanceId, SessionId } from '../../src/base/ids.ts'
import type { Crypto, DhKeys } from '../../src/crypto/crypto.ts'
import { addRecord, startAssembly } from '../../src/protocol/assembly.ts'
import { type Direction, openRecord, sealRecord, startDirection } from '../../src/protocol/direction.ts'
import {
  firstMessage,
  type Handshake,
  hearMessage,
  type PskKind,
  startHandshake,
} from '../../src/protocol/handshake.ts'
import type { Channel } from '../../src/transport/port.ts'
import type { Entry } from '../../src/wire/entry.ts'
import { decodeMessage, encodeMessage, type Message } from '../../src/wire/message.ts'
import { type Lane, type LinkRecord, MAX_RECORD_PAYLOAD_BYTES } from '../../src/wire/record.ts'
import { RunReceiver, RunSender } from '../../src/wire/runs.ts'
import { isViolation } from '../../src/wire/violation.ts'

export interface HostileStart {
  readonly crypto: Crypto
  readonly channel: Channel
  readonly initiator: boolean
  readonly session: SessionId
  readonly psk: { readonly kind: PskKind; readonly ids: Uint8Array; readonly key: Uint8Array }
  readonly me: InstanceId
  readonly remote: InstanceId
  readonly staticKeys: DhKeys
}

export interface Proof {
  readonly handshakeHash: Uint8Array
  readonly remoteStatic: Uint8Array
}

export class HostileLink {
  readonly channel: Channel
  readonly heard: Message[] = []
  readonly entries: Entry[] = []
  /** Bytes of records that came with parts of messages. */
  receivedBytes = 0
  readonly proven: Promise<Proof>
  /** Resolves when the other side hung up. */
  readonly closed: Promise<void>
  isOpen = true
  #hangUp: () => void = () => {}
  readonly #crypto: Crypto
  readonly #handshake: Handshake
  readonly #runs = { live: new RunSender(), bulk: new RunSender() }
  readonly #receivers: Record<Lane, RunReceiver>
  readonly #assembly = startAssembly()
  #sending: Direction | undefined
  #receiving: Direction | undefined
  #prove: (proof: Proof) => void = () => {}
  #refuse: (error: Error) => void = () => {}
  #pongs = new Map<number, () => void>()
  #pings = 0
  #pingedAt: readonly number[] = []

  constructor(start: HostileStart) {
    const { channel, crypto, initiator } = start
    this.channel = channel
    this.#crypto = crypto
    this.closed = new Promise((resolve) => {
      this.#hangUp = resolve
    })
    this.proven = new Promise((resolve, reject) => {
      this.#prove = resolve
      this.#refuse = reject
    })
    this.proven.catch(() => undefined) // whoever wants to be let in asks
    const receiver = (): RunReceiver => new RunReceiver(crypto, start.session)
    this.#receivers = { live: receiver(), bulk: receiver() }
    const mine = { instance: start.me, fingerprint: channel.localFingerprint }
    const theirs = { instance: start.remote, fingerprint: channel.remoteFingerprint }
    this.#handshake = startHandshake({
      ...{ crypto, role: initiator ? 'initiator' : 'responder', sessionId: start.session, psk: start.psk },
      initiator: initiator ? mine : theirs,
      responder: initiator ? theirs : mine,
      staticKeys: start.staticKeys,
      ephemeralKeys: crypto.dhKeys(),
      payload: new Uint8Array(0),
    })
    channel.listen({
      message: (bytes) => this.#came(bytes),
      drained: () => {},
      closed: () => this.#over(),
    })
    if (initiator) this.sendBytes(firstMessage(this.#handshake))
  }

  close(): void {
    this.channel.close()
    this.#over()
  }

  sendBytes(bytes: Uint8Array): void {
    this.channel.send(bytes)
  }

  /** Sealed as the next record, not sent. */
  seal(record: LinkRecord): Uint8Array {
    if (this.#sending === undefined) throw new Error('a record is sealed once the link is proven')
    return sealRecord(this.#crypto, this.#sending, record, 0)
  }

  sendRecord(record: LinkRecord): void {
    this.sendBytes(this.seal(record))
  }

  sendFrame(bytes: Uint8Array, lane: Lane = 'live'): void {
    for (let at = 0; at < bytes.length; at += MAX_RECORD_PAYLOAD_BYTES) {
      const payload = bytes.subarray(at, at + MAX_RECORD_PAYLOAD_BYTES)
      this.sendRecord({ kind: 'data', lane, last: at + payload.length === bytes.length, payload })
    }
  }

  send(message: Message, lane: Lane = 'live'): void {
    this.sendFrame(encodeMessage(message), lane)
  }

  sendEntries(entries: readonly Entry[], lane: Lane = 'live'): void {
    this.send({ type: 'entries', segments: this.#runs[lane].segments(entries) }, lane)
  }

  /** Resolves when the other side has taken all that was sent, or hung up. */
  async settle(): Promise<'open' | 'closed'> {
    await this.#pacePings()
    if (!this.isOpen) return 'closed'
    const number = ++this.#pings
    const answered = new Promise<void>((resolve) => this.#pongs.set(number, resolve))
    this.sendRecord({ kind: 'ping', number })
    await Promise.race([answered, this.closed])
    return this.isOpen ? 'open' : 'closed'
  }

  /** More than 20 in a second are an attack of their own. */
  async #pacePings(): Promise<void> {
    const now = Date.now()
    this.#pingedAt = [...this.#pingedAt, now].slice(-15)
    const [oldest = 0] = this.#pingedAt
    if (this.#pingedAt.length === 15 && now - oldest < 1_100) {
      await new Promise((resolve) => setTimeout(resolve, 1_100 - (now - oldest)))
    }
  }

  #came(bytes: Uint8Array): void {
    if (this.#receiving === undefined) return this.#shake(bytes)
    const record = openRecord(this.#crypto, this.#receiving, bytes, 0)
    if (isViolation(record)) throw new Error(`an honest side sent what does not open: ${record.detail}`)
    if (record.kind === 'ping') this.sendRecord({ kind: 'pong', number: record.number })
    if (record.kind === 'pong') this.#pongs.get(record.number)?.()
    if (record.kind !== 'data') return
    this.receivedBytes += bytes.length
    const frame = addRecord(this.#assembly, record, 0)
    if (frame !== undefined && !isViolation(frame)) this.#hear(frame, record.lane)
  }

  #shake(bytes: Uint8Array): void {
    const progress = hearMessage(this.#handshake, bytes)
    if (progress.progress === 'failed') return this.#refuse(new Error(progress.detail))
    if (progress.reply !== undefined) this.sendBytes(progress.reply)
    if (progress.progress !== 'proven') return
    this.#sending = startDirection(progress.finish.sendKey, 0)
    this.#receiving = startDirection(progress.finish.receiveKey, 0)
    this.#prove(progress.finish)
  }

  #hear(frame: Uint8Array, lane: Lane): void {
    const message = decodeMessage(frame.slice())
    if (isViolation(message)) throw new Error(`an honest side sent no message: ${message.detail}`)
    this.heard.push(message)
    if (message.type !== 'entries') return
    const entries = this.#receivers[lane].entries(message.segments)
    if (!isViolation(entries)) this.entries.push(...entries)
  }

  #over(): void {
    this.isOpen = false
    this.#refuse(new Error('the other side hung up during the handshake'))
    this.#hangUp()
  }
}
