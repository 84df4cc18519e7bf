/**
 * The owner's records alone, in their order, and what can be read off them without knowing who stands: the invites
 * that are open, the epochs, the key that signs next, where the session began anew.
 * Not here: whether a record is taken, and everything that depends on Joins (roster.ts).
 */
import type { InviteId, RecordId } from '../base/ids.ts'
import { type ChainId, chainOf } from '../wire/heads.ts'
import { NO_RECORD, type RestartHead, type RosterContent, type RosterRecord } from '../wire/roster-record.ts'

export type InviteRecord = Extract<RosterContent, { type: 'invite' }>
export type EpochRecord = Extract<RosterContent, { type: 'epoch' }>

/** Where the session began anew (restarting.ts). */
export interface Restart {
  /** Its place in the roster. */
  readonly at: number
  readonly lines: ReadonlyMap<ChainId, RestartHead>
}

export class Records {
  #all: readonly RosterRecord[] = []
  #restarts: readonly Restart[] = []

  get all(): readonly RosterRecord[] {
    return this.#all
  }

  /** Number of the newest record; -1 before Create. */
  get seq(): number {
    return this.#all.length - 1
  }

  get head(): RecordId {
    return this.#all.at(-1)?.id ?? NO_RECORD
  }

  /** The oldest first. */
  get restarts(): readonly Restart[] {
    return this.#restarts
  }

  get hasEnded(): boolean {
    return this.#all.at(-1)?.content.type === 'end'
  }

  append(record: RosterRecord): void {
    this.replace([...this.#all, record])
  }

  replace(all: readonly RosterRecord[]): void {
    this.#all = all
    this.#restarts = all.flatMap(({ seq, content }) =>
      content.type === 'restart'
        ? [{ at: seq, lines: new Map(content.heads.map((head) => [chainOf(head), head])) }]
        : [],
    )
  }

  /** Whether the owner ever signed such an invite, revoked or not. */
  knowsInvite(invite: InviteId): boolean {
    return this.#all.some(({ content }) => content.type === 'invite' && content.invite === invite)
  }

  openInvites(): readonly InviteRecord[] {
    const open = new Map<InviteId, InviteRecord>()
    for (const { content } of this.#all) {
      if (content.type === 'invite') open.set(content.invite, content)
      if (content.type === 'revoke') open.delete(content.invite)
    }
    return [...open.values()]
  }

  /** The number of the epoch in force at `rosterSeq`, or undefined before the first. */
  epochAt(rosterSeq: number): number | undefined {
    let epoch: number | undefined
    for (const { seq, content } of this.#all) {
      if (seq > rosterSeq) break
      if (content.type === 'epoch') epoch = content.epoch
    }
    return epoch
  }

  epochRecord(epoch: number): EpochRecord | undefined {
    const record = this.#all.find(({ content }) => content.type === 'epoch' && content.epoch === epoch)
    return record?.content.type === 'epoch' ? record.content : undefined
  }

  /** The root key that signs the record at `seq`. */
  rootPkAt(seq: number): Uint8Array | undefined {
    let rootPk: Uint8Array | undefined
    for (const { seq: at, content } of this.#all) {
      if (at >= seq) break
      if (content.type === 'create' || content.type === 'transfer') rootPk = content.rootPk
    }
    return rootPk
  }
}
