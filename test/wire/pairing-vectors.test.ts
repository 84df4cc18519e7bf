/**
 * Fixed bytes both ways for spoken codes, verification and hand-carried texts: the committed pairing.json, the twins
 * that worked it out, and the code agree. WRITE_VECTORS=1 writes the file anew before it is read.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { type DeviceId, type InstanceId, idOf, type SessionId, type TopicId } from '../../src/base/ids.ts'
import { Secret } from '../../src/base/secret.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { EMOJI } from '../../src/crypto/emoji.ts'
import { type PakeRole, pakeGenerator, pakeKey, pakeShare } from '../../src/crypto/pake.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import {
  type CodeExchange,
  type CodeOutput,
  startInviter,
  startJoiner,
  step,
} from '../../src/protocol/code-exchange.ts'
import {
  startVerification,
  step as stepVerification,
  type VerificationOutput,
} from '../../src/protocol/verification.ts'
import { encodeCandidate, encodeDescription } from '../../src/transport/dial-signal.ts'
import { packSignals, unpackSignals } from '../../src/transport/packing.ts'
import {
  codeChannel,
  codeKeys,
  decodeCodeMessage,
  encodeCodeMessage,
  linkSecret,
} from '../../src/wire/code-exchange.ts'
import {
  type CarriedAnswer,
  type CarriedOffer,
  carriedPsk,
  encodeAnswer,
  encodeOffer,
  openAnswer,
  readAnswer,
  readOffer,
} from '../../src/wire/hand-carried.ts'
import { decodePhrase, encodePhrase, isPhraseProblem } from '../../src/wire/recovery-phrase.ts'
import { decodeVerification, encodeVerification } from '../../src/wire/verification.ts'
import { WORDS } from '../../src/wire/words.ts'
import { CARRIED, CODE, makePairingVectors, SAS } from '../vectors/make-pairing.ts'
import { expectStrict } from './mistreat.ts'

const crypto = await loadCrypto()
const made = makePairingVectors()
const path = new URL('../vectors/pairing.json', import.meta.url)
if (process.env['WRITE_VECTORS'] !== undefined) writeFileSync(path, `${JSON.stringify(made, null, 2)}\n`)
const vectors = JSON.parse(readFileSync(path, 'utf8')) as typeof made

/** The same cryptography with random bytes that are known beforehand. */
function withRandom(...bytes: readonly Uint8Array[]): Crypto {
  const left = [...bytes]
  return { ...crypto, randomBytes: () => left.shift()! }
}

test('the committed vectors are what the twins work out', () => {
  expect(vectors).toEqual(made)
})

test.each(vectors.cpace)('CPace with the password "$password"', (vector) => {
  const input = {
    password: fromHex(vector.password),
    channel: fromHex(vector.channel),
    session: fromHex(vector.session),
  }
  expect(toHex(pakeGenerator(crypto, input))).toBe(vector.generator)
  const shares = {
    initiator: pakeShare(crypto, input, new Secret(fromHex(vector.initiatorScalar))),
    responder: pakeShare(crypto, input, new Secret(fromHex(vector.responderScalar))),
  }
  expect(toHex(shares.initiator.point)).toBe(vector.initiatorPoint)
  expect(toHex(shares.responder.point)).toBe(vector.responderPoint)
  const transcript = {
    initiator: { point: shares.initiator.point, said: fromHex(vector.initiatorSaid) },
    responder: { point: shares.responder.point, said: fromHex(vector.responderSaid) },
  }
  const keyOf = (role: PakeRole) =>
    pakeKey(crypto, input.session, { role, scalar: shares[role].scalar }, transcript)
  expect([keyOf('initiator'), keyOf('responder')].map((key) => toHex(key!))).toEqual([vector.key, vector.key])
})

test('the exchange behind a code, message by message', () => {
  const { joiner, inviter, slot, origin } = CODE
  const place = { slot, origin, topic: idOf<TopicId>(CODE.topic), joiner, inviter }
  expect(toHex(codeChannel(place))).toBe(vectors.code.channel)
  const keys = codeKeys(crypto, fromHex(vectors.code.agreed))
  expect(Object.values(keys).map(toHex)).toEqual([
    vectors.code.joinerTag,
    vectors.code.inviterTag,
    vectors.code.sealing,
  ])
  const ada = startInviter({
    crypto: withRandom(CODE.inviterScalar),
    instance: idOf<InstanceId>(CODE.inviterInstance),
    words: CODE.words,
    place: { slot, origin, topic: place.topic, inviter },
    fragment: linkSecret(CODE.fragment),
    expiresAt: 300_000,
  })
  const ben = startJoiner({
    crypto: withRandom(CODE.joinerScalar),
    instance: idOf<InstanceId>(CODE.joinerInstance),
    words: CODE.words,
    place,
    now: 0,
  })
  const blobOf = (outputs: readonly CodeOutput[]) =>
    outputs.flatMap((one) => (one.type === 'pass' ? [one.blob] : []))[0]!
  const hear = (state: CodeExchange, from: number, blob: Uint8Array) =>
    step(state, { type: 'passed', from, blob, now: 0 })
  const share = blobOf(ben.outputs)
  const answered = hear(ada.state, joiner, share)
  const confirmed = hear(ben.state, inviter, blobOf(answered.outputs))
  const given = hear(answered.state, joiner, blobOf(confirmed.outputs))
  const { messages } = vectors.code
  expect([share, ...[answered, confirmed, given].map(({ outputs }) => blobOf(outputs))].map(toHex)).toEqual([
    messages.share,
    messages.answer,
    messages.confirm,
    messages.link,
  ])
  const opened = hear(confirmed.state, inviter, fromHex(messages.link))
  expect(opened.outputs).toEqual([{ type: 'link', fragment: CODE.fragment }])
})

test.each(Object.entries(vectors.code.messages))('the code message %s is read strictly', (kind, spelled) => {
  const message = decodeCodeMessage(fromHex(spelled))
  expect(message).toMatchObject({ kind })
  if (typeof message === 'object') expect(toHex(encodeCodeMessage(message))).toBe(spelled)
  expectStrict(fromHex(spelled), (bytes) => typeof decodeCodeMessage(bytes) === 'object')
})

test.each(vectors.recovery)('the recovery phrase of the seed $seed', ({ seed, numbers }) => {
  const phrase = numbers.map((number) => WORDS[number]).join(' ')
  expect(encodePhrase(crypto, new Secret(fromHex(seed)))).toBe(phrase)
  const read = decodePhrase(crypto, phrase)
  expect(!isPhraseProblem(read) && toHex(read.reveal())).toBe(seed)
})

test('verification, message by message, up to the seven emoji', () => {
  const { messages, numbers } = vectors.verification
  const side = (first: number, certificate: Uint8Array) => ({
    device: idOf<DeviceId>(new Uint8Array(16).fill(first)),
    certificate,
  })
  const [me, them] = [side(1, SAS.committerCertificate), side(2, SAS.answererCertificate)]
  const start = { handshakeHash: SAS.handshakeHash }
  const idle = startVerification({ ...start, crypto: withRandom(SAS.committerNonce), me, them })
  const waiting = startVerification({ ...start, crypto: withRandom(SAS.answererNonce), me: them, them: me })
  const sent = (outputs: readonly VerificationOutput[]) =>
    outputs.flatMap((one) => (one.type === 'send' ? [one.message] : []))[0]!
  const shown = (outputs: readonly VerificationOutput[]) => outputs.find(({ type }) => type === 'show')
  const begun = stepVerification(idle, { type: 'begin' })
  const answered = stepVerification(waiting, { type: 'received', message: sent(begun.outputs) })
  const revealed = stepVerification(begun.state, { type: 'received', message: sent(answered.outputs) })
  const compared = stepVerification(answered.state, { type: 'received', message: sent(revealed.outputs) })
  expect([begun, answered, revealed].map(({ outputs }) => toHex(encodeVerification(sent(outputs))))).toEqual([
    messages.commit,
    messages.answer,
    messages.reveal,
  ])
  const emoji = numbers.map((number) => EMOJI[number])
  expect([revealed, compared].map(({ outputs }) => shown(outputs))).toEqual(
    Array(2).fill({ type: 'show', emoji }),
  )
  for (const spelled of Object.values(messages))
    expectStrict(fromHex(spelled), (bytes) => decodeVerification(bytes).ok)
})

test('hand-carried texts and what they open', () => {
  const { carried } = vectors
  const offer: CarriedOffer = {
    direction: 'offer',
    session: idOf<SessionId>(CARRIED.session),
    rosterSeq: CARRIED.rosterSeq,
    seed: new Secret(CARRIED.seed),
    offer: carried.offerId,
    madeAt: CARRIED.madeAt,
    instance: idOf<InstanceId>(CARRIED.instance),
    device: idOf<DeviceId>(CARRIED.device),
    signals: CARRIED.offerSignals,
  }
  expect(encodeOffer(crypto, offer)).toBe(carried.offer)
  const read = readOffer(crypto, carried.offer) as CarriedOffer
  expect({ ...read, seed: read.seed.reveal() }).toEqual({ ...offer, seed: CARRIED.seed })
  const content = { instance: idOf<InstanceId>(CARRIED.answerInstance), signals: CARRIED.answerSignals }
  expect(encodeAnswer(withRandom(CARRIED.salt), offer, content)).toBe(carried.answer)
  const answer = readAnswer(crypto, carried.answer) as CarriedAnswer
  expect(openAnswer(crypto, offer, answer, CARRIED.madeAt)).toEqual(content)
  const { ids, key } = carriedPsk(crypto, offer)
  expect([toHex(ids), toHex(key)]).toEqual([carried.pskIds, carried.psk])
})

test('packed signals', () => {
  const { packed, sdp, candidates } = vectors.packed
  const signals = [encodeDescription('offer', sdp), ...candidates.map((one) => encodeCandidate(one, '0', 0))]
  expect(unpackSignals(fromHex(packed))).toEqual(signals)
  expect(toHex(packSignals(signals, 364)!)).toBe(packed)
})
