/**
 * The hands that do to a town what a script says: people act, leave and crash, networks break, liars lie.
 * Not here: the script (script.ts), and what is looked at meanwhile (story.ts).
 */
import type { SimDevice } from './device.ts'
import { performEdit } from './editing.ts'
import type { Oracle } from './oracle.ts'
import type { Action, Step } from './script.ts'
import type { Town } from './town.ts'

export interface StageParts {
  readonly town: Town
  readonly oracle: Oracle
  readonly note: (step: string) => void
  readonly report: (error: unknown) => void
}

export class Stage {
  /** What people join by, once somebody has shared. */
  links: { readonly editor: string; readonly viewer: string } | undefined
  readonly #parts: StageParts

  constructor(parts: StageParts) {
    this.#parts = parts
  }

  perform({ action, salt }: Step): void {
    if ('who' in action) this.#doTo(this.#parts.town.devices[action.who] as SimDevice, action, salt)
    else this.#doToAll(action)
  }

  /** Whatever was broken is whole again. */
  mend(): void {
    const { network, relay, devices, post } = this.#parts.town
    network.heal()
    relay.start()
    post.isBad = false
    for (const device of devices) {
      device.disk.full = false
      device.disk.keepThePower()
      device.thaw()
    }
  }

  #doTo(device: SimDevice, action: Extract<Action, { who: number }>, salt: number): void {
    const { network } = this.#parts.town
    switch (action.does) {
      case 'act':
        return this.#act(device, action, salt)
      case 'leave':
        return this.#leave(device)
      case 'crash':
        return this.#crash(device)
      case 'crash in a write':
        return device.disk.loseThePowerAfter(action.writes, () => this.#crash(device))
      case 'freeze':
        return device.freeze(action.span)
      case 'jump':
        device.setClock(action.by)
        return
      case 'lie':
        return device.hand?.play(action.trick, salt)
      case 'adopt':
        return device.hand?.adopt(action.habit)
      case 'behave':
        return device.hand?.behave()
      case 'fill':
      case 'empty':
        device.disk.full = action.does === 'fill'
        return
      case 'cut':
        return network.cut(action.who, action.other)
      case 'mute':
        return network.mute(action.who, action.other)
      case 'slow':
        return network.slow(action.who, action.other)
      case 'bar':
        network.bar(action.who, action.other)
        return network.cut(action.who, action.other)
      default:
        return action satisfies never
    }
  }

  #doToAll(action: Exclude<Action, { who: number }>): void {
    const { network, relay, post } = this.#parts.town
    switch (action.does) {
      case 'divide':
        return network.divide(action.parts)
      case 'heal':
        return network.heal()
      case 'stop server':
        return relay.stop()
      case 'start server':
        return relay.start()
      case 'bad post':
      case 'good post':
        post.isBad = action.does === 'bad post'
        return
      default:
        return action satisfies never
    }
  }

  #act(device: SimDevice, { edit, breaksRow }: Extract<Action, { does: 'act' }>, salt: number): void {
    const { session } = device
    if (device.busy || device.isFrozen) return
    if (session === undefined) return this.start(device, breaksRow)
    performEdit({ town: this.#parts.town, device, session, edit, salt })
  }

  /** Whoever is away comes back, or comes for the first time. */
  start(device: SimDevice, breaksRow = false): void {
    if (this.links === undefined) return
    if (breaksRow) {
      this.#parts.note(`${device.name} finds a broken row: ${device.disk.breakRow()}`)
      this.#parts.oracle.forget(device)
    }
    device.restart(device.number > 0 && device.number % 4 === 3 ? this.links.viewer : this.links.editor)
  }

  #leave(device: SimDevice): void {
    if (device.session === undefined || device.isFrozen) return
    const wasFull = device.disk.full
    device.leave().then(() => {
      if (wasFull || device.disk.full) this.#parts.oracle.forget(device)
    }, this.#parts.report)
  }

  #crash(device: SimDevice): void {
    if (this.links === undefined || !device.alive) return
    const { busy } = device
    this.#parts.oracle.look(device)
    device.die()
    this.#parts.oracle.forget(device, busy)
  }
}
