/** What a simulated disk holds of the log, read past the session above it. */
import { decodeBase, entryKey, type StoredBase } from '../../src/session/stored.ts'
import type { LocalId } from '../../src/storage/port.ts'
import type { Entry } from '../../src/wire/entry.ts'
import { type ChainId, chainOf } from '../../src/wire/heads.ts'
import type { SimDisk } from './disk.ts'

const NOTHING = new Uint8Array(0)

/** What the log on the disk starts from. */
export function baseOnDisk(disk: SimDisk, localId: LocalId): StoredBase | undefined {
  const base = decodeBase(disk.row(localId, 'blobs', 'base') ?? NOTHING)
  return base.ok ? base.value : undefined
}

/** Per chain how far it can be read without a hole. */
export function heldOnDisk(disk: SimDisk): Map<ChainId, number> {
  const held = new Map<ChainId, number>()
  for (const [localId, { tables }] of disk.sessions) {
    for (const head of baseOnDisk(disk, localId)?.heads ?? []) held.set(chainOf(head), head.seq)
    for (const key of [...(tables.get('entries')?.keys() ?? [])].sort()) {
      const [chain = '', seq = ''] = key.split('/')
      const before = held.get(chain as ChainId) ?? 0
      if (Number.parseInt(seq, 16) === before + 1) held.set(chain as ChainId, before + 1)
    }
  }
  return held
}

/** As a row of its own, or in the base the log on the disk starts from. */
export function isOnDisk(disk: SimDisk, localId: LocalId, entry: Entry): boolean {
  if (disk.row(localId, 'entries', entryKey(entry)) !== undefined) return true
  const heads = baseOnDisk(disk, localId)?.heads ?? []
  return heads.some((head) => chainOf(head) === chainOf(entry) && head.seq >= entry.seq)
}
