import { EMPTY } from '../../src/base/bytes.ts'
import { idOf } from '../../src/base/ids.ts'
import { readInvite } from '../../src/session/joining.ts'
import { Signaling } from '../../src/session/signaling.ts'
import { encodeDescription } from '../../src/transport/dial-signal.ts'
import { nodeDialer } from '../../src/transport/node-dialer.ts'
import type { Dialer, DialFailure } from '../../src/transport/port.ts'
import { inviteKeys } from '../../src/wire/invite-link.ts'
import {
  decodeClientSignal,
  decodeServerSignal,
  encodeClientSignal,
  joinStatement,
  type ServerSignal,
} from '../../src/wire/signal.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { comesTrue, type Ground } from './ground.ts'
import { contentOf, expectUnharmed, gather } from './party.ts'
import type { Attack } from './stage.ts'

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
        roster: undefined,
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

export const INTRODUCER_ATTACKS: readonly Attack[] = [badDescriptions, leakedTopic]
