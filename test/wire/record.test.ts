/**
 * Records as bytes, bare and sealed. WRITE_VECTORS=1 writes record.json anew before it is read.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { openRecord, sealRecord, startDirection } from '../../src/protocol/direction.ts'
import { prologueOf } from '../../src/protocol/handshake.ts'
import { MAX_RECORD_BYTES, RECORD_OVERHEAD_BYTES } from '../../src/wire/limits.ts'
import {
  decodeRecord,
  encodeRecord,
  type LinkRecord,
  MAX_RECORD_PAYLOAD_BYTES,
} from '../../src/wire/record.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { makeRecordVectors, type RecordVectors } from '../vectors/make-record.ts'

const crypto = await loadCrypto()
const vectors = committed()

function committed(): RecordVectors {
  const path = new URL('../vectors/record.json', import.meta.url)
  const made = `${JSON.stringify(makeRecordVectors(), null, 2)}\n`
  if (process.env['WRITE_VECTORS'] !== undefined) writeFileSync(path, made)
  return JSON.parse(readFileSync(path, 'utf8')) as RecordVectors
}

function meant(means: RecordVectors['records'][number]['means']): LinkRecord {
  const record = means.payload === undefined ? means : { ...means, payload: fromHex(means.payload) }
  return record as LinkRecord
}

const anyRecord: fc.Arbitrary<LinkRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('data' as const),
    lane: fc.constantFrom('live' as const, 'bulk' as const),
    last: fc.boolean(),
    payload: fc.uint8Array({ minLength: 1, maxLength: 50 }),
  }),
  fc.record({ kind: fc.constantFrom('ping' as const, 'pong' as const), number: fc.nat(2 ** 32 - 1) }),
  fc.constant({ kind: 'rekey' as const }),
)

describe('the vectors', () => {
  test('are what the twins work out', () => {
    expect(vectors).toEqual(makeRecordVectors())
  })

  test.each(vectors.records)('spell $plain both ways', ({ means, plain }) => {
    expect(toHex(encodeRecord(meant(means)))).toBe(plain)
    expect(decodeRecord(fromHex(plain))).toEqual(meant(means))
  })

  test('seal and open one direction in order, across a rekey', () => {
    const [sending, receiving] = [0, 1].map(() => startDirection(fromHex(vectors.key), 0))
    for (const { means, sealed } of vectors.records) {
      expect(toHex(sealRecord(crypto, sending!, meant(means), 0))).toBe(sealed)
      expect(openRecord(crypto, receiving!, fromHex(sealed), 0)).toEqual(meant(means))
    }
    expect(toHex(sending!.key)).toBe(vectors.nextKey)
  })

  test('hold the prologue byte by byte', () => {
    const { sessionId, pskKind, ids, initiator, responder, bytes } = vectors.prologue
    const end = (side: typeof initiator) => ({ ...side!, fingerprint: fromHex(side!.fingerprint) })
    const start = {
      sessionId,
      psk: { kind: pskKind, ids: fromHex(ids), key: new Uint8Array(32) },
      ...{ initiator: end(initiator), responder: end(responder) },
    }
    expect(toHex(prologueOf(start as unknown as Parameters<typeof prologueOf>[0]))).toBe(bytes)
  })
})

describe('a record is refused that is', () => {
  test.each(vectors.refused)('$why', ({ plain }) => {
    expect(decodeRecord(fromHex(plain))).toMatchObject({ violation: 'malformed' })
    const sealed = crypto.sealCounted(fromHex(vectors.key), 0, new Uint8Array(0), fromHex(plain))
    const opened = openRecord(crypto, startDirection(fromHex(vectors.key), 0), sealed, 0)
    expect(opened).toMatchObject({ violation: 'malformed' })
  })

  test('sealed and cut short, made longer, or changed in any bit', () => {
    const sealed = fromHex(vectors.records[0]!.sealed)
    const flipped = Array.from({ length: sealed.length * 8 }, (_, bit) =>
      sealed.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)),
    )
    for (const bytes of [sealed.slice(0, -1), Uint8Array.from([...sealed, 0]), ...flipped]) {
      const opened = openRecord(crypto, startDirection(fromHex(vectors.key), 0), bytes, 0)
      expect(opened).toMatchObject({ violation: 'forged' })
    }
  })

  test('sealed and too short to hold anything, or beyond the limit', () => {
    const open = (length: number) =>
      openRecord(crypto, startDirection(fromHex(vectors.key), 0), new Uint8Array(length), 0)
    expect(open(0)).toMatchObject({ violation: 'malformed' })
    expect(open(RECORD_OVERHEAD_BYTES - 1)).toMatchObject({ violation: 'malformed' })
    expect(open(RECORD_OVERHEAD_BYTES)).toMatchObject({ violation: 'forged' })
    expect(open(MAX_RECORD_BYTES + 1)).toMatchObject({ violation: 'oversized' })
  })
})

test('sealing adds RECORD_OVERHEAD_BYTES, and the largest payload fills the largest record', () => {
  for (const length of [1, 100, MAX_RECORD_PAYLOAD_BYTES]) {
    const record = { kind: 'data', lane: 'live', last: true, payload: new Uint8Array(length) } as const
    const sealed = sealRecord(crypto, startDirection(fromHex(vectors.key), 0), record, 0)
    expect(sealed.length).toBe(length + RECORD_OVERHEAD_BYTES)
    expect(sealed.length).toBeLessThanOrEqual(MAX_RECORD_BYTES)
  }
})

test('a payload beyond the largest is malformed', () => {
  const ofLength = (length: number) => decodeRecord(new Uint8Array(1 + length))
  expect(isViolation(ofLength(MAX_RECORD_PAYLOAD_BYTES))).toBe(false)
  expect(ofLength(MAX_RECORD_PAYLOAD_BYTES + 1)).toMatchObject({ violation: 'malformed' })
})

test('every record decodes to what was encoded', () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      expect(decodeRecord(encodeRecord(record))).toEqual(record)
    }),
  )
})

test('arbitrary bytes never throw, and what decodes has no other spelling', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      const record = decodeRecord(bytes)
      if (!isViolation(record)) expect(encodeRecord(record)).toEqual(bytes)
    }),
    { numRuns: 1_000 },
  )
})
