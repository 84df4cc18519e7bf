/**
 * What the two ends of a dial send each other until the channel is open, as bytes: the offer or the
 * answer, then candidates one by one as they are found. Opaque to everybody but the adapter; the
 * session seals it.
 *
 * Dial signal = kind u8 (1 offer, 2 answer, 3 candidate) | text: SDP or candidate |
 *               for a candidate: mid as text | section number u8
 */
import { unreachable } from '../base/assert.ts'
import { decode, Malformed, type Reader, Writer } from '../base/codec.ts'
import {
  inspectDescription,
  isCandidate,
  MAX_CANDIDATE_CHARACTERS,
  MAX_DESCRIPTION_CHARACTERS,
} from './description.ts'

export type DialSignal =
  | { readonly kind: 'offer' | 'answer'; readonly sdp: string; readonly fingerprint: Uint8Array }
  | { readonly kind: 'candidate'; readonly candidate: string; readonly mid: string; readonly section: number }

const KINDS = { offer: 1, answer: 2, candidate: 3 } as const
/** Platforms write "0" or "data". */
const MAX_MID_BYTES = 32

export function encodeDescription(kind: 'offer' | 'answer', sdp: string): Uint8Array {
  return new Writer().u8(KINDS[kind]).text(sdp).finish()
}

export function encodeCandidate(candidate: string, mid: string, section: number): Uint8Array {
  return new Writer().u8(KINDS.candidate).text(candidate).text(mid).u8(section).finish()
}

/** The signal, inspected; or why it may not reach the platform. */
export function decodeDialSignal(bytes: Uint8Array): DialSignal | string {
  const decoded = decode(bytes, read)
  return decoded.ok ? decoded.value : decoded.reason
}

function read(reader: Reader): DialSignal {
  const kind = kindOf(reader.u8())
  switch (kind) {
    case 'offer':
    case 'answer': {
      const sdp = reader.text(MAX_DESCRIPTION_CHARACTERS)
      const inspected = inspectDescription(sdp)
      if (!inspected.sound) throw new Malformed(inspected.detail)
      return { kind, sdp, fingerprint: inspected.fingerprint }
    }
    case 'candidate': {
      const candidate = reader.text(MAX_CANDIDATE_CHARACTERS)
      if (!isCandidate(candidate)) throw new Malformed('no candidate')
      const mid = reader.text(MAX_MID_BYTES)
      if (!/^[\x21-\x7e]*$/.test(mid)) throw new Malformed('no section name')
      return { kind, candidate, mid, section: reader.u8() }
    }
    default:
      return unreachable(kind)
  }
}

function kindOf(number: number): keyof typeof KINDS {
  if (number === KINDS.offer) return 'offer'
  if (number === KINDS.answer) return 'answer'
  if (number === KINDS.candidate) return 'candidate'
  throw new Malformed('neither description nor candidate')
}
