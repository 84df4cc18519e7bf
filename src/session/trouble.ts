/**
 * What goes wrong, and whose fault it is, as the caller is told: violations as events, what stands in the way as the
 * status's problem. The one place that gives such things a name.
 */
import { toHex } from '../base/bytes.ts'
import type { Emitter } from '../base/emitter.ts'
import type { DeviceId } from '../base/ids.ts'
import type { Clock } from '../base/ports.ts'
import type { DialFailure } from '../transport/port.ts'
import type { Violation } from '../wire/violation.ts'
import type { Mesh, MeshPeer } from './mesh.ts'
import type { People } from './people.ts'
import type { SessionEvents } from './public.ts'
import type { Replica } from './replica.ts'
import type { Standing } from './standing.ts'

export interface TroubleParts {
  readonly clock: Clock
  readonly replica: Replica
  readonly mesh: Mesh
  readonly people: People
  readonly standing: Standing
  readonly emitter: Emitter<SessionEvents>
}

export class Trouble {
  readonly #parts: TroubleParts
  /** Digest of the text that was rebuilt last: the same one is not rebuilt again. */
  #rebuiltFor = ''

  constructor(parts: TroubleParts) {
    this.#parts = parts
  }

  violated(violation: Violation, device: DeviceId | undefined): void {
    const { emitter, people } = this.#parts
    emitter.emit('violation', { ...violation, name: device && people.member(device).name })
  }

  misbehaved(device: DeviceId, because: string, detail: string): void {
    const { emitter, people, standing } = this.#parts
    const { name } = people.member(device)
    if (because === 'forked') standing.setProblem({ kind: 'fork', name, mayDecide: false }) // which the status knows better
    emitter.emit('violation', { violation: 'forged', detail: `${name}: ${detail}`, name })
  }

  /** Equal heads, unequal text: rebuild once; when that changes nothing, the other side is the one to rebuild. */
  diverged({ device, link }: MeshPeer): void {
    const { replica, mesh, clock, emitter } = this.#parts
    if (device === replica.roster.owner && replica.doubtBase(device))
      return mesh.tell({ type: 'gap', link: link.remote, now: clock.now() })
    const before = toHex(replica.digest())
    if (before === this.#rebuiltFor) return
    this.#rebuiltFor = before
    emitter.emit('violation', {
      violation: 'forged',
      detail: 'equal histories show unequal texts',
      name: undefined,
    })
    replica.rebuildDocument()
  }

  /** Nobody is reached there, on any way. */
  dialFailed(failure: DialFailure | 'other-version', device: DeviceId | undefined): void {
    const { people, standing } = this.#parts
    const name = device && people.member(device).name
    if (failure === 'webrtc-blocked') standing.setProblem({ kind: 'webrtc-blocked' })
    else if (failure === 'no-route') standing.noRouteTo(name)
    else if (failure === 'other-version') standing.setProblem({ kind: 'protocol-mismatch', name })
  }
}
