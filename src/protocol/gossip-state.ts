/**
 * What gossip remembers per link and per device, and the words of its machine: inputs, outputs. The machine is gossip.ts.
 */
import type { DeviceId, InstanceId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import type { Entry } from '../wire/entry.ts'
import type { ChainId, Head } from '../wire/heads.ts'
import { HEADS_DIGEST_PAUSE_MS } from '../wire/limits.ts'
import type { Acknowledgement, Message } from '../wire/message.ts'
import type { LogState } from './log.ts'

export interface GossipLink {
  readonly id: InstanceId
  readonly device: DeviceId
  readonly acked: Map<ChainId, number>
  readonly sent: Map<ChainId, number>
  readonly endedThere: Set<ChainId>
  /** Devices whose entries this link does not want from us, because they come another way. */
  readonly pruned: Set<DeviceId>
  /** Devices whose entries we asked this link not to forward. */
  readonly prunedByUs: Set<DeviceId>
  readonly owedAcks: Set<ChainId>
  /** Where in `log.applied` the bulk sending stands. */
  cursor: number
  bulkBusy: boolean
  /** The other side's checkpoint is on its way, or being made: nothing else is sent until it was handed over. */
  awaitsCheckpoint: boolean
  /** Who hands over what only a checkpoint covers: we, or others because we cannot. */
  servedBy: 'us' | 'others'
  /** Messages with entries handed over, and received. */
  entriesSent: number
  entriesSeen: number
  fullSendAt: Millis
  comparedAt: Millis
  /** The other side's last digests. */
  theirs:
    | {
        readonly roster: Uint8Array
        readonly held: Uint8Array
        readonly applied: Uint8Array
        readonly state: Uint8Array | undefined
      }
    | undefined
  /** Bytes announced by the other side and not come yet, roughly: it says when nothing more comes. */
  announced: number
  /** We announced bytes and have not said yet that nothing more comes. */
  announcing: boolean
  /** Heads came from there at least once, or equal digests: we know what it holds. */
  compared: boolean
}

export interface GossipState {
  readonly log: LogState
  readonly me: InstanceId
  readonly links: Map<InstanceId, GossipLink>
  /** What devices said they hold of the chains in the log, kept when their links close. */
  readonly heldBy: Map<DeviceId, Map<ChainId, number>>
  ackDue: Millis | undefined
  digestDue: Millis | undefined
  changedAt: Millis
  /** Of the visible content at the current applied heads; undefined while they move. */
  stateDigest: Uint8Array | undefined
}

export type GossipInput =
  | { readonly type: 'linked'; readonly link: InstanceId; readonly device: DeviceId; readonly now: Millis }
  | { readonly type: 'unlinked'; readonly link: InstanceId; readonly now: Millis }
  /** A link that was silent speaks again: what was under way arrives, and then both sides compare. */
  | { readonly type: 'resumed'; readonly link: InstanceId; readonly now: Millis }
  | {
      readonly type: 'heads'
      readonly link: InstanceId
      readonly answer: boolean
      readonly seen: number
      readonly heads: readonly Head[]
      readonly now: Millis
    }
  | {
      readonly type: 'digest'
      readonly link: InstanceId
      readonly digest: Extract<Message, { type: 'digest' }>
      readonly now: Millis
    }
  | { readonly type: 'ack'; readonly link: InstanceId; readonly acknowledgements: readonly Acknowledgement[] }
  | { readonly type: 'sending'; readonly link: InstanceId; readonly bytes: number }
  | { readonly type: 'prune' | 'graft'; readonly link: InstanceId; readonly device: DeviceId }
  /** An `entries` message came, before the log looks at it. */
  | { readonly type: 'entries-came'; readonly link: InstanceId; readonly bytes: number }
  | {
      readonly type: 'held'
      readonly entry: Entry
      readonly from: InstanceId | undefined
      readonly now: Millis
    }
  /** Something of this device came that had come another way before. */
  | { readonly type: 'redundant'; readonly link: InstanceId; readonly device: DeviceId }
  | { readonly type: 'duplicate'; readonly entry: Entry; readonly from: InstanceId }
  | { readonly type: 'gap'; readonly link: InstanceId; readonly now: Millis }
  /** The link's bulk lane has room. */
  | { readonly type: 'hungry'; readonly link: InstanceId }
  /** A checkpoint with these heads was handed over on the link. */
  | {
      readonly type: 'checkpoint-sent'
      readonly link: InstanceId
      readonly heads: readonly {
        readonly device: DeviceId
        readonly writer: Head['writer']
        readonly seq: number
      }[]
    }
  /** There is no checkpoint to hand over (a viewer cannot sign one): the chains it lacks the beginning of are left out. */
  | { readonly type: 'cannot-serve'; readonly link: InstanceId }
  /** The log was put on a new base: cursors start over. */
  | { readonly type: 'rebased'; readonly now: Millis }
  | { readonly type: 'state-digest'; readonly digest: Uint8Array }
  | { readonly type: 'tick'; readonly now: Millis }

export type GossipOutput =
  | { readonly type: 'send'; readonly link: InstanceId; readonly message: Message }
  | {
      readonly type: 'send-entries'
      readonly link: InstanceId
      readonly lane: 'live' | 'bulk'
      readonly entries: readonly Entry[]
    }
  /** The link lacks entries that only a checkpoint still covers. */
  | { readonly type: 'needs-checkpoint'; readonly link: InstanceId }
  /** Applied heads have rested: compute the state digest and give it back. */
  | { readonly type: 'digest-wanted' }
  /** Equal applied heads, unequal content. */
  | { readonly type: 'diverged'; readonly link: InstanceId }
  | { readonly type: 'roster-differs'; readonly link: InstanceId }
  | { readonly type: 'acknowledged' }
  | { readonly type: 'wake'; readonly at: Millis }

export function startGossip(log: LogState, me: InstanceId): GossipState {
  return {
    log,
    me,
    links: new Map(),
    heldBy: new Map(),
    ackDue: undefined,
    digestDue: undefined,
    changedAt: 0,
    stateDigest: undefined,
  }
}

/** Seq up to which some other device holds this chain. */
export function sharedSeq(state: GossipState, chain: ChainId, own: DeviceId): number {
  let shared = 0
  for (const [device, held] of state.heldBy)
    if (device !== own) shared = Math.max(shared, held.get(chain) ?? 0)
  return shared
}

export function setHeld(state: GossipState, link: GossipLink, chain: ChainId, seq: number): void {
  link.acked.set(chain, seq)
  const held = state.heldBy.get(link.device) ?? new Map<ChainId, number>()
  state.heldBy.set(link.device, held)
  held.set(chain, seq)
}

export function acknowledge(state: GossipState, link: GossipLink, chain: ChainId, seq: number): void {
  if (seq <= (link.acked.get(chain) ?? 0)) return
  setHeld(state, link, chain, seq)
  raise(link.sent, chain, seq)
}

export function raise(map: Map<ChainId, number>, chain: ChainId, seq: number): void {
  if (seq > (map.get(chain) ?? 0)) map.set(chain, seq)
}

export function changed(state: GossipState, now: Millis, outputs: GossipOutput[]): void {
  state.changedAt = now
  state.stateDigest = undefined
  state.digestDue = Math.min(state.digestDue ?? Number.POSITIVE_INFINITY, now + HEADS_DIGEST_PAUSE_MS)
  outputs.push({ type: 'wake', at: Math.min(state.ackDue ?? Number.POSITIVE_INFINITY, state.digestDue) })
}
