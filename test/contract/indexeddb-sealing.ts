/** What somebody who holds the disk can see, and what they can break (attack 38): nothing but single rows. */
import { toUtf8 } from '../../src/base/bytes.ts'
import type { LocalId, Store, Table } from '../../src/storage/port.ts'
import { rowKeyOf } from '../../src/storage/rows.ts'
import { claim, claimEqual, claimRejection } from './claims.ts'
import { diskRules } from './disk.ts'
import { dump, findCanary, withRaw } from './raw-database.ts'
import { put, texts } from './storage.ts'

const CANARY = 'canary-7f3a-the-text-nobody-may-read'

export const sealingRules = diskRules({
  'no key, title, name or text is readable on disk, and a planted leak is found': async ({
    name,
    session,
  }) => {
    const tables: readonly Table[] = ['card', 'keys', 'roster', 'entries', 'blobs', 'history', 'versions']
    for (const table of tables) await session.write([put(table, 'card', `${CANARY} ${table}`)], 'relaxed')
    const lying = await dump(name)
    claimEqual(findCanary(lying, CANARY), [])
    claim(lying.filter(({ place }) => place === 'rows').length === tables.length, 'the rows were looked at')
    await withRaw(name, async (raw) => {
      await raw.put('rows', toUtf8(`a leak of ${CANARY} here`), 'leak-utf8')
      await raw.put(
        'rows',
        new Uint8Array(Uint16Array.from(CANARY, (c) => c.charCodeAt(0)).buffer),
        'leak-utf16',
      )
      await raw.put('meta', { title: CANARY }, 'leak-object')
      await raw.put('meta', 1, `leak-key-${CANARY}`)
    })
    claimEqual(findCanary(await dump(name), CANARY).length, 4)
  },
  'the wrapping key cannot be read out by a script': async ({ name }) => {
    const key = (await withRaw(name, (raw) => raw.get('wrapping', 'device'))) as CryptoKey
    claimEqual([key.type, key.extractable, key.usages.length], ['secret', false, 2])
    await claimRejection(crypto.subtle.exportKey('raw', key), 'InvalidAccessError')
  },
  'the same value sealed twice gives different bytes': async ({ name, session }) => {
    await session.write([put('entries', 'a', 'same'), put('entries', 'b', 'same')], 'relaxed')
    const rows = (await dump(name)).filter(({ place }) => place === 'rows')
    claimEqual(new Set(rows.map(({ value }) => String(value))).size, 2)
  },
  'a row with any byte changed is set aside and named, and the others are read': async ({
    name,
    session,
  }) => {
    const length = 24 + 'text'.length + 16
    const keys = Array.from({ length }, (_, i) => `flipped-${String(i).padStart(2, '0')}`)
    await session.write(
      [...keys.map((key) => put('entries', key, 'text')), put('entries', 'sound', 'text')],
      'strict',
    )
    for (const [at, key] of keys.entries()) {
      await tamper(name, rowKeyOf(session.localId, 'entries', key), (bytes) => {
        bytes[at] = (bytes[at] as number) ^ 1
        return bytes
      })
    }
    const { rows, broken } = await session.read('entries')
    claimEqual(broken, keys)
    claimEqual(
      rows.map(({ key }) => key),
      ['sound'],
    )
    claimEqual((await session.read('entries')).broken, [])
    claimEqual((await dump(name)).filter(({ place }) => place === 'quarantine').length, length)
  },
  'a row cut short, empty, or of another type is set aside': async ({ name, session }) => {
    const planted = [
      new Uint8Array(0),
      new Uint8Array(39),
      'text',
      7,
      null,
      { length: 99 },
      new Uint16Array(40),
    ]
    await session.write([put('roster', 'sound', 'text')], 'relaxed')
    for (const [i, value] of planted.entries()) {
      await withRaw(name, (raw) => raw.put('rows', value, rowKeyOf(session.localId, 'roster', `${i}`)))
    }
    const { rows, broken } = await session.read('roster')
    claimEqual([rows.length, broken.length], [1, planted.length])
  },
  'two rows that changed places are both set aside': async ({ name, session }) => {
    await session.write(
      [put('entries', 'a', '1'), put('entries', 'b', '2'), put('history', 'a', '3')],
      'relaxed',
    )
    await swap(name, rowKeyOf(session.localId, 'entries', 'a'), rowKeyOf(session.localId, 'entries', 'b'))
    claimEqual((await session.read('entries')).broken, ['a', 'b'])
  },
  'a row moved to another table is set aside': async ({ name, session }) => {
    await session.write([put('entries', 'a', '1'), put('history', 'a', '2')], 'relaxed')
    await swap(name, rowKeyOf(session.localId, 'entries', 'a'), rowKeyOf(session.localId, 'history', 'a'))
    claimEqual(
      [(await session.read('entries')).broken, (await session.read('history')).broken],
      [['a'], ['a']],
    )
  },
  'rows whose keys are lone surrogates cannot change places': async ({ name, session }) => {
    await session.write([put('entries', '\ud800', '1'), put('entries', '\ud801', '2')], 'relaxed')
    await swap(
      name,
      rowKeyOf(session.localId, 'entries', '\ud800'),
      rowKeyOf(session.localId, 'entries', '\ud801'),
    )
    claimEqual((await session.read('entries')).broken.length, 2)
  },
  "another session's row, planted under the same key, is set aside": async ({ name, store, session }) => {
    const other = await store.create()
    await session.write([put('entries', 'k', 'mine')], 'relaxed')
    await other.write([put('entries', 'k', 'theirs')], 'relaxed')
    await swap(name, rowKeyOf(session.localId, 'entries', 'k'), rowKeyOf(other.localId, 'entries', 'k'))
    claimEqual([(await session.read('entries')).broken, (await other.read('entries')).broken], [['k'], ['k']])
  },
  'a row set aside may be written again': async ({ name, session }) => {
    await session.write([put('entries', 'k', 'before')], 'relaxed')
    await tamper(name, rowKeyOf(session.localId, 'entries', 'k'), (bytes) => bytes.fill(0))
    claimEqual((await session.read('entries')).broken, ['k'])
    await session.write([put('entries', 'k', 'asked for again')], 'relaxed')
    claimEqual(await texts(session, 'entries'), ['k=asked for again'])
  },
  'a session whose card is broken is listed without one, and opens': async ({ name, store, session }) => {
    await session.write([put('card', 'card', 'title'), put('entries', 'k', 'v')], 'relaxed')
    await tamper(name, rowKeyOf(session.localId, 'card', 'card'), (bytes) => bytes.fill(0))
    const listed = await store.list()
    claimEqual([listed.length, listed[0]?.localId, listed[0]?.card], [1, session.localId, undefined])
    const again = await store.open(session.localId)
    claimEqual(again && (await texts(again, 'entries')), ['k=v'])
  },
  'without its wrapping key a session is listed, does not open, and says so in words': async (disk) => {
    const { name, session, another } = disk
    await session.write([put('card', 'card', 'title')], 'relaxed')
    await withRaw(name, (raw) => raw.delete('wrapping', 'device'))
    await claimUnreadable(await another(), session.localId)
  },
  'a wrapping key of another profile opens nothing, and a new session works beside it': async (disk) => {
    const { name, session, another } = disk
    await session.write([put('card', 'card', 'title')], 'relaxed')
    const foreign = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
      'encrypt',
      'decrypt',
    ])
    await withRaw(name, (raw) => raw.put('wrapping', foreign, 'device'))
    const store = await another()
    await claimUnreadable(store, session.localId)
    const fresh = await store.create()
    await fresh.write([put('entries', 'k', 'v')], 'strict')
    const again = await (await another()).open(fresh.localId)
    claimEqual(again && (await texts(again, 'entries')), ['k=v'])
  },
  'a wrapped data key with any byte changed, or of another session, opens nothing': async (disk) => {
    const { name, store, session } = disk
    const other = await store.create()
    const wrapped = (await withRaw(name, (raw) => raw.get('sessions', session.localId))) as Uint8Array
    const foreign = (await withRaw(name, (raw) => raw.get('sessions', other.localId))) as Uint8Array
    const flipped = Array.from(wrapped, (_, at) => wrapped.map((byte, i) => (i === at ? byte ^ 1 : byte)))
    for (const planted of [...flipped, foreign, wrapped.slice(1), new Uint8Array(0), 'text', 7]) {
      await withRaw(name, (raw) => raw.put('sessions', planted, session.localId))
      await claimRejection(store.open(session.localId), 'StorageUnreadable')
    }
    claimEqual((await store.list()).length, 2)
  },
})

async function claimUnreadable(store: Store, localId: LocalId): Promise<void> {
  const error = await claimRejection(store.open(localId), 'StorageUnreadable')
  claim(error.message.includes('Join it again'), 'the message holds the remedy')
  const listed = (await store.list()).find((each) => each.localId === localId)
  claim(listed !== undefined && listed.card === undefined, 'it is listed without a card')
}

async function tamper(
  name: string,
  rowKey: string,
  change: (bytes: Uint8Array) => Uint8Array,
): Promise<void> {
  await withRaw(name, async (raw) => {
    const bytes = (await raw.get('rows', rowKey)) as Uint8Array
    await raw.put('rows', change(bytes), rowKey)
  })
}

async function swap(name: string, one: string, other: string): Promise<void> {
  await withRaw(name, async (raw) => {
    const [first, second] = [await raw.get('rows', one), await raw.get('rows', other)]
    claim(first instanceof Uint8Array && second instanceof Uint8Array, 'both rows are there')
    await raw.put('rows', second, one)
    await raw.put('rows', first, other)
  })
}
