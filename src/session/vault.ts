/** The passphrase of this device as callers hold it: lengths are checked here, everything else is locking.ts and the store. */
import { fromUtf8, toUtf8 } from '../base/bytes.ts'
import { PassphraseTooShort } from './errors.ts'
import type { Locking } from './locking.ts'
import { cutName } from './people.ts'

/** Characters. Shorter ones are tried out in no time, however slow each try is. */
export const MIN_PASSPHRASE = 8

/** Nobody can help whoever forgets the passphrase: all that is left then is `erase`. */
export interface Vault {
  /** `unavailable`: nothing survives here that a passphrase could protect. `open`: there is one, and this page was told it. */
  state(): Promise<'unavailable' | 'none' | 'locked' | 'open'>
  /** From now on whoever opens anything on this device is asked for it; this page goes on. @throws PassphraseTooShort,
   *  DeviceLocked where there is one already, NotAllowed */
  setPassphrase(passphrase: string): Promise<void>
  /** @throws WrongPassphrase, PassphraseTooShort */
  changePassphrase(from: string, to: string): Promise<void>
  /** @throws WrongPassphrase */
  removePassphrase(passphrase: string): Promise<void>
  /** For this page; every other tab asks for itself. @throws WrongPassphrase, StorageUnreadable */
  unlock(passphrase: string): Promise<void>
  /** Saves and leaves every session of this page and of the other tabs, and forgets the keys. Does nothing without a
   *  passphrase. @throws StorageFull and whatever else keeps a session from being saved: then nothing is locked */
  lock(): Promise<void>
  /** Every session of this device and the passphrase. Asks for nothing; what others hold stays with them. */
  erase(): Promise<void>
  /** The person's own name, kept under the passphrase so that it stands nowhere in the clear; undefined where none is. */
  name(): Promise<string | undefined>
  /** Kept only while there is a passphrase. @throws DeviceLocked */
  keepName(name: string): Promise<void>
  /** Calls `listener` whenever this page was locked, here or from another tab; gives the way to stop. */
  whenLocked(listener: () => void): Promise<() => void>
}

/** Over an environment that is composed at the first call. */
export function vaultOver(compose: () => Promise<Locking>): Vault {
  return {
    state: async () => (await compose()).state(),
    async setPassphrase(passphrase) {
      requireLength(passphrase)
      await (await compose()).guard.set(passphrase)
    },
    async changePassphrase(from, to) {
      requireLength(to)
      await (await compose()).guard.change(from, to)
    },
    removePassphrase: async (passphrase) => (await compose()).guard.remove(passphrase),
    unlock: async (passphrase) => (await compose()).guard.unlock(passphrase),
    lock: async () => (await compose()).lock(),
    erase: async () => (await compose()).erase(),
    async name() {
      const note = await (await compose()).guard.note()
      return note && fromUtf8(note)
    },
    keepName: async (name) => (await compose()).guard.keepNote(toUtf8(cutName(name))),
    whenLocked: async (listener) => (await compose()).onLocked(listener),
  }
}

function requireLength(passphrase: string): void {
  if ([...passphrase].length < MIN_PASSPHRASE) throw new PassphraseTooShort(MIN_PASSPHRASE)
}
