/** Who came and who went, told once a person however many tabs: what presence says, as events for the caller. */
import type { Emitter } from '../base/emitter.ts'
import type { DeviceId } from '../base/ids.ts'
import type { Keyring } from './keyring.ts'
import type { MeshListener } from './mesh.ts'
import type { People } from './people.ts'
import type { SessionEvents } from './public.ts'

export interface ArrivalsParts {
  readonly keyring: Keyring
  readonly people: People
  readonly emitter: Emitter<SessionEvents>
}

export class Arrivals {
  readonly #parts: ArrivalsParts
  /** Devices admitted here whose first presence is still to come: that one is an arrival for the first time. */
  readonly #admitted = new Set<DeviceId>()

  constructor(parts: ArrivalsParts) {
    this.#parts = parts
  }

  admitted(device: DeviceId): void {
    this.#admitted.add(device)
  }

  seen(output: Parameters<MeshListener['presence']>[0]): void {
    const { people, keyring, emitter } = this.#parts
    const { device } = output.presence
    const isOther = device !== keyring.device
    if (output.type === 'shown') {
      const arrived = people.show(output) === 'arrived'
      const first = this.#admitted.delete(device)
      if (arrived && isOther) emitter.emit('arrived', { member: people.member(device), first })
    } else if (people.hide(output) === 'left' && isOther) {
      emitter.emit('left', { member: people.member(device), why: output.why })
    }
  }
}
