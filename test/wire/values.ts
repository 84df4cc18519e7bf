/**
 * One value of everything on the wire, from fixed keys. test/vectors/make-wire.ts spells them byte by byte,
 * the tests of this room encode, decode and mistreat them. Nothing of src is run here, only its types.
 */
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
import type { EntryBody, EntryHeader } from '../../src/wire/entry.ts'
import type { Head } from '../../src/wire/heads.ts'
import type { Hello } from '../../src/wire/introduction.ts'
import type { Presence } from '../../src/wire/presence.ts'
import type { RosterContent } from '../../src/wire/roster-record.ts'
import * as twin from '../crypto/twin.ts'

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const fixed = (name: string, length = 32): Uint8Array => twin.fixedBytes(`wire ${name}`, length)

export const ZERO_ID = '00'.repeat(32)

/** Ed25519 and X25519 seeds, 32 bytes each; the invite's seed has 16. */
export const SEEDS = {
  root: fixed('root'),
  ownerSign: fixed('owner sign'),
  ownerDh: fixed('owner dh'),
  guestSign: fixed('guest sign'),
  guestDh: fixed('guest dh'),
  invite: fixed('invite seed', 16),
}

export const rootPk = twin.signPublicKey(SEEDS.root)
export const session = hex(twin.shortHash(16, rootPk)) as SessionId

export const owner: Certificate = {
  signPk: twin.signPublicKey(SEEDS.ownerSign),
  dhPk: twin.dhPublicKey(SEEDS.ownerDh),
  name: 'Ada',
  color: 0,
}
export const guest: Certificate = {
  signPk: twin.signPublicKey(SEEDS.guestSign),
  dhPk: twin.dhPublicKey(SEEDS.guestDh),
  name: 'Bén 🦊',
  color: 11,
}
const deviceOf = ({ signPk, dhPk }: Certificate): DeviceId =>
  hex(twin.shortHash(16, twin.join(signPk, dhPk))) as DeviceId
export const ownerDevice = deviceOf(owner)
export const guestDevice = deviceOf(guest)

export const inviteSignSeed = twin.kdf(SEEDS.invite, 'invite-sign', new Uint8Array(0), 32)
export const invite = hex(twin.signPublicKey(inviteSignSeed)) as InviteId
export const writer = hex(fixed('writer', 8)) as WriterId
export const instance = hex(fixed('instance', 8)) as InstanceId
export const otherInstance = hex(fixed('other instance', 8)) as InstanceId
export const blob = hex(fixed('blob')) as BlobId
export const entryId = hex(fixed('entry')) as EntryId

const joinId = hex(fixed('join', 16)) as JoinId
const cutLine = { writer, seq: 300, id: entryId }

export const CONTENTS: readonly RosterContent[] = [
  {
    type: 'create',
    rootPk,
    owner,
    roots: [
      { name: 'main', kind: 'text' },
      { name: 'board', kind: 'map' },
      { name: 'liste à faire', kind: 'array' },
    ],
    formatting: false,
  },
  {
    type: 'epoch',
    epoch: 0,
    commitment: fixed('commitment 0'),
    wraps: [{ device: ownerDevice, sealedKey: fixed('wrap', 80) }],
    admitterWraps: [],
    joins: [],
    previousSealed: new Uint8Array(0),
  },
  {
    type: 'invite',
    invite,
    role: 'editor',
    expiresAt: 1_900_000_000_000,
    uses: 1,
    lobby: false,
    sealedSeed: fixed('sealed seed', 56),
  },
  { type: 'role', device: guestDevice, role: 'viewer', cut: [cutLine], joins: [joinId] },
  { type: 'role', device: guestDevice, role: 'editor', cut: [], joins: [] },
  { type: 'revoke', invite, joins: [joinId] },
  { type: 'remove', device: guestDevice, cut: [cutLine], joins: [] },
  { type: 'policy', paused: true },
  { type: 'transfer', device: guestDevice, rootPk: twin.signPublicKey(fixed('new root')) },
  { type: 'end' },
  {
    type: 'epoch',
    epoch: 1,
    commitment: fixed('commitment 1'),
    wraps: [{ device: guestDevice, sealedKey: fixed('guest wrap', 80) }],
    admitterWraps: [{ device: guestDevice, sealedKey: fixed('admitter wrap', 80) }],
    joins: [joinId],
    previousSealed: fixed('previous', 72),
  },
  { type: 'heal', lost: hex(fixed('a record of the lost branch')) as RecordId },
  { type: 'restart', heads: [{ device: guestDevice, ...cutLine }] },
]

export const handshake = fixed('handshake')
/** The record an admitter stands on: the invite's. */
export const JOIN_SEQ = 2

export const epochKey = fixed('epoch key')
export const BODIES: readonly { header: Omit<EntryHeader, 'session' | 'prev'>; content: EntryBody }[] = [
  {
    header: { kind: 'edit', rosterSeq: 2, device: ownerDevice, writer, seq: 1 },
    content: { authoredAt: 1_800_000_000_000, body: fixed('keystroke', 24) },
  },
  {
    header: { kind: 'edit', rosterSeq: 200, device: ownerDevice, writer, seq: 2 },
    content: { authoredAt: 2 ** 48 - 1, body: new Uint8Array(0) },
  },
  {
    header: { kind: 'checkpoint', rosterSeq: 4_096, device: ownerDevice, writer, seq: 3 },
    content: { authoredAt: 0, body: fixed('paste', 1_000) },
  },
]

export const CHECKPOINTS: readonly Checkpoint[] = [
  {
    heads: [{ device: ownerDevice, writer, seq: 300, id: entryId, nextClock: 70_000 }],
    free: [{ clientID: 2 ** 53 - 1, clock: 2 ** 50 }],
    digest: fixed('digest', 16),
    state: { kind: 'inline', bytes: fixed('state', 40) },
  },
  {
    heads: [],
    free: [],
    digest: fixed('digest', 16),
    state: { kind: 'blob', reference: { blob, size: 300_000, key: fixed('blob key') } },
  },
]

export const HEADS: readonly Head[] = [
  { writer, device: ownerDevice, held: 300, heldId: entryId, applied: 298, ended: false },
  {
    writer: hex(fixed('writer 2', 8)) as WriterId,
    device: guestDevice,
    held: 2 ** 40,
    heldId: entryId,
    applied: 0,
    ended: true,
  },
]

export const PRESENCES: readonly Presence[] = [
  {
    device: guestDevice,
    instance,
    writer,
    counter: 0,
    phase: 'gone',
    place: 'front',
    hand: 'down',
    name: '',
    color: 0,
    cursor: undefined,
  },
  {
    device: guestDevice,
    instance,
    writer,
    counter: 5_000,
    phase: 'active',
    place: 'front',
    hand: 'down',
    name: guest.name,
    color: 11,
    cursor: { root: 'main', ranges: [{ anchor: fixed('anchor', 20), head: fixed('head', 64) }] },
  },
  {
    device: guestDevice,
    instance,
    writer,
    counter: 5_001,
    phase: 'idle',
    place: 'behind',
    hand: 'raised',
    name: guest.name,
    color: 11,
    cursor: { root: 'main', ranges: [] },
  },
]

export const HELLOS: readonly Hello[] = [
  {
    answers: false,
    side: 'newcomer',
    instance,
    ephemeral: fixed('ephemeral'),
    device: undefined,
    roster: undefined,
  },
  {
    answers: true,
    side: 'member',
    instance,
    ephemeral: fixed('ephemeral'),
    device: guestDevice,
    roster: {
      seq: 300,
      joins: [fixed('join', 400), fixed('join of the admitter', 350)],
      records: [fixed('record', 200), fixed('next record', 130)],
    },
  },
]

export const NO_RECORD = ZERO_ID as RecordId
