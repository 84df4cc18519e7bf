/** What reaches the platform: one data section, one SHA-256 fingerprint, nothing that reads two ways. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { Writer } from '../../src/base/codec.ts'
import { inspectDescription, isCandidate } from '../../src/transport/description.ts'
import { decodeDialSignal, encodeCandidate, encodeDescription } from '../../src/transport/dial-signal.ts'

const HEX = Array.from({ length: 32 }, (_, index) => (index + 16).toString(16).toUpperCase())
const FINGERPRINT = `a=fingerprint:sha-256 ${HEX.join(':')}`
const OTHER = `a=fingerprint:sha-256 ${[...HEX].reverse().join(':')}`
const SECTION = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel'

/** As Chromium writes it, without candidates. */
const LINES = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS',
  SECTION,
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:8hhY',
  'a=ice-pwd:asd88fgpdd777uzjYhagZg',
  'a=ice-options:trickle',
  FINGERPRINT,
  'a=setup:actpass',
  'a=mid:0',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
]

const joined = (lines: readonly string[], end = '\r\n'): string => lines.map((line) => line + end).join('')
const changed = (from: string, ...to: readonly string[]): string =>
  joined(LINES.flatMap((line) => (line === from ? to : [line])))
const verdict = (sdp: string): string => {
  const inspected = inspectDescription(sdp)
  return inspected.sound ? 'sound' : inspected.detail
}

describe('descriptions', () => {
  test('a description with one data section and one fingerprint is sound', () => {
    const inspected = inspectDescription(joined(LINES))
    expect(inspected.sound && toHex(inspected.fingerprint)).toBe(HEX.join('').toLowerCase())
    expect(verdict(joined(LINES, '\n'))).toBe('sound')
  })

  test('the same fingerprint twice, for the session and for the section, is one', () => {
    expect(verdict(changed('t=0 0', 't=0 0', FINGERPRINT.toLowerCase()))).toBe('sound')
  })

  test('two fingerprints are refused, wherever the second stands', () => {
    expect(verdict(changed('t=0 0', 't=0 0', OTHER))).toBe('two fingerprints')
    expect(verdict(changed(FINGERPRINT, FINGERPRINT, OTHER))).toBe('two fingerprints')
  })

  test('a fingerprint that is not plainly sha-256 is refused', () => {
    const sha1 = `a=fingerprint:sha-1 ${HEX.slice(0, 20).join(':')}`
    const odd = [
      sha1,
      FINGERPRINT.replace('fingerprint', 'Fingerprint').replace('10', '11'),
      `${FINGERPRINT} `,
      FINGERPRINT.replace(':', ' '),
      FINGERPRINT.slice(0, -3),
      `${FINGERPRINT}:00`,
      FINGERPRINT.replace('sha-256', 'sha-512'),
    ]
    for (const line of odd) {
      expect(verdict(changed(FINGERPRINT, line)), line).toBe('a fingerprint that is not sha-256')
      expect(verdict(changed(FINGERPRINT, FINGERPRINT, line)), line).toBe('a fingerprint that is not sha-256')
    }
    expect(verdict(changed(FINGERPRINT))).toBe('no fingerprint')
  })

  test('a media section, a second section and none are refused', () => {
    expect(verdict(changed(SECTION, SECTION, 'm=audio 9 UDP/TLS/RTP/SAVPF 111'))).toBe(
      'not exactly one section',
    )
    expect(verdict(changed(SECTION, 'm=video 9 UDP/TLS/RTP/SAVPF 96'))).toBe(
      'a section that is not a data channel',
    )
    expect(verdict(changed(SECTION, SECTION, SECTION))).toBe('not exactly one section')
    expect(verdict(changed(SECTION))).toBe('not exactly one section')
  })

  test('lines that a platform could read otherwise are refused', () => {
    const hidden = [
      `s=-\r${OTHER}`,
      `s=-\n${OTHER}`,
      ` ${OTHER}`,
      `M=audio 9 X 1`,
      `s=\u2028${OTHER}`,
      's=\0',
      '',
      'junk',
    ]
    for (const line of hidden)
      expect(verdict(changed('s=-', line)), JSON.stringify(line)).toBe('no description')
    expect(verdict(`\r\n${joined(LINES)}`)).toBe('no description')
    expect(verdict(joined([...LINES, `a=x:${'y'.repeat(7_000)}`]))).toBe('the description is too long')
  })

  test('whatever is inserted, a sound description has one section and one fingerprint, however one looks for them', () => {
    const pieces = fc.constantFrom(
      FINGERPRINT,
      OTHER,
      SECTION,
      'm=audio 9 X 1',
      '\r',
      '\n',
      '\r\n',
      ' ',
      'a=',
      'A=',
      'm',
    )
    const noise = fc.oneof(pieces, fc.string({ maxLength: 8 }), fc.string({ maxLength: 4, unit: 'binary' }))
    const insertions = fc.array(fc.tuple(fc.nat({ max: LINES.length }), fc.array(noise, { maxLength: 4 })), {
      maxLength: 4,
    })
    fc.assert(
      fc.property(insertions, fc.constantFrom('\r\n', '\n'), (insertions, end) => {
        const lines = [...LINES]
        for (const [at, noises] of insertions) lines.splice(at, 0, noises.join(''))
        const sdp = joined(lines, end)
        const inspected = inspectDescription(sdp)
        if (!inspected.sound) return
        const loose = sdp.split(/[\r\n\u0085\u2028\u2029]+/).map((line) => line.trim().toLowerCase())
        expect(loose.filter((line) => line.startsWith('m='))).toHaveLength(1)
        const named = loose.filter((line) => line.includes('fingerprint'))
        expect(new Set(named.map((line) => line.replace(/^a=fingerprint:sha-256 /, ''))).size).toBe(1)
        expect(inspected.fingerprint.length).toBe(32)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('candidates and signals', () => {
  test('a candidate is one printable line', () => {
    const real = 'candidate:842163049 1 udp 1677729535 0c3b9c32-7a1f.local 46154 typ host generation 0'
    expect(isCandidate(real)).toBe(true)
    for (const wrong of [
      '',
      'a=candidate:1',
      `${real}\r\na=x`,
      `candidate:${'1'.repeat(600)}`,
      'candidate:\u00e9',
    ]) {
      expect(isCandidate(wrong)).toBe(false)
    }
  })

  test('what a dial says is read back', () => {
    const sdp = joined(LINES)
    expect(decodeDialSignal(encodeDescription('offer', sdp))).toMatchObject({ kind: 'offer', sdp })
    expect(decodeDialSignal(encodeDescription('answer', sdp))).toMatchObject({ kind: 'answer', sdp })
    expect(decodeDialSignal(encodeCandidate('candidate:1 x', 'data', 1))).toEqual({
      kind: 'candidate',
      candidate: 'candidate:1 x',
      mid: 'data',
      section: 1,
    })
  })

  test('arbitrary bytes are refused in words and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 4 }), (rest, kind) => {
        const signal = decodeDialSignal(Uint8Array.of(kind, ...rest))
        if (typeof signal !== 'string') expect(signal.kind).toBe('candidate')
      }),
      { numRuns: 1_000 },
    )
    expect(decodeDialSignal(new Writer().u8(1).text('v=0\r\n').finish())).toBe('not exactly one section')
  })
})
