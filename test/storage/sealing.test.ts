/** Rows sealed at rest: each opens in its own session, table and key, and nowhere else. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHex, toUtf8 } from '../../src/base/bytes.ts'
import { Secret } from '../../src/base/secret.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import type { LocalId, Table } from '../../src/storage/port.ts'
import { createRowSeal } from '../../src/storage/sealing.ts'

const crypto = await loadCrypto()
const ONE = '0000000000000001' as LocalId
const DATA_KEY = new Secret(new Uint8Array(32).fill(7))
const seal = createRowSeal(crypto, ONE, DATA_KEY)

const anyTable = fc.constantFrom<Table>('card', 'keys', 'roster', 'entries', 'blobs', 'history', 'versions')
const anyKey = fc.string({ unit: 'binary', maxLength: 40 })

test('what was sealed opens, whatever its key and bytes', () => {
  fc.assert(
    fc.property(anyTable, anyKey, fc.uint8Array({ maxLength: 300 }), (table, key, plain) => {
      const opened = seal.open(table, key, seal.seal(table, key, plain))
      expect(opened && toHex(opened)).toBe(toHex(plain))
    }),
  )
})

test('a row sealed for another place does not open', () => {
  fc.assert(
    fc.property(anyTable, anyKey, anyTable, anyKey, (table, key, otherTable, otherKey) => {
      fc.pre(table !== otherTable || key !== otherKey)
      expect(seal.open(otherTable, otherKey, seal.seal(table, key, toUtf8('text')))).toBeUndefined()
    }),
  )
})

test('a row of another session does not open, even under the same data key', () => {
  const other = createRowSeal(crypto, '0000000000000002' as LocalId, DATA_KEY)
  expect(other.open('entries', 'k', seal.seal('entries', 'k', toUtf8('text')))).toBeUndefined()
})

test('arbitrary values never open and never throw', () => {
  fc.assert(
    fc.property(anyKey, fc.anything(), fc.uint8Array({ maxLength: 100 }), (key, value, bytes) => {
      expect(seal.open('entries', key, value)).toBeUndefined()
      expect(seal.open('entries', key, bytes)).toBeUndefined()
    }),
  )
})

test('a row of format 1 sealed long ago still opens', () => {
  // Sealed by the first release; a change that breaks it locks everybody out of their sessions.
  const kept =
    '000102030405060708090a0b0c0d0e0f10111213141516172f3ec0342a25b3ce7c03ba841103608f17d44a61e8bd02b2f34a19a6de9108e0'
  const sealed = Uint8Array.from(kept.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  const opened = seal.open('entries', 'a0b1', sealed)
  expect(opened && new TextDecoder().decode(opened)).toBe('the text of 2026')
})
