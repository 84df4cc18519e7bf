/**
 * The status chip's words: a pure function of the session's status and the time. Exactly one of the texts of
 * eight, never a mixture.
 * Invariants: "not yet shared" only after a change waited a second; alarming only after eight; before anybody
 * has ever joined nothing is alarming, because there is nobody to share with.
 */
import type { SessionStatus } from '../src/index.ts'
import { strings } from './strings.ts'
import { unreachable } from './unreachable.ts'

/** Milliseconds a change may be on its way before the chip speaks of it. */
const SPEAK_AFTER = 1_000
/** Milliseconds after which an unacknowledged change is alarming. */
const ALARM_AFTER = 8_000

/** quiet: nothing to do; busy: something moves; alarm: look here. */
export type StatusTone = 'quiet' | 'good' | 'busy' | 'alarm'

export interface StatusText {
  readonly text: string
  readonly tone: StatusTone
  /** The text or tone changes by itself then (ms since 1970), if nothing else happens. */
  readonly changesAt: number | undefined
}

export interface StatusContext {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Somebody else has been a member, here or not. */
  readonly everShared: boolean
}

export function statusText(status: SessionStatus, context: StatusContext): StatusText {
  const waited = waitedFor(status, context.now)
  switch (status.phase) {
    case 'draft':
      return calm(strings.status.draft)
    case 'waiting':
      return context.everShared ? alone(status, waited, strings.status.waiting) : calm(strings.status.waiting)
    case 'connecting':
      return { ...busy(strings.status.connecting(status.connectingTo)), ...alarmAt(status, waited) }
    case 'syncing':
    case 'synced':
      return together(status, waited)
    case 'offline':
    case 'ended':
      return apart(status, waited)
    default:
      return unreachable(status.phase)
  }
}

/** Milliseconds the oldest unshared change has waited; undefined when all is shared. */
function waitedFor(status: SessionStatus, now: number): number | undefined {
  if (status.unshared === 0 || status.oldestUnsharedAt === undefined) return undefined
  return Math.max(0, now - status.oldestUnsharedAt)
}

function together(status: SessionStatus, waited: number | undefined): StatusText {
  if (status.peers === 0) return alone(status, waited, strings.status.waiting) // only own other tabs
  if (status.phase === 'syncing') {
    return { ...busy(strings.status.syncing(sizeText(status.bytesLeft))), ...alarmAt(status, waited) }
  }
  const settled = { text: strings.status.inSync(status.peers), tone: 'good' } as const
  return unsharedOr(settled, strings.status.unshared(status.unshared), status, waited)
}

/** Online, but nobody of the session is. */
function alone(status: SessionStatus, waited: number | undefined, otherwise: string): StatusText {
  return unsharedOr({ text: otherwise, tone: 'quiet' }, strings.status.onlyYou, status, waited)
}

function apart(status: SessionStatus, waited: number | undefined): StatusText {
  if (status.unsaved === 0) return calm(strings.status.offline)
  return unsharedOr({ text: strings.status.offline, tone: 'quiet' }, strings.status.onlyYou, status, waited)
}

function unsharedOr(
  settled: { readonly text: string; readonly tone: StatusTone },
  text: string,
  status: SessionStatus,
  waited: number | undefined,
): StatusText {
  const since = status.oldestUnsharedAt ?? 0
  if (waited === undefined) return { ...settled, changesAt: undefined }
  if (waited < SPEAK_AFTER) return { ...settled, changesAt: since + SPEAK_AFTER }
  if (waited < ALARM_AFTER) return { text, tone: 'busy', changesAt: since + ALARM_AFTER }
  return { text, tone: 'alarm', changesAt: undefined }
}

function alarmAt(
  status: SessionStatus,
  waited: number | undefined,
): { readonly tone: StatusTone; readonly changesAt: number | undefined } {
  if (waited === undefined) return { tone: 'busy', changesAt: undefined }
  if (waited >= ALARM_AFTER) return { tone: 'alarm', changesAt: undefined }
  return { tone: 'busy', changesAt: (status.oldestUnsharedAt ?? 0) + ALARM_AFTER }
}

function calm(text: string): StatusText {
  return { text, tone: 'quiet', changesAt: undefined }
}

function busy(text: string): StatusText {
  return { text, tone: 'busy', changesAt: undefined }
}

/** 1 KB is 1,000 bytes, as disks and networks count; never "0 KB" while something is left. */
export function sizeText(bytes: number): string {
  const kilobytes = Math.max(1, Math.round(bytes / 1_000))
  return kilobytes < 1_000 ? `${kilobytes} KB` : `${(kilobytes / 1_000).toFixed(1)} MB`
}
