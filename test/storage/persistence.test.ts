/** Asking for lasting storage where it exists, and where it does not. */
import { afterEach, expect, test, vi } from 'vitest'
import { askForPersistence, canStoreOnDisk } from '../../src/storage/persistence.ts'

afterEach(() => vi.unstubAllGlobals())

const browserThat = (storage: unknown) => vi.stubGlobal('navigator', { storage })

test('the answer of the browser is passed on', async () => {
  browserThat({ persist: async () => true })
  expect(await askForPersistence()).toBe('granted')
  browserThat({ persist: async () => false })
  expect(await askForPersistence()).toBe('refused')
})

test('a browser that cannot say is unknown', async () => {
  for (const navigator of [undefined, {}, { storage: {} }]) {
    vi.stubGlobal('navigator', navigator)
    expect(await askForPersistence()).toBe('unknown')
  }
  browserThat({ persist: async () => Promise.reject(new TypeError('opaque origin')) })
  expect(await askForPersistence()).toBe('unknown')
})

test('the method is called on its own object, as browsers insist', async () => {
  const storage = {
    async persist() {
      return this === storage
    },
  }
  browserThat(storage)
  expect(await askForPersistence()).toBe('granted')
})

test('a page stores on disk only where there are both IndexedDB and WebCrypto', () => {
  vi.stubGlobal('indexedDB', undefined)
  expect(canStoreOnDisk()).toBe(false)
  vi.stubGlobal('indexedDB', {})
  expect(canStoreOnDisk()).toBe(true)
  vi.stubGlobal('crypto', {})
  expect(canStoreOnDisk()).toBe(false)
})
