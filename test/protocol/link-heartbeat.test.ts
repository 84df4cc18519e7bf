/** Signs of life, death, and ticks that come late, in virtual time. */
import { describe, expect, test } from 'vitest'
import { sealRecord } from '../../src/protocol/direction.ts'
import { step } from '../../src/protocol/link.ts'
import { DEAD_AFTER_MS, FRAME_STALL_MS, HEARTBEAT_MS } from '../../src/wire/limits.ts'
import type { LinkRecord } from '../../src/wire/record.ts'
import { crypto, type End, LinkPair, pattern } from './link-pair.ts'

const DEAD = { closed: 'dead' }

function forceRecord(pair: LinkPair, from: End, record: LinkRecord): void {
  if (from.state.phase !== 'open') throw new Error('the link is not open')
  pair.receive(pair.other(from), sealRecord(crypto, from.state.sending, record, pair.now))
}

/** Lets `millis` go by at one end only: the other is gone, and what this end sends is lost. */
function passAlone(pair: LinkPair, end: End, millis: number): void {
  const until = pair.now + millis
  while (end.wakeAt <= until) {
    pair.now = end.wakeAt
    pair.ring(end)
    end.wire.length = 0
  }
  pair.now = until
}

describe('a heartbeat', () => {
  test('keeps a silent link open for a day', () => {
    const pair = LinkPair.open()
    pair.pass(86_400_000)
    expect([pair.a.closed, pair.b.closed]).toEqual([undefined, undefined])
  })

  test('is sent after HEARTBEAT_MS of our own silence and not before', () => {
    const pair = LinkPair.open()
    pair.pass(HEARTBEAT_MS - 1)
    expect([...pair.a.of('send'), ...pair.b.of('send')]).toEqual([])
    pair.pass(1)
    expect(pair.a.of('send').length).toBeGreaterThan(0)
  })

  test('is spared while we send anyway', () => {
    const pair = LinkPair.open()
    for (let i = 0; i < 10; i += 1) {
      for (const end of [pair.a, pair.b]) pair.queue(end, 'live', pattern(1))
      pair.settle()
      pair.pass(HEARTBEAT_MS - 1)
    }
    expect([pair.a.of('send').length, pair.b.of('send').length]).toEqual([10, 10])
  })

  test('is answered at once, and the answer tells the median of the last ten round trips', () => {
    const pair = LinkPair.open()
    const roundTrips = [...Array.from({ length: 10 }, () => 900), 10, 20, 30, 40, 50, 60]
    for (const millis of roundTrips) {
      while (pair.a.wire.length === 0) {
        pair.now = pair.a.wakeAt
        pair.ring(pair.a)
      }
      pair.deliver(pair.a)
      expect(pair.b.wire.length).toBe(1)
      pair.now += millis
      pair.deliver(pair.b)
    }
    const told = pair.a.of('rtt').map(({ millis }) => millis)
    expect(told.slice(0, 10)).toEqual(roundTrips.slice(0, 10))
    expect(told.slice(10)).toEqual([900, 900, 900, 900, 900, 60])
  })

  test('is answered once: a second answer tells nothing', () => {
    const pair = LinkPair.open()
    pair.pass(HEARTBEAT_MS)
    expect(pair.a.of('rtt').length).toBe(1)
    forceRecord(pair, pair.b, { kind: 'pong', number: 0 })
    expect(pair.a.of('rtt').length).toBe(1)
  })

  test('asks for a later tick in the very step that sends it', () => {
    const pair = LinkPair.open()
    const { outputs } = step(pair.a.state, { type: 'tick', now: HEARTBEAT_MS })
    expect(outputs.map(({ type }) => type)).toEqual(['send', 'wake'])
    expect(outputs[1]).toEqual({ type: 'wake', at: DEAD_AFTER_MS })
  })

  test('few timers are set on a busy link', () => {
    const pair = LinkPair.open()
    for (let i = 0; i < 1_000; i += 1) {
      pair.now += 5
      pair.queue(pair.a, 'live', pattern(1))
      pair.settle()
    }
    expect(pair.a.of('wake').length).toBeLessThan(5)
  })
})

describe('the two sides', () => {
  test('ping by turns, so that a silent link costs two records in five seconds and both learn the round trip', () => {
    const pair = LinkPair.open()
    pair.pass(60_000)
    expect(pair.a.of('send').length + pair.b.of('send').length).toBe(24)
    expect([pair.a.of('rtt').length, pair.b.of('rtt').length]).toEqual([6, 6])
  })

  test('do not wait for ever for the other to take its turn', () => {
    const pair = LinkPair.open()
    passAlone(pair, pair.b, HEARTBEAT_MS + 999)
    expect(pair.b.of('send')).toEqual([])
    passAlone(pair, pair.b, 1)
    expect(pair.b.of('send').length).toBe(1)
  })
})

describe('a probe', () => {
  test('is answered by who is there, and nothing else follows', () => {
    const pair = LinkPair.open()
    pair.feed(pair.a, { type: 'probe', within: 1_000, now: pair.now })
    pair.settle()
    pair.pass(60_000)
    expect(pair.a.closed).toBeUndefined()
  })

  test('that is not answered in time ends the link', () => {
    const pair = LinkPair.open()
    pair.feed(pair.a, { type: 'probe', within: 1_000, now: pair.now })
    passAlone(pair, pair.a, 999)
    expect(pair.a.closed).toBeUndefined()
    passAlone(pair, pair.a, 1)
    expect(pair.a.closed).toMatchObject(DEAD)
  })
})

describe('a silent link that is kept', () => {
  function silent(): LinkPair {
    const pair = LinkPair.open()
    for (let seconds = 0; seconds < 60; seconds++) {
      pair.now += 1_000
      if (pair.a.wakeAt <= pair.now) pair.feed(pair.a, { type: 'tick', now: pair.now, keeps: true })
    }
    return pair
  }

  test('says so once, asks every ten seconds, and is not closed', () => {
    const { a } = silent()
    expect([a.closed, a.of('silent').length]).toEqual([undefined, 1])
    expect(a.of('send').length).toBeLessThanOrEqual(8)
  })

  test('speaks again with everything that was said meanwhile, in order', () => {
    const pair = silent()
    pair.queue(pair.a, 'live', pattern(3))
    pair.settle()
    expect(pair.a.of('speaking').length).toBe(1)
    expect(pair.b.messages.map(({ bytes }) => bytes)).toEqual([pattern(3)])
    pair.pass(60_000)
    expect([pair.a.closed, pair.b.closed]).toEqual([undefined, undefined])
  })

  test('is closed when it need not be kept any more', () => {
    const pair = silent()
    pair.now = pair.a.wakeAt
    pair.ring(pair.a)
    expect(pair.a.closed).toMatchObject(DEAD)
  })
})

describe('a peer that is gone', () => {
  test('is noticed DEAD_AFTER_MS after its last record', () => {
    const pair = LinkPair.open()
    passAlone(pair, pair.a, DEAD_AFTER_MS - 1)
    expect(pair.a.closed).toBeUndefined()
    passAlone(pair, pair.a, 1)
    expect(pair.a.closed).toMatchObject(DEAD)
  })

  test('is not taken for gone while any record comes', () => {
    const pair = LinkPair.open()
    for (let i = 0; i < 10; i += 1) {
      passAlone(pair, pair.a, DEAD_AFTER_MS - 1)
      pair.queue(pair.b, 'live', pattern(1))
      pair.deliver(pair.b)
    }
    expect(pair.a.closed).toBeUndefined()
  })
})

describe('a tick that comes late because we slept', () => {
  test('declares nobody dead but asks, and the answer keeps the link', () => {
    const pair = LinkPair.open()
    pair.now = 120_000
    pair.ring(pair.a)
    expect(pair.a.closed).toBeUndefined()
    expect(pair.a.wire.length).toBe(1)
    pair.settle()
    pair.pass(60_000)
    expect(pair.a.closed).toBeUndefined()
  })

  test('gives a peer that is gone three seconds and no more', () => {
    const pair = LinkPair.open()
    pair.now = 120_000
    pair.ring(pair.a)
    passAlone(pair, pair.a, 2_999)
    expect(pair.a.closed).toBeUndefined()
    passAlone(pair, pair.a, 1)
    expect(pair.a.closed).toMatchObject(DEAD)
  })

  test('is forgiven once: a timer slowed for good still finds the dead', () => {
    const pair = LinkPair.open()
    for (let i = 1; i <= 2; i += 1) {
      pair.now = i * 60_000
      pair.ring(pair.a)
    }
    expect(pair.a.closed).toMatchObject(DEAD)
  })

  test('is forgiven again after the peer was heard', () => {
    const pair = LinkPair.open()
    for (let i = 1; i <= 20; i += 1) {
      pair.now = i * 60_000
      pair.ring(pair.a)
      expect(pair.a.closed).toBeUndefined()
      pair.settle()
    }
  })

  test('does not blame a frame for resting while we slept', () => {
    const pair = LinkPair.open()
    forceRecord(pair, pair.b, { kind: 'data', lane: 'bulk', last: false, payload: pattern(5) })
    pair.now = FRAME_STALL_MS * 2
    pair.ring(pair.a)
    expect(pair.a.closed).toBeUndefined()
  })
})

describe('control records', () => {
  test.each([
    ['ping', { kind: 'ping', number: 1 }],
    ['pong', { kind: 'pong', number: 1 }],
    ['rekey', { kind: 'rekey' }],
  ] as const)('more than 20 a second are a flood: %s', (_, record) => {
    const pair = LinkPair.open()
    for (let i = 0; i < 20; i += 1) forceRecord(pair, pair.a, record)
    expect(pair.b.closed).toBeUndefined()
    forceRecord(pair, pair.a, record)
    expect(pair.b.closed).toMatchObject({ violation: 'flooding' })
  })

  test('20 a second are none', () => {
    const pair = LinkPair.open()
    for (let i = 0; i < 100; i += 1) {
      if (i % 20 === 0) pair.now += 1_000
      forceRecord(pair, pair.a, { kind: 'ping', number: i })
    }
    expect(pair.b.closed).toBeUndefined()
  })

  test('an answer to no question tells no round trip', () => {
    const pair = LinkPair.open()
    forceRecord(pair, pair.b, { kind: 'pong', number: 77 })
    expect([pair.a.of('rtt'), pair.a.closed]).toEqual([[], undefined])
  })
})
