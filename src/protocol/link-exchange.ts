/**
 * What one link takes and what it asks for. Types only: the machine is link.ts.
 */
import type { Millis } from '../base/ports.ts'
import type { Lane } from '../wire/record.ts'
import type { Violation } from '../wire/violation.ts'

export type LinkInput =
  | { readonly type: 'received'; readonly bytes: Uint8Array; readonly now: Millis }
  /** One encoded message, which becomes one frame. The array is kept: it must not change any more. */
  | { readonly type: 'queue'; readonly lane: Lane; readonly message: Uint8Array }
  /** The channel's buffer now: after each turn that sent something, and when the channel drained. */
  | { readonly type: 'room'; readonly bufferedBytes: number; readonly now: Millis }
  /** `keeps`: a link that has gone silent is not closed: there is no other way to that peer. */
  | { readonly type: 'tick'; readonly now: Millis; readonly keeps?: boolean }
  /** Asks the other side for a sign of life, now. */
  | { readonly type: 'probe'; readonly within: Millis; readonly now: Millis }

export type CloseReason =
  | Violation
  | { readonly closed: 'dead' | 'handshake-failed' | 'handshake-late'; readonly detail: string }

export type LinkOutput =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** Once: the other side holds the psk and this static key. */
  | {
      readonly type: 'proven'
      readonly remoteStatic: Uint8Array
      readonly payload: Uint8Array
      readonly handshakeHash: Uint8Array
    }
  /** One whole frame from the other side. */
  | { readonly type: 'message'; readonly bytes: Uint8Array; readonly lane: Lane }
  /** The bulk lane is empty and has room: once, until the next message is queued there. */
  | { readonly type: 'hungry' }
  /** Ask the channel for 'drained'. */
  | { readonly type: 'wakeBelow'; readonly bytes: number }
  /** When a tick is wanted; replaces every earlier wish. */
  | { readonly type: 'wake'; readonly at: Millis }
  /** Nothing is heard any more, and the link is kept. */
  | { readonly type: 'silent' }
  /** The silent link speaks again; what it says follows. */
  | { readonly type: 'speaking' }
  /** A ping was answered; the median of the last ten round trips. */
  | { readonly type: 'rtt'; readonly millis: number }
  | { readonly type: 'close'; readonly because: CloseReason }
