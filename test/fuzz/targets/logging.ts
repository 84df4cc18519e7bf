/** What the log is made of: entries, their inside, checkpoints, blobs; and the log itself, told signed nonsense. */
import fc from 'fast-check'
import { concat } from '../../../src/base/bytes.ts'
import { decode, Writer } from '../../../src/base/codec.ts'
import { idOf, type WriterId } from '../../../src/base/ids.ts'
import { SharedDocument } from '../../../src/doc/document.ts'
import { schemaOf } from '../../../src/doc/schema.ts'
import { type LogState, startLog, step } from '../../../src/protocol/log.ts'
import { Roster } from '../../../src/protocol/roster.ts'
import { blobIdOf, openBlob } from '../../../src/wire/blob.ts'
import {
  type BlobReference,
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
} from '../../../src/wire/checkpoint.ts'
import {
  decodeEntry,
  type Entry,
  type EntryHeader,
  type EntryKind,
  encodeEntry,
  NO_ENTRY,
  openEntry,
  sealEntry,
} from '../../../src/wire/entry.ts'
import { BLOB_PIECE_BYTES } from '../../../src/wire/limits.ts'
import { paddedLength } from '../../../src/wire/padding.ts'
import { clientIdOf } from '../../../src/wire/presence.ts'
import {
  encodeRecord,
  NO_RECORD,
  type RosterContent,
  sessionIdOf,
  signRecord,
} from '../../../src/wire/roster-record.ts'
import { struct, updateOf } from '../../doc/tools.ts'
import { checkpoint } from '../../wire/arbitrary.ts'
import * as values from '../../wire/values.ts'
import { respelled, sampled, type Target } from '../target.ts'
import { crypto, fixed, unlessRefused, unlessViolation } from './keys.ts'

const root = crypto.signKeys(values.SEEDS.root)
const owner = crypto.signKeys(values.SEEDS.ownerSign)
const session = sessionIdOf(crypto, root.publicKey)
const entryKey = fixed('entry key')
const keys = { entryKey, sign: owner }
const writer = idOf<WriterId>(fixed('writer', 8))
const client = clientIdOf(crypto, owner.publicKey, writer)

const place: EntryHeader = {
  ...{ kind: 'edit', rosterSeq: 1, session, device: values.ownerDevice, writer, seq: 1, prev: NO_ENTRY },
}

const entries: Target = {
  name: 'entry',
  pace: 'cheap',
  valid: sampled(fc.uint8Array({ maxLength: 120 }), (body) =>
    encodeEntry(sealEntry(crypto, place, { authoredAt: 7, body }, keys)),
  ),
  large: () => [encodeEntry(sealEntry(crypto, place, { authoredAt: 7, body: fixed('long', 250_000) }, keys))],
  decode: (entry) => unlessViolation(decodeEntry(crypto, entry)),
  objection: respelled<Entry>(encodeEntry),
}

/** What an editor may seal inside an entry, whatever it is. */
const bodies: Target = {
  name: 'entry-inside',
  pace: 'cheap',
  valid: sampled(fc.uint8Array({ maxLength: 120 }), (body) => {
    const plain = new Writer().u48(1_800_000_000_000).sized(body).finish()
    return concat(plain, new Uint8Array(paddedLength(plain.length) - plain.length))
  }),
  dress: (plain) => sealedInside(plain),
  decode: (ciphertext) => {
    const entry = { ...place, id: NO_ENTRY, ciphertext, signature: fixed('signature', 64) }
    return unlessViolation(openEntry(crypto, entry, entryKey))
  },
}

/** As sealEntry does it, with any plain bytes. */
function sealedInside(plain: Uint8Array): Uint8Array {
  const { ciphertext } = sealEntry(crypto, place, { authoredAt: 0, body: new Uint8Array(0) }, keys)
  const header = encodeEntry({ ...place, id: NO_ENTRY, ciphertext, signature: fixed('signature', 64) })
  const ad = header.subarray(0, header.length - ciphertext.length - 64 - 1)
  const where = new Writer()
    .fixed(Buffer.from(place.device, 'hex'))
    .fixed(Buffer.from(writer, 'hex'))
    .varuint(1)
  return crypto.seal(entryKey, crypto.kdf(entryKey, 'nonce', where.finish(), 24), ad, plain)
}

const checkpoints: Target = {
  name: 'checkpoint',
  pace: 'cheap',
  valid: sampled(checkpoint, encodeCheckpoint),
  large: () => [encodeCheckpoint(largeCheckpoint())],
  decode: (body) => unlessViolation(decodeCheckpoint(body)),
  objection: respelled<Checkpoint>(encodeCheckpoint),
}

function largeCheckpoint(): Checkpoint {
  const heads = Array.from({ length: 3_500 }, (_, at) => ({
    device: values.ownerDevice,
    writer: idOf<WriterId>(new Writer().u32(0).u32(at).finish()),
    seq: 1 + at,
    id: idOf<Entry['id']>(fixed(`id ${at % 50}`)),
    nextClock: at,
  }))
  const free = heads.map((_, at) => ({ clientID: at, clock: at }))
  return {
    heads,
    free,
    digest: fixed('digest', 16),
    state: { kind: 'inline', bytes: fixed('state', 40_000) },
  }
}

const blobKey = fixed('blob key')

interface BlobScene {
  readonly reference: BlobReference
  readonly pieces: readonly Uint8Array[]
}

/** Pieces, each with its length before it; named by their own hash, as a hostile checkpoint would name them. */
const blobs: Target = {
  name: 'blob',
  pace: 'cheap',
  valid: () =>
    [0, 1, 300, BLOB_PIECE_BYTES, BLOB_PIECE_BYTES + 40].map((size) => {
      const plain = fixed('plain', size)
      const to = new Writer().varuint(size)
      for (let at = 0; at === 0 || at < size; at += BLOB_PIECE_BYTES) {
        const index = at / BLOB_PIECE_BYTES
        to.sized(
          crypto.sealCounted(blobKey, index, new Uint8Array(0), plain.subarray(at, at + BLOB_PIECE_BYTES)),
        )
      }
      return to.finish()
    }),
  scene: (script): BlobScene | undefined => {
    const read = decode(script, (reader) => {
      const size = reader.varuint()
      const pieces: Uint8Array[] = []
      while (reader.left > 0) pieces.push(reader.sized(BLOB_PIECE_BYTES + 16))
      return { size, pieces }
    })
    const named = unlessRefused(read)
    if (named === undefined) return undefined
    const reference = { blob: blobIdOf(crypto, named.pieces), size: named.size, key: blobKey }
    return { reference, pieces: named.pieces }
  },
  decode: (_script, scene) => {
    const named = scene as BlobScene | undefined
    return named && openBlob(crypto, named.reference, named.pieces)
  },
}

// The log ----------------------------------------------------------------------------------------------

const schema = schemaOf({ main: 'text', board: 'map' })

function rosterRecords(): Uint8Array[] {
  const [create, epoch] = values.CONTENTS as [RosterContent, RosterContent]
  const first = signRecord(crypto, { session, seq: 0, prev: NO_RECORD }, create, root)
  const second = signRecord(crypto, { session, seq: 1, prev: first.id }, epoch, root)
  return [encodeRecord(first), encodeRecord(second)]
}

const RECORDS = rosterRecords()
const KINDS: readonly EntryKind[] = ['edit', 'checkpoint', 'adopt', 'profile', 'leave']

interface LogScene {
  readonly document: SharedDocument
  readonly log: LogState
  readonly entry: Entry
}

/** The first byte chooses the kind; the rest is what a member seals and signs. */
const logs: Target = {
  name: 'log',
  pace: 'signed',
  valid: (seed) => [
    concat(Uint8Array.of(0), updateOf(client, 0, struct({ parent: 'main', text: 'some words' }))),
    concat(
      Uint8Array.of(0),
      updateOf(client, 0, struct({ origin: { client: 9, clock: 3 }, text: 'parked' })),
    ),
    ...checkpoints.valid(seed).map((body) => concat(Uint8Array.of(1), body)),
  ],
  scene: (spoken): LogScene => {
    const document = SharedDocument.create({ schema })
    const roster = new Roster(crypto, session)
    roster.take(RECORDS, [])
    const log = startLog({ crypto, session, roster, evaluator: document, entryKeyAt: () => entryKey })
    const kind = KINDS[(spoken[0] ?? 0) % KINDS.length] as EntryKind
    const content = { authoredAt: 1, body: spoken.subarray(1) }
    return { document, log, entry: sealEntry(crypto, { ...place, kind }, content, keys) }
  },
  decode: (_spoken, scene) => {
    const { document, log, entry } = scene as LogScene
    const { outputs } = step(log, { type: 'received', entries: [entry] })
    return { document, outputs }
  },
  objection: (value) => {
    const { store } = (value as { document: SharedDocument }).document.doc
    return store.pendingStructs === null && store.pendingDs === null ? undefined : 'Yjs waits for something'
  },
}

export const LOGGING: readonly Target[] = [entries, bodies, checkpoints, blobs, logs]
