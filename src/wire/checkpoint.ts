/**
 * The body of a checkpoint entry: a full state that stands for everything before its heads.
 * body = applied heads | free clocks | digest 16 | state
 * applied head = device 16 | writer 8 | seq varuint | id 32 | next clock varuint
 * state = 0 | bytes sized  or  1 | blob 32 | size varuint | key 32
 *
 * Only *applied* entries stand in it, never parked or void ones. Free clocks are clientIDs of no
 * writer: text from before the session (a draft typed before there was a log, an import).
 */
import { decode, Malformed, type Reader, Writer } from '../base/codec.ts'
import {
  type BlobId,
  type DeviceId,
  type EntryId,
  ID_BYTES,
  idBytes,
  idOf,
  type WriterId,
} from '../base/ids.ts'
import { MAX_CHECKPOINT_BYTES, MAX_CLOCK, MAX_INLINE_BODY_BYTES, MAX_SEQ, MAX_WRITERS } from './limits.ts'
import { type Violation, violation } from './violation.ts'

export interface CheckpointHead {
  readonly device: DeviceId
  readonly writer: WriterId
  readonly seq: number
  readonly id: EntryId
  /** The writer's next Yjs clock after `seq`. */
  readonly nextClock: number
}

export interface FreeClock {
  readonly clientID: number
  readonly clock: number
}

export interface BlobReference {
  readonly blob: BlobId
  /** Plain bytes. */
  readonly size: number
  readonly key: Uint8Array
}

export type CheckpointState =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'blob'; readonly reference: BlobReference }

export interface Checkpoint {
  readonly heads: readonly CheckpointHead[]
  readonly free: readonly FreeClock[]
  /** BLAKE2b-128 of the visible content. */
  readonly digest: Uint8Array
  readonly state: CheckpointState
}

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const writer = new Writer()
  writer.list(checkpoint.heads, (to, head) => {
    to.fixed(idBytes(head.device))
      .fixed(idBytes(head.writer))
      .varuint(head.seq)
      .fixed(idBytes(head.id))
      .varuint(head.nextClock)
  })
  writer.list(checkpoint.free, (to, free) => to.varuint(free.clientID).varuint(free.clock))
  writer.fixed(checkpoint.digest)
  if (checkpoint.state.kind === 'inline') return writer.u8(0).sized(checkpoint.state.bytes).finish()
  const { blob, size, key } = checkpoint.state.reference
  return writer.u8(1).fixed(idBytes(blob)).varuint(size).fixed(key).finish()
}

export function decodeCheckpoint(body: Uint8Array): Checkpoint | Violation {
  const read = decode(body, readCheckpoint)
  return read.ok ? read.value : violation('malformed', `a checkpoint: ${read.reason}`)
}

function readCheckpoint(reader: Reader): Checkpoint {
  const heads = reader.list(MAX_WRITERS, 58, readCheckpointHead)
  const free = reader.list(MAX_WRITERS, 2, (from) => ({
    clientID: from.varuint(),
    clock: from.varuint(MAX_CLOCK),
  }))
  if (new Set(heads.map((head) => head.device + head.writer)).size !== heads.length)
    throw new Malformed('a writer listed twice')
  if (new Set(free.map((one) => one.clientID)).size !== free.length)
    throw new Malformed('a client listed twice')
  const digest = reader.fixed(16)
  const blob = reader.flag()
  if (!blob)
    return { heads, free, digest, state: { kind: 'inline', bytes: reader.sized(MAX_INLINE_BODY_BYTES) } }
  const reference = {
    blob: idOf<BlobId>(reader.fixed(ID_BYTES.blob)),
    size: reader.varuint(MAX_CHECKPOINT_BYTES),
    key: reader.fixed(32),
  }
  return { heads, free, digest, state: { kind: 'blob', reference } }
}

function readCheckpointHead(reader: Reader): CheckpointHead {
  const device = idOf<DeviceId>(reader.fixed(ID_BYTES.device))
  const writer = idOf<WriterId>(reader.fixed(ID_BYTES.writer))
  const seq = reader.varuint(MAX_SEQ)
  if (seq === 0) throw new Malformed('entries count from 1')
  return {
    device,
    writer,
    seq,
    id: idOf<EntryId>(reader.fixed(ID_BYTES.entry)),
    nextClock: reader.varuint(MAX_CLOCK),
  }
}
