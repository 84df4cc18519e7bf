/**
 * Where rows lie: one object store for all tables of all sessions, under keys that sort by session, table and
 * key, so that one range reads a prefix and one erases a session.
 * Row key = localId 16 | table 1 | key. Keys are readable on disk; they name writers and numbers only.
 */
import type { Connection, Transaction } from './database.ts'
import type { LocalId, Table } from './port.ts'

/** Of a local id, and so where the table's letter stands. */
const LOCAL_ID_UNITS = 16

/** One letter a table: a row's key costs two bytes a letter on disk, and a session may have 260,000 rows. */
const LETTERS: Readonly<Record<Table, string>> = {
  card: 'c',
  keys: 'k',
  roster: 'r',
  entries: 'e',
  blobs: 'b',
  history: 'h',
  versions: 'v',
}
const TABLES = new Map(Object.entries(LETTERS).map(([table, letter]) => [letter, table as Table]))

/** Rows in one request: enough that a row costs no round trip of its own (a cursor is 6 times slower), few enough
 *  that rows open while others are on their way. From 256 to 20,000 it makes no difference of note. */
const PAGE_ROWS = 1_024

export function rowKeyOf(localId: LocalId, table: Table, key: string): string {
  return localId + LETTERS[table] + key
}

/** The caller's part of a row key. */
export function keyIn(rowKey: string): string {
  return rowKey.slice(LOCAL_ID_UNITS + 1)
}

export interface RowName {
  readonly localId: LocalId
  readonly table: Table
  readonly key: string
}

/** `undefined` when no row of ours is called so. */
export function rowNameOf(rowKey: string): RowName | undefined {
  const table = TABLES.get(rowKey.charAt(LOCAL_ID_UNITS))
  if (table === undefined) return undefined
  return { localId: sessionOf(rowKey), table, key: keyIn(rowKey) }
}

/** The session a row belongs to. */
export function sessionOf(rowKey: string): LocalId {
  return rowKey.slice(0, LOCAL_ID_UNITS) as LocalId
}

/** Every key that begins with `prefix`, which is not empty. */
export function beginningWith(prefix: string): IDBKeyRange {
  return IDBKeyRange.bound(prefix, afterAll(prefix), false, true)
}

/** The smallest string greater than all that begin with `prefix`, in UTF-16 code units. */
export function afterAll(prefix: string): string {
  const kept = prefix.replace(/\uffff+$/, '')
  const last = kept.charCodeAt(kept.length - 1)
  return kept.slice(0, -1) + String.fromCharCode(last + 1)
}

export interface Page {
  readonly keys: readonly string[]
  readonly values: readonly unknown[]
}

/** The rows of `range` in key order, as of one moment. The next page is on its way while the caller has this one. */
export async function* readPages(connection: Connection, range: IDBKeyRange): AsyncGenerator<Page> {
  let transaction = await connection.begin(['rows'], 'readonly')
  let rest: IDBKeyRange | undefined = range
  let coming = readPage(transaction, range)
  while (rest !== undefined) {
    let page: Page
    try {
      page = await coming
    } catch (error) {
      if (!(error instanceof DOMException)) throw error
      page = await readOneByOne(connection, rest)
      transaction = await connection.begin(['rows'], 'readonly')
    }
    rest = restAfter(page, rest)
    if (rest !== undefined) coming = readPage(transaction, rest)
    yield page
  }
}

async function readPage(transaction: Transaction<'readonly'>, range: IDBKeyRange): Promise<Page> {
  const rows = transaction.objectStore('rows')
  const [keys, values] = await Promise.all([rows.getAllKeys(range, PAGE_ROWS), rows.getAll(range, PAGE_ROWS)])
  return { keys, values }
}

/** One value that the browser cannot read back (Chromium keeps large ones in files of their own) fails its page. */
async function readOneByOne(connection: Connection, range: IDBKeyRange): Promise<Page> {
  const transaction = await connection.begin(['rows'], 'readonly')
  const keys = await transaction.objectStore('rows').getAllKeys(range, PAGE_ROWS)
  const values: unknown[] = []
  for (const key of keys) values.push(await readRow(connection, key))
  return { keys, values }
}

/** `undefined` when it is not there, or when the browser cannot read it back. */
export async function readRow(connection: Connection, rowKey: string): Promise<unknown> {
  try {
    return await connection.get('rows', rowKey)
  } catch (error) {
    if (error instanceof DOMException) return undefined
    throw error
  }
}

function restAfter(page: Page, range: IDBKeyRange): IDBKeyRange | undefined {
  const last = page.keys.at(-1)
  const isFull = page.keys.length === PAGE_ROWS && last !== undefined
  return isFull ? IDBKeyRange.bound(last, range.upper, true, true) : undefined
}
