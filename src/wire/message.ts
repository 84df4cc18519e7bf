/**
 * What peers say on an open link: message = type u8 | content, one message a frame. Only shapes and
 * bounds here; what a message means in which phase is for the cores.
 */
import { decode, Malformed, type Reader, Writer } from '../base/codec.ts'
import {
  type BlobId,
  type DeviceId,
  ID_BYTES,
  type InstanceId,
  idBytes,
  idOf,
  type WriterId,
} from '../base/ids.ts'
import { type JoinRequest, readRequest, writeRequest } from './certificate.ts'
import { type Head, readHeads, writeHeads } from './heads.ts'
import {
  BLOB_PIECE_BYTES,
  MAX_CARRY_HOPS,
  MAX_INSTANCES,
  MAX_JOINS,
  MAX_PERSON_NAME_BYTES,
  MAX_PRESENCE_BYTES,
  MAX_PRESENCES,
  MAX_ROSTER_RECORD_BYTES,
  MAX_ROSTER_RECORDS,
  MAX_RUN_ENTRIES,
  MAX_SIGNAL_BYTES,
  MAX_SIGNAL_MESSAGE_BYTES,
  MAX_TITLE_BYTES,
  MAX_WRITERS,
} from './limits.ts'
import type { InviteRole } from './roster-record.ts'
import { readSegment, type Segment, writeSegment } from './runs.ts'
import { readVerification, type VerificationMessage, writeVerification } from './verification.ts'
import { type Violation, violation } from './violation.ts'

/** Why an admitter did not admit. */
export type RefusalReason =
  | 'expired'
  | 'used'
  | 'revoked'
  | 'unknown'
  | 'not-allowed'
  | 'full'
  | 'turned-away'

/** "I hold this chain up to here." */
export interface Acknowledgement {
  readonly device: DeviceId
  readonly writer: WriterId
  readonly held: number
}

export const SIGNALING_PHASES = ['stopped', 'connecting', 'open', 'unreachable'] as const

/** How a tab that leads stands with everybody else. */
export interface Reach {
  readonly signaling: (typeof SIGNALING_PHASES)[number]
  /** Peers being dialed, and a member among them. */
  readonly dialing: number
  readonly dialed: DeviceId | undefined
  /** Links that still catch up, and bytes that are still to come or to go. */
  readonly catchingUp: number
  readonly bytesLeft: number
  /** Devices it is linked to, each once. */
  readonly devices: readonly DeviceId[]
  /** The server's settings (wire/signal.ts), encoded; empty: none came. */
  readonly settings: Uint8Array
}

export type Message =
  /** From an admitter to whoever opened an invite's link: what the card says. */
  | {
      readonly type: 'invitation'
      readonly inviter: string
      readonly title: string
      readonly role: InviteRole
    }
  | { readonly type: 'join'; readonly request: JoinRequest }
  | { readonly type: 'refusal'; readonly reason: RefusalReason; readonly admitter: string }
  /** Epoch keys from the oldest on, and for those who may admit the admitter key. */
  | {
      readonly type: 'welcome'
      readonly epochKeys: readonly Uint8Array[]
      readonly admitterKey: Uint8Array | undefined
    }
  /** Encoded records and Joins; each is checked on its own. */
  | {
      readonly type: 'roster'
      readonly records: readonly Uint8Array[]
      readonly joins: readonly Uint8Array[]
    }
  /** Equal digests end a comparison at no cost. */
  | {
      readonly type: 'digest'
      readonly roster: Uint8Array
      readonly held: Uint8Array
      readonly applied: Uint8Array
      /** Of the visible content, once applied heads have rested. */
      readonly state: Uint8Array | undefined
    }
  /** All heads, in full. `answer` asks for the other side's; `seen` counts the `entries` messages that came on this
   *  link so far, so that the other side can tell what was dropped from what is still under way. */
  | {
      readonly type: 'heads'
      readonly answer: boolean
      readonly seen: number
      readonly heads: readonly Head[]
    }
  /** So many bytes of entries and blobs follow in the bulk lane; 0: nothing (more) to send. */
  | { readonly type: 'sending'; readonly bytes: number }
  | { readonly type: 'entries'; readonly segments: readonly Segment[] }
  | { readonly type: 'ack'; readonly acknowledgements: readonly Acknowledgement[] }
  /** Signed presences (wire/presence.ts) of several instances, one of each. */
  | { readonly type: 'presence'; readonly presences: readonly Uint8Array[] }
  /** "Do not forward that device's entries to me: they come another way." */
  | { readonly type: 'prune'; readonly device: DeviceId }
  | { readonly type: 'graft'; readonly device: DeviceId }
  | { readonly type: 'blob-want'; readonly blob: BlobId; readonly from: number }
  | { readonly type: 'blob-piece'; readonly blob: BlobId; readonly index: number; readonly piece: Uint8Array }
  | { readonly type: 'blob-missing'; readonly blob: BlobId }
  /** A blob of an introduction (wire/introduction.ts), carried by members who know a way; `hops` still allowed. */
  | {
      readonly type: 'carry'
      readonly to: InstanceId
      readonly from: InstanceId
      readonly hops: number
      readonly blob: Uint8Array
    }
  /** "I know no way to this instance any more since its presence with that counter." */
  | { readonly type: 'missed'; readonly instance: InstanceId; readonly counter: number }
  /** "I do not need this link, and am well"; the other side says the same once it has another one. */
  | { readonly type: 'let-go' }
  /** Between instances of one device only: other devices hold these chains up to here. */
  | { readonly type: 'shared'; readonly acknowledgements: readonly Acknowledgement[] }
  /** Between instances of one device only: what the tab that leads reaches, for those that stand behind it. */
  | ({ readonly type: 'reach' } & Reach)
  /** Two people compare emoji; protocol/verification.ts says what when. */
  | { readonly type: 'verification'; readonly message: VerificationMessage }

const TYPES = [
  'invitation',
  'join',
  'refusal',
  'welcome',
  'roster',
  'digest',
  'heads',
  'sending',
  'entries',
  'ack',
  'presence',
  'prune',
  'graft',
  'blob-want',
  'blob-piece',
  'blob-missing',
  'carry',
  'missed',
  'shared',
  'reach',
  'let-go',
  'verification',
] as const satisfies readonly Message['type'][]
const REASONS: readonly RefusalReason[] = [
  ...(['expired', 'used', 'revoked', 'unknown', 'not-allowed', 'full', 'turned-away'] as const),
]
const ROLES: readonly InviteRole[] = ['editor', 'viewer']
const MAX_PIECES = 8_192
const MAX_SEGMENTS = MAX_RUN_ENTRIES

export function encodeMessage(message: Message): Uint8Array {
  const writer = new Writer().u8(TYPES.indexOf(message.type))
  write(writer, message)
  return writer.finish()
}

export function decodeMessage(bytes: Uint8Array): Message | Violation {
  const read = decode(bytes, readMessage)
  return read.ok ? read.value : violation('malformed', `a message: ${read.reason}`)
}

function write(writer: Writer, message: Message): void {
  switch (message.type) {
    case 'invitation':
      writer.text(message.inviter).text(message.title).u8(ROLES.indexOf(message.role))
      return
    case 'join':
      return writeRequest(writer, message.request)
    case 'refusal':
      writer.u8(REASONS.indexOf(message.reason)).text(message.admitter)
      return
    case 'welcome':
      writer.list(message.epochKeys, (to, key) => to.fixed(key)).flag(message.admitterKey !== undefined)
      if (message.admitterKey !== undefined) writer.fixed(message.admitterKey)
      return
    case 'roster':
      writer
        .list(message.records, (to, record) => to.sized(record))
        .list(message.joins, (to, join) => to.sized(join))
      return
    case 'digest':
      writer
        .fixed(message.roster)
        .fixed(message.held)
        .fixed(message.applied)
        .flag(message.state !== undefined)
      if (message.state !== undefined) writer.fixed(message.state)
      return
    case 'heads':
      return writeHeads(writer.flag(message.answer).varuint(message.seen), message.heads)
    case 'sending':
      writer.varuint(message.bytes)
      return
    case 'entries':
      writer.list(message.segments, writeSegment)
      return
    case 'ack':
    case 'shared':
      writer.list(message.acknowledgements, (to, ack) =>
        to.fixed(idBytes(ack.device)).fixed(idBytes(ack.writer)).varuint(ack.held),
      )
      return
    case 'presence':
      writer.list(message.presences, (to, presence) => to.sized(presence))
      return
    case 'prune':
    case 'graft':
      writer.fixed(idBytes(message.device))
      return
    case 'blob-want':
      writer.fixed(idBytes(message.blob)).varuint(message.from)
      return
    case 'blob-piece':
      writer.fixed(idBytes(message.blob)).varuint(message.index).sized(message.piece)
      return
    case 'blob-missing':
      writer.fixed(idBytes(message.blob))
      return
    case 'carry':
      writer.fixed(idBytes(message.to)).fixed(idBytes(message.from)).u8(message.hops).sized(message.blob)
      return
    case 'missed':
      writer.fixed(idBytes(message.instance)).varuint(message.counter)
      return
    case 'reach':
      return writeReach(writer, message)
    case 'verification':
      return writeVerification(writer, message.message)
    case 'let-go':
      return
    default:
      return message satisfies never
  }
}

function readMessage(reader: Reader): Message {
  const type = TYPES[reader.u8()]
  switch (type) {
    case 'invitation':
      return {
        type,
        inviter: reader.text(MAX_PERSON_NAME_BYTES),
        title: reader.text(MAX_TITLE_BYTES),
        role: oneOf(ROLES, reader.u8()),
      }
    case 'join':
      return { type, request: readRequest(reader) }
    case 'refusal':
      return { type, reason: oneOf(REASONS, reader.u8()), admitter: reader.text(MAX_PERSON_NAME_BYTES) }
    case 'welcome': {
      const epochKeys = reader.list(MAX_ROSTER_RECORDS, 32, (from) => from.fixed(32))
      return { type, epochKeys, admitterKey: reader.flag() ? reader.fixed(32) : undefined }
    }
    case 'roster': {
      const records = reader.list(MAX_ROSTER_RECORDS, 100, (from) => from.sized(MAX_ROSTER_RECORD_BYTES))
      return {
        type,
        records,
        joins: reader.list(MAX_JOINS, 300, (from) => from.sized(MAX_ROSTER_RECORD_BYTES)),
      }
    }
    case 'digest': {
      const digests = { roster: reader.fixed(16), held: reader.fixed(16), applied: reader.fixed(16) }
      return { type, ...digests, state: reader.flag() ? reader.fixed(16) : undefined }
    }
    case 'heads':
      return { type, answer: reader.flag(), seen: reader.varuint(), heads: readHeads(reader) }
    case 'sending':
      return { type, bytes: reader.varuint() }
    case 'entries':
      return { type, segments: reader.list(MAX_SEGMENTS, 90, readSegment) }
    case 'ack':
    case 'shared':
      return { type, acknowledgements: reader.list(MAX_WRITERS, 25, readAcknowledgement) }
    case 'presence':
      return { type, presences: reader.list(MAX_PRESENCES, 60, (from) => from.sized(MAX_PRESENCE_BYTES)) }
    case 'prune':
    case 'graft':
      return { type, device: idOf<DeviceId>(reader.fixed(ID_BYTES.device)) }
    case 'blob-want':
      return { type, blob: readBlobId(reader), from: reader.varuint(MAX_PIECES) }
    case 'blob-piece':
      return {
        type,
        blob: readBlobId(reader),
        index: reader.varuint(MAX_PIECES),
        piece: reader.sized(BLOB_PIECE_BYTES + 16),
      }
    case 'blob-missing':
      return { type, blob: readBlobId(reader) }
    case 'carry': {
      const to = idOf<InstanceId>(reader.fixed(ID_BYTES.instance))
      const from = idOf<InstanceId>(reader.fixed(ID_BYTES.instance))
      const hops = reader.u8()
      if (hops > MAX_CARRY_HOPS) throw new Malformed('too many hops')
      return { type, to, from, hops, blob: reader.sized(MAX_SIGNAL_BYTES) }
    }
    case 'missed': {
      const instance = idOf<InstanceId>(reader.fixed(ID_BYTES.instance))
      return { type, instance, counter: reader.varuint() }
    }
    case 'reach':
      return { type, ...readReach(reader) }
    case 'verification':
      return { type, message: readVerification(reader) }
    case 'let-go':
      return { type }
    case undefined:
      throw new Malformed('unknown type of message')
    default:
      return type satisfies never
  }
}

function writeReach(writer: Writer, reach: Reach): void {
  writer
    .u8(SIGNALING_PHASES.indexOf(reach.signaling))
    .varuint(reach.dialing)
    .flag(reach.dialed !== undefined)
  if (reach.dialed !== undefined) writer.fixed(idBytes(reach.dialed))
  writer.varuint(reach.catchingUp).varuint(reach.bytesLeft)
  writer.list(reach.devices, (to, device) => to.fixed(idBytes(device))).sized(reach.settings)
}

function readReach(reader: Reader): Reach {
  const readDevice = (from: Reader): DeviceId => idOf<DeviceId>(from.fixed(ID_BYTES.device))
  return {
    signaling: oneOf(SIGNALING_PHASES, reader.u8()),
    dialing: reader.varuint(),
    dialed: reader.flag() ? readDevice(reader) : undefined,
    catchingUp: reader.varuint(),
    bytesLeft: reader.varuint(),
    devices: reader.list(MAX_INSTANCES, ID_BYTES.device, readDevice),
    settings: reader.sized(MAX_SIGNAL_MESSAGE_BYTES),
  }
}

function readAcknowledgement(reader: Reader): Acknowledgement {
  const device = idOf<DeviceId>(reader.fixed(ID_BYTES.device))
  return { device, writer: idOf<WriterId>(reader.fixed(ID_BYTES.writer)), held: reader.varuint() }
}

function readBlobId(reader: Reader): BlobId {
  return idOf<BlobId>(reader.fixed(ID_BYTES.blob))
}

function oneOf<T>(values: readonly T[], index: number): T {
  const value = values[index]
  if (value === undefined) throw new Malformed('unknown choice')
  return value
}
