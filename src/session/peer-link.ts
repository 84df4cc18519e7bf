/**
 * One link as the session drives it: a channel below, the pure link machine in the middle, messages above.
 * Inputs queue up while outputs are performed, so records leave in the order of their counters.
 */
import { assert } from '../base/assert.ts'
import type { InstanceId, SessionId } from '../base/ids.ts'
import type { Clock, Millis } from '../base/ports.ts'
import type { Crypto, DhKeys } from '../crypto/crypto.ts'
import type { PskKind } from '../protocol/handshake.ts'
import {
  type CloseReason,
  holdsPsk,
  type Lane,
  type LinkInput,
  type LinkOutput,
  type LinkState,
  queuedBytes,
  startLink,
  step,
} from '../protocol/link.ts'
import type { Channel } from '../transport/port.ts'
import type { Entry } from '../wire/entry.ts'
import { decodeMessage, encodeMessage, type Message } from '../wire/message.ts'
import { RunReceiver, RunSender } from '../wire/runs.ts'
import { isViolation, type Violation } from '../wire/violation.ts'

export interface LinkProof {
  readonly remoteStatic: Uint8Array
  readonly payload: Uint8Array
  readonly handshakeHash: Uint8Array
}

export interface PeerLinkListener {
  proven(proof: LinkProof): void
  /** All but `entries`. */
  message(message: Exclude<Message, { type: 'entries' }>): void
  entries(entries: readonly Entry[], bytes: number, lane: Lane): void
  hungry(): void
  alive(rtt: Millis | undefined): void
  /** Whether a link on which nothing is heard any more is kept, as there is no other way; without it: no. */
  keeps?(): boolean
  /** It is kept, and silent. */
  silent?(): void
  /** It speaks again; what it says follows. */
  speaking?(): void
  /** Exactly once, never while the link is made. `because` is undefined when this side closed it. */
  closed(because: CloseReason | { readonly closed: 'channel'; readonly detail: string } | undefined): void
}

export interface PeerLinkStart {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly channel: Channel
  readonly initiator: boolean
  readonly session: SessionId
  readonly psk: { readonly kind: PskKind; readonly ids: Uint8Array; readonly key: Uint8Array }
  readonly me: InstanceId
  readonly remote: InstanceId
  readonly staticKeys: DhKeys
  readonly payload: Uint8Array
  readonly listener: PeerLinkListener
}

export class PeerLink {
  readonly remote: InstanceId
  readonly channel: Channel
  readonly #clock: Clock
  #listener: PeerLinkListener
  /** A table of runs for each lane: what is said live overtakes what waits in bulk. */
  readonly #senders: Readonly<Record<Lane, RunSender>> = { live: new RunSender(), bulk: new RunSender() }
  readonly #receivers: Readonly<Record<Lane, RunReceiver>>
  readonly #inputs: LinkInput[] = []
  #state: LinkState
  #phase: 'idle' | 'performing' | 'closed' = 'idle'
  /** Nobody holds the link yet while it is made. */
  #making: 'under way' | 'done' = 'under way'
  #handedOver = false
  #handshakeHash: Uint8Array | undefined
  #cancelWake: (() => void) | undefined

  constructor(start: PeerLinkStart) {
    const { channel, me, remote, initiator } = start
    this.remote = remote
    this.channel = channel
    this.#clock = start.clock
    this.#listener = start.listener
    const receiver = (): RunReceiver => new RunReceiver(start.crypto, start.session)
    this.#receivers = { live: receiver(), bulk: receiver() }
    const mine = { instance: me, fingerprint: channel.localFingerprint }
    const theirs = { instance: remote, fingerprint: channel.remoteFingerprint }
    const started = startLink({
      crypto: start.crypto,
      role: initiator ? 'initiator' : 'responder',
      sessionId: start.session,
      psk: start.psk,
      initiator: initiator ? mine : theirs,
      responder: initiator ? theirs : mine,
      staticKeys: start.staticKeys,
      ephemeralKeys: start.crypto.dhKeys(),
      payload: start.payload,
      maxMessageBytes: channel.maxMessageBytes,
      now: this.#clock.now(),
    })
    this.#state = started.state
    this.#perform(started.outputs)
    this.#handedOver = false
    channel.listen({
      message: (bytes) => this.#input({ type: 'received', bytes, now: this.#clock.now() }),
      drained: () => this.#room(),
      closed: (reason) => this.#end({ closed: 'channel', detail: reason }),
    })
    this.#making = 'done'
  }

  /** Hands the link over to another listener. */
  listen(listener: PeerLinkListener): void {
    this.#listener = listener
  }

  /** Of the handshake this link began with; both sides have the same. */
  get handshakeHash(): Uint8Array {
    assert(this.#handshakeHash !== undefined, 'a link is proven before anything is said on it')
    return this.#handshakeHash
  }

  get open(): boolean {
    return this.#phase !== 'closed'
  }

  /** The handshake goes on, or has ended well: its first message opens only under the psk. */
  get holdsPsk(): boolean {
    return holdsPsk(this.#state)
  }

  send(message: Message, lane: Lane = 'live'): void {
    this.#input({ type: 'queue', lane, message: encodeMessage(message) })
  }

  sendEntries(entries: readonly Entry[], lane: Lane): void {
    this.send({ type: 'entries', segments: this.#senders[lane].segments(entries) }, lane)
  }

  queuedBytes(): number {
    return queuedBytes(this.#state, 'live') + queuedBytes(this.#state, 'bulk')
  }

  /** Closes from this side: `listener.closed` is told without a reason, or with the violation that was found above. */
  close(because?: Violation): void {
    this.#end(because)
  }

  /** Asks for a sign of life; without one within this time the link is dead. */
  probe(within: Millis): void {
    this.#input({ type: 'probe', within, now: this.#clock.now() })
  }

  #room(): void {
    this.#input({ type: 'room', bufferedBytes: this.channel.bufferedBytes, now: this.#clock.now() })
  }

  #input(input: LinkInput): void {
    if (this.#phase === 'closed') return
    this.#inputs.push(input)
    if (this.#phase === 'performing') return
    this.#phase = 'performing'
    this.#drain()
    if (this.open) this.#phase = 'idle'
  }

  /** Steps until nothing waits; then, if something was handed over, once more with the channel's buffer as it is now. */
  #drain(): void {
    for (;;) {
      const next = this.#inputs.shift() ?? this.#roomIfDue()
      if (next === undefined || !this.open) return
      const stepped = step(this.#state, next)
      this.#state = stepped.state
      this.#perform(stepped.outputs)
    }
  }

  #roomIfDue(): LinkInput | undefined {
    if (!this.#handedOver) return undefined
    this.#handedOver = false
    return { type: 'room', bufferedBytes: this.channel.bufferedBytes, now: this.#clock.now() }
  }

  #perform(outputs: readonly LinkOutput[]): void {
    for (const output of outputs) {
      if (!this.open) return
      if (output.type === 'send') this.#handedOver = true
      this.#output(output)
    }
  }

  #output(output: LinkOutput): void {
    switch (output.type) {
      case 'send':
        return this.channel.send(output.bytes)
      case 'proven':
        this.#handshakeHash = output.handshakeHash
        return this.#listener.proven(output)
      case 'message':
        return this.#message(output.bytes, output.lane)
      case 'hungry':
        return this.#listener.hungry()
      case 'wakeBelow':
        return this.channel.wakeBelow(output.bytes)
      case 'wake':
        this.#cancelWake?.()
        this.#cancelWake = this.#clock.wakeAfter(Math.max(0, output.at - this.#clock.now()), () =>
          this.#input({ type: 'tick', now: this.#clock.now(), keeps: this.#listener.keeps?.() ?? false }),
        )
        return
      case 'silent':
        return this.#listener.silent?.()
      case 'speaking':
        return this.#listener.speaking?.()
      case 'rtt':
        return this.#listener.alive(output.millis)
      case 'close':
        return this.#end(output.because)
      default:
        return output satisfies never
    }
  }

  #message(bytes: Uint8Array, lane: Lane): void {
    this.#listener.alive(undefined)
    const message = decodeMessage(bytes)
    if (isViolation(message)) return this.#end(message)
    if (message.type !== 'entries') return this.#listener.message(message)
    const entries = this.#receivers[lane].entries(message.segments)
    if (isViolation(entries)) return this.#end(entries)
    this.#listener.entries(entries, bytes.length, lane)
  }

  #end(because: Parameters<PeerLinkListener['closed']>[0]): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#cancelWake?.()
    this.#inputs.length = 0
    this.channel.close()
    const tell = (): void => this.#listener.closed(because)
    if (this.#making === 'done') tell()
    else queueMicrotask(tell)
  }
}
