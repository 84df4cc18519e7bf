/**
 * A crowd over real WebRTC in one process, in which devices can die all at once. Every wait ends and says what it waited
 * for. Not here: how a device dies (mortal.ts).
 */
import { createSignalingServer } from '../../signaling/index.ts'
import { MAX_LINKS } from '../../src/protocol/overlay.ts'
import type { Session } from '../../src/session/public.ts'
import { until } from '../e2e/waiting.ts'
import { textOf } from '../session/town.ts'
import { type MortalDevice, mortalDevice } from './mortal.ts'

/** Who knocks at once. */
const ABREAST = 2
const MOST_TRIES = 4

type Server = Awaited<ReturnType<ReturnType<typeof createSignalingServer>['listen']>>

interface Peer {
  readonly device: MortalDevice
  readonly session: Session
}

export interface CrowdOptions {
  readonly size: number
  /** Milliseconds until those who are there see each other and have one text. */
  readonly patience: number
}

export class Crowd {
  readonly #server: Server
  readonly #options: CrowdOptions
  readonly #everybody: Peer[] = []
  #alive: readonly Peer[] = []

  /** Comes together: everybody joins by one link, two at a time, and sees everybody. */
  static async gather(options: CrowdOptions): Promise<Crowd> {
    const server = await createSignalingServer({ port: 0 }).listen()
    const crowd = new Crowd(server, options)
    await crowd.#gather()
    return crowd
  }

  private constructor(server: Server, options: CrowdOptions) {
    this.#server = server
    this.#options = options
  }

  /** Waits until nobody holds more links than they may. @returns the most anybody has */
  fewLinks(): Promise<number> {
    return until(
      `nobody holds more than ${MAX_LINKS} links`,
      async () => Math.max(...this.#alive.map(({ session }) => session.peers.length)),
      (links) => links <= MAX_LINKS,
      this.#options.patience,
    )
  }

  /** So many die in the same moment. */
  kill(count: number): void {
    const gone = this.#everybody.filter((_, index) => index % 10 < 3).slice(0, count)
    this.#alive = this.#alive.filter((peer) => !gone.includes(peer))
    for (const { device } of gone) device.kill()
  }

  /** Everybody sees exactly those who are alive. */
  async whole(): Promise<void> {
    const { length } = this.#alive
    await until(
      `${length} see each other`,
      async () => this.#alive.map(({ session }) => session.members.filter(({ here }) => here).length),
      (counts) => counts.every((count) => count === length),
      this.#options.patience,
    )
  }

  /** Everybody types this letter; everybody ends with all of them. */
  async edit(letter: string): Promise<void> {
    for (const { session } of this.#alive) session.doc.getText('main').insert(0, letter)
    const count = (text: string): number => text.split(letter).length - 1
    await until(
      `${this.#alive.length} have one text`,
      async () => [...new Set(this.#alive.map(({ session }) => textOf(session)))].map(count),
      (counts) => counts.length === 1 && counts[0] === this.#alive.length,
      this.#options.patience,
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.#everybody.map(({ session }) => session.leave()))
    for (const { device } of this.#everybody) device.bury()
    await this.#server.close()
  }

  async #gather(): Promise<void> {
    const signaling = `ws://localhost:${this.#server.port}/signal`
    const { size } = this.#options
    const device = mortalDevice(signaling)
    const session = await device.api.createSession({ name: 'Ada' })
    const { url } = await session.invite({ role: 'editor', uses: size })
    this.#everybody.push({ device, session })
    let asked = 1
    const join = async (): Promise<void> => {
      while (asked < size) {
        const another = mortalDevice(signaling)
        this.#everybody.push({ device: another, session: await knock(another, url, `Guest ${asked++}`) })
      }
    }
    await Promise.all(Array.from({ length: ABREAST }, join))
    this.#alive = [...this.#everybody]
    await this.whole()
  }
}

/** As a person does who is told that it did not work this time. */
async function knock({ api }: MortalDevice, url: string, name: string): Promise<Session> {
  for (let tries = 1; ; tries++) {
    try {
      return await api.joinSession(url, { name })
    } catch (error) {
      if (tries === MOST_TRIES) throw error
    }
  }
}
