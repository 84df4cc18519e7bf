/** A platform that fails: no space (attack 40), values it cannot read back, connections it takes away. */
import { deleteDB, openDB } from 'idb'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { openIndexedDbStore } from '../../src/storage/indexeddb.ts'
import { rowKeyOf } from '../../src/storage/rows.ts'
import { claim, claimEqual, claimRejection, soon } from './claims.ts'
import { diskRules } from './disk.ts'
import { dump, whilePlatform, withRaw } from './raw-database.ts'
import { put, texts } from './storage.ts'

const full = (): DOMException => new DOMException('', 'QuotaExceededError')

/** Refuses in the call itself. */
const puttingThrows = (original: IDBObjectStore['put']): IDBObjectStore['put'] =>
  function (this: IDBObjectStore, ...args) {
    if (this.name === 'rows') throw full()
    return original.apply(this, args)
  }

/** Refuses when the transaction is to be committed, as browsers do. */
const puttingAborts = (original: IDBObjectStore['put']): IDBObjectStore['put'] =>
  function (this: IDBObjectStore, ...args) {
    const request = original.apply(this, args)
    Object.defineProperty(this.transaction, 'error', { value: full() })
    request.addEventListener('success', () => this.transaction.abort(), { once: true })
    return request
  }

export const failureRules = diskRules({
  'a write that finds no space rejects with StorageFull, writes nothing, and the next one works': async (
    disk,
  ) => {
    const { session } = disk
    await session.write([put('entries', 'before', '')], 'strict')
    for (const failing of [puttingThrows, puttingAborts]) {
      await whilePlatform('put', failing, async () => {
        const error = await claimRejection(
          session.write([put('entries', 'lost', '')], 'relaxed'),
          'StorageFull',
        )
        claim(error.message.includes('Free some space'), 'the message holds the remedy')
      })
    }
    await session.write([put('entries', 'later', '')], 'strict')
    claimEqual(await texts(session, 'entries'), ['before=', 'later='])
  },
  'every write of many at once hears that there is no space': async ({ session }) => {
    await whilePlatform('put', puttingAborts, async () => {
      const writes = Array.from({ length: 50 }, (_, i) =>
        session.write([put('entries', `${i}`, '')], 'relaxed'),
      )
      const outcomes = await Promise.allSettled(writes)
      claim(
        outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason.name === 'StorageFull'),
        'all fifty rejected with StorageFull',
      )
    })
    claimEqual(await texts(session, 'entries'), [])
  },
  'a write of which one change fails leaves none of them': async ({ session }) => {
    await session.write([put('entries', 'deleted', ''), put('entries', 'replaced', 'old')], 'relaxed')
    const failingLater = (original: IDBObjectStore['put']): IDBObjectStore['put'] =>
      function (this: IDBObjectStore, value, key) {
        if (String(key).endsWith('fails')) throw full()
        return original.call(this, value, key)
      }
    await whilePlatform('put', failingLater, async () => {
      const changes = [
        { delete: 'entries' as const, key: 'deleted' },
        put('entries', 'replaced', 'new'),
        put('entries', 'fails', ''),
      ]
      await claimRejection(session.write(changes, 'strict'), 'StorageFull')
    })
    claimEqual(await texts(session, 'entries'), ['deleted=', 'replaced=old'])
  },
  'a write that fits is kept although another of its batch does not': async ({ session }) => {
    const failingLarge = (original: IDBObjectStore['put']): IDBObjectStore['put'] =>
      function (this: IDBObjectStore, value, key) {
        if (value.length > 1_000) throw full()
        return original.call(this, value, key)
      }
    await whilePlatform('put', failingLarge, async () => {
      const writes = ['a', 'b', 'x'.repeat(2_000), 'c'].map((text, i) =>
        session.write([put('entries', `${i}`, text)], 'relaxed'),
      )
      const outcomes = await Promise.allSettled(writes)
      claimEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
      )
    })
    claimEqual(await texts(session, 'entries'), ['0=a', '1=b', '3=c'])
  },
  'a broken row that cannot be set aside for want of space keeps nothing from being read': async (disk) => {
    const { name, session } = disk
    await session.write([put('entries', 'broken', ''), put('entries', 'sound', '')], 'relaxed')
    await withRaw(name, (raw) => raw.put('rows', 'nonsense', rowKeyOf(session.localId, 'entries', 'broken')))
    const failing = (): IDBObjectStore['put'] => () => {
      throw full()
    }
    await whilePlatform('put', failing, async () => {
      const { rows, broken } = await session.read('entries')
      claimEqual([rows.length, broken], [1, ['broken']])
    })
    claimEqual((await session.read('entries')).broken, ['broken'])
  },
  'a value that the browser cannot read back is one broken row': async ({ session }) => {
    await session.write([put('blobs', 'a', '1'), put('blobs', 'b', '2'), put('blobs', 'c', '3')], 'relaxed')
    const unreadable = (): DOMException => new DOMException('', 'NotReadableError')
    const failingAll = (): IDBObjectStore['getAll'] => () => {
      throw unreadable()
    }
    const failingOne = (original: IDBObjectStore['get']): IDBObjectStore['get'] =>
      function (this: IDBObjectStore, key) {
        if (String(key).endsWith('b')) throw unreadable()
        return original.call(this, key)
      }
    await whilePlatform('getAll', failingAll, () =>
      whilePlatform('get', failingOne, async () => {
        const { rows, broken } = await session.read('blobs')
        claimEqual([rows.map(({ key }) => key), broken], [['a', 'c'], ['b']])
      }),
    )
    claimEqual(await texts(session, 'blobs'), ['a=1', 'b=2', 'c=3'])
  },
  'a store gives way to a tab that upgrades the database, and then says that it is too old': async (disk) => {
    const { name, session } = disk
    await session.write([put('entries', 'k', '')], 'strict')
    const newer = await soon(openDB(name, 99), 'upgrading beside an open store')
    newer.close()
    await claimRejection(session.write([put('entries', 'l', '')], 'strict'), 'StorageTooNew')
  },
  'a store gives way to a tab that deletes the database, and its sessions are forgotten': async (disk) => {
    const { name, store, session } = disk
    await soon(deleteDB(name), 'deleting beside an open store')
    await claimRejection(session.write([put('entries', 'k', '')], 'strict'), 'SessionForgotten')
    claimEqual(await store.list(), [])
    const fresh = await store.create()
    await fresh.write([put('entries', 'k', 'v')], 'strict')
    claimEqual(await texts(fresh, 'entries'), ['k=v'])
  },
  'an upgrade that a tab with older code blocks is told of, and goes on when that tab is gone': async () => {
    const name = 'rule-blocked'
    const older = await openDB(name, 1, {
      upgrade: (raw) => {
        for (const place of ['wrapping', 'sessions', 'rows']) raw.createObjectStore(place)
      },
    })
    const crypto = await loadCrypto()
    const store = await soon(
      openIndexedDbStore({ name, crypto, whenBlocked: () => older.close() }),
      'opening beside older code',
    )
    claimEqual(await store.list(), [])
    await store.close()
    await deleteDB(name)
  },
  'a connection that the browser takes away is opened again': async ({ session }) => {
    await session.write([put('entries', 'before', '')], 'strict')
    let taken: IDBDatabase | undefined
    const takeFirst = (database: IDBDatabase): void => {
      taken ??= database
      if (taken === database) database.close()
    }
    await whileTransactions(takeFirst, () => session.write([put('entries', 'later', '')], 'strict'))
    claimEqual(await texts(session, 'entries'), ['before=', 'later='])
  },
  'a write is as durable as its caller asks': async ({ session }) => {
    const asked: unknown[] = []
    const note = (_: IDBDatabase, options?: IDBTransactionOptions) => asked.push(options?.durability)
    await whileTransactions(note, async () => {
      await session.write([put('roster', 'k', '')], 'strict')
      await session.write([put('entries', 'k', '')], 'relaxed')
    })
    claimEqual(asked, ['strict', 'relaxed'])
  },
  'what a crash left of a forgotten session is erased when a store opens, and nothing else': async (disk) => {
    const { name, store, session, another } = disk
    const kept = await store.create()
    for (const each of [session, kept]) {
      await each.write([put('entries', 'k', 'v'), put('blobs', 'broken', '')], 'strict')
      await withRaw(name, (raw) => raw.put('rows', 'nonsense', rowKeyOf(each.localId, 'blobs', 'broken')))
      await each.read('blobs')
    }
    await withRaw(name, (raw) => raw.delete('sessions', session.localId))
    await another()
    const left = (await dump(name)).filter(({ place }) => place === 'rows' || place === 'quarantine')
    claim(
      left.every(({ key }) => key.startsWith(kept.localId)),
      'nothing of the forgotten session is left',
    )
    claimEqual(left.length, 2)
  },
  'forgetting deletes the key before the rows, so that rows left by a crash are unreadable': async (disk) => {
    const { name, store, session } = disk
    await session.write([put('entries', 'k', 'v')], 'strict')
    const failing = (original: IDBObjectStore['delete']): IDBObjectStore['delete'] =>
      function (this: IDBObjectStore, key) {
        if (this.name === 'rows') throw new DOMException('', 'UnknownError')
        return original.call(this, key)
      }
    await whilePlatform('delete', failing, async () => {
      await claimRejection(store.forget(session.localId), 'UnknownError')
    })
    claimEqual((await dump(name)).map(({ place }) => place).sort(), ['meta', 'rows', 'wrapping'])
    claim((await store.open(session.localId)) === undefined, 'the session is gone')
    await store.forget(session.localId)
    claimEqual((await dump(name)).map(({ place }) => place).sort(), ['meta', 'wrapping'])
  },
  'a forgotten session leaves no row, no key and nothing set aside on disk': async (disk) => {
    const { name, store, session } = disk
    await session.write([put('entries', 'k', 'v'), put('blobs', 'broken', '')], 'strict')
    await withRaw(name, (raw) => raw.put('rows', 'nonsense', rowKeyOf(session.localId, 'blobs', 'broken')))
    await session.read('blobs')
    await store.forget(session.localId)
    const left = (await dump(name)).filter(({ key }) => key.includes(session.localId))
    claimEqual(left, [])
  },
})

/** Runs `work` while `before` sees every transaction that is about to start. */
async function whileTransactions(
  before: (database: IDBDatabase, options: IDBTransactionOptions | undefined) => void,
  work: () => Promise<void>,
): Promise<void> {
  const platform = IDBDatabase.prototype.transaction
  IDBDatabase.prototype.transaction = function (places, mode, options) {
    before(this, options)
    return platform.call(this, places, mode, options)
  }
  try {
    await work()
  } finally {
    IDBDatabase.prototype.transaction = platform
  }
}
