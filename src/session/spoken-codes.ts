/**
 * Codes this device reads aloud: for an open invite a slot on the server and two words, for five minutes and one try.
 * The owner of open slots. Not here: who may invite (inviting.ts), the other side (redeeming.ts).
 *
 * Invariant: an invite has at most one code open; every code that was given out ends with one outcome, unless it was
 * replaced, its invite revoked or its session ended first.
 */
import { type InstanceId, type InviteId, idOf } from '../base/ids.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { type CodeStep, startInviter } from '../protocol/code-exchange.ts'
import { drawWords, formatCode } from '../wire/code.ts'
import { linkSecret } from '../wire/code-exchange.ts'
import type { Environment } from './environment.ts'
import { NoMoreCodes, SessionEnded, SignalingUnreachable } from './errors.ts'
import type { CodeOutcome, SpokenCode } from './public.ts'
import { type EnteredSlot, Slot, type SlotEnd } from './slot.ts'

export interface SpokenCodesParts {
  readonly environment: Environment
  /** Where the session's own sockets go. */
  readonly url: () => string | undefined
  readonly ended: (outcome: CodeOutcome) => void
}

export class SpokenCodes {
  readonly #parts: SpokenCodesParts
  /** The newest of each invite; ended ones linger a moment, until their last words have arrived. */
  readonly #codes = new Map<InviteId, OneCode>()
  #phase: 'giving' | 'stopped' = 'giving'

  constructor(parts: SpokenCodesParts) {
    this.#parts = parts
  }

  /** A new code for this invite; the one before is no longer valid. @throws SessionEnded, SignalingUnreachable, NoMoreCodes */
  spoken(invite: InviteId, url: string): Promise<SpokenCode> {
    if (this.#phase === 'stopped') return Promise.reject(new SessionEnded())
    const newest = this.#codes.get(invite)
    if (newest?.phase === 'asked') return newest.spoken
    newest?.close()
    const { environment, url: server, ended } = this.#parts
    const address = server()
    if (address === undefined) return Promise.reject(new SignalingUnreachable('the signaling server'))
    const fragment = url.slice(url.indexOf('#') + 1)
    const code = new OneCode(environment, address, fragment, (end) => ended({ invite, ...end }))
    this.#codes.set(invite, code)
    return code.spoken
  }

  /** Without an outcome: whoever closed it knows. */
  close(invite: InviteId): void {
    this.#codes.get(invite)?.close()
  }

  /** The session ended: no code is open and none is given any more. */
  stop(): void {
    this.#phase = 'stopped'
    for (const code of this.#codes.values()) code.close()
    this.#codes.clear()
  }
}

/** From the wish for a slot to the outcome. */
class OneCode {
  readonly spoken: Promise<SpokenCode>
  readonly #crypto: Crypto
  readonly #server: string
  readonly #fragment: string
  readonly #words: readonly [string, string]
  readonly #ended: (end: Omit<CodeOutcome, 'invite'>) => void
  readonly #slot: Slot
  #state: { phase: 'asked' | 'over' } | { phase: 'given'; code: string } = { phase: 'asked' }
  #settle: { resolve: (spoken: SpokenCode) => void; reject: (error: Error) => void } | undefined

  constructor(
    environment: Environment,
    server: string,
    fragment: string,
    ended: (end: Omit<CodeOutcome, 'invite'>) => void,
  ) {
    this.#crypto = environment.crypto
    this.#server = server
    this.#fragment = fragment
    this.#ended = ended
    this.#words = drawWords(environment.crypto)
    this.spoken = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    const wish = { kind: 'invite' } as const
    this.#slot = new Slot(environment, server, wish, {
      entered: (entered) => this.#entered(entered),
      ended: (end) => this.#end(end),
    })
  }

  get phase(): 'asked' | 'given' | 'over' {
    return this.#state.phase
  }

  close(): void {
    this.#slot.close()
    if (this.#state.phase === 'asked') this.#settle?.reject(new SessionEnded())
    this.#state = { phase: 'over' }
  }

  #entered({ slot, topic, origin, expiresAt, me }: EnteredSlot): CodeStep {
    const code = formatCode({ slot, words: this.#words })
    this.#state = { phase: 'given', code }
    this.#settle?.resolve({ code, expiresAt })
    return startInviter({
      crypto: this.#crypto,
      instance: idOf<InstanceId>(this.#crypto.randomBytes(8)),
      words: this.#words,
      place: { slot, topic, origin, inviter: me },
      fragment: linkSecret(this.#fragment),
      expiresAt,
    })
  }

  #end(end: SlotEnd): void {
    const state = this.#state
    this.#state = { phase: 'over' }
    if (state.phase === 'given') this.#ended({ code: state.code, outcome: outcomeOf(end) })
    else this.#settle?.reject(refusalOf(end, this.#server))
  }
}

function refusalOf(end: SlotEnd, server: string): Error {
  if (end.type === 'refused') return new NoMoreCodes()
  return new SignalingUnreachable(URL.canParse(server) ? new URL(server).host : server)
}

function outcomeOf(end: SlotEnd): CodeOutcome['outcome'] {
  if (end.type === 'given') return 'used'
  return end.type === 'spent' ? end.because : 'broken-off'
}
