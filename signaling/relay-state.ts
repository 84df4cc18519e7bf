/**
 * What the relay remembers, and nothing else: sockets, the topics they are in, slots, and how much each
 * address has used. Changed in place (20,000 sockets are too many to copy for every message), by relay.ts,
 * membership.ts and slots.ts alone.
 *
 * Invariants: a socket is in a topic exactly when the topic holds the socket; an empty topic does not
 * exist; an address is remembered while it has a socket and ADDRESS_MEMORY_MS longer.
 */
import type { TopicId } from '../src/base/ids.ts'
import type { Millis } from '../src/base/ports.ts'
import type { Crypto } from '../src/crypto/crypto.ts'
import type { Challenge, ClientSignal, Refusal, ServerSignal } from '../src/wire/signal.ts'
import { encodeServerSignal } from '../src/wire/signal.ts'
import { Chance } from './chance.ts'
import type { OfferIce } from './ice.ts'
import {
  ADDRESS_GUESSES,
  ADDRESS_MEMORY_MS,
  ADDRESS_MESSAGES,
  ADDRESS_PROOFS,
  type Bucket,
  fullBucket,
  MAX_REMEMBERED_ADDRESSES,
  SOCKET_MESSAGES,
} from './rates.ts'

export type RelayInput =
  | {
      readonly kind: 'opened'
      /** Never used before while the server runs; a u32. */
      readonly socket: number
      /** Stands for the client's address: equal for equal ones, says nothing else. */
      readonly address: string
      /** Of this server, as the client should know it. */
      readonly origin: string
      /** 32 fresh random bytes. */
      readonly nonce: Uint8Array
      readonly now: Millis
    }
  | { readonly kind: 'received'; readonly socket: number; readonly bytes: Uint8Array; readonly now: Millis }
  | { readonly kind: 'closed'; readonly socket: number; readonly now: Millis }
  | { readonly kind: 'tick'; readonly now: Millis }

/** What goes into the log. Topics as salted hashes; no payload, no address, ever. */
export type RelayEvent =
  | { readonly event: 'opened'; readonly socket: number }
  | { readonly event: 'turned-away'; readonly socket: number; readonly reason: string }
  | { readonly event: 'joined'; readonly socket: number; readonly topic: string; readonly others: number }
  | { readonly event: 'refused'; readonly socket: number; readonly what: string; readonly reason: Refusal }
  | { readonly event: 'slot-given' | 'slot-entered'; readonly socket: number }
  | { readonly event: 'expelled'; readonly socket: number; readonly reason: string }
  | { readonly event: 'closed'; readonly socket: number }
  /** The UDP port could not be had; everything else works. */
  | { readonly event: 'stun-unavailable'; readonly reason: string }

export type RelayOutput =
  | { readonly kind: 'send'; readonly socket: number; readonly bytes: Uint8Array }
  /** The relay has forgotten the socket already. `code` is a WebSocket close code. */
  | { readonly kind: 'close'; readonly socket: number; readonly code: number; readonly reason: string }
  /** Asks for a tick at or after `at`; an earlier wish is replaced. */
  | { readonly kind: 'wake'; readonly at: Millis }
  | { readonly kind: 'log'; readonly event: RelayEvent }

export interface AddressState {
  readonly address: string
  sockets: number
  slots: number
  readonly messages: Bucket
  readonly proofs: Bucket
  readonly guesses: Bucket
  forgetAt: Millis
}

export interface SocketState {
  readonly address: AddressState
  readonly challenge: Challenge
  readonly messages: Bucket
  readonly topics: Set<TopicId>
  /** `topic/socket` of those it exchanged a blob with, at most MAX_PARTNERS. */
  readonly partners: Map<string, { readonly topic: TopicId; readonly socket: number }>
}

export interface Topic {
  readonly sockets: Set<number>
  /** The number of the slot this topic stands for, where it is one. */
  readonly slot: number | undefined
}

export interface Slot {
  readonly topic: TopicId
  readonly inviter: number
  readonly expiresAt: Millis
  entered: boolean
}

export interface RelayState {
  readonly crypto: Crypto
  readonly chance: Chance
  /** Salts the hashes in the log. */
  readonly salt: Uint8Array
  readonly offerIce: OfferIce
  readonly sockets: Map<number, SocketState>
  /** Sockets that were told their settings, and when to tell them again, the soonest first. */
  readonly settings: Map<number, Millis | undefined>
  readonly topics: Map<TopicId, Topic>
  /** By number, oldest first: all live equally long. */
  readonly slots: Map<number, Slot>
  readonly addresses: Map<string, AddressState>
  /** Addresses without sockets, the longest gone first. */
  readonly remembered: Map<string, AddressState>
  wakeAt: Millis | undefined
}

export interface RelayOptions {
  readonly crypto: Crypto
  /** 32 secret random bytes: slots and choices come from it. */
  readonly seed: Uint8Array
  /** The STUN and TURN servers a client is told; none by default. All offers of one relay hold equally long. */
  readonly offerIce?: OfferIce
}

export function createRelay(options: RelayOptions): RelayState {
  const chance = new Chance(options.crypto, options.seed)
  return {
    crypto: options.crypto,
    chance,
    salt: chance.bytes(16),
    offerIce: options.offerIce ?? (() => ({ iceServers: [], refreshAt: undefined })),
    sockets: new Map(),
    settings: new Map(),
    topics: new Map(),
    slots: new Map(),
    addresses: new Map(),
    remembered: new Map(),
    wakeAt: undefined,
  }
}

/** One step under way: where its outputs are collected. */
export class Step {
  readonly state: RelayState
  readonly now: Millis
  readonly outputs: RelayOutput[] = []

  constructor(state: RelayState, now: Millis) {
    this.state = state
    this.now = now
  }

  send(socket: number, signal: ServerSignal): void {
    this.outputs.push({ kind: 'send', socket, bytes: encodeServerSignal(signal) })
  }

  refuse(socket: number, what: ClientSignal['kind'], reason: Refusal, topic?: TopicId): void {
    this.send(socket, { kind: 'refused', what, reason, ...(topic === undefined ? {} : { topic }) })
    this.log({ event: 'refused', socket, what, reason })
  }

  log(event: RelayEvent): void {
    this.outputs.push({ kind: 'log', event })
  }

  /** Sees to it that a tick comes at `at` or earlier. */
  wakeBy(at: Millis): void {
    if (this.state.wakeAt !== undefined && this.state.wakeAt <= at) return
    this.state.wakeAt = at
    this.outputs.push({ kind: 'wake', at })
  }
}

export function newSocket(address: AddressState, challenge: Challenge, now: Millis): SocketState {
  const messages = fullBucket(SOCKET_MESSAGES, now)
  return { address, challenge, messages, topics: new Set(), partners: new Map() }
}

export function addressOf(state: RelayState, address: string, now: Millis): AddressState {
  const known = state.addresses.get(address)
  if (known !== undefined) return known
  const fresh: AddressState = {
    address,
    sockets: 0,
    slots: 0,
    messages: fullBucket(ADDRESS_MESSAGES, now),
    proofs: fullBucket(ADDRESS_PROOFS, now),
    guesses: fullBucket(ADDRESS_GUESSES, now),
    forgetAt: 0,
  }
  state.addresses.set(address, fresh)
  return fresh
}

/** Keeps what a leaving address has used, for a while: reopening its sockets does not fill its buckets. */
export function rememberAddress(step: Step, address: AddressState): void {
  const { addresses, remembered } = step.state
  address.forgetAt = step.now + ADDRESS_MEMORY_MS
  remembered.set(address.address, address)
  step.wakeBy(address.forgetAt)
  const oldest = remembered.keys().next()
  if (remembered.size <= MAX_REMEMBERED_ADDRESSES || oldest.done) return
  remembered.delete(oldest.value)
  addresses.delete(oldest.value)
}

export function forgetAddresses(step: Step): void {
  for (const [key, address] of step.state.remembered) {
    if (address.forgetAt > step.now) {
      step.wakeBy(address.forgetAt)
      return
    }
    step.state.remembered.delete(key)
    step.state.addresses.delete(key)
  }
}
