/** Signals packed for a text that people carry: what comes out opens the same channel, and nothing more fits in. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inspectDescription } from '../../src/transport/description.ts'
import { decodeDialSignal, encodeCandidate, encodeDescription } from '../../src/transport/dial-signal.ts'
import { handDialer } from '../../src/transport/hand-dialer.ts'
import { nodeDialer } from '../../src/transport/node-dialer.ts'
import { packSignals, unpackSignals } from '../../src/transport/packing.ts'
import type { Channel } from '../../src/transport/port.ts'
import { MAX_CARRIED_SIGNALS_BYTES } from '../../src/wire/limits.ts'
import { until } from '../session/town.ts'
import { expectStrict } from '../wire/mistreat.ts'

const FINGERPRINT = Array.from({ length: 32 }, (_, byte) =>
  (byte * 7).toString(16).padStart(2, '0').toUpperCase(),
).join(':')

/** As Chromium and as Firefox write them, addresses changed. */
const CHROMIUM = [
  ...['v=0', 'o=- 4611731400430051336 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0'],
  ...['a=extmap-allow-mixed', 'a=msid-semantic: WMS', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel'],
  ...['c=IN IP4 0.0.0.0', 'a=ice-ufrag:Zk3+', 'a=ice-pwd:b7qJ/OkYfS3pXv0nU2mWc9dR', 'a=ice-options:trickle'],
  ...[`a=fingerprint:sha-256 ${FINGERPRINT}`, 'a=setup:actpass', 'a=mid:0', 'a=sctp-port:5000'],
  'a=max-message-size:262144',
]
const FIREFOX = [
  ...['v=0', 'o=mozilla...THIS_IS_SDPARTA-99.0 5186236514321087423 0 IN IP4 0.0.0.0', 's=-', 't=0 0'],
  ...['a=sendrecv', `a=fingerprint:sha-256 ${FINGERPRINT}`, 'a=group:BUNDLE 0', 'a=ice-options:trickle'],
  ...[
    'a=msid-semantic:WMS *',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=sendrecv',
  ],
  ...['a=ice-pwd:9f0d8a4b6c2e1f3a5b7c9d0e1f2a3b4c', 'a=ice-ufrag:1a2b3c4d', 'a=mid:0', 'a=setup:active'],
  ...['a=sctp-port:5000', 'a=max-message-size:1073741823'],
]
const CANDIDATES = [
  'candidate:842163049 1 udp 1677729535 203.0.113.7 51312 typ srflx raddr 0.0.0.0 rport 0 generation 0',
  'candidate:1 1 UDP 2122252543 4f1c2d3e-0a1b-4c2d-8e3f-a0b1c2d3e4f5.local 40404 typ host',
  'candidate:2 1 udp 2122262783 2001:db8::7 40405 typ host generation 0 ufrag Zk3+ network-id 2',
  'candidate:3 1 tcp 1518280447 192.168.1.7 9 typ host tcptype active generation 0',
  'candidate:4 1 udp 41885439 198.51.100.9 3478 typ relay raddr 203.0.113.7 rport 51312',
]

function signalsOf(
  kind: 'offer' | 'answer',
  lines: readonly string[],
  candidates = CANDIDATES,
): Uint8Array[] {
  return [
    encodeDescription(kind, lines.map((line) => `${line}\r\n`).join('')),
    ...candidates.map((candidate) => encodeCandidate(candidate, '0', 0)),
  ]
}

function read(signals: readonly Uint8Array[]) {
  return signals.map((bytes) => {
    const signal = decodeDialSignal(bytes)
    if (typeof signal === 'string') throw new Error(signal)
    return signal
  })
}

function descriptionIn(signals: readonly Uint8Array[]) {
  const [first] = read(signals)
  if (first === undefined || first.kind === 'candidate') throw new Error('no description first')
  return first
}

describe.each([
  ['Chromium', 'offer', CHROMIUM],
  ['Firefox', 'answer', FIREFOX],
] as const)('what %s says', (_name, kind, lines) => {
  const packed = packSignals(signalsOf(kind, lines), MAX_CARRIED_SIGNALS_BYTES)!
  const unpacked = unpackSignals(packed)!

  test('comes out with the same fingerprint, credentials, role, section and largest message', () => {
    const { sdp, fingerprint } = descriptionIn(unpacked)
    const inspected = inspectDescription(lines.join('\r\n'))
    expect(inspected.sound && inspected.fingerprint).toEqual(fingerprint)
    for (const line of lines)
      if (/^a=(fingerprint|ice-ufrag|ice-pwd|setup|mid|sctp-port|max-message-size|group):?/.test(line))
        expect(sdp.split('\r\n')).toContain(line)
  })

  test('comes out with its ways, the most direct first, without those over TCP', () => {
    const ways = read(unpacked.slice(1)).map((signal) => signal.kind === 'candidate' && signal.candidate)
    expect(ways).toEqual([
      'candidate:1 1 udp 2122262783 2001:0db8:0000:0000:0000:0000:0000:0007 40405 typ host',
      'candidate:2 1 udp 2122252543 4f1c2d3e-0a1b-4c2d-8e3f-a0b1c2d3e4f5.local 40404 typ host',
      'candidate:3 1 udp 1677729535 203.0.113.7 51312 typ srflx raddr 0.0.0.0 rport 0',
      'candidate:4 1 udp 41885439 198.51.100.9 3478 typ relay raddr 0.0.0.0 rport 0',
    ])
  })

  test('packed again is the same, and is spelled strictly', () => {
    expect(packSignals(unpacked, MAX_CARRIED_SIGNALS_BYTES)).toEqual(packed)
    expectStrict(packed, (bytes) => unpackSignals(bytes) !== undefined)
  })
})

test('candidates that stand in the description itself are packed too', () => {
  const complete = [...CHROMIUM, ...CANDIDATES.map((candidate) => `a=${candidate}`), 'a=end-of-candidates']
  const inside = packSignals(signalsOf('offer', complete, []), MAX_CARRIED_SIGNALS_BYTES)
  expect(inside).toEqual(packSignals(signalsOf('offer', CHROMIUM), MAX_CARRIED_SIGNALS_BYTES))
})

test('whatever there is to say, it fits, and the nearest ways are what stays', () => {
  const many = Array.from(
    { length: 40 },
    (_, at) =>
      `candidate:${at} 1 udp ${1_000 + at} 2001:db8::${at} ${5_000 + at} typ ${at < 30 ? 'srflx' : 'host'}`,
  )
  const packed = packSignals(signalsOf('offer', CHROMIUM, many), MAX_CARRIED_SIGNALS_BYTES)!
  expect(packed.length).toBeLessThanOrEqual(MAX_CARRIED_SIGNALS_BYTES)
  const ways = read(unpackSignals(packed)!.slice(1)).map(
    (signal) => signal.kind === 'candidate' && signal.candidate,
  )
  expect(ways.length).toBeGreaterThan(8)
  expect(ways.slice(0, 2)).toEqual([
    'candidate:1 1 udp 1039 2001:0db8:0000:0000:0000:0000:0000:0039 5039 typ host',
    'candidate:2 1 udp 1038 2001:0db8:0000:0000:0000:0000:0000:0038 5038 typ host',
  ])
})

test('nothing is packed of what is no description, is not sound, or has no room', () => {
  expect(packSignals([], 400)).toBeUndefined()
  expect(packSignals([Uint8Array.of(9)], 400)).toBeUndefined()
  expect(packSignals(signalsOf('offer', CHROMIUM).slice(1), 400)).toBeUndefined()
  expect(packSignals(signalsOf('offer', [...CHROMIUM, 'm=audio 9 RTP/AVP 0']), 400)).toBeUndefined()
  expect(
    packSignals(
      signalsOf(
        'offer',
        CHROMIUM.filter((line) => !line.includes('pwd')),
      ),
      400,
    ),
  ).toBeUndefined()
  expect(packSignals(signalsOf('offer', CHROMIUM), 60)).toBeUndefined()
})

test('whatever bytes come, what they spell is sound, or nothing', () => {
  const packed = packSignals(signalsOf('offer', CHROMIUM), MAX_CARRIED_SIGNALS_BYTES)!
  const changed = fc
    .tuple(fc.nat(packed.length - 1), fc.nat(255))
    .map(([at, byte]) => Uint8Array.from(packed, (old, index) => (index === at ? byte : old)))
  fc.assert(
    fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      const unpacked = unpackSignals(bytes)
      if (unpacked === undefined) return
      expect(inspectDescription(descriptionIn(unpacked).sdp).sound).toBe(true)
      expect(read(unpacked).length).toBe(unpacked.length)
    }),
    { numRuns: 500 },
  )
})

test('two open a channel by two packed messages alone, however late the second comes', async () => {
  const dialer = handDialer({
    dialer: await nodeDialer(),
    packing: { pack: packSignals, unpack: unpackSignals },
    candidatesAtOnce: true,
  })
  const channels: Channel[] = []
  const side = (initiator: boolean) => {
    const packed: Uint8Array[] = []
    const dial = dialer.dial({
      ...{ initiator, iceServers: [], maxBytes: MAX_CARRIED_SIGNALS_BYTES },
      onPacked: (message) => packed.push(message),
      onOpen: (channel) => channels.push(channel),
      onFailed: (_failure, detail) => {
        throw new Error(detail)
      },
    })
    return { packed, dial }
  }
  const [ada, ben] = [side(true), side(false)]
  await until('Ada has said everything', () => ada.packed.length === 1)
  expect(ben.dial.take(Uint8Array.of(1, 2, 3))).toBe(false)
  expect(ben.dial.take(ada.packed[0]!)).toBe(true)
  expect(ben.dial.take(ada.packed[0]!)).toBe(false)
  await until('Ben has said everything', () => ben.packed.length === 1)
  for (const packed of [...ada.packed, ...ben.packed])
    expect(unpackSignals(packed)!.length).toBeGreaterThan(1)
  expect(ada.dial.take(ben.packed[0]!)).toBe(true)
  await until('both are open', () => channels.length === 2)
  for (const channel of channels) channel.close()
})
