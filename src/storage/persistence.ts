/** What the browser lets this page keep, and for how long. Safe to import and to call anywhere, Node included. */

/** True where IndexedDB and WebCrypto exist; a plain http page of another machine has no WebCrypto. */
export function canStoreOnDisk(): boolean {
  const { indexedDB, crypto } = globalThis as Partial<typeof globalThis>
  return indexedDB !== undefined && (crypto as Partial<Crypto> | undefined)?.subtle !== undefined
}

/**
 * Asks the browser not to clear this page's storage when space runs short or after days without use. Firefox
 * asks the person, so call it once there is something worth keeping. `unknown`: the browser cannot say.
 */
export async function askForPersistence(): Promise<'granted' | 'refused' | 'unknown'> {
  const { navigator } = globalThis as { navigator?: { storage?: Partial<StorageManager> } }
  const storage = navigator?.storage
  if (storage?.persist === undefined) return 'unknown'
  try {
    return (await storage.persist()) ? 'granted' : 'refused'
  } catch (error) {
    // A sandboxed page has the method and may not call it (TypeError), or its storage is broken (DOMException).
    if (error instanceof TypeError || error instanceof DOMException) return 'unknown'
    throw error
  }
}
