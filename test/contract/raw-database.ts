/**
 * The database as whoever holds the disk sees it: every value as it lies there, to be read, changed or planted;
 * and a platform whose requests fail when told to.
 * Not here: anything of the product but the name of its database version.
 */
import { type IDBPDatabase, openDB } from 'idb'

export type RawDatabase = IDBPDatabase

export interface Lying {
  readonly place: string
  readonly key: string
  readonly value: unknown
}

/** Opens the database as it is, works on it, and closes it. */
export async function withRaw<T>(name: string, work: (raw: RawDatabase) => Promise<T>): Promise<T> {
  const raw = await openDB(name)
  try {
    return await work(raw)
  } finally {
    raw.close()
  }
}

/** Everything there is, in all object stores. */
export async function dump(name: string): Promise<Lying[]> {
  return withRaw(name, async (raw) => {
    const lying: Lying[] = []
    for (const place of raw.objectStoreNames) {
      const keys = await raw.getAllKeys(place)
      const values = await raw.getAll(place)
      keys.forEach((key, i) => {
        lying.push({ place, key: String(key), value: values[i] })
      })
    }
    return lying
  })
}

/** The names of what holds `canary`: in a key, or in bytes as UTF-8 or UTF-16. */
export function findCanary(lying: readonly Lying[], canary: string): string[] {
  const needles = [new TextEncoder().encode(canary), utf16(canary)].map(latin1)
  return lying
    .filter(({ key, value }) => {
      const seen = value instanceof Uint8Array ? latin1(value) : describe(value)
      return key.includes(canary) || seen.includes(canary) || needles.some((needle) => seen.includes(needle))
    })
    .map(({ place, key }) => `${place}/${key}`)
}

/** Runs `work` while `IDBObjectStore.prototype[method]` is `replacement`. */
export async function whilePlatform<Method extends 'put' | 'getAll' | 'get' | 'delete'>(
  method: Method,
  replace: (original: IDBObjectStore[Method]) => IDBObjectStore[Method],
  work: () => Promise<void>,
): Promise<void> {
  const original = IDBObjectStore.prototype[method]
  IDBObjectStore.prototype[method] = replace(original)
  try {
    await work()
  } finally {
    IDBObjectStore.prototype[method] = original
  }
}

function describe(value: unknown): string {
  if (value instanceof CryptoKey) return 'CryptoKey'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function latin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

function utf16(text: string): Uint8Array {
  return new Uint8Array(Uint16Array.from(text, (letter) => letter.charCodeAt(0)).buffer)
}
