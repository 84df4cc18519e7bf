/** Passes for the TURN server, and when the relay hands them out. */
import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { iceOffers } from '../../signaling/ice.ts'
import { isTurnUrl, TURN_PASS_MS, turnPass } from '../../signaling/turn.ts'
import { toUtf8 } from '../../src/base/bytes.ts'
import { Secret } from '../../src/base/secret.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import type { ServerSignal } from '../../src/wire/signal.ts'
import { topicOf } from '../contract/signaling-client.ts'
import { RelayBench } from './bench.ts'

const crypto = await loadCrypto()
const turn = { urls: ['turn:turn.example.org:3478'], secret: new Secret(toUtf8('north wind')) }
const random = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

describe('a pass', () => {
  test('ends an hour later, and its password is the HMAC-SHA1 that coturn makes', () => {
    const pass = turnPass(turn, 1_700_000_000_999, random)
    expect(pass).toEqual({
      urls: turn.urls,
      username: '1700003600:0102030405060708',
      credential: createHmac('sha1', 'north wind').update('1700003600:0102030405060708').digest('base64'),
    })
  })

  test('is another one for another secret, another hour and other chance', () => {
    const passes = [
      turnPass(turn, 0, random),
      turnPass({ ...turn, secret: new Secret(toUtf8('south wind')) }, 0, random),
      turnPass(turn, TURN_PASS_MS, random),
      turnPass(turn, 0, new Uint8Array(8)),
    ]
    expect(new Set(passes.map(({ credential }) => credential)).size).toBe(4)
  })
})

test.each(['turn:turn.example.org', 'turn:198.51.100.1:3478?transport=udp', 'turns:[2001:db8::1]:5349'])(
  '%s is an address of a TURN server',
  (url) => expect(isTurnUrl(url)).toBe(true),
)

test.each([
  'stun:turn.example.org',
  'turn:',
  'turn:a b',
  'turn:a:70000',
  'turn:a?transport=sctp',
  'turn://a',
])('%s is none', (url) => expect(isTurnUrl(url)).toBe(false))

describe('the relay tells the settings', () => {
  const keys = crypto.signKeys(new Uint8Array(32).fill(1))
  const offerIce = iceOffers({ stunPort: 4400, turn, others: [] })
  const bench = (): RelayBench => new RelayBench(crypto, { offerIce })
  const settings = (signals: readonly ServerSignal[]) =>
    signals.flatMap((signal) => (signal.kind === 'settings' ? [signal] : []))

  test('to nobody who has proven nothing', () => {
    const relay = bench()
    const socket = relay.open()
    relay.say(socket, { kind: 'join', topic: topicOf(keys), signature: new Uint8Array(64) })
    expect(settings(relay.heard(socket))).toEqual([])
  })

  test('before the first answer to a join, and once however many topics are joined', () => {
    const relay = bench()
    const socket = relay.open()
    expect(relay.join(socket, keys).map(({ kind }) => kind)).toEqual(['settings', 'joined'])
    expect(relay.join(socket, crypto.signKeys()).map(({ kind }) => kind)).toEqual(['joined'])
    expect(settings(relay.heard(socket))[0]?.iceServers.map(({ urls }) => urls)).toEqual([
      ['stun:relay.example:4400'],
      ['turn:turn.example.org:3478'],
    ])
  })

  test('to both who share a slot', () => {
    const relay = bench()
    const [ada, ben] = [relay.open(), relay.open('elsewhere')]
    const [, given] = relay.say(ada, { kind: 'invite' })
    if (given?.kind !== 'slot') throw new Error('no slot was given')
    expect(relay.say(ben, { kind: 'enter', slot: given.slot }).map(({ kind }) => kind)).toEqual([
      'settings',
      'slot',
    ])
    expect(settings(relay.heard(ada))).toHaveLength(1)
  })

  test('anew to who is still there before a pass ends, and to nobody who has gone', () => {
    const relay = bench()
    const [ada, ben] = [relay.open(), relay.open()]
    relay.join(ada, keys)
    relay.join(ben, keys)
    relay.close(ben)
    const before = relay.heard(ben).length
    for (let halves = 0; halves < 3; halves++) relay.pass(TURN_PASS_MS / 2)
    const passes = settings(relay.heard(ada)).map(({ iceServers }) => iceServers[1]?.username)
    expect(passes).toHaveLength(4)
    expect(new Set(passes).size).toBe(4)
    expect(relay.heard(ben)).toHaveLength(before)
    expect(relay.state.settings.size).toBe(1)
  })

  test('to nobody where nothing is configured', () => {
    const relay = new RelayBench(crypto)
    const socket = relay.open()
    expect(relay.join(socket, keys).map(({ kind }) => kind)).toEqual(['joined'])
  })
})
