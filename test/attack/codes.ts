/** Attacks on spoken codes: wrong words, ten thousand guesses, points nobody honest sends. */
import { toUtf8 } from '../../src/base/bytes.ts'
import { type InstanceId, idOf, type TopicId } from '../../src/base/ids.ts'
import { Secret } from '../../src/base/secret.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { pakeKey } from '../../src/crypto/pake.ts'
import { type CodeExchange, type CodeOutput, startInviter, step } from '../../src/protocol/code-exchange.ts'
import {
  type CodeMessage,
  type CodePlace,
  codeKeys,
  decodeCodeMessage,
  encodeCodeMessage,
  linkSecret,
  openLink,
} from '../../src/wire/code-exchange.ts'
import { WEAK_DH_KEYS } from '../crypto/weak-keys.ts'
import type { Ground } from './ground.ts'
import { contentOf, expectUnharmed, gather, textOf } from './party.ts'
import type { Attack, Stage } from './stage.ts'

/** Begins what is hashed into a generator, as CPace spells it: the length of its name, 8, before it. */
const GENERATOR = 8

/** Two who use it agree on keys whatever their words are. */
function withoutWords(crypto: Crypto): Crypto {
  const same = toUtf8('one generator for all words')
  return { ...crypto, sha512: (bytes) => crypto.sha512(bytes[0] === GENERATOR ? same : bytes) }
}

const wrongCode: Attack = {
  number: 4,
  name: 'a wrong spoken code, once',
  guard: 'the words in the exchange, and its one try',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const change = stage.guard === 'off' ? { crypto: withoutWords(ground.crypto) } : {}
    const party = await gather(ground, { ada: change })
    const before = contentOf(party.ada.doc)
    const outcomes: string[] = []
    party.ada.on('code', ({ outcome }) => outcomes.push(outcome))
    const { code } = await (await party.ada.invite({ role: 'editor', uses: 2 })).spoken()
    const [slot, first, second] = code.split('-')
    const guess = `${slot}-${second === 'walrus' ? 'lantern' : 'walrus'}-${first}`
    const came = await outcomeOf(ground, guess, change)
    stage.expect(came === 'WrongCode', `wrong words ended with ${came}`)
    stage.expect(outcomes.join() === 'wrong', `the inviter was told ${outcomes.join() || 'nothing'}`)
    const late = await outcomeOf(ground, code, change)
    stage.expect(late === 'CodeUnknown', `the right words, after a wrong try, ended with ${late}`)
    stage.expect(party.ada.members.length === 2, 'somebody came in')
    await expectUnharmed(stage, party, before)
  },
}

function outcomeOf(ground: Ground, code: string, change: { readonly crypto?: Crypto }): Promise<string> {
  const joining = ground.device(change).api.joinSession(code, { name: 'Mallory' })
  return joining.then(
    (session) => `reading ${textOf(session)}`,
    (error: Error) => error.name,
  )
}

// The inviter's side alone, a server that lets everybody into the slot -----------------------------------------

const FRAGMENT = 'AQ-the-link'
const [ADA, MALLORY] = [1, 2]
const NOW = 1_000_000
const GUESSES = 10_000

function placeOf(joiner: number): CodePlace {
  const topic = idOf<TopicId>(new Uint8Array(32).fill(7))
  return { slot: 7, origin: 'https://town.example', topic, joiner, inviter: ADA }
}

class Inviter {
  #state: CodeExchange

  constructor(crypto: Crypto) {
    const { joiner: _, ...place } = placeOf(MALLORY)
    const instance = idOf<InstanceId>(crypto.randomBytes(8))
    const words = ['walrus', 'lantern'] as const
    const fragment = linkSecret(FRAGMENT)
    this.#state = startInviter({
      ...{ crypto, instance, words, place, fragment, expiresAt: NOW + 300_000 },
    }).state
  }

  hear(from: number, message: CodeMessage): readonly (CodeMessage | undefined)[] {
    const blob = encodeCodeMessage(message)
    const { state, outputs } = step(this.#state, { type: 'passed', from, blob, now: NOW })
    this.#state = state
    return outputs.flatMap((output: CodeOutput) => {
      const said = output.type === 'pass' ? decodeCodeMessage(output.blob) : undefined
      return typeof said === 'object' ? [said] : []
    })
  }
}

const manyGuesses: Attack = {
  number: 5,
  name: '10,000 guesses in one slot, the server helping',
  guard: 'one try for each code',
  transports: ['memory'],
  async play(stage) {
    const { crypto } = await stage.ground()
    let processed = 0
    const counting: Crypto = {
      ...crypto,
      isSoundDhKey: (key) => {
        processed++
        return crypto.isSoundDhKey(key)
      },
    }
    let inviter = new Inviter(counting)
    const instance = idOf<InstanceId>(crypto.randomBytes(8))
    const { publicKey: point } = crypto.dhKeys()
    const guesses = stage.guard === 'on' ? GUESSES : 10
    for (let guess = 0; guess < guesses; guess++) {
      // without the guard every try finds a code that was never tried
      if (stage.guard === 'off') inviter = new Inviter(counting)
      inviter.hear(10 + guess, { kind: 'share', instance, point })
      const said = inviter.hear(10 + guess, { kind: 'confirm', tag: crypto.randomBytes(32) })
      stage.expect(
        said.every((message) => message?.kind !== 'link'),
        'a guess was given the link',
      )
    }
    stage.expect(processed <= 1, `${processed} guesses were processed`)
  },
}

const weakPoints: Attack = {
  number: 6,
  name: 'points of small order and in a second spelling in the code exchange; no confirmation',
  guard: 'the look at the remote point',
  transports: ['memory'],
  async play(stage) {
    const { crypto } = await stage.ground()
    /** Takes any point, and agrees with a weak one on what everybody can know. */
    const lax: Crypto = {
      ...crypto,
      isSoundDhKey: () => true,
      dh: (scalar, point) => crypto.dh(scalar, point) ?? new Uint8Array(32),
    }
    for (const point of WEAK_DH_KEYS) {
      const link = linkBy(crypto, lax, new Inviter(stage.guard === 'on' ? crypto : lax), point)
      stage.expect(link === undefined, `whoever knows no word was given ${link}`)
    }
    expectNothingUnconfirmed(stage, crypto)
  },
}

/** What somebody gets who knows no word, and that both agree on zeros. */
function linkBy(crypto: Crypto, lax: Crypto, inviter: Inviter, point: Uint8Array): string | undefined {
  const instance = idOf<InstanceId>(crypto.randomBytes(8))
  const [answer] = inviter.hear(MALLORY, { kind: 'share', instance, point })
  if (answer?.kind !== 'answer') return undefined
  const said = (id: InstanceId): Uint8Array => Uint8Array.from(Buffer.from(id, 'hex'))
  const zeros: Crypto = { ...lax, dh: () => new Uint8Array(32) }
  const agreed = pakeKey(
    zeros,
    Uint8Array.from(Buffer.from(placeOf(MALLORY).topic, 'hex')),
    { role: 'initiator', scalar: new Secret(new Uint8Array(32)) },
    {
      initiator: { point, said: said(instance) },
      responder: { point: answer.point, said: said(answer.instance) },
    },
  )
  if (agreed === undefined) return undefined
  const keys = codeKeys(crypto, agreed)
  const [link] = inviter.hear(MALLORY, { kind: 'confirm', tag: keys.joinerTag })
  return link?.kind === 'link' ? openLink(crypto, keys, link.sealed) : undefined
}

function expectNothingUnconfirmed(stage: Stage, crypto: Crypto): void {
  const instance = idOf<InstanceId>(crypto.randomBytes(8))
  const { publicKey: point } = crypto.dhKeys()
  for (const skipped of [
    { kind: 'share', instance, point },
    { kind: 'confirm', tag: new Uint8Array(32) },
    { kind: 'spent' },
  ] satisfies CodeMessage[]) {
    const inviter = new Inviter(crypto)
    inviter.hear(MALLORY, { kind: 'share', instance, point })
    const said = [inviter.hear(MALLORY, skipped), inviter.hear(MALLORY, skipped)].flat()
    stage.expect(
      said.every((message) => message?.kind !== 'link'),
      'the link went out unconfirmed',
    )
  }
}

export const CODE_ATTACKS: readonly Attack[] = [wrongCode, manyGuesses, weakPoints]
