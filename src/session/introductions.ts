/**
 * Members linked through members: hellos and descriptions travel over links that are open already, so a mesh
 * closes and heals itself without the server. Each pair seals under a key of their two devices: who carries a
 * blob sees its size.
 */
import { EMPTY } from '../base/bytes.ts'
import type { DeviceId, InstanceId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import type { Roster } from '../protocol/roster.ts'
import type { IceServer } from '../transport/port.ts'
import { Dialing, type DialingPlan } from './dialing.ts'
import type { Environment } from './environment.ts'
import type { Keyring } from './keyring.ts'
import { memberPsk } from './meeting-place.ts'

export interface IntroductionsParts {
  readonly environment: Environment
  readonly keyring: Keyring
  readonly roster: Roster
  readonly me: InstanceId
  readonly iceServers: () => readonly IceServer[]
  /** How members meet members, under this sealing key. */
  readonly plan: (sealing: Uint8Array) => DialingPlan
  readonly isLinked: (instance: InstanceId) => boolean
  /** Hands a blob to whoever is linked to `to`. */
  readonly carry: (to: InstanceId, blob: Uint8Array) => void
  readonly changed: () => void
}

/** The one with the larger instance id says hello first; the other waits this long before it does so itself. */
const COURTESY_MS = 1_500
/** A hello that led to no link is said again after this, and twice as long each time. */
const FIRST_TRY_MS = 4_000
const MAX_TRIES = 5
/** Attempts under way at once: a mesh of eight needs fewer. */
const MAX_INTRODUCTIONS = 32

export class Introductions {
  readonly #parts: IntroductionsParts
  readonly #dialings = new Map<InstanceId, Dialing>()
  readonly #waiting = new Map<InstanceId, () => void>()

  constructor(parts: IntroductionsParts) {
    this.#parts = parts
  }

  get size(): number {
    let dials = 0
    for (const dialing of this.#dialings.values()) dials += dialing.size
    return dials
  }

  /** Wants a link to this instance, which somebody we are linked to has told of. */
  meet(instance: InstanceId, device: DeviceId): void {
    const { me, isLinked } = this.#parts
    if (instance === me || isLinked(instance) || this.#waiting.has(instance)) return
    if (this.#waiting.size < MAX_INTRODUCTIONS)
      this.#try(instance, device, me > instance ? 0 : COURTESY_MS, 0)
  }

  /** Says hello after `pause`, and again, later each time, until linked or told to stop. */
  #try(instance: InstanceId, device: DeviceId, pause: Millis, tries: number): void {
    const { environment, isLinked } = this.#parts
    const cancel = environment.clock.wakeAfter(pause, () => {
      this.#waiting.delete(instance)
      if (isLinked(instance) || tries >= MAX_TRIES) return
      this.#dialingTo(instance, device)?.again(instance)
      this.#try(instance, device, FIRST_TRY_MS * 2 ** tries, tries + 1)
    })
    this.#waiting.set(instance, cancel)
  }

  /** A blob came over a link, from this instance of this device. */
  carried(from: InstanceId, device: DeviceId, blob: Uint8Array): void {
    this.#dialingTo(from, device)?.passed(from, blob)
  }

  /** It is linked, or gone for good: what was begun with it ends. */
  settled(instance: InstanceId): void {
    this.#waiting.get(instance)?.()
    this.#waiting.delete(instance)
    this.#dialings.get(instance)?.stop()
    this.#dialings.delete(instance)
  }

  stop(): void {
    for (const instance of [...this.#waiting.keys(), ...this.#dialings.keys()]) this.settled(instance)
  }

  #dialingTo(instance: InstanceId, device: DeviceId): Dialing | undefined {
    const known = this.#dialings.get(instance)
    if (known !== undefined || this.#dialings.size >= MAX_INTRODUCTIONS) return known
    const sealing = this.#sealingFor(device)
    if (sealing === undefined) return undefined
    const { environment, plan, iceServers, carry, changed } = this.#parts
    const dialing = new Dialing({
      environment,
      plan: plan(sealing),
      iceServers,
      pass: (_to, blob) => carry(instance, blob),
      changed,
    })
    this.#dialings.set(instance, dialing)
    return dialing
  }

  #sealingFor(device: DeviceId): Uint8Array | undefined {
    const { environment, keyring, roster } = this.#parts
    const dhPk = roster.certificateOf(device)?.dhPk
    const psk = dhPk && memberPsk(environment.crypto, roster.session, keyring, { device, dhPk })
    return psk && environment.crypto.kdf(psk.key, 'introduction', EMPTY, 32)
  }
}
