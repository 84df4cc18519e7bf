/** A key under a passphrase: opens with it, in its place, and with nothing else. */
import { expect, test } from 'vitest'
import { Secret } from '../../src/base/secret.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { lockKey, type Unlocked, unlockKey } from '../../src/storage/passphrase-lock.ts'
import { fixedBytes } from '../crypto/twin.ts'

const crypto = await loadCrypto()
const KEY = new Secret(fixedBytes('key', 32))
const CHEAP = { memoryKiB: 8, passes: 1 }
const lock = await lockKey(crypto, 'open sesame', 'session 1', KEY, CHEAP)

const keyIn = (unlocked: Unlocked) => (unlocked.result === 'open' ? unlocked.key.reveal() : unlocked.result)

test('the passphrase opens it, and another one does not', async () => {
  expect(keyIn(await unlockKey(crypto, 'open sesame', 'session 1', lock))).toEqual(KEY.reveal())
  for (const other of ['Open sesame', 'open sesame ', ''])
    expect(keyIn(await unlockKey(crypto, other, 'session 1', lock))).toBe('wrong')
})

test('in another place it does not open', async () => {
  expect(keyIn(await unlockKey(crypto, 'open sesame', 'session 2', lock))).toBe('wrong')
})

test('with another passphrase it holds the same key, and the old lock opens nothing new', async () => {
  const changed = await lockKey(crypto, 'close sesame', 'session 1', KEY, CHEAP)
  expect(keyIn(await unlockKey(crypto, 'close sesame', 'session 1', changed))).toEqual(KEY.reveal())
  expect(keyIn(await unlockKey(crypto, 'open sesame', 'session 1', changed))).toBe('wrong')
})

test('two locks of one key and passphrase look nothing alike', async () => {
  const again = await lockKey(crypto, 'open sesame', 'session 1', KEY, CHEAP)
  expect(again).not.toEqual(lock)
})

test('whatever byte of it changes, it never opens', async () => {
  for (let at = 0; at < lock.length; at++) {
    const changed = lock.slice()
    changed[at] = (changed[at] as number) ^ 1
    expect(keyIn(await unlockKey(crypto, 'open sesame', 'session 1', changed)), `byte ${at}`).toBeTypeOf(
      'string',
    )
  }
  for (const length of [0, 1, 20, lock.length - 1])
    expect(keyIn(await unlockKey(crypto, 'open sesame', 'session 1', lock.slice(0, length)))).toBe(
      'unreadable',
    )
})

test('a lock that asks for more than anybody can pay is not even tried', async () => {
  const greedy = Uint8Array.of(1, 0xff, 0xff, 0xff, 0x07, 1, ...lock.slice(3))
  expect(keyIn(await unlockKey(crypto, 'open sesame', 'session 1', greedy))).toBe('unreadable')
})
