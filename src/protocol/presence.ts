/**
 * Who is here: the newest signed presence of every instance. A state counts only for the device that
 * signed it and for the clientID derived from its writer, so nobody can speak for somebody else; our own is never
 * taken from outside.
 */
import { unreachable } from '../base/assert.ts'
import type { DeviceId, InstanceId, SessionId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { MAX_INSTANCES, MAX_INSTANCES_PER_DEVICE, PRESENCE_GRACE_MS } from '../wire/limits.ts'
import { clientIdOf, decodePresence, isPresenceSignedBy, type Presence } from '../wire/presence.ts'
import { isViolation, type Violation, violation } from '../wire/violation.ts'
import type { Roster } from './roster.ts'

interface Seen {
  readonly presence: Presence
  readonly clientID: number
  readonly encoded: Uint8Array
  /** Since when nobody knows a way to it: it is hidden unless it speaks up. */
  doubtedAt: Millis | undefined
}

/** Device and instance. */
type GoneKey = string & { readonly kind: 'gone' }

export interface PresenceState {
  readonly crypto: Crypto
  readonly session: SessionId
  readonly roster: Roster
  readonly me: InstanceId
  readonly seen: Map<InstanceId, Seen>
  /** Counters of instances that said goodbye: what they said before must not bring them back. */
  readonly gone: Map<GoneKey, number>
  /** Of those who were hidden a moment ago, the counter of their last presence: others may still pass it on. */
  readonly lost: Map<GoneKey, { readonly counter: number; readonly until: Millis }>
  /** Of devices the roster does not know yet, unread: a presence may overtake the Join it stands on. */
  readonly early: Map<InstanceId, Uint8Array>
}

export type PresenceInput =
  | { readonly type: 'received'; readonly bytes: Uint8Array }
  | { readonly type: 'roster-grew' }
  /** The way to it is gone, and it said no goodbye. */
  | { readonly type: 'lost'; readonly instance: InstanceId; readonly now: Millis }
  /** Somebody else misses it since the presence with this counter. `linked`: we are linked to it ourselves. */
  | {
      readonly type: 'missed'
      readonly instance: InstanceId
      readonly counter: number
      readonly linked: boolean
      readonly now: Millis
    }
  | { readonly type: 'tick'; readonly now: Millis }

export type PresenceOutput =
  | {
      readonly type: 'shown'
      readonly presence: Presence
      readonly clientID: number
      readonly encoded: Uint8Array
      readonly first: boolean
      /** Somebody missed it: this is the sign of life that was asked for. */
      readonly wasDoubted: boolean
      /** It stands behind another tab now, or no longer. */
      readonly moved: boolean
    }
  | {
      readonly type: 'hidden'
      readonly presence: Presence
      readonly clientID: number
      readonly why: 'goodbye' | 'lost'
      /** The goodbye itself, for those it did not reach. */
      readonly encoded: Uint8Array | undefined
    }
  /** Tell everybody: whoever is linked to it shows us wrong, or it speaks up itself. */
  | { readonly type: 'doubted'; readonly instance: InstanceId; readonly counter: number }
  /** Whoever told of it again is to know that it is missed: alive, it speaks up. */
  | { readonly type: 'still-missed'; readonly instance: InstanceId; readonly counter: number }
  /** Somebody misses us: say again that we are here. */
  | { readonly type: 'missed-me'; readonly counter: number }
  /** Came before, another way. */
  | { readonly type: 'repeated'; readonly device: DeviceId; readonly instance: InstanceId }
  | { readonly type: 'violation'; readonly violation: Violation }
  | { readonly type: 'wake'; readonly at: Millis }

/** Presences kept for a roster that has yet to come: a full mesh of newcomers, many times over. */
const MAX_EARLY = 64
/** Everybody who doubted the same instance has hidden it by then, through a crowd whose links are being mended too. */
const LOST_MS: Millis = 5_000

export function startPresence(
  start: Pick<PresenceState, 'crypto' | 'session' | 'roster' | 'me'>,
): PresenceState {
  return { ...start, seen: new Map(), gone: new Map(), lost: new Map(), early: new Map() }
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
      return received(state, input.bytes)
    case 'roster-grew': {
      const early = [...state.early.values()]
      state.early.clear()
      return early.flatMap((bytes) => received(state, bytes))
    }
    case 'lost':
      return doubt(state, input.instance, input.now)
    case 'missed': {
      if (input.instance === state.me) return [{ type: 'missed-me', counter: input.counter }]
      // what they heard since, and we did not, says as little of a way to it
      const newest = state.seen.get(input.instance)?.presence.counter ?? Number.POSITIVE_INFINITY
      return newest <= input.counter && !input.linked ? doubt(state, input.instance, input.now) : []
    }
    case 'tick':
      return hideDoubted(state, input.now)
    default:
      return unreachable(input)
  }
}

function received(state: PresenceState, bytes: Uint8Array): PresenceOutput[] {
  const decoded = decodePresence(bytes)
  if (isViolation(decoded)) return [{ type: 'violation', violation: decoded }]
  const { presence } = decoded
  if (presence.instance === state.me) return []
  const certificate = state.roster.certificateOf(presence.device)
  if (certificate === undefined || state.roster.roleOf(presence.device) === undefined) {
    keepEarly(state, presence.instance, bytes)
    return []
  }
  const before = state.seen.get(presence.instance)
  if (before === undefined && state.lost.get(goneKey(presence))?.counter === presence.counter)
    return [{ type: 'still-missed', instance: presence.instance, counter: presence.counter }]
  const newest = before?.presence.counter ?? state.gone.get(goneKey(presence)) ?? -1
  if (presence.counter === newest)
    return [{ type: 'repeated', device: presence.device, instance: presence.instance }]
  if (presence.counter < newest) return []
  // the same instance id under another device: the first one keeps it
  if (before !== undefined && before.presence.device !== presence.device) return []
  if (before === undefined && isCrowded(state, presence.device)) return []
  if (!isPresenceSignedBy(state.crypto, state.session, decoded, certificate.signPk)) {
    return [{ type: 'violation', violation: violation('forged', 'a presence its device did not sign') }]
  }
  if (presence.phase === 'gone') {
    remember(state, presence)
    return hide(state, presence.instance, 'goodbye', bytes)
  }
  const clientID = clientIdOf(state.crypto, certificate.signPk, presence.writer)
  state.seen.set(presence.instance, { presence, clientID, encoded: bytes.slice(), doubtedAt: undefined })
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
  const moved = before !== undefined && before.presence.place !== presence.place
  const first = before === undefined
  const wasDoubted = before?.doubtedAt !== undefined
  outputs.push({ type: 'shown', presence, clientID, encoded: bytes, first, wasDoubted, moved })
  return outputs
}

function keepEarly({ early }: PresenceState, instance: InstanceId, bytes: Uint8Array): void {
  early.delete(instance)
  early.set(instance, bytes.slice())
  for (const oldest of early.keys()) {
    if (early.size <= MAX_EARLY) return
    early.delete(oldest)
  }
}

/** Asked before anything is verified, so that a crowd of made-up instances costs next to nothing. */
function isCrowded({ seen }: PresenceState, device: DeviceId): boolean {
  if (seen.size >= MAX_INSTANCES) return true
  let instances = 0
  for (const { presence } of seen.values()) if (presence.device === device) instances++
  return instances >= MAX_INSTANCES_PER_DEVICE
}

/** By device too: nobody says goodbye for an instance of somebody else. */
function goneKey({ device, instance }: Presence): GoneKey {
  return `${device}${instance}` as GoneKey
}

function remember(state: PresenceState, presence: Presence): void {
  state.gone.set(goneKey(presence), presence.counter)
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

/** Hidden only a moment later: who is still reached another way speaks up meanwhile. */
function doubt(state: PresenceState, instance: InstanceId, now: Millis): PresenceOutput[] {
  const seen = state.seen.get(instance)
  if (seen === undefined || seen.doubtedAt !== undefined) return []
  seen.doubtedAt = now
  return [
    { type: 'doubted', instance, counter: seen.presence.counter },
    { type: 'wake', at: now + PRESENCE_GRACE_MS },
  ]
}

function hideDoubted(state: PresenceState, now: Millis): PresenceOutput[] {
  const outputs: PresenceOutput[] = []
  let next = Number.POSITIVE_INFINITY
  for (const [key, { until }] of state.lost) if (now >= until) state.lost.delete(key)
  for (const [instance, { presence, doubtedAt }] of [...state.seen]) {
    if (doubtedAt === undefined) continue
    if (now - doubtedAt >= PRESENCE_GRACE_MS) {
      state.lost.set(goneKey(presence), { counter: presence.counter, until: now + LOST_MS })
      outputs.push(...hide(state, instance, 'lost'))
    } else next = Math.min(next, doubtedAt + PRESENCE_GRACE_MS)
  }
  for (const { until } of state.lost.values()) next = Math.min(next, until)
  if (next !== Number.POSITIVE_INFINITY) outputs.push({ type: 'wake', at: next })
  return outputs
}
