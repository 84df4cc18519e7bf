/**
 * Offers this device gives to be carried by hand: pairing with no server. The owner of the dials behind them. Not here:
 * how the texts are spelled (wire/hand-carried.ts), the other side (hand-answering.ts).
 *
 * Invariants: an offer takes one answer; a text that is none changes nothing; after 15 minutes, or `close`, no dial and
 * no timer is left.
 */
import { toHex } from '../base/bytes.ts'
import type { DeviceId, InstanceId, InviteId } from '../base/ids.ts'
import type { Channel, DialFailure, HandDial, HandDialer } from '../transport/port.ts'
import {
  type AnswerContent,
  type CarriedOffer,
  type CarriedProblem,
  carriedPsk,
  encodeOffer,
  OFFER_ID_BYTES,
  openAnswer,
  readAnswer,
} from '../wire/hand-carried.ts'
import { decodeInviteLink, inviteKeys } from '../wire/invite-link.ts'
import { CARRIED_LIFETIME_MS, MAX_CARRIED_SIGNALS_BYTES } from '../wire/limits.ts'
import { invitePskIds } from './admission.ts'
import type { Environment } from './environment.ts'
import {
  CarriedTextRefused,
  InviteMalformed,
  NoRoute,
  NotAllowed,
  SessionEnded,
  WebRtcBlocked,
} from './errors.ts'
import type { Knocking } from './guest-book.ts'
import type { HandOffer } from './public.ts'

export interface HandOffersParts {
  readonly environment: Environment
  readonly me: InstanceId
  readonly device: () => DeviceId
  readonly knocked: (knocking: Knocking) => void
}

export class HandOffers {
  readonly #parts: HandOffersParts
  readonly #open = new Map<InviteId, OneOffer>()
  #phase: 'giving' | 'stopped' = 'giving'

  constructor(parts: HandOffersParts) {
    this.#parts = parts
  }

  /** A new offer for this invite; the one before is closed. @throws SessionEnded, NotAllowed, WebRtcBlocked */
  carried(invite: InviteId, url: string): Promise<HandOffer> {
    if (this.#phase === 'stopped') return Promise.reject(new SessionEnded())
    this.close(invite)
    const { environment, me, device, knocked } = this.#parts
    const dialer = environment.handDialer
    if (dialer === undefined) return Promise.reject(new NotAllowed(UNAVAILABLE))
    const link = decodeInviteLink(environment.crypto, url.slice(url.indexOf('#') + 1))
    if (link === undefined || link === 'other-version') return Promise.reject(new InviteMalformed())
    const { session, rosterSeq, seed } = link
    const offer = new OneOffer(environment, dialer, knocked, {
      ...{ direction: 'offer', session, rosterSeq, seed, instance: me, device: device() },
      offer: toHex(environment.crypto.randomBytes(OFFER_ID_BYTES)),
      madeAt: environment.clock.now(),
    })
    this.#open.set(invite, offer)
    return offer.given
  }

  close(invite: InviteId): void {
    this.#open.get(invite)?.close()
    this.#open.delete(invite)
  }

  stop(): void {
    this.#phase = 'stopped'
    for (const invite of [...this.#open.keys()]) this.close(invite)
  }
}

export const UNAVAILABLE =
  'Pairing without a server shows each side the address of the other, so it is not possible from here.'

type Described = Omit<CarriedOffer, 'signals'>

type OfferState =
  /** Waits for the platform, for an answer, for the channel. */
  | { readonly phase: 'gathering' }
  | { readonly phase: 'offered'; readonly offer: CarriedOffer }
  | { readonly phase: 'accepting'; readonly answer: AnswerContent; readonly offer: CarriedOffer }
  | { readonly phase: 'over'; readonly because: CarriedProblem }

interface Settle<T> {
  resolve(value: T): void
  reject(error: Error): void
}

class OneOffer {
  readonly given: Promise<HandOffer>
  readonly #environment: Environment
  readonly #knocked: (knocking: Knocking) => void
  readonly #described: Described
  readonly #dial: HandDial
  readonly #cancelTimer: () => void
  #state: OfferState = { phase: 'gathering' }
  #giving: Settle<HandOffer> | undefined
  #accepting: Settle<void> | undefined

  constructor(
    environment: Environment,
    dialer: HandDialer,
    knocked: (knocking: Knocking) => void,
    described: Described,
  ) {
    this.#environment = environment
    this.#knocked = knocked
    this.#described = described
    this.given = new Promise((resolve, reject) => {
      this.#giving = { resolve, reject }
    })
    this.#cancelTimer = environment.clock.wakeAfter(CARRIED_LIFETIME_MS, () => this.#end('too-old'))
    this.#dial = dialer.dial({
      initiator: true,
      iceServers: [],
      maxBytes: MAX_CARRIED_SIGNALS_BYTES,
      onPacked: (signals) => this.#offered(signals),
      onOpen: (channel) => this.#opened(channel),
      onFailed: (failure) => this.#failed(failure),
    })
  }

  close(): void {
    this.#end('other-offer')
  }

  #offered(signals: Uint8Array): void {
    if (this.#state.phase !== 'gathering') return
    const offer = { ...this.#described, signals }
    this.#state = { phase: 'offered', offer }
    this.#giving?.resolve({
      text: encodeOffer(this.#environment.crypto, offer),
      madeAt: offer.madeAt,
      expiresAt: offer.madeAt + CARRIED_LIFETIME_MS,
      accept: (answer) => this.#accept(answer),
      close: () => this.close(),
    })
  }

  /** A text that is no answer to this offer changes nothing: the right one may still come. */
  #accept(text: string): Promise<void> {
    const answer = this.#contentOf(text)
    if (typeof answer === 'string') return Promise.reject(new CarriedTextRefused(answer, 'answer'))
    if (this.#state.phase !== 'offered' || !this.#dial.take(answer.signals))
      return Promise.reject(new CarriedTextRefused('damaged', 'answer'))
    this.#state = { phase: 'accepting', answer, offer: this.#state.offer }
    return new Promise((resolve, reject) => {
      this.#accepting = { resolve, reject }
    })
  }

  #contentOf(text: string): AnswerContent | CarriedProblem {
    const { crypto, clock } = this.#environment
    const answer = readAnswer(crypto, text)
    if (typeof answer === 'string') return answer
    const state = this.#state
    if (state.phase === 'over') return state.because
    if (state.phase !== 'offered') return 'other-offer'
    return openAnswer(crypto, state.offer, answer, clock.now())
  }

  #opened(channel: Channel): void {
    const state = this.#state
    if (state.phase !== 'accepting') return channel.close()
    this.#cancelTimer()
    this.#state = { phase: 'over', because: 'other-offer' }
    const { crypto } = this.#environment
    const keys = inviteKeys(crypto, state.offer.seed)
    this.#knocked({
      ...{ channel, initiator: true, keys, hello: { instance: state.answer.instance } },
      pskIds: invitePskIds(keys.invite, state.offer.device),
      carried: carriedPsk(crypto, state.offer),
    })
    this.#accepting?.resolve()
  }

  #failed(failure: DialFailure): void {
    this.#giving?.reject(new WebRtcBlocked())
    this.#accepting?.reject(failure === 'aborted' ? new SessionEnded() : new NoRoute())
    this.#end('other-offer')
  }

  #end(because: CarriedProblem): void {
    if (this.#state.phase === 'over') return
    this.#state = { phase: 'over', because }
    this.#cancelTimer()
    this.#giving?.reject(new SessionEnded())
    this.#accepting?.reject(new NoRoute())
    this.#dial.abort()
  }
}
