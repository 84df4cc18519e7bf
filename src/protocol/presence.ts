/**
 * Who is here: the newest signed presence of every instance. A state counts only for the device that
 * signed it and for the clientID derived from its writer, so nobody can speak for somebody else; our own is never
 * taken from outside.
 */
import { unreachable } from '../base/assert.ts'
import type { DeviceId, InstanceId, SessionId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { MAX_INSTANCES, PRESENCE_EXPIRY_MS } from '../wire/limits.ts'
import { clientIdOf, decodePresence, isPresenceSignedBy, type Presence } from '../wire/presence.ts'
import { isViolation, type Violation, violation } from '../wire/violation.ts'
import type { Roster } from './roster.ts'

interface Seen {
  readonly presence: Presence
  readonly clientID: number
  readonly encoded: Uint8Array
  /** The last sign of life: a newer presence, or anything on its own link. */
  aliveAt: Millis
}

export interface PresenceState {
  readonly crypto: Crypto
  readonly session: SessionId
  readonly roster: Roster
  readonly me: InstanceId
  readonly seen: Map<InstanceId, Seen>
  /** Counters of instances that said goodbye: what they said before must not bring them back. */
  readonly gone: Map<InstanceId, number>
}

export type PresenceInput =
  | { readonly type: 'received'; readonly bytes: Uint8Array; readonly now: Millis }
  | { readonly type: 'alive'; readonly instance: InstanceId; readonly now: Millis }
  /** Its link closed, and there is no other way to it. */
  | { readonly type: 'lost'; readonly instance: InstanceId }
  | { readonly type: 'tick'; readonly now: Millis }

export type PresenceOutput =
  | {
      readonly type: 'shown'
      readonly presence: Presence
      readonly clientID: number
      readonly encoded: Uint8Array
      readonly first: boolean
    }
  | {
      readonly type: 'hidden'
      readonly presence: Presence
      readonly clientID: number
      readonly why: 'goodbye' | 'lost'
      /** The goodbye itself, for those it did not reach. */
      readonly encoded: Uint8Array | undefined
    }
  /** Came before, another way. */
  | { readonly type: 'repeated'; readonly device: DeviceId }
  | { readonly type: 'violation'; readonly violation: Violation }
  | { readonly type: 'wake'; readonly at: Millis }

export function startPresence(
  start: Pick<PresenceState, 'crypto' | 'session' | 'roster' | 'me'>,
): PresenceState {
  return { ...start, seen: new Map(), gone: new Map() }
}

export function step(
  state: PresenceState,
  input: PresenceInput,
): { state: PresenceState; outputs: PresenceOutput[] } {
  return { state, outputs: perform(state, input) }
}

function perform(state: PresenceState, input: PresenceInput): PresenceOutput[] {
  switch (input.type) {
    case 'received':
      return received(state, input.bytes, input.now)
    case 'alive': {
      const seen = state.seen.get(input.instance)
      if (seen !== undefined) seen.aliveAt = input.now
      return []
    }
    case 'lost':
      return hide(state, input.instance, 'lost')
    case 'tick':
      return expire(state, input.now)
    default:
      return unreachable(input)
  }
}

function received(state: PresenceState, bytes: Uint8Array, now: Millis): PresenceOutput[] {
  const decoded = decodePresence(bytes)
  if (isViolation(decoded)) return [{ type: 'violation', violation: decoded }]
  const { presence } = decoded
  if (presence.instance === state.me) return []
  const certificate = state.roster.certificateOf(presence.device)
  if (certificate === undefined || state.roster.roleOf(presence.device) === undefined) return []
  const before = state.seen.get(presence.instance)
  const newest = before?.presence.counter ?? state.gone.get(presence.instance) ?? -1
  if (presence.counter === newest) return [{ type: 'repeated', device: presence.device }]
  if (presence.counter < newest) return []
  if (!isPresenceSignedBy(state.crypto, state.session, decoded, certificate.signPk)) {
    return [{ type: 'violation', violation: violation('forged', 'a presence its device did not sign') }]
  }
  // the same instance id under another device: the first one keeps it
  if (before !== undefined && before.presence.device !== presence.device) return []
  if (presence.phase === 'gone') {
    remember(state, presence)
    return hide(state, presence.instance, 'goodbye', bytes)
  }
  if (before === undefined && state.seen.size >= MAX_INSTANCES) return []
  const clientID = clientIdOf(state.crypto, certificate.signPk, presence.writer)
  state.seen.set(presence.instance, { presence, clientID, encoded: bytes.slice(), aliveAt: now })
  const outputs: PresenceOutput[] = []
  if (before !== undefined && before.clientID !== clientID) {
    outputs.push({
      type: 'hidden',
      presence: before.presence,
      clientID: before.clientID,
      why: 'goodbye',
      encoded: undefined,
    })
  }
  outputs.push({ type: 'shown', presence, clientID, encoded: bytes, first: before === undefined })
  return [...outputs, { type: 'wake', at: now + PRESENCE_EXPIRY_MS }]
}

function remember(state: PresenceState, presence: Presence): void {
  state.gone.set(presence.instance, presence.counter)
  for (const oldest of state.gone.keys()) {
    if (state.gone.size <= MAX_INSTANCES) return
    state.gone.delete(oldest)
  }
}

function hide(
  state: PresenceState,
  instance: InstanceId,
  why: 'goodbye' | 'lost',
  encoded?: Uint8Array,
): PresenceOutput[] {
  const seen = state.seen.get(instance)
  if (seen === undefined) return []
  state.seen.delete(instance)
  return [{ type: 'hidden', presence: seen.presence, clientID: seen.clientID, why, encoded }]
}

function expire(state: PresenceState, now: Millis): PresenceOutput[] {
  const outputs: PresenceOutput[] = []
  let next = Number.POSITIVE_INFINITY
  for (const [instance, seen] of state.seen) {
    if (now - seen.aliveAt >= PRESENCE_EXPIRY_MS) outputs.push(...hide(state, instance, 'lost'))
    else next = Math.min(next, seen.aliveAt + PRESENCE_EXPIRY_MS)
  }
  if (next !== Number.POSITIVE_INFINITY) outputs.push({ type: 'wake', at: next })
  return outputs
}
