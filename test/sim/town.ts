/**
 * A town of simulated devices around the real relay: each has a disk of its own, starts and ends its lives, and
 * runs whole sessions over virtual ports.
 * Invariant: after `die` nothing of that life reads a clock, a disk or a wire again.
 */
import { step } from '../../signaling/relay.ts'
import { createRelay } from '../../signaling/relay-state.ts'
import type { Clock } from '../../src/base/ports.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { type Api, apiOver } from '../../src/session/api.ts'
import { CoterieError } from '../../src/session/errors.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import { connectThroughRelay, type MemoryRelay } from '../../src/transport/memory-signaling.ts'
import type { SignalingConnector, SignalingSocket } from '../../src/transport/port.ts'
import { type Chance, chanceFrom, seededCrypto, Trace } from './chance.ts'
import { type DiskKind, SimDisk } from './disk.ts'
import { SimNetwork, type Site } from './network.ts'
import { inOrder, locks, VirtualTime } from './time.ts'

const SERVER = 'ws://sim.example/signal'
/** A server notices a vanished socket within this time. */
const SOCKET_DEAD_MS = 20_000

export class Town {
  readonly time = new VirtualTime()
  readonly trace = new Trace()
  readonly chance: Chance
  readonly crypto: Crypto
  readonly network: SimNetwork
  readonly relay: MemoryRelay
  readonly devices: SimDevice[] = []

  constructor(real: Crypto, seed: number) {
    this.chance = chanceFrom(seed)
    this.crypto = seededCrypto(real, this.chance)
    const { time, chance, trace } = this
    this.network = new SimNetwork({ time, chance, trace })
    const state = createRelay({ crypto: this.crypto, seed: chance.bytes(32) })
    this.relay = connectThroughRelay({
      perform: (input) => step(state, input).outputs,
      clock: time,
      random: chance,
      schedule: inOrder(time, () => 2 + chance.below(10)),
      onBytes: (bytes) => trace.add(3, bytes),
    })
  }

  settle(name: string, kind: DiskKind = 'honest'): SimDevice {
    const device = new SimDevice(this, this.devices.length, name, kind)
    this.devices.push(device)
    return device
  }
}

interface Life {
  readonly site: Site
  readonly sockets: Set<SignalingSocket>
  readonly api: Api
}

export class SimDevice {
  readonly number: number
  readonly name: string
  readonly disk: SimDisk
  readonly #town: Town
  #life: Life | undefined
  /** What it runs now. */
  session: LiveSession | undefined
  /** Starting, joining or leaving. */
  busy = false
  /** Why it could not open or join last time. */
  failure: Error | undefined

  constructor(town: Town, number: number, name: string, kind: DiskKind) {
    this.#town = town
    this.number = number
    this.name = name
    this.disk = new SimDisk({ time: town.time, chance: town.chance, trace: town.trace, kind })
  }

  get alive(): boolean {
    return this.#life !== undefined
  }

  create(title: string): void {
    this.#begin((api) => api.createSession({ name: this.name, title }))
  }

  join(url: string): void {
    this.#begin((api) => api.joinSession(url, { name: this.name }))
  }

  /** Opens what is on the disk; without anything there, joins. */
  restart(url: string): void {
    this.#begin(async (api) => {
      const [row] = await api.listSessions()
      if (row === undefined) return api.joinSession(url, { name: this.name })
      return api.openSession(row.localId).catch(async (error: Error) => {
        if (!(error instanceof CoterieError)) throw error
        // the power went before its keys were on the disk
        await api.forgetSession(row.localId)
        return api.joinSession(url, { name: this.name })
      })
    })
  }

  /** The session is left, as by closing the tab in peace. */
  async leave(): Promise<void> {
    const { session } = this
    if (session === undefined) return
    this.busy = true
    this.session = undefined
    await session.leave()
    this.#end()
    this.busy = false
  }

  /** The power goes. */
  die(): void {
    this.session = undefined
    this.busy = false
    this.#end()
    this.disk.crash()
  }

  #begin(start: (api: Api) => Promise<unknown>): void {
    const life = this.#startLife()
    this.#life = life
    this.busy = true
    this.failure = undefined
    start(life.api).then(
      (session) => {
        if (life.site.phase === 'dead') return
        this.session = session as LiveSession
        this.busy = false
      },
      (error: Error) => {
        if (life.site.phase === 'dead') return
        this.failure = error
        this.#end()
        this.busy = false
      },
    )
  }

  #end(): void {
    const life = this.#life
    if (life === undefined) return
    this.#life = undefined
    life.site.phase = 'dead'
    const { time, chance } = this.#town
    for (const socket of life.sockets) time.wakeAfter(chance.below(SOCKET_DEAD_MS), () => socket.close())
  }

  #startLife(): Life {
    const { time, crypto, network } = this.#town
    const site: Site = { device: this.number, phase: 'alive' }
    const sockets = new Set<SignalingSocket>()
    const clock: Clock = {
      now: () => time.now(),
      wakeAfter: (after, wake) => time.wakeAfter(after, () => site.phase === 'alive' && wake()),
    }
    const environment = {
      crypto,
      clock,
      dialer: network.dialer(site),
      connector: this.#connector(site, sockets),
      store: this.disk.store(),
      exclusively: locks(),
      claim: async () => () => undefined,
      tabs: undefined,
      whenEnding: () => () => undefined,
      signaling: SERVER,
      origin: 'https://sim.example',
    }
    return { site, sockets, api: apiOver(async () => environment) }
  }

  #connector(site: Site, sockets: Set<SignalingSocket>): SignalingConnector {
    const connector = this.#town.relay.connector(`address ${this.number}`)
    const whenAlive =
      <Given extends readonly unknown[]>(act: (...given: Given) => void) =>
      (...given: Given): void => {
        if (site.phase === 'alive') act(...given)
      }
    return {
      connect: (url, listener) => {
        const socket = connector.connect(url, {
          open: whenAlive(() => listener.open()),
          message: whenAlive((bytes) => listener.message(bytes)),
          closed: whenAlive((reason) => listener.closed(reason)),
        })
        sockets.add(socket)
        return socket
      },
    }
  }
}
