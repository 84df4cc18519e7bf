/**
 * What two people compare aloud: seven emoji that both screens show when, and only when, nobody stands between them.
 * Commit-reveal: who commits cannot choose its half after seeing the other's. Not here: who speaks when
 * (protocol/verification.ts), the pictures (emoji.ts).
 *
 * SAS = the first 42 bits of KDF(handshake hash, "sas", rA | rB | certificate A | certificate B, 16), six at a time.
 */
import { assert } from '../base/assert.ts'
import { concat, toUtf8 } from '../base/bytes.ts'
import type { Crypto } from './crypto.ts'

/** Random, one for each side and verification. */
export const SAS_NONCE_BYTES = 32
export const SAS_COMMITMENT_BYTES = 32
/** Emoji on each screen: six bits each. A middleman has one try in 2^42. */
export const SAS_LENGTH = 7

/** A: the side that commits. Everything of A comes before what is of B. */
export interface SasSide {
  readonly nonce: Uint8Array
  /** Encoded, as the roster holds it: same bytes on both screens. */
  readonly certificate: Uint8Array
}

const COMMIT_LABEL = toUtf8('coterie/1/sas-commit')

/** Binds the nonce to this link, so that a commitment is worth nothing on another. */
export function sasCommitment(crypto: Crypto, handshakeHash: Uint8Array, nonce: Uint8Array): Uint8Array {
  return crypto.hash(SAS_COMMITMENT_BYTES, COMMIT_LABEL, handshakeHash, nonce)
}

export function keepsCommitment(
  crypto: Crypto,
  handshakeHash: Uint8Array,
  commitment: Uint8Array,
  nonce: Uint8Array,
): boolean {
  return crypto.isSame(commitment, sasCommitment(crypto, handshakeHash, nonce))
}

/** Seven numbers from 0 to 63. */
export function sasOf(
  crypto: Crypto,
  handshakeHash: Uint8Array,
  { committer, answerer }: { readonly committer: SasSide; readonly answerer: SasSide },
): readonly number[] {
  for (const { nonce } of [committer, answerer])
    assert(nonce.length === SAS_NONCE_BYTES, 'a nonce of a verification is 32 bytes long')
  const said = concat(committer.nonce, answerer.nonce, committer.certificate, answerer.certificate)
  const bytes = crypto.kdf(handshakeHash, 'sas', said, 16)
  let bits = 0n
  for (const byte of bytes.subarray(0, 6)) bits = (bits << 8n) | BigInt(byte)
  return Array.from({ length: SAS_LENGTH }, (_, at) => Number((bits >> BigInt(42 - 6 * at)) & 63n))
}
