/**
 * One link, as a pure machine: the handshake, then records over one ordered channel.
 * `step(state, input) -> { state, outputs }`; the state is changed in place, so the one given is spent.
 * The driver performs all outputs in order before the next input and tells the channel's buffer
 * ('room') after each turn that sent something.
 * Not here: records and lanes (open-link.ts), what messages and payloads mean, dialing.
 *
 * Invariants: no message leaves or arrives before 'proven'; nothing is put out after 'close'.
 */
import { unreachable } from '../base/assert.ts'
import type { Millis } from '../base/ports.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HANDSHAKE_MS, MAX_RECORD_BYTES } from '../wire/limits.ts'
import type { Lane } from '../wire/record.ts'
import { heldBytes } from './assembly.ts'
import {
  firstMessage,
  type Handshake,
  type HandshakeStart,
  hearMessage,
  MAX_HANDSHAKE_MESSAGE_BYTES,
  type Progress,
  startHandshake,
} from './handshake.ts'
import { enqueue, type Outbox, startOutbox, waitingBytes } from './lanes.ts'
import type { CloseReason, LinkInput, LinkOutput } from './link-exchange.ts'
import { type OpenLink, startOpenLink, stepOpen } from './open-link.ts'

export type { Lane } from '../wire/record.ts'
export type { CloseReason, LinkInput, LinkOutput } from './link-exchange.ts'

export interface LinkStart extends HandshakeStart {
  /** The channel's: the largest message the other side takes. */
  readonly maxMessageBytes: number
  readonly now: Millis
}

interface Proving {
  readonly phase: 'proving'
  readonly crypto: Crypto
  readonly role: 'initiator' | 'responder'
  readonly handshake: Handshake
  readonly outbox: Outbox
  readonly recordBytes: number
  readonly lateAt: Millis
}

export type LinkState = Proving | OpenLink | { readonly phase: 'closed'; readonly because: CloseReason }

export interface LinkStep {
  readonly state: LinkState
  readonly outputs: LinkOutput[]
}

/** Handshake messages must fit. The other side's description may say less; every real one says 64 KiB or more. */
const MIN_MESSAGE_BYTES = 2 * MAX_HANDSHAKE_MESSAGE_BYTES

/** The initiator's first message is among the outputs. */
export function startLink(start: LinkStart): LinkStep {
  if (start.maxMessageBytes < MIN_MESSAGE_BYTES) {
    return close({ closed: 'handshake-failed', detail: 'the channel takes only tiny messages' }, [])
  }
  const state: Proving = {
    phase: 'proving',
    crypto: start.crypto,
    role: start.role,
    handshake: startHandshake(start),
    outbox: startOutbox(),
    recordBytes: Math.min(MAX_RECORD_BYTES, start.maxMessageBytes),
    lateAt: start.now + HANDSHAKE_MS,
  }
  const outputs: LinkOutput[] = [{ type: 'wake', at: state.lateAt }]
  if (start.role === 'initiator') outputs.push({ type: 'send', bytes: firstMessage(state.handshake) })
  return { state, outputs }
}

export function step(state: LinkState, input: LinkInput): LinkStep {
  switch (state.phase) {
    case 'proving':
      return stepProving(state, input)
    case 'open':
      return advance(state, input)
    case 'closed':
      return { state, outputs: [] }
    default:
      return unreachable(state)
  }
}

/** Whether the other side has said something that only a holder of the psk can say. */
export function holdsPsk(state: LinkState): boolean {
  return state.phase === 'open' || (state.phase === 'proving' && state.handshake.heard > 0)
}

/** Bytes of messages that wait in a lane, not yet handed over. */
export function queuedBytes(state: LinkState, lane: Lane): number {
  return state.phase === 'closed' ? 0 : waitingBytes(state.outbox, lane)
}

/** Bytes held for frames the other side began and did not end. */
export function assemblingBytes(state: LinkState): number {
  return state.phase === 'open' ? heldBytes(state.assembly) : 0
}

function stepProving(state: Proving, input: LinkInput): LinkStep {
  if (input.type === 'queue') enqueue(state.outbox, input.lane, input.message)
  if (input.type !== 'received' && input.type !== 'tick') return { state, outputs: [] }
  if (input.now >= state.lateAt) {
    return close({ closed: 'handshake-late', detail: 'no handshake in time' }, [])
  }
  if (input.type === 'tick') return { state, outputs: [{ type: 'wake', at: state.lateAt }] }
  const heardNow = hearMessage(state.handshake, input.bytes)
  switch (heardNow.progress) {
    case 'failed':
      return close({ closed: 'handshake-failed', detail: heardNow.detail }, [])
    case 'talking':
      return { state, outputs: [{ type: 'send', bytes: heardNow.reply }] }
    case 'proven':
      return prove(state, heardNow, input.now)
    default:
      return unreachable(heardNow)
  }
}

function prove(state: Proving, proof: Extract<Progress, { progress: 'proven' }>, now: Millis): LinkStep {
  const { crypto, role, outbox, recordBytes } = state
  const { finish, payload, reply } = proof
  const { remoteStatic, handshakeHash } = finish
  const outputs: LinkOutput[] = []
  if (reply !== undefined) outputs.push({ type: 'send', bytes: reply })
  outputs.push({ type: 'proven', remoteStatic, payload, handshakeHash })
  return { state: startOpenLink({ crypto, role, outbox, recordBytes, finish, now }, outputs), outputs }
}

function advance(state: OpenLink, input: LinkInput): LinkStep {
  const outputs: LinkOutput[] = []
  const because = stepOpen(state, input, outputs)
  return because === undefined ? { state, outputs } : close(because, outputs)
}

function close(because: CloseReason, outputs: LinkOutput[]): LinkStep {
  outputs.push({ type: 'close', because })
  return { state: { phase: 'closed', because }, outputs }
}
