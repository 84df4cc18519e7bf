/**
 * What waits to be sent on one link, per lane, and how it is cut into records. Not here: joining
 * records again (assembly.ts), which lane goes next (link.ts).
 * Invariant: messages leave whole and in the order they were queued, and are never copied here.
 */
import { assert } from '../base/assert.ts'
import { MAX_FRAME_BYTES } from '../wire/limits.ts'
import type { DataRecord, Lane } from '../wire/record.ts'

interface Queue {
  /** Messages before `first` are gone. */
  messages: Uint8Array[]
  first: number
  /** Bytes of the first message that are handed over. */
  at: number
  /** Bytes that wait, over all messages. */
  bytes: number
}

/** Changed in place. */
export type Outbox = Readonly<Record<Lane, Queue>>

/** Gone messages are forgotten in blocks: `shift` on a long array would move it each time. */
const FORGET_AFTER = 1_024

export function startOutbox(): Outbox {
  return { live: emptyQueue(), bulk: emptyQueue() }
}

/** Keeps the array itself: whoever queued it must not change it any more. */
export function enqueue(outbox: Outbox, lane: Lane, message: Uint8Array): void {
  assert(message.length > 0, 'an encoded message has at least one byte')
  assert(message.length <= MAX_FRAME_BYTES, 'an encoded message fits in one frame')
  outbox[lane].messages.push(message)
  outbox[lane].bytes += message.length
}

export function waitingBytes(outbox: Outbox, lane: Lane): number {
  return outbox[lane].bytes
}

/** The next record of a lane in which something waits. */
export function takeRecord(outbox: Outbox, lane: Lane, maxPayloadBytes: number): DataRecord {
  const queue = outbox[lane]
  const message = queue.messages[queue.first]
  assert(message !== undefined, 'a record is taken from a lane where something waits')
  const end = Math.min(queue.at + maxPayloadBytes, message.length)
  const payload = message.subarray(queue.at, end)
  const last = end === message.length
  queue.bytes -= payload.length
  queue.at = last ? 0 : end
  if (last) forgetFirst(queue)
  return { kind: 'data', lane, last, payload }
}

function forgetFirst(queue: Queue): void {
  queue.first += 1
  if (queue.first < FORGET_AFTER && queue.first < queue.messages.length) return
  queue.messages = queue.messages.slice(queue.first)
  queue.first = 0
}

function emptyQueue(): Queue {
  return { messages: [], first: 0, at: 0, bytes: 0 }
}
