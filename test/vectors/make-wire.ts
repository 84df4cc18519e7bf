/**
 * What the wire-*.json files hold: the values of test/wire/values.ts, spelled byte by byte from the field tables
 * of docs/protocol.md with the twins (test/crypto/twin.ts). The code under test has no part in it.
 */
import type { Certificate } from '../../src/wire/certificate.ts'
import type { Checkpoint } from '../../src/wire/checkpoint.ts'
import type { EntryHeader } from '../../src/wire/entry.ts'
import type { Head } from '../../src/wire/heads.ts'
import type { Hello } from '../../src/wire/introduction.ts'
import type { Presence } from '../../src/wire/presence.ts'
import type { CutLine, RosterContent, Wrap } from '../../src/wire/roster-record.ts'
import { sealedBox } from '../crypto/sealed-box-twin.ts'
import * as twin from '../crypto/twin.ts'
import * as values from '../wire/values.ts'

const { fixed, hex, SEEDS } = values
const { join } = twin

// Spelling -------------------------------------------------------------------------------------------------

const raw = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
const u8 = (value: number): Uint8Array => Uint8Array.of(value)
const flag = (value: boolean): Uint8Array => u8(value ? 1 : 0)
const u48 = (value: number): Uint8Array => raw(value.toString(16).padStart(12, '0'))
const sized = (bytes: Uint8Array): Uint8Array => join(varuint(bytes.length), bytes)
const text = (value: string): Uint8Array => sized(twin.bytesOf(value))
const list = <T>(items: readonly T[], spell: (item: T) => Uint8Array): Uint8Array =>
  join(varuint(items.length), ...items.map(spell))

function varuint(value: number): Uint8Array {
  const bytes: number[] = []
  let left = BigInt(value)
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128)
  return Uint8Array.from([...bytes, Number(left)])
}

function padme(length: number): number {
  if (length < 2) return length
  const exponent = length.toString(2).length - 1
  const kept = exponent.toString(2).length
  const mask = 2 ** (exponent - kept) - 1
  return exponent <= kept ? length : (length + mask) & ~mask
}

// Entries ----------------------------------------------------------------------------------------------------

const ENTRY_KINDS = ['edit', 'checkpoint', 'adopt', 'profile', 'leave']
const entryKey = twin.kdf(values.epochKey, 'entry', new Uint8Array(0), 32)

function headerOf(header: EntryHeader): Uint8Array {
  const { kind, rosterSeq, session, device, writer, seq, prev } = header
  const named = join(raw(session), raw(device), raw(writer))
  return join(u8(1), u8(ENTRY_KINDS.indexOf(kind)), varuint(rosterSeq), named, varuint(seq), raw(prev))
}

function makeEntry(header: EntryHeader, content: { authoredAt: number; body: Uint8Array }) {
  const plain = join(u48(content.authoredAt), sized(content.body))
  const padded = join(plain, new Uint8Array(padme(plain.length) - plain.length))
  const nonce = twin.kdf(
    entryKey,
    'nonce',
    join(raw(header.device), raw(header.writer), varuint(header.seq)),
    24,
  )
  const ciphertext = twin.seal(entryKey, nonce, headerOf(header), padded)
  const id = twin.shortHash(32, join(headerOf(header), ciphertext))
  const signature = twin.signature(SEEDS.ownerSign, join(twin.bytesOf('coterie/1/entry'), id))
  const bytes = join(headerOf(header), sized(ciphertext), signature)
  return { header, content, nonce, padded, ciphertext, id: hex(id), signature, bytes }
}

function makeEntries() {
  const made: ReturnType<typeof makeEntry>[] = []
  for (const { header, content } of values.BODIES) {
    const prev = (made.at(-1)?.id ?? values.ZERO_ID) as EntryHeader['prev']
    made.push(makeEntry({ ...header, session: values.session, prev }, content))
  }
  return made
}

/** The entries of values.BODIES as run 0 (begun) and then run 0 (going on). */
function makeRuns(entries: readonly ReturnType<typeof makeEntry>[]) {
  const part = ({ header, ciphertext, signature }: ReturnType<typeof makeEntry>) =>
    join(u8(ENTRY_KINDS.indexOf(header.kind)), varuint(header.rosterSeq), sized(ciphertext), signature)
  const start = join(raw(values.ownerDevice), raw(values.writer), varuint(1), raw(values.ZERO_ID))
  const begun = join(varuint(0), flag(true), start, list(entries.slice(0, 2), part))
  const goingOn = join(varuint(0), flag(false), list(entries.slice(2), part))
  return [begun, goingOn].map((segment) => join(u8(8), varuint(1), segment))
}

function checkpointOf({ heads, free, digest, state }: Checkpoint): Uint8Array {
  const spelledHeads = list(heads, (head) =>
    join(raw(head.device), raw(head.writer), varuint(head.seq), raw(head.id), varuint(head.nextClock)),
  )
  const spelledFree = list(free, (one) => join(varuint(one.clientID), varuint(one.clock)))
  const spelledState =
    state.kind === 'inline'
      ? join(u8(0), sized(state.bytes))
      : join(u8(1), raw(state.reference.blob), varuint(state.reference.size), state.reference.key)
  return join(spelledHeads, spelledFree, digest, spelledState)
}

/** 61,441 bytes: one whole piece and one byte. Only a digest of each piece stands in the file. */
function makeBlob() {
  const key = fixed('blob piece key')
  const plain = fixed('blob plain', 61_441)
  const pieces = [plain.subarray(0, 61_440), plain.subarray(61_440)].map((piece, index) =>
    twin.sealCounted(key, index, new Uint8Array(0), piece),
  )
  const hashes = pieces.map((piece) => twin.shortHash(32, piece))
  return { key, size: plain.length, pieceHashes: hashes, blob: hex(twin.shortHash(32, join(...hashes))) }
}

export function makeEntryVectors() {
  const entries = makeEntries()
  const checkpoints = values.CHECKPOINTS.map((value) => ({ value, bytes: checkpointOf(value) }))
  const keys = { signSeed: SEEDS.ownerSign, epochKey: values.epochKey, entryKey }
  const padded = [0, 1, 2, 9, 17, 33, 65, 200, 1_000, 4_097, 262_144, 262_151].map((length) => [
    length,
    padme(length),
  ])
  return plainly({ keys, entries, runs: makeRuns(entries), checkpoints, blob: makeBlob(), padded })
}

// Roster -----------------------------------------------------------------------------------------------------

const ROLES = ['editor', 'viewer']

const certificateOf = ({ signPk, dhPk, name, color }: Certificate): Uint8Array =>
  join(signPk, dhPk, text(name), u8(color))

function contentOf(content: RosterContent): Uint8Array {
  switch (content.type) {
    case 'create': {
      const roots = list(content.roots, ({ name, kind }) =>
        join(text(name), u8(['text', 'map', 'array'].indexOf(kind))),
      )
      return join(u8(0), content.rootPk, certificateOf(content.owner), roots, flag(content.formatting))
    }
    case 'invite': {
      const terms = join(
        u8(ROLES.indexOf(content.role)),
        u48(content.expiresAt),
        varuint(content.uses),
        flag(content.lobby),
      )
      return join(u8(1), raw(content.invite), terms, content.sealedSeed)
    }
    case 'revoke':
      return join(u8(2), raw(content.invite), list(content.joins, raw))
    case 'role': {
      const changed = join(raw(content.device), u8(ROLES.indexOf(content.role)))
      return join(u8(3), changed, cutOf(content.cut), list(content.joins, raw))
    }
    case 'epoch': {
      const wraps = join(wrapsOf(content.wraps), wrapsOf(content.admitterWraps), list(content.joins, raw))
      return join(u8(4), varuint(content.epoch), content.commitment, wraps, sized(content.previousSealed))
    }
    case 'remove':
      return join(u8(5), raw(content.device), cutOf(content.cut), list(content.joins, raw))
    case 'policy':
      return join(u8(6), flag(content.paused))
    case 'transfer':
      return join(u8(7), raw(content.device), content.rootPk)
    case 'end':
      return u8(8)
    case 'heal':
      return join(u8(9), raw(content.lost))
    case 'restart':
      return join(
        u8(10),
        list(content.heads, ({ device, writer, seq, id }) =>
          join(raw(device), raw(writer), varuint(seq), raw(id)),
        ),
      )
  }
}

function cutOf(cut: readonly CutLine[]): Uint8Array {
  return list(cut, ({ writer, seq, id }) => join(raw(writer), varuint(seq), raw(id)))
}

function wrapsOf(wraps: readonly Wrap[]): Uint8Array {
  return list(wraps, ({ device, sealedKey }) => join(raw(device), sealedKey))
}

function makeRecords() {
  const made: {
    seq: number
    prev: string
    content: RosterContent
    id: string
    signature: Uint8Array
    bytes: Uint8Array
  }[] = []
  for (const content of values.CONTENTS) {
    const seq = made.length
    const prev = made.at(-1)?.id ?? values.ZERO_ID
    const unsigned = join(u8(1), raw(values.session), varuint(seq), raw(prev), contentOf(content))
    const id = twin.shortHash(32, unsigned)
    const signature = twin.signature(SEEDS.root, join(twin.bytesOf('coterie/1/roster'), id))
    made.push({ seq, prev, content, id: hex(id), signature, bytes: join(unsigned, signature) })
  }
  return made
}

function makeJoin() {
  const certificate = certificateOf(values.guest)
  const named = join(raw(values.session), raw(values.invite), values.handshake, certificate)
  const statement = join(twin.bytesOf('coterie/1/join'), named)
  const inviteProof = twin.signature(values.inviteSignSeed, statement)
  const deviceProof = twin.signature(SEEDS.guestSign, statement)
  const request = join(certificate, raw(values.invite), values.handshake, inviteProof, deviceProof)
  const stood = join(request, varuint(values.JOIN_SEQ), raw(values.ownerDevice))
  const admitted = join(twin.bytesOf('coterie/1/admit'), raw(values.session), stood)
  const countersignature = twin.signature(SEEDS.ownerSign, admitted)
  return {
    statement,
    inviteProof,
    deviceProof,
    request,
    countersignature,
    bytes: join(stood, countersignature),
  }
}

export function makeRosterVectors() {
  const keys = {
    rootSeed: SEEDS.root,
    ownerSignSeed: SEEDS.ownerSign,
    guestSignSeed: SEEDS.guestSign,
    inviteSignSeed: values.inviteSignSeed,
  }
  const devices = { session: values.session, owner: values.ownerDevice, guest: values.guestDevice }
  return plainly({
    keys,
    devices,
    certificate: certificateOf(values.owner),
    records: makeRecords(),
    join: makeJoin(),
  })
}

// Invites and introductions -------------------------------------------------------------------------------

function makeInviteKeys() {
  const derive = (label: string) => twin.kdf(SEEDS.invite, label, new Uint8Array(0), 32)
  const topic = twin.signPublicKey(derive('invite-topic'))
  return {
    seed: SEEDS.invite,
    invite: values.invite,
    topic,
    psk: derive('invite-psk'),
    sealing: derive('invite-sealing'),
  }
}

function makeLink(rosterSeq: number, signaling: string | undefined) {
  const body = join(u8(1), raw(values.session), varuint(rosterSeq), SEEDS.invite)
  const inside = signaling === undefined ? join(body, u8(0)) : join(body, u8(1), text(signaling))
  const checksum = twin.shortHash(16, join(twin.bytesOf('coterie/1/link'), inside)).subarray(0, 4)
  return {
    rosterSeq,
    signaling: signaling ?? null,
    fragment: Buffer.from(join(inside, checksum)).toString('base64url'),
  }
}

function helloOf({ answers, side, instance, ephemeral, device, roster }: Hello): Uint8Array {
  const list = (items: readonly Uint8Array[]) => join(varuint(items.length), ...items.map(sized))
  const word = roster ? join(varuint(roster.seq), list(roster.joins), list(roster.records)) : join()
  const named = join(raw(instance), ephemeral, sized(raw(device ?? '')), word)
  return join(u8(1), flag(answers), u8(['newcomer', 'member'].indexOf(side)), named)
}

function introduced(type: number, key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
  return join(
    u8(type),
    nonce,
    twin.seal(key, nonce, join(u8(type), twin.bytesOf('coterie/1/introduction')), plain),
  )
}

/** A hello that answers, for one device alone. */
function makeBox() {
  const [deviceSecret, ephemeralSecret] = [SEEDS.guestDh, fixed('box ephemeral')]
  const plain = helloOf(values.HELLOS[1] as Hello)
  const box = sealedBox(twin.dhPublicKey(deviceSecret), ephemeralSecret, plain)
  return { deviceSecret, ephemeralSecret, plain, blob: join(u8(2), box) }
}

function makeMeeting() {
  const [firstSecret, secondSecret] = [fixed('first ephemeral'), fixed('second ephemeral')]
  const [first, second] = [twin.dhPublicKey(firstSecret), twin.dhPublicKey(secondSecret)]
  const key = twin.kdf(twin.dh(firstSecret, second), 'introduction', join(first, second), 32)
  const [nonce, plain] = [fixed('signal nonce', 24), twin.bytesOf('an offer')]
  return {
    firstSecret,
    secondSecret,
    first,
    second,
    key,
    nonce,
    plain,
    blob: introduced(1, key, nonce, plain),
  }
}

export function makeInviteVectors() {
  const keys = makeInviteKeys()
  const nonce = fixed('hello nonce', 24)
  const links = [makeLink(2, undefined), makeLink(300, 'wss://coterie.example:8443/signal')]
  const hellos = values.HELLOS.map((value) => ({
    value,
    plain: helloOf(value),
    blob: introduced(0, keys.sealing, nonce, helloOf(value)),
  }))
  return plainly({ keys, links, hellos: { nonce, made: hellos }, box: makeBox(), meeting: makeMeeting() })
}

// Messages ---------------------------------------------------------------------------------------------------

function headOf({ writer, device, held, heldId, applied, ended }: Head): Uint8Array {
  return join(raw(writer), raw(device), varuint(held), raw(heldId), varuint(held - applied), flag(ended))
}

function presenceOf(presence: Presence) {
  const { device, instance, writer, counter, phase, place, hand, name, color, cursor } = presence
  const added =
    (hand === 'raised' ? 32 : 0) + (place === 'behind' ? 64 : 0) + (cursor === undefined ? 0 : 128)
  const state = ['active', 'idle', 'gone', 'away'].indexOf(phase) + added
  const who = join(
    raw(device),
    raw(instance),
    raw(writer),
    varuint(counter),
    u8(state),
    text(name),
    u8(color),
  )
  const ranges =
    cursor &&
    join(
      text(cursor.root),
      list(cursor.ranges, ({ anchor, head }) => join(sized(anchor), sized(head))),
    )
  const signed = ranges === undefined ? who : join(who, ranges)
  const statement = join(twin.bytesOf('coterie/1/presence'), raw(values.session), signed)
  return join(signed, twin.signature(SEEDS.guestSign, statement))
}

/** Every type of message but `entries`, whose runs are in wire-entry.json. */
function makeMessages() {
  const request = raw(plainly(makeJoin()).request)
  const key = fixed('epoch key')
  const ack = join(raw(values.ownerDevice), raw(values.writer), varuint(300))
  const spelled: Record<string, Uint8Array> = {
    invitation: join(u8(0), text('Ada'), text('kata'), u8(0)),
    join: join(u8(1), request),
    refusal: join(u8(2), u8(4), text('Ada')),
    'welcome of a viewer': join(
      u8(3),
      list([key], (one) => one),
      flag(false),
    ),
    'welcome of an editor': join(
      u8(3),
      list([key], (one) => one),
      flag(true),
      fixed('admitter key'),
    ),
    roster: join(u8(4), list([fixed('record', 120)], sized), list([fixed('join', 350)], sized)),
    'digest while heads move': join(u8(5), fixed('a', 16), fixed('b', 16), fixed('c', 16), flag(false)),
    'digest at rest': join(u8(5), fixed('a', 16), fixed('b', 16), fixed('c', 16), flag(true), fixed('d', 16)),
    heads: join(u8(6), flag(true), varuint(200), list(values.HEADS, headOf)),
    sending: join(u8(7), varuint(10_000_000)),
    ack: join(
      u8(9),
      list([ack], (one) => one),
    ),
    presence: join(u8(10), list([fixed('presence', 200), fixed('another', 150)], sized)),
    prune: join(u8(11), raw(values.guestDevice)),
    graft: join(u8(12), raw(values.guestDevice)),
    'blob-want': join(u8(13), raw(values.blob), varuint(129)),
    'blob-piece': join(u8(14), raw(values.blob), varuint(8_192), sized(fixed('piece', 50))),
    'blob-missing': join(u8(15), raw(values.blob)),
    carry: join(u8(16), raw(values.instance), raw(values.otherInstance), u8(16), sized(fixed('blob', 60))),
    missed: join(u8(17), raw(values.instance), varuint(5_000)),
    'let go': u8(20),
    shared: join(
      u8(18),
      list([ack], (one) => one),
    ),
    'reach of nobody': join(
      ...[u8(19), u8(3), varuint(0), flag(false), varuint(0), varuint(0)],
      list([], (one: Uint8Array) => one),
      sized(new Uint8Array(0)),
    ),
    reach: join(
      ...[u8(19), u8(2), varuint(2), flag(true), raw(values.guestDevice), varuint(1), varuint(10_000_000)],
      list([raw(values.ownerDevice)], (one) => one),
      sized(fixed('settings', 30)),
    ),
    'verification commit': join(u8(21), u8(0), fixed('commitment', 32)),
    'verification answer': join(u8(21), u8(1), fixed('nonce B', 32)),
    'verification reveal': join(u8(21), u8(2), fixed('nonce A', 32)),
    'verification differs': join(u8(21), u8(3)),
  }
  return spelled
}

function makeDigests() {
  const [first, second] = values.HEADS as [Head, Head]
  const place = (head: Head) => join(raw(head.device), raw(head.writer))
  const [lower, higher] = hex(place(first)) < hex(place(second)) ? [first, second] : [second, first]
  const held = [lower, higher].map((head) => join(place(head), varuint(head.held), raw(head.heldId)))
  const applied = [lower, higher]
    .filter((head) => head.applied > 0)
    .map((head) => join(place(head), varuint(head.applied)))
  return { held: twin.shortHash(16, join(...held)), applied: twin.shortHash(16, join(...applied)) }
}

function makeClientId() {
  const derived = twin.kdf(values.guest.signPk, 'client', raw(values.writer), 16)
  const clientID = Number(BigInt(`0x${hex(derived.subarray(0, 7))}`) & (2n ** 53n - 1n))
  return { signPk: values.guest.signPk, writer: values.writer, clientID }
}

export function makeMessageVectors() {
  const presences = values.PRESENCES.map((value) => ({ value, bytes: presenceOf(value) }))
  return plainly({ messages: makeMessages(), digests: makeDigests(), presences, client: makeClientId() })
}

/** The same with every array of bytes as hexadecimal digits and nothing undefined: what JSON holds. */
function plainly<T>(value: T): Plain<T> {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? hex(part) : part)),
  )
}

type Plain<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends Uint8Array
    ? string
    : { [Key in keyof T]: Plain<T[Key]> }
