/** What people carry and tabs say: spoken codes, texts carried by hand, emoji, the notes between tabs. */
import fc from 'fast-check'
import { toUtf8 } from '../../../src/base/bytes.ts'
import { type InstanceId, idOf, type SessionId } from '../../../src/base/ids.ts'
import { Secret } from '../../../src/base/secret.ts'
import { decodeTabNote, encodeTabNote, type TabNote } from '../../../src/session/tab-notes.ts'
import { formatCode, isCodeProblem, parseCode } from '../../../src/wire/code.ts'
import { type CodeMessage, decodeCodeMessage, encodeCodeMessage } from '../../../src/wire/code-exchange.ts'
import {
  type CarriedOffer,
  encodeAnswer,
  encodeOffer,
  openAnswer,
  readAnswer,
  readOffer,
} from '../../../src/wire/hand-carried.ts'
import { decodePhrase, encodePhrase, isPhraseProblem } from '../../../src/wire/recovery-phrase.ts'
import {
  decodeVerification,
  encodeVerification,
  type VerificationMessage,
} from '../../../src/wire/verification.ts'
import { WORDS } from '../../../src/wire/words.ts'
import { bytes } from '../../wire/arbitrary.ts'
import { respelled, sampled, type Target } from '../target.ts'
import { crypto, fixed, unlessRefused } from './keys.ts'

const instance = bytes(8).map((raw) => idOf<InstanceId>(raw))
const kind = <T extends string>(name: T) => fc.constant(name)

const codeMessage: fc.Arbitrary<CodeMessage> = fc.oneof(
  fc.record({ kind: fc.constantFrom('share' as const, 'answer' as const), instance, point: bytes(32) }),
  fc.record({ kind: kind('confirm'), tag: bytes(32) }),
  fc.record({ kind: kind('link'), tag: bytes(32), sealed: fc.uint8Array({ maxLength: 100 }) }),
  fc.record({ kind: kind('spent') }),
)

const codeMessages: Target = {
  name: 'code-message',
  pace: 'cheap',
  valid: sampled(codeMessage, encodeCodeMessage),
  decode: (blob) => decodeCodeMessage(blob),
  objection: (value, blob) =>
    value === 'other-version' ? undefined : respelled<CodeMessage>(encodeCodeMessage)(value, blob),
}

const word = fc.constantFrom(...WORDS)

/** What somebody typed. */
const spokenCodes: Target = {
  name: 'spoken-code',
  pace: 'cheap',
  valid: sampled(fc.tuple(fc.integer({ min: 1, max: 9_999 }), word, word), ([slot, first, second]) =>
    toUtf8(formatCode({ slot, words: [first, second] })),
  ),
  decode: (typed) => {
    const parsed = parseCode(Buffer.from(typed).toString('utf8'))
    return isCodeProblem(parsed) ? undefined : parsed
  },
}

/** What somebody copied from paper. */
const recoveryPhrases: Target = {
  name: 'recovery-phrase',
  pace: 'cheap',
  valid: sampled(bytes(32), (seed) => toUtf8(encodePhrase(crypto, new Secret(seed)))),
  decode: (typed) => {
    const read = decodePhrase(crypto, Buffer.from(typed).toString('utf8'))
    return isPhraseProblem(read) ? undefined : read
  },
}

const verification: fc.Arbitrary<VerificationMessage> = fc.oneof(
  fc.record({ kind: kind('commit'), commitment: bytes(32) }),
  fc.record({ kind: fc.constantFrom('answer' as const, 'reveal' as const), nonce: bytes(32) }),
  fc.record({ kind: kind('differs') }),
)

const verifications: Target = {
  name: 'verification',
  pace: 'cheap',
  valid: sampled(verification, encodeVerification),
  decode: (message) => unlessRefused(decodeVerification(message)),
  objection: respelled<VerificationMessage>(encodeVerification),
}

const OFFER: CarriedOffer = {
  direction: 'offer',
  session: idOf<SessionId>(fixed('session', 16)),
  rosterSeq: 3,
  seed: new Secret(fixed('seed', 16)),
  offer: Buffer.from(fixed('offer', 8)).toString('hex'),
  madeAt: 1_800_000_000_000,
  instance: idOf<InstanceId>(fixed('instance', 8)),
  device: idOf<CarriedOffer['device']>(fixed('device', 16)),
  signals: fixed('signals', 150),
}

const carriedOffers: Target = {
  name: 'carried-offer',
  pace: 'cheap',
  valid: () => [toUtf8(encodeOffer(crypto, OFFER))],
  decode: (text) => {
    const read = readOffer(crypto, Buffer.from(text).toString('utf8'))
    return typeof read === 'string' ? undefined : read
  },
}

const carriedAnswers: Target = {
  name: 'carried-answer',
  pace: 'cheap',
  valid: () => [
    toUtf8(
      encodeAnswer({ ...crypto, randomBytes: (length) => fixed('salt', length) }, OFFER, {
        instance: OFFER.instance,
        signals: OFFER.signals,
      }),
    ),
  ],
  decode: (text) => {
    const read = readAnswer(crypto, Buffer.from(text).toString('utf8'))
    if (typeof read === 'string') return undefined
    const opened = openAnswer(crypto, OFFER, read, OFFER.madeAt)
    return typeof opened === 'string' ? undefined : opened
  },
}

const tabNote: fc.Arbitrary<TabNote> = fc.record({
  from: instance,
  to: instance,
  word: fc.oneof(
    fc.record({ kind: fc.constantFrom('here' as const, 'gone' as const, 'ask' as const) }),
    fc.record({ kind: kind('data'), payload: fc.uint8Array({ maxLength: 60 }) }),
    fc.record({
      kind: kind('lead'),
      term: fc.maxSafeNat(),
      sight: fc.constantFrom('seen' as const, 'hidden' as const),
      deputy: instance,
    }),
  ),
})

const tabNotes: Target = {
  name: 'tab-note',
  pace: 'cheap',
  valid: sampled(tabNote, encodeTabNote),
  decode: (note) => decodeTabNote(note),
  objection: respelled<TabNote>(encodeTabNote),
}

export const PAIRING: readonly Target[] = [
  codeMessages,
  spokenCodes,
  recoveryPhrases,
  verifications,
  carriedOffers,
  carriedAnswers,
  tabNotes,
]
