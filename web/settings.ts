/**
 * What this person chose, kept on this device only: name, colours of the page, name flags.
 * A browser that refuses storage gives the defaults, and the choice lasts as long as the page.
 */
import { isGuarded } from './guarded.ts'

export type Theme = 'system' | 'light' | 'dark'
export type FlagChoice = 'activity' | 'always' | 'never'

/** Minutes without a key or a click until the device locks by itself; 0: never. */
export const LOCK_CHOICES = [0, 5, 15, 60] as const
export type LockAfter = (typeof LOCK_CHOICES)[number]

export interface Settings {
  readonly name: string
  readonly theme: Theme
  readonly flags: FlagChoice
  /** Connect through the server's relay only, so that nobody in a session learns this device's address. */
  readonly hideAddress: boolean
  readonly lockAfter: LockAfter
}

/** `public/theme.js` reads the same key before the first paint. */
const KEY = 'coterie.settings'

const ADJECTIVES = ['Amber', 'Brave', 'Calm', 'Clever', 'Gentle', 'Lively', 'Quiet', 'Sunny', 'Swift', 'Warm']
const ANIMALS = ['Badger', 'Finch', 'Fox', 'Hare', 'Heron', 'Lynx', 'Otter', 'Owl', 'Robin', 'Seal']

export function readSettings(): Settings {
  const kept = parse(stored())
  return {
    ...{ name: friendlyName(), theme: 'system', flags: 'activity', hideAddress: false, lockAfter: 15 },
    ...kept,
  }
}

/** While the device has a passphrase the name lies under it, and nowhere else. */
export function writeSettings(settings: Settings): void {
  const { name, ...rest } = settings
  try {
    localStorage.setItem(KEY, JSON.stringify(isGuarded() ? rest : { name, ...rest }))
  } catch (error) {
    if (!(error instanceof DOMException)) throw error // refused or full: the choice lasts as long as the page
  }
}

/** Shows the theme: the attribute wins over the system's preference, no attribute leaves it to the system. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}

/** A name for somebody who has not said theirs. */
function friendlyName(): string {
  const [first = 0, second = 0] = crypto.getRandomValues(new Uint8Array(2))
  return `${ADJECTIVES[first % ADJECTIVES.length]} ${ANIMALS[second % ANIMALS.length]}`
}

function stored(): unknown {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}')
  } catch (error) {
    if (error instanceof DOMException || error instanceof SyntaxError) return {}
    throw error
  }
}

function parse(value: unknown): Partial<Settings> {
  if (typeof value !== 'object' || value === null) return {}
  const { name, theme, flags, hideAddress, lockAfter } = value as Record<string, unknown>
  return {
    ...(typeof name === 'string' && name.trim() !== '' ? { name } : {}),
    ...(theme === 'system' || theme === 'light' || theme === 'dark' ? { theme } : {}),
    ...(typeof hideAddress === 'boolean' ? { hideAddress } : {}),
    ...(LOCK_CHOICES.some((one) => one === lockAfter) ? { lockAfter: lockAfter as LockAfter } : {}),
    ...(flags === 'activity' || flags === 'always' || flags === 'never' ? { flags } : {}),
  }
}
