/**
 * Fragments and ranges packed into updates, each small enough for one entry and fit to be judged alone.
 * Invariants: pieces follow each other without a gap; a piece deletes nothing of its writer that comes later; an
 * item whose neighbour stands in the same piece stands directly beside it, else a new piece begins (neighbours.ts).
 */
import { Writer } from '../base/codec.ts'
import { MAX_DELETE_RANGES, MAX_INLINE_BODY_BYTES, MAX_STRUCTS } from '../wire/limits.ts'
import type { Fragment } from './fragments.ts'
import { areBeside } from './neighbours.ts'
import { structAt } from './placement.ts'
import type { Id } from './struct.ts'
import type { Deletion } from './update.ts'

/** Counts and clientIDs around structs and ranges. */
const FRAME_BYTES = 64
const MAX_PIECE_BYTES = MAX_INLINE_BODY_BYTES - FRAME_BYTES
/** A range in its longest spelling: a clock below 2^50 and a length up to 2^24. */
const RANGE_BYTES = 12
/** A client and its count, in their longest spelling. */
const CLIENT_BYTES = 11

interface Piece {
  readonly fragments: Fragment[]
  readonly deletions: Deletion[]
  bytes: number
}

/** Updates of `client`; `deletions` must be normalized. */
export function packed(
  client: number,
  fragments: Iterable<Fragment>,
  deletions: readonly Deletion[],
): Uint8Array[] {
  const pieces = fill(client, fragments)
  let left = deletions
  for (const piece of pieces) left = addDeletions(piece, client, left)
  while (left.length > 0) {
    const piece = emptyPiece()
    left = addDeletions(piece, client, left)
    pieces.push(piece)
  }
  return pieces.map((piece) => encodePiece(client, piece))
}

function emptyPiece(): Piece {
  return { fragments: [], deletions: [], bytes: 0 }
}

function fill(client: number, fragments: Iterable<Fragment>): Piece[] {
  const pieces: Piece[] = []
  for (const fragment of fragments) {
    let piece = pieces.at(-1)
    if (!piece || !hasRoom(piece, fragment) || !mayFollow(piece, client, fragment)) {
      piece = emptyPiece()
      pieces.push(piece)
    }
    piece.fragments.push(fragment)
    piece.bytes += fragment.bytes.length
  }
  return pieces
}

function hasRoom(piece: Piece, fragment: Fragment): boolean {
  return piece.fragments.length < MAX_STRUCTS && piece.bytes + fragment.bytes.length <= MAX_PIECE_BYTES
}

function mayFollow({ fragments }: Piece, client: number, fragment: Fragment): boolean {
  const inside = (id: Id | undefined): Fragment | undefined =>
    id && id.client === client ? structAt(fragments, id.clock) : undefined
  const left = inside(fragment.origin)
  const right = inside(fragment.rightOrigin)
  return (left === undefined && right === undefined) || areBeside(fragment, left, right)
}

/** Puts in what may stand there and has room; gives back the rest. */
function addDeletions(piece: Piece, client: number, deletions: readonly Deletion[]): Deletion[] {
  const last = piece.fragments.at(-1)
  const end = last ? last.clock + last.length : Number.POSITIVE_INFINITY
  const rest: Deletion[] = []
  for (const deletion of deletions) {
    const isFull =
      piece.deletions.length >= MAX_DELETE_RANGES ||
      piece.bytes + RANGE_BYTES + CLIENT_BYTES > MAX_PIECE_BYTES
    const isLater = deletion.client === client && deletion.clock + deletion.length > end
    if (isFull || isLater) {
      rest.push(deletion)
      continue
    }
    const isNewClient = piece.deletions.at(-1)?.client !== deletion.client
    piece.deletions.push(deletion)
    piece.bytes += RANGE_BYTES + (isNewClient ? CLIENT_BYTES : 0)
  }
  return rest
}

function encodePiece(client: number, { fragments, deletions }: Piece): Uint8Array {
  const writer = new Writer()
  const first = fragments[0]
  if (first) {
    writer.varuint(1).varuint(fragments.length).varuint(client).varuint(first.clock)
    for (const { bytes } of fragments) writer.fixed(bytes)
  } else {
    writer.varuint(0)
  }
  return writer.list(listsByClient(deletions), writeRanges).finish()
}

function listsByClient(deletions: readonly Deletion[]): Deletion[][] {
  const lists: Deletion[][] = []
  for (const deletion of deletions) {
    const list = lists.at(-1)
    if (list?.[0]?.client === deletion.client) list.push(deletion)
    else lists.push([deletion])
  }
  return lists
}

function writeRanges(writer: Writer, ranges: Deletion[]): void {
  writer.varuint(ranges[0]?.client ?? 0)
  writer.list(ranges, (to, { clock, length }) => to.varuint(clock).varuint(length))
}
