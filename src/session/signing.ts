/**
 * The owner's pen: records are signed one after the other, however many tabs sign, and on the disk before anybody is told.
 * Invariant: what cannot be stored was never signed. Those before it stand.
 */
import { assert } from '../base/assert.ts'
import { equalBytes } from '../base/bytes.ts'
import type { SignKeys } from '../crypto/crypto.ts'
import type { Roster } from '../protocol/roster.ts'
import { type RosterContent, type RosterRecord, signRecord } from '../wire/roster-record.ts'
import { nextRecord } from './admission.ts'
import type { Bookkeeping } from './bookkeeping.ts'
import type { Environment } from './environment.ts'
import { NotAllowed, PhraseMismatch } from './errors.ts'
import type { Keyring } from './keyring.ts'

export interface SigningParts {
  readonly environment: Environment
  readonly keyring: Keyring
  readonly roster: Roster
  readonly books: Bookkeeping
  /** Records were signed, stored and taken: tell everybody. */
  readonly signed: () => void
}

/** Whatever is signed now would hold for some and not for others. */
const ROSTER_FORKED =
  'Two lists of members were signed with this key. Decide first which one counts, then change it.'

export class Signing {
  readonly #parts: SigningParts

  constructor(parts: SigningParts) {
    this.#parts = parts
  }

  /** Whether this device owns the session and holds the key that signs for it. */
  get isOwner(): boolean {
    const { keyring, roster } = this.#parts
    return roster.owner === keyring.device && keyring.penFor(roster) !== undefined
  }

  /** @throws NotAllowed */
  requireOwner(): void {
    const { roster } = this.#parts
    if (roster.hasEnded) throw new NotAllowed('This session has been ended for everybody. Start a new one.')
    if (roster.isForked) throw new NotAllowed(ROSTER_FORKED)
    if (this.isOwner) return
    throw new NotAllowed('Only the owner of this session can do that.')
  }

  /** `contents` is asked once no other tab signs, with the newest roster at hand. @throws NotAllowed, StorageFull */
  async sign(contents: () => Iterable<RosterContent>): Promise<void> {
    this.requireOwner()
    const { environment, keyring, roster } = this.#parts
    await this.#signAll(contents, (content) => {
      const record = nextRecord(environment.crypto, roster, keyring, content)
      assert(record !== undefined, 'an owner can sign')
      return record
    })
  }

  /** Decides a fork of the roster: what is here survives. @throws NotAllowed */
  async heal(): Promise<void> {
    const { environment, keyring, roster } = this.#parts
    const { rival } = roster
    if (!this.isOwner || rival === undefined)
      throw new NotAllowed('There is nothing to decide, or it is not for this device to decide it.')
    await this.#signAll(
      () => [{ type: 'heal', lost: rival }],
      (content) => {
        const record = nextRecord(environment.crypto, roster, keyring, content)
        assert(record !== undefined, 'an owner can sign')
        return record
      },
    )
  }

  /** The same with the owner's key from a phrase, until the session is handed over. @throws PhraseMismatch */
  async signWith(pen: SignKeys, contents: () => Iterable<RosterContent>): Promise<void> {
    const { environment, roster } = this.#parts
    await this.#signAll(contents, (content) => {
      const { rootPk, session, seq, head } = roster
      if (rootPk === undefined || !equalBytes(rootPk, pen.publicKey)) throw new PhraseMismatch()
      return signRecord(environment.crypto, { session, seq: seq + 1, prev: head }, content, pen)
    })
  }

  async #signAll(
    contents: () => Iterable<RosterContent>,
    make: (content: RosterContent) => RosterRecord,
  ): Promise<void> {
    const { environment, roster, books, signed } = this.#parts
    const before = roster.seq
    try {
      await environment.exclusively(`coterie/roster/${roster.session}`, async () => {
        await books.rereadRoster()
        for (const content of contents()) {
          const record = make(content)
          await books.storeSigned(record)
          roster.takeRecord(record)
        }
      })
    } finally {
      if (roster.seq > before) signed()
    }
  }
}
