/** Fresh IndexedDB stores for rules, each in a database of its own that is gone afterwards. */
import { deleteDB } from 'idb'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { openIndexedDbStore } from '../../src/storage/indexeddb.ts'
import type { SessionStore, Store } from '../../src/storage/port.ts'
import type { Rule } from '../e2e/suite.ts'
import type { StoreUnderTest } from './storage.ts'

/** Rules about passphrases would take a quarter of a second for each otherwise. */
const CHEAP = { memoryKiB: 8, passes: 1 }

let made = 0

export function newDatabaseName(): string {
  made += 1
  return `rule-${made}`
}

export async function openDisk(name: string): Promise<Store> {
  return openIndexedDbStore({ name, crypto: await loadCrypto(), passphraseCost: CHEAP })
}

/** For `storageContract`. */
export async function makeDisk(): Promise<StoreUnderTest> {
  const name = newDatabaseName()
  let store = await openDisk(name)
  return {
    store,
    reopen: async () => {
      await store.close()
      store = await openDisk(name)
      return store
    },
    dispose: async () => {
      await store.close()
      await deleteDB(name)
    },
  }
}

/** What a rule about one session on a disk works with. */
export interface Disk {
  readonly name: string
  readonly store: Store
  readonly session: SessionStore
  /** Another store over the same database, closed with the rule. */
  readonly another: () => Promise<Store>
}

/** Rules by their sentence, each with a database and a session of its own. */
export function diskRules(rules: Readonly<Record<string, (disk: Disk) => Promise<void>>>): readonly Rule[] {
  return Object.entries(rules).map(([sentence, perform]) => ({
    name: `IndexedDB: ${sentence}`,
    run: async () => {
      const name = newDatabaseName()
      const stores = [await openDisk(name)]
      const another = async (): Promise<Store> => {
        const store = await openDisk(name)
        stores.push(store)
        return store
      }
      try {
        const store = stores[0] as Store
        await perform({ name, store, session: await store.create(), another })
      } finally {
        for (const store of stores) await store.close()
        await deleteDB(name)
      }
    },
  }))
}
