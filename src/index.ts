/**
 * `coterie`: the library for browsers. Importing it touches no browser global and loads neither cryptography
 * nor network; the first call does.
 */
import type { Clock } from './base/ports.ts'
import type { Crypto } from './crypto/crypto.ts'
import { loadCrypto } from './crypto/sodium.ts'
import { apiOver } from './session/api.ts'
import type { Environment } from './session/environment.ts'
import { StorageTooNew } from './storage/errors.ts'
import { openIndexedDbStore } from './storage/indexeddb.ts'
import { createMemoryStore } from './storage/memory.ts'
import { canStoreOnDisk } from './storage/persistence.ts'
import type { Store } from './storage/port.ts'
import { browserDialer } from './transport/browser-dialer.ts'
import { browserSignaling } from './transport/websocket.ts'

const clock: Clock = {
  now: () => Date.now(),
  wakeAfter(after, wake) {
    const timer = setTimeout(wake, after)
    return () => clearTimeout(timer)
  },
}

async function browserEnvironment(): Promise<Environment> {
  const crypto = await loadCrypto()
  const page = globalThis.location
  return {
    crypto,
    clock,
    dialer: await browserDialer(),
    connector: browserSignaling(),
    store: await openStore(crypto),
    exclusively: (name, work) =>
      navigator.locks === undefined ? work() : navigator.locks.request(name, work),
    claim: claimLock,
    whenEnding: whenPageHides,
    signaling: page === undefined ? undefined : `${page.origin.replace(/^http/, 'ws')}/signal`,
    origin: page === undefined ? '' : page.origin,
  }
}

function whenPageHides(work: () => void): () => void {
  if (typeof addEventListener !== 'function') return () => undefined
  addEventListener('pagehide', work)
  return () => removeEventListener('pagehide', work)
}

/** The lock is held until the returned function is called, or the tab closes. */
function claimLock(name: string): Promise<(() => void) | undefined> {
  if (navigator.locks === undefined) return Promise.resolve(() => undefined)
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock === null) return resolve(undefined)
        return new Promise<void>((release) => resolve(release))
      })
      .catch(reject)
  })
}

/** Without a secure context or a working disk nothing is stored, and the status says so. */
async function openStore(crypto: Crypto): Promise<Store> {
  if (!canStoreOnDisk()) return createMemoryStore()
  try {
    return await openIndexedDbStore({ crypto })
  } catch (error) {
    if (error instanceof StorageTooNew) throw error
    return createMemoryStore()
  }
}

export const {
  createSession,
  joinSession,
  openInvitation,
  openSession,
  listSessions,
  forgetSession,
  findSession,
} = apiOver(browserEnvironment)

export {
  CoterieError,
  InviteExpired,
  InviteMalformed,
  InviteMismatch,
  InviteRevoked,
  InviteUsed,
  NobodyThere,
  NoRoute,
  NotAllowed,
  ProtocolMismatch,
  SessionEnded,
  SessionMissing,
  SignalingUnreachable,
  TooLarge,
  WebRtcBlocked,
} from './session/errors.ts'
export type {
  CreateOptions,
  Invitation,
  Invite,
  InviteOptions,
  JoinOptions,
  Member,
  Peer,
  Phase,
  PresenceRange,
  PresenceState,
  RecentSession,
  Role,
  RootKind,
  Roots,
  Session,
  SessionEvents,
  SessionOptions,
  SessionProblem,
  SessionStatus,
} from './session/public.ts'
export { StorageTooNew } from './storage/errors.ts'
export { askForPersistence } from './storage/persistence.ts'
export { StorageFull, StorageUnreadable } from './storage/port.ts'
