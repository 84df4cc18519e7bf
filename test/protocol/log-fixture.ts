/**
 * A session without a network for the tests of log, gossip and rebase: a roster with an owner, editors and a
 * viewer, an evaluator whose updates say what they need, and authors who may also write what no honest one would.
 */
import { fromUtf8, toUtf8 } from '../../src/base/bytes.ts'
import { type DeviceId, type InviteId, idOf, type SessionId, type WriterId } from '../../src/base/ids.ts'
import type { SignKeys } from '../../src/crypto/crypto.ts'
import { loadCrypto } from '../../src/crypto/sodium.ts'
import type { Evaluator, Inspection, Need } from '../../src/protocol/evaluation.ts'
import { type LogInput, type LogOutput, type LogState, startLog, step } from '../../src/protocol/log.ts'
import { Roster } from '../../src/protocol/roster.ts'
import { admit, type Certificate, deviceIdOf, type Join, requestJoin } from '../../src/wire/certificate.ts'
import { type Entry, type EntryHeader, type EntryKind, NO_ENTRY, sealEntry } from '../../src/wire/entry.ts'
import { clientIdOf } from '../../src/wire/presence.ts'
import {
  type InviteRole,
  NO_RECORD,
  type RosterContent,
  type RosterRecord,
  sessionIdOf,
  signRecord,
} from '../../src/wire/roster-record.ts'
import { violation } from '../../src/wire/violation.ts'
import { fixedBytes } from '../crypto/twin.ts'

export const crypto = await loadCrypto()

export interface Person {
  readonly sign: SignKeys
  readonly certificate: Certificate
  readonly device: DeviceId
}

export function person(name: string): Person {
  const sign = crypto.signKeys(fixedBytes(`sign ${name}`, 32))
  const dhPk = crypto.dhKeys(fixedBytes(`dh ${name}`, 32)).publicKey
  const certificate = { signPk: sign.publicKey, dhPk, name, color: 0 }
  return { sign, certificate, device: deviceIdOf(crypto, certificate) }
}

export const root = crypto.signKeys(fixedBytes('root', 32))
export const session: SessionId = sessionIdOf(crypto, root.publicKey)
export const ENTRY_KEY = fixedBytes('entry key', 32)
export const [ada, ben, cyd, vic] = ['Ada', 'Ben', 'Cyd', 'Vic'].map(person) as [
  Person,
  Person,
  Person,
  Person,
]

const inviteOf = (role: InviteRole) => crypto.signKeys(fixedBytes(`invite ${role}`, 32))
const inviteRecord = (role: InviteRole): RosterContent => ({
  type: 'invite',
  invite: idOf<InviteId>(inviteOf(role).publicKey),
  role,
  expiresAt: 1,
  uses: 100,
  lobby: false,
  sealedSeed: new Uint8Array(56),
})

const contents: readonly RosterContent[] = [
  {
    type: 'create',
    rootPk: root.publicKey,
    owner: ada.certificate,
    roots: [{ name: 'main', kind: 'text' }],
    formatting: false,
  },
  {
    type: 'epoch',
    epoch: 0,
    commitment: new Uint8Array(32),
    wraps: [],
    admitterWraps: [],
    joins: [],
    previousSealed: new Uint8Array(0),
  },
  inviteRecord('editor'),
  inviteRecord('viewer'),
]

/** Create, the first epoch, an invite for editors (2) and one for viewers (3). */
export const records: readonly RosterRecord[] = signAll()

function signAll(): RosterRecord[] {
  const chain: RosterRecord[] = []
  for (const content of contents) {
    const place = { session, seq: chain.length, prev: chain.at(-1)?.id ?? NO_RECORD }
    chain.push(signRecord(crypto, place, content, root))
  }
  return chain
}

/** The record the owner signs after those of `roster`. */
export function nextRecord(roster: Roster, content: RosterContent): RosterRecord {
  return signRecord(crypto, { session, seq: roster.seq + 1, prev: roster.head }, content, root)
}

export function joinOf(who: Person, role: InviteRole, { by = ada, rosterSeq = 3 } = {}): Join {
  const invite = inviteOf(role)
  const fields = {
    certificate: who.certificate,
    invite: idOf<InviteId>(invite.publicKey),
    handshake: new Uint8Array(32),
  }
  const request = requestJoin(crypto, session, fields, { invite, device: who.sign })
  return admit(crypto, session, request, { device: by.device, rosterSeq, sign: by.sign })
}

/** Everybody is in it: Ben and Cyd edit, Vic reads. */
export function fullRoster(others: readonly Person[] = []): Roster {
  const roster = new Roster(crypto, session)
  for (const record of records) roster.takeRecord(record)
  for (const editor of [ben, cyd, ...others]) roster.takeJoin(joinOf(editor, 'editor'))
  roster.takeJoin(joinOf(vic, 'viewer'))
  return roster
}

// Updates that say what they are ----------------------------------------------------------------------------

export interface FakeUpdate {
  /** First clock, and how many; 0 is a deletion. */
  readonly clock: number
  readonly length: number
  readonly needs?: readonly Need[]
  readonly ownNeed?: number
  /** 'malformed': the firewall proves it. 'ill-placed': the neighbour check refuses it. */
  readonly fault?: 'malformed' | 'ill-placed'
  /** Makes the entry this much larger. */
  readonly weight?: number
}

export function bodyOf(update: FakeUpdate): Uint8Array {
  return toUtf8(JSON.stringify({ ...update, weight: 'x'.repeat(update.weight ?? 0) }))
}

/** Applies in order and remembers; asserts what the log promises its document. */
export class FakeDocument implements Evaluator {
  readonly clocks = new Map<number, number>()
  readonly applied: string[] = []

  inspect(update: Uint8Array): Inspection | ReturnType<typeof violation> {
    const { clock, length, needs = [], ownNeed = 0, fault } = this.#read(update)
    if (fault === 'malformed') return violation('firewall', 'made to be refused')
    return { clock, end: clock + length, needs, ownNeed }
  }

  apply(update: Uint8Array, clientID: number): 'applied' | 'refused' {
    const { clock, length, needs = [], fault } = this.#read(update)
    for (const need of needs)
      if ((this.clocks.get(need.clientID) ?? 0) < need.clock) throw new Error('applied before its needs')
    if (length > 0 && clock !== (this.clocks.get(clientID) ?? 0)) throw new Error('applied out of turn')
    if (fault === 'ill-placed') return 'refused'
    if (length > 0) this.clocks.set(clientID, clock + length)
    this.applied.push(`${clientID}/${clock}+${length}`)
    return 'applied'
  }

  together(work: () => void): void {
    work()
  }

  #read(update: Uint8Array): FakeUpdate {
    return JSON.parse(fromUtf8(update) ?? '') as FakeUpdate
  }
}

// Writing -------------------------------------------------------------------------------------------------------

const NOW = 1_700_000_000_000

/** One writer, honest as long as its overrides are. */
export class Author {
  readonly who: Person
  readonly writer: WriterId
  readonly clientID: number
  readonly entries: Entry[] = []
  #clock = 0

  constructor(who: Person, name = 'first') {
    this.who = who
    this.writer = idOf<WriterId>(fixedBytes(`writer ${who.certificate.name} ${name}`, 8))
    this.clientID = clientIdOf(crypto, who.sign.publicKey, this.writer)
  }

  get clock(): number {
    return this.#clock
  }

  /** The next edit. */
  edit(update: Partial<FakeUpdate> = {}, header: Partial<EntryHeader> = {}, sign = this.who.sign): Entry {
    const whole = { clock: this.#clock, length: 1, ...update }
    this.#clock = whole.clock + whole.length
    return this.say('edit', bodyOf(whole), header, sign)
  }

  say(kind: EntryKind, body: Uint8Array, header: Partial<EntryHeader> = {}, sign = this.who.sign): Entry {
    const entry = this.seal(kind, body, header, sign)
    this.entries.push(entry)
    return entry
  }

  /** Like `say`, without going on from it. */
  seal(kind: EntryKind, body: Uint8Array, header: Partial<EntryHeader> = {}, sign = this.who.sign): Entry {
    const usual: EntryHeader = {
      kind,
      rosterSeq: 3,
      session,
      device: this.who.device,
      writer: this.writer,
      seq: this.entries.length + 1,
      prev: this.entries.at(-1)?.id ?? NO_ENTRY,
    }
    return sealEntry(
      crypto,
      { ...usual, ...header },
      { authoredAt: NOW, body },
      { entryKey: ENTRY_KEY, sign },
    )
  }
}

/** A log with everybody in its roster, and what it put out so far. */
export class TestLog {
  readonly state: LogState
  readonly document = new FakeDocument()

  constructor(roster = fullRoster(), entryKeyAt: LogState['entryKeyAt'] = () => ENTRY_KEY) {
    this.state = startLog({ crypto, session, roster, evaluator: this.document, entryKeyAt })
  }

  step(input: LogInput): LogOutput[] {
    return step(this.state, input).outputs
  }

  receive(...entries: readonly Entry[]): LogOutput[] {
    return this.step({ type: 'received', entries })
  }

  author(author: Author, update: FakeUpdate): LogOutput[] {
    const { who, writer } = author
    const keys = { device: who.device, sign: who.sign }
    return this.step({ type: 'author', kind: 'edit', body: bodyOf(update), writer, keys, now: NOW })
  }
}

export function kinds(outputs: readonly LogOutput[]): string[] {
  return outputs.map(({ type }) => type)
}
