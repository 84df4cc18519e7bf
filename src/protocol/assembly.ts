/**
 * Joins records to frames, one frame at a time in each lane. Not here: cutting frames (lanes.ts).
 *
 * Invariant: whatever comes, at most MAX_FRAME_BYTES are held in each lane. That is why parts are
 * copied into one buffer and not kept as a list: a list of one-byte parts weighs a hundred times its bytes.
 */
import type { Millis } from '../base/ports.ts'
import { FRAME_STALL_MS, MAX_FRAME_BYTES } from '../wire/limits.ts'
import type { DataRecord, Lane } from '../wire/record.ts'
import { type Violation, violation } from '../wire/violation.ts'

type Frame =
  | { readonly phase: 'none' }
  | {
      readonly phase: 'begun'
      readonly buffer: Uint8Array
      readonly length: number
      readonly progressAt: Millis
    }

/** Changed in place. */
export type Assembly = Record<Lane, Frame>

const NONE: Frame = { phase: 'none' }
const LANES: readonly Lane[] = ['live', 'bulk']

export function startAssembly(): Assembly {
  return { live: NONE, bulk: NONE }
}

/** The whole frame when this record ends it. A frame of one record is a view into that record. */
export function addRecord(
  assembly: Assembly,
  record: DataRecord,
  now: Millis,
): Uint8Array | Violation | undefined {
  const frame = assembly[record.lane]
  const length = (frame.phase === 'begun' ? frame.length : 0) + record.payload.length
  if (length > MAX_FRAME_BYTES) return violation('oversized', 'a frame beyond the limit')
  if (frame.phase === 'none' && record.last) return record.payload
  const buffer = roomFor(length, frame)
  buffer.set(record.payload, length - record.payload.length)
  assembly[record.lane] = record.last ? NONE : { phase: 'begun', buffer, length, progressAt: now }
  return record.last ? buffer.subarray(0, length) : undefined
}

/** Bytes of memory held for frames that are not whole. */
export function heldBytes(assembly: Assembly): number {
  return LANES.reduce((sum, lane) => sum + bufferOf(assembly[lane]).length, 0)
}

/** When the frame that rests longest has rested too long; never: Infinity. */
export function stallsAt(assembly: Assembly): Millis {
  return Math.min(...LANES.map((lane) => progressAt(assembly[lane]) + FRAME_STALL_MS))
}

/** Counts rest from now on: the time before was not the other side's. */
export function forgiveRest(assembly: Assembly, now: Millis): void {
  for (const lane of LANES) {
    const frame = assembly[lane]
    if (frame.phase === 'begun') assembly[lane] = { ...frame, progressAt: now }
  }
}

function progressAt(frame: Frame): Millis {
  return frame.phase === 'begun' ? frame.progressAt : Number.POSITIVE_INFINITY
}

function bufferOf(frame: Frame): Uint8Array {
  return frame.phase === 'begun' ? frame.buffer : new Uint8Array(0)
}

/** The frame's buffer, or one twice as long that begins like it, so that joining stays linear. */
function roomFor(length: number, frame: Frame): Uint8Array {
  const held = bufferOf(frame)
  if (length <= held.length) return held
  const grown = new Uint8Array(Math.min(MAX_FRAME_BYTES, length * 2))
  grown.set(held)
  return grown
}
