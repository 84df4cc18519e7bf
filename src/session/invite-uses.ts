/**
 * What became of the invites: which still let somebody in, who came by which, and which let in more people than they
 * were for. Two editors who do not hear of each other may each let somebody in by a link for one: both stay.
 *
 * Not here: making and revoking them (inviting.ts).
 */
import type { InviteId } from '../base/ids.ts'
import type { Clock } from '../base/ports.ts'
import type { InviteRecord } from '../protocol/records.ts'
import type { Roster } from '../protocol/roster.ts'
import type { People } from './people.ts'
import type { InviteUse } from './public.ts'

export interface InviteUsesParts {
  readonly clock: Clock
  readonly roster: Roster
  readonly people: People
  readonly isOwner: () => boolean
  /** It let in more people than it was for. Told once for each of them. */
  readonly overused: (use: InviteUse) => void
}

export class InviteUses {
  readonly #parts: InviteUsesParts
  /** How many came by each invite, as far as the caller was told. */
  readonly #told = new Map<InviteId, number>()

  constructor(parts: InviteUsesParts) {
    this.#parts = parts
    for (const { invite } of this.#invites()) this.#told.set(invite, parts.roster.usesOf(invite))
  }

  /** The newest first. Empty for everybody but the owner. */
  get all(): readonly InviteUse[] {
    if (!this.#parts.isOwner()) return []
    return this.#invites().map((record) => this.#useOf(record))
  }

  rosterGrew(): void {
    const { roster, isOwner, overused } = this.#parts
    for (const record of this.#invites()) {
      const uses = roster.usesOf(record.invite)
      const isMore = uses > (this.#told.get(record.invite) ?? 0)
      if (isMore) this.#told.set(record.invite, uses)
      if (isMore && uses > record.uses && isOwner()) overused(this.#useOf(record))
    }
  }

  /** Each once: the owner signs an open one again when the admitter key changes. */
  #invites(): readonly InviteRecord[] {
    const { roster } = this.#parts
    const made = roster.records.flatMap(({ content }) => (content.type === 'invite' ? [content] : []))
    return [...new Map(made.map((record) => [record.invite, record])).values()].reverse()
  }

  #useOf(record: InviteRecord): InviteUse {
    const { roster, people } = this.#parts
    const { invite: id, role, uses, lobby, expiresAt } = record
    const usedBy = roster.usersOf(id).map((device) => ({ device, name: people.member(device).name }))
    return { id, role, uses, lobby, expiresAt, state: this.#stateOf(record, usedBy.length), usedBy }
  }

  #stateOf({ invite, uses, expiresAt }: InviteRecord, used: number): InviteUse['state'] {
    const { roster, clock } = this.#parts
    if (roster.inviteAt(invite, roster.seq) === undefined) return 'revoked'
    if (used >= uses) return 'used-up'
    return expiresAt <= clock.now() ? 'expired' : 'open'
  }
}
