/**
 * What every adapter of the storage port must do, as rules that run in Node and in a page alike.
 * Not here: what only a disk can do wrong (indexeddb-*.ts).
 */
import { toUtf8 } from '../../src/base/bytes.ts'
import type { Change, LocalId, SessionStore, Store, Table } from '../../src/storage/port.ts'
import type { Rule } from '../e2e/suite.ts'
import { claim, claimBytes, claimEqual, claimRejection } from './claims.ts'

/** A store for one rule, empty at first. */
export interface StoreUnderTest {
  readonly store: Store
  /** Closes `store` and opens what it left behind. Only where something survives. */
  readonly reopen?: () => Promise<Store>
  readonly dispose: () => Promise<void>
}

type Perform = (store: Store, under: StoreUnderTest) => Promise<void>

const TABLES: readonly Table[] = ['card', 'keys', 'roster', 'entries', 'blobs', 'history', 'versions']

/** @param name of the adapter, for the rules' names */
export function storageContract(name: string, makeStore: () => Promise<StoreUnderTest>): readonly Rule[] {
  return Object.entries({ ...ROW_RULES, ...WRITE_RULES, ...SESSION_RULES }).map(([sentence, perform]) => ({
    name: `${name}: ${sentence}`,
    run: async () => {
      const under = await makeStore()
      try {
        await perform(under.store, under)
      } finally {
        await under.dispose()
      }
    },
  }))
}

export function put(table: Table, key: string, text: string): Change {
  return { put: table, key, value: toUtf8(text) }
}

/** Every row of the table as `key=text`. */
export async function texts(session: SessionStore, table: Table, prefix?: string): Promise<string[]> {
  const { rows, broken } = await session.read(table, prefix)
  claimEqual(broken, [])
  return rows.map(({ key, value }) => `${key}=${new TextDecoder().decode(value)}`)
}

const ROW_RULES: Readonly<Record<string, Perform>> = {
  'rows are read back in ascending order of their keys': async (store) => {
    const session = await store.create()
    const keys = ['b', 'a', '10', '9', 'Z', 'é', '', '\uffff', '\ud800\udc00']
    await session.write(
      keys.map((key) => put('entries', key, key)),
      'strict',
    )
    const { rows } = await session.read('entries')
    claimEqual(
      rows.map(({ key }) => key),
      [...keys].sort((a, b) => (a < b ? -1 : 1)),
    )
  },
  'a prefix reads the rows whose keys begin with it and no others': async (store) => {
    const session = await store.create()
    const keys = ['a', 'aa', 'ab', 'ab\uffff', 'ab\uffffz', 'abc', 'ac', 'b']
    await session.write(
      keys.map((key) => put('entries', key, '')),
      'relaxed',
    )
    claimEqual(await texts(session, 'entries', 'ab'), ['ab=', 'abc=', 'ab\uffff=', 'ab\uffffz='])
    claimEqual(await texts(session, 'entries', 'ab\uffff'), ['ab\uffff=', 'ab\uffffz='])
    claimEqual(await texts(session, 'entries', 'x'), [])
  },
  'tables do not see one another': async (store) => {
    const session = await store.create()
    await session.write(
      TABLES.map((table) => put(table, 'same', table)),
      'relaxed',
    )
    for (const table of TABLES) claimEqual(await texts(session, table), [`same=${table}`])
  },
  'a later value replaces an earlier one': async (store) => {
    const session = await store.create()
    await session.write([put('keys', 'k', 'earlier')], 'relaxed')
    await session.write([put('keys', 'k', 'later')], 'strict')
    claimEqual(await texts(session, 'keys'), ['k=later'])
  },
  'a deleted row is gone, and deleting it again is no error': async (store) => {
    const session = await store.create()
    await session.write([put('entries', 'stays', ''), put('entries', 'goes', '')], 'relaxed')
    await session.write([{ delete: 'entries', key: 'goes' }], 'strict')
    await session.write([{ delete: 'entries', key: 'goes' }], 'strict')
    claimEqual(await texts(session, 'entries'), ['stays='])
  },
  'an empty value is a value': async (store) => {
    const session = await store.create()
    await session.write([put('entries', 'empty', '')], 'relaxed')
    claimEqual(await texts(session, 'entries'), ['empty='])
  },
  'a value of 1 MiB comes back byte for byte': async (store) => {
    const session = await store.create()
    const value = Uint8Array.from({ length: 1024 * 1024 }, (_, i) => (i * 31 + (i >> 8)) & 255)
    await session.write([{ put: 'blobs', key: 'large', value }], 'relaxed')
    claimBytes((await session.read('blobs')).rows[0]?.value, value)
  },
  'five thousand rows are all there, each once and in order': async (store) => {
    const session = await store.create()
    const keys = Array.from({ length: 5_000 }, (_, i) => String(i).padStart(6, '0'))
    await session.write(
      keys.map((key) => put('history', key, key)),
      'relaxed',
    )
    claimEqual(
      await texts(session, 'history'),
      keys.map((key) => `${key}=${key}`),
    )
  },
}

const WRITE_RULES: Readonly<Record<string, Perform>> = {
  'the bytes of a value belong to the caller again at once, and what is read is a copy': async (store) => {
    const session = await store.create()
    const value = toUtf8('before')
    const written = session.write([{ put: 'entries', key: 'k', value }], 'relaxed')
    value.fill(0)
    await written
    ;(await session.read('entries')).rows[0]?.value.fill(1)
    claimEqual(await texts(session, 'entries'), ['k=before'])
  },
  'changes of one write happen in order': async (store) => {
    const session = await store.create()
    await session.write(
      [put('entries', 'k', '1'), { delete: 'entries', key: 'k' }, put('entries', 'k', '2')],
      'relaxed',
    )
    claimEqual(await texts(session, 'entries'), ['k=2'])
  },
  'a write without changes resolves': async (store) => {
    await (await store.create()).write([], 'strict')
  },
  'many writes at once resolve in the order they were called, and the last one wins': async (store) => {
    const session = await store.create()
    const ended: number[] = []
    const writes = Array.from({ length: 300 }, async (_, i) => {
      await session.write([put('entries', 'shared', `${i}`), put('entries', `${i}`, '')], 'relaxed')
      ended.push(i)
    })
    await Promise.all(writes)
    claimEqual(
      ended,
      ended.map((_, i) => i),
    )
    claimEqual(await texts(session, 'entries', 'shared'), ['shared=299'])
    claim((await session.read('entries')).rows.length === 301, 'every write left its row')
  },
  'a read sees every write called before it': async (store) => {
    const session = await store.create()
    const written = Promise.all(
      Array.from({ length: 20 }, (_, i) => session.write([put('entries', `${i}`, '')], 'relaxed')),
    )
    claimEqual((await session.read('entries')).rows.length, 20)
    await written
  },
  'closing waits for writes under way, and may be done twice': async (store) => {
    const session = await store.create()
    const ended: string[] = []
    for (const key of ['a', 'b', 'c']) {
      void session.write([put('entries', key, '')], 'relaxed').then(() => ended.push(key))
    }
    await session.close()
    // A disk needs more than promises to end a write: what has not ended by now was not waited for.
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    claimEqual(ended, ['a', 'b', 'c'])
    await session.close()
    const again = await store.open(session.localId)
    claimEqual(again && (await texts(again, 'entries')), ['a=', 'b=', 'c='])
  },
  'nobody writes through a closed session': async (store) => {
    const session = await store.create()
    await session.close()
    await claimRejection(session.write([put('entries', 'k', 'v')], 'relaxed'), 'AssertionFailed')
  },
}

const SESSION_RULES: Readonly<Record<string, Perform>> = {
  'two sessions do not see each other': async (store) => {
    const [one, other] = [await store.create(), await store.create()]
    claim(one.localId !== other.localId, 'each has its own name')
    await one.write([put('entries', 'k', 'one')], 'relaxed')
    await other.write([put('entries', 'k', 'other'), put('entries', 'l', 'other')], 'relaxed')
    await other.write([{ delete: 'entries', key: 'k' }], 'relaxed')
    claimEqual(await texts(one, 'entries'), ['k=one'])
    claimEqual(await texts(other, 'entries'), ['l=other'])
  },
  'the list names every session, with its card once it has one': async (store) => {
    claimEqual(await store.list(), [])
    const [one, other] = [await store.create(), await store.create()]
    await one.write([put('card', 'card', 'title')], 'strict')
    const listed = await store.list()
    claimEqual(listed.map(({ localId }) => localId).sort(), [one.localId, other.localId].sort())
    const cardOf = (id: LocalId) => listed.find(({ localId }) => localId === id)?.card
    claimBytes(cardOf(one.localId), toUtf8('title'))
    claim(cardOf(other.localId) === undefined, 'no card is undefined')
  },
  'a local id is 16 lower-case hexadecimal digits': async (store) => {
    claim(/^[0-9a-f]{16}$/.test((await store.create()).localId), 'it is')
  },
  'a session has the name its caller gives it, unless another has it': async (store) => {
    const name = '00000000000000aa' as LocalId
    const session = await store.create(name)
    claimEqual(session.localId, name)
    await session.write([put('entries', 'k', 'v')], 'relaxed')
    await claimRejection(store.create(name), 'SessionExists')
    claimEqual(await texts(session, 'entries'), ['k=v'])
    for (const other of ['', 'x', `${name}0`]) {
      await claimRejection(store.create(other as LocalId), 'AssertionFailed')
    }
  },
  'opening what does not exist is undefined, whatever it is called': async (store) => {
    await store.create()
    for (const id of ['0123456789abcdef', '', 'x', '0123456789ABCDEF', 'constructor']) {
      claim((await store.open(id as LocalId)) === undefined, `'${id}' is no session`)
    }
  },
  'two holders of one session see what the other wrote': async (store) => {
    const one = await store.create()
    const other = await store.open(one.localId)
    claim(other !== undefined, 'it opens twice')
    await one.write([put('entries', 'a', 'one')], 'relaxed')
    await other.write([put('entries', 'b', 'other')], 'relaxed')
    claimEqual(await texts(one, 'entries'), ['a=one', 'b=other'])
  },
  'a forgotten session leaves nothing, and the others everything': async (store) => {
    const [gone, kept] = [await store.create(), await store.create()]
    for (const session of [gone, kept]) {
      await session.write(
        TABLES.map((table) => put(table, 'card', 'text')),
        'strict',
      )
    }
    await store.forget(gone.localId)
    await store.forget(gone.localId)
    claim((await store.open(gone.localId)) === undefined, 'it does not open')
    claimEqual(
      (await store.list()).map(({ localId }) => localId),
      [kept.localId],
    )
    for (const table of TABLES) claimEqual(await texts(gone, table), [])
    for (const table of TABLES) claimEqual(await texts(kept, table), ['card=text'])
  },
  'whoever still holds a forgotten session cannot write to it': async (store) => {
    const session = await store.create()
    const racing = session.write([put('entries', 'racing', '')], 'relaxed').catch(() => 'refused')
    await store.forget(session.localId)
    await claimRejection(session.write([put('entries', 'late', '')], 'relaxed'), 'SessionForgotten')
    await racing
    claimEqual(await texts(session, 'entries'), [])
  },
  'forgetting what is no local id forgets nothing': async (store) => {
    const session = await store.create()
    await session.write([put('entries', 'k', 'v')], 'relaxed')
    for (const id of ['', session.localId.slice(0, 4), `${session.localId}e`])
      await store.forget(id as LocalId)
    claimEqual(await texts(session, 'entries'), ['k=v'])
  },
  'what was written is there after closing and opening': async (store, { reopen }) => {
    const session = await store.create()
    await session.write([put('entries', 'k', 'v')], 'strict')
    await session.close()
    const later = reopen === undefined ? store : await reopen()
    claim(later.kind === (reopen === undefined ? 'memory' : 'disk'), 'a store says whether anything survives')
    const again = await later.open(session.localId)
    claimEqual(again && (await texts(again, 'entries')), ['k=v'])
  },
}
