/** The owner's pen: records are signed one after the other, however many tabs sign, and on the disk before anybody is told. */
import { assert } from '../base/assert.ts'
import type { Roster } from '../protocol/roster.ts'
import type { RosterContent } from '../wire/roster-record.ts'
import { nextRecord } from './admission.ts'
import type { Bookkeeping } from './bookkeeping.ts'
import type { Environment } from './environment.ts'
import { NotAllowed } from './errors.ts'
import type { Keyring } from './keyring.ts'

export interface SigningParts {
  readonly environment: Environment
  readonly keyring: Keyring
  readonly roster: Roster
  readonly books: Bookkeeping
  /** Records were signed, stored and taken: tell everybody. */
  readonly signed: () => void
}

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
    if (this.isOwner) return
    throw new NotAllowed('Only the owner of this session can do that.')
  }

  /** `contents` is asked once no other tab signs, with the newest roster at hand. @throws NotAllowed */
  async sign(contents: () => Iterable<RosterContent>): Promise<void> {
    this.requireOwner()
    const { environment, keyring, roster, books, signed } = this.#parts
    await environment.exclusively(`coterie/roster/${roster.session}`, async () => {
      await books.rereadRoster()
      for (const content of contents()) {
        const record = nextRecord(environment.crypto, roster, keyring, content)
        assert(record !== undefined, 'an owner can sign')
        await books.storeSigned(record)
        roster.takeRecord(record)
      }
    })
    signed()
  }
}
