/**
 * What an SDP must be before the platform may see it (RFC 8866, RFC 8122): one data section, one
 * certificate. Pure text in, verdict out. It is a filter in front of the platform's own parser, so it
 * is stricter than the format: a line it would read otherwise than the platform does is refused.
 *
 * Candidate := "candidate:" and printable ASCII, one line.
 */

/** Real ones are 650 to 780 characters; a signal has 7 KiB in all. */
export const MAX_DESCRIPTION_CHARACTERS = 6 * 1024
/** Real ones are at most 200; TCP candidates with long host names stay below. */
export const MAX_CANDIDATE_CHARACTERS = 512

export type Inspected =
  /** `fingerprint`: SHA-256 of the certificate it names, 32 bytes. */
  | { readonly sound: true; readonly fingerprint: Uint8Array }
  | { readonly sound: false; readonly detail: string }

const LINE = /^[a-z]=[\x20-\x7e]*$/
const FINGERPRINT = /^a=fingerprint:sha-256 ([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31})$/
const DATA_SECTION = /^m=application \d{1,5} (?:UDP|TCP)\/DTLS\/SCTP webrtc-datachannel$/

export function inspectDescription(sdp: string): Inspected {
  if (sdp.length > MAX_DESCRIPTION_CHARACTERS) return refuse('the description is too long')
  const lines = linesOf(sdp)
  if (lines[0] !== 'v=0' || !lines.every((line) => LINE.test(line))) return refuse('no description')
  const sections = lines.filter((line) => line.startsWith('m='))
  if (sections.length !== 1) return refuse('not exactly one section')
  if (!DATA_SECTION.test(sections[0] as string)) return refuse('a section that is not a data channel')
  return onlyFingerprint(lines)
}

/** Whether this is one candidate's line, as it stands in an `RTCIceCandidate`. */
export function isCandidate(candidate: string): boolean {
  return candidate.length <= MAX_CANDIDATE_CHARACTERS && /^candidate:[\x20-\x7e]+$/.test(candidate)
}

/** All lines end alike, with CR LF or with LF; a lone CR stays in its line and makes it no line. */
function linesOf(sdp: string): readonly string[] {
  const lines = sdp.split(sdp.includes('\r\n') ? '\r\n' : '\n')
  if (lines[lines.length - 1] === '') lines.pop()
  return lines
}

function onlyFingerprint(lines: readonly string[]): Inspected {
  // In any spelling: a platform that reads names more loosely than this must not find a second one.
  const naming = lines.filter((line) => /fingerprint/i.test(line))
  const named = new Set<string>()
  for (const line of naming) {
    const match = FINGERPRINT.exec(line)
    if (match === null) return refuse('a fingerprint that is not sha-256')
    named.add((match[1] as string).toUpperCase())
  }
  const [only] = named
  if (only === undefined) return refuse('no fingerprint')
  if (named.size > 1) return refuse('two fingerprints')
  return { sound: true, fingerprint: Uint8Array.from(only.split(':'), (byte) => Number.parseInt(byte, 16)) }
}

function refuse(detail: string): Inspected {
  return { sound: false, detail }
}
