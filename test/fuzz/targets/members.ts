/** Who is who: roster records, Joins, the roster they make, presence, and places in a text. */
import fc from 'fast-check'
import * as Y from 'yjs'
import { concat, toUtf8 } from '../../../src/base/bytes.ts'
import { encodePosition, resolvePosition } from '../../../src/doc/cursor.ts'
import { Roster } from '../../../src/protocol/roster.ts'
import { decodeJoin, encodeJoin, type Join } from '../../../src/wire/certificate.ts'
import { decodePresence, sealPresence } from '../../../src/wire/presence.ts'
import {
  decodeRecord,
  encodeRecord,
  NO_RECORD,
  type RosterContent,
  type RosterRecord,
  sessionIdOf,
  signRecord,
} from '../../../src/wire/roster-record.ts'
import { bytes, certificate, content, presence } from '../../wire/arbitrary.ts'
import * as values from '../../wire/values.ts'
import { respelled, sampled, type Target } from '../target.ts'
import { crypto, fixed, unlessRefused, unlessViolation } from './keys.ts'

const root = crypto.signKeys(values.SEEDS.root)
const session = sessionIdOf(crypto, root.publicKey)
const [create] = values.CONTENTS as [RosterContent]
const first = signRecord(crypto, { session, seq: 0, prev: NO_RECORD }, create, root)

function unsigned(body: RosterContent): Uint8Array {
  const encoded = encodeRecord(signRecord(crypto, { session, seq: 1, prev: first.id }, body, root))
  return encoded.slice(0, -64)
}

function signed(record: Uint8Array): Uint8Array {
  const id = crypto.hash(32, record)
  return concat(record, crypto.sign(root.secretKey, concat(toUtf8('coterie/1/roster'), id)))
}

const contents = fc.oneof(content, fc.constantFrom(...values.CONTENTS))

const records: Target = {
  name: 'roster-record',
  pace: 'cheap',
  valid: sampled(contents, (body) => concat(unsigned(body), fixed('signature', 64))),
  decode: (record) => unlessViolation(decodeRecord(crypto, record)),
  objection: respelled<RosterRecord>(encodeRecord),
}

/** Whatever the owner's key signs: taken or not, the roster goes on answering. */
const rosters: Target = {
  name: 'roster',
  pace: 'signed',
  valid: sampled(contents, unsigned),
  dress: signed,
  decode: (record) => {
    const roster = new Roster(crypto, session)
    roster.take([encodeRecord(first), record], [])
    return roster.seq === 1 ? roster : undefined
  },
  objection: (value) => {
    const roster = value as Roster
    roster.digest()
    roster.roleAt(values.ownerDevice, roster.seq)
    return roster.encoded().records.length === 2 ? undefined : 'a record that was taken is not handed on'
  },
}

const join: fc.Arbitrary<Uint8Array> = fc
  .record({ certificate, invite: bytes(32), handshake: bytes(32), proofs: bytes(128), seq: fc.nat(4_096) })
  .map(({ certificate: one, invite, handshake, proofs, seq }) =>
    encodeJoin({
      certificate: one,
      invite: Buffer.from(invite).toString('hex') as Join['invite'],
      handshake,
      inviteProof: proofs.subarray(0, 64),
      deviceProof: proofs.subarray(64),
      rosterSeq: seq,
      admitter: values.ownerDevice,
      countersignature: fixed('countersignature', 64),
    }),
  )

const joins: Target = {
  name: 'join',
  pace: 'cheap',
  valid: sampled(join, (bytesOf) => bytesOf),
  decode: (encoded) => unlessRefused(decodeJoin(encoded)),
  objection: respelled<Join>(encodeJoin),
}

const presences: Target = {
  name: 'presence',
  pace: 'cheap',
  valid: sampled(presence, (one) => sealPresence(crypto, session, one, root)),
  decode: (sealed) => unlessViolation(decodePresence(sealed)),
}

function someText(): Y.Doc {
  const doc = new Y.Doc()
  doc.clientID = 7
  doc.getText('main').insert(0, 'some words, and more of them')
  doc.getText('main').delete(3, 4)
  return doc
}

const doc = someText()

const positions: Target = {
  name: 'position',
  pace: 'cheap',
  valid: () =>
    [0, 1, 5, 24].flatMap((at) => [0, -1].map((side) => encodePosition(doc.getText('main'), at, side))),
  decode: (position) => resolvePosition(doc, position),
  objection: (value) => {
    const { index, text } = value as { index: number; text: Y.Text }
    return index >= 0 && index <= text.length ? undefined : `a place at ${index} of ${text.length}`
  },
}

export const MEMBERS: readonly Target[] = [records, rosters, joins, presences, positions]
