/** Entries with any content, signed and sealed by the rules with a liar's own real keys, under writers of its own. */
import { EMPTY } from '../../src/base/bytes.ts'
import { idOf, type WriterId } from '../../src/base/ids.ts'
import type { Millis } from '../../src/base/ports.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { Keyring } from '../../src/session/keyring.ts'
import type { LiveSession } from '../../src/session/live-session.ts'
import type { Replica } from '../../src/session/replica.ts'
import { decodeSecrets } from '../../src/session/stored.ts'
import { type Entry, type EntryKind, NO_ENTRY, sealEntry } from '../../src/wire/entry.ts'
import { clientIdOf } from '../../src/wire/presence.ts'
import type { SimDisk } from './disk.ts'

export interface PenParts {
  readonly crypto: Crypto
  readonly keyring: Keyring
  readonly replica: Replica
  readonly now: () => Millis
}

export class Pen {
  readonly parts: PenParts

  constructor(parts: PenParts) {
    this.parts = parts
  }

  /** With the keys that lie on the disk; `undefined`: they are not there yet. */
  static from(crypto: Crypto, disk: SimDisk, session: LiveSession, now: () => Millis): Pen | undefined {
    const secrets = decodeSecrets(disk.row(session.localId, 'keys', 'secrets') ?? EMPTY)
    if (!secrets.ok) return undefined
    return new Pen({ crypto, keyring: new Keyring(crypto, secrets.value), replica: session.replica, now })
  }

  get replica(): Replica {
    return this.parts.replica
  }

  writer(): FalseWriter {
    return new FalseWriter(this.parts, idOf<WriterId>(this.parts.crypto.randomBytes(8)))
  }
}

export class FalseWriter {
  readonly id: WriterId
  readonly clientID: number
  seq = 0
  /** The next Yjs clock of its updates, kept by who writes them. */
  clock = 0
  prev: Entry['prev'] = NO_ENTRY
  readonly #parts: PenParts

  constructor(parts: PenParts, id: WriterId) {
    this.#parts = parts
    this.id = id
    this.clientID = clientIdOf(parts.crypto, parts.keyring.sign.publicKey, id)
  }

  /** The same writer at the same point: what both write next are two histories. */
  twin(): FalseWriter {
    const twin = new FalseWriter(this.#parts, this.id)
    twin.seq = this.seq
    twin.clock = this.clock
    twin.prev = this.prev
    return twin
  }

  write(body: Uint8Array, kind: EntryKind = 'edit'): Entry {
    const { crypto, keyring, replica, now } = this.#parts
    const header = {
      ...{ kind, rosterSeq: replica.roster.seq, session: keyring.session, device: keyring.device },
      ...{ writer: this.id, seq: this.seq + 1, prev: this.prev },
    }
    const entryKey = keyring.entryKeyAt(replica.roster, replica.roster.seq) ?? EMPTY
    const entry = sealEntry(crypto, header, { authoredAt: now(), body }, { entryKey, sign: keyring.sign })
    this.seq = entry.seq
    this.prev = entry.id
    return entry
  }
}
