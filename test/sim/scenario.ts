/**
 * One seed's story: some people meet, write, and have every kind of bad luck; then the luck turns, and everything
 * must come right by itself.
 * Not here: what right means (oracle.ts), and the ports it plays on.
 */
import type { Millis } from '../../src/base/ports.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import type { DiskKind } from './disk.ts'
import { Broken, type Finding, Oracle } from './oracle.ts'
import { plantSkippedCheck } from './plant.ts'
import { type SimDevice, Town } from './town.ts'

/** A bug built in on purpose: a disk that loses entries, a firewall that skips a check, a disk that says too early that it wrote. */
export type Plant = 'drop' | 'skip' | 'early'

export interface Play {
  readonly seed: number
  /** 2 to 5 by the seed when left out. */
  readonly peers?: number | undefined
  readonly plant?: Plant | undefined
}

export interface Outcome {
  readonly finding: Finding | undefined
  readonly detail: string
  /** Equal for equal runs, byte for byte. */
  readonly trace: string
  readonly steps: readonly string[]
}

const DISKS: Readonly<Record<Plant, DiskKind>> = { drop: 'forgetful', early: 'hasty', skip: 'honest' }
/** Redials pause up to 45 s, a full send waits 10 s for the last, death is noticed within 9 s. */
const QUIET_MS = 300_000
const LOOK_MS = 5_000
const NAMES = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gus', 'Hana']

export async function play(real: Crypto, given: Play): Promise<Outcome> {
  const story = new Story(real, given)
  const outcome = (finding: Finding | undefined, detail: string): Outcome => ({
    finding,
    detail,
    trace: story.town.trace.digest,
    steps: story.steps,
  })
  try {
    await story.tell()
    return outcome(undefined, '')
  } catch (error) {
    if (error instanceof Broken) return outcome(error.finding, error.message)
    return outcome('diverged', error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
}

class Story {
  readonly town: Town
  readonly steps: string[] = []
  readonly #oracle: Oracle
  readonly #given: Play
  readonly #watched = new WeakSet<LiveSession>()
  #links: { readonly editor: string; readonly viewer: string } | undefined
  #violation: string | undefined

  constructor(real: Crypto, given: Play) {
    this.#given = given
    this.town = new Town(real, given.seed)
    this.#oracle = new Oracle(this.town)
    const people = given.peers ?? 2 + this.town.chance.below(4)
    for (let person = 0; person < people; person++) {
      const kind = given.plant === undefined ? 'honest' : DISKS[given.plant]
      this.town.settle(NAMES[person % NAMES.length] as string, kind)
    }
  }

  async tell(): Promise<void> {
    const { chance } = this.town
    await this.#begin()
    for (let left = 30 + chance.below(50); left > 0; left--) {
      this.#act()
      await this.#pass(chance.oneIn(5) ? chance.below(8_000) : chance.below(300))
      this.#oracle.check()
    }
    await this.#recover()
    await this.#end()
  }

  // Beginning and end -------------------------------------------------------------------------------------

  async #begin(): Promise<void> {
    const owner = this.town.devices[0] as SimDevice
    owner.create('the story')
    await this.#pass(100)
    const { session } = owner
    if (session === undefined) throw owner.failure ?? new Error('creating a session takes no time')
    session.doc.getText('main').insert(0, 'once upon a time')
    const invites = Promise.all([
      session.invite({ role: 'editor', uses: 100 }),
      session.invite({ role: 'viewer', uses: 100 }),
    ])
    invites.then(([editor, viewer]) => {
      this.#links = { editor: editor.url, viewer: viewer.url }
    }, this.#report)
    await this.#pass(2_000)
  }

  /** From here on nothing goes wrong any more. */
  async #recover(): Promise<void> {
    const { network, relay, devices } = this.town
    this.#note('recover')
    network.heal()
    relay.start()
    for (const { disk } of devices) disk.full = false
    for (let tries = 0; tries < 8; tries++) {
      for (const device of devices) if (!device.alive && !device.busy) this.#start(device)
      await this.#pass(10_000)
      if (devices.every(({ session }) => session !== undefined)) break
    }
    const writer = this.town.chance.pick(devices).session
    if (writer?.canEdit === true) this.#write(writer, 'the end. ')
  }

  async #end(): Promise<void> {
    let missing: Broken | undefined
    for (let waited = 0; waited < QUIET_MS; waited += LOOK_MS) {
      await this.#pass(LOOK_MS)
      this.#oracle.check()
      missing = this.#oracle.whatIsMissing()
      if (missing === undefined) return
    }
    if (missing !== undefined) throw missing
  }

  async #pass(span: Millis): Promise<void> {
    await this.town.time.pass(span, () => {
      this.#watch()
      this.#oracle.look()
      if (this.#violation !== undefined) throw new Broken('diverged', this.#violation)
    })
  }

  /** Honest people never break a rule. */
  #watch(): void {
    for (const { session, name } of this.town.devices) {
      if (session === undefined || this.#watched.has(session)) continue
      this.#watched.add(session)
      if (this.#given.plant === 'skip') plantSkippedCheck(session)
      session.on('violation', (found) => {
        this.#violation ??= `${name} sees a violation among honest people: ${found.violation}, ${found.detail}`
      })
    }
  }

  readonly #report = (error: unknown): void => {
    this.#violation ??= `something threw: ${error instanceof Error ? (error.stack ?? '') : String(error)}`
  }

  #note(step: string): void {
    this.steps.push(`${((this.town.time.now() - 1_735_732_800_000) / 1_000).toFixed(3)} ${step}`)
  }

  // What happens --------------------------------------------------------------------------------------------

  #act(): void {
    const { chance, devices } = this.town
    const device = chance.pick(devices)
    const { session } = device
    if (chance.oneIn(5)) return this.#misfortune(device)
    if (device.busy) return
    if (session === undefined) return this.#start(device)
    if (chance.oneIn(30)) return this.#leave(device)
    this.#edit(session, device)
  }

  #edit(session: LiveSession, { name }: SimDevice): void {
    const { chance } = this.town
    const kind = chance.below(40)
    this.#note(`${name} edits (${kind})`)
    if (kind === 0 && session.canEdit) return session.setTitle(`title ${chance.below(1_000)}`)
    if (kind === 1)
      return session.setProfile({ name: `${name} ${chance.below(100)}`, color: chance.below(12) })
    if (kind === 2) return this.#write(session, 'a paste of some length. '.repeat(900))
    if (kind === 3 && chance.oneIn(8)) return this.#write(session, String(chance.below(10)).repeat(270_000))
    if (kind === 4 && session.canEdit) return void session.replica.makeCheckpoint()
    if (kind < 10) return this.#burst(session)
    this.#write(session, `${name} ${chance.below(1_000)}. `)
  }

  /** Puts text somewhere; once in a while in place of some that was there. */
  #write(session: LiveSession, words: string): void {
    const { chance } = this.town
    const text = session.doc.getText('main')
    const at = chance.below(text.length + 1)
    const replaced = chance.oneIn(3) ? Math.min(text.length - at, chance.below(20)) : 0
    session.doc.transact(() => {
      text.delete(at, replaced)
      text.insert(at, words)
    })
  }

  #burst(session: LiveSession): void {
    const { time, chance, devices } = this.town
    for (let key = 0; key < 12; key++) {
      time.wakeAfter(key * 20, () => {
        if (devices.some((device) => device.session === session))
          this.#write(session, chance.pick(['a', 'é', '🦊', '\n']))
      })
    }
  }

  #start(device: SimDevice): void {
    const { chance } = this.town
    if (this.#links === undefined) return
    this.#note(`${device.name} starts`)
    if (chance.oneIn(6)) {
      this.#oracle.excuse(device)
      this.#note(`a row breaks: ${device.disk.breakRow()}`)
    }
    device.restart(device.number > 0 && device.number % 4 === 3 ? this.#links.viewer : this.#links.editor)
  }

  #leave(device: SimDevice): void {
    this.#note(`${device.name} leaves`)
    if (device.disk.full) this.#oracle.excuse(device)
    device.leave().catch(this.#report)
  }

  #misfortune(device: SimDevice): void {
    const { chance, network, relay, devices } = this.town
    const kind = chance.below(12)
    this.#note(`misfortune ${kind} of ${device.name}`)
    if (kind < 2) return this.#crash(device)
    if (kind < 4) return network.cut()
    if (kind === 4) return network.silence()
    if (kind === 5) return network.divide(new Map(devices.map(({ number }) => [number, chance.below(2)])))
    if (kind < 8) return network.heal()
    if (kind === 8) return relay.stop()
    if (kind === 9) return relay.start()
    device.disk.full = kind === 10
  }

  #crash(device: SimDevice): void {
    if (this.#links === undefined) return
    this.#oracle.excuse(device)
    device.die()
  }
}
