/**
 * A page that pairs by hand over the library alone: what a person would press, as functions. The test carries the texts
 * (hand-carried.test.ts) and has stopped the server that gave this page by then.
 */
import { answerOffer, createSession, type HandAnswer, type HandOffer, type Session } from '../../src/index.ts'
import type { Rule } from './suite.ts'

export const rules: readonly Rule[] = []

/** Nobody listens there. */
const DEAD = { signaling: 'ws://127.0.0.1:9/signal' }

let session: Session | undefined
let offer: HandOffer | undefined
let answer: HandAnswer | undefined

export interface Hand {
  /** Loads everything that is loaded late, while there is still a server. */
  prepare(): Promise<void>
  offer(): Promise<string>
  answer(text: string): Promise<string>
  accept(text: string): Promise<void>
  join(): Promise<string>
  type(text: string): void
  text(): string
}

declare global {
  var hand: Hand
}

globalThis.hand = {
  async prepare() {
    await import('simple-peer/simplepeer.min.js')
    session = await createSession({ name: 'Ada', ...DEAD })
    session.doc.getText('main').insert(0, 'hello')
  },
  async offer() {
    const invite = await session?.invite({ role: 'editor' })
    offer = await invite?.carried()
    return offer?.text ?? ''
  },
  async answer(text) {
    await session?.forget()
    answer = await answerOffer(text, DEAD)
    return answer.text
  },
  async accept(text) {
    await offer?.accept(text)
  },
  async join() {
    answer?.handedBack()
    const card = await answer?.card
    session = await card?.join({ name: 'Ben' })
    return session?.doc.getText('main').toString() ?? ''
  },
  type: (text) => session?.doc.getText('main').insert(0, text),
  text: () => session?.doc.getText('main').toString() ?? '',
}
