/**
 * What two peers say on an open link to verify each other; protocol/verification.ts says when.
 *
 * message = kind u8 | fields
 * commit (0) = commitment 32 | answer (1), reveal (2) = nonce 32 | differs (3) = nothing
 */
import { unreachable } from '../base/assert.ts'
import { type Decoded, decode, Malformed, type Reader, Writer } from '../base/codec.ts'

export type VerificationMessage =
  | { readonly kind: 'commit'; readonly commitment: Uint8Array }
  | { readonly kind: 'answer' | 'reveal'; readonly nonce: Uint8Array }
  /** The person says that the two screens differ. */
  | { readonly kind: 'differs' }

// A message's number on the wire is its place here; places are never reused.
const KINDS = ['commit', 'answer', 'reveal', 'differs'] as const
const FIELD_BYTES = 32

export function encodeVerification(message: VerificationMessage): Uint8Array {
  const writer = new Writer()
  writeVerification(writer, message)
  return writer.finish()
}

export function writeVerification(writer: Writer, message: VerificationMessage): void {
  writer.u8(KINDS.indexOf(message.kind))
  switch (message.kind) {
    case 'commit':
      writer.fixed(message.commitment)
      return
    case 'answer':
    case 'reveal':
      writer.fixed(message.nonce)
      return
    case 'differs':
      return
    default:
      return unreachable(message)
  }
}

export function decodeVerification(bytes: Uint8Array): Decoded<VerificationMessage> {
  return decode(bytes, readVerification)
}

export function readVerification(reader: Reader): VerificationMessage {
  const kind = KINDS[reader.u8()]
  switch (kind) {
    case 'commit':
      return { kind, commitment: reader.fixed(FIELD_BYTES) }
    case 'answer':
    case 'reveal':
      return { kind, nonce: reader.fixed(FIELD_BYTES) }
    case 'differs':
      return { kind }
    case undefined:
      throw new Malformed('a kind nobody knows')
    default:
      return unreachable(kind)
  }
}
