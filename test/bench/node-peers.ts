/**
 * The library in Node over real WebRTC, as `src/node.ts` composes it, over channels that count their bytes. All
 * peers stand in this process; each keeps its session in memory.
 */
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { type Api, apiOver } from '../../src/session/api.ts'
import type { Environment } from '../../src/session/environment.ts'
import type { Session } from '../../src/session/public.ts'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { nodeDialer } from '../../src/transport/node-dialer.ts'
import { nodeSignaling } from '../../src/transport/node-websocket.ts'
import type { Channel, Dialer } from '../../src/transport/port.ts'
import { pause } from './measuring.ts'

export interface NodePeer {
  readonly api: Api
  /** Bytes handed to each channel so far. */
  readonly sent: readonly { readonly bytes: number }[]
}

/** Between two looks at what nobody announces. */
const LOOK_AGAIN_MS = 20

/** @returns what makes one more peer */
export async function nodePeers(signaling: string): Promise<() => NodePeer> {
  const crypto = await loadCrypto()
  const dialer = await nodeDialer()
  return () => {
    const sent: { bytes: number }[] = []
    const environment: Environment = {
      crypto,
      clock: {
        now: () => Date.now(),
        wakeAfter(after, wake) {
          const timer = setTimeout(wake, after)
          return () => clearTimeout(timer)
        },
      },
      dialer: counting(dialer, sent),
      connector: nodeSignaling(),
      store: createMemoryStore(),
      exclusively: (_name, work) => work(), // one session a peer: nobody else asks
      claim: async () => () => undefined,
      tabs: undefined,
      soon: (work) => setImmediate(work),
      whenEnding: () => () => undefined,
      signaling,
      origin: new URL(signaling.replace(/^ws/, 'http')).origin,
    }
    return { api: apiOver(async () => environment), sent }
  }
}

export async function untilAll(
  sessions: readonly Session[],
  holds: (session: Session) => boolean,
): Promise<void> {
  while (!sessions.every(holds)) await pause(LOOK_AGAIN_MS)
}

function counting(dialer: Dialer, sent: { bytes: number }[]): Dialer {
  return {
    dial: (options) =>
      dialer.dial({ ...options, onOpen: (channel) => options.onOpen(countingChannel(channel, sent)) }),
  }
}

function countingChannel(channel: Channel, sent: { bytes: number }[]): Channel {
  const count = { bytes: 0 }
  sent.push(count)
  return {
    localFingerprint: channel.localFingerprint,
    remoteFingerprint: channel.remoteFingerprint,
    maxMessageBytes: channel.maxMessageBytes,
    get bufferedBytes() {
      return channel.bufferedBytes
    },
    send(message) {
      count.bytes += message.length
      channel.send(message)
    },
    wakeBelow: (bytes) => channel.wakeBelow(bytes),
    listen: (listener) => channel.listen(listener),
    close: () => channel.close(),
    route: () => channel.route(),
  }
}
