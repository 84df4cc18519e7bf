/** Messages: one spelling each, bounded, and no bytes at all make a decoder throw. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat } from '../../src/base/bytes.ts'
import { Writer } from '../../src/base/codec.ts'
import {
  BLOB_PIECE_BYTES,
  MAX_CARRY_HOPS,
  MAX_FRAME_BYTES,
  MAX_JOINS,
  MAX_PERSON_NAME_BYTES,
  MAX_PRESENCE_BYTES,
  MAX_PRESENCES,
  MAX_ROSTER_RECORD_BYTES,
  MAX_ROSTER_RECORDS,
  MAX_RUN_ENTRIES,
  MAX_SEQ,
  MAX_TITLE_BYTES,
  MAX_WRITERS,
} from '../../src/wire/limits.ts'
import { decodeMessage, encodeMessage, type Message } from '../../src/wire/message.ts'
import { isViolation } from '../../src/wire/violation.ts'
import * as any from './arbitrary.ts'
import * as values from './values.ts'

const takes = (bytes: Uint8Array): boolean => !isViolation(decodeMessage(bytes))

test('every message comes back as it was said', () => {
  fc.assert(
    fc.property(any.message, (message) => {
      expect(decodeMessage(encodeMessage(message))).toEqual(message)
    }),
    { numRuns: 500 },
  )
})

test('arbitrary bytes are refused or are the one spelling of a message', () => {
  fc.assert(
    fc.property(fc.nat(19), fc.uint8Array({ maxLength: 300 }), (type, noise) => {
      const bytes = concat(Uint8Array.of(type), noise)
      const message = decodeMessage(bytes)
      if (!isViolation(message)) expect(encodeMessage(message)).toEqual(bytes)
    }),
    { numRuns: 3_000 },
  )
})

test('a message with any byte changed is refused or is the one spelling of another', () => {
  fc.assert(
    fc.property(any.message, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, at, by) => {
      const bytes = encodeMessage(message)
      const place = at % bytes.length
      bytes[place] = (bytes[place] as number) ^ by
      const changed = decodeMessage(bytes)
      if (isViolation(changed)) return
      expect(changed).not.toEqual(message)
      expect(encodeMessage(changed)).toEqual(bytes)
    }),
    { numRuns: 2_000 },
  )
})

test('what is no message is malformed', () => {
  expect(decodeMessage(Uint8Array.of(255))).toMatchObject({ violation: 'malformed' })
})

test('a message cut anywhere or made longer is refused', () => {
  fc.assert(
    fc.property(any.message, (message) => {
      const bytes = encodeMessage(message)
      for (let length = 0; length < bytes.length; length++)
        expect(takes(bytes.subarray(0, length))).toBe(false)
      expect(takes(concat(bytes, Uint8Array.of(0)))).toBe(false)
    }),
    { numRuns: 50 },
  )
})

describe('what a list promises is held against the bytes before any item is made', () => {
  const promise = (...start: number[]) =>
    concat(Uint8Array.from(start), new Writer().varuint(1_000).finish(), new Uint8Array(990))

  test.each([
    ['welcome', promise(3)],
    ['roster, records', promise(4)],
    ['roster, joins', promise(4, 0)],
    ['heads', promise(6, 0, 0)],
    ['entries', promise(8)],
    ['entries of a segment', promise(8, 1, 0, 0)],
    ['ack', promise(9)],
    ['shared', promise(18)],
    ['reach', promise(19, 0, 0, 0, 0, 0)],
  ])('%s', (_, bytes) => {
    const made = Array.from
    let longest = 0
    Array.from = ((source: { length?: number }, ...rest: []) => {
      longest = Math.max(longest, source.length ?? 0)
      return made(source as ArrayLike<unknown>, ...rest)
    }) as typeof Array.from
    try {
      expect(takes(bytes)).toBe(false)
    } finally {
      Array.from = made
    }
    expect(longest).toBeLessThan(20)
  })
})

test('as many acknowledgements as a session has chains fit one frame', () => {
  const ack = { device: values.ownerDevice, writer: values.writer, held: 1 }
  const count = MAX_WRITERS
  const full = encodeMessage({ type: 'ack', acknowledgements: Array.from({ length: count }, () => ack) })
  expect(full.length).toBeLessThanOrEqual(MAX_FRAME_BYTES)
  expect((decodeMessage(full) as Extract<Message, { type: 'ack' }>).acknowledgements).toHaveLength(count)
})

describe('limits', () => {
  const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item)
  const head = values.HEADS[0]!
  const ack = { device: values.ownerDevice, writer: values.writer, held: 1 }
  const part = {
    kind: 'edit',
    rosterSeq: 1,
    ciphertext: new Uint8Array(23),
    signature: new Uint8Array(64),
  } as const
  const segment = { run: 0, start: undefined, parts: [part] }
  const blob = values.blob
  const record = new Uint8Array(132)
  const joined = new Uint8Array(339)

  const limited: [string, number, (count: number) => Message][] = [
    [
      'bytes of an inviter',
      MAX_PERSON_NAME_BYTES,
      (n) => ({ type: 'invitation', inviter: 'a'.repeat(n), title: '', role: 'viewer' }),
    ],
    [
      'bytes of a title',
      MAX_TITLE_BYTES,
      (n) => ({ type: 'invitation', inviter: '', title: 'a'.repeat(n), role: 'viewer' }),
    ],
    [
      'bytes of an admitter',
      MAX_PERSON_NAME_BYTES,
      (n) => ({ type: 'refusal', reason: 'used', admitter: 'a'.repeat(n) }),
    ],
    [
      'epoch keys',
      MAX_ROSTER_RECORDS,
      (n) => ({ type: 'welcome', epochKeys: times(n, new Uint8Array(32)), admitterKey: undefined }),
    ],
    [
      'bytes of a record',
      MAX_ROSTER_RECORD_BYTES,
      (n) => ({ type: 'roster', records: [new Uint8Array(n)], joins: [] }),
    ],
    [
      'bytes of a Join',
      MAX_ROSTER_RECORD_BYTES,
      (n) => ({ type: 'roster', records: [], joins: [new Uint8Array(n)] }),
    ],
    ['records', MAX_ROSTER_RECORDS, (n) => ({ type: 'roster', records: times(n, record), joins: [] })],
    ['Joins', MAX_JOINS, (n) => ({ type: 'roster', records: [], joins: times(n, joined) })],
    ['heads', MAX_WRITERS, (n) => ({ type: 'heads', answer: false, seen: 0, heads: times(n, head) })],
    [
      'what a head holds',
      MAX_SEQ,
      (n) => ({ type: 'heads', answer: false, seen: 0, heads: [{ ...head, held: n, applied: 0 }] }),
    ],
    ['segments', MAX_RUN_ENTRIES, (n) => ({ type: 'entries', segments: times(n, segment) })],
    ['acknowledgements', MAX_WRITERS, (n) => ({ type: 'ack', acknowledgements: times(n, ack) })],
    ['presences', MAX_PRESENCES, (n) => ({ type: 'presence', presences: times(n, new Uint8Array(90)) })],
    [
      'bytes of a presence',
      MAX_PRESENCE_BYTES,
      (n) => ({ type: 'presence', presences: [new Uint8Array(n)] }),
    ],
    [
      'hops',
      MAX_CARRY_HOPS,
      (n) => ({ type: 'carry', to: values.instance, from: values.instance, hops: n, blob: record }),
    ],
    ['the first piece wanted', 8_192, (n) => ({ type: 'blob-want', blob, from: n })],
    ['the number of a piece', 8_192, (n) => ({ type: 'blob-piece', blob, index: n, piece: record })],
    [
      'bytes of a sealed piece',
      BLOB_PIECE_BYTES + 16,
      (n) => ({ type: 'blob-piece', blob, index: 0, piece: new Uint8Array(n) }),
    ],
  ]

  test.each(limited)('%s: %i are taken, one more is not', (_, limit, message) => {
    expect(takes(encodeMessage(message(limit)))).toBe(true)
    expect(takes(encodeMessage(message(limit + 1)))).toBe(false)
  })

  test('the largest piece of a blob fits one record', () => {
    const piece = new Uint8Array(BLOB_PIECE_BYTES + 16)
    expect(encodeMessage({ type: 'blob-piece', blob, index: 8_192, piece }).length).toBeLessThanOrEqual(
      64 * 1024 - 17,
    )
  })

  test.each([
    ['an empty head', { ...head, held: 0, applied: 0 }],
    ['a head that applied less than nothing', { ...head, held: 3, applied: -1 }],
  ])('%s is refused', (_, wrong) => {
    expect(takes(encodeMessage({ type: 'heads', answer: false, seen: 0, heads: [wrong] }))).toBe(false)
  })
})
