/** Keys wrapped by one that no script can read out. */
import { expect, test } from 'vitest'
import { toHex, toUtf8 } from '../../src/base/bytes.ts'
import { newWrappingKey, unwrapKey, wrapKey } from '../../src/crypto/wrapping.ts'

const AD = toUtf8('what the key is for')
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i)

test('a wrapped key is unwrapped by the key that wrapped it, for what it was wrapped for', async () => {
  const wrappingKey = await newWrappingKey()
  const wrapped = await wrapKey(wrappingKey, AD, KEY)
  expect(toHex((await unwrapKey(wrappingKey, AD, wrapped)) ?? new Uint8Array())).toBe(toHex(KEY))
  expect(await unwrapKey(wrappingKey, toUtf8('something else'), wrapped)).toBeUndefined()
  expect(await unwrapKey(await newWrappingKey(), AD, wrapped)).toBeUndefined()
})

test('a wrapped key with any byte changed, or of any other length, is refused', async () => {
  const wrappingKey = await newWrappingKey()
  const wrapped = await wrapKey(wrappingKey, AD, KEY)
  const flipped = Array.from(wrapped, (_, at) => wrapped.map((byte, i) => (i === at ? byte ^ 1 : byte)))
  const cut = Array.from(wrapped, (_, length) => wrapped.slice(0, length))
  const extended = Uint8Array.of(...wrapped, 0)
  for (const forged of [...flipped, ...cut, extended]) {
    expect(await unwrapKey(wrappingKey, AD, forged)).toBeUndefined()
  }
})

test('nothing at all can be wrapped, too', async () => {
  const wrappingKey = await newWrappingKey()
  expect(await unwrapKey(wrappingKey, AD, await wrapKey(wrappingKey, AD, new Uint8Array()))).toHaveLength(0)
})

test('a key that may not unwrap is no forgery but our own bug', async () => {
  const wrapped = await wrapKey(await newWrappingKey(), AD, KEY)
  const onlyWraps = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt'])
  await expect(unwrapKey(onlyWraps, AD, wrapped)).rejects.toThrow(DOMException)
})

test('the wrapping key cannot be exported, and two wraps of one key differ', async () => {
  const wrappingKey = await newWrappingKey()
  expect(wrappingKey.extractable).toBe(false)
  await expect(crypto.subtle.exportKey('raw', wrappingKey)).rejects.toThrow()
  expect(toHex(await wrapKey(wrappingKey, AD, KEY))).not.toBe(toHex(await wrapKey(wrappingKey, AD, KEY)))
})
