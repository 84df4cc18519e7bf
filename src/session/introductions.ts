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
  /** Hands a blob to whoever is linked to `to`; to all there are when the nearest way led nowhere. */
  readonly carry: (to: InstanceId, blob: Uint8Array, ledNowhere: boolean) => void
  readonly changed: () => void
}

/** Somebody to link to, and whose it is. */
export interface Wanted {
  readonly instance: InstanceId
  readonly device: DeviceId
}

/** The one with the larger instance id says hello first; the other waits this long before it does so itself. */
const COURTESY_MS = 700
/** A hello that led to no link is said again after about this, and twice as long each time. */
const FIRST_TRY_MS = 2_500
const LONGEST_TRY_MS = 30_000
/** Attempts under way at once: a mesh of eight needs fewer. */
const MAX_INTRODUCTIONS = 32

export class Introductions {
  readonly #parts: IntroductionsParts
  readonly #dialings = new Map<InstanceId, Dialing>()
  readonly #tries = new Map<InstanceId, { readonly tries: number; readonly cancel: () => void }>()

  constructor(parts: IntroductionsParts) {
    this.#parts = parts
  }

  get size(): number {
    let dials = 0
    for (const dialing of this.#dialings.values()) dials += dialing.size
    return dials
  }

  /** Wants links to exactly these, of whom others have told: each is tried until it is linked or not wanted any more. */
  want(wanted: readonly Wanted[]): void {
    const { me, isLinked } = this.#parts
    const instances = new Set(wanted.map(({ instance }) => instance))
    for (const instance of this.#tries.keys()) if (!instances.has(instance)) this.#giveUp(instance)
    for (const [instance, { size }] of this.#dialings)
      if (size === 0 && !instances.has(instance)) this.#dialings.delete(instance)
    for (const { instance, device } of wanted) {
      if (instance === me || isLinked(instance) || this.#tries.has(instance)) continue
      if (this.#tries.size < MAX_INTRODUCTIONS)
        this.#try({ instance, device }, me > instance ? 0 : COURTESY_MS, 0)
    }
  }

  /** Says hello after `pause`, and again, later each time, for as long as it takes. */
  #try(wanted: Wanted, pause: Millis, tries: number): void {
    const { environment, isLinked } = this.#parts
    const { instance, device } = wanted
    const cancel = environment.clock.wakeAfter(pause, () => {
      if (isLinked(instance)) return this.#giveUp(instance)
      const jitter = 0.75 + (environment.crypto.randomBytes(1)[0] as number) / 512
      this.#try(wanted, Math.min(LONGEST_TRY_MS, FIRST_TRY_MS * 2 ** tries) * jitter, tries + 1)
      this.#dialingTo(instance, device)?.again(instance)
    })
    this.#tries.set(instance, { tries, cancel })
  }

  #giveUp(instance: InstanceId): void {
    this.#tries.get(instance)?.cancel()
    this.#tries.delete(instance)
  }

  /** A blob came over a link, from this instance of this device. */
  carried(from: InstanceId, device: DeviceId, blob: Uint8Array): void {
    this.#dialingTo(from, device)?.passed(from, blob)
  }

  /** It is linked: what was begun with it ends. */
  settled(instance: InstanceId): void {
    this.#giveUp(instance)
    this.#dialings.get(instance)?.stop()
    this.#dialings.delete(instance)
  }

  stop(): void {
    for (const instance of [...this.#tries.keys(), ...this.#dialings.keys()]) this.settled(instance)
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
      pass: (_to, blob) => carry(instance, blob, (this.#tries.get(instance)?.tries ?? 0) > 1),
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
