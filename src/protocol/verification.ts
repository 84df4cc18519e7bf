/**
 * Verification on one link: commit, answer, reveal, then two people compare seven emoji aloud. One state a link. Not
 * here: how the messages travel (wire/verification.ts), what is remembered of a member afterwards.
 *
 * Laws: one run a link, whoever begins it, so that a middleman has one try in 2^42; the same emoji are shown however
 * often somebody looks; a mismatch, or a commitment that is not kept, ends verification on this link for good. Of two
 * commitments that cross, the one by the smaller device id gives way.
 */
import { assert, unreachable } from '../base/assert.ts'
import type { DeviceId } from '../base/ids.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { EMOJI, type Emoji } from '../crypto/emoji.ts'
import { keepsCommitment, SAS_NONCE_BYTES, sasCommitment, sasOf } from '../crypto/sas.ts'
import type { VerificationMessage } from '../wire/verification.ts'
import { type Violation, violation } from '../wire/violation.ts'

export interface VerificationSide {
  readonly device: DeviceId
  /** Encoded, as the roster holds it. */
  readonly certificate: Uint8Array
}

export interface VerificationStart {
  readonly crypto: Crypto
  /** Of the link this runs on, 64 bytes. */
  readonly handshakeHash: Uint8Array
  readonly me: VerificationSide
  readonly them: VerificationSide
}

export type VerificationPhase =
  | { readonly phase: 'idle' }
  /** Our commitment is out. */
  | { readonly phase: 'committed'; readonly nonce: Uint8Array }
  /** Theirs came and was answered. */
  | { readonly phase: 'answered'; readonly nonce: Uint8Array; readonly commitment: Uint8Array }
  /** On both screens. */
  | { readonly phase: 'comparing'; readonly emoji: readonly Emoji[] }
  | { readonly phase: 'matched'; readonly emoji: readonly Emoji[] }
  /** Nothing on this link is believed any more. */
  | { readonly phase: 'failed'; readonly because: 'mismatch' | 'commitment' }

export interface VerificationState extends VerificationStart {
  readonly phase: VerificationPhase
}

export type VerificationInput =
  /** The person wants to compare. */
  | { readonly type: 'begin' }
  | { readonly type: 'received'; readonly message: VerificationMessage }
  /** The person says whether the other screen shows the same. */
  | { readonly type: 'compared'; readonly same: boolean }

export type VerificationOutput =
  | { readonly type: 'send'; readonly message: VerificationMessage }
  | { readonly type: 'show'; readonly emoji: readonly Emoji[] }
  | { readonly type: 'verified' }
  | { readonly type: 'failed'; readonly because: 'mismatch' | 'commitment' }
  | { readonly type: 'violated'; readonly violation: Violation }

export interface VerificationStep {
  readonly state: VerificationState
  readonly outputs: readonly VerificationOutput[]
}

export function startVerification(start: VerificationStart): VerificationState {
  return { ...start, phase: { phase: 'idle' } }
}

export function step(state: VerificationState, input: VerificationInput): VerificationStep {
  switch (input.type) {
    case 'begin':
      return begin(state)
    case 'received':
      return received(state, input.message)
    case 'compared':
      return compared(state, input.same)
    default:
      return unreachable(input)
  }
}

/** A second look shows what is there; after a failure there is nothing to begin. */
function begin(state: VerificationState): VerificationStep {
  const { phase, crypto, handshakeHash } = state
  if (phase.phase === 'comparing' || phase.phase === 'matched')
    return { state, outputs: [{ type: 'show', emoji: phase.emoji }] }
  if (phase.phase !== 'idle') return { state, outputs: [] }
  const nonce = crypto.randomBytes(SAS_NONCE_BYTES)
  const commitment = sasCommitment(crypto, handshakeHash, nonce)
  return become(
    state,
    { phase: 'committed', nonce },
    { type: 'send', message: { kind: 'commit', commitment } },
  )
}

function received(state: VerificationState, message: VerificationMessage): VerificationStep {
  switch (message.kind) {
    case 'commit':
      return committed(state, message.commitment)
    case 'answer':
      return answered(state, message.nonce)
    case 'reveal':
      return revealed(state, message.nonce)
    case 'differs':
      return differs(state)
    default:
      return unreachable(message)
  }
}

function committed(state: VerificationState, commitment: Uint8Array): VerificationStep {
  const { phase, me, them, crypto } = state
  if (phase.phase === 'committed' && me.device > them.device) return { state, outputs: [] }
  if (phase.phase !== 'idle' && phase.phase !== 'committed') return tooLate(state)
  const nonce = crypto.randomBytes(SAS_NONCE_BYTES)
  const next = { phase: 'answered', nonce, commitment: commitment.slice() } as const
  return become(state, next, { type: 'send', message: { kind: 'answer', nonce } })
}

function answered(state: VerificationState, theirNonce: Uint8Array): VerificationStep {
  const { phase, me, them } = state
  if (phase.phase !== 'committed') return tooLate(state)
  const emoji = emojiOf(state, { ...me, nonce: phase.nonce }, { ...them, nonce: theirNonce })
  const reveal = { type: 'send', message: { kind: 'reveal', nonce: phase.nonce } } as const
  return become(state, { phase: 'comparing', emoji }, reveal, { type: 'show', emoji })
}

function revealed(state: VerificationState, theirNonce: Uint8Array): VerificationStep {
  const { phase, me, them, crypto, handshakeHash } = state
  if (phase.phase !== 'answered') return tooLate(state)
  if (!keepsCommitment(crypto, handshakeHash, phase.commitment, theirNonce)) {
    const broken = violation('forged', 'a verification that does not keep its commitment')
    const failed = { phase: 'failed', because: 'commitment' } as const
    return become(
      state,
      failed,
      { type: 'failed', because: 'commitment' },
      { type: 'violated', violation: broken },
    )
  }
  const emoji = emojiOf(state, { ...them, nonce: theirNonce }, { ...me, nonce: phase.nonce })
  return become(state, { phase: 'comparing', emoji }, { type: 'show', emoji })
}

/** The other person saw something else, or says so. */
function differs(state: VerificationState): VerificationStep {
  const { phase } = state.phase
  if (phase !== 'comparing' && phase !== 'matched') return tooLate(state)
  return become(state, { phase: 'failed', because: 'mismatch' }, { type: 'failed', because: 'mismatch' })
}

function compared(state: VerificationState, same: boolean): VerificationStep {
  const { phase } = state
  if (phase.phase !== 'comparing') return { state, outputs: [] }
  if (same) return become(state, { phase: 'matched', emoji: phase.emoji }, { type: 'verified' })
  const told = { type: 'send', message: { kind: 'differs' } } as const
  return become(state, { phase: 'failed', because: 'mismatch' }, told, {
    type: 'failed',
    because: 'mismatch',
  })
}

/** A second run, or a message without the one before it: no honest peer sends that on a link that still verifies. */
function tooLate(state: VerificationState): VerificationStep {
  if (state.phase.phase === 'failed') return { state, outputs: [] }
  const again = violation('unexpected', 'a verification out of order, or a second one on one link')
  return { state, outputs: [{ type: 'violated', violation: again }] }
}

type Half = VerificationSide & { readonly nonce: Uint8Array }

function emojiOf(
  { crypto, handshakeHash }: VerificationState,
  committer: Half,
  answerer: Half,
): readonly Emoji[] {
  return sasOf(crypto, handshakeHash, { committer, answerer }).map((number) => {
    const emoji = EMOJI[number]
    assert(emoji !== undefined, 'six bits are one of 64 emoji')
    return emoji
  })
}

function become(
  state: VerificationState,
  phase: VerificationPhase,
  ...outputs: readonly VerificationOutput[]
): VerificationStep {
  return { state: { ...state, phase }, outputs }
}
