/** Chains of entries with ids and places a test chooses; nothing of them is signed, sealed or read. */
import { type EntryId, idOf, type WriterId } from '../../src/base/ids.ts'
import { type Chain, emptyChain, extend, type HeldEntry } from '../../src/protocol/chain.ts'
import { type Entry, NO_ENTRY } from '../../src/wire/entry.ts'
import { ben, session } from './log-fixture.ts'

const PLACE = { device: ben.device, writer: idOf<WriterId>(new Uint8Array(8).fill(1)) }

/** Ids in the order of their numbers. */
export const id = (n: number): EntryId => n.toString(16).padStart(64, '0') as EntryId

export function entry(seq: number, own: EntryId, prev: EntryId, bytes = 0): Entry {
  return {
    ...{ ...PLACE, session, seq, prev, id: own, kind: 'edit', rosterSeq: 3 },
    ...{ ciphertext: new Uint8Array(bytes), signature: new Uint8Array(64) },
  }
}

/** An edit of one clock, the one of its place. */
export function heldEdit(it: Entry): HeldEntry {
  const inspection = { clock: it.seq - 1, end: it.seq, needs: [], ownNeed: 0 }
  return { entry: it, authoredAt: 0, body: new Uint8Array(0), inspection }
}

/** Holds entries of ids 1, 2, … in the places 1, 2, …; so many of them are covered by a checkpoint. */
export function chainOf(count: number, base = 0): Chain {
  const chain = emptyChain(PLACE, 7)
  if (base > 0) Object.assign(chain, { base, baseId: id(base), applied: base })
  for (let seq = base + 1; seq <= count; seq++) extend(chain, heldEdit(entryAtPlace(seq)))
  return chain
}

export function entryAtPlace(seq: number): Entry {
  return entry(seq, id(seq), seq === 1 ? NO_ENTRY : id(seq - 1), 100 * seq)
}
