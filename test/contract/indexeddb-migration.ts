/**
 * Databases of another time: one of format 0, planted here byte by byte as migration.ts describes it, is brought
 * to this format; one from the future is left alone.
 */
import { deleteDB, openDB } from 'idb'
import { concat, equalBytes, toUtf8 } from '../../src/base/bytes.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { newWrappingKey, wrapKey } from '../../src/crypto/wrapping.ts'
import type { LocalId, Store, Table } from '../../src/storage/port.ts'
import { rowKeyOf } from '../../src/storage/rows.ts'
import type { Rule } from '../e2e/suite.ts'
import { claim, claimEqual, claimRejection } from './claims.ts'
import { newDatabaseName, openDisk } from './disk.ts'
import { dump, whilePlatform, withRaw } from './raw-database.ts'
import { put, texts } from './storage.ts'

const READABLE = '00000000000000aa' as LocalId
const UNREADABLE = '00000000000000bb' as LocalId
const ROWS: readonly (readonly [Table, string, string])[] = [
  ['card', 'card', 'the title'],
  ['entries', 'a', 'first'],
  ['entries', 'b', 'second'],
  ['history', 'a', ''],
]

export const migrationRules: readonly Rule[] = Object.entries({
  'a database of format 0 opens with every row': async (name: string) => {
    await plantFormat0(name)
    await withStore(name, async (store) => {
      claimEqual(
        (await store.list()).map(({ localId, card }) => [localId, card && new TextDecoder().decode(card)]),
        [
          [READABLE, 'the title'],
          [UNREADABLE, undefined],
        ],
      )
      const session = await store.open(READABLE)
      claimEqual(session && (await texts(session, 'entries')), ['a=first', 'b=second'])
      claimEqual(session && (await texts(session, 'history')), ['a='])
      await session?.write([put('entries', 'c', 'third')], 'strict')
    })
    claimEqual(await withRaw(name, async (raw) => [raw.version, await raw.get('meta', 'format')]), [2, 1])
  },
  'rows of format 0 could change places, and cannot once they are brought here': async (name: string) => {
    await plantFormat0(name)
    await swapFirstTwo(name)
    await withStore(name, async (store) => {
      const session = await store.open(READABLE)
      claimEqual(session && (await texts(session, 'entries')), ['a=second', 'b=first'])
    })
    await swapFirstTwo(name)
    await withStore(name, async (store) => {
      const session = await store.open(READABLE)
      claimEqual((await session?.read('entries'))?.broken, ['a', 'b'])
    })
  },
  'rows of format 0 that do not open are left as they are, and set aside when read': async (name: string) => {
    await plantFormat0(name)
    const rowKey = rowKeyOf(READABLE, 'entries', 'a')
    await withRaw(name, (raw) => raw.put('rows', new Uint8Array(60), rowKey))
    const unreadable = await rowsOf(name, UNREADABLE)
    await withStore(name, async (store) => {
      const session = await store.open(READABLE)
      const read = await session?.read('entries')
      claimEqual([read?.rows.length, read?.broken], [1, ['a']])
      await claimRejection(store.open(UNREADABLE), 'StorageUnreadable')
    })
    claimEqual(await rowsOf(name, UNREADABLE), unreadable)
  },
  'an upgrade cut off half-way changes nothing, and the next one finishes it': async (name: string) => {
    await plantFormat0(name)
    const before = await rowsOf(name, READABLE)
    const failing = (original: IDBObjectStore['put']): IDBObjectStore['put'] =>
      function (this: IDBObjectStore, value, key) {
        if (key === 'format') throw new DOMException('', 'UnknownError')
        return original.call(this, value, key)
      }
    await whilePlatform('put', failing, async () => {
      await claimRejection(openDisk(name), 'UnknownError')
    })
    claimEqual(await rowsOf(name, READABLE), before)
    await withStore(name, async (store) => {
      const session = await store.open(READABLE)
      claimEqual(session && (await texts(session, 'entries')), ['a=first', 'b=second'])
    })
  },
  'rows of this format survive a lost note of their format': async (name: string) => {
    await withStore(name, async (store) => {
      const session = await store.create()
      await session.write([put('entries', 'k', 'v')], 'strict')
    })
    const before = await dump(name)
    await withRaw(name, (raw) => raw.delete('meta', 'format'))
    await withStore(name, async () => {})
    claim(sameDump(await dump(name), before), 'every row is as it was')
  },
  'a database of a later version is not touched, and the error says to update': async (name: string) => {
    const future = await openDB(name, 3, { upgrade: (raw) => raw.createObjectStore('rows') })
    await future.put('rows', 'from the future', 'row')
    future.close()
    const before = await dump(name)
    claim((await claimRejection(openDisk(name), 'StorageTooNew')).message.includes('update'), 'it says so')
    claim(sameDump(await dump(name), before), 'nothing was touched')
    claimEqual(await withRaw(name, async (raw) => raw.version), 3)
  },
  'rows of a later format are not touched, and the error says to update': async (name: string) => {
    await withStore(name, async (store) => {
      const session = await store.create()
      await session.write([put('entries', 'k', 'v')], 'strict')
    })
    await withRaw(name, async (raw) => {
      await raw.put('meta', 2, 'format')
      await raw.put('rows', 'without a session', rowKeyOf(READABLE, 'entries', 'k'))
    })
    const before = await dump(name)
    claim((await claimRejection(openDisk(name), 'StorageTooNew')).message.includes('update'), 'it says so')
    claim(sameDump(await dump(name), before), 'nothing was touched')
  },
}).map(([sentence, perform]) => ({
  name: `IndexedDB: ${sentence}`,
  run: async () => {
    const name = newDatabaseName()
    try {
      await perform(name)
    } finally {
      await deleteDB(name)
    }
  },
}))

/** Two sessions of format 0, the second wrapped by a key that is gone. */
async function plantFormat0(name: string): Promise<void> {
  const crypto = await loadCrypto()
  const [wrappingKey, lostKey] = [await newWrappingKey(), await newWrappingKey()]
  const sessions = [
    { localId: READABLE, key: wrappingKey, dataKey: crypto.randomBytes(32) },
    { localId: UNREADABLE, key: lostKey, dataKey: crypto.randomBytes(32) },
  ]
  const wrapped = await Promise.all(
    sessions.map(({ localId, key, dataKey }) =>
      wrapKey(key, toUtf8(`coterie/1/data-key/${localId}`), dataKey),
    ),
  )
  const raw = await openDB(name, 1, {
    upgrade: (database) => {
      for (const place of ['wrapping', 'sessions', 'rows']) database.createObjectStore(place)
    },
  })
  await raw.put('wrapping', wrappingKey, 'device')
  for (const [i, { localId, dataKey }] of sessions.entries()) {
    await raw.put('sessions', wrapped[i], localId)
    const rowKey = crypto.kdf(dataKey, 'storage', toUtf8(localId), 32)
    for (const [table, key, text] of ROWS) {
      const nonce = crypto.randomBytes(24)
      const sealed = concat(nonce, crypto.seal(rowKey, nonce, toUtf8(localId), toUtf8(text)))
      await raw.put('rows', sealed, rowKeyOf(localId, table, key))
    }
  }
  raw.close()
}

async function withStore(name: string, work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openDisk(name)
  try {
    await work(store)
  } finally {
    await store.close()
  }
}

async function swapFirstTwo(name: string): Promise<void> {
  const [one, other] = [rowKeyOf(READABLE, 'entries', 'a'), rowKeyOf(READABLE, 'entries', 'b')]
  await withRaw(name, async (raw) => {
    const [first, second] = [await raw.get('rows', one), await raw.get('rows', other)]
    await raw.put('rows', second, one)
    await raw.put('rows', first, other)
  })
}

/** The session's rows, spelled out for comparison. */
async function rowsOf(name: string, localId: LocalId): Promise<string[]> {
  const lying = await dump(name)
  return lying
    .filter(({ place, key }) => place === 'rows' && key.startsWith(localId))
    .map(({ key, value }) => `${key}=${String(value)}`)
}

function sameDump(one: Awaited<ReturnType<typeof dump>>, other: Awaited<ReturnType<typeof dump>>): boolean {
  return (
    one.length === other.length &&
    one.every(({ place, key, value }, i) => {
      const twin = other[i]
      if (twin?.place !== place || twin.key !== key) return false
      if (value instanceof Uint8Array)
        return twin.value instanceof Uint8Array && equalBytes(value, twin.value)
      return value instanceof CryptoKey || value === twin.value
    })
  )
}
