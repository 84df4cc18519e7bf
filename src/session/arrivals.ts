/** Who came and who went, told once a person however many tabs: what presence says, as events for the caller. */
import type { Emitter } from '../base/emitter.ts'
import type { DeviceId } from '../base/ids.ts'
import type { Copies } from './copies.ts'
import type { Keyring } from './keyring.ts'
import type { MeshListener } from './mesh.ts'
import type { People } from './people.ts'
import type { SessionEvents } from './public.ts'

export interface ArrivalsParts {
  readonly keyring: Keyring
  readonly people: People
  readonly copies: Copies
  readonly emitter: Emitter<SessionEvents>
}

type Seen<Type> = Extract<Parameters<MeshListener['presence']>[0], { type: Type }>

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

  /** Most presences only move a caret: members are told when one of them looks different. */
  seen(output: Parameters<MeshListener['presence']>[0]): void {
    const { people, emitter } = this.#parts
    const { device } = output.presence
    const before = JSON.stringify(people.member(device))
    this.#parts.copies.saw(device, output.type === 'shown' ? 'here' : 'gone')
    if (output.type === 'shown') this.#shown(output)
    else this.#hidden(output)
    if (JSON.stringify(people.member(device)) !== before) emitter.emit('members', people.members())
  }

  #shown(output: Seen<'shown'>): void {
    const { people, keyring, emitter } = this.#parts
    const { device } = output.presence
    const arrived = people.show(output) === 'arrived'
    const first = this.#admitted.delete(device)
    if (arrived && device !== keyring.device)
      emitter.emit('arrived', { member: people.member(device), first })
  }

  #hidden(output: Seen<'hidden'>): void {
    const { people, keyring, emitter } = this.#parts
    const { device } = output.presence
    if (people.hide(output) === 'left' && device !== keyring.device)
      emitter.emit('left', { member: people.member(device), why: output.why })
  }
}
