/** simple-peer over real WebRTC in Node keeps the channel contract, and shows the platform no unsound description. */
import type SimplePeer from 'simple-peer'
import { describe, expect, test } from 'vitest'
import { encodeCandidate, encodeDescription } from '../../src/transport/dial-signal.ts'
import { nodeDialer } from '../../src/transport/node-dialer.ts'
import { simplePeerDialer } from '../../src/transport/simple-peer.ts'
import { channelContract } from '../contract/channel.ts'

const rules = channelContract('simple-peer in Node', async () => {
  const dialer = await nodeDialer()
  return { one: dialer, other: dialer }
})

test.each(rules.map(({ name, run }) => [name, run] as const))('%s', (_name, run) => run())

describe('before the platform sees a description', () => {
  /** Stands for simple-peer and the platform under it: says one offer, and keeps what it is given. */
  function recorder() {
    const given: unknown[] = []
    class Recorder {
      readonly #listeners = new Map<string, (event: unknown) => void>()
      on(name: string, listener: (event: unknown) => void): void {
        this.#listeners.set(name, listener)
      }
      signal(signal: unknown): void {
        given.push(signal)
      }
      destroy(): void {
        queueMicrotask(() => this.#listeners.get('close')?.(undefined))
      }
      removeAllListeners(): void {
        this.#listeners.clear()
      }
    }
    return { given, SimplePeer: Recorder as unknown as typeof SimplePeer }
  }

  function answering() {
    const { given, SimplePeer } = recorder()
    const outcomes: string[] = []
    const dial = simplePeerDialer({ SimplePeer }).dial({
      initiator: false,
      iceServers: [],
      onSignal: () => {},
      onOpen: () => outcomes.push('open'),
      onFailed: (failure) => outcomes.push(failure),
    })
    return { given, outcomes, dial }
  }

  const fingerprint = (byte: string): string =>
    `a=fingerprint:sha-256 ${new Array(32).fill(byte).join(':')}\r\n`
  const section = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n'
  const sound = `v=0\r\n${section}${fingerprint('0A')}`

  test.each([
    ['two fingerprints', `${sound}${fingerprint('0B')}`],
    ['sha-1', `v=0\r\n${section}a=fingerprint:sha-1 ${new Array(20).fill('0A').join(':')}\r\n`],
    ['a media section', `${sound}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n`],
  ])('one with %s fails the dial', async (_name, sdp) => {
    const { given, outcomes, dial } = answering()
    dial.signal(encodeDescription('offer', sdp))
    await Promise.resolve()
    expect([given, outcomes]).toEqual([[], ['refused-description']])
  })

  test('a sound one is passed on as it is', () => {
    const { given, outcomes, dial } = answering()
    dial.signal(encodeDescription('offer', sound))
    expect([given, outcomes]).toEqual([[{ type: 'offer', sdp: sound }], []])
  })

  test('a second one fails the dial, and so does an answer nobody asked for', async () => {
    const twice = answering()
    for (const _time of [1, 2]) twice.dial.signal(encodeDescription('offer', sound))
    await Promise.resolve()
    expect([twice.given.length, twice.outcomes]).toEqual([1, ['refused-description']])
    const answered = answering()
    answered.dial.signal(encodeDescription('answer', sound))
    await Promise.resolve()
    expect([answered.given.length, answered.outcomes]).toEqual([0, ['refused-description']])
  })

  test('no more candidates are passed on than an honest dial has', () => {
    const { given, outcomes, dial } = answering()
    for (let number = 0; number < 1_000; number++)
      dial.signal(encodeCandidate(`candidate:${number} 1 udp`, '0', 0))
    expect([given.length, outcomes]).toEqual([64, []])
  })
})
