/**
 * head = writer 8 | device 16 | held varuint | held id 32 | applied-below varuint | ended flag
 * Per writer the last seq held (unbroken, verified, stored, parked included) with its id, how far applying
 * lags behind it, and whether the chain has ended for good.
 */
import { Malformed, type Reader, Writer } from '../base/codec.ts'
import { type DeviceId, type EntryId, ID_BYTES, idBytes, idOf, type WriterId } from '../base/ids.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { MAX_SEQ, MAX_WRITERS } from './limits.ts'

/** A writer's id is only its own device's word: a chain is named by both. */
export type ChainId = string & { readonly kind: 'chain' }

export function chainOf(place: { readonly device: DeviceId; readonly writer: WriterId }): ChainId {
  return `${place.device}${place.writer}` as ChainId
}

export interface Head {
  readonly writer: WriterId
  readonly device: DeviceId
  readonly held: number
  readonly heldId: EntryId
  readonly applied: number
  readonly ended: boolean
}

export function writeHead(writer: Writer, head: Head): void {
  writer
    .fixed(idBytes(head.writer))
    .fixed(idBytes(head.device))
    .varuint(head.held)
    .fixed(idBytes(head.heldId))
  writer.varuint(head.held - head.applied).flag(head.ended)
}

export function readHead(reader: Reader): Head {
  const writer = idOf<WriterId>(reader.fixed(ID_BYTES.writer))
  const device = idOf<DeviceId>(reader.fixed(ID_BYTES.device))
  const held = reader.varuint(MAX_SEQ)
  const heldId = idOf<EntryId>(reader.fixed(ID_BYTES.entry))
  const lag = reader.varuint()
  if (held === 0 || lag > held) throw new Malformed('a head that cannot be')
  return { writer, device, held, heldId, applied: held - lag, ended: reader.flag() }
}

export function writeHeads(writer: Writer, heads: readonly Head[]): void {
  writer.list(heads, writeHead)
}

export function readHeads(reader: Reader): Head[] {
  return reader.list(MAX_WRITERS, 59, readHead)
}

/** 16 bytes that are equal when two peers hold and have applied the same; order of the list does not matter. */
export function digestOfHeads(
  crypto: Crypto,
  heads: readonly Head[],
): { held: Uint8Array; applied: Uint8Array } {
  const sorted = [...heads].sort((a, b) => (chainOf(a) < chainOf(b) ? -1 : 1))
  const held = new Writer()
  const applied = new Writer()
  for (const head of sorted) {
    held
      .fixed(idBytes(head.device))
      .fixed(idBytes(head.writer))
      .varuint(head.held)
      .fixed(idBytes(head.heldId))
    if (head.applied > 0)
      applied.fixed(idBytes(head.device)).fixed(idBytes(head.writer)).varuint(head.applied)
  }
  return { held: crypto.hash(16, held.finish()), applied: crypto.hash(16, applied.finish()) }
}
