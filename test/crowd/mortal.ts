/**
 * A device in this process, over real WebRTC, that can die as a process dies: from one moment on it sends nothing,
 * hears nothing and does nothing, and says goodbye to nobody. Its connections stay open below, so that the others
 * have only its silence to go by; the system would close its socket to the server, and so does this.
 */
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { type Api, apiOver } from '../../src/session/api.ts'
import type { Environment } from '../../src/session/environment.ts'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { nodeDialer } from '../../src/transport/node-dialer.ts'
import { nodeSignaling } from '../../src/transport/node-websocket.ts'
import type { Channel, ChannelListener, Dialer, SignalingConnector } from '../../src/transport/port.ts'

/** What a device hangs by: cut once, for everything of it. */
class Life {
  readonly #ends: (() => void)[] = []
  #isOver = false

  get isOver(): boolean {
    return this.#isOver
  }

  /** What stays open below when it is over, closed by `bury`. */
  readonly remains = new Set<Channel>()

  /** Called when it ends. */
  atEnd(work: () => void): void {
    this.#ends.push(work)
  }

  end(): void {
    this.#isOver = true
    for (const work of this.#ends.splice(0)) work()
  }

  /** The same function while it lasts, and nothing after. */
  lasting<Given extends unknown[]>(work: (...given: Given) => void): (...given: Given) => void {
    return (...given) => {
      if (!this.#isOver) work(...given)
    }
  }
}

export interface MortalDevice {
  readonly api: Api
  /** Nothing happens on it any more. */
  kill(): void
  /** Closes what its death left open; for the end of a test. */
  bury(): void
}

/** @param signaling ws: address of the server */
export function mortalDevice(signaling: string): MortalDevice {
  const life = new Life()
  return {
    api: apiOver(() => environmentOf(life, signaling)),
    kill: () => life.end(),
    bury: () => {
      for (const channel of life.remains) channel.close()
    },
  }
}

async function environmentOf(life: Life, signaling: string): Promise<Environment> {
  return {
    crypto: await loadCrypto(),
    clock: {
      now: () => Date.now(),
      wakeAfter(after, wake) {
        if (life.isOver) return () => undefined
        const timer = setTimeout(life.lasting(wake), after)
        return () => clearTimeout(timer)
      },
    },
    dialer: mortalDialer(life, await nodeDialer()),
    connector: mortalConnector(life, nodeSignaling()),
    store: createMemoryStore(),
    exclusively: (_name, work) => work(),
    claim: async () => () => undefined,
    tabs: undefined,
    soon: (work) => setImmediate(life.lasting(work)),
    whenEnding: () => () => undefined,
    signaling,
    origin: 'https://crowd.example',
  }
}

function mortalDialer(life: Life, dialer: Dialer): Dialer {
  return {
    dial: (options) =>
      dialer.dial({
        ...options,
        onSignal: life.lasting(options.onSignal),
        onFailed: life.lasting(options.onFailed),
        onOpen: life.lasting((channel) => options.onOpen(mortalChannel(life, channel))),
      }),
  }
}

function mortalChannel(life: Life, channel: Channel): Channel {
  life.remains.add(channel)
  const mortal: Partial<Channel> = {
    send: life.lasting((message: Uint8Array) => channel.send(message)),
    wakeBelow: life.lasting((bytes: number) => channel.wakeBelow(bytes)),
    close: life.lasting(() => channel.close()),
    listen: (listener: ChannelListener) =>
      channel.listen({
        message: life.lasting((bytes) => listener.message(bytes)),
        drained: life.lasting(() => listener.drained()),
        closed: (reason) => {
          life.remains.delete(channel)
          if (!life.isOver) listener.closed(reason)
        },
      }),
  }
  // everything else as the channel itself says it at that moment
  return new Proxy(channel, {
    get(target, name) {
      const own = mortal[name as keyof Channel]
      if (own !== undefined) return own
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function mortalConnector(life: Life, connector: SignalingConnector): SignalingConnector {
  return {
    connect(url, listener) {
      const socket = connector.connect(url, {
        open: life.lasting(() => listener.open()),
        message: life.lasting((bytes) => listener.message(bytes)),
        closed: life.lasting((reason) => listener.closed(reason)),
      })
      life.atEnd(() => socket.close())
      return socket
    },
  }
}
