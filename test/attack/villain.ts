/**
 * Mallory: a device that joined by the rules, took its keys out of its own store, and from then on obeys none.
 * It dials members as itself, and writes entries, presences and roster messages with any content it likes.
 */
import { EMPTY, toUtf8 } from '../../src/base/bytes.ts'
import { type DeviceId, type InstanceId, idOf, type WriterId } from '../../src/base/ids.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { Roster } from '../../src/protocol/roster.ts'
import type { Environment } from '../../src/session/environment.ts'
import { Keyring } from '../../src/session/keyring.ts'
import { memberPsk, memberTopics } from '../../src/session/meeting-place.ts'
import type { Session } from '../../src/session/public.ts'
import { knownRoster } from '../../src/session/roster-word.ts'
import { Signaling } from '../../src/session/signaling.ts'
import { decodeSecrets } from '../../src/session/stored.ts'
import type { LocalId, Store } from '../../src/storage/port.ts'
import type { Channel } from '../../src/transport/port.ts'
import { decodeEntry, type Entry, type EntryKind, NO_ENTRY, sealEntry } from '../../src/wire/entry.ts'
import type { Hello } from '../../src/wire/introduction.ts'
import { clientIdOf } from '../../src/wire/presence.ts'
import { isViolation } from '../../src/wire/violation.ts'
import { type Ground, until } from './ground.ts'
import { HostileLink } from './hostile-link.ts'
import { type Party, textOf } from './party.ts'

export class Villain {
  readonly crypto: Crypto
  readonly keyring: Keyring
  readonly roster: Roster
  /** What it held when it left. */
  readonly entries: readonly Entry[]
  readonly #environment: Environment
  readonly #begun: Signaling[] = []

  constructor(environment: Environment, stolen: Stolen) {
    this.#environment = environment
    this.crypto = environment.crypto
    this.keyring = stolen.keyring
    this.roster = stolen.roster
    this.entries = stolen.entries
  }

  /** Joins as anybody would, then leaves and keeps the keys. */
  static async enlist(ground: Ground, party: Party, role: 'editor' | 'viewer'): Promise<Villain> {
    const { environment, api } = ground.device()
    const { url } = await party.ada.invite({ role })
    const session = await api.joinSession(url, { name: 'Mallory' })
    await until('Mallory is even with Ada', () => textOf(session) === textOf(party.ada))
    await session.saved()
    await session.leave()
    const gone = (one: Session): boolean => one.peers.every((peer) => peer.name !== 'Mallory')
    await until('Mallory is away', () => gone(party.ada) && gone(party.ben))
    return new Villain(environment, await stealKeys(ground.crypto, environment.store, session.localId))
  }

  get device(): DeviceId {
    return this.keyring.device
  }

  /** The key entries are sealed under now. */
  get entryKey(): Uint8Array {
    return this.keyring.entryKeyAt(this.roster, this.roster.seq) ?? EMPTY
  }

  writer(id = idOf<WriterId>(this.crypto.randomBytes(8))): HostileWriter {
    return new HostileWriter(this, id)
  }

  /** Takes what was signed since it left. */
  async learnRoster(from: Session): Promise<void> {
    const link = await this.link(from)
    const isNew = (): boolean => {
      for (const message of link.heard)
        if (message.type === 'roster') this.roster.take(message.records, message.joins)
      return link.heard.some(({ type }) => type === 'digest')
    }
    await until('Mallory hears from Ada', isNew)
    // an equal roster is not sent: an unequal digest asks for it
    const digests = { roster: new Uint8Array(16), held: new Uint8Array(16), applied: new Uint8Array(16) }
    link.send({ type: 'digest', ...digests, state: undefined })
    await until('Mallory has the roster', () => isNew() && link.heard.some(({ type }) => type === 'roster'))
    link.close()
  }

  /** An open, proven link to a member, as another instance each time. */
  async link(to: Session): Promise<HostileLink> {
    const link = new HostileLink(await this.dial(to))
    await link.proven
    this.leaveTopics()
    return link
  }

  /** Not before a link is proven: whoever leaves the topic early ends the other side's dial. */
  leaveTopics(): void {
    for (const signaling of this.#begun.splice(0)) signaling.stop()
  }

  /** What a link needs to begin, the channel open already. */
  dial(to: Session): Promise<ConstructorParameters<typeof HostileLink>[0]> {
    const { crypto, clock } = this.#environment
    const me = idOf<InstanceId>(crypto.randomBytes(8))
    const [topic] = memberTopics(crypto, this.keyring.epochKey.reveal(), clock.now())
    const roster = knownRoster(this.roster, this.device)
    return new Promise((resolve, reject) => {
      const opened = (channel: Channel, hello: Hello, initiator: boolean): void => {
        resolve({ ...this.#linkTo(to), crypto, channel, initiator, me, remote: hello.instance })
      }
      const signaling = new Signaling(this.#environment, this.#environment.signaling ?? '', {
        changed: () => {},
      })
      this.#begun.push(signaling)
      signaling.plan([
        {
          ...(topic as NonNullable<typeof topic>),
          self: { side: 'member', instance: me, device: this.device, roster },
          boxing: { mine: this.keyring.dh },
          welcomes: (hello) => hello.device === to.me.device,
          opened,
          failed: (failure) => reject(new Error(`the dial failed: ${failure}`)),
          mismatched: () => reject(new Error('another version')),
        },
      ])
      signaling.start()
    })
  }

  #linkTo(to: Session): Pick<ConstructorParameters<typeof HostileLink>[0], 'session' | 'psk' | 'staticKeys'> {
    const certificate = this.roster.certificateOf(to.me.device)
    if (certificate === undefined) throw new Error('Mallory does not know that device')
    const theirs = { device: to.me.device, dhPk: certificate.dhPk }
    const psk = memberPsk(this.crypto, this.keyring.session, this.keyring, theirs)
    if (psk === undefined) throw new Error('an unsound key')
    return { session: this.keyring.session, psk: { kind: 'member', ...psk }, staticKeys: this.keyring.dh }
  }
}

/** A chain of entries with any content. */
export class HostileWriter {
  readonly id: WriterId
  readonly clientID: number
  seq = 0
  prev: Entry['prev'] = NO_ENTRY
  readonly #villain: Pick<Villain, 'crypto' | 'keyring' | 'roster' | 'entryKey'>

  constructor(villain: Pick<Villain, 'crypto' | 'keyring' | 'roster' | 'entryKey'>, id: WriterId) {
    this.#villain = villain
    this.id = id
    this.clientID = clientIdOf(villain.crypto, villain.keyring.sign.publicKey, id)
  }

  /** The next entry of the chain, signed and sealed by the rules. */
  write(body: Uint8Array, kind: EntryKind = 'edit', change: Partial<Entry> = {}): Entry {
    const { crypto, keyring, roster, entryKey } = this.#villain
    const header = {
      kind,
      rosterSeq: roster.seq,
      session: keyring.session,
      device: keyring.device,
      writer: this.id,
      seq: this.seq + 1,
      prev: this.prev,
      ...change,
    }
    const entry = sealEntry(
      crypto,
      header,
      { authoredAt: Date.now(), body },
      { entryKey, sign: keyring.sign },
    )
    this.seq = entry.seq
    this.prev = entry.id
    return entry
  }
}

export interface Stolen {
  readonly keyring: Keyring
  readonly roster: Roster
  readonly entries: readonly Entry[]
}

/** Everything a device knows, read from its store. */
export async function stealKeys(crypto: Crypto, store: Store, localId: LocalId): Promise<Stolen> {
  const stored = await store.open(localId)
  if (stored === undefined) throw new Error('there is no such session')
  const rows = async (table: 'keys' | 'roster' | 'entries') => (await stored.read(table)).rows
  const secrets = decodeSecrets(
    (await rows('keys')).find(({ key }) => key === 'secrets')?.value ?? toUtf8(''),
  )
  if (!secrets.ok) throw new Error(secrets.reason)
  const keyring = new Keyring(crypto, secrets.value)
  const roster = new Roster(crypto, keyring.session)
  const members = await rows('roster')
  const of = (prefix: string) => members.filter(({ key }) => key.startsWith(prefix)).map(({ value }) => value)
  roster.take(of('r/'), of('j/'))
  const entries = (await rows('entries')).flatMap(({ value }) => {
    const entry = decodeEntry(crypto, value)
    return isViolation(entry) ? [] : [entry]
  })
  await stored.close()
  return { keyring, roster, entries }
}
