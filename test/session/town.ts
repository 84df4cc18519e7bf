/**
 * Whole sessions inside one process: the real cores, the real relay and the real document over channels in
 * memory. A town has one signaling server and any number of devices; a test plays its people.
 */

import { step } from '../../signaling/relay.ts'
import { createRelay } from '../../signaling/relay-state.ts'
import type { Clock, Random } from '../../src/base/ports.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { type Api, apiOver } from '../../src/session/api.ts'
import type { Environment } from '../../src/session/environment.ts'
import type { Session } from '../../src/session/public.ts'
import { createMemoryStore } from '../../src/storage/memory.ts'
import type { Store } from '../../src/storage/port.ts'
import { handDialer, type Packing } from '../../src/transport/hand-dialer.ts'
import { type MemoryNetwork, memoryNetwork } from '../../src/transport/memory.ts'
import { connectThroughRelay, type MemoryRelay } from '../../src/transport/memory-signaling.ts'
import { memoryTabs } from '../../src/transport/memory-tabs.ts'
import { locks } from '../sim/time.ts'

export interface Device {
  readonly api: Api
  readonly store: Store
  readonly environment: Environment
  /** The same functions, whose sessions `leaveAll` leaves too. */
  remember(api: Api): Api
}

export interface Town {
  readonly crypto: Crypto
  readonly network: MemoryNetwork
  readonly relay: MemoryRelay
  /** Every message that reached the server. */
  readonly heard: Uint8Array[]
  device(store?: Store): Device
  /** Leaves every session made through a device of this town. */
  leaveAll(): Promise<void>
}

export const SERVER = 'ws://town.example/signal'

/** One signal a side is all that channels in memory need. */
const packing: Packing = {
  pack: ([signal]) => signal,
  unpack: (packed) => (packed.length === 0 ? undefined : [packed]),
}

export const wallClock: Clock = {
  now: () => Date.now(),
  wakeAfter(after, wake) {
    const timer = setTimeout(wake, after)
    return () => clearTimeout(timer)
  },
}

export async function town(): Promise<Town> {
  const crypto = await loadCrypto()
  const random: Random = { bytes: (length) => crypto.randomBytes(length) }
  const network = memoryNetwork({ random })
  const heard: Uint8Array[] = []
  const state = createRelay({ crypto, seed: crypto.randomBytes(32) })
  const relay = connectThroughRelay({
    perform: (input) => step(state, input).outputs,
    clock: wallClock,
    random,
    onBytes: (bytes) => heard.push(bytes),
  })
  const sessions = new Set<Session>()
  const device = (store: Store = createMemoryStore()): Device => {
    const environment: Environment = {
      crypto,
      clock: wallClock,
      dialer: network.dialer,
      handDialer: handDialer({ dialer: network.dialer, packing, candidatesAtOnce: true }),
      connector: relay.connector(),
      store,
      exclusively: locks(),
      claim: async () => () => {},
      tabs: memoryTabs(),
      whenEnding: () => () => {},
      signaling: SERVER,
      origin: 'https://town.example',
    }
    return {
      api: remembering(
        apiOver(async () => environment),
        sessions,
      ),
      store,
      environment,
      remember: (api) => remembering(api, sessions),
    }
  }
  const leaveAll = async (): Promise<void> => {
    await Promise.all([...sessions].map((session) => session.leave()))
  }
  return { crypto, network, relay, heard, device, leaveAll }
}

function remembering(api: Api, sessions: Set<Session>): Api {
  const remember = <S extends Session>(session: S): S => {
    sessions.add(session)
    return session
  }
  return {
    ...api,
    createSession: async (options) => remember(await api.createSession(options)),
    joinSession: async (url, options) => remember(await api.joinSession(url, options)),
    openSession: async (localId, options) => remember(await api.openSession(localId, options)),
  }
}

/** Resolves when `holds` does; looks again whenever something may have changed. @throws after 25 s, saying what it waited for */
export function until(what: string, holds: () => boolean): Promise<void> {
  const lateAt = Date.now() + 25_000
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (holds()) resolve()
      else if (Date.now() > lateAt) reject(new Error(`waited too long until ${what}`))
      else setTimeout(look, 2)
    }
    look()
  })
}

export function textOf(session: Session): string {
  return session.doc.getText('main').toString()
}
