/**
 * What gossip remembers per link and per device, and the words of its machine: inputs, outputs. The machine is gossip.ts.
 */
import type { DeviceId, InstanceId } from '../base/ids.ts'
import type { Millis } from '../base/ports.ts'
import type { Entry } from '../wire/entry.ts'
import type { ChainId, Head } from '../wire/heads.ts'
import { HEADS_DIGEST_PAUSE_MS } from '../wire/limits.ts'
import type { Acknowledgement, Message } from '../wire/message.ts'
import { type Violation, violation } from '../wire/violation.ts'
import { type Chain, heldSeq } from './chain.ts'
import type { LogState } from './log.ts'

/** Whole documents given away in a row. */
export const MAX_TURNS = 4

export interface GossipLink {
  readonly id: InstanceId
  readonly device: DeviceId
  readonly acked: Map<ChainId, number>
  readonly sent: Map<ChainId, number>
  readonly endedThere: Set<ChainId>
  /** Devices whose entries this link does not want from us, because they come another way. */
  readonly pruned: Set<DeviceId>
  /** Devices whose entries we asked this link not to forward, since when. */
  readonly prunedByUs: Map<DeviceId, Millis>
  /** What it says it holds and we lack: where it did not come by itself until `dueAt`, it is asked for. */
  readonly promised: Map<ChainId, { readonly device: DeviceId; readonly seq: number; readonly dueAt: Millis }>
  readonly owedAcks: Set<ChainId>
  /** Where in `log.applied` the bulk sending stands. */
  cursor: number
  bulkBusy: boolean
  /** The other side's checkpoint is on its way, or being made: nothing else is sent until it was handed over. */
  awaitsCheckpoint: boolean
  /** Who hands over what only a checkpoint covers: we, or others because we cannot. */
  servedBy: 'us' | 'others'
  /** Much is to be handed over: whether it is this link's turn. */
  turn: 'free' | 'waiting' | 'granted'
  /** It was sent our heads by us who hold nothing, and has not said yet whether it serves us. */
  askedAt: Millis | undefined
  /** It gets our heads once no other link brings us anything. */
  owesHeads: boolean
  /** Something new came from there, or was announced. */
  progressAt: Millis
  /** Its heads said that it holds what we lack. */
  lacking: boolean
  rtt: Millis
  /** The lane of what just came, and how often something came live that we asked not to be sent. */
  cameBy: 'live' | 'bulk'
  unheeded: number
  /** Messages with entries handed over, and received. */
  entriesSent: number
  entriesSeen: number
  fullSendAt: Millis
  comparedAt: Millis
  /** The digest of our roster that it was told last. */
  rosterTold: Uint8Array | undefined
  /** The roster it was sent last because its digest was another. */
  rosterOffered: { readonly digest: Uint8Array; readonly at: Millis } | undefined
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
  /** Of its heads those that contradict what was held here when they came, since when there were some, and whether that
   *  outlasted the time that a proof of it takes. */
  contradicted:
    | { readonly heads: readonly Head[]; readonly since: Millis; readonly outlasted: boolean }
    | undefined
}

export interface GossipState {
  readonly log: LogState
  readonly me: InstanceId
  /** The chain we write now: nobody else can hold more of it. */
  readonly writing: () => Chain | undefined
  readonly links: Map<InstanceId, GossipLink>
  /** What devices said they hold of the chains in the log, kept when their links close. */
  readonly heldBy: Map<DeviceId, Map<ChainId, number>>
  /** The time the last input told. */
  now: Millis
  /** Whole documents that may be given away now, and since when that is counted. */
  turns: { left: number; since: Millis }
  /** Chains that grew since links were told. */
  readonly grown: Set<ChainId>
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
  | { readonly type: 'rtt'; readonly link: InstanceId; readonly millis: Millis }
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
  | {
      readonly type: 'ack'
      readonly link: InstanceId
      readonly acknowledgements: readonly Acknowledgement[]
      readonly now: Millis
    }
  | { readonly type: 'sending'; readonly link: InstanceId; readonly bytes: number; readonly now: Millis }
  | { readonly type: 'prune' | 'graft'; readonly link: InstanceId; readonly device: DeviceId }
  /** An `entries` message came, before the log looks at it. */
  | {
      readonly type: 'entries-came'
      readonly link: InstanceId
      readonly bytes: number
      readonly lane: 'live' | 'bulk'
    }
  /** A piece of a blob we wait for came. */
  | { readonly type: 'piece-came'; readonly link: InstanceId; readonly bytes: number; readonly now: Millis }
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
  /** What came rests on a roster that is not here: the other side sees from ours what is lacking. */
  | { readonly type: 'roster-behind'; readonly link: InstanceId; readonly now: Millis }
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
  /** By whatever way: those it was not told by are to notice when they lack it. */
  | { readonly type: 'roster-grew'; readonly now: Millis }
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
  | { readonly type: 'fault'; readonly link: InstanceId; readonly violation: Violation }
  | { readonly type: 'wake'; readonly at: Millis }

export function startGossip(
  log: LogState,
  me: InstanceId,
  writing: GossipState['writing'] = () => undefined,
): GossipState {
  return {
    ...{ log, me, writing },
    links: new Map(),
    heldBy: new Map(),
    now: 0,
    turns: { left: MAX_TURNS, since: 0 },
    grown: new Set(),
    ackDue: undefined,
    digestDue: undefined,
    changedAt: 0,
    stateDigest: undefined,
  }
}

export function startGossipLink(id: InstanceId, device: DeviceId, now: Millis): GossipLink {
  return {
    ...{ id, device },
    ...{ acked: new Map(), sent: new Map(), promised: new Map() },
    ...{ endedThere: new Set(), pruned: new Set(), prunedByUs: new Map(), owedAcks: new Set() },
    ...{ cursor: 0, bulkBusy: false, awaitsCheckpoint: false, servedBy: 'us' },
    ...{ turn: 'free', askedAt: undefined, owesHeads: false, progressAt: now, lacking: false },
    ...{ rtt: 0, cameBy: 'live', unheeded: 0, entriesSent: 0, entriesSeen: 0 },
    ...{ fullSendAt: Number.NEGATIVE_INFINITY, comparedAt: Number.NEGATIVE_INFINITY },
    ...{
      theirs: undefined,
      rosterTold: undefined,
      rosterOffered: undefined,
      announced: 0,
      announcing: false,
      compared: false,
      contradicted: undefined,
    },
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

/** Whoever says it holds more of what we write than we have written lies, or has it from somebody who does. */
export function isInvented(state: GossipState, chain: ChainId, seq: number): boolean {
  const own = state.writing()
  return own?.id === chain && own.ended === undefined && own.fork === undefined && seq > heldSeq(own)
}

export function invented(link: GossipLink): GossipOutput {
  const found = violation('forged', 'acknowledges entries that were never written')
  return { type: 'fault', link: link.id, violation: found }
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
  compareBy(state, now + HEADS_DIGEST_PAUSE_MS, outputs)
}

/** Digests go out by then, or at the first rest after it. */
export function compareBy(state: GossipState, due: Millis, outputs: GossipOutput[]): void {
  state.digestDue = Math.min(state.digestDue ?? Number.POSITIVE_INFINITY, due)
  outputs.push({ type: 'wake', at: Math.min(state.ackDue ?? Number.POSITIVE_INFINITY, state.digestDue) })
}
