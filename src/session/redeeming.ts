/**
 * A spoken code becomes a link: the joiner's side. The code is read before anything is tried, so that a word nobody
 * can have said costs nothing. Not here: what follows with the link (joining.ts).
 */
import { type InstanceId, idOf } from '../base/ids.ts'
import { type NoLinkBecause, startJoiner } from '../protocol/code-exchange.ts'
import { isCodeProblem, parseCode, type SpokenWords } from '../wire/code.ts'
import type { Environment } from './environment.ts'
import {
  CodeInterrupted,
  CodeMalformed,
  CodeUnknown,
  NoMoreCodes,
  ProtocolMismatch,
  SignalingUnreachable,
  WrongCode,
} from './errors.ts'
import type { SessionOptions } from './public.ts'
import { Slot, type SlotEnd } from './slot.ts'

/** What a code gave: a link's fragment, and the server both sides met at. */
export interface Redeemed {
  readonly fragment: string
  readonly signaling: string
}

/** What is wrong with a text that is meant as a code, for a page to say while it is typed; undefined: nothing. */
export function codeProblem(typed: string): CodeMalformed | undefined {
  const code = parseCode(typed)
  return isCodeProblem(code) ? new CodeMalformed(code) : undefined
}

/** @throws CodeMalformed, CodeUnknown, WrongCode, CodeInterrupted, NoMoreCodes, SignalingUnreachable, ProtocolMismatch */
export function redeem(environment: Environment, typed: string, options: SessionOptions): Promise<Redeemed> {
  const code = parseCode(typed)
  if (isCodeProblem(code)) return Promise.reject(new CodeMalformed(code))
  const server = options.signaling ?? environment.signaling
  if (server === undefined) return Promise.reject(new SignalingUnreachable('the signaling server'))
  return exchange(environment, code, server)
}

function exchange(environment: Environment, { slot, words }: SpokenWords, server: string): Promise<Redeemed> {
  const { crypto, clock } = environment
  return new Promise((resolve, reject) => {
    const inside = new Slot(
      environment,
      server,
      { kind: 'enter', slot },
      {
        entered: ({ topic, origin, me, others }) => {
          // A server that names nobody as the inviter gets its answer from nobody.
          const place = { slot, topic, origin, joiner: me, inviter: others[0] ?? me }
          const instance = idOf<InstanceId>(crypto.randomBytes(8))
          return startJoiner({ crypto, instance, words, place, now: clock.now() })
        },
        ended: (end) => {
          inside.close()
          if (end.type === 'link') resolve({ fragment: end.fragment, signaling: server })
          else reject(failureOf(end, slot, server))
        },
      },
    )
  })
}

function failureOf(end: SlotEnd, slot: number, server: string): Error {
  if (end.type === 'no-link') return noLink(end.because)
  if (end.type === 'refused') return end.reason === 'no-such-slot' ? new CodeUnknown(slot) : new NoMoreCodes()
  return new SignalingUnreachable(URL.canParse(server) ? new URL(server).host : server)
}

function noLink(because: NoLinkBecause): Error {
  switch (because) {
    case 'wrong':
      return new WrongCode()
    case 'broken-off':
      return new CodeInterrupted()
    case 'other-version':
      return new ProtocolMismatch('The inviter')
    default:
      return because satisfies never
  }
}
