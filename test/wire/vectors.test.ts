/**
 * Fixed bytes both ways: the committed wire-*.json, the twins that spelled them, and the code agree.
 * WRITE_VECTORS=1 writes the files anew before they are read (test/vectors/README.md).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { EMPTY, fromHex, toHex, toUtf8 } from '../../src/base/bytes.ts'
import { Reader, Writer } from '../../src/base/codec.ts'
import { Secret } from '../../src/base/secret.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import { blobIdOf, openBlob, sealBlob } from '../../src/wire/blob.ts'
import {
  admit,
  decodeJoin,
  deviceIdOf,
  encodeJoin,
  isAdmittedBy,
  isProven,
  type Join,
  readRequest,
  requestJoin,
  writeCertificate,
  writeRequest,
} from '../../src/wire/certificate.ts'
import { decodeCheckpoint, encodeCheckpoint } from '../../src/wire/checkpoint.ts'
import {
  decodeEntry,
  type Entry,
  encodeEntry,
  entryKeyOf,
  openEntry,
  sealEntry,
} from '../../src/wire/entry.ts'
import { digestOfHeads } from '../../src/wire/heads.ts'
import {
  boxHello,
  meetingKey,
  openHello,
  openSignal,
  sealHello,
  sealSignal,
  unboxHello,
} from '../../src/wire/introduction.ts'
import { decodeInviteLink, encodeInviteLink, inviteKeys } from '../../src/wire/invite-link.ts'
import { decodeMessage, encodeMessage, type Message } from '../../src/wire/message.ts'
import { paddedLength } from '../../src/wire/padding.ts'
import { clientIdOf, decodePresence, isPresenceSignedBy, sealPresence } from '../../src/wire/presence.ts'
import {
  decodeRecord,
  encodeRecord,
  isSignedByRoot,
  sessionIdOf,
  signRecord,
} from '../../src/wire/roster-record.ts'
import { RunReceiver, RunSender } from '../../src/wire/runs.ts'
import { isViolation } from '../../src/wire/violation.ts'
import * as make from '../vectors/make-wire.ts'
import { expectStrict } from './mistreat.ts'
import * as values from './values.ts'

const crypto = await loadCrypto()
const { fixed, SEEDS, session } = values

function committed<T>(name: string, made: T): T {
  const path = new URL(`../vectors/${name}`, import.meta.url)
  if (process.env['WRITE_VECTORS'] !== undefined) writeFileSync(path, `${JSON.stringify(made, null, 2)}\n`)
  const held = JSON.parse(readFileSync(path, 'utf8')) as T
  test(`${name} is what the twins work out`, () => {
    expect(held).toEqual(made)
  })
  return held
}

/** The same cryptography with random bytes that are known beforehand. */
function withRandom(bytes: Uint8Array): Crypto {
  return { ...crypto, randomBytes: () => bytes }
}

const sign = {
  owner: crypto.signKeys(SEEDS.ownerSign),
  guest: crypto.signKeys(SEEDS.guestSign),
  root: crypto.signKeys(SEEDS.root),
}
const takesAsEntry = (bytes: Uint8Array): boolean => !isViolation(decodeEntry(crypto, bytes))
const takesAsMessage = (bytes: Uint8Array): boolean => !isViolation(decodeMessage(bytes))

describe('entries', () => {
  const vectors = committed('wire-entry.json', make.makeEntryVectors())
  const entryKey = entryKeyOf(crypto, values.epochKey)
  const entries = vectors.entries.map(({ bytes }) => decodeEntry(crypto, fromHex(bytes)) as Entry)

  test('the key of entries is derived from the epoch key', () => {
    expect(toHex(entryKey)).toBe(vectors.keys.entryKey)
  })

  test.each(vectors.entries)(
    'entry $header.seq is sealed, signed and spelled so',
    ({ header, id, bytes }) => {
      const { content } = values.BODIES[header.seq - 1]!
      const sealed = sealEntry(crypto, header, content, { entryKey, sign: sign.owner })
      expect(toHex(encodeEntry(sealed))).toBe(bytes)
      expect(sealed.id).toBe(id)
      expect(decodeEntry(crypto, fromHex(bytes))).toEqual(sealed)
      expect(openEntry(crypto, sealed, entryKey)).toEqual(content)
    },
  )

  test.each(vectors.entries)('entry $header.seq is refused cut, extended or respelled', ({ bytes }) => {
    expectStrict(fromHex(bytes), takesAsEntry)
  })

  test('runs carry the entries and leave out what the run implies', () => {
    const sender = new RunSender()
    const sent = [entries.slice(0, 2), entries.slice(2)].map((part) =>
      toHex(encodeMessage({ type: 'entries', segments: sender.segments(part) })),
    )
    expect(sent).toEqual(vectors.runs)
    const receiver = new RunReceiver(crypto, session)
    const received = vectors.runs.flatMap((bytes) => {
      const message = decodeMessage(fromHex(bytes)) as Extract<Message, { type: 'entries' }>
      return receiver.entries(message.segments) as Entry[]
    })
    expect(received).toEqual(entries)
  })

  test.each(vectors.runs)('a message of runs is refused cut, extended or respelled', (bytes) => {
    expectStrict(fromHex(bytes), takesAsMessage)
  })

  test.each(vectors.checkpoints)(
    'a checkpoint with its state $value.state.kind is spelled so',
    ({ value, bytes }) => {
      const checkpoint = values.CHECKPOINTS.find(({ state }) => state.kind === value.state.kind)!
      expect(toHex(encodeCheckpoint(checkpoint))).toBe(bytes)
      expect(decodeCheckpoint(fromHex(bytes))).toEqual(checkpoint)
      expectStrict(fromHex(bytes), (cut) => !isViolation(decodeCheckpoint(cut)))
    },
  )

  test('a blob is sealed piece by piece and named by the hash of its pieces', () => {
    const { key, blob, size, pieceHashes } = vectors.blob
    const plain = fixed('blob plain', size)
    const sealed = sealBlob(withRandom(fromHex(key)), plain)
    expect(sealed.reference).toEqual({ blob, size, key: fromHex(key) })
    expect(sealed.pieces.map((piece) => toHex(crypto.hash(32, piece)))).toEqual(pieceHashes)
    expect(blobIdOf(crypto, sealed.pieces)).toBe(blob)
    expect(openBlob(crypto, sealed.reference, sealed.pieces)).toEqual(plain)
  })

  test.each(vectors.padded)('%i bytes are padded to %i', (length, padded) => {
    expect(paddedLength(length as number)).toBe(padded)
  })
})

describe('the roster', () => {
  const vectors = committed('wire-roster.json', make.makeRosterVectors())
  const joined: Join = {
    certificate: values.guest,
    invite: values.invite,
    handshake: values.handshake,
    inviteProof: fromHex(vectors.join.inviteProof),
    deviceProof: fromHex(vectors.join.deviceProof),
    rosterSeq: values.JOIN_SEQ,
    admitter: values.ownerDevice,
    countersignature: fromHex(vectors.join.countersignature),
  }

  test('session and devices are named by their keys', () => {
    expect(sessionIdOf(crypto, sign.root.publicKey)).toBe(vectors.devices.session)
    expect(deviceIdOf(crypto, values.owner)).toBe(vectors.devices.owner)
    expect(deviceIdOf(crypto, values.guest)).toBe(vectors.devices.guest)
  })

  test('a certificate is spelled so', () => {
    const writer = new Writer()
    writeCertificate(writer, values.owner)
    expect(toHex(writer.finish())).toBe(vectors.certificate)
  })

  test.each(vectors.records)(
    'record $seq, $content.type, is signed and spelled so',
    ({ seq, prev, id, bytes }) => {
      const place = { session, seq, prev: prev as typeof values.NO_RECORD }
      const record = signRecord(crypto, place, values.CONTENTS[seq]!, sign.root)
      expect(toHex(encodeRecord(record))).toBe(bytes)
      expect(record.id).toBe(id)
      expect(decodeRecord(crypto, fromHex(bytes))).toEqual(record)
      expect(isSignedByRoot(crypto, record, sign.root.publicKey)).toBe(true)
    },
  )

  test.each(vectors.records)(
    'record $seq, $content.type, is refused cut, extended or respelled',
    ({ bytes }) => {
      expectStrict(fromHex(bytes), (cut) => !isViolation(decodeRecord(crypto, cut)))
    },
  )

  test('a request to join is proven by invite and device, and spelled so', () => {
    const { certificate, invite, handshake } = joined
    const keys = { invite: crypto.signKeys(fromHex(vectors.keys.inviteSignSeed)), device: sign.guest }
    const request = requestJoin(crypto, session, { certificate, invite, handshake }, keys)
    const writer = new Writer()
    writeRequest(writer, request)
    expect(toHex(writer.finish())).toBe(vectors.join.request)
    expect(readRequest(new Reader(fromHex(vectors.join.request)))).toEqual(request)
    expect(isProven(crypto, session, request)).toBe(true)
  })

  test('a Join is countersigned by its admitter and spelled so', () => {
    const admitter = { device: values.ownerDevice, rosterSeq: values.JOIN_SEQ, sign: sign.owner }
    const admitted = admit(crypto, session, joined, admitter)
    expect(toHex(encodeJoin(admitted))).toBe(vectors.join.bytes)
    expect(decodeJoin(fromHex(vectors.join.bytes))).toEqual({ ok: true, value: joined })
    expect(isAdmittedBy(crypto, session, joined, values.owner.signPk)).toBe(true)
    expectStrict(fromHex(vectors.join.bytes), (cut) => decodeJoin(cut).ok)
  })
})

describe('invites and introductions', () => {
  const vectors = committed('wire-invite.json', make.makeInviteVectors())
  const seed = new Secret(SEEDS.invite)

  test('a seed gives the keys of its invite', () => {
    const keys = inviteKeys(crypto, seed)
    expect(keys.invite).toBe(vectors.keys.invite)
    expect(toHex(keys.topic.publicKey)).toBe(vectors.keys.topic)
    expect(toHex(keys.psk)).toBe(vectors.keys.psk)
    expect(toHex(keys.sealing)).toBe(vectors.keys.sealing)
  })

  test.each(vectors.links)(
    'a link with signaling $signaling is spelled so',
    ({ rosterSeq, signaling, fragment }) => {
      const link = { session, rosterSeq, seed, signaling: signaling ?? undefined }
      expect(encodeInviteLink(crypto, link)).toBe(fragment)
      const read = decodeInviteLink(crypto, fragment)
      expect(read).toMatchObject({ session, rosterSeq, signaling: signaling ?? undefined })
      expect((read as typeof link).seed.reveal()).toEqual(SEEDS.invite)
    },
  )

  test.each(vectors.hellos.made)('the hello of a $value.side is sealed so', ({ value, blob }) => {
    const hello = values.HELLOS.find(({ side }) => side === value.side)!
    const sealing = fromHex(vectors.keys.sealing)
    expect(toHex(sealHello(withRandom(fromHex(vectors.hellos.nonce)), sealing, hello))).toBe(blob)
    expect(openHello(crypto, sealing, fromHex(blob))).toEqual(hello)
  })

  test.each(vectors.hellos.made)(
    'the inside of the hello of a $value.side is refused cut, extended or respelled',
    ({ plain }) => {
      const sealing = fromHex(vectors.keys.sealing)
      const nonce = fromHex(vectors.hellos.nonce)
      const ad = new Writer().u8(0).fixed(toUtf8('coterie/1/introduction')).finish()
      expectStrict(fromHex(plain), (cut) => {
        const blob = new Writer()
          .u8(0)
          .fixed(nonce)
          .fixed(crypto.seal(sealing, nonce, ad, cut))
          .finish()
        return typeof openHello(crypto, sealing, blob) === 'object'
      })
    },
  )

  test('a hello that answers is boxed so, for one device', () => {
    const { deviceSecret, blob } = vectors.box
    const keys = crypto.dhKeys(fromHex(deviceSecret))
    const [, hello] = values.HELLOS
    expect(unboxHello(crypto, keys, fromHex(blob))).toEqual(hello)
    // libsodium draws the box's key itself, so the bytes are another's each time
    const boxed = boxHello(crypto, keys.publicKey, hello!)
    expect([boxed[0], boxed.length]).toEqual([2, fromHex(blob).length])
    expect(unboxHello(crypto, keys, boxed)).toEqual(hello)
    expectStrict(fromHex(blob), (cut) => unboxHello(crypto, keys, cut) !== undefined)
  })

  test('the inside of a boxed hello is refused cut, extended, respelled, or when it does not answer', () => {
    const keys = crypto.dhKeys(fromHex(vectors.box.deviceSecret))
    const isRead = (inside: Uint8Array): boolean => {
      const blob = new Writer().u8(2).fixed(crypto.sealTo(keys.publicKey, inside)).finish()
      return typeof unboxHello(crypto, keys, blob) === 'object'
    }
    const plain = fromHex(vectors.box.plain)
    expect(isRead(plain)).toBe(true)
    expectStrict(plain, isRead)
    const asking = plain.slice()
    asking[1] = 0
    expect(isRead(asking)).toBe(false)
  })

  test('both sides of a meeting derive one key, under which signals pass', () => {
    const { first, second, key, nonce, plain, blob } = vectors.meeting
    const order = { first: fromHex(first), second: fromHex(second) }
    const keys = [vectors.meeting.firstSecret, vectors.meeting.secondSecret].map((secret) =>
      crypto.dhKeys(fromHex(secret)),
    )
    expect(toHex(meetingKey(crypto, keys[0]!, order.second, order) ?? EMPTY)).toBe(key)
    expect(toHex(meetingKey(crypto, keys[1]!, order.first, order) ?? EMPTY)).toBe(key)
    expect(toHex(sealSignal(withRandom(fromHex(nonce)), fromHex(key), fromHex(plain)))).toBe(blob)
    expect(openSignal(crypto, fromHex(key), fromHex(blob))).toEqual(fromHex(plain))
  })
})

describe('messages', () => {
  const vectors = committed('wire-message.json', make.makeMessageVectors())
  const request = readRequest(new Reader(fromHex(make.makeRosterVectors().join.request)))
  const digest = {
    type: 'digest',
    roster: fixed('a', 16),
    held: fixed('b', 16),
    applied: fixed('c', 16),
  } as const
  const meant: Record<string, Message> = {
    invitation: { type: 'invitation', inviter: 'Ada', title: 'kata', role: 'editor' },
    join: { type: 'join', request },
    refusal: { type: 'refusal', reason: 'not-allowed', admitter: 'Ada' },
    'welcome of a viewer': { type: 'welcome', epochKeys: [values.epochKey], admitterKey: undefined },
    'welcome of an editor': {
      type: 'welcome',
      epochKeys: [values.epochKey],
      admitterKey: fixed('admitter key'),
    },
    roster: { type: 'roster', records: [fixed('record', 120)], joins: [fixed('join', 350)] },
    'digest while heads move': { ...digest, state: undefined },
    'digest at rest': { ...digest, state: fixed('d', 16) },
    heads: { type: 'heads', answer: true, seen: 200, heads: values.HEADS },
    sending: { type: 'sending', bytes: 10_000_000 },
    ack: {
      type: 'ack',
      acknowledgements: [{ device: values.ownerDevice, writer: values.writer, held: 300 }],
    },
    presence: { type: 'presence', presences: [fixed('presence', 200), fixed('another', 150)] },
    prune: { type: 'prune', device: values.guestDevice },
    graft: { type: 'graft', device: values.guestDevice },
    'blob-want': { type: 'blob-want', blob: values.blob, from: 129 },
    'blob-piece': { type: 'blob-piece', blob: values.blob, index: 8_192, piece: fixed('piece', 50) },
    'blob-missing': { type: 'blob-missing', blob: values.blob },
    carry: {
      type: 'carry',
      to: values.instance,
      from: values.otherInstance,
      hops: 16,
      blob: fixed('blob', 60),
    },
    missed: { type: 'missed', instance: values.instance, counter: 5_000 },
    'let go': { type: 'let-go' },
    shared: {
      type: 'shared',
      acknowledgements: [{ device: values.ownerDevice, writer: values.writer, held: 300 }],
    },
    'reach of nobody': {
      ...{ type: 'reach', signaling: 'unreachable', dialing: 0, dialed: undefined },
      ...{ catchingUp: 0, bytesLeft: 0, devices: [], settings: new Uint8Array(0) },
    },
    reach: {
      ...{ type: 'reach', signaling: 'open', dialing: 2, dialed: values.guestDevice },
      ...{ catchingUp: 1, bytesLeft: 10_000_000, devices: [values.ownerDevice] },
      settings: fixed('settings', 30),
    },
    'verification commit': {
      type: 'verification',
      message: { kind: 'commit', commitment: fixed('commitment', 32) },
    },
    'verification answer': { type: 'verification', message: { kind: 'answer', nonce: fixed('nonce B', 32) } },
    'verification reveal': { type: 'verification', message: { kind: 'reveal', nonce: fixed('nonce A', 32) } },
    'verification differs': { type: 'verification', message: { kind: 'differs' } },
  }

  test('every type of message has a vector', () => {
    expect(Object.keys(vectors.messages)).toEqual(Object.keys(meant))
    const types = Object.values(vectors.messages).map((bytes) => Number.parseInt(bytes.slice(0, 2), 16))
    // 8 is `entries`, in wire-entry.json.
    expect([...new Set([...types, 8])].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 22 }, (_, type) => type),
    )
    expect(takesAsMessage(Uint8Array.of(22))).toBe(false)
  })

  test.each(Object.entries(vectors.messages))('%s is spelled so', (name, bytes) => {
    expect(toHex(encodeMessage(meant[name]!))).toBe(bytes)
    expect(decodeMessage(fromHex(bytes))).toEqual(meant[name])
    expectStrict(fromHex(bytes), takesAsMessage)
  })

  test('heads are digested in the order of device and writer', () => {
    const { held, applied } = digestOfHeads(crypto, values.HEADS)
    expect([toHex(held), toHex(applied)]).toEqual([vectors.digests.held, vectors.digests.applied])
    expect(digestOfHeads(crypto, [...values.HEADS].reverse())).toEqual({ held, applied })
  })

  test.each(vectors.presences)(
    'a presence that is $value.phase is signed and spelled so',
    ({ value, bytes }) => {
      const presence = values.PRESENCES.find(({ phase }) => phase === value.phase)!
      expect(toHex(sealPresence(crypto, session, presence, sign.guest))).toBe(bytes)
      const signed = decodePresence(fromHex(bytes))
      expect(signed).toMatchObject({ presence })
      expect(!isViolation(signed) && isPresenceSignedBy(crypto, session, signed, values.guest.signPk)).toBe(
        true,
      )
      expectStrict(fromHex(bytes), (cut) => !isViolation(decodePresence(cut)))
    },
  )

  test("a writer's clientID is derived from its device's key", () => {
    expect(clientIdOf(crypto, values.guest.signPk, values.writer)).toBe(vectors.client.clientID)
  })
})
