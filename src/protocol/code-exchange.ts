/**
 * The exchange behind a spoken code, both sides: the joiner shares, the inviter answers, the joiner confirms, and only
 * then the inviter confirms and hands over the link. Not here: slots and sockets (session/spoken-codes.ts), the
 * cryptography (crypto/pake.ts), how words are typed (wire/code.ts).
 *
 * Laws: one try. The first blob that reaches the inviter decides: a share is answered and the code is spent from then
 * on, unless a valid confirmation follows from the same socket within CONFIRM_MS; anything else spends it too.
 * Nothing a wrong guess hears lets it guess again without asking.
 */
import { assert, unreachable } from '../base/assert.ts'
import { type InstanceId, idBytes } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { type PakeRole, type PakeShare, pakeKey, pakeShare } from '../crypto/pake.ts'
import {
  type CodeKeys,
  type CodeMessage,
  type CodePlace,
  type CodeShare,
  codeChannel,
  codeKeys,
  codePassword,
  decodeCodeMessage,
  encodeCodeMessage,
  openLink,
  sealLink,
} from '../wire/code-exchange.ts'

export interface InviterStart {
  readonly crypto: Crypto
  readonly instance: InstanceId
  readonly words: readonly [string, string]
  /** Who joins is known only when the share comes. */
  readonly place: Omit<CodePlace, 'joiner'>
  /** What the code stands for. */
  readonly fragment: Secret
  /** The slot ends then. */
  readonly expiresAt: Millis
}

export interface JoinerStart {
  readonly crypto: Crypto
  readonly instance: InstanceId
  readonly words: readonly [string, string]
  readonly place: CodePlace
  readonly now: Millis
}

/** Why a code lets nobody in any more: somebody tried it with other words, nobody tried it, or a try broke off. */
export type SpentBecause = 'wrong' | 'expired' | 'broken-off'
/** Why a joiner got no link. */
export type NoLinkBecause = 'wrong' | 'broken-off' | 'other-version'

interface Answered {
  readonly phase: 'answered'
  readonly joiner: number
  readonly keys: CodeKeys
  readonly until: Millis
}

interface Inviter extends InviterStart {
  readonly side: 'inviter'
  readonly phase: { readonly phase: 'waiting' } | Answered | { readonly phase: 'over' }
}

interface Joiner extends JoinerStart {
  readonly side: 'joiner'
  readonly phase:
    | { readonly phase: 'shared'; readonly share: PakeShare; readonly until: Millis }
    | { readonly phase: 'confirmed'; readonly keys: CodeKeys; readonly until: Millis }
    | { readonly phase: 'over' }
}

export type CodeExchange = Inviter | Joiner

export type CodeInput =
  | { readonly type: 'passed'; readonly from: number; readonly blob: Uint8Array; readonly now: Millis }
  /** That socket left the slot. */
  | { readonly type: 'gone'; readonly from: number }
  | { readonly type: 'tick'; readonly now: Millis }

export type CodeOutput =
  | { readonly type: 'pass'; readonly to: number; readonly blob: Uint8Array }
  | { readonly type: 'wake'; readonly at: Millis }
  /** The inviter's ends. */
  | { readonly type: 'given' }
  | { readonly type: 'spent'; readonly because: SpentBecause }
  /** The joiner's ends. */
  | { readonly type: 'link'; readonly fragment: string }
  | { readonly type: 'no-link'; readonly because: NoLinkBecause }

export interface CodeStep {
  readonly state: CodeExchange
  readonly outputs: readonly CodeOutput[]
}

/** From the answer to the confirmation: two round trips, and a machine that is busy. */
export const CONFIRM_MS: Millis = 10_000
/** A joiner waits this long for each of the inviter's two messages; a little longer, so that the inviter ends first. */
const PATIENCE_MS: Millis = 12_000

export function startInviter(start: InviterStart): CodeStep {
  const state: Inviter = { ...start, side: 'inviter', phase: { phase: 'waiting' } }
  return { state, outputs: [{ type: 'wake', at: start.expiresAt }] }
}

export function startJoiner(start: JoinerStart): CodeStep {
  const { crypto, place, words, now } = start
  const share = pakeShare(crypto, pakeInput(place, words))
  const until = now + PATIENCE_MS
  return {
    state: { ...start, side: 'joiner', phase: { phase: 'shared', share, until } },
    outputs: [
      pass(place.inviter, { kind: 'share', instance: start.instance, point: share.point }),
      { type: 'wake', at: until },
    ],
  }
}

export function step(state: CodeExchange, input: CodeInput): CodeStep {
  return state.side === 'inviter' ? stepInviter(state, input) : stepJoiner(state, input)
}

// The inviter --------------------------------------------------------------------------------------------------

function stepInviter(state: Inviter, input: CodeInput): CodeStep {
  const { phase } = state
  switch (input.type) {
    case 'passed':
      if (phase.phase === 'waiting') return firstBlob(state, input)
      if (phase.phase === 'answered' && input.from === phase.joiner)
        return confirmation(state, phase, input.blob)
      return { state, outputs: [pass(input.from, { kind: 'spent' })] }
    case 'gone':
      if (phase.phase !== 'answered' || input.from !== phase.joiner) return { state, outputs: [] }
      return spend(state, 'broken-off')
    case 'tick':
      if (phase.phase === 'waiting' && input.now >= state.expiresAt) return spend(state, 'expired')
      if (phase.phase === 'answered' && input.now >= phase.until)
        return spend(state, 'broken-off', phase.joiner)
      return { state, outputs: [] }
    default:
      return unreachable(input)
  }
}

function firstBlob(state: Inviter, { from, blob, now }: Extract<CodeInput, { type: 'passed' }>): CodeStep {
  if (now >= state.expiresAt) return spend(state, 'expired', from)
  const message = decodeCodeMessage(blob)
  if (message === undefined || message === 'other-version' || message.kind !== 'share')
    return spend(state, 'broken-off', from)
  const { crypto, words, instance } = state
  const place = { ...state.place, joiner: from }
  const share = pakeShare(crypto, pakeInput(place, words))
  const answer = { instance, point: share.point }
  const keys = agree(crypto, place, { role: 'responder', share }, { joiner: message, inviter: answer })
  if (keys === undefined) return spend(state, 'wrong', from)
  const until = now + CONFIRM_MS
  return {
    state: { ...state, phase: { phase: 'answered', joiner: from, keys, until } },
    outputs: [pass(from, { kind: 'answer', ...answer }), { type: 'wake', at: until }],
  }
}

function confirmation(state: Inviter, { joiner, keys }: Answered, blob: Uint8Array): CodeStep {
  const { crypto, fragment } = state
  const message = decodeCodeMessage(blob)
  const isConfirmed =
    typeof message === 'object' && message.kind === 'confirm' && crypto.isSame(message.tag, keys.joinerTag)
  if (!isConfirmed) return spend(state, 'wrong', joiner)
  const link: CodeMessage = { kind: 'link', tag: keys.inviterTag, sealed: sealLink(crypto, keys, fragment) }
  return { state: over(state), outputs: [pass(joiner, link), { type: 'given' }] }
}

/** @param toldTo the socket that tried and does not know yet */
function spend(state: Inviter, because: SpentBecause, toldTo?: number): CodeStep {
  const told = toldTo === undefined ? [] : [pass(toldTo, { kind: 'spent' })]
  return { state: over(state), outputs: [...told, { type: 'spent', because }] }
}

// The joiner ---------------------------------------------------------------------------------------------------

function stepJoiner(state: Joiner, input: CodeInput): CodeStep {
  const { phase, place } = state
  if (phase.phase === 'over') return { state, outputs: [] }
  switch (input.type) {
    case 'passed':
      return input.from === place.inviter ? heard(state, input) : { state, outputs: [] }
    case 'gone':
      return input.from === place.inviter ? fail(state, 'broken-off') : { state, outputs: [] }
    case 'tick':
      return input.now >= phase.until ? fail(state, 'broken-off') : { state, outputs: [] }
    default:
      return unreachable(input)
  }
}

function heard(state: Joiner, { blob, now }: Extract<CodeInput, { type: 'passed' }>): CodeStep {
  const { phase } = state
  const message = decodeCodeMessage(blob)
  if (message === 'other-version') return fail(state, message)
  if (message === undefined) return fail(state, 'broken-off')
  // An inviter that had no answer for us spent the code on somebody else's try, or on a share it could not use.
  if (message.kind === 'spent') return fail(state, 'wrong')
  if (phase.phase === 'shared' && message.kind === 'answer') return confirm(state, phase.share, message, now)
  if (phase.phase === 'confirmed' && message.kind === 'link') return opened(state, phase.keys, message)
  return fail(state, 'broken-off')
}

function confirm(state: Joiner, share: PakeShare, answer: CodeShare, now: Millis): CodeStep {
  const { crypto, place, instance } = state
  const said = { joiner: { instance, point: share.point }, inviter: answer }
  const keys = agree(crypto, place, { role: 'initiator', share }, said)
  if (keys === undefined) return fail(state, 'wrong')
  const until = now + PATIENCE_MS
  return {
    state: { ...state, phase: { phase: 'confirmed', keys, until } },
    outputs: [pass(place.inviter, { kind: 'confirm', tag: keys.joinerTag }), { type: 'wake', at: until }],
  }
}

function opened(
  state: Joiner,
  keys: CodeKeys,
  { tag, sealed }: Extract<CodeMessage, { kind: 'link' }>,
): CodeStep {
  const { crypto } = state
  const fragment = crypto.isSame(tag, keys.inviterTag) ? openLink(crypto, keys, sealed) : undefined
  if (fragment === undefined) return fail(state, 'wrong')
  return { state: over(state), outputs: [{ type: 'link', fragment }] }
}

function fail(state: Joiner, because: NoLinkBecause): CodeStep {
  return { state: over(state), outputs: [{ type: 'no-link', because }] }
}

// Both ---------------------------------------------------------------------------------------------------------

function pakeInput(place: CodePlace, words: readonly [string, string]) {
  return { password: codePassword(words), channel: codeChannel(place), session: idBytes(place.topic) }
}

/** `undefined`: the other side's share is one no honest side sends. */
function agree(
  crypto: Crypto,
  place: CodePlace,
  { role, share }: { readonly role: PakeRole; readonly share: PakeShare },
  said: Readonly<Record<'joiner' | 'inviter', CodeShare>>,
): CodeKeys | undefined {
  const transcript = { initiator: saidBy(said.joiner), responder: saidBy(said.inviter) }
  const agreed = pakeKey(crypto, idBytes(place.topic), { role, scalar: share.scalar }, transcript)
  if (agreed === undefined) return undefined
  const keys = codeKeys(crypto, agreed)
  agreed.fill(0)
  return keys
}

function saidBy({ instance, point }: CodeShare) {
  return { point: point.slice(), said: idBytes(instance) }
}

function over<State extends CodeExchange>(state: State): State {
  assert(state.phase.phase !== 'over', 'an exchange ends once')
  return { ...state, phase: { phase: 'over' } }
}

function pass(to: number, message: CodeMessage): CodeOutput {
  return { type: 'pass', to, blob: encodeCodeMessage(message) }
}
