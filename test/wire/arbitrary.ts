/** Any value of the wire that its rules allow, for properties. Sizes are kept small; limits have tests of their own. */
import fc from 'fast-check'
import type {
  BlobId,
  DeviceId,
  EntryId,
  InstanceId,
  InviteId,
  JoinId,
  RecordId,
  SessionId,
  WriterId,
} from '../../src/base/ids.ts'
import type { Certificate } from '../../src/wire/certificate.ts'
import type { Checkpoint } from '../../src/wire/checkpoint.ts'
import { type EntryKind, NO_ENTRY } from '../../src/wire/entry.ts'
import type { Head } from '../../src/wire/heads.ts'
import { MAX_CLOCK, MAX_JOINS, MAX_ROSTER_RECORDS, MAX_SEQ } from '../../src/wire/limits.ts'
import type { Message } from '../../src/wire/message.ts'
import type { Presence } from '../../src/wire/presence.ts'
import type { RosterContent } from '../../src/wire/roster-record.ts'
import type { Segment } from '../../src/wire/runs.ts'
import type { VerificationMessage } from '../../src/wire/verification.ts'

export const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const upTo = (maxLength: number) => fc.uint8Array({ maxLength })
const id = <T extends string>(length: number): fc.Arbitrary<T> =>
  bytes(length).map((raw) => Buffer.from(raw).toString('hex') as T)
const device = id<DeviceId>(16)
const writer = id<WriterId>(8)
const blob = id<BlobId>(32)
const instance = id<InstanceId>(8)
/** At most 64 bytes of UTF-8. */
const name = fc.string({ unit: 'binary', maxLength: 16 })
/** At most 48 bytes. Any name an object can hold: the decoder refuses `__proto__` (test/wire/roster-record.test.ts). */
const rootName = fc.string({ unit: 'binary', maxLength: 12 }).filter((name) => name !== '__proto__')
const role = fc.constantFrom('editor' as const, 'viewer' as const)
const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 4 })
const seq = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: MAX_SEQ }))
const optional = <T>(item: fc.Arbitrary<T>) => fc.option(item, { nil: undefined })

export const certificate: fc.Arbitrary<Certificate> = fc.record({
  signPk: bytes(32),
  dhPk: bytes(32),
  name,
  color: fc.nat(11),
})

export const head: fc.Arbitrary<Head> = fc
  .record({ writer, device, held: seq, heldId: id<EntryId>(32), lag: fc.nat(400), ended: fc.boolean() })
  .map(({ lag, ...rest }) => ({ ...rest, applied: Math.max(0, rest.held - lag) }))

const place = fc
  .record({ device, writer, seq, prev: id<EntryId>(32) })
  .map((start) => (start.seq === 1 ? { ...start, prev: NO_ENTRY } : start))
const part = fc.record({
  kind: fc.constantFrom<EntryKind>('edit', 'checkpoint', 'adopt', 'profile', 'leave'),
  rosterSeq: fc.nat(MAX_ROSTER_RECORDS),
  ciphertext: fc.uint8Array({ minLength: 23, maxLength: 60 }),
  signature: bytes(64),
})
const segment: fc.Arbitrary<Segment> = fc.record({
  run: fc.nat(1_023),
  start: optional(place),
  parts: fc.array(part, { minLength: 1, maxLength: 3 }),
})

const request = fc.record({
  certificate,
  invite: id<InviteId>(32),
  handshake: bytes(32),
  inviteProof: bytes(64),
  deviceProof: bytes(64),
})

const type = <T extends string>(value: T) => fc.constant(value)

export const verification: fc.Arbitrary<VerificationMessage> = fc.oneof(
  fc.record({ kind: type('commit'), commitment: bytes(32) }),
  fc.record({ kind: fc.constantFrom('answer' as const, 'reveal' as const), nonce: bytes(32) }),
  fc.record({ kind: type('differs') }),
)

export const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: type('invitation'), inviter: name, title: name, role }),
  fc.record({ type: type('join'), request }),
  fc.record({
    type: type('refusal'),
    reason: fc.constantFrom('expired', 'used', 'revoked', 'unknown', 'not-allowed', 'full', 'turned-away'),
    admitter: name,
  }),
  fc.record({ type: type('welcome'), epochKeys: list(bytes(32)), admitterKey: optional(bytes(32)) }),
  fc.record({
    type: type('roster'),
    records: list(fc.uint8Array({ minLength: 132, maxLength: 200 })),
    joins: list(fc.uint8Array({ minLength: 339, maxLength: 403 })),
  }),
  fc.record({
    type: type('digest'),
    roster: bytes(16),
    held: bytes(16),
    applied: bytes(16),
    state: optional(bytes(16)),
  }),
  fc.record({ type: type('heads'), answer: fc.boolean(), seen: fc.maxSafeNat(), heads: list(head) }),
  fc.record({ type: type('sending'), bytes: fc.maxSafeNat() }),
  fc.record({ type: type('entries'), segments: list(segment) }),
  fc.record({ type: type('ack'), acknowledgements: list(fc.record({ device, writer, held: seq })) }),
  fc.record({
    type: type('presence'),
    presences: fc.array(fc.uint8Array({ minLength: 60, maxLength: 512 }), { maxLength: 5 }),
  }),
  fc.record({ type: fc.constantFrom('prune', 'graft'), device }),
  fc.record({ type: type('blob-want'), blob, from: fc.nat(8_192) }),
  fc.record({ type: type('blob-piece'), blob, index: fc.nat(8_192), piece: upTo(300) }),
  fc.record({ type: type('blob-missing'), blob }),
  fc.record({ type: type('carry'), to: instance, from: instance, hops: fc.nat(16), blob: upTo(300) }),
  fc.record({ type: type('missed'), instance, counter: fc.maxSafeNat() }),
  fc.record({ type: type('let-go') }),
  fc.record({ type: type('shared'), acknowledgements: list(fc.record({ device, writer, held: seq })) }),
  fc.record({ type: type('verification'), message: verification }),
  fc.record({
    type: type('reach'),
    signaling: fc.constantFrom('stopped', 'connecting', 'open', 'unreachable'),
    dialing: fc.nat(300),
    dialed: optional(device),
    catchingUp: fc.nat(300),
    bytesLeft: fc.maxSafeNat(),
    devices: list(device),
    settings: upTo(80),
  }),
)

export const presence: fc.Arbitrary<Presence> = fc.record({
  device,
  instance,
  writer,
  counter: fc.maxSafeNat(),
  phase: fc.constantFrom('active', 'idle', 'gone', 'away'),
  place: fc.constantFrom('front', 'behind'),
  hand: fc.constantFrom('down', 'raised'),
  name,
  color: fc.nat(11),
  cursor: optional(fc.record({ root: name, ranges: list(fc.record({ anchor: upTo(20), head: upTo(20) })) })),
})

export const checkpoint: fc.Arbitrary<Checkpoint> = fc.record({
  heads: fc.uniqueArray(
    fc.record({ device, writer, seq, id: id<EntryId>(32), nextClock: fc.nat(MAX_CLOCK) }),
    {
      maxLength: 4,
      selector: (one) => one.device + one.writer,
    },
  ),
  free: fc.uniqueArray(fc.record({ clientID: fc.maxSafeNat(), clock: fc.nat(MAX_CLOCK) }), {
    maxLength: 4,
    selector: (one) => one.clientID,
  }),
  digest: bytes(16),
  state: fc.oneof(
    fc.record({ kind: type('inline'), bytes: upTo(100) }),
    fc.record({ kind: type('blob'), reference: fc.record({ blob, size: fc.nat(2 ** 28), key: bytes(32) }) }),
  ),
})

const wraps = list(fc.record({ device, sealedKey: bytes(80) }))
const joins = list(id<JoinId>(16))
const cut = fc.uniqueArray(fc.record({ writer, seq: fc.nat(MAX_SEQ), id: id<EntryId>(32) }), {
  maxLength: 4,
  selector: (line) => line.writer,
})
const heads = fc.uniqueArray(
  fc.record({ device, writer, seq: fc.integer({ min: 1, max: MAX_SEQ }), id: id<EntryId>(32) }),
  { maxLength: 4, selector: (head) => head.device + head.writer },
)
const epoch = fc
  .record({
    epoch: fc.nat(MAX_ROSTER_RECORDS),
    commitment: bytes(32),
    wraps,
    admitterWraps: wraps,
    joins,
    sealed: bytes(72),
  })
  .map(({ sealed, ...rest }) => ({
    ...rest,
    type: 'epoch' as const,
    previousSealed: rest.epoch === 0 ? new Uint8Array(0) : sealed,
  }))
export const content: fc.Arbitrary<RosterContent> = fc.oneof(
  fc.record({
    type: type('create'),
    rootPk: bytes(32),
    owner: certificate,
    roots: fc.uniqueArray(fc.record({ name: rootName, kind: fc.constantFrom('text', 'map', 'array') }), {
      minLength: 1,
      maxLength: 4,
      selector: (root) => root.name,
    }),
    formatting: fc.boolean(),
  }),
  fc.record({
    type: type('invite'),
    invite: id<InviteId>(32),
    role,
    expiresAt: fc.nat(2 ** 48 - 1),
    uses: fc.nat(MAX_JOINS),
    lobby: fc.boolean(),
    sealedSeed: bytes(56),
  }),
  fc.record({ type: type('revoke'), invite: id<InviteId>(32), joins }),
  fc.record({
    type: type('role'),
    device,
    role: fc.constant('editor' as const),
    cut: fc.constant([]),
    joins,
  }),
  fc.record({ type: type('role'), device, role: fc.constant('viewer' as const), cut, joins }),
  fc.record({ type: type('remove'), device, cut, joins }),
  fc.record({ type: type('policy'), paused: fc.boolean() }),
  fc.record({ type: type('transfer'), device, rootPk: bytes(32) }),
  fc.record({ type: type('end') }),
  fc.record({ type: type('heal'), lost: id<RecordId>(32) }),
  fc.record({ type: type('restart'), heads }),
  epoch,
)
export const session = id<SessionId>(16)
