/**
 * What a signaling server and the way to it must do together, as rules that run over the relay in
 * memory and over the real server alike. Not here: limits and bad clients (test/signaling).
 */
import type { Crypto } from '../../src/crypto/crypto.ts'
import type { SignalingConnector } from '../../src/transport/port.ts'
import { joinStatement, signalingOrigin } from '../../src/wire/signal.ts'
import type { Rule } from '../e2e/suite.ts'
import { claim, claimBytes, claimEqual } from './claims.ts'
import { SignalingClient, topicOf } from './signaling-client.ts'

export interface SignalingUnderTest {
  readonly crypto: Crypto
  readonly connector: SignalingConnector
  readonly url: string
  /** A URL where nobody listens. */
  readonly nowhere: string
  /** The server ends. */
  readonly stop: () => Promise<void>
}

type Perform = (under: SignalingUnderTest) => Promise<void>

export function signalingContract(name: string, make: () => Promise<SignalingUnderTest>): readonly Rule[] {
  return Object.entries({ ...JOIN_RULES, ...SOCKET_RULES }).map(([sentence, perform]) => ({
    name: `${name}: ${sentence}`,
    run: async () => {
      const under = await make()
      try {
        await perform(under)
      } finally {
        await under.stop()
      }
    },
  }))
}

const JOIN_RULES: Readonly<Record<string, Perform>> = {
  'the first word is a challenge that names the origin of the server': async ({ connector, url }) => {
    const client = new SignalingClient(connector, url)
    const challenge = await client.next('challenge')
    claimEqual([client.opens, challenge.origin, challenge.nonce.length], [1, signalingOrigin(url), 32])
  },

  'two who hold the key of a topic find each other and pass blobs': async ({ crypto, connector, url }) => {
    const keys = crypto.signKeys()
    const [ada, ben] = [new SignalingClient(connector, url), new SignalingClient(connector, url)]
    claimEqual((await ada.join(crypto, keys)).sockets, [])
    const [adasSocket] = (await ben.join(crypto, keys)).sockets
    claim(adasSocket !== undefined, 'the newcomer is told who is there')
    const topic = topicOf(keys)
    ben.say({ kind: 'pass', topic, to: adasSocket, blob: Uint8Array.of(1, 2, 3) })
    const passed = await ada.next('passed')
    claimBytes(passed.blob, Uint8Array.of(1, 2, 3))
    ada.say({ kind: 'pass', topic, to: passed.from, blob: new Uint8Array(8_192).fill(7) })
    claimBytes((await ben.next('passed')).blob, new Uint8Array(8_192).fill(7))
    ben.close()
    claimEqual((await ada.next('gone')).socket, passed.from)
  },

  'a proof without the key of the topic is refused, and the socket goes on': async ({
    crypto,
    connector,
    url,
  }) => {
    const [keys, others] = [crypto.signKeys(), crypto.signKeys()]
    const client = new SignalingClient(connector, url)
    const challenge = await client.next('challenge')
    const topic = topicOf(keys)
    client.say({
      kind: 'join',
      topic,
      signature: crypto.sign(others.secretKey, joinStatement(challenge, topic)),
    })
    const refused = await client.next('refused')
    claimEqual([refused.what, refused.reason, refused.topic], ['join', 'not-proven', topic])
    client.heard.push(challenge)
    await client.join(crypto, keys)
  },

  'a proof for one socket does not open the topic for another': async ({ crypto, connector, url }) => {
    const keys = crypto.signKeys()
    const [ada, thief] = [new SignalingClient(connector, url), new SignalingClient(connector, url)]
    const topic = topicOf(keys)
    const signature = crypto.sign(keys.secretKey, joinStatement(await ada.next('challenge'), topic))
    await thief.next('challenge')
    thief.say({ kind: 'join', topic, signature })
    claimEqual((await thief.next('refused')).reason, 'not-proven')
  },

  'who enters a slot is brought together with who asked for it': async ({ connector, url }) => {
    const [ada, ben] = [new SignalingClient(connector, url), new SignalingClient(connector, url)]
    await ada.next('challenge')
    ada.say({ kind: 'invite' })
    const { slot, topic } = await ada.next('slot')
    await ben.next('challenge')
    ben.say({ kind: 'enter', slot })
    const entered = await ben.next('slot')
    const [adasSocket] = entered.sockets
    claim(adasSocket !== undefined && entered.topic === topic, 'the same slot')
    ben.say({ kind: 'pass', topic, to: adasSocket, blob: Uint8Array.of(5) })
    claimBytes((await ada.next('passed')).blob, Uint8Array.of(5))
  },
}

const SOCKET_RULES: Readonly<Record<string, Perform>> = {
  'bytes that are no signal close the socket that sent them, and no other': async ({
    crypto,
    connector,
    url,
  }) => {
    const keys = crypto.signKeys()
    const [ada, rude] = [new SignalingClient(connector, url), new SignalingClient(connector, url)]
    await ada.join(crypto, keys)
    await rude.next('challenge')
    rude.sayBytes(Uint8Array.of(123))
    await rude.whenClosed()
    const ben = new SignalingClient(connector, url)
    claimEqual((await ben.join(crypto, keys)).sockets.length, 1)
    claimEqual([rude.closes, ada.closes], [1, 0])
  },

  'a socket that is closed here hears it once and nothing after': async ({ connector, url }) => {
    const client = new SignalingClient(connector, url)
    await client.next('challenge')
    client.close()
    client.close()
    await client.whenClosed()
    client.sayBytes(Uint8Array.of(1))
    claimEqual(client.closes, 1)
  },

  'a socket closed before it opened never opens': async ({ connector, url }) => {
    const client = new SignalingClient(connector, url)
    client.close()
    await client.whenClosed()
    const later = new SignalingClient(connector, url)
    await later.next('challenge')
    claimEqual([client.opens, client.closes, client.heard.length], [0, 1, 0])
  },

  'an attempt that nobody answers is closed once and never opens': async ({ connector, nowhere }) => {
    for (const url of [nowhere, 'no url']) {
      const client = new SignalingClient(connector, url)
      await client.whenClosed()
      claimEqual([client.opens, client.closes], [0, 1])
    }
  },

  'when the server ends every socket hears it once': async ({ connector, url, stop }) => {
    const clients = [1, 2, 3].map(() => new SignalingClient(connector, url))
    for (const client of clients) await client.next('challenge')
    await stop()
    for (const client of clients) await client.whenClosed()
    claimEqual(
      clients.map(({ closes }) => closes),
      [1, 1, 1],
    )
  },
}
