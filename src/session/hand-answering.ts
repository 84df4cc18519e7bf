/**
 * An offer somebody carried here by hand becomes an answer to carry back, and then a card like any other: the
 * newcomer's side of pairing with no server. Not here: the door itself (joining.ts), the other side (hand-offers.ts).
 */

import type { HandDialer } from '../transport/port.ts'
import { type CarriedOffer, carriedPsk, encodeAnswer, readOffer } from '../wire/hand-carried.ts'
import { CARRIED_LIFETIME_MS, MAX_CARRIED_SIGNALS_BYTES } from '../wire/limits.ts'
import type { Environment } from './environment.ts'
import { CarriedTextRefused, NobodyThere, NoRoute, NotAllowed, WebRtcBlocked } from './errors.ts'
import { UNAVAILABLE } from './hand-offers.ts'
import { Newcomer } from './joining.ts'
import type { HandAnswer, SessionOptions } from './public.ts'

/** @throws CarriedTextRefused, NotAllowed, WebRtcBlocked */
export function answerOffer(
  environment: Environment,
  text: string,
  options: SessionOptions = {},
): Promise<HandAnswer> {
  const dialer = environment.handDialer
  if (dialer === undefined) return Promise.reject(new NotAllowed(UNAVAILABLE))
  const offer = readOffer(environment.crypto, text)
  if (typeof offer === 'string') return Promise.reject(new CarriedTextRefused(offer, 'offer'))
  return answer(environment, dialer, offer, options)
}

function answer(
  environment: Environment,
  dialer: HandDialer,
  offer: CarriedOffer,
  options: SessionOptions,
): Promise<HandAnswer> {
  const { crypto } = environment
  const newcomer = newcomerFor(environment, offer, options)
  return new Promise((resolve, reject) => {
    const dial = dialer.dial({
      initiator: false,
      iceServers: [],
      maxBytes: MAX_CARRIED_SIGNALS_BYTES,
      onPacked: (signals) =>
        resolve({
          text: encodeAnswer(crypto, offer, { instance: newcomer.me, signals }),
          offeredAt: offer.madeAt,
          card: newcomer.card,
          handedBack: () => dial.handedOver(),
          close: () => {
            dial.abort()
            newcomer.fail(new NobodyThere())
          },
        }),
      onOpen: (channel) =>
        newcomer.enter({
          ...{ channel, initiator: false, remote: offer.instance, admitter: offer.device },
          carried: carriedPsk(crypto, offer),
        }),
      onFailed: (failure) => {
        const error = failure === 'webrtc-blocked' ? new WebRtcBlocked() : new NoRoute()
        newcomer.fail(error)
        reject(error)
      },
    })
    if (dial.take(offer.signals)) return
    dial.abort()
    newcomer.fail(new NoRoute())
    reject(new CarriedTextRefused('damaged', 'offer'))
  })
}

function newcomerFor(environment: Environment, offer: CarriedOffer, options: SessionOptions): Newcomer {
  const { session, rosterSeq, seed } = offer
  const approach = { signaling: options.signaling ?? environment.signaling, patience: CARRIED_LIFETIME_MS }
  const newcomer = new Newcomer(
    environment,
    { session, rosterSeq, seed, signaling: undefined },
    approach,
    options,
  )
  // Whoever gave up on the answer has nobody left to tell.
  newcomer.card.catch(() => undefined)
  return newcomer
}
