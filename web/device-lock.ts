/**
 * The lock of this device as the page keeps it: whether there is one, whether this page was told the passphrase, the
 * own name (which lies under the passphrase while there is one), locking by itself.
 * Not here: keys and passphrases (the library), what a locked page shows (page.ts, screens/lock-screen.ts).
 * Invariant: a page that was locked is loaded anew, so that nothing of what it knew is left in its memory.
 */
import type { Vault } from '../src/index.ts'
import { engine } from './engine.ts'
import { isGuarded, lastActive, rememberActive, rememberGuarded } from './guarded.ts'
import { IdleLock, LOOK_PAUSE } from './idle-lock.ts'
import type { LockAfter, Settings } from './settings.ts'

export interface DeviceLockParts {
  readonly settings: () => Settings
  readonly choose: (change: Partial<Settings>) => void
  /** The device was locked, here or in another tab: nothing is to be seen from now on. */
  readonly locked: () => void
  /** There is a passphrase that this page did not know of. */
  readonly foundLocked: () => void
  /** There is none any more. */
  readonly freed: () => void
  /** Something kept the page from locking. */
  readonly failed: (error: Error) => void
}

const ACTIVITY = ['keydown', 'pointerdown', 'pointermove', 'wheel'] as const

export class DeviceLock {
  readonly #parts: DeviceLockParts
  #phase: 'free' | 'locked' | 'open'
  #listening = false

  constructor(parts: DeviceLockParts) {
    this.#parts = parts
    this.#phase = isGuarded() ? 'locked' : 'free'
    if (this.#phase === 'locked') this.listen()
  }

  /** Hears of locking in any tab, and asks the library, which has the last word. To be called once it may be loaded. */
  listen(): void {
    if (this.#listening) return
    this.#listening = true
    engine()
      .then(async ({ vault }) => {
        await vault.whenLocked(() => this.#locked())
        const state = await vault.state()
        if (state === 'locked' && this.#phase === 'free') this.#parts.foundLocked()
        if (state === 'none' && this.#phase === 'locked') this.#freed()
      })
      .catch(this.#parts.failed)
    this.#watchIdling()
  }

  /** There is a passphrase: titles stay out of the browser's history. */
  get isGuarded(): boolean {
    return this.#phase !== 'free'
  }

  get isLocked(): boolean {
    return this.#phase === 'locked'
  }

  get lockAfter(): LockAfter {
    return this.#parts.settings().lockAfter
  }

  /** The library says so, whatever this page remembers: somebody set a passphrase in another tab. */
  found(): void {
    this.#phase = 'locked'
    rememberGuarded(true)
  }

  /** A passphrase was just set here. */
  async set(vault: Vault): Promise<void> {
    rememberGuarded(true)
    this.#phase = 'open'
    await vault.keepName(this.#parts.settings().name)
    this.#parts.choose({})
  }

  removed(): void {
    rememberGuarded(false)
    this.#phase = 'free'
    this.#parts.choose({})
  }

  async unlocked(vault: Vault): Promise<void> {
    this.#phase = 'open'
    const name = await vault.name()
    if (name) this.#parts.choose({ name })
  }

  /** Everything on this device was erased. */
  erased(): void {
    rememberGuarded(false)
    location.replace(location.pathname)
  }

  keepName(name: string): void {
    if (this.#phase !== 'open') return
    engine()
      .then(({ vault }) => vault.keepName(name))
      .catch(this.#parts.failed)
  }

  async lock(): Promise<void> {
    const { vault } = await engine()
    await vault.lock()
  }

  /** Hidden first: a page that is about to go may be asked whether it wants to. */
  #locked(): void {
    this.#phase = 'locked'
    this.#parts.locked()
    location.reload()
  }

  /** What this page remembered of a passphrase is no longer so: the device was erased in another tab. */
  #freed(): void {
    this.removed()
    this.#parts.freed()
  }

  #watchIdling(): void {
    const idle = new IdleLock({
      now: () => Date.now(),
      after: () => (this.#phase === 'open' ? this.lockAfter : 0),
      lastActive,
      rememberActive,
      lock: () => void this.lock().catch(this.#parts.failed),
    })
    for (const kind of ACTIVITY) addEventListener(kind, () => idle.active(), { capture: true, passive: true })
    document.addEventListener('visibilitychange', () => idle.look())
    setInterval(() => idle.look(), LOOK_PAUSE)
  }
}
