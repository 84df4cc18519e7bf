/**
 * Bodies too large for an entry, on their way: our checkpoint handed to who lacks what only it covers, and the
 * one blob we wait for ourselves, fetched piece by piece from one peer after the other. What a checkpoint is
 * worth is for the replica to say.
 *
 * Invariant: at most one blob is fetched at a time, from at most one peer, and none is asked for twice in a row.
 */
import type { BlobId, InstanceId } from '../base/ids.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { GossipInput, GossipState } from '../protocol/gossip-state.ts'
import { pieceCount, sealPiece } from '../wire/blob.ts'
import type { BlobReference } from '../wire/checkpoint.ts'
import type { Message } from '../wire/message.ts'
import { violation } from '../wire/violation.ts'
import type { MeshPeer } from './mesh-peer.ts'
import type { ServedCheckpoint } from './own-checkpoints.ts'
import type { Replica } from './replica.ts'

export interface BlobsParts {
  readonly crypto: Crypto
  readonly replica: Replica
  readonly gossip: GossipState
  readonly peers: ReadonlyMap<InstanceId, MeshPeer>
  readonly step: (input: GossipInput) => void
  readonly changed: () => void
}

/** Pieces we are handing over, pulled as the bulk lane has room. */
interface Serving {
  readonly checkpoint: ServedCheckpoint
  next: number
}

interface Fetch {
  readonly reference: BlobReference
  from: InstanceId | undefined
  /** Who said not to have it. */
  readonly without: Set<InstanceId>
  readonly pieces: (Uint8Array | undefined)[]
  missing: number
}

export class Blobs {
  readonly #parts: BlobsParts
  readonly #serving = new Map<MeshPeer, Serving>()
  readonly #corrected = new WeakSet<MeshPeer>()
  #fetch: Fetch | undefined

  constructor(parts: BlobsParts) {
    this.#parts = parts
  }

  get isFetching(): boolean {
    return this.#fetch !== undefined
  }

  /** Bytes of the blob that are still to come. */
  get bytesLeft(): number {
    if (this.#fetch === undefined) return 0
    return (this.#fetch.missing / this.#fetch.pieces.length) * this.#fetch.reference.size
  }

  linked(peer: MeshPeer): void {
    this.#fetch?.without.delete(peer.link.remote)
    if (this.#fetch?.from === undefined) this.#fetchFromAnybody()
  }

  unlinked(peer: MeshPeer): void {
    this.#serving.delete(peer)
    if (this.#fetch?.from === peer.link.remote) this.#fetchFromAnybody()
  }

  // Out --------------------------------------------------------------------------------------------------------

  /** Gives our own checkpoint to a peer that believes another; once a link. */
  correct(to: InstanceId): void {
    const peer = this.#parts.peers.get(to)
    if (peer === undefined || this.#corrected.has(peer)) return
    this.#corrected.add(peer)
    this.serveCheckpoint(to)
  }

  serveCheckpoint(to: InstanceId): void {
    const { peers, replica, gossip, step } = this.#parts
    const peer = peers.get(to)
    const served = replica.checkpoints.toServe()
    if (peer === undefined) return
    if (served === undefined) return step({ type: 'cannot-serve', link: to })
    peer.link.send({ type: 'sending', bytes: served.plain.length + 1 })
    // before the entry is handed over: an idle lane is hungry again within that call
    this.#serving.set(peer, { checkpoint: served, next: 0 })
    const gossipLink = gossip.links.get(to)
    if (gossipLink !== undefined) gossipLink.entriesSent++
    peer.link.sendEntries([served.entry], 'bulk')
  }

  serve(peer: MeshPeer, blob: BlobId, from: number): void {
    const served = this.#parts.replica.checkpoints.withBlob(blob)
    if (served === undefined) return peer.link.send({ type: 'blob-missing', blob })
    const serving = this.#serving.get(peer)
    // already on its way, unless it starts anew after a fault
    if (serving?.checkpoint === served && from <= serving.next) return
    this.#serving.set(peer, { checkpoint: served, next: from })
    if (peer.link.queuedBytes() === 0) this.hungry(peer)
  }

  /** The link's bulk lane has room: for the next piece, else for entries. */
  hungry(peer: MeshPeer): void {
    const { crypto, step } = this.#parts
    const serving = this.#serving.get(peer)
    const link = peer.link.remote
    if (serving === undefined) return step({ type: 'hungry', link })
    const { checkpoint, plain } = serving.checkpoint
    if (checkpoint.state.kind === 'inline' || serving.next >= pieceCount(plain.length)) {
      this.#serving.delete(peer)
      step({ type: 'checkpoint-sent', link, heads: checkpoint.heads })
      return
    }
    const { blob, key } = checkpoint.state.reference
    const index = serving.next++
    const piece = sealPiece(crypto, key, plain, index)
    peer.link.send({ type: 'blob-piece', blob, index, piece }, 'bulk')
  }

  // In ---------------------------------------------------------------------------------------------------------

  want(reference: BlobReference, from: InstanceId | undefined): void {
    if (this.#fetch?.reference.blob !== reference.blob) {
      const pieces = Array.from({ length: pieceCount(reference.size) }, () => undefined)
      this.#fetch = { reference, from: undefined, without: new Set(), pieces, missing: pieces.length }
    }
    if (from === undefined) return this.#fetchFromAnybody()
    this.#fetch?.without.delete(from)
    this.#fetchFrom(from)
  }

  missing(from: InstanceId, blob: BlobId): void {
    if (this.#fetch?.reference.blob !== blob) return
    this.#fetch.without.add(from)
    this.#fetchFromAnybody()
  }

  /** What came one by one meanwhile may be all that the blob would bring. */
  dropInVain(): void {
    if (this.#fetch !== undefined && this.#parts.replica.awaitsBlob?.blob !== this.#fetch.reference.blob)
      this.#fetch = undefined
  }

  pieceCame(peer: MeshPeer, message: Extract<Message, { type: 'blob-piece' }>): void {
    const fetch = this.#fetch
    if (
      fetch?.reference.blob !== message.blob ||
      fetch.pieces[message.index] !== undefined ||
      message.index >= fetch.pieces.length
    )
      return
    const { step, gossip } = this.#parts
    step({ type: 'piece-came', link: peer.link.remote, bytes: message.piece.length, now: gossip.now })
    fetch.pieces[message.index] = message.piece.slice()
    fetch.missing--
    if (fetch.missing === 0) this.#complete(peer, fetch)
    this.#parts.changed()
  }

  /** From whoever has not said to be without it; when nobody is left, from the next who links. */
  #fetchFromAnybody(): void {
    const without = this.#fetch?.without
    this.#fetchFrom([...this.#parts.peers.keys()].find((id) => without?.has(id) === false))
  }

  #fetchFrom(from: InstanceId | undefined): void {
    const fetch = this.#fetch
    if (fetch === undefined) return
    fetch.from = from
    const peer = from === undefined ? undefined : this.#parts.peers.get(from)
    const next = fetch.pieces.indexOf(undefined)
    peer?.link.send({ type: 'blob-want', blob: fetch.reference.blob, from: Math.max(0, next) })
  }

  #complete(peer: MeshPeer, fetch: Fetch): void {
    this.#fetch = undefined
    const pieces = fetch.pieces.filter((piece) => piece !== undefined)
    if (!this.#parts.replica.blobArrived(pieces))
      peer.link.close(violation('forged', 'a blob that is not what its name says'))
  }
}
