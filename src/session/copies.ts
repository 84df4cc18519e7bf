/**
 * Who may hold a copy: everybody who was ever let in, and when this device last saw each of them. What it saw is kept
 * on its disk, as a row.
 *
 * row = format u8 | list of (device 16 | ms since 1970 u48)
 */
import { type Decoded, decode, Malformed, Writer } from '../base/codec.ts'
import { type DeviceId, ID_BYTES, idBytes, idOf } from '../base/ids.ts'
import type { Clock, Millis } from '../base/ports.ts'
import { MAX_JOINS } from '../wire/limits.ts'
import type { Journal } from './journal.ts'
import type { People } from './people.ts'
import type { Copy } from './public.ts'
import type { Replica } from './replica.ts'

export interface CopiesParts {
  readonly clock: Clock
  readonly journal: Journal
  readonly replica: Replica
  readonly people: People
  /** From the disk. */
  readonly seen: ReadonlyMap<DeviceId, Millis>
}

const FORMAT = 1
/** Somebody who is here is noted again after this, so that a crash does not lose much. */
const NOTE_PAUSE_MS: Millis = 60_000

export class Copies {
  readonly #parts: CopiesParts
  readonly #seen: Map<DeviceId, Millis>

  constructor(parts: CopiesParts) {
    this.#parts = parts
    this.#seen = new Map(parts.seen)
  }

  get all(): readonly Copy[] {
    const { replica, people } = this.#parts
    return replica.roster.everybody().map((device): Copy => {
      const { name, color, isMe, here } = people.member(device)
      const role = replica.roster.roleOf(device)
      return { device, name, color, role, isMe, here, lastSeenAt: this.#seen.get(device) }
    })
  }

  /** It is here, or was until now. */
  saw(device: DeviceId, how: 'here' | 'gone'): void {
    const now = this.#parts.clock.now()
    const before = this.#seen.get(device)
    if (how === 'here' && before !== undefined && now - before < NOTE_PAUSE_MS) return
    this.#seen.set(device, now)
    this.#parts.journal.putUnhurried('keys', 'seen', encodeSeen(this.#seen))
  }
}

export function encodeSeen(seen: ReadonlyMap<DeviceId, Millis>): Uint8Array {
  const newest = [...seen].slice(-MAX_JOINS)
  return new Writer()
    .u8(FORMAT)
    .list(newest, (to, [device, at]) => to.fixed(idBytes(device)).u48(at))
    .finish()
}

export function decodeSeen(bytes: Uint8Array): Decoded<Map<DeviceId, Millis>> {
  return decode(bytes, (reader) => {
    if (reader.u8() !== FORMAT) throw new Malformed('stored by another version')
    const seen = reader.list(MAX_JOINS, ID_BYTES.device + 6, (from): [DeviceId, Millis] => [
      idOf<DeviceId>(from.fixed(ID_BYTES.device)),
      from.u48(),
    ])
    return new Map(seen)
  })
}
