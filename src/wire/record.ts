/**
 * What one record says once it is open: bytes <-> meaning, both directions. Not here: sealing and
 * counting (protocol/direction.ts), joining records to frames (protocol/assembly.ts).
 *
 * Record = head u8 | rest, sealed as a whole, so that the head is secret and authenticated too.
 *   head 0 to 3: data = last << 1 | lane (live 0, bulk 1), rest = 1 byte or more of one frame
 *   head 4, 5: ping, pong, rest = number u32
 *   head 6: rekey, rest = nothing
 * Every record has one spelling: what decodes encodes to the same bytes again.
 */
import { unreachable } from '../base/assert.ts'
import { decode, Malformed, type Reader, Writer } from '../base/codec.ts'
import { MAX_RECORD_BYTES, RECORD_OVERHEAD_BYTES } from './limits.ts'
import { type Violation, violation } from './violation.ts'

/** Live (entries, presence, control) goes before bulk (catch-up, blobs) between records. */
export type Lane = 'live' | 'bulk'

export interface DataRecord {
  readonly kind: 'data'
  readonly lane: Lane
  /** Whether the frame ends here. */
  readonly last: boolean
  /** 1 byte or more of the frame; a view into what was decoded. */
  readonly payload: Uint8Array
}

export type LinkRecord =
  | DataRecord
  /** Asks for the `pong` of the same number, at once. */
  | { readonly kind: 'ping' | 'pong'; readonly number: number }
  /** The last record under its key. */
  | { readonly kind: 'rekey' }

/** The most one record carries, the head left out. */
export const MAX_RECORD_PAYLOAD_BYTES = MAX_RECORD_BYTES - RECORD_OVERHEAD_BYTES

const BULK = 1
const LAST = 2
const PING = 4
const PONG = 5
const REKEY = 6

export function encodeRecord(record: LinkRecord): Uint8Array {
  switch (record.kind) {
    case 'data': {
      // The one copy on the way out: sealing wants head and payload in one piece.
      const bytes = new Uint8Array(1 + record.payload.length)
      bytes[0] = (record.lane === 'bulk' ? BULK : 0) | (record.last ? LAST : 0)
      bytes.set(record.payload, 1)
      return bytes
    }
    case 'ping':
      return new Writer().u8(PING).u32(record.number).finish()
    case 'pong':
      return new Writer().u8(PONG).u32(record.number).finish()
    case 'rekey':
      return Uint8Array.of(REKEY)
    default:
      return unreachable(record)
  }
}

export function decodeRecord(bytes: Uint8Array): LinkRecord | Violation {
  const decoded = decode(bytes, readRecord)
  return decoded.ok ? decoded.value : violation('malformed', `a record: ${decoded.reason}`)
}

function readRecord(reader: Reader): LinkRecord {
  const head = reader.u8()
  switch (head) {
    case PING:
      return { kind: 'ping', number: reader.u32() }
    case PONG:
      return { kind: 'pong', number: reader.u32() }
    case REKEY:
      return { kind: 'rekey' }
    default:
      return readData(head, reader)
  }
}

function readData(head: number, reader: Reader): LinkRecord {
  if (head > (BULK | LAST)) throw new Malformed('unknown kind')
  if (reader.left === 0) throw new Malformed('no payload')
  if (reader.left > MAX_RECORD_PAYLOAD_BYTES) throw new Malformed('too long')
  const lane = (head & BULK) === 0 ? 'live' : 'bulk'
  return { kind: 'data', lane, last: (head & LAST) !== 0, payload: reader.rest() }
}
