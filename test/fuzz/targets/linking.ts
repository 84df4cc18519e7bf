/** What comes on a channel: handshake, records, frames, messages, and what messages hold. */
import fc from 'fast-check'
import { concat, EMPTY } from '../../../src/base/bytes.ts'
import { decode, Writer } from '../../../src/base/codec.ts'
import { type InstanceId, idOf, type SessionId } from '../../../src/base/ids.ts'
import { addRecord, startAssembly } from '../../../src/protocol/assembly.ts'
import { openRecord, startDirection } from '../../../src/protocol/direction.ts'
import { firstMessage, type Handshake, hearMessage, startHandshake } from '../../../src/protocol/handshake.ts'
import { digestOfHeads, type Head, readHeads, writeHeads } from '../../../src/wire/heads.ts'
import { decodeMessage, encodeMessage, type Message } from '../../../src/wire/message.ts'
import { decodeRecord, encodeRecord, type LinkRecord } from '../../../src/wire/record.ts'
import { RunReceiver, type Segment } from '../../../src/wire/runs.ts'
import { isViolation } from '../../../src/wire/violation.ts'
import { head, message } from '../../wire/arbitrary.ts'
import { respelled, sampled, type Target } from '../target.ts'
import { crypto, fixed, unlessRefused, unlessViolation } from './keys.ts'

// Records and frames -----------------------------------------------------------------------------------

const record: fc.Arbitrary<LinkRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('data' as const),
    lane: fc.constantFrom('live' as const, 'bulk' as const),
    last: fc.boolean(),
    payload: fc.uint8Array({ minLength: 1, maxLength: 60 }),
  }),
  fc.record({ kind: fc.constantFrom('ping' as const, 'pong' as const), number: fc.nat(2 ** 32 - 1) }),
  fc.constant({ kind: 'rekey' as const }),
)

const records: Target = {
  name: 'record',
  pace: 'cheap',
  valid: sampled(record, encodeRecord),
  decode: (plain) => unlessViolation(decodeRecord(plain)),
  objection: respelled<LinkRecord>(encodeRecord),
}

const KEY = fixed('record key')

const sealedRecords: Target = {
  name: 'sealed-record',
  pace: 'cheap',
  valid: (seed) => records.valid(seed).map((plain) => crypto.sealCounted(KEY, 0, EMPTY, plain)),
  decode: (sealed) => unlessViolation(openRecord(crypto, startDirection(KEY.slice(), 0), sealed, 0)),
}

/** Several records, each with its length before it: more of them than a frame has. */
const frames: Target = {
  name: 'frame',
  pace: 'cheap',
  valid: sampled(fc.array(record, { minLength: 1, maxLength: 12 }), (list) =>
    list.reduce((to, one) => to.sized(encodeRecord(one)), new Writer()).finish(),
  ),
  decode: (script) =>
    unlessRefused(
      decode(script, (reader) => {
        const assembly = startAssembly()
        const joined: Uint8Array[] = []
        while (reader.left > 0) {
          const one = decodeRecord(reader.sized(70_000))
          if (isViolation(one)) return undefined
          const frame = one.kind === 'data' ? addRecord(assembly, one, 0) : undefined
          if (frame !== undefined && isViolation(frame)) return undefined
          if (frame !== undefined) joined.push(frame)
        }
        return joined
      }),
    ),
}

// Messages ---------------------------------------------------------------------------------------------

function many<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at))
}

/** Bytes that differ from the others' in their number only. */
function numbered(name: string, length: number, at: number): Uint8Array {
  return concat(new Uint8Array(length - 4).fill(name.length), new Writer().u32(at).finish())
}

const someHead = (at: number): Head => ({
  writer: idOf(numbered('writer', 8, at)),
  device: idOf(numbered('device', 16, at)),
  held: 1 + at,
  heldId: idOf(numbered('id', 32, at)),
  applied: 1,
  ended: false,
})
const someSegment = (at: number): Segment => ({
  run: at % 1_024,
  start: {
    device: idOf(numbered('device', 16, at)),
    writer: idOf(numbered('writer', 8, at)),
    seq: 2,
    prev: idOf(numbered('prev', 32, at)),
  },
  parts: [
    { kind: 'edit', rosterSeq: 1, ciphertext: fixed('ciphertext', 60), signature: fixed('signature', 64) },
  ],
})

const largeMessages = (): readonly Message[] => [
  { type: 'heads', answer: true, seen: 0, heads: many(15_000, someHead) },
  { type: 'entries', segments: many(4_000, someSegment) },
  { type: 'ack', acknowledgements: many(15_000, (at) => ({ ...someHead(at), held: at })) },
  { type: 'welcome', epochKeys: many(4_096, (at) => numbered('key', 32, at)), admitterKey: undefined },
  {
    type: 'roster',
    records: many(4_000, (at) => numbered('record', 140, at)),
    joins: many(900, (at) => numbered('join', 340, at)),
  },
  { type: 'blob-piece', blob: idOf(fixed('blob')), index: 7, piece: fixed('piece', 60_000) },
]

const messages: Target = {
  name: 'message',
  pace: 'cheap',
  valid: sampled(message, encodeMessage),
  large: () => largeMessages().map(encodeMessage),
  decode: (frame) => unlessViolation(decodeMessage(frame)),
  objection: respelled<Message>(encodeMessage),
}

const heads: Target = {
  name: 'heads',
  pace: 'cheap',
  valid: sampled(fc.array(head, { maxLength: 12 }), (list) => spelledHeads(list)),
  large: () => [spelledHeads(many(15_000, someHead))],
  decode: (list) => unlessRefused(decode(list, readHeads)),
  objection: (value, list) => {
    digestOfHeads(crypto, value as Head[])
    return respelled<Head[]>(spelledHeads)(value, list)
  },
}

function spelledHeads(list: readonly Head[]): Uint8Array {
  const writer = new Writer()
  writeHeads(writer, list)
  return writer.finish()
}

const session = idOf<SessionId>(fixed('session', 16))
const entriesOnly = message.filter(({ type }) => type === 'entries')

/** An entry of 85 bytes and more is hashed with a header that is written for it: 28, of which 6 are held. */
const ALLOCATED_PER_BYTE_OF_RUNS = 32

const runs: Target = {
  name: 'runs',
  pace: 'cheap',
  allocatedPerByte: ALLOCATED_PER_BYTE_OF_RUNS,
  valid: sampled(entriesOnly, encodeMessage),
  large: () =>
    largeMessages()
      .filter(({ type }) => type === 'entries')
      .map(encodeMessage),
  decode: (frame) => {
    const read = decodeMessage(frame)
    if (isViolation(read) || read.type !== 'entries') return undefined
    return unlessViolation(new RunReceiver(crypto, session).entries(read.segments))
  },
}

// The handshake ----------------------------------------------------------------------------------------

function sideOf(role: 'initiator' | 'responder'): Handshake {
  const end = (name: string) => ({
    instance: idOf<InstanceId>(fixed(name, 8)),
    fingerprint: fixed(`${name} print`),
  })
  return startHandshake({
    ...{ crypto, role, sessionId: session, psk: { kind: 'member', ids: EMPTY, key: fixed('psk') } },
    initiator: end('initiator'),
    responder: end('responder'),
    staticKeys: crypto.dhKeys(fixed(`${role} static`)),
    ephemeralKeys: crypto.dhKeys(fixed(`${role} ephemeral`)),
    payload: EMPTY,
  })
}

/** Two honest sides up to message 1, 2 or 3. @returns who hears it next, and what it should hear */
function upTo(number: number): { readonly hears: Handshake; readonly next: Uint8Array } {
  const [initiator, responder] = [sideOf('initiator'), sideOf('responder')]
  const first = firstMessage(initiator)
  if (number === 0) return { hears: responder, next: first }
  const second = replyOf(hearMessage(responder, first))
  if (number === 1) return { hears: initiator, next: second }
  return { hears: responder, next: replyOf(hearMessage(initiator, second)) }
}

function replyOf(progress: ReturnType<typeof hearMessage>): Uint8Array {
  if (progress.progress === 'failed' || progress.reply === undefined)
    throw new Error('an honest handshake failed')
  return progress.reply
}

/** The first byte says which message the rest stands for. */
const handshake: Target = {
  name: 'handshake',
  pace: 'signed',
  valid: () => [0, 1, 2].map((number) => concat(Uint8Array.of(number), upTo(number).next)),
  large: () => [concat(Uint8Array.of(2), fixed('long', 5_000))],
  scene: (spoken) => upTo((spoken[0] ?? 0) % 3).hears,
  decode: (spoken, hears) => {
    const progress = hearMessage(hears as Handshake, spoken.subarray(1))
    return progress.progress === 'failed' ? undefined : progress
  },
}

export const LINKING: readonly Target[] = [records, sealedRecords, frames, messages, heads, runs, handshake]
