/** A passphrase gives the key Argon2id gives, at a cost nobody can be tricked into. */
import { describe, expect, test } from 'vitest'
import { toHex, toUtf8 } from '../../src/base/bytes.ts'
import { isPayable, PASSPHRASE_COST, passphraseKey } from '../../src/crypto/passphrase.ts'
import { fixedBytes } from './twin.ts'

const SALT = toUtf8('saltsaltsaltsalt')

async function keyOf(passphrase: string, salt = SALT, cost = PASSPHRASE_COST): Promise<string> {
  return toHex((await passphraseKey(passphrase, salt, cost)).reveal())
}

/** Worked out by the reference implementation (`argon2` 20171227 as Debian 12 ships it), one lane, 32 bytes. */
describe('the reference implementation agrees', () => {
  test.each([
    [
      'correct horse battery staple',
      19_456,
      2,
      '40a1eb839b5ac8b19c37e6341d53cd681ab290e54b53194c919c9c5c4d6e5913',
    ],
    ['g\u00fcnther', 64, 1, '5767a8ac7e26e9123e64a45ad73f033e3ec688bc97960569f7d4bb22c49c6da9'],
    ['pa ss', 256, 3, '4790c9719c34c9e06714441be6a3c06a522cbb4b7efb9a0efdf8b498265f0a9c'],
  ])('on "%s" with %i KiB and %i passes', async (passphrase, memoryKiB, passes, key) => {
    expect(await keyOf(passphrase, SALT, { memoryKiB, passes })).toBe(key)
  })
})

const CHEAP = { memoryKiB: 8, passes: 1 }

test('an accent typed as two characters is the same accent; case and spaces count', async () => {
  const key = await keyOf('g\u00fcnther', SALT, CHEAP)
  expect(await keyOf('gu\u0308nther', SALT, CHEAP)).toBe(key)
  for (const other of ['G\u00fcnther', ' g\u00fcnther', 'gunther'])
    expect(await keyOf(other, SALT, CHEAP)).not.toBe(key)
})

test('another salt or another cost is another key', async () => {
  const key = await keyOf('open', SALT, CHEAP)
  expect(await keyOf('open', fixedBytes('salt', 16), CHEAP)).not.toBe(key)
  expect(await keyOf('open', SALT, { memoryKiB: 16, passes: 1 })).not.toBe(key)
  expect(await keyOf('open', SALT, { memoryKiB: 8, passes: 2 })).not.toBe(key)
})

test('what nobody can pay is refused before any work', async () => {
  for (const cost of [
    { memoryKiB: 4 * 1024 * 1024, passes: 1 },
    { memoryKiB: 7, passes: 1 },
    { memoryKiB: 8.5, passes: 1 },
    { memoryKiB: 64, passes: 0 },
    { memoryKiB: 64, passes: 17 },
    { memoryKiB: Number.NaN, passes: 1 },
  ]) {
    expect(isPayable(cost)).toBe(false)
    await expect(passphraseKey('x', SALT, cost)).rejects.toBeInstanceOf(RangeError)
  }
  await expect(passphraseKey('x', SALT.subarray(1), CHEAP)).rejects.toBeInstanceOf(RangeError)
  expect(isPayable(PASSPHRASE_COST)).toBe(true)
})

test('the cheapest and the dearest cost are payable, one more or less is not', () => {
  expect(isPayable({ memoryKiB: 8, passes: 1 })).toBe(true)
  expect(isPayable({ memoryKiB: 256 * 1024, passes: 16 })).toBe(true)
  expect(isPayable({ memoryKiB: 256 * 1024 + 1, passes: 16 })).toBe(false)
  expect(isPayable({ memoryKiB: 256 * 1024, passes: 17 })).toBe(false)
})
