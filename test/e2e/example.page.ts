/**
 * A suite for the suite runner's own test: rules that hold, break and prove that the browser is real.
 * Not here: any rule of the product.
 */
import type { Rule } from './suite.ts'

export const rules: readonly Rule[] = [
  {
    name: 'a row is read back from IndexedDB',
    run: async () => {
      if ((await storedAndRead('text')) !== 'text') throw new Error('another value came back')
    },
  },
  {
    name: 'the page is a secure context',
    run: () => {
      if (!isSecureContext) throw new Error('it is not')
    },
  },
  {
    name: 'a rule that throws',
    run: () => {
      throw new RangeError('on purpose')
    },
  },
]

function storedAndRead(value: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('example', 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore('rows')
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const rows = opening.result.transaction('rows', 'readwrite').objectStore('rows')
      rows.put(value, 'key')
      const reading = rows.get('key')
      reading.onsuccess = () => resolve(reading.result)
      reading.onerror = () => reject(reading.error)
    }
  })
}
