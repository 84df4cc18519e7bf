/**
 * What record.json holds, written out byte by byte and sealed by the twins (test/crypto/twin.ts), not by
 * the code under test. test/wire/record.test.ts compares the file with it.
 */
import * as twin from '../crypto/twin.ts'

export type RecordVectors = ReturnType<typeof makeRecordVectors>

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const nothing = new Uint8Array(0)

/** One direction from its first record on: the fourth ends its key. */
const SAID = [
  { means: { kind: 'data', lane: 'live', last: true, payload: '6869' }, plain: '026869' },
  { means: { kind: 'data', lane: 'bulk', last: false, payload: '00' }, plain: '0100' },
  { means: { kind: 'ping', number: 1 }, plain: '0400000001' },
  { means: { kind: 'rekey' }, plain: '06' },
  { means: { kind: 'data', lane: 'live', last: false, payload: 'ff' }, plain: '00ff' },
  { means: { kind: 'pong', number: 0xfffefdfc }, plain: '05fffefdfc' },
  { means: { kind: 'data', lane: 'bulk', last: true, payload: '01' }, plain: '0301' },
]
const REKEY_AT = 3

export function makeRecordVectors() {
  const first = twin.fixedBytes('record key', 32)
  const second = twin.kdf(first, 'rekey', nothing, 32)
  const records = SAID.map(({ means, plain }, place) => {
    const [key, counter] = place <= REKEY_AT ? [first, place] : [second, place - REKEY_AT - 1]
    const sealed = twin.sealCounted(key, counter, nothing, Uint8Array.from(Buffer.from(plain, 'hex')))
    return { means, plain, sealed: hex(sealed) }
  })
  return { key: hex(first), nextKey: hex(second), records, refused: REFUSED, prologue: makePrologue() }
}

const REFUSED = [
  { why: 'nothing at all', plain: '' },
  { why: 'live data without payload', plain: '02' },
  { why: 'bulk data that goes on without payload', plain: '01' },
  { why: 'a ping cut short', plain: '04000000' },
  { why: 'a ping made longer', plain: '040000000100' },
  { why: 'a ping with a short spelling of its number', plain: '0401' },
  { why: 'a pong without number', plain: '05' },
  { why: 'a rekey that says more', plain: '0600' },
  { why: 'a kind nobody knows', plain: '0700' },
  { why: 'data with a bit nobody knows', plain: '8268' },
]

function makePrologue() {
  const fixed = (name: string, size: number) => twin.fixedBytes(`prologue ${name}`, size)
  const [sessionId, ids] = [fixed('session', 16), fixed('ids', 5)]
  const ends = ['initiator', 'responder'].map((name) => ({
    instance: fixed(`${name} instance`, 8),
    fingerprint: fixed(`${name} fingerprint`, 32),
  }))
  const bytes = twin.join(
    ...[Uint8Array.of(0, 7), twin.bytesOf('coterie'), Uint8Array.of(1), sessionId],
    ...[Uint8Array.of(2), Uint8Array.of(0, 5), ids],
    ...ends.map(({ instance }) => instance),
    ...ends.map(({ fingerprint }) => fingerprint),
  )
  const [initiator, responder] = ends.map((end) => ({
    instance: hex(end.instance),
    fingerprint: hex(end.fingerprint),
  }))
  return {
    sessionId: hex(sessionId),
    pskKind: 'member',
    ids: hex(ids),
    initiator,
    responder,
    bytes: hex(bytes),
  }
}
