/** What holds for any messages, any buffer and any bytes. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sealRecord } from '../../src/protocol/direction.ts'
import { assemblingBytes, type Lane } from '../../src/protocol/link.ts'
import { decodeRecord } from '../../src/wire/record.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { crypto, type End, LinkPair, pattern } from './link-pair.ts'

const anyLane = fc.constantFrom<Lane>('live', 'bulk')
/** Around one record, around several, and small. */
const anySize = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 65_510, max: 65_530 }),
  fc.integer({ min: 1, max: 400_000 }),
)
const anyEvent = fc.oneof(
  fc.record({ kind: fc.constant('queue' as const), atA: fc.boolean(), lane: anyLane, size: anySize }),
  fc.record({
    kind: fc.constant('deliver' as const),
    atA: fc.boolean(),
    count: fc.integer({ min: 1, max: 9 }),
  }),
  // What a channel tells need not be true, nor come in time.
  fc.record({ kind: fc.constant('room' as const), atA: fc.boolean(), buffered: fc.nat(8_000_000) }),
  // Short enough that an end which still hears the other never takes it for dead.
  fc.record({ kind: fc.constant('time' as const), atA: fc.boolean(), millis: fc.nat(1_900) }),
)

function ofLane(messages: readonly { lane: Lane; bytes: Uint8Array }[], lane: Lane): string[] {
  return messages
    .filter((each) => each.lane === lane)
    .map(({ bytes }) => `${bytes.length} ${bytes[0]} ${bytes.at(-1)}`)
}

test('whatever is queued arrives whole and in order in its lane, whatever the buffer does', () => {
  const channels = fc.constantFrom(9_000, 16_384, 65_536, 262_144)
  fc.assert(
    fc.property(channels, fc.array(anyEvent, { maxLength: 40 }), (maxMessageBytes, events) => {
      const pair = LinkPair.open({ maxMessageBytes })
      const queued = new Map<End, { lane: Lane; bytes: Uint8Array }[]>([
        [pair.a, []],
        [pair.b, []],
      ])
      events.forEach((event, i) => {
        const end = event.atA ? pair.a : pair.b
        if (event.kind === 'queue') {
          const bytes = pattern(event.size, i)
          queued.get(end)!.push({ lane: event.lane, bytes })
          pair.queue(end, event.lane, bytes)
        }
        if (event.kind === 'deliver') for (let n = 0; n < event.count; n += 1) pair.deliver(end)
        if (event.kind === 'room') pair.tellRoom(end, event.buffered)
        if (event.kind === 'time') {
          pair.now += event.millis
          for (const each of [pair.a, pair.b]) if (each.wakeAt <= pair.now) pair.ring(each)
          pair.settle()
        }
      })
      for (const end of [pair.a, pair.b]) pair.tellRoom(end)
      pair.settle()
      for (const end of [pair.a, pair.b]) {
        for (const lane of ['live', 'bulk'] as const) {
          expect(ofLane(pair.other(end).messages, lane)).toEqual(ofLane(queued.get(end)!, lane))
        }
        expect(end.wire).toEqual([])
      }
    }),
    { numRuns: 60 },
  )
})

test('arbitrary bytes on an open link never throw and always close it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const pair = LinkPair.open()
      pair.receive(pair.b, bytes)
      expect(isViolation(pair.b.closed)).toBe(true)
    }),
  )
})

test('arbitrary records of a proven peer never throw and never hold more than 2 MiB', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 }), { maxLength: 60 }), (plains) => {
      const pair = LinkPair.open()
      for (const plain of plains) {
        const record = decodeRecord(plain.map((byte, at) => (at === 0 ? byte % 8 : byte)))
        if (isViolation(record) || pair.a.state.phase !== 'open') continue
        pair.receive(pair.b, sealRecord(crypto, pair.a.state.sending, record, 0))
      }
      expect(assemblingBytes(pair.b.state)).toBeLessThanOrEqual(2 * 1024 * 1024)
    }),
  )
})
