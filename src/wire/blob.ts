/**
 * Blob = a large body, sealed in pieces and addressed by the hash of its ciphertext.
 * piece i = seal(key, counter i, ad = none, plain bytes i * BLOB_PIECE_BYTES and on); the key is used for one blob only.
 * blob id = BLAKE2b-256 of the pieces' hashes in order.
 */
import { concat, EMPTY } from '../base/bytes.ts'
import { type BlobId, ID_BYTES, idOf } from '../base/ids.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { BlobReference } from './checkpoint.ts'
import { BLOB_PIECE_BYTES } from './limits.ts'

const TAG_BYTES = 16

export interface SealedBlob {
  readonly reference: BlobReference
  readonly pieces: readonly Uint8Array[]
}

export function pieceCount(size: number): number {
  return Math.max(1, Math.ceil(size / BLOB_PIECE_BYTES))
}

/** The sealed length of piece `index` of a blob of `size` plain bytes. */
export function pieceLength(size: number, index: number): number {
  return Math.min(BLOB_PIECE_BYTES, size - index * BLOB_PIECE_BYTES) + TAG_BYTES
}

export function sealBlob(crypto: Crypto, plain: Uint8Array): SealedBlob {
  const key = crypto.randomBytes(32)
  const pieces = Array.from({ length: pieceCount(plain.length) }, (_, index) =>
    sealPiece(crypto, key, plain, index),
  )
  return { reference: { blob: blobIdOf(crypto, pieces), size: plain.length, key }, pieces }
}

/** One piece, the same bytes every time: who holds the plain bytes and the key need not keep the pieces. */
export function sealPiece(crypto: Crypto, key: Uint8Array, plain: Uint8Array, index: number): Uint8Array {
  const start = index * BLOB_PIECE_BYTES
  return crypto.sealCounted(key, index, EMPTY, plain.subarray(start, start + BLOB_PIECE_BYTES))
}

export function blobIdOf(crypto: Crypto, pieces: readonly Uint8Array[]): BlobId {
  return idOf<BlobId>(crypto.hash(ID_BYTES.blob, ...pieces.map((piece) => crypto.hash(32, piece))))
}

/** `undefined`: not the bytes the reference names. */
export function openBlob(
  crypto: Crypto,
  reference: BlobReference,
  pieces: readonly Uint8Array[],
): Uint8Array | undefined {
  if (pieces.length !== pieceCount(reference.size)) return undefined
  if (pieces.some((piece, index) => piece.length !== pieceLength(reference.size, index))) return undefined
  if (blobIdOf(crypto, pieces) !== reference.blob) return undefined
  const opened: Uint8Array[] = []
  for (const [index, piece] of pieces.entries()) {
    const plain = crypto.openCounted(reference.key, index, EMPTY, piece)
    if (plain === undefined) return undefined
    opened.push(plain)
  }
  return concat(...opened)
}
