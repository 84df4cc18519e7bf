/** The relay's laws: who gets in, who is told, what every abuse costs and whom. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ADDRESS_MEMORY_MS, SOCKET_MESSAGES } from '../../signaling/rates.ts'
import type { RelayState } from '../../signaling/relay-state.ts'
import { idOf, type TopicId } from '../../src/base/ids.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { MAX_PEERS_TOLD, MAX_SOCKETS_PER_ADDRESS, MAX_TOPICS_PER_SOCKET } from '../../src/wire/limits.ts'
import { topicOf } from '../contract/signaling-client.ts'
import { RelayBench } from './bench.ts'

const crypto = await loadCrypto()
const keys = crypto.signKeys(new Uint8Array(32).fill(9))
const topic = topicOf(keys)

/** Everything that grows, counted. */
function sizeOf(state: RelayState): number {
  return (
    state.sockets.size + state.topics.size + state.slots.size + state.addresses.size + state.remembered.size
  )
}

describe('joining', () => {
  test('a socket is in a topic only after a proof by its key', () => {
    const bench = new RelayBench(crypto)
    const socket = bench.open()
    expect(bench.say(socket, { kind: 'pass', topic, to: 1, blob: Uint8Array.of(1) })).toMatchObject([
      { kind: 'refused', what: 'pass', reason: 'not-joined' },
    ])
    expect(bench.say(socket, { kind: 'join', topic, signature: new Uint8Array(64) })).toMatchObject([
      { kind: 'refused', what: 'join', reason: 'not-proven' },
    ])
    expect(bench.state.topics.size).toBe(0)
    expect(bench.join(socket, keys)).toMatchObject([{ kind: 'joined', topic, sockets: [] }])
  })

  test('a proof made for one socket, server or topic opens no other', () => {
    const bench = new RelayBench(crypto)
    const [ada, thief] = [bench.open(), bench.open()]
    const proof = bench.proof(ada, keys)
    expect(bench.say(thief, { kind: 'join', topic, signature: proof })).toMatchObject([
      { reason: 'not-proven' },
    ])
    const other = topicOf(crypto.signKeys())
    expect(bench.say(ada, { kind: 'join', topic: other, signature: proof })).toMatchObject([
      { reason: 'not-proven' },
    ])
    expect(bench.say(ada, { kind: 'join', topic, signature: proof })).toMatchObject([{ kind: 'joined' }])
  })

  test('a topic that is a weak key lets nobody in', () => {
    const bench = new RelayBench(crypto)
    const socket = bench.open()
    for (const weak of [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31))]) {
      const signature = Uint8Array.of(1, ...new Uint8Array(63))
      const answer = bench.say(socket, { kind: 'join', topic: idOf<TopicId>(weak), signature })
      expect(answer).toMatchObject([{ reason: 'not-proven' }])
    }
  })

  test('a classroom of 64 behind one address joins at once, and the last is told of all others', () => {
    const bench = new RelayBench(crypto)
    const sockets = Array.from({ length: 65 }, () => bench.open('school'))
    const answers = sockets.map((socket) => bench.join(socket, keys)[0])
    expect(answers.every((answer) => answer?.kind === 'joined')).toBe(true)
    expect(answers[64]).toMatchObject({ sockets: expect.arrayContaining(sockets.slice(0, 64)) })
  })

  test('of a crowd a newcomer is told a random part, each socket once', () => {
    const bench = new RelayBench(crypto)
    const crowd = Array.from({ length: 120 }, () => bench.open())
    for (const socket of crowd) bench.join(socket, keys)
    const told = [bench.open(), bench.open()].map((socket) => {
      const answer = bench.join(socket, keys)[0]
      return answer?.kind === 'joined' ? answer.sockets : []
    })
    for (const sockets of told) {
      expect(sockets.length).toBe(MAX_PEERS_TOLD)
      expect(new Set(sockets).size).toBe(MAX_PEERS_TOLD)
    }
    expect(told[0]).not.toEqual(told[1])
  })

  test('a crowd that comes later hides nobody who waits longer', () => {
    const bench = new RelayBench(crypto)
    const ada = bench.open()
    bench.join(ada, keys)
    for (let number = 0; number < 500; number++) bench.join(bench.open(), keys)
    expect(bench.join(bench.open(), keys)).toMatchObject([{ sockets: expect.arrayContaining([ada]) }])
  })

  test('a socket may be in so many topics and no more', () => {
    const bench = new RelayBench(crypto)
    const socket = bench.open()
    const many = Array.from({ length: MAX_TOPICS_PER_SOCKET + 1 }, () => crypto.signKeys())
    const answers = many.map((each) => bench.join(socket, each)[0])
    expect(answers.at(-1)).toMatchObject({ kind: 'refused', reason: 'too-many' })
    bench.say(socket, { kind: 'leave', topic: topicOf(many[0]!) })
    expect(bench.join(socket, many.at(-1)!)).toMatchObject([{ kind: 'joined' }])
  })

  test('who exchanged a blob with a socket is told when it goes, others are not', () => {
    const bench = new RelayBench(crypto)
    const [ada, ben, eve] = [bench.open(), bench.open(), bench.open()]
    for (const socket of [ada, ben, eve]) bench.join(socket, keys)
    bench.say(ada, { kind: 'pass', topic, to: ben, blob: Uint8Array.of(1) })
    bench.close(ada)
    expect(bench.heard(ben)).toContainEqual({ kind: 'gone', topic, socket: ada })
    expect(bench.heard(eve).some(({ kind }) => kind === 'gone')).toBe(false)
    expect(bench.say(eve, { kind: 'pass', topic, to: ada, blob: Uint8Array.of(1) })).toEqual([
      { kind: 'gone', topic, socket: ada },
    ])
  })

  test('a blob reaches nobody outside of its topic', () => {
    const bench = new RelayBench(crypto)
    const [ada, ben] = [bench.open(), bench.open()]
    bench.join(ada, keys)
    bench.join(ben, crypto.signKeys())
    bench.say(ada, { kind: 'pass', topic, to: ben, blob: Uint8Array.of(1) })
    expect(bench.heard(ben).some(({ kind }) => kind === 'passed')).toBe(false)
  })
})

describe('abuse', () => {
  test('arbitrary bytes never throw, close only their sender, and leave nothing behind', () => {
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(fc.nat({ max: 6 }), fc.uint8Array({ maxLength: 150 }))
        .map(([kind, rest]) => Uint8Array.of(1, kind, ...rest)),
    )
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 30 }), (frames) => {
        const bench = new RelayBench(crypto)
        const [honest, rude] = [bench.open('home'), bench.open('elsewhere')]
        bench.join(honest, keys)
        for (const each of frames) bench.sayBytes(rude, each)
        bench.close(rude)
        expect(bench.closedSockets().filter((socket) => socket !== rude)).toEqual([])
        expect([bench.state.sockets.size, bench.state.topics.size, bench.state.slots.size]).toEqual([1, 1, 0])
        expect(bench.join(honest, keys)).toMatchObject([{ kind: 'joined' }])
      }),
    )
  })

  test('a malformed signal costs its sender the socket, its topics and nothing else', () => {
    const bench = new RelayBench(crypto)
    const [honest, rude] = [bench.open(), bench.open()]
    bench.join(honest, keys)
    bench.join(rude, keys)
    bench.sayBytes(rude, Uint8Array.of(123, 125))
    expect(bench.closedSockets()).toEqual([rude])
    expect([...bench.state.topics.get(topic)!.sockets]).toEqual([honest])
    bench.sayBytes(rude, Uint8Array.of(1, 3))
    expect(bench.state.slots.size).toBe(0)
  })

  test('a socket that speaks too fast is refused, then closed; another of its address goes on', () => {
    const bench = new RelayBench(crypto)
    const [fast, calm] = [bench.open(), bench.open()]
    const hasty = { kind: 'leave', topic } as const
    for (let said = 0; said < SOCKET_MESSAGES.burst; said++) bench.say(fast, hasty)
    expect(bench.say(fast, hasty)).toMatchObject([{ kind: 'refused', reason: 'too-fast' }])
    for (let said = 0; said < 100; said++) bench.say(fast, hasty)
    expect(bench.closedSockets()).toEqual([fast])
    expect(bench.join(calm, keys)).toMatchObject([{ kind: 'joined' }])
  })

  test('who slows down is served again', () => {
    const bench = new RelayBench(crypto)
    const socket = bench.open()
    for (let said = 0; said <= SOCKET_MESSAGES.burst; said++) bench.say(socket, { kind: 'leave', topic })
    bench.pass(1_000)
    expect(bench.join(socket, keys)).toMatchObject([{ kind: 'joined' }])
  })

  test('an address has so many sockets; others still get in, and it does again when one closes', () => {
    const bench = new RelayBench(crypto)
    const sockets = Array.from({ length: MAX_SOCKETS_PER_ADDRESS }, () => bench.open('crowd'))
    const tooMany = bench.open('crowd')
    expect(bench.closedSockets()).toEqual([tooMany])
    expect(bench.heard(tooMany)).toEqual([])
    expect(bench.join(bench.open('home'), keys)).toMatchObject([{ kind: 'joined' }])
    bench.close(sockets[0]!)
    expect(bench.heard(bench.open('crowd'))).toMatchObject([{ kind: 'challenge' }])
  })

  test('reopening sockets does not fill the buckets of an address', () => {
    const bench = new RelayBench(crypto)
    for (let turn = 0; turn < 33; turn++) {
      const socket = bench.open()
      bench.say(socket, { kind: 'enter', slot: 5 })
      bench.close(socket)
    }
    expect(bench.say(bench.open(), { kind: 'enter', slot: 5 })).toMatchObject([{ reason: 'too-fast' }])
  })

  test('when all have gone nothing is kept, once an address has been forgotten', () => {
    const bench = new RelayBench(crypto)
    for (let turn = 0; turn < 50; turn++) {
      const socket = bench.open(`address ${turn}`)
      bench.join(socket, keys)
      bench.say(socket, { kind: 'invite' })
      bench.close(socket)
      bench.pass(100)
    }
    for (let turn = 0; turn < 50; turn++) bench.pass(ADDRESS_MEMORY_MS / 10)
    expect(sizeOf(bench.state)).toBe(0)
  })

  test('the log names no topic, no blob and no address', () => {
    const bench = new RelayBench(crypto)
    const [ada, ben] = [bench.open('203.0.113.7'), bench.open('203.0.113.7')]
    bench.join(ada, keys)
    bench.join(ben, keys)
    bench.say(ada, { kind: 'pass', topic, to: ben, blob: new TextEncoder().encode('canary') })
    const log = JSON.stringify(bench.outputs.filter(({ kind }) => kind === 'log'))
    expect(log).toContain('joined')
    for (const secret of [topic, '203.0.113.7', 'canary']) expect(log).not.toContain(secret)
  })
})
