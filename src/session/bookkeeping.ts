/** What a session keeps on its device besides entries: roster, secrets, card, and what others hold of its own chains. */
import { toHex } from '../base/bytes.ts'
import type { Clock } from '../base/ports.ts'
import type { Roster } from '../protocol/roster.ts'
import type { ChainId } from '../wire/heads.ts'
import { encodeRecord, type RosterRecord } from '../wire/roster-record.ts'
import type { Journal } from './journal.ts'
import type { Keyring } from './keyring.ts'
import { encodeCard, encodeSecrets, encodeShared, intact, type StoredCard, twice } from './stored.ts'

/** A card ends in the time it was written, which alone is no news. */
const CARD_TIME_BYTES = 6

export class Bookkeeping {
  readonly #journal: Journal
  readonly #keyring: Keyring
  readonly #roster: Roster
  readonly #clock: Clock
  #lastCard = ''

  constructor(parts: { journal: Journal; keyring: Keyring; roster: Roster; clock: Clock }) {
    this.#journal = parts.journal
    this.#keyring = parts.keyring
    this.#roster = parts.roster
    this.#clock = parts.clock
  }

  storeRoster(): void {
    const { records, joins } = this.#roster.encoded()
    const rows = [
      ...records.flatMap((value, seq) => twice('roster', recordKey(seq), value)),
      ...joins.map((value) => ({ put: 'roster', key: `j/${toHex(value.subarray(-64))}`, value }) as const),
    ]
    this.#journal.write(rows, 'strict')
  }

  /** Signed and on the disk before anybody is told: an owner's record is never lost after it was sent, because another
   *  in its place would contradict it. @throws StorageFull and what else keeps it from the disk: then it is none */
  async storeSigned(record: RosterRecord): Promise<void> {
    await this.#journal.writeOrGiveUp(twice('roster', recordKey(record.seq), encodeRecord(record)))
  }

  /** Another tab of the owner may have signed since. */
  async rereadRoster(): Promise<void> {
    this.#roster.take(intact(await this.#journal.read('roster'), 'r/'), [])
  }

  storeSecrets(): void {
    this.#journal.write(twice('keys', 'secrets', encodeSecrets(this.#keyring.stored)), 'strict')
  }

  storeShared(shared: ReadonlyMap<ChainId, number>): void {
    this.#journal.putUnhurried('keys', 'shared', encodeShared(shared))
  }

  storeCard(card: Pick<StoredCard, 'title' | 'role'>): void {
    const { session } = this.#keyring
    const { shared } = this.#keyring.stored
    const bytes = encodeCard({ ...card, session, shared, openedAt: this.#clock.now() })
    const news = toHex(bytes.subarray(0, -CARD_TIME_BYTES))
    if (news === this.#lastCard) return
    this.#lastCard = news
    this.#journal.put('card', 'card', bytes)
  }
}

function recordKey(seq: number): string {
  return `r/${seq.toString(16).padStart(6, '0')}`
}
