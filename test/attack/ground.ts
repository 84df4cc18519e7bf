/**
 * Devices side by side in one process: whole sessions of the real library over the real relay, on channels in
 * memory, or over the real server and real WebRTC (node-datachannel).
 * Not here: hostile ones (villain.ts).
 */
import { createSignalingServer, type RunningServer } from '../../signaling/index.ts'
import { step } from '../../signaling/relay.ts'
import { createRelay } from '../../signaling/relay-state.ts'
import type { Clock } from '../../src/base/ports.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { type Api, apiOver } from '../../src/session/api.ts'
import type { Environment } from '../../src/session/environment.ts'
import type { Session } from '../../src/session/public.ts'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { type MemoryNetwork, memoryNetwork } from '../../src/transport/memory.ts'
import { connectThroughRelay } from '../../src/transport/memory-signaling.ts'
import { nodeDialer } from '../../src/transport/node-dialer.ts'
import { nodeSignaling } from '../../src/transport/node-websocket.ts'
import type { Dialer, SignalingConnector } from '../../src/transport/port.ts'
import { locks } from '../sim/time.ts'
import type { Transport } from './stage.ts'

export interface GroundOptions {
  /** What the signaling server verifies with. */
  readonly relayCrypto?: (crypto: Crypto) => Crypto
}

export interface Device {
  readonly api: Api
  readonly environment: Environment
}

const wallClock: Clock = {
  now: () => Date.now(),
  wakeAfter(after, wake) {
    const timer = setTimeout(wake, after)
    return () => clearTimeout(timer)
  },
}

interface Network {
  readonly signaling: string
  readonly dialer: Dialer
  readonly connector: SignalingConnector
  readonly memory: MemoryNetwork | undefined
  readonly server: RunningServer | undefined
  close(): Promise<void>
}

export class Ground {
  readonly crypto: Crypto
  readonly network: Network
  /** Every message that reached the server in memory. */
  readonly heard: readonly Uint8Array[]
  readonly #sessions = new Set<Session>()

  private constructor(crypto: Crypto, network: Network, heard: readonly Uint8Array[]) {
    this.crypto = crypto
    this.network = network
    this.heard = heard
  }

  static async open(transport: Transport, options: GroundOptions): Promise<Ground> {
    const crypto = await loadCrypto()
    const heard: Uint8Array[] = []
    const network =
      transport === 'memory' ? inMemory(options.relayCrypto?.(crypto) ?? crypto, heard) : await overWebRtc()
    return new Ground(crypto, network, heard)
  }

  /** A fresh device; `change` replaces what it stands on. */
  device(change: Partial<Environment> = {}): Device {
    const environment: Environment = {
      crypto: this.crypto,
      clock: wallClock,
      dialer: this.network.dialer,
      connector: this.network.connector,
      store: createMemoryStore(),
      exclusively: locks(),
      claim: async () => () => {},
      tabs: undefined,
      whenEnding: () => () => {},
      signaling: this.network.signaling,
      origin: 'https://town.example',
      ...change,
    }
    const api = apiOver(async () => environment)
    return {
      environment,
      api: {
        ...api,
        createSession: async (options) => this.#remember(await api.createSession(options)),
        joinSession: async (url, options) => this.#remember(await api.joinSession(url, options)),
        openSession: async (localId, options) => this.#remember(await api.openSession(localId, options)),
      },
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.leave()))
    await this.network.close()
  }

  #remember(session: Session): Session {
    this.#sessions.add(session)
    return session
  }
}

function inMemory(crypto: Crypto, heard: Uint8Array[]): Network {
  const random = { bytes: (length: number) => crypto.randomBytes(length) }
  const memory = memoryNetwork({ random })
  const state = createRelay({ crypto, seed: crypto.randomBytes(32) })
  const relay = connectThroughRelay({
    perform: (input) => step(state, input).outputs,
    clock: wallClock,
    random,
    onBytes: (bytes) => heard.push(bytes),
  })
  return {
    signaling: 'ws://town.example/signal',
    dialer: memory.dialer,
    connector: relay.connector(),
    memory,
    server: undefined,
    close: async () => relay.stop(),
  }
}

async function overWebRtc(): Promise<Network> {
  const server = await createSignalingServer({ port: 0 }).listen()
  return {
    signaling: `ws://localhost:${server.port}/signal`,
    dialer: await nodeDialer(),
    connector: nodeSignaling(),
    memory: undefined,
    server,
    close: () => server.close(),
  }
}

/** @returns whether `holds` came true in time; looks again and again */
export function comesTrue(holds: () => boolean, within = 2_000): Promise<boolean> {
  const lateAt = Date.now() + within
  return new Promise((resolve) => {
    const look = (): void => {
      if (holds()) resolve(true)
      else if (Date.now() > lateAt) resolve(false)
      else setTimeout(look, 2)
    }
    look()
  })
}

/** @throws when it does not come true within 10 s: then the scene itself is broken, not the guard */
export async function until(what: string, holds: () => boolean): Promise<void> {
  if (!(await comesTrue(holds, 10_000))) throw new Error(`the scene never came to where ${what}`)
}

/** Lets everything that is under way in memory arrive. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
