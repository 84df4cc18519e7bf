/**
 * Where one attack is played once: with its guard on, when it must do no damage, or with its guard off, when
 * the same attack must. Collects the damage, undoes what was switched off, and ends whatever was begun.
 * Not here: what is attacked (ground.ts, villain.ts) and the attacks themselves.
 * Invariants: a play that throws and an exception nobody caught are damage; guards are switched off by other
 * parts in the same cores or by a replaced method, never by a flag of the product.
 */
import { Ground, type GroundOptions } from './ground.ts'

export type Transport = 'memory' | 'webrtc'
export type Guard = 'on' | 'off'

/** Milliseconds for one play. */
const DEADLINE = 45_000

export interface Attack {
  /** As in the list of attacks of the threat model. */
  readonly number: number
  readonly name: string
  /** What is switched off in the control. */
  readonly guard: string
  /** Where it is held; the control is played on the first. */
  readonly transports: readonly Transport[]
  play(stage: Stage): Promise<void>
}

export class Stage {
  readonly transport: Transport
  readonly guard: Guard
  readonly #damages: string[] = []
  readonly #ending: (() => void | Promise<void>)[] = []

  constructor(transport: Transport, guard: Guard) {
    this.transport = transport
    this.guard = guard
    const uncaught = (error: unknown): void => this.damage(`an exception nobody caught: ${String(error)}`)
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(event, uncaught)
      this.atEnd(() => void process.off(event, uncaught))
    }
  }

  get damages(): readonly string[] {
    return this.#damages
  }

  /** People and their network, gone when the play is over. */
  async ground(options: GroundOptions = {}): Promise<Ground> {
    const ground = await Ground.open(this.transport, options)
    this.atEnd(() => ground.close())
    return ground
  }

  damage(what: string): void {
    this.#damages.push(what)
  }

  /** What must be so whatever the guard; with the guard off, where the attack does its damage. */
  expect(holds: boolean, otherwise: string): void {
    if (!holds) this.damage(otherwise)
  }

  /** What must be so with the guard on; without it nobody expects it. */
  expectGuarded(holds: boolean, otherwise: string): void {
    if (this.guard === 'on') this.expect(holds, otherwise)
  }

  /** With the guard off, `object[name]` is what `replace` makes of it until the play is over. */
  switchOff<T extends object, Name extends keyof T>(
    object: T,
    name: Name,
    replace: (original: T[Name]) => T[Name],
  ): void {
    if (this.guard === 'off') this.replace(object, name, replace)
  }

  /** The same, whatever the guard: to look on, never to change. */
  replace<T extends object, Name extends keyof T>(
    object: T,
    name: Name,
    replace: (original: T[Name]) => T[Name],
  ): void {
    const original = object[name]
    object[name] = replace(original)
    this.atEnd(() => {
      object[name] = original
    })
  }

  /** Rejects after so many milliseconds: a play that hangs is damage too. */
  late(after: number): Promise<never> {
    return new Promise((_, reject) => {
      const timer = setTimeout(() => reject(new Error(`it did not end within ${after} ms`)), after)
      this.atEnd(() => clearTimeout(timer))
    })
  }

  atEnd(end: () => void | Promise<void>): void {
    this.#ending.push(end)
  }

  async close(): Promise<void> {
    for (const end of this.#ending.splice(0).reverse()) await end()
  }
}

/** Plays an attack once. @returns the damage it did; none is what a guard is for */
export async function play(attack: Attack, transport: Transport, guard: Guard): Promise<readonly string[]> {
  const stage = new Stage(transport, guard)
  try {
    await Promise.race([attack.play(stage), stage.late(DEADLINE)])
  } catch (error) {
    stage.damage(error instanceof Error ? `it threw ${error.stack ?? error.message}` : String(error))
  } finally {
    await stage.close()
  }
  return stage.damages
}
