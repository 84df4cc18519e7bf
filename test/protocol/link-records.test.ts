/** Records, frames, lanes and rekeying of an open link, honest and not (attacks 26 and 27). */
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { sealRecord } from '../../src/protocol/direction.ts'
import { assemblingBytes, queuedBytes } from '../../src/protocol/link.ts'
import type { OpenLink } from '../../src/protocol/open-link.ts'
import {
  FRAME_STALL_MS,
  MAX_BULK_BUFFERED_BYTES,
  MAX_FRAME_BYTES,
  MAX_LIVE_BUFFERED_BYTES,
  MAX_RECORD_BYTES,
  MAX_RECORDS_PER_KEY,
  REKEY_AFTER_MS,
} from '../../src/wire/limits.ts'
import type { Lane, LinkRecord } from '../../src/wire/record.ts'
import { crypto, type End, LinkPair, pattern } from './link-pair.ts'

/** The state of a link that is open, to wind its counters forward or to seal what no honest link seals. */
function opened(end: End): OpenLink {
  if (end.state.phase !== 'open') throw new Error('the link is not open')
  return end.state
}

/** Delivers a record that a dishonest `from` sealed. */
function forceRecord(pair: LinkPair, from: End, record: LinkRecord): void {
  pair.receive(pair.other(from), sealRecord(crypto, opened(from).sending, record, pair.now))
}

function data(lane: Lane, last: boolean, length: number): LinkRecord {
  return { kind: 'data', lane, last, payload: pattern(length) }
}

/** Five live messages on the wire of `a`. */
function pending(): LinkPair {
  const pair = LinkPair.open()
  for (let i = 0; i < 5; i += 1) pair.queue(pair.a, 'live', pattern(40, i))
  return pair
}

describe('a link closes when a record is', () => {
  test('replayed', () => {
    const pair = pending()
    const first = pair.a.wire[0]!
    pair.deliver(pair.a)
    pair.receive(pair.b, first)
    expect(pair.b.closed).toMatchObject({ violation: 'forged' })
  })

  test('skipped', () => {
    const pair = pending()
    pair.a.wire.shift()
    pair.deliver(pair.a)
    expect(pair.b.closed).toMatchObject({ violation: 'forged' })
  })

  test('moved before another', () => {
    const pair = pending()
    pair.a.wire.unshift(...pair.a.wire.splice(1, 1))
    pair.deliver(pair.a)
    expect(pair.b.closed).toMatchObject({ violation: 'forged' })
  })

  test('sent back to its sender', () => {
    const pair = pending()
    pair.receive(pair.a, pair.a.wire[0]!)
    expect(pair.a.closed).toMatchObject({ violation: 'forged' })
  })

  test('changed in any bit', () => {
    for (let bit = 0; bit < 57 * 8; bit += 1) {
      const pair = pending()
      expect(pair.a.wire[0]!.length).toBe(57)
      pair.a.wire[0]![bit >> 3]! ^= 1 << (bit & 7)
      pair.settle()
      expect([bit, pair.b.closed]).toMatchObject([bit, { violation: 'forged' }])
      expect(pair.b.messages).toEqual([])
    }
  })

  test('none of these, and then all messages arrive', () => {
    const pair = pending()
    pair.settle()
    expect(pair.b.closed).toBeUndefined()
    expect(pair.b.messages.map(({ bytes }) => toHex(bytes))).toEqual(
      [0, 1, 2, 3, 4].map((i) => toHex(pattern(40, i))),
    )
  })
})

describe('a frame', () => {
  test('of the largest size arrives in both lanes at once, and nothing stays held', () => {
    const pair = LinkPair.open()
    for (const lane of ['bulk', 'live'] as const) pair.queue(pair.a, lane, pattern(MAX_FRAME_BYTES))
    pair.settle()
    expect(pair.b.messages.map(({ bytes }) => bytes.length)).toEqual([MAX_FRAME_BYTES, MAX_FRAME_BYTES])
    for (const { bytes } of pair.b.messages) expect(Buffer.compare(bytes, pattern(MAX_FRAME_BYTES))).toBe(0)
    expect(assemblingBytes(pair.b.state)).toBe(0)
  })

  test('is cut to what the other side takes', () => {
    const pair = LinkPair.open({ maxMessageBytes: 16_384 })
    pair.queue(pair.a, 'live', pattern(100_000))
    expect(Math.max(...pair.a.wire.map(({ length }) => length))).toBe(16_384)
    pair.settle()
    expect(pair.b.messages.map(({ bytes }) => bytes.length)).toEqual([100_000])
  })

  test('beyond the limit closes the link, however it is cut', () => {
    for (const length of [1, 7, 60_000]) {
      const pair = LinkPair.open()
      // Each byte would cost a record: the first part brings the frame close to its limit.
      for (let left = MAX_FRAME_BYTES - 60_000; left > 0; left -= 60_000) {
        forceRecord(pair, pair.a, data('bulk', false, Math.min(left, 60_000)))
      }
      for (let i = 0; i * length <= 60_000; i += 1) {
        expect(pair.b.closed).toBeUndefined()
        forceRecord(pair, pair.a, data('bulk', false, length))
      }
      expect(pair.b.closed).toMatchObject({ violation: 'oversized' })
    }
  })

  test('begun and never finished a thousand times holds at most 2 MiB, whatever the lanes do', () => {
    const pair = LinkPair.open()
    let most = 0
    for (let i = 0; i < 1_000 && pair.b.closed === undefined; i += 1) {
      forceRecord(pair, pair.a, data(i % 2 === 0 ? 'live' : 'bulk', false, 60_000))
      most = Math.max(most, assemblingBytes(pair.b.state))
    }
    expect(most).toBeGreaterThan(MAX_FRAME_BYTES)
    expect(most).toBeLessThanOrEqual(2 * MAX_FRAME_BYTES)
    expect(pair.b.closed).toMatchObject({ violation: 'oversized' })
    expect(assemblingBytes(pair.b.state)).toBe(0)
  })

  test('in parts of one byte holds no more than twice its bytes', () => {
    const pair = LinkPair.open()
    for (let i = 0; i < 10_000; i += 1) forceRecord(pair, pair.a, data('live', false, 1))
    expect(assemblingBytes(pair.b.state)).toBeLessThanOrEqual(20_000)
  })

  test('without a last record closes the link when it rests for FRAME_STALL_MS', () => {
    const pair = LinkPair.open()
    forceRecord(pair, pair.a, data('bulk', false, 10))
    pair.pass(FRAME_STALL_MS - 1)
    expect(pair.b.closed).toBeUndefined()
    pair.pass(1)
    expect(pair.b.closed).toMatchObject({ violation: 'stalled' })
  })

  test('that makes progress does not close it', () => {
    const pair = LinkPair.open()
    for (let i = 0; i < 3; i += 1) {
      forceRecord(pair, pair.a, data('bulk', i === 2, 10))
      pair.pass(FRAME_STALL_MS - 1)
    }
    expect(pair.b.closed).toBeUndefined()
    expect(pair.b.messages.map(({ bytes }) => bytes.length)).toEqual([30])
  })

  test('of no bytes is nothing to queue, nor is one beyond the limit', () => {
    const pair = LinkPair.open()
    expect(() => pair.queue(pair.a, 'live', new Uint8Array(0))).toThrow('at least one byte')
    expect(() => pair.queue(pair.a, 'live', new Uint8Array(MAX_FRAME_BYTES + 1))).toThrow('one frame')
  })
})

describe('lanes', () => {
  test('let live overtake bulk between records', () => {
    const pair = LinkPair.open()
    pair.queue(pair.a, 'bulk', pattern(500_000))
    expect(queuedBytes(pair.a.state, 'bulk')).toBeGreaterThan(300_000)
    pair.queue(pair.a, 'live', pattern(9))
    pair.settle()
    expect(pair.b.messages.map(({ lane }) => lane)).toEqual(['live', 'bulk'])
    expect(Buffer.compare(pair.b.messages[1]!.bytes, pattern(500_000))).toBe(0)
  })

  test('hold bulk back while the buffer is full, and let it go on as it drains', () => {
    const pair = LinkPair.open()
    pair.queue(pair.a, 'bulk', pattern(1_000_000))
    const full = pair.a.buffered
    expect(full).toBeGreaterThanOrEqual(MAX_BULK_BUFFERED_BYTES)
    expect(full).toBeLessThan(MAX_BULK_BUFFERED_BYTES + MAX_RECORD_BYTES)
    pair.tellRoom(pair.a)
    expect(pair.a.buffered).toBe(full)
    expect(pair.a.wakeBelow).toBeLessThan(MAX_BULK_BUFFERED_BYTES)
    pair.settle()
    expect(pair.b.messages.map(({ bytes }) => bytes.length)).toEqual([1_000_000])
    expect(queuedBytes(pair.a.state, 'bulk')).toBe(0)
  })

  test('let live through a buffer that bulk filled, up to MAX_LIVE_BUFFERED_BYTES', () => {
    const pair = LinkPair.open()
    pair.queue(pair.a, 'bulk', pattern(1_000_000))
    const before = pair.a.wire.length
    pair.queue(pair.a, 'live', pattern(3))
    expect(pair.a.wire.length).toBe(before + 1)
    for (let i = 0; i < 6; i += 1) pair.queue(pair.a, 'live', pattern(MAX_FRAME_BYTES))
    expect(pair.a.buffered).toBeLessThan(MAX_LIVE_BUFFERED_BYTES + MAX_RECORD_BYTES)
    expect(queuedBytes(pair.a.state, 'live')).toBeGreaterThan(0)
    pair.settle()
    expect(pair.b.messages.length).toBe(8)
  })

  test('keep 100 ms of a slow line in the buffer and not more', () => {
    const pair = LinkPair.open()
    const bytesPerMilli = 1_000
    pair.queue(pair.a, 'bulk', pattern(MAX_FRAME_BYTES))
    let buffered = pair.a.buffered
    for (let i = 0; i < 30; i += 1) {
      pair.now += 100
      const sentBefore = pair.a.of('send').length
      buffered = Math.max(0, buffered - 100 * bytesPerMilli)
      pair.feed(pair.a, { type: 'room', bufferedBytes: buffered, now: pair.now })
      buffered += pair.a
        .of('send')
        .slice(sentBefore)
        .reduce((sum, { bytes }) => sum + bytes.length, 0)
      if (queuedBytes(pair.a.state, 'bulk') < 300_000) pair.queue(pair.a, 'bulk', pattern(MAX_FRAME_BYTES))
    }
    expect(buffered).toBeLessThan(100 * bytesPerMilli + MAX_RECORD_BYTES)
    expect(buffered).toBeGreaterThan(0)
  })

  test('always hand over one record into an empty buffer, however slow the line', () => {
    const pair = LinkPair.open()
    pair.queue(pair.a, 'bulk', pattern(MAX_FRAME_BYTES))
    let buffered = pair.a.buffered
    while (queuedBytes(pair.a.state, 'bulk') > 0) {
      pair.now += 60_000
      const sent = pair.a.of('send').length
      buffered = Math.max(0, buffered - 60_000)
      pair.feed(pair.a, { type: 'room', bufferedBytes: buffered, now: pair.now })
      buffered += pair.a
        .of('send')
        .slice(sent)
        .reduce((sum, { bytes }) => sum + bytes.length, 0)
    }
    expect(pair.a.of('send').length).toBeGreaterThan(16)
  })

  test('say once that bulk is hungry, and again after it was fed', () => {
    const pair = new LinkPair()
    pair.settle()
    expect(pair.a.of('hungry').length).toBe(1)
    pair.queue(pair.a, 'live', pattern(5))
    pair.tellRoom(pair.a)
    expect(pair.a.of('hungry').length).toBe(1)
    pair.queue(pair.a, 'bulk', pattern(5))
    expect(pair.a.of('hungry').length).toBe(2)
  })

  test('bring a feeder of 10 MB across with never more than one message waiting', () => {
    const pair = LinkPair.open()
    let fed = 0
    let most = 0
    pair.a.feeder = () => {
      most = Math.max(most, queuedBytes(pair.a.state, 'bulk'))
      fed += 1
      return fed <= 213 ? pattern(49_152, fed) : undefined
    }
    pair.queue(pair.a, 'bulk', pattern(49_152, 0))
    pair.settle()
    expect(most).toBe(0)
    expect(pair.b.messages.length).toBe(214)
    expect(pair.b.messages.every(({ bytes }, i) => Buffer.compare(bytes, pattern(49_152, i)) === 0)).toBe(
      true,
    )
  })
})

describe('a rekey', () => {
  const wind = (pair: LinkPair, from: End, left: number): void => {
    opened(from).sending.counter = MAX_RECORDS_PER_KEY - left
    opened(pair.other(from)).receiving.counter = MAX_RECORDS_PER_KEY - left
  }

  test('comes as the last record a key may seal, both ways, with traffic crossing', () => {
    const pair = LinkPair.open()
    wind(pair, pair.a, 4)
    wind(pair, pair.b, 5)
    const before = [pair.a, pair.b].map((end) => toHex(opened(end).sending.key))
    for (let i = 0; i < 10; i += 1)
      for (const end of [pair.a, pair.b]) pair.queue(end, 'live', pattern(20, i))
    pair.settle()
    for (const [index, end] of [pair.a, pair.b].entries()) {
      expect(end.closed).toBeUndefined()
      expect(end.messages.map(({ bytes }) => bytes[0])).toEqual(
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((byte) => byte - 1),
      )
      expect(toHex(opened(end).sending.key)).not.toBe(before[index])
      expect(toHex(opened(end).sending.key)).toBe(toHex(opened(pair.other(end)).receiving.key))
    }
    expect([opened(pair.a).sending.counter, opened(pair.b).sending.counter]).toEqual([7, 6])
  })

  test('comes after the hour, both ways, and the old key is wiped', () => {
    const pair = LinkPair.open()
    const old = [pair.a, pair.b].map((end) => opened(end).sending.key)
    const before = old.map(toHex)
    pair.pass(REKEY_AFTER_MS - 10_000)
    expect([pair.a, pair.b].map((end) => toHex(opened(end).sending.key))).toEqual(before)
    pair.pass(20_000)
    for (const [index, end] of [pair.a, pair.b].entries()) {
      const next = crypto.kdf(fromHex(before[index]!), 'rekey', new Uint8Array(0), 32)
      expect(toHex(opened(end).sending.key)).toBe(toHex(next))
      expect(old[index]).toEqual(new Uint8Array(32))
      expect(end.closed).toBeUndefined()
    }
  })

  test('is not needed for a key that sealed nothing, however old', () => {
    const pair = LinkPair.open()
    pair.now = 2 * REKEY_AFTER_MS
    pair.tellRoom(pair.a)
    pair.queue(pair.a, 'live', pattern(1))
    expect(pair.a.wire.length).toBe(1)
  })

  test('that does not come in time closes the link', () => {
    const pair = LinkPair.open()
    wind(pair, pair.a, 1)
    forceRecord(pair, pair.a, data('live', true, 1))
    expect(pair.b.closed).toBeUndefined()
    pair.receive(pair.b, new Uint8Array(30))
    expect(pair.b.closed).toMatchObject({ violation: 'unexpected' })
  })

  test('leaves nothing that the old key opens', () => {
    const pair = LinkPair.open()
    const old = opened(pair.a).sending.key.slice()
    forceRecord(pair, pair.a, { kind: 'rekey' })
    pair.receive(pair.b, crypto.sealCounted(old, 1, new Uint8Array(0), Uint8Array.of(2, 1)))
    expect(pair.b.closed).toMatchObject({ violation: 'forged' })
  })
})

test('a close wipes the keys', () => {
  const pair = LinkPair.open()
  const keys = [opened(pair.b).sending.key, opened(pair.b).receiving.key]
  pair.receive(pair.b, new Uint8Array(30))
  expect(keys).toEqual([new Uint8Array(32), new Uint8Array(32)])
})
