/**
 * Whether this device has a passphrase, as the page remembers it: known before the library has loaded, so that a locked
 * page shows nothing but its lock. The library has the last word. Not secret, and not here: the passphrase.
 */
const GUARDED_KEY = 'coterie.guarded'
/** When somebody last did something in any tab, ms since 1970. */
const ACTIVE_KEY = 'coterie.active'

export function isGuarded(): boolean {
  return read(GUARDED_KEY) !== null
}

export function rememberGuarded(isOne: boolean): void {
  if (isOne) write(GUARDED_KEY, '1')
  else attempt(() => localStorage.removeItem(GUARDED_KEY))
}

export function lastActive(): number {
  return Number(read(ACTIVE_KEY) ?? 0)
}

export function rememberActive(at: number): void {
  write(ACTIVE_KEY, String(at))
}

function read(key: string): string | null {
  return attempt(() => localStorage.getItem(key)) ?? null
}

function write(key: string, value: string): void {
  attempt(() => localStorage.setItem(key, value))
}

/** A browser that refuses storage has no passphrase to remember either. */
function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof DOMException) return undefined
    throw error
  }
}
