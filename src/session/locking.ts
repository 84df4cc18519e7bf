/**
 * The lock of this device over the sessions of this page: locking saves and leaves them all, here and in every tab.
 * Not here: what lies under the passphrase (storage/guard.ts), when to lock by itself, which the page decides.
 * Invariants: nothing opens or begins while the device is locked; what cannot be saved is never locked away.
 */
import { Emitter } from '../base/emitter.ts'
import { DeviceLocked, type Guard, type Store } from '../storage/port.ts'
import type { TabGroup, TabPort } from '../transport/port.ts'
import { NotAllowed } from './errors.ts'
import type { Invitation, Session } from './public.ts'

/** What tabs say to each other: one byte. */
const LOCKED = 1
const ERASED = 2
const GROUP = 'coterie/lock'

type Events = { readonly locked: undefined }

export interface LockingParts {
  readonly store: Store
  readonly tabs: TabPort | undefined
}

export class Locking {
  readonly #store: Store
  readonly #sessions = new Set<Session>()
  readonly #emitter = new Emitter<Events>()
  readonly #tabs: TabGroup | undefined

  constructor({ store, tabs }: LockingParts) {
    this.#store = store
    this.#tabs = store.guard && tabs?.join(GROUP, ([note]) => this.#told(note))
  }

  /** Left when the device is locked. */
  track<S extends Session>(session: S): S {
    this.#sessions.add(session)
    session.on('ended', () => this.#sessions.delete(session))
    return session
  }

  /** The same for what comes of a card. */
  watch(card: Invitation): Invitation {
    const join: Invitation['join'] = async (options) => {
      await this.requireOpen()
      return this.track(await card.join(options))
    }
    return { ...card, join }
  }

  /** @throws DeviceLocked */
  async requireOpen(): Promise<void> {
    if ((await this.#store.guard?.state()) === 'locked') throw new DeviceLocked()
  }

  onLocked(listener: () => void): () => void {
    return this.#emitter.on('locked', listener)
  }

  async state(): Promise<'unavailable' | 'none' | 'locked' | 'open'> {
    return (await this.#store.guard?.state()) ?? 'unavailable'
  }

  get guard(): Guard {
    const { guard } = this.#store
    if (guard === undefined)
      throw new NotAllowed('Nothing is kept on this device, so there is nothing a passphrase could protect.')
    return guard
  }

  /** @throws StorageFull and what else keeps a session from being saved: then nothing was locked */
  async lock(): Promise<void> {
    const { guard } = this
    if ((await guard.state()) === 'none') return
    await this.#lockHere()
    this.#tabs?.post(Uint8Array.of(LOCKED))
  }

  async erase(): Promise<void> {
    const { guard } = this
    await this.#leaveAll()
    await guard.erase()
    this.#tabs?.post(Uint8Array.of(ERASED))
    this.#emitter.emit('locked', undefined)
  }

  async #lockHere(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.saved()))
    await this.#leaveAll()
    this.guard.lock()
    this.#emitter.emit('locked', undefined)
  }

  async #leaveAll(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.leave()))
    this.#sessions.clear()
  }

  /** What could not be saved here stays open, and its status says why. */
  #told(note: number | undefined): void {
    if (note === LOCKED) void this.#lockHere().catch(() => undefined)
    if (note === ERASED) void this.#leaveAll().then(() => this.#emitter.emit('locked', undefined))
  }
}
