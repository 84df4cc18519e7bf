/** The check: what it finds on devices that are made up, and on this one over real WebRTC and a real server. */
import { afterEach, describe, expect, test } from 'vitest'
import { createSignalingServer, type RunningServer } from '../../signaling/server.ts'
import { runCheck } from '../../src/node.ts'
import { type CheckEnvironment, check } from '../../src/session/check.ts'
import { type Finding, platformOf, reportOf, sentenceOf } from '../../src/session/check-words.ts'
import type { Dialer, Gathered, IceServer } from '../../src/transport/port.ts'
import { encodeServerSignal } from '../../src/wire/signal.ts'
import { SERVER, town, wallClock } from './town.ts'

const FOUND: Gathered = { own: 2, outside: 1, relayed: 1 }
const STUN: IceServer = { urls: ['stun:203.0.113.10:4400'] }
const TURN: IceServer = { urls: ['turn:203.0.113.10:3478'], username: '1:ab', credential: 'c2VjcmV0' }

const blocked: Dialer = {
  dial: ({ onFailed }) => {
    queueMicrotask(() => onFailed('webrtc-blocked', 'nothing here'))
    return { signal: () => undefined, abort: () => undefined }
  },
}

/** A device on which all works; `iceServers` are what its server offers, `change` what is wrong. */
async function device(iceServers: readonly IceServer[] = [], change: Partial<CheckEnvironment> = {}) {
  const place = await town()
  const { environment } = place.device()
  const { crypto, dialer, connector } = environment
  const offering: CheckEnvironment['connector'] = {
    connect: (url, listener) =>
      connector.connect(url, {
        ...listener,
        message: (bytes) => {
          const isJoined = bytes[1] === 1
          if (isJoined) listener.message(encodeServerSignal({ kind: 'settings', iceServers }))
          listener.message(bytes)
        },
      }),
  }
  const environmentOfCheck: CheckEnvironment = {
    ...{
      crypto,
      dialer,
      connector: offering,
      clock: wallClock,
      signaling: SERVER,
      platform: 'Firefox 140, Linux',
    },
    gather: async ({ iceServers, relayOnly }) => ({
      own: relayOnly ? 0 : 2,
      outside: iceServers.some(({ urls }) => urls[0]?.startsWith('stun:')) ? 1 : 0,
      relayed: relayOnly ? 1 : 0,
    }),
    keeps: async () => 'on-disk',
    ...change,
  }
  return environmentOfCheck
}

const verdicts = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.map(({ subject, verdict }) => [subject, verdict]))

test('where all is well every subject works, each told as it is found', async () => {
  const told: Finding[] = []
  const { findings } = await check(await device([STUN, TURN]), { onFinding: (finding) => told.push(finding) })
  expect(told).toEqual(findings)
  expect(findings.map(({ subject }) => subject)).toEqual([
    'webrtc',
    'signaling',
    'addresses',
    'stun',
    'turn',
    'storage',
  ])
  expect(new Set(findings.map(({ verdict }) => verdict))).toEqual(new Set(['works']))
})

describe('it says so when', () => {
  test.each<[string, readonly IceServer[], Partial<CheckEnvironment>, Record<string, string>]>([
    ['the server offers neither STUN nor TURN', [], {}, { stun: 'not-there', turn: 'not-there' }],
    [
      'STUN and TURN are silent',
      [STUN, TURN],
      { gather: async () => ({ own: 1, outside: 0, relayed: 0 }) },
      { stun: 'fails', turn: 'fails', addresses: 'works' },
    ],
    [
      'there is no network',
      [],
      { gather: async () => ({ own: 0, outside: 0, relayed: 0 }) },
      { addresses: 'fails' },
    ],
    [
      'WebRTC is blocked',
      [STUN],
      { dialer: blocked, gather: async () => 'webrtc-blocked' },
      { webrtc: 'fails', signaling: 'works', addresses: 'not-there', stun: 'not-there' },
    ],
    ['nothing is stored', [], { keeps: async () => 'in-memory' }, { storage: 'fails' }],
    [
      'no server is named',
      [],
      { signaling: undefined },
      { webrtc: 'works', signaling: 'fails', stun: 'not-there', addresses: 'works' },
    ],
  ])('%s', async (_name, offered, change, expected) => {
    const { findings } = await check(await device(offered, change))
    expect(verdicts(findings)).toMatchObject(expected)
  })

  test('the server is down, or is none', async () => {
    const down: CheckEnvironment['connector'] = {
      connect: (_url, listener) => {
        queueMicrotask(() => listener.closed('refused'))
        return { send: () => undefined, close: () => undefined }
      },
    }
    const odd: CheckEnvironment['connector'] = {
      connect: (_url, listener) => {
        queueMicrotask(() => listener.message(new TextEncoder().encode('<html>')))
        return { send: () => undefined, close: () => undefined }
      },
    }
    const [, unreachable] = (await check(await device([], { connector: down }))).findings
    const [, nonsense] = (await check(await device([], { connector: odd }))).findings
    expect([unreachable?.verdict, nonsense?.verdict]).toEqual(['fails', 'fails'])
    expect(unreachable?.sentence).not.toBe(nonsense?.sentence)
  })
})

test('the report holds what was found and nothing that tells people or places apart', async () => {
  const { text } = await check(await device([STUN, TURN]))
  expect(text).toContain('Direct way (STUN): works.')
  expect(text).toContain('2 in your own network, 1 as seen from outside, 1 through the relay')
  for (const secret of ['203.0.113', 'town.example', '1:ab', 'c2VjcmV0']) expect(text).not.toContain(secret)
})

test('a report is the same lines for the same findings', () => {
  const findings = [sentenceOf({ subject: 'addresses', is: 'found', ways: FOUND })]
  expect(reportOf(findings, 'Node 20, linux', 0)).toBe(
    'Coterie check, 1970-01-01T00:00Z, Node 20, linux\n' +
      'Ways to this device: works. Found: 2 in your own network, 1 as seen from outside, 1 through the relay.\n',
  )
})

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox 140, Linux'],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.1.2 Safari/537.36',
    'Chrome 147, Linux',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0 Safari/537.36 Edg/147.0',
    'Edge 147, Windows',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile/15E148 Safari/604.1',
    'Safari 18, iPhone',
  ],
  ['something else', 'another browser, another system'],
])('of a user agent only browser, main version and system stay: %s', (userAgent, platform) => {
  expect(platformOf(userAgent)).toBe(platform)
})

describe('in Node', () => {
  let server: RunningServer | undefined
  afterEach(() => server?.close())

  test('against a server on this computer, what has to work does and STUN is not needed', async () => {
    server = await createSignalingServer({ port: 0 }).listen()
    const { findings, text } = await runCheck({ signaling: `ws://localhost:${server.port}/signal` })
    expect(verdicts(findings)).toEqual({
      webrtc: 'works',
      signaling: 'works',
      addresses: 'works',
      stun: 'not-there',
      turn: 'not-there',
      storage: 'not-there',
    })
    expect(text).toContain('Not needed: the server runs on this computer.')
    expect(text).not.toMatch(/\d+\.\d+\.\d+\.\d+|localhost|:\d{4,5}\b/)
  })
})
