/** Row keys and local ids: what begins with a prefix, and what is ours at all. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isLocalId, newLocalId } from '../../src/storage/localid.ts'
import type { LocalId, Table } from '../../src/storage/port.ts'
import { afterAll, keyIn, rowKeyOf, rowNameOf, sessionOf } from '../../src/storage/rows.ts'

const LOCAL_ID = '00000000000000ff' as LocalId
const anyKey = fc.string({
  unit: fc.constantFrom('a', 'b', '\u0000', '\ufffe', '\uffff', '\ud800', '\udfff'),
})

test('a key lies between a prefix and what comes after it exactly when it begins with the prefix', () => {
  fc.assert(
    fc.property(anyKey, anyKey, (prefix, key) => {
      const start = LOCAL_ID + prefix
      const row = LOCAL_ID + key
      expect(row >= start && row < afterAll(start)).toBe(row.startsWith(start))
    }),
  )
})

test('a row key tells its session, table and key', () => {
  const tables: readonly Table[] = ['card', 'keys', 'roster', 'entries', 'blobs', 'history', 'versions']
  for (const table of tables) {
    const rowKey = rowKeyOf(LOCAL_ID, table, 'k')
    expect(rowNameOf(rowKey)).toEqual({ localId: LOCAL_ID, table, key: 'k' })
    expect([sessionOf(rowKey), keyIn(rowKey)]).toEqual([LOCAL_ID, 'k'])
  }
  expect(rowNameOf(`${LOCAL_ID}?k`)).toBeUndefined()
  expect(rowNameOf('short')).toBeUndefined()
})

test('a local id is 16 lower-case hexadecimal digits and nothing else', () => {
  expect(isLocalId(newLocalId((length) => new Uint8Array(length).fill(0xab)))).toBe(true)
  for (const other of [
    '',
    '0',
    '00000000000000fg',
    '00000000000000FF',
    `${LOCAL_ID}0`,
    `${LOCAL_ID}\n`,
    7,
    null,
  ]) {
    expect(isLocalId(other)).toBe(false)
  }
})
