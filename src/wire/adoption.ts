/**
 * The body of an `adopt` entry: chains that were cut, and how far its author vouches for them.
 * body = list of (device 16 | writer 8 | seq varuint | id 32)
 *
 * Whether it counts (its author may write, the chain is another device's) is the log's business.
 */
import { decode, type Reader, Writer } from '../base/codec.ts'
import { type DeviceId, type EntryId, ID_BYTES, idBytes, idOf, type WriterId } from '../base/ids.ts'
import { MAX_ADOPTED_CHAINS, MAX_SEQ } from './limits.ts'
import { type Violation, violation } from './violation.ts'

/** Everything of this chain up to the entry `seq`, whose id is `id`. */
export interface Adopted {
  readonly device: DeviceId
  readonly writer: WriterId
  readonly seq: number
  readonly id: EntryId
}

export function encodeAdoption(adopted: readonly Adopted[]): Uint8Array {
  const write = (to: Writer, { device, writer, seq, id }: Adopted): void => {
    to.fixed(idBytes(device)).fixed(idBytes(writer)).varuint(seq).fixed(idBytes(id))
  }
  return new Writer().list(adopted, write).finish()
}

export function decodeAdoption(bytes: Uint8Array): readonly Adopted[] | Violation {
  const read = decode(bytes, (reader) => reader.list(MAX_ADOPTED_CHAINS, ADOPTED_BYTES, readAdopted))
  return read.ok ? read.value : violation('malformed', `an adoption: ${read.reason}`)
}

/** At least: the seq takes one byte or more. */
const ADOPTED_BYTES = ID_BYTES.device + ID_BYTES.writer + 1 + ID_BYTES.entry

function readAdopted(reader: Reader): Adopted {
  return {
    device: idOf<DeviceId>(reader.fixed(ID_BYTES.device)),
    writer: idOf<WriterId>(reader.fixed(ID_BYTES.writer)),
    seq: reader.varuint(MAX_SEQ),
    id: idOf<EntryId>(reader.fixed(ID_BYTES.entry)),
  }
}
