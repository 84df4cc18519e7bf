/**
 * Names of things. On the wire an id is raw bytes; in memory it is lower-case hexadecimal, so that
 * it can be a key of a Map and is ordered like its bytes. The brands keep one kind from passing for another.
 */
import { fromHex, toHex } from './bytes.ts'

type Id<Kind extends string> = string & { readonly kind: Kind }

/** BLAKE2b-128 of the root public key, 16 bytes. */
export type SessionId = Id<'session'>
/** BLAKE2b-128 of signPk and dhPk, 16 bytes. */
export type DeviceId = Id<'device'>
/** Random, 8 bytes: one run of one device. */
export type WriterId = Id<'writer'>
/** Random, 8 bytes: one page load or process, as links see it. */
export type InstanceId = Id<'instance'>
/** BLAKE2b-256 of an entry's header and ciphertext, 32 bytes. */
export type EntryId = Id<'entry'>
/** BLAKE2b-256 of a blob's ciphertext, 32 bytes. */
export type BlobId = Id<'blob'>
/** Ed25519 public key of an invite, 32 bytes. */
export type InviteId = Id<'invite'>
/** BLAKE2b-256 of a roster record without its signature, 32 bytes. */
export type RecordId = Id<'record'>
/** BLAKE2b-128 of an encoded Join, 16 bytes. */
export type JoinId = Id<'join'>
/** Ed25519 public key under which signaling groups sockets, 32 bytes. */
export type TopicId = Id<'topic'>

export const ID_BYTES = {
  session: 16,
  device: 16,
  writer: 8,
  instance: 8,
  entry: 32,
  blob: 32,
  invite: 32,
  record: 32,
  join: 16,
  topic: 32,
} as const

/** The id that these raw bytes spell. */
export function idOf<T extends Id<string>>(bytes: Uint8Array): T {
  return toHex(bytes) as T
}

/** The raw bytes of an id. */
export function idBytes(id: Id<string>): Uint8Array {
  return fromHex(id)
}
