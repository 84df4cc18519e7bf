/**
 * One writer's chain as this peer holds it: unbroken from `base` to `held`. What lies at or below
 * `base` is covered by a checkpoint and no longer here.
 *
 * Invariants: base <= applied <= held; entries[i].seq === base + 1 + i; entries beyond `ended` never come back.
 */
import { assert } from '../base/assert.ts'
import type { DeviceId, EntryId, WriterId } from '../base/ids.ts'
import type { Adopted } from '../wire/adoption.ts'
import { type Entry, NO_ENTRY, sizeOfEntry } from '../wire/entry.ts'
import { type ChainId, chainOf, type Head } from '../wire/heads.ts'
import type { Inspection } from './evaluation.ts'

/** Why no entry of this writer after `held` will ever count. */
export type ChainEnd = 'refused' | 'void'

/** An entry that is held, with what was read out of it when it came. */
export interface HeldEntry {
  readonly entry: Entry
  readonly authoredAt: number
  readonly body: Uint8Array
  /** Only of edits. */
  readonly inspection: Inspection | undefined
  /** Only of adoptions: what its author vouches for. */
  readonly adopted?: readonly Adopted[] | undefined
}

/** The lowest place at which two entries of a chain are known. */
export interface Fork {
  readonly seq: number
  /** The two with the smallest ids, that of `winner` the smallest. */
  readonly winner: Entry
  readonly loser: Entry
  /** 'earlier': what the two follow differs too, so which branch survives is decided below. */
  readonly parts: 'here' | 'earlier'
}

export interface Chain {
  readonly id: ChainId
  readonly device: DeviceId
  readonly writer: WriterId
  readonly clientID: number
  base: number
  baseId: EntryId
  /** rosterSeq of the entry at `base`; 0 where a checkpoint of others brought it, which does not say. */
  baseRosterSeq: number
  entries: HeldEntry[]
  applied: number
  /** The Yjs clock the next edit must begin with, after all held (parked ones too). */
  heldClock: number
  /** The same after all applied. */
  appliedClock: number
  /** rosterSeq never falls along a chain. */
  rosterSeq: number
  ended: ChainEnd | undefined
  /** Its writer contradicted itself (forks.ts). */
  fork: Fork | undefined
  /** Of the branch that survives: takes the place of the held entry of its seq, once the document is without that. */
  successor: Entry | undefined
  /** Other writers with the same clientID, one of which keeps it (collisions.ts). */
  rivals: readonly Chain[]
  /** Another one keeps it: nothing of this one counts. */
  isShadowed: boolean
  /** What others vouched for that is of another branch than the one held, as far as is known. */
  disregarded: Adopted[]
  /** Entries beyond wait, as if something they need were missing (validity.ts). */
  validTo: number
  /** rosterSeq of its first entry, where that was ever here. */
  beganAt: number | undefined
  /** Where a Restart ends it for good (restarting.ts). */
  closedAt: number
  /** How far others vouch for it, where it is cut. */
  adoptedTo: number
  /** How far this device is about to vouch for it. */
  meantTo: number
  /** The place in the roster of the checkpoint that vouches for the base. */
  vouchedAt: number
  /** Bytes of held entries that are not applied yet. */
  parkedBytes: number
}

export function emptyChain(place: { device: DeviceId; writer: WriterId }, clientID: number): Chain {
  return {
    id: chainOf(place),
    device: place.device,
    writer: place.writer,
    clientID,
    base: 0,
    baseId: NO_ENTRY,
    baseRosterSeq: 0,
    entries: [],
    applied: 0,
    heldClock: 0,
    appliedClock: 0,
    rosterSeq: 0,
    ended: undefined,
    fork: undefined,
    successor: undefined,
    rivals: [],
    isShadowed: false,
    disregarded: [],
    validTo: Number.POSITIVE_INFINITY,
    beganAt: undefined,
    closedAt: Number.POSITIVE_INFINITY,
    adoptedTo: 0,
    meantTo: 0,
    vouchedAt: 0,
    parkedBytes: 0,
  }
}

export function heldSeq(chain: Chain): number {
  return chain.base + chain.entries.length
}

export function heldId(chain: Chain): EntryId {
  return chain.entries.at(-1)?.entry.id ?? chain.baseId
}

/** Of the entry there; `undefined` outside of what is held in memory, but for the place up to which a checkpoint covers it. */
export function idAt(chain: Chain, seq: number): EntryId | undefined {
  return seq === chain.base ? chain.baseId : entryAt(chain, seq)?.entry.id
}

/** `undefined` outside of what is held in memory. */
export function entryAt(chain: Chain, seq: number): HeldEntry | undefined {
  return chain.entries[seq - chain.base - 1]
}

export function headOf(chain: Chain): Head {
  const { device, writer, applied } = chain
  return {
    device,
    writer,
    held: heldSeq(chain),
    heldId: heldId(chain),
    applied,
    ended: chain.ended !== undefined,
  }
}

/** Adds the next entry. */
export function extend(chain: Chain, held: HeldEntry): void {
  assert(held.entry.seq === heldSeq(chain) + 1, 'a chain grows by its next entry')
  chain.entries.push(held)
  chain.rosterSeq = held.entry.rosterSeq
  if (held.entry.seq === 1) chain.beganAt = held.entry.rosterSeq
  if (held.inspection !== undefined) chain.heldClock = held.inspection.end
}

/** Takes the entries from `seq` on off the chain and gives them back. */
export function cutFrom(chain: Chain, seq: number): HeldEntry[] {
  assert(seq > chain.applied, 'what is applied is not cut off here')
  const dropped = chain.entries.splice(seq - chain.base - 1)
  chain.heldClock = chain.entries.findLast((held) => held.inspection)?.inspection?.end ?? chain.appliedClock
  chain.rosterSeq = chain.entries.at(-1)?.entry.rosterSeq ?? chain.baseRosterSeq
  countParked(chain)
  return dropped
}

/** Takes what is of a branch that does not survive off the chain, as far as it is not applied (any more). */
export function withoutLost(chain: Chain): HeldEntry[] {
  const { successor } = chain
  if (successor === undefined || chain.applied >= successor.seq || heldSeq(chain) < successor.seq) return []
  chain.ended = undefined
  return cutFrom(chain, successor.seq)
}

/** Counts anew what is held and not applied. */
export function countParked(chain: Chain): void {
  const parked = chain.entries.slice(chain.applied - chain.base)
  chain.parkedBytes = parked.reduce((sum, held) => sum + sizeOfEntry(held.entry), 0)
}

/** Ends the chain just before `seq` for good and gives back what falls off. */
export function endBefore(chain: Chain, seq: number, because: ChainEnd): HeldEntry[] {
  chain.ended = because
  return cutFrom(chain, seq)
}
