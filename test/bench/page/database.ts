/** How many bytes lie in a database of the browser, read as it is, without the product that wrote it. */

/** @param weigh gets every key and value of every store; what it names is summed by name */
export async function weighDatabase(
  database: string,
  weigh: (store: string, key: IDBValidKey, value: unknown) => string | undefined,
): Promise<ReadonlyMap<string, number>> {
  const opened = await promised(indexedDB.open(database))
  const sums = new Map<string, number>()
  try {
    for (const store of opened.objectStoreNames) {
      const source = opened.transaction(store).objectStore(store)
      const [keys, values] = await Promise.all([promised(source.getAllKeys()), promised(source.getAll())])
      for (const [index, key] of keys.entries()) {
        const name = weigh(store, key, values[index])
        if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + bytesOf(key) + bytesOf(values[index]))
      }
    }
  } finally {
    opened.close()
  }
  return sums
}

/** Binary as it is, text and names in UTF-8, a number as eight bytes. */
function bytesOf(value: unknown): number {
  if (value instanceof ArrayBuffer) return value.byteLength
  if (ArrayBuffer.isView(value)) return value.byteLength
  if (typeof value === 'string') return new TextEncoder().encode(value).length
  if (typeof value === 'number') return 8
  if (typeof value !== 'object' || value === null) return 0
  return Object.entries(value).reduce((sum, [name, part]) => sum + name.length + bytesOf(part), 0)
}

function promised<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('the database did not say why'))
  })
}
