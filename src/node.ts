/**
 * `coterie/node`: the same library in Node, over real WebRTC (node-datachannel). Sessions live in memory;
 * give `signaling` and `origin`, as there is no page to take them from.
 */
import type { Clock } from './base/ports.ts'
import { steady } from './base/steady.ts'
import { loadCrypto } from './crypto/sodium.ts'
import { type Api, apiOver } from './session/api.ts'
import { type CheckOptions, type CheckReport, check } from './session/check.ts'
import type { Environment } from './session/environment.ts'
import { createMemoryStore } from './storage/memory.ts'
import type { Store } from './storage/port.ts'
import { handDialer } from './transport/hand-dialer.ts'
import { nodeDialer, nodeGather } from './transport/node-dialer.ts'
import { nodeSignaling } from './transport/node-websocket.ts'
import { packSignals, unpackSignals } from './transport/packing.ts'

export interface NodeOptions {
  /** ws: or wss: address of the signaling server. */
  readonly signaling: string
  /** Where invite links point to, without a slash at the end. Default: the signaling server's own origin. */
  readonly origin?: string
  /** Default: memory. */
  readonly store?: Store
}

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

/** One device in this process: several may stand side by side. */
export function createNode(options: NodeOptions): Api {
  return apiOver(async (): Promise<Environment> => {
    const locks = new Map<string, Promise<unknown>>()
    const claims = new Set<string>()
    const dialer = await nodeDialer()
    const packing = { pack: packSignals, unpack: unpackSignals }
    return {
      crypto: await loadCrypto(),
      clock,
      dialer,
      handDialer: handDialer({ dialer, packing, candidatesAtOnce: true }),
      connector: nodeSignaling(),
      store: options.store ?? createMemoryStore(),
      exclusively: (name, work) => inTurn(locks, name, work),
      claim: async (name) => claimIn(claims, name),
      tabs: undefined,
      soon: (work) => setImmediate(work),
      whenEnding: () => () => undefined, // a process leaves by `leave`
      signaling: options.signaling,
      origin: options.origin ?? new URL(options.signaling.replace(/^ws/, 'http')).origin,
    }
  })
}

/** What works on this device and what does not, in words; opens no session and needs none. */
export async function runCheck(options: CheckOptions & Pick<NodeOptions, 'signaling'>): Promise<CheckReport> {
  const [crypto, dialer, gather] = await Promise.all([loadCrypto(), nodeDialer(), nodeGather()])
  const platform = `Node ${process.versions.node.split('.')[0]}, ${process.platform}`
  return check(
    {
      ...{ crypto, clock, dialer, gather, platform },
      connector: nodeSignaling(),
      signaling: options.signaling,
      keeps: async () => 'by-choice',
    },
    options,
  )
}

function claimIn(claims: Set<string>, name: string): (() => void) | undefined {
  if (claims.has(name)) return undefined
  claims.add(name)
  return () => claims.delete(name)
}

async function inTurn<T>(
  locks: Map<string, Promise<unknown>>,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  const before = locks.get(name) ?? Promise.resolve()
  const turn = before.then(work, work)
  locks.set(name, turn)
  return turn
}

export type { CheckOptions, CheckReport } from './session/check.ts'
export type { CheckSubject, Finding, Verdict } from './session/check-words.ts'
export {
  CarriedTextRefused,
  CodeInterrupted,
  CodeMalformed,
  CodeUnknown,
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
  ProtocolMismatch,
  SessionEnded,
  SessionMissing,
  SignalingUnreachable,
  TooLarge,
  TurnedAway,
  WebRtcBlocked,
  WrongCode,
} from './session/errors.ts'
export type {
  CodeOutcome,
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
export { createMemoryStore } from './storage/memory.ts'
