/**
 * `coterie`: the library for browsers. Importing it touches no browser global and loads neither cryptography
 * nor network; the first call does.
 */
import type { Clock } from './base/ports.ts'
import { steady } from './base/steady.ts'
import type { Crypto } from './crypto/crypto.ts'
import { loadCrypto } from './crypto/sodium.ts'
import { apiOver } from './session/api.ts'
import type { CheckOptions, CheckReport } from './session/check.ts'
import type { Environment } from './session/environment.ts'
import { StorageTooNew } from './storage/errors.ts'
import { openIndexedDbStore } from './storage/indexeddb.ts'
import { createMemoryStore } from './storage/memory.ts'
import { canStoreOnDisk } from './storage/persistence.ts'
import type { Store } from './storage/port.ts'
import { browserDialer } from './transport/browser-dialer.ts'
import { browserTabs } from './transport/browser-tabs.ts'
import { handDialer } from './transport/hand-dialer.ts'
import { packSignals, unpackSignals } from './transport/packing.ts'
import { browserSignaling } from './transport/websocket.ts'

const clock: Clock = {
  now: steady(
    () => Date.now(),
    () => performance.now(),
  ),
  wakeAfter(after, wake) {
    const timer = setTimeout(wake, after)
    return () => clearTimeout(timer)
  },
}

async function browserEnvironment(): Promise<Environment> {
  const crypto = await loadCrypto()
  const page = globalThis.location
  const dialer = browserDialer()
  const packing = { pack: packSignals, unpack: unpackSignals }
  // Firefox gives up on a connection that waits without candidates, Chromium on one that waits with them.
  const candidatesAtOnce = /\bFirefox\//.test(navigator.userAgent)
  return {
    crypto,
    clock,
    dialer,
    handDialer: handDialer({ dialer, packing, candidatesAtOnce }),
    connector: browserSignaling(),
    store: await openStore(crypto),
    exclusively: (name, work) =>
      navigator.locks === undefined ? work() : navigator.locks.request(name, work),
    claim: claimLock,
    tabs: browserTabs(),
    soon: inOwnTask(),
    whenEnding: whenPageHides,
    whenStirred: whenDeviceStirs,
    signaling: page === undefined ? undefined : `${page.origin.replace(/^http/, 'ws')}/signal`,
    origin: page === undefined ? '' : page.origin,
  }
}

/** A message to oneself: unlike a timer, a hidden page's browser does not hold it back for a second. */
function inOwnTask(): (work: () => void) => void {
  const waiting: (() => void)[] = []
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => waiting.shift()?.()
  return (work) => {
    waiting.push(work)
    port2.postMessage(undefined)
  }
}

function whenPageHides(work: () => void): () => void {
  if (typeof addEventListener !== 'function') return () => undefined
  addEventListener('pagehide', work)
  return () => removeEventListener('pagehide', work)
}

/** A page hidden for longer may have been frozen, or its device asleep. */
const SHORT_GLANCE_MS = 10_000

/** The network came back or changed, or the page is looked at again after a while. */
function whenDeviceStirs(work: () => void): () => void {
  if (typeof addEventListener !== 'function' || typeof document === 'undefined') return () => undefined
  let hiddenAt = clock.now()
  const looked = (): void => {
    if (document.visibilityState === 'hidden') hiddenAt = clock.now()
    else if (clock.now() - hiddenAt > SHORT_GLANCE_MS) work()
  }
  const shown = (event: PageTransitionEvent): void => {
    if (event.persisted) work()
  }
  const network = 'connection' in navigator ? (navigator.connection as EventTarget | undefined) : undefined
  addEventListener('online', work)
  addEventListener('pageshow', shown)
  document.addEventListener('resume', work)
  document.addEventListener('visibilitychange', looked)
  network?.addEventListener('change', work)
  return () => {
    removeEventListener('online', work)
    removeEventListener('pageshow', shown)
    document.removeEventListener('resume', work)
    document.removeEventListener('visibilitychange', looked)
    network?.removeEventListener('change', work)
  }
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
  answerOffer,
  vault,
} = apiOver(browserEnvironment)

/** What works on this device and what does not, in words; opens no session and needs none. */
export async function runCheck(options: CheckOptions = {}): Promise<CheckReport> {
  const page = globalThis.location
  const [crypto, dialer, { check }, { gatherWith }, { platformOf }] = await Promise.all([
    loadCrypto(),
    browserDialer(),
    import('./session/check.ts'),
    import('./transport/gathering.ts'),
    import('./session/check-words.ts'),
  ])
  return check(
    {
      ...{ crypto, clock, dialer },
      connector: browserSignaling(),
      gather: gatherWith((globalThis as Partial<typeof globalThis>).RTCPeerConnection),
      signaling: page === undefined ? undefined : `${page.origin.replace(/^http/, 'ws')}/signal`,
      keeps: () => keepsOnDisk(crypto),
      platform: platformOf(globalThis.navigator?.userAgent ?? ''),
    },
    options,
  )
}

/** Whether this page's server names a relay: without one, `relayOnly` connects nobody. */
export async function offersRelay(): Promise<'yes' | 'no' | 'unreachable'> {
  const page = globalThis.location
  if (page === undefined) return 'unreachable'
  const [crypto, { askServer }] = await Promise.all([loadCrypto(), import('./session/server-question.ts')])
  const url = `${page.origin.replace(/^http/, 'ws')}/signal`
  const answer = await askServer({ crypto, clock, connector: browserSignaling() }, url)
  if (answer.kind !== 'answered') return 'unreachable'
  return answer.iceServers.some(({ urls }) => urls.some((one) => /^turns?:/.test(one))) ? 'yes' : 'no'
}

async function keepsOnDisk(crypto: Crypto): Promise<'on-disk' | 'in-memory'> {
  if (!canStoreOnDisk()) return 'in-memory'
  try {
    const store = await openIndexedDbStore({ crypto })
    await store.list()
    await store.close()
    return 'on-disk'
  } catch (error) {
    if (error instanceof StorageTooNew) return 'on-disk'
    return 'in-memory'
  }
}

export type { CheckOptions, CheckReport } from './session/check.ts'
export type { CheckSubject, Finding, Verdict } from './session/check-words.ts'
export {
  CarriedTextRefused,
  CodeInterrupted,
  CodeMalformed,
  CodeUnknown,
  ComparisonOver,
  CoterieError,
  InviteExpired,
  InviteMalformed,
  InviteMismatch,
  InviteRevoked,
  InviteUsed,
  NobodyThere,
  NoMoreCodes,
  NoRoute,
  NotAllowed,
  NotCompared,
  NotLinked,
  PassphraseTooShort,
  PhraseMalformed,
  PhraseMismatch,
  ProtocolMismatch,
  SessionEnded,
  SessionMissing,
  SignalingUnreachable,
  TooLarge,
  TooManyVersions,
  TurnedAway,
  VersionMissing,
  WebRtcBlocked,
  WrongCode,
} from './session/errors.ts'
export type {
  CodeOutcome,
  Comparison,
  Copy,
  CreateOptions,
  HandAnswer,
  HandOffer,
  Invitation,
  Invite,
  InviteOptions,
  InviteUse,
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
  SpokenCode,
  WaitingGuest,
} from './session/public.ts'
export { codeProblem } from './session/redeeming.ts'
export { MIN_PASSPHRASE, type Vault } from './session/vault.ts'
export type { Version, VersionComparison, VersionId, Versions } from './session/version.ts'
export { StorageTooNew } from './storage/errors.ts'
export { askForPersistence } from './storage/persistence.ts'
export { DeviceLocked, StorageFull, StorageUnreadable, WrongPassphrase } from './storage/port.ts'
