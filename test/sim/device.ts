/**
 * A simulated device: a disk of its own, a clock that may be wrong, and lives one after the other in which it runs whole
 * sessions over virtual ports.
 * Invariant: after `die` nothing of that life reads a clock, a disk or a wire again.
 */
import type { Millis } from '../../src/base/ports.ts'
import { type Api, apiOver } from '../../src/session/api.ts'
import { CoterieError } from '../../src/session/errors.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import type { Dialer } from '../../src/transport/port.ts'
import { type Chance, chanceFrom } from './chance.ts'
import { type DiskKind, SimDisk } from './disk.ts'
import type { Hand } from './hand.ts'
import { Mail } from './mail.ts'
import { Site } from './site.ts'
import { locks } from './time.ts'
import type { Town } from './town.ts'

const SERVER = 'ws://sim.example/signal'
/** A server notices a vanished socket within this time. */
const SOCKET_DEAD_MS = 20_000
/** A page that is closed has a moment for its goodbyes; a process that ends has none. */
const LINGER_MS: Millis = 500

interface Life {
  readonly site: Site
  readonly mail: Mail
  readonly api: Api
}

export interface DeviceStart {
  readonly number: number
  readonly name: string
  readonly disk: DiskKind
  readonly seed: number
  /** Honest: undefined. */
  readonly hand?: ((device: SimDevice) => Hand) | undefined
}

export class SimDevice {
  readonly number: number
  readonly name: string
  /** In whose hands its links are, if it lies. */
  readonly hand: Hand | undefined
  readonly disk: SimDisk
  readonly #town: Town
  readonly #chance: Chance
  #life: Life | undefined
  /** How wrong its clock is. */
  skew: Millis = 0
  /** What it runs now. */
  session: LiveSession | undefined
  /** Starting, joining or leaving. */
  busy = false
  /** Why it could not open or join last time. */
  failure: Error | undefined
  /** When the last life ended. */
  endedAt: Millis
  /** When it asked to be let in, each time as somebody new. */
  readonly joinings: Millis[] = []
  /** What it had on its disk could not be opened, and was thrown away. */
  onForgotten: () => void = () => undefined

  constructor(town: Town, start: DeviceStart) {
    this.#town = town
    this.number = start.number
    this.name = start.name
    this.#chance = chanceFrom(start.seed, `device ${start.number}`)
    this.disk = new SimDisk({ time: town.time, chance: this.#chance, trace: town.trace, kind: start.disk })
    this.endedAt = town.time.now()
    this.hand = start.hand?.(this)
  }

  /** What it says may be a lie. */
  get isHostile(): boolean {
    return this.hand !== undefined
  }

  get alive(): boolean {
    return this.#life !== undefined
  }

  /** Where it lives now. */
  get site(): Site | undefined {
    return this.#life?.site
  }

  get isFrozen(): boolean {
    return this.#life?.site.phase === 'frozen'
  }

  create(title: string): void {
    this.#begin((api) => api.createSession({ name: this.name, title }))
  }

  /** Opens what is on the disk; without anything there, joins. */
  restart(url: string): void {
    this.#begin(async (api) => {
      const [row] = await api.listSessions()
      if (row === undefined) return this.#join(api, url)
      return api.openSession(row.localId).catch(async (error: Error) => {
        if (!(error instanceof CoterieError)) throw error
        // the power went before its keys were on the disk
        await api.forgetSession(row.localId)
        this.onForgotten()
        return this.#join(api, url)
      })
    })
  }

  #join(api: Api, url: string): Promise<unknown> {
    this.joinings.push(this.#town.time.now())
    return api.joinSession(url, { name: this.name })
  }

  /** The session is left, as by closing the tab in peace. */
  async leave(): Promise<void> {
    const { session, site } = this
    if (session === undefined) return
    this.busy = true
    this.session = undefined
    await session.leave()
    if (site?.phase === 'dead') return // the power went first
    this.#end(this.#chance.oneIn(2) ? 0 : LINGER_MS)
    this.busy = false
  }

  /** The power goes. */
  die(): void {
    this.session = undefined
    this.busy = false
    this.#end()
    this.disk.crash()
  }

  /** No turn is given to it until then. */
  freeze(span: Millis): void {
    const site = this.#life?.site
    site?.freeze()
    this.#town.time.wakeAfter(span, () => site?.thaw())
  }

  /** Its clock is set, never more than that much away from the truth. */
  setClock(by: Millis): void {
    this.skew = Math.abs(this.skew + by) > Math.abs(by) ? 0 : this.skew + by
    this.#life?.site.startle()
  }

  thaw(): void {
    this.#life?.site.thaw()
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

  /** What it said last still leaves when the process lingers. */
  #end(linger: Millis = 0): void {
    const life = this.#life
    if (life === undefined) return
    const { time } = this.#town
    this.#life = undefined
    this.endedAt = time.now()
    if (linger > 0) time.wakeAfter(linger, () => life.site.end())
    else life.site.end()
    for (const socket of life.mail.sockets)
      time.wakeAfter(this.#chance.below(SOCKET_DEAD_MS), () => socket.close())
  }

  #inHand(dialer: Dialer): Dialer {
    const { hand } = this
    if (hand === undefined) return dialer
    return {
      dial: (options) =>
        dialer.dial({
          ...options,
          onOpen: (channel) => {
            hand.take(channel)
            options.onOpen(channel)
          },
        }),
    }
  }

  #startLife(): Life {
    const { time, crypto, network, relay, post } = this.#town
    const site = new Site(time, this.number, () => this.skew)
    const mail = new Mail({
      ...{ site, chance: this.#chance },
      real: relay.connector(`address ${this.number}`),
      isBad: () => post.isBad,
    })
    const environment = {
      crypto,
      clock: site,
      dialer: this.#inHand(network.dialer(site)),
      connector: mail,
      store: this.disk.store(site),
      exclusively: locks(),
      claim: async () => () => undefined,
      tabs: undefined,
      whenEnding: () => () => undefined,
      signaling: SERVER,
      origin: 'https://sim.example',
    }
    return { site, mail, api: apiOver(async () => environment) }
  }
}
