/**
 * A log whose driver rebuilds the document as soon as more is applied than counts, and acts on a Restart as soon as it
 * knows of one. Not here: disks, links, and drivers that first look at what they lose.
 */
import type { Chain } from '../../src/protocol/chain.ts'
import { chainFor, type LogOutput } from '../../src/protocol/log.ts'
import { liftBases, replay } from '../../src/protocol/rebase.ts'
import type { Entry } from '../../src/wire/entry.ts'
import type { CutLine, RosterContent, RosterRecord } from '../../src/wire/roster-record.ts'
import { type Author, FakeDocument, fullRoster, nextRecord, type Person, TestLog } from './log-fixture.ts'

export class LogPeer {
  readonly log: TestLog
  #baseClocks = new Map<number, number>()

  constructor(others: readonly Person[] = []) {
    this.log = new TestLog(fullRoster(others))
  }

  take(...parcels: readonly (Entry | RosterRecord)[]): LogOutput[] {
    return parcels.flatMap((parcel) => this.#given(parcel))
  }

  /** The owner's next record, known here from now on. */
  sign(content: RosterContent): RosterRecord {
    const record = nextRecord(this.log.state.roster, content)
    this.take(record)
    return record
  }

  /** A checkpoint of that place of the roster covers the author's first entries. */
  cover(author: Author, seq: number, rosterSeq: number, id = author.entries[seq - 1]?.id): void {
    const head = { ...endAt(author, Math.min(seq, author.entries.length)), seq, nextClock: seq }
    const heads = [id === undefined ? head : { ...head, id }]
    liftBases(this.log.state, { heads, free: [], rosterSeq })
    this.#stand(author.clientID, seq)
  }

  /** It covers this much of a clientID of no writer. */
  coverFree(clientID: number, clock: number): void {
    liftBases(this.log.state, { heads: [], free: [{ clientID, clock }], rosterSeq: 3 })
    this.#stand(clientID, clock)
  }

  chain({ who, writer }: Author): Chain {
    return chainFor(this.log.state, { device: who.device, writer }) as Chain
  }

  applied(...authors: readonly Author[]): number[] {
    return authors.map((author) => this.chain(author).applied)
  }

  /** Ids of what is held beyond the base. */
  held(author: Author): string[] {
    return this.chain(author).entries.map(({ entry }) => entry.id)
  }

  /** The document is put on top of that, now and whenever it is rebuilt. */
  #stand(clientID: number, clock: number): void {
    this.#baseClocks.set(clientID, clock)
    const { clocks } = this.log.state.evaluator as FakeDocument
    clocks.set(clientID, Math.max(clock, clocks.get(clientID) ?? 0))
  }

  #given(parcel: Entry | RosterRecord): LogOutput[] {
    const { log } = this
    if (!('content' in parcel)) return this.#after(log.receive(parcel))
    if (log.state.roster.takeRecord(parcel) !== 'new') return []
    const outputs = this.#after(log.step({ type: 'roster-grew' }))
    if (parcel.content.type !== 'restart') return outputs
    outputs.push(...this.#after(log.step({ type: 'restart' })), ...this.#rebuild())
    return [...outputs, ...log.step({ type: 'restarted' })]
  }

  #after(outputs: LogOutput[]): LogOutput[] {
    if (outputs.every(({ type }) => type !== 'voided')) return outputs
    return [...outputs, ...this.#rebuild()]
  }

  #rebuild(): LogOutput[] {
    const fresh = new FakeDocument()
    for (const [clientID, clock] of this.#baseClocks) fresh.clocks.set(clientID, clock)
    const replayed = replay(this.log.state, fresh, this.#baseClocks)
    return [...replayed, ...this.#after(this.log.step({ type: 'settle' }))]
  }
}

export function endAt(author: Author, seq: number) {
  const { id } = author.entries[seq - 1] as Entry
  return { device: author.who.device, writer: author.writer, seq, id }
}

export function lineAt(author: Author, seq: number): CutLine {
  const { writer, id } = endAt(author, seq)
  return { writer, seq, id }
}

export function removes(who: Person, cut: readonly CutLine[] = []): RosterContent {
  return { type: 'remove', device: who.device, cut, joins: [] }
}

export function makes(who: Person, role: 'editor' | 'viewer', cut: readonly CutLine[] = []): RosterContent {
  return { type: 'role', device: who.device, role, cut, joins: [] }
}

export function restarts(...heads: readonly ReturnType<typeof endAt>[]): RosterContent {
  return { type: 'restart', heads }
}

export const EPOCH_ONE: RosterContent = {
  type: 'epoch',
  epoch: 1,
  commitment: new Uint8Array(32),
  wraps: [],
  admitterWraps: [],
  joins: [],
  previousSealed: new Uint8Array(72),
}

/** So many edits of one clock each. */
export function edits(author: Author, count: number, rosterSeq = 3): Author {
  for (let n = 0; n < count; n++) author.edit({}, { rosterSeq })
  return author
}
