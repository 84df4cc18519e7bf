/** Everything a session needs from outside, as ports: the entry files fill it with adapters, the simulator with virtual ones. */
import type { Clock } from '../base/ports.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Store } from '../storage/port.ts'
import type { Dialer, HandDialer, SignalingConnector, TabPort } from '../transport/port.ts'

export interface Environment {
  readonly crypto: Crypto
  /** Never goes back (base/steady.ts). */
  readonly clock: Clock
  readonly dialer: Dialer
  /** Dials without a server; without it nothing can be paired by hand. */
  readonly handDialer?: HandDialer | undefined
  readonly connector: SignalingConnector
  readonly store: Store
  /** Runs `work` while nobody else of this browser or process runs work of this name (Web Locks). */
  readonly exclusively: <T>(name: string, work: () => Promise<T>) => Promise<T>
  /** Takes a name that one tab or process of this device holds at a time, and gives the way to let go of it; undefined: taken. */
  readonly claim: (name: string) => Promise<(() => void) | undefined>
  /** Calls `work` when the page is about to go away; gives the way to stop waiting for that. */
  readonly whenEnding: (work: () => void) => () => void
  /** Calls `work` when the device may have slept or changed its network; gives the way to stop waiting for that. */
  readonly whenStirred?: (work: () => void) => () => void
  /** Runs `work` in a task of its own, soon, however long the page has been hidden; without it: by the clock. */
  readonly soon?: (work: () => void) => void
  /** The other tabs of this browser, where there is such a thing. */
  readonly tabs: TabPort | undefined
  /** ws: or wss: address of the signaling server; undefined where there is no page to take it from. */
  readonly signaling: string | undefined
  /** Where invite links point to, without a slash at the end. */
  readonly origin: string
}
