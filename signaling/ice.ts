/**
 * What a client is told for finding its way to others: this server's own STUN address, as this client can reach
 * it, and a fresh pass for the TURN server. Nobody else's server is ever named unless the operator did.
 */
import type { Millis } from '../src/base/ports.ts'
import type { RelayedIceServer } from '../src/wire/signal.ts'
import { isLoopback } from './address.ts'
import { TURN_PASS_MS, type TurnServer, turnPass } from './turn.ts'

/** Who asks, and when. */
export interface IceQuestion {
  /** Of this server, as the client knows it. */
  readonly origin: string
  readonly now: Millis
  /** Fresh chance, 8 bytes. */
  readonly random: Uint8Array
}

export interface IceOffer {
  readonly iceServers: readonly RelayedIceServer[]
  /** When to tell anew who is still there; undefined: it holds for good. */
  readonly refreshAt: Millis | undefined
}

export type OfferIce = (question: IceQuestion) => IceOffer

export interface IceOptions {
  /** The responder's port, where others can reach it. */
  readonly stunPort: number | undefined
  readonly turn: TurnServer | undefined
  /** As the operator gave them; they come last. */
  readonly others: readonly RelayedIceServer[]
}

/** Bytes of chance in a question. */
export const ICE_RANDOM_BYTES = 8

export function iceOffers({ stunPort, turn, others }: IceOptions): OfferIce {
  return ({ origin, now, random }) => {
    const stun = stunPort === undefined ? [] : stunServers(origin, stunPort)
    if (turn === undefined) return { iceServers: [...stun, ...others], refreshAt: undefined }
    // Half way, so that a pass handed to a dial still holds for half an hour.
    const refreshAt = now + TURN_PASS_MS / 2
    return { iceServers: [...stun, turnPass(turn, now, random), ...others], refreshAt }
  }
}

/** On one computer everybody finds everybody without. */
function stunServers(origin: string, port: number): readonly RelayedIceServer[] {
  const { hostname } = new URL(origin)
  return isLoopback(hostname) ? [] : [{ urls: [`stun:${hostname}:${port}`] }]
}
