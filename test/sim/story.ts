/**
 * One seed's story: some people meet, write, and have every kind of bad luck; then the luck turns, and everything
 * must come right by itself.
 * Not here: what happens (script.ts), what right means (oracle.ts, honesty.ts), and the ports it plays on.
 */
import type { Millis } from '../../src/base/ports.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import type { SessionEvents } from '../../src/session/public.ts'
import { Broken, type Finding } from './broken.ts'
import { chanceFrom } from './chance.ts'
import type { SimDevice } from './device.ts'
import type { DiskKind } from './disk.ts'
import { write } from './editing.ts'
import { letHandsIn } from './hand.ts'
import { Honesty } from './honesty.ts'
import { Oracle } from './oracle.ts'
import { plantSkippedCheck } from './plant.ts'
import { inWords, repertoireOf, type Step, writeScript } from './script.ts'
import { Stage } from './stage.ts'
import { Town } from './town.ts'
import type { Trick } from './tricks.ts'

/** A bug built in on purpose: a disk that loses entries, a firewall that skips a check, a disk that says too early that it wrote. */
export type Plant = 'drop' | 'skip' | 'early'

export interface Play {
  readonly seed: number
  /** 2 to 5 by the seed when left out. */
  readonly peers?: number | undefined
  /** Members that lie. */
  readonly hostile?: number | undefined
  readonly plant?: Plant | undefined
  /** Instead of the one that the seed writes. */
  readonly script?: readonly Step[] | undefined
  /** Only these steps of the script, by their numbers; all of them when left out. */
  readonly only?: readonly number[] | undefined
}

export interface Outcome {
  readonly finding: Finding | undefined
  readonly detail: string
  /** Equal for equal runs, byte for byte. */
  readonly trace: string
  /** What happened, in words. */
  readonly steps: readonly string[]
  /** The numbers of the script's steps that were played before it ended. */
  readonly played: readonly number[]
}

const DISKS: Readonly<Record<Plant, DiskKind>> = { drop: 'forgetful', early: 'hasty', skip: 'honest' }
/** Redials pause up to 45 s, a full send waits 10 s for the last, death is noticed within 9 s. */
const QUIET_MS = 300_000
const LOOK_MS = 1_000
/** Statuses are compared with the truth this often. */
const HONEST_MS = 50
/** Liars who stay go on with their tricks for so long. */
const LYING_MS = 10_000
const NAMES = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gus', 'Hana']

/** At least two of them honest. */
function peopleOf({ seed, peers, hostile = 0 }: Play): number {
  return Math.max(2 + hostile, peers ?? 2 + hostile + chanceFrom(seed, 'people').below(4))
}

export async function play(real: Crypto, given: Play): Promise<Outcome> {
  const story = new Story(real, given)
  const outcome = (finding: Finding | undefined, detail: string): Outcome => ({
    ...{ finding, detail, trace: story.town.trace.digest },
    ...{ steps: story.steps, played: story.played },
  })
  try {
    await story.tell()
    return outcome(undefined, '')
  } catch (error) {
    story.note('this is found')
    if (error instanceof Broken) return outcome(error.finding, error.message)
    return outcome('diverged', error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
}

class Story {
  readonly town: Town
  readonly steps: string[] = []
  readonly played: number[] = []
  readonly #oracle: Oracle
  readonly #honesty: Honesty
  readonly #given: Play
  readonly #liars: number
  readonly #stage: Stage
  readonly #watched = new WeakSet<LiveSession>()
  readonly #beginning: Millis
  #wrong: Broken | undefined
  #honestAt: Millis
  /** Devices something ran at since statuses were compared last. */
  readonly #stirred = new Set<SimDevice>()

  constructor(real: Crypto, given: Play) {
    this.#given = given
    this.#liars = given.hostile ?? 0
    if (this.#liars > 0) letHandsIn()
    this.town = new Town(real, given.seed)
    this.#oracle = new Oracle(this.town)
    this.#honesty = new Honesty(this.town, this.#oracle)
    this.#stage = new Stage({
      ...{ town: this.town, oracle: this.#oracle, report: this.#report },
      note: (step) => this.note(step),
    })
    this.#beginning = this.town.time.now()
    this.#honestAt = this.#beginning
    const disk = given.plant === undefined ? 'honest' : DISKS[given.plant]
    const people = peopleOf(given)
    for (let person = 0; person < people; person++) {
      const isHostile = person >= people - this.#liars
      const device = this.town.settle(NAMES[person % NAMES.length] as string, disk, isHostile)
      device.onForgotten = () => this.#oracle.forget(device)
    }
  }

  async tell(): Promise<void> {
    await this.#begin()
    const { seed, script } = this.#given
    await this.#perform(script ?? writeScript(seed, this.town.devices.length, this.#liars))
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
      this.#stage.links = { editor: editor.url, viewer: viewer.url }
    }, this.#report)
    await this.#pass(2_000)
  }

  async #perform(script: readonly Step[]): Promise<void> {
    const begun = this.town.time.now()
    const { only } = this.#given
    for (const [number, step] of script.entries()) {
      if (only?.includes(number) === false) continue
      await this.#pass(begun + step.at - this.town.time.now())
      this.#oracle.check()
      this.played.push(number)
      const names = this.town.devices.map(({ name }) => name)
      this.note(`(${number}) ${inWords(step.action, names)}`)
      this.#stage.perform(step)
    }
    // with steps left out, the luck turns no sooner
    await this.#pass(begun + (script.at(-1)?.at ?? 0) + 1_000 - this.town.time.now())
  }

  /** From here on nothing goes wrong any more. */
  async #recover(): Promise<void> {
    const { devices } = this.town
    this.note('recover')
    this.#stage.mend()
    for (let tries = 0; tries < 8; tries++) {
      for (const device of devices) if (!device.alive && !device.busy) this.#stage.start(device)
      await this.#pass(10_000)
      if (devices.every(({ session }) => session !== undefined)) break
    }
    this.#dismissLiars()
    const { session } = chanceFrom(this.#given.seed, 'the end').pick(this.#honest)
    if (session?.canEdit !== true) return
    if (this.town.signs.length === 0) write(session, 'the end. ', 1)
    else session.doc.getText('main').insert(0, 'the end. ')
  }

  get #honest(): readonly SimDevice[] {
    return this.town.devices.filter(({ isHostile }) => !isHostile)
  }

  /** In every other seed the liars go at last, and nothing they said may be left; in the others they lie on. */
  #dismissLiars(): void {
    if (this.#given.seed % 2 !== 0) return
    for (const device of this.town.devices) if (device.isHostile) device.die()
  }

  async #end(): Promise<void> {
    let missing: Broken | undefined
    for (let waited = 0; waited < QUIET_MS; waited += LOOK_MS) {
      if (waited < LYING_MS) this.#lieOn(waited)
      await this.#pass(LOOK_MS)
      this.#oracle.check()
      missing = this.#whatIsMissing()
      if (missing === undefined) return
    }
    if (missing !== undefined) throw missing
  }

  #lieOn(waited: Millis): void {
    const tricks = repertoireOf(this.#given.seed)
    for (const { hand } of this.town.devices)
      hand?.play(tricks[(waited / LOOK_MS) % tricks.length] as Trick, this.#given.seed + waited)
  }

  /** Nothing happens any more and everybody could reach everybody: what is still wrong, or undefined. */
  #whatIsMissing(): Broken | undefined {
    const sessions = this.#honest.map(({ session, name, failure }) => {
      if (session === undefined)
        throw new Broken('lost', `${name} cannot come back: ${failure?.name} ${failure?.message}`)
      return { name, session }
    })
    const [first] = sessions
    if (first === undefined) return undefined
    return this.#honesty.atRest(sessions) ?? this.#oracle.differenceAmong(sessions)
  }

  async #pass(span: Millis): Promise<void> {
    await this.town.time.pass(span, () => {
      for (const device of this.town.devices) {
        if (device.site?.isTouched !== true) continue
        device.site.isTouched = false
        this.#watch(device)
        this.#oracle.look(device)
        this.#honesty.glance(device)
        this.#stirred.add(device)
      }
      if (this.town.time.now() >= this.#honestAt) this.#compareStatuses()
      if (this.#wrong !== undefined) throw this.#wrong
    })
  }

  #compareStatuses(): void {
    this.#honestAt = this.town.time.now() + HONEST_MS
    for (const device of this.#stirred) this.#honesty.check(device)
    this.#stirred.clear()
  }

  #watch(device: SimDevice): void {
    const { session } = device
    if (session === undefined || this.#watched.has(session)) return
    this.#watched.add(session)
    if (this.#given.plant === 'skip') plantSkippedCheck(session)
    this.#honesty.watch(device, session)
    if (!device.isHostile) session.on('violation', (found) => this.#accused(device, found))
  }

  /** Honest people never break a rule, and are never said to. */
  #accused({ name }: SimDevice, found: SessionEvents['violation']): void {
    if (this.#liars > 0 && !this.#honest.some((honest) => found.name?.startsWith(honest.name) === true))
      return
    const detail = `${name} sees a violation of ${found.name}: ${found.violation}, ${found.detail}`
    this.#wrong ??= new Broken('diverged', detail)
  }

  readonly #report = (error: unknown): void => {
    const detail = error instanceof Error ? (error.stack ?? '') : String(error)
    this.#wrong ??= new Broken('diverged', `something threw: ${detail}`)
  }

  /** Adds a line to the story. */
  note(step: string): void {
    this.steps.push(`${((this.town.time.now() - this.#beginning) / 1_000).toFixed(3)} ${step}`)
  }
}
