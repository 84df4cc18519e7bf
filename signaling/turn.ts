/**
 * Passes for a TURN server that shares a secret with this one, as coturn's `use-auth-secret` reads them:
 * user name = when it ends, in seconds since 1970, ":" and some chance; password = HMAC-SHA1 over it. Who holds
 * a pass may use the TURN server until then and learns nothing of the secret.
 */
import { createHmac } from 'node:crypto'
import type { Millis } from '../src/base/ports.ts'
import type { Secret } from '../src/base/secret.ts'
import type { RelayedIceServer } from '../src/wire/signal.ts'

/** An open connection asks with its old pass again after this; so it outlives a dial by far, and little else. */
export const TURN_PASS_MS: Millis = 3_600_000

export interface TurnServer {
  /** `turn:` or `turns:` addresses of one server. */
  readonly urls: readonly string[]
  /** What coturn knows as `static-auth-secret`: UTF-8. */
  readonly secret: Secret
}

const TURN_URL =
  /^turns?:(?:[A-Za-z0-9.-]{1,200}|\[[0-9A-Fa-f:.]{2,45}\])(?::(\d{1,5}))?(?:\?transport=(?:udp|tcp))?$/

export function isTurnUrl(text: string): boolean {
  const match = TURN_URL.exec(text)
  return match !== null && Number(match[1] ?? 3478) <= 65_535
}

/** @param random makes two passes differ that end in the same second */
export function turnPass({ urls, secret }: TurnServer, now: Millis, random: Uint8Array): RelayedIceServer {
  const endsAt = Math.floor((now + TURN_PASS_MS) / 1_000)
  const username = `${endsAt}:${Buffer.from(random).toString('hex')}`
  const credential = createHmac('sha1', secret.reveal()).update(username).digest('base64')
  return { urls, username, credential }
}
