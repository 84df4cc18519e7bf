/**
 * Tabs of one browser and profile: what they say over BroadcastChannel, which of them has a lock by Web Locks.
 * Private windows see only each other.
 */
import type { TabGroup, TabLock, TabLockListener, TabPort } from './port.ts'

/** `undefined` where the platform has no BroadcastChannel: every tab then stands alone until the mesh links them. */
export function browserTabs(): TabPort | undefined {
  if (typeof BroadcastChannel !== 'function') return undefined
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks
  return {
    join: joinChannel,
    waitForLock: locks && ((name, listener) => new BrowserLock(locks, name, listener)),
    watchSight: typeof document === 'undefined' ? undefined : watchSight,
  }
}

function joinChannel(name: string, received: (message: Uint8Array) => void): TabGroup {
  const channel = new BroadcastChannel(name)
  let phase: 'open' | 'closed' = 'open'
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof Uint8Array) received(data)
  }
  return {
    post(message) {
      if (phase === 'open') channel.postMessage(message)
    },
    close() {
      phase = 'closed'
      channel.close()
    },
  }
}

function watchSight(told: (sight: 'seen' | 'hidden') => void): () => void {
  const tell = (): void => told(document.visibilityState === 'hidden' ? 'hidden' : 'seen')
  document.addEventListener('visibilitychange', tell)
  tell()
  return () => document.removeEventListener('visibilitychange', tell)
}

/** The platform settles a request only when its lock is let go of, or rejects it when the lock was stolen. */
class BrowserLock implements TabLock {
  readonly #locks: LockManager
  readonly #name: string
  readonly #listener: TabLockListener
  #phase: 'waiting' | 'held' | 'closed' = 'waiting'
  /** Gives up the request that counts. */
  #leave: () => void = () => undefined

  constructor(locks: LockManager, name: string, listener: TabLockListener) {
    this.#locks = locks
    this.#name = name
    this.#listener = listener
    this.#wait()
  }

  steal(): void {
    if (this.#phase !== 'waiting') return
    this.#leave()
    this.#request({ steal: true })
  }

  close(): void {
    this.#phase = 'closed'
    this.#leave()
  }

  #wait(): void {
    const waiting = new AbortController()
    this.#request({ signal: waiting.signal }, () => waiting.abort())
  }

  #request(options: LockOptions, giveUp: () => void = () => undefined): void {
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const leave = (): void => {
      giveUp()
      release()
    }
    this.#leave = leave
    const isCurrent = (): boolean => this.#leave === leave && this.#phase !== 'closed'
    const request = this.#locks.request(this.#name, options, () => {
      if (!isCurrent()) return undefined
      this.#phase = 'held'
      this.#listener.granted()
      return held
    })
    request.then(
      () => undefined, // let go of here
      () => {
        // given up here, or stolen
        if (!isCurrent()) return
        const wasHeld = this.#phase === 'held'
        this.#phase = 'waiting'
        this.#wait()
        if (wasHeld) this.#listener.lost()
      },
    )
  }
}
