/**
 * Whole sessions in virtual time, where every record a device sends is counted and its ways out are in the hands of
 * a test: a power cut, a pulled cable, a connection closed behind the product's back, a clock put wrong.
 * Not here: chance, disks and invariants after every step (test/sim).
 */
import { step } from '../../signaling/relay.ts'
import { createRelay } from '../../signaling/relay-state.ts'
import { toHex } from '../../src/base/bytes.ts'
import type { Clock, Millis, Random } from '../../src/base/ports.ts'
import { steady } from '../../src/base/steady.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { type Api, apiOver } from '../../src/session/api.ts'
import type { Environment } from '../../src/session/environment.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { memoryNetwork } from '../../src/transport/memory.ts'
import { connectThroughRelay, type MemoryRelay } from '../../src/transport/memory-signaling.ts'
import type { Channel, ChannelListener, DialOptions, SignalingSocket } from '../../src/transport/port.ts'
import { kindOfBlob, type SealedKind } from '../../src/wire/introduction.ts'
import { decodeClientSignal } from '../../src/wire/signal.ts'
import { inOrder, locks, VirtualTime } from '../sim/time.ts'

const SERVER = 'ws://town.example/signal'
/** One way, between any two and to the server. */
export const DELAY_MS: Millis = 10
/** Records with an entry in them are longer, all others but presences and rosters are shorter. */
const ENTRY_RECORD_BYTES = 110

export class VirtualTown {
  readonly time = new VirtualTime()
  readonly relay: MemoryRelay
  readonly devices: TownDevice[] = []
  readonly ends = new Map<string, End>()
  readonly crypto: Crypto
  readonly network
  /** Messages that reached the server, and those of them it was to pass on. */
  signals = 0
  passed = 0
  readonly passedKinds: SealedKind[] = []

  /** @param delay of each message on its way, in its turn */
  constructor(crypto: Crypto, delay: () => Millis) {
    this.crypto = crypto
    const random: Random = { bytes: (length) => crypto.randomBytes(length) }
    const schedule = inOrder(this.time, delay)
    this.network = memoryNetwork({ random, schedule })
    const state = createRelay({ crypto, seed: crypto.randomBytes(32) })
    this.relay = connectThroughRelay({
      perform: (input) => step(state, input).outputs,
      ...{ clock: this.time, random, schedule: inOrder(this.time, delay) },
      onBytes: (bytes) => {
        this.signals++
        const signal = decodeClientSignal(bytes)
        if (!('kind' in signal) || signal.kind !== 'pass') return
        this.passed++
        const kind = kindOfBlob(signal.blob)
        if (kind !== undefined) this.passedKinds.push(kind)
      },
    })
  }

  settle(): TownDevice {
    const device = new TownDevice(this, this.devices.length)
    this.devices.push(device)
    return device
  }

  /** @throws after `within` of virtual time, saying what it waited for; gives how long it took */
  async until(what: string, holds: () => boolean, within: Millis = 60_000): Promise<Millis> {
    const begun = this.time.now()
    while (!holds()) {
      if (this.time.now() - begun > within) throw new Error(`waited too long until ${what}`)
      await this.time.pass(10, () => undefined)
    }
    return this.time.now() - begun
  }

  async pass(span: Millis): Promise<void> {
    await this.time.pass(span, () => undefined)
  }

  /** Runs what takes time: a join, a leave. */
  async run<T>(work: Promise<T>): Promise<T> {
    let done: 'waiting' | 'done' = 'waiting'
    const finish = (): void => {
      done = 'done'
    }
    work.then(finish, finish)
    await this.until('it is done', () => done === 'done')
    return work
  }

  async leaveAll(): Promise<void> {
    for (const device of this.devices) if (device.phase === 'alive') void device.session?.leave()
    await this.pass(1_000)
  }
}

export async function virtualTown(delay = (): Millis => DELAY_MS): Promise<VirtualTown> {
  return new VirtualTown(await loadCrypto(), delay)
}

/** Ada and her guests, all linked as they should be and at rest. */
export async function gathered(place: VirtualTown, size: number): Promise<readonly LiveSession[]> {
  const ada = await place.settle().create('Ada')
  const { url } = await place.run(ada.invite({ role: 'editor', uses: size }))
  for (let n = 1; n < size; n++) await place.settle().join(url, `Guest ${n}`)
  await place.until('all see all', () =>
    place.devices.every(({ session }) => session !== undefined && hereIn(session) === size),
  )
  await place.pass(30_000)
  return place.devices.map(({ session }) => session as LiveSession)
}

export function hereIn(session: LiveSession): number {
  return session.members.filter(({ here }) => here).length
}

export class TownDevice {
  readonly number: number
  readonly sockets = new Set<SignalingSocket>()
  readonly ends = new Set<End>()
  readonly store = createMemoryStore()
  readonly #town: VirtualTown
  phase: 'alive' | 'dead' = 'alive'
  session: LiveSession | undefined
  /** What its clock shows beyond the true time. */
  ahead: Millis = 0
  /** Records and bytes that left on channels; of them records with entries. */
  records = 0
  bytes = 0
  entryRecords = 0
  readonly stirred = new Set<() => void>()
  #ending: (() => void) | undefined

  constructor(town: VirtualTown, number: number) {
    this.number = number
    this.#town = town
  }

  async create(name: string): Promise<LiveSession> {
    return this.#keep(this.#api().createSession({ name }))
  }

  async join(url: string, name: string): Promise<LiveSession> {
    return this.#keep(this.#api().joinSession(url, { name }))
  }

  /** The page is closed in order, and opened again after `pause`. */
  async openAgain(pause: Millis): Promise<LiveSession> {
    const { session } = this
    if (session === undefined) throw new Error('nothing was open on this device')
    await this.#town.run(session.leave())
    await this.#town.pass(pause)
    return this.#keep(this.#api().openSession(session.localId))
  }

  /** Power off: nothing of it runs, nothing it sent leaves, and nobody is told. */
  kill(): void {
    this.phase = 'dead'
    for (const socket of this.sockets) socket.close()
  }

  /** The page hides for good, as when its tab is closed: what it says then still leaves. */
  closeTab(): void {
    this.#ending?.()
    const { time } = this.#town
    time.wakeAfter(1, () => this.kill())
  }

  /** Nothing passes, and nobody is told; what is under way waits. */
  pullCable(): void {
    for (const end of this.ends) for (const one of [end, end.other]) one?.hold()
    this.isCut = true
    for (const socket of [...this.sockets]) socket.close()
  }

  plugIn(): void {
    this.isCut = false
    for (const end of this.ends) for (const one of [end, end.other]) one?.let()
  }

  isCut = false

  forgetCounts(): void {
    this.records = 0
    this.bytes = 0
    this.entryRecords = 0
  }

  count(message: Uint8Array): void {
    this.records++
    this.bytes += message.length
    if (message.length > ENTRY_RECORD_BYTES) this.entryRecords++
  }

  async #keep(session: Promise<unknown>): Promise<LiveSession> {
    this.session = (await this.#town.run(session)) as LiveSession
    return this.session
  }

  #api(): Api {
    const { crypto, time, network } = this.#town
    const clock: Clock = {
      now: steady(
        () => time.now() + this.ahead,
        () => time.now(),
      ),
      wakeAfter: (after, wake) => time.wakeAfter(after, () => this.phase === 'alive' && wake()),
    }
    const environment: Environment = {
      ...{ crypto, clock },
      dialer: {
        dial: (options) => network.dialer.dial(this.#watched(options)),
      },
      connector: this.#connector(),
      store: this.store,
      exclusively: locks(),
      claim: async () => () => undefined,
      tabs: undefined,
      whenEnding: (work) => {
        this.#ending = work
        return () => undefined
      },
      whenStirred: (work) => {
        this.stirred.add(work)
        return () => this.stirred.delete(work)
      },
      signaling: SERVER,
      origin: 'https://town.example',
    }
    return apiOver(async () => environment)
  }

  #watched(options: DialOptions): DialOptions {
    return {
      ...options,
      onSignal: (signal) => {
        if (this.phase === 'alive' && !this.isCut) options.onSignal(signal)
      },
      onOpen: (channel) => options.onOpen(new End(this, this.#town, channel)),
    }
  }

  #connector(): Environment['connector'] {
    const connector = this.#town.relay.connector(`address ${this.number}`)
    return {
      connect: (url, listener) => {
        const alive = (): boolean => this.phase === 'alive'
        const socket = connector.connect(url, {
          open: () => alive() && listener.open(),
          message: (bytes) => alive() && listener.message(bytes),
          closed: (reason) => {
            this.sockets.delete(socket)
            if (alive()) listener.closed(reason)
          },
        })
        this.sockets.add(socket)
        if (this.isCut) socket.close()
        return socket
      },
    }
  }
}

/** One end of a channel: counts what leaves, and lets a test come between. */
export class End implements Channel {
  readonly device: TownDevice
  readonly #channel: Channel
  readonly #town: VirtualTown
  readonly #held: Uint8Array[] = []
  #phase: 'passing' | 'held' | 'void' = 'passing'

  constructor(device: TownDevice, town: VirtualTown, channel: Channel) {
    this.device = device
    this.#town = town
    this.#channel = channel
    town.ends.set(toHex(channel.localFingerprint), this)
    device.ends.add(this)
  }

  get localFingerprint(): Uint8Array {
    return this.#channel.localFingerprint
  }

  get remoteFingerprint(): Uint8Array {
    return this.#channel.remoteFingerprint
  }

  get maxMessageBytes(): number {
    return this.#channel.maxMessageBytes
  }

  get bufferedBytes(): number {
    return this.#channel.bufferedBytes
  }

  get other(): End | undefined {
    return this.#town.ends.get(toHex(this.remoteFingerprint))
  }

  send(message: Uint8Array): void {
    if (this.device.phase === 'dead' || this.#phase === 'void') return
    this.device.count(message)
    if (this.#phase === 'held') this.#held.push(message.slice())
    else this.#channel.send(message)
  }

  wakeBelow(bytes: number): void {
    this.#channel.wakeBelow(bytes)
  }

  listen(listener: ChannelListener): void {
    const hears = (): boolean => this.device.phase === 'alive'
    this.#channel.listen({
      message: (bytes) => hears() && listener.message(bytes),
      drained: () => hears() && listener.drained(),
      closed: (reason) => {
        this.#forget()
        if (hears() && this.#phase !== 'void') listener.closed(reason)
      },
    })
  }

  close(): void {
    this.#forget()
    if (this.#phase === 'passing' && this.device.phase === 'alive') this.#channel.close()
  }

  route(): Promise<'direct' | 'relay' | 'unknown'> {
    return this.#channel.route()
  }

  hold(): void {
    this.#phase = 'held'
  }

  let(): void {
    this.#phase = 'passing'
    for (const message of this.#held.splice(0)) this.#channel.send(message)
  }

  /** Closed under the product: the other side hears of it, this one does not. */
  vanish(): void {
    this.#phase = 'void'
    this.#channel.close()
  }

  #forget(): void {
    this.device.ends.delete(this)
    this.#town.ends.delete(toHex(this.localFingerprint))
  }
}
