/**
 * A link after its handshake: records both ways, two lanes, back-pressure, rekeying, heartbeats.
 * Not here: the handshake and the phases (link.ts).
 *
 * Invariants: records are numbered by the order of the 'send' outputs; live goes before bulk between
 * records; a full link always asks to be told when there is room again.
 */
import { assert, unreachable } from '../base/assert.ts'
import type { Millis } from '../base/ports.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { NoiseFinish } from '../crypto/noise.ts'
import { RECORD_OVERHEAD_BYTES } from '../wire/limits.ts'
import type { Lane, LinkRecord } from '../wire/record.ts'
import { isViolation, type Violation, violation } from '../wire/violation.ts'
import { type Assembly, addRecord, forgiveRest, stallsAt, startAssembly } from './assembly.ts'
import {
  type Direction,
  isRekeyDue,
  openRecord,
  sealRecord,
  startDirection,
  wipeDirection,
} from './direction.ts'
import {
  answered,
  beat,
  countControl,
  demandAnswer,
  type Heartbeat,
  heard,
  keepSilent,
  nextBeat,
  nextPing,
  startHeartbeat,
} from './heartbeat.ts'
import { enqueue, type Outbox, takeRecord, waitingBytes } from './lanes.ts'
import type { CloseReason, LinkInput, LinkOutput } from './link-exchange.ts'
import { handedOver, hasRoom, type Pace, startPace, toldBuffered, wakeThreshold } from './pace.ts'

/** Changed in place by every step. */
export interface OpenLink {
  readonly phase: 'open'
  readonly crypto: Crypto
  readonly sending: Direction
  readonly receiving: Direction
  readonly outbox: Outbox
  readonly assembly: Assembly
  readonly pace: Pace
  readonly heartbeat: Heartbeat
  /** The time the last input told. */
  now: Millis
  /** When the next tick is wanted, as last put out. */
  wakeAt: Millis
  /** Whether the bulk lane's feeder knows that it may queue. */
  feeder: 'waiting' | 'asked'
}

export interface OpenLinkStart {
  readonly crypto: Crypto
  /** What was queued during the handshake. */
  readonly outbox: Outbox
  /** The largest record the channel takes. */
  readonly recordBytes: number
  readonly role: 'initiator' | 'responder'
  readonly finish: NoiseFinish
  readonly now: Millis
}

const SILENT_FOR_GOOD: CloseReason = { closed: 'dead', detail: 'nothing was heard any more' }

/** Hands over at once what was queued. */
export function startOpenLink(start: OpenLinkStart, outputs: LinkOutput[]): OpenLink {
  const { crypto, outbox, recordBytes, finish, now } = start
  const link: OpenLink = {
    phase: 'open',
    ...{ crypto, outbox, now },
    sending: startDirection(finish.sendKey, now),
    receiving: startDirection(finish.receiveKey, now),
    assembly: startAssembly(),
    pace: startPace(recordBytes, now),
    heartbeat: startHeartbeat(now, start.role === 'initiator' ? 'ours' : 'theirs'),
    wakeAt: Number.POSITIVE_INFINITY,
    feeder: 'waiting',
  }
  handOver(link, outputs)
  askToWake(link, outputs)
  return link
}

/** Takes one input and adds its outputs; the reason to close, if it gave one. */
export function stepOpen(link: OpenLink, input: LinkInput, outputs: LinkOutput[]): CloseReason | undefined {
  if (input.type !== 'queue') link.now = input.now
  const because = take(link, input, outputs)
  if (because === undefined) askToWake(link, outputs)
  else wipe(link)
  return because
}

function take(link: OpenLink, input: LinkInput, outputs: LinkOutput[]): CloseReason | undefined {
  switch (input.type) {
    case 'received':
      return receive(link, input.bytes, outputs)
    case 'tick':
      return tick(link, input.keeps === true, outputs)
    case 'probe':
      demandAnswer(link.heartbeat, input.within, link.now)
      ping(link, outputs)
      return undefined
    case 'queue':
      enqueue(link.outbox, input.lane, input.message)
      if (input.lane === 'bulk') link.feeder = 'waiting'
      handOver(link, outputs)
      return undefined
    case 'room':
      // A 'queue' does not say when it comes, so what it sent is dated by the 'room' that follows.
      if (link.pace.handed > 0) link.heartbeat.sentAt = link.now
      toldBuffered(link.pace, input.bufferedBytes, link.now)
      handOver(link, outputs)
      return undefined
    default:
      return unreachable(input)
  }
}

function receive(link: OpenLink, bytes: Uint8Array, outputs: LinkOutput[]): Violation | undefined {
  const record = openRecord(link.crypto, link.receiving, bytes, link.now)
  if (isViolation(record)) return record
  if (link.heartbeat.voice === 'kept') outputs.push({ type: 'speaking' })
  heard(link.heartbeat, link.now)
  if (record.kind !== 'data') return receiveControl(link, record, outputs)
  const frame = addRecord(link.assembly, record, link.now)
  if (frame === undefined || isViolation(frame)) return frame
  outputs.push({ type: 'message', bytes: frame, lane: record.lane })
  return undefined
}

function receiveControl(
  link: OpenLink,
  record: Exclude<LinkRecord, { kind: 'data' }>,
  outputs: LinkOutput[],
): Violation | undefined {
  const flood = countControl(link.heartbeat, link.now)
  if (flood !== undefined) return flood
  if (record.kind === 'ping') {
    link.heartbeat.turn = 'ours'
    send(link, { kind: 'pong', number: record.number }, outputs)
  }
  if (record.kind === 'pong') {
    const millis = answered(link.heartbeat, record.number, link.now)
    if (millis !== undefined) outputs.push({ type: 'rtt', millis })
  }
  return undefined
}

function tick(link: OpenLink, keeps: boolean, outputs: LinkOutput[]): CloseReason | undefined {
  const { heartbeat } = link
  link.wakeAt = Number.POSITIVE_INFINITY
  if (heartbeat.voice === 'kept' && !keeps) return SILENT_FOR_GOOD
  const due = beat(heartbeat, link.now)
  // What came while we slept may still wait behind this tick, the rest of a frame too.
  if (due === 'awake') forgiveRest(link.assembly, link.now)
  if (due === 'dead') {
    if (!keeps) return SILENT_FOR_GOOD
    keepSilent(heartbeat)
    outputs.push({ type: 'silent' })
  }
  if (heartbeat.voice === 'kept') forgiveRest(link.assembly, link.now)
  if (link.now >= stallsAt(link.assembly)) return violation('stalled', 'a frame was begun and not finished')
  if (due !== 'rest') ping(link, outputs)
  return undefined
}

function ping(link: OpenLink, outputs: LinkOutput[]): void {
  send(link, { kind: 'ping', number: nextPing(link.heartbeat, link.now) }, outputs)
}

/** Hands over what there is room for, live before bulk, then says what would let more go. */
function handOver(link: OpenLink, outputs: LinkOutput[]): void {
  const { outbox, pace } = link
  const maxPayloadBytes = pace.recordBytes - RECORD_OVERHEAD_BYTES
  for (
    let lane = nextLane(link);
    hasRoom(pace, lane) && waitingBytes(outbox, lane) > 0;
    lane = nextLane(link)
  ) {
    send(link, takeRecord(outbox, lane, maxPayloadBytes), outputs)
  }
  const blocked = nextLane(link)
  const isFull = !hasRoom(pace, blocked)
  if (waitingBytes(outbox, blocked) === 0 && link.feeder === 'waiting' && !isFull) {
    link.feeder = 'asked'
    outputs.push({ type: 'hungry' })
  }
  const isWanted = waitingBytes(outbox, blocked) > 0 || link.feeder === 'waiting'
  if (isFull && isWanted) outputs.push({ type: 'wakeBelow', bytes: wakeThreshold(pace, blocked) })
}

function nextLane({ outbox }: OpenLink): Lane {
  return waitingBytes(outbox, 'live') > 0 ? 'live' : 'bulk'
}

function send(link: OpenLink, record: LinkRecord, outputs: LinkOutput[]): void {
  if (isRekeyDue(link.sending, link.now)) seal(link, { kind: 'rekey' }, outputs)
  seal(link, record, outputs)
}

function seal(link: OpenLink, record: LinkRecord, outputs: LinkOutput[]): void {
  const bytes = sealRecord(link.crypto, link.sending, record, link.now)
  assert(bytes.length <= link.pace.recordBytes, "a record fits in one of the channel's messages")
  handedOver(link.pace, bytes.length)
  link.heartbeat.sentAt = link.now
  outputs.push({ type: 'send', bytes })
}

/** A tick is wished for only when it is needed earlier than the one that was: a busy link sets few timers. */
function askToWake(link: OpenLink, outputs: LinkOutput[]): void {
  const at = Math.min(nextBeat(link.heartbeat), stallsAt(link.assembly))
  if (at >= link.wakeAt) return
  link.wakeAt = at
  outputs.push({ type: 'wake', at })
}

function wipe(link: OpenLink): void {
  wipeDirection(link.sending)
  wipeDirection(link.receiving)
}
