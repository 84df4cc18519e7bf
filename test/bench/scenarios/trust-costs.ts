/**
 * What trust costs the processor, beside the bare calls of libsodium it needs, in one run: a handshake, an entry made and
 * an entry checked, and ten thousand of them caught up as they come over a link.
 */
import sodium from 'libsodium-wrappers'
import * as Y from 'yjs'
import { concat, toUtf8 } from '../../../src/base/bytes.ts'
import { type InstanceId, idBytes, idOf, type WriterId } from '../../../src/base/ids.ts'
import { SharedDocument } from '../../../src/doc/document.ts'
import { schemaOf } from '../../../src/doc/schema.ts'
import {
  firstMessage,
  type HandshakeStart,
  hearMessage,
  startHandshake,
} from '../../../src/protocol/handshake.ts'
import { startLog, step } from '../../../src/protocol/log.ts'
import { type Entry, isSignedBy, NO_ENTRY, openEntry, sealEntry } from '../../../src/wire/entry.ts'
import { decodeMessage, encodeMessage } from '../../../src/wire/message.ts'
import { clientIdOf } from '../../../src/wire/presence.ts'
import { RunReceiver, RunSender } from '../../../src/wire/runs.ts'
import { isViolation } from '../../../src/wire/violation.ts'
import { ben, crypto, ENTRY_KEY, fullRoster, session } from '../../protocol/log-fixture.ts'
import type { Effort } from '../measuring.ts'
import type { Findings } from '../rows.ts'
import { median } from '../statistics.ts'

/** Entries of one round, and rounds; ours and the bare calls take turns. */
const ENTRIES: Record<Effort, number> = { full: 2_000, quick: 500 }
const ROUNDS: Record<Effort, number> = { full: 15, quick: 3 }
const HANDSHAKES: Record<Effort, number> = { full: 200, quick: 30 }
const CAUGHT_UP: Record<Effort, number> = { full: 10_000, quick: 2_000 }
const CATCH_UPS: Record<Effort, number> = { full: 5, quick: 1 }
/** Entries in one message, as the bulk lane has them. */
const A_MESSAGE = 500
const ROSTER_SEQ = 3
const SIGNED = toUtf8('coterie/1/entry')
const writer = idOf<WriterId>(new Uint8Array(8).fill(5))

export async function measureTrustCosts(effort: Effort): Promise<Findings> {
  await sodium.ready
  return {
    handshake_cpu_ms: handshakes(HANDSHAKES[effort]),
    ...entries(effort),
    catch_up_10k_of_verify: catchUps(effort),
  }
}

function handshakes(rounds: number): NonNullable<Findings['handshake_cpu_ms']> {
  const times = Array.from({ length: rounds }, () => timed(handshake))
  return {
    ours: median(times),
    theirs: null,
    rounds,
    notes: ['both sides, three messages, without a network'],
  }
}

function handshake(): void {
  const end = (fill: number) => ({
    instance: idOf<InstanceId>(new Uint8Array(8).fill(fill)),
    fingerprint: new Uint8Array(32).fill(fill),
  })
  const side = (role: HandshakeStart['role']): HandshakeStart => ({
    ...{ crypto, role, sessionId: session },
    psk: { kind: 'member', ids: new Uint8Array(32), key: ENTRY_KEY },
    ...{ initiator: end(1), responder: end(2) },
    staticKeys: crypto.dhKeys(),
    ephemeralKeys: crypto.dhKeys(),
    payload: new Uint8Array(64),
  })
  const [first, second] = [startHandshake(side('initiator')), startHandshake(side('responder'))]
  const answer = hearMessage(second, firstMessage(first))
  const proof = answer.progress === 'talking' ? hearMessage(first, answer.reply) : answer
  const last = proof.progress === 'proven' && proof.reply ? hearMessage(second, proof.reply) : proof
  if (last.progress !== 'proven') throw new Error('a handshake failed')
}

// One entry ----------------------------------------------------------------------------------------------

function entries(
  effort: Effort,
): Pick<Findings, 'entry_seal_sign_of_primitives' | 'entry_check_open_of_primitives'> {
  const { entries: made } = typed(ENTRIES[effort])
  const making: Ratio[] = []
  const checking: Ratio[] = []
  for (let round = 0; round < ROUNDS[effort]; round++) {
    making.push(
      inTurns(
        round,
        () => made.forEach(again),
        () => made.forEach(bareMaking),
      ),
    )
    checking.push(
      inTurns(
        round,
        () => made.forEach(check),
        () => made.forEach(bareChecking),
      ),
    )
  }
  const row = (ratios: readonly Ratio[], notes: string[]) => ({
    ours: median(ratios.map(({ ours }) => ours)),
    theirs: median(ratios.map(({ bare }) => bare)),
    rounds: ROUNDS[effort],
    notes: [`${ENTRIES[effort]} entries of one keystroke a round`, ...notes],
  })
  return {
    entry_seal_sign_of_primitives: row(making, ['bare: two keyed hashes, seal, sign']),
    entry_check_open_of_primitives: row(checking, ['bare: two keyed hashes, verify, open']),
  }
}

interface Ratio {
  readonly ours: number
  readonly bare: number
}

function inTurns(round: number, ours: () => void, bare: () => void): Ratio {
  if (round % 2 === 0) return { ours: timed(ours), bare: timed(bare) }
  const first = timed(bare)
  return { ours: timed(ours), bare: first }
}

function again(entry: Entry): void {
  sealEntry(crypto, entry, { authoredAt: 1, body: BODY }, { entryKey: ENTRY_KEY, sign: ben.sign })
}

function check(entry: Entry): void {
  const isSound = isSignedBy(crypto, entry, ben.sign.publicKey)
  if (!isSound || isViolation(openEntry(crypto, entry, ENTRY_KEY))) throw new Error('an entry is not sound')
}

/** As long as what is sealed, signed and hashed for an entry of one keystroke. */
const [BODY, HEADER, PLAIN, NONCE] = [34, 100, 48, 24].map((length) => new Uint8Array(length)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
]

function bareMaking({ id }: Entry): void {
  sodium.crypto_generichash(24, HEADER, ENTRY_KEY)
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(PLAIN, HEADER, null, NONCE, ENTRY_KEY)
  sodium.crypto_generichash(32, HEADER, null)
  sodium.crypto_sign_detached(concat(SIGNED, idBytes(id)), ben.sign.secretKey.reveal())
}

const SEALED = new Uint8Array(64)

function bareChecking({ id, signature }: Entry): void {
  sodium.crypto_generichash(32, HEADER, null)
  sodium.crypto_sign_verify_detached(signature, concat(SIGNED, idBytes(id)), ben.sign.publicKey)
  sodium.crypto_generichash(24, HEADER, ENTRY_KEY)
  try {
    sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, SEALED, HEADER, NONCE, ENTRY_KEY)
  } catch (error) {
    if (!(error instanceof Error)) throw error // made up, so that it does not open; it costs the same
  }
}

// Many ---------------------------------------------------------------------------------------------------

function catchUps(effort: Effort): NonNullable<Findings['catch_up_10k_of_verify']> {
  const made = typed(CAUGHT_UP[effort])
  const sender = new RunSender()
  const messages: Uint8Array[] = []
  for (let from = 0; from < made.entries.length; from += A_MESSAGE) {
    const segments = sender.segments(made.entries.slice(from, from + A_MESSAGE))
    messages.push(encodeMessage({ type: 'entries', segments }))
  }
  const rounds = Array.from({ length: CATCH_UPS[effort] }, (_, round) =>
    inTurns(
      round,
      () => catchUp(messages, made.text),
      () => made.entries.forEach(bareVerifying),
    ),
  )
  return {
    ours: median(rounds.map(({ ours }) => ours)),
    theirs: median(rounds.map(({ bare }) => bare)),
    rounds: CATCH_UPS[effort],
    notes: [
      `${CAUGHT_UP[effort]} entries from the bytes of their messages to the text, over as many bare verifications`,
    ],
  }
}

function catchUp(messages: readonly Uint8Array[], text: string): void {
  const evaluator = SharedDocument.create({ schema: schemaOf({ main: 'text' }) })
  const log = startLog({ crypto, session, roster: fullRoster(), evaluator, entryKeyAt: () => ENTRY_KEY })
  const receiver = new RunReceiver(crypto, session)
  for (const bytes of messages) {
    const message = decodeMessage(bytes)
    if (isViolation(message) || message.type !== 'entries') throw new Error('a message of entries is none')
    const received = receiver.entries(message.segments)
    if (isViolation(received)) throw new Error(received.detail)
    step(log, { type: 'received', entries: received })
  }
  if (evaluator.doc.getText('main').toString() !== text) throw new Error('the text did not arrive')
}

function bareVerifying({ id, signature }: Entry): void {
  sodium.crypto_sign_verify_detached(signature, concat(SIGNED, idBytes(id)), ben.sign.publicKey)
}

/** So many keystrokes of Ben's, each an entry. */
function typed(count: number): { readonly entries: readonly Entry[]; readonly text: string } {
  const doc = new Y.Doc()
  doc.clientID = clientIdOf(crypto, ben.sign.publicKey, writer)
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const text = doc.getText('main')
  for (let key = 0; key < count; key++) text.insert(text.length, String.fromCharCode(97 + (key % 26)))
  const made: Entry[] = []
  for (const [index, body] of updates.entries()) {
    const prev = made.at(-1)?.id ?? NO_ENTRY
    const place = { kind: 'edit', rosterSeq: ROSTER_SEQ, session, device: ben.device, writer } as const
    const header = { ...place, seq: index + 1, prev }
    made.push(sealEntry(crypto, header, { authoredAt: 1, body }, { entryKey: ENTRY_KEY, sign: ben.sign }))
  }
  return { entries: made, text: text.toString() }
}

function timed(work: () => void): number {
  const began = performance.now()
  work()
  return performance.now() - began
}
