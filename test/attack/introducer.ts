/**
 * Attacks around the signaling server: on it, through it, and by what it passes on.
 */
import { connect, type Socket } from 'node:net'
import { WebSocket } from 'ws'
import { step } from '../../signaling/relay.ts'
import { createRelay, type RelayState } from '../../signaling/relay-state.ts'
import { EMPTY, equalBytes, toUtf8 } from '../../src/base/bytes.ts'
import { idBytes, idOf, type TopicId } from '../../src/base/ids.ts'
import type { SignKeys } from '../../src/crypto/crypto.ts'
import { readInvite } from '../../src/session/joining.ts'
import { Signaling } from '../../src/session/signaling.ts'
import { encodeDescription } from '../../src/transport/dial-signal.ts'
import { nodeDialer } from '../../src/transport/node-dialer.ts'
import type { Dialer, DialFailure } from '../../src/transport/port.ts'
import { inviteKeys } from '../../src/wire/invite-link.ts'
import {
  MAX_SIGNAL_MESSAGE_BYTES,
  MAX_SLOTS,
  MAX_SLOTS_PER_ADDRESS,
  MAX_SOCKETS,
  MAX_SOCKETS_PER_ADDRESS,
} from '../../src/wire/limits.ts'
import {
  decodeClientSignal,
  decodeServerSignal,
  encodeClientSignal,
  joinStatement,
  type ServerSignal,
} from '../../src/wire/signal.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { comesTrue, type Ground } from './ground.ts'
import { contentOf, expectUnharmed, gather, textOf } from './party.ts'
import type { Attack, Stage } from './stage.ts'

// Descriptions -------------------------------------------------------------------------------------------------

const fingerprint = (byte: string): string =>
  `a=fingerprint:sha-256 ${new Array(32).fill(byte).join(':')}\r\n`
const SHA_1 = `a=fingerprint:sha-1 ${new Array(20).fill('0A').join(':')}\r\n`

/** A real offer with what no honest side offers. */
const BAD_OFFERS: Readonly<Record<string, (sdp: string) => string>> = {
  'two fingerprints': (sdp) => sdp + fingerprint('0B'),
  'sha-1': (sdp) => sdp.replace(/a=fingerprint:.*\r?\n/, SHA_1),
  'a media section': (sdp) =>
    `${sdp}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=rtpmap:111 opus/48000/2\r\n`,
}

const badDescriptions: Attack = {
  number: 3,
  name: 'an SDP with two fingerprints, with sha-1, with a media section',
  guard: 'the look at a description before the platform',
  transports: ['memory'],
  async play(stage) {
    const ground = await stage.ground()
    const { default: webrtc } = await import('node-datachannel/polyfill')
    const platform = webrtc.RTCPeerConnection.prototype
    const given: string[] = []
    stage.replace(
      platform,
      'setRemoteDescription',
      (original) =>
        async function (this: RTCPeerConnection, description: RTCSessionDescriptionInit) {
          given.push(description.sdp ?? '')
          await original.call(this as never, description as never)
        } as typeof platform.setRemoteDescription,
    )
    const real = await nodeDialer()
    const party = await gather(ground)
    const before = contentOf(party.ada.doc)
    for (const [what, change] of Object.entries(BAD_OFFERS)) {
      const failures: DialFailure[] = []
      const watched: Dialer = {
        dial: (options) => {
          const onFailed = (failure: DialFailure, detail: string): void => {
            failures.push(failure)
            options.onFailed(failure, detail)
          }
          const dial = real.dial({ ...options, onFailed })
          return stage.guard === 'on'
            ? dial
            : {
                abort: () => dial.abort(),
                signal: (signal) => unguarded(webrtc.RTCPeerConnection as never, signal),
              }
        },
      }
      const host = await ground.device({ dialer: watched }).api.createSession({ name: 'Ada' })
      const { url } = await host.invite({ role: 'editor' })
      given.length = 0
      const knocker = offerTo(ground, url, change)
      const isOver = (): boolean =>
        stage.guard === 'on' ? failures.includes('refused-description') : given.length > 0
      stage.expectGuarded(await comesTrue(isOver, 5_000), `an offer with ${what} was not refused`)
      stage.expect(given.length === 0, `the platform was given ${what}`)
      knocker.stop()
    }
    await expectUnharmed(stage, party, before)
  },
}

/** What a dialer does that trusts descriptions. */
function unguarded(Connection: typeof RTCPeerConnection, signal: Uint8Array): void {
  const sdp = new TextDecoder().decode(signal.subarray(3))
  const connection = new Connection()
  connection.setRemoteDescription({ type: 'offer', sdp }).then(
    () => connection.close(),
    () => connection.close(),
  )
}

/** A newcomer's hello, then an offer as `change` makes it. */
function offerTo(ground: Ground, url: string, change: (sdp: string) => string): Signaling {
  const sdp = `v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:8hhY\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n${fingerprint('0A')}`
  const dialer: Dialer = {
    dial: ({ onSignal }) => {
      queueMicrotask(() => onSignal(encodeDescription('offer', change(sdp))))
      return { signal: () => {}, abort: () => {} }
    },
  }
  const { environment } = ground.device({ dialer })
  const keys = inviteKeys(ground.crypto, readInvite(environment, url).seed)
  const signaling = new Signaling(environment, ground.network.signaling, { changed: () => {} })
  signaling.plan([
    {
      keys: keys.topic,
      sealing: keys.sealing,
      self: {
        side: 'newcomer',
        instance: idOf(ground.crypto.randomBytes(8)),
        device: undefined,
        join: EMPTY,
      },
      welcomes: () => true,
      opened: () => {},
      failed: () => {},
      mismatched: () => {},
    },
  ])
  signaling.start()
  return signaling
}

// Topics -------------------------------------------------------------------------------------------------------

const leakedTopic: Attack = {
  number: 10,
  name: 'a topic id from a log, without its key',
  guard: 'the proof of the key',
  transports: ['memory'],
  async play(stage) {
    const lax =
      stage.guard === 'off'
        ? { relayCrypto: (crypto: Ground['crypto']) => ({ ...crypto, verify: () => true }) }
        : {}
    const ground = await stage.ground(lax)
    const party = await gather(ground)
    const before = contentOf(party.ada.doc)
    const leaked = ground.heard.flatMap((bytes) => {
      const signal = decodeClientSignal(bytes)
      return !isViolation(signal) && signal.kind === 'join' ? [signal] : []
    })
    stage.expect(leaked.length > 0, 'nobody joined a topic')
    const answers: ServerSignal[] = []
    const { crypto } = ground
    const socket = ground.network.connector.connect(ground.network.signaling, {
      open: () => {},
      message: (bytes) => {
        const signal = decodeServerSignal(bytes)
        if (!isViolation(signal)) answers.push(signal)
      },
      closed: () => {},
    })
    await comesTrue(() => answers.some(({ kind }) => kind === 'challenge'))
    const challenge = answers.find((signal) => signal.kind === 'challenge')
    const own = crypto.signKeys()
    let asked = 0
    for (const { topic, signature } of leaked) {
      const statement = challenge === undefined ? EMPTY : joinStatement(challenge, topic)
      for (const forged of [new Uint8Array(64), signature, crypto.sign(own.secretKey, statement)]) {
        socket.send(encodeClientSignal({ kind: 'join', topic, signature: forged }))
        asked++
      }
    }
    const isAnswered = await comesTrue(
      () => answers.filter(({ kind }) => kind === 'refused' || kind === 'joined').length >= asked,
    )
    stage.expect(isAnswered, 'a forged join was not answered')
    stage.expect(!answers.some(({ kind }) => kind === 'joined'), 'a topic was entered without its key')
    socket.close()
    await expectUnharmed(stage, party, before)
  },
}

// The server itself ------------------------------------------------------------------------------------------

const serverAbuse: Attack = {
  number: 36,
  name: 'malformed frames, 100,000 slots, 10,000 sockets, slow headers, 1,000 sockets from one address',
  guard: 'one share for one address',
  transports: ['memory', 'webrtc'],
  play: (stage) => (stage.transport === 'memory' ? abuseRelay(stage) : abuseServer(stage)),
}

const BAD_FRAMES: readonly Uint8Array[] = [
  toUtf8('{'),
  toUtf8('null'),
  toUtf8('{"type":"subscribe","topics":[["x"],3]}'),
  EMPTY,
  Uint8Array.of(1, 99),
  Uint8Array.of(1, 0, 1, 2, 3),
  new Uint8Array(MAX_SIGNAL_MESSAGE_BYTES + 1),
  new Uint8Array(1_000_000),
]

async function abuseRelay(stage: Stage): Promise<void> {
  const ground = await stage.ground()
  const { crypto } = ground
  const state = createRelay({ crypto, seed: crypto.randomBytes(32) })
  let socket = 0
  const open = (address: string): number => {
    const nonce = crypto.randomBytes(32)
    step(state, { kind: 'opened', socket: ++socket, address, origin: 'http://town.example', nonce, now: 0 })
    return socket
  }
  /** Without the guard every socket says what address it has. */
  const addressOf = (address: string, number: number): string =>
    stage.guard === 'on' ? address : `${address} ${number}`
  for (const bytes of BAD_FRAMES) {
    const bad = open('bad')
    step(state, { kind: 'received', socket: bad, bytes, now: 0 })
    stage.expect(!state.sockets.has(bad), 'a malformed frame was forgiven')
  }
  for (let number = 0; number < 1_000; number++) open(addressOf('crowd', number))
  stage.expect(
    openFrom(state, 'crowd') <= MAX_SOCKETS_PER_ADDRESS,
    `${openFrom(state, 'crowd')} sockets of one address are open`,
  )
  for (let number = 0; number < 10_000; number++) open(addressOf(`street ${number >> 8}`, number))
  stage.expect(state.sockets.size <= MAX_SOCKETS, `${state.sockets.size} sockets are open`)
  for (const number of [...state.sockets.keys()].slice(0, 200)) {
    for (let slot = 0; slot < 500; slot++) {
      step(state, { kind: 'received', socket: number, bytes: encodeClientSignal({ kind: 'invite' }), now: 0 })
    }
  }
  const most = stage.guard === 'on' ? 4 * MAX_SLOTS_PER_ADDRESS : MAX_SLOTS
  stage.expect(state.slots.size <= most, `${state.slots.size} slots are taken`)
  expectHonestJoin(stage, state, crypto.signKeys(), open('honest'))
}

function openFrom(state: RelayState, prefix: string): number {
  return [...state.sockets.values()].filter(({ address }) => address.address.startsWith(prefix)).length
}

function expectHonestJoin(stage: Stage, state: RelayState, keys: SignKeys, socket: number): void {
  const challenge = state.sockets.get(socket)?.challenge
  const topic = idOf<TopicId>(keys.publicKey)
  if (challenge === undefined) return stage.damage('an honest socket is turned away')
  const signature = state.crypto.sign(keys.secretKey, joinStatement(challenge, topic))
  const bytes = encodeClientSignal({ kind: 'join', topic, signature })
  const { outputs } = step(state, { kind: 'received', socket, bytes, now: 0 })
  const isJoined = outputs.some((output) => {
    const signal = output.kind === 'send' ? decodeServerSignal(output.bytes) : undefined
    return (
      signal !== undefined &&
      !isViolation(signal) &&
      signal.kind === 'joined' &&
      equalBytes(idBytes(signal.topic), keys.publicKey)
    )
  })
  stage.expect(isJoined, 'an honest join fails')
}

async function abuseServer(stage: Stage): Promise<void> {
  const ground = await stage.ground()
  const party = await gather(ground)
  const before = contentOf(party.ada.doc)
  const port = ground.network.server?.port ?? 0
  const sockets: { terminate(): void }[] = []
  const openSocket = (): WebSocket => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/signal`, { localAddress: '127.0.0.2' })
    socket.on('error', () => {})
    sockets.push(socket)
    return socket
  }
  for (const bytes of BAD_FRAMES) {
    const socket = openSocket()
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.once('message', () => socket.send(bytes))
    await closed
  }
  let isIn = 0
  let settled = 0
  for (let number = 0; number < 1_000; number++) {
    const socket = openSocket()
    socket.once('message', () => {
      isIn++
      settled++
    })
    socket.once('close', () => settled++)
  }
  for (let number = 0; number < 300; number++) sockets.push(slowHeaders(port))
  await comesTrue(() => settled >= 1_000, 15_000)
  stage.expect(isIn <= MAX_SOCKETS_PER_ADDRESS, `${isIn} sockets of one address are in`)
  const { url } = await party.ada.invite({ role: 'editor' })
  const begun = performance.now()
  const cleo = await ground.device().api.joinSession(url, { name: 'Cleo' })
  const took = performance.now() - begun
  stage.expect(
    took < 1_000 && textOf(cleo) === textOf(party.ada),
    `an honest join took ${Math.round(took)} ms`,
  )
  for (const socket of sockets) socket.terminate()
  await expectUnharmed(stage, party, before)
}

function slowHeaders(port: number): { terminate(): void } {
  const socket: Socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nx-slow: '))
  socket.on('error', () => {})
  return { terminate: () => socket.destroy() }
}

export const INTRODUCER_ATTACKS: readonly Attack[] = [badDescriptions, leakedTopic, serverAbuse]
