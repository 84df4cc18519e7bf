/**
 * A session that does what a test tells it and nothing else: no network, no storage, no cryptography.
 * Only for drawing the page's parts in states that real people would take minutes to reach.
 */
import { Awareness } from 'y-protocols/awareness'
import { Doc } from 'yjs'
import { toBase64url } from '../../src/base/bytes.ts'
import { Emitter } from '../../src/base/emitter.ts'
import type { DeviceId, InstanceId, InviteId, SessionId } from '../../src/base/ids.ts'
import { EMOJI } from '../../src/crypto/emoji.ts'
import { encodePosition } from '../../src/doc/cursor.ts'
import { CarriedTextRefused, NotCompared } from '../../src/session/errors.ts'
import type {
  Comparison,
  Copy,
  Invite,
  InviteOptions,
  InviteUse,
  Member,
  Peer,
  PresenceState,
  Role,
  Session,
  SessionEvents,
  SessionStatus,
  WaitingGuest,
} from '../../src/session/public.ts'
import type { Version, VersionComparison, VersionId, Versions } from '../../src/session/version.ts'
import type { LocalId } from '../../src/storage/port.ts'
import { WORDS } from '../../src/wire/words.ts'

export const CALM: SessionStatus = {
  phase: 'synced',
  unshared: 0,
  oldestUnsharedAt: undefined,
  savedAt: undefined,
  unsaved: 0,
  peers: 1,
  connectingTo: undefined,
  bytesLeft: 0,
  problem: undefined,
}

export function member(name: string, color: number, extra: Partial<Member> = {}): Member {
  const device = name.padEnd(16, '.') as DeviceId
  return {
    device,
    name,
    color,
    role: 'editor',
    isMe: false,
    here: true,
    asksToEdit: false,
    verified: false,
    ...extra,
  }
}

/** Those it is given, all of one text. */
class FakeVersions implements Versions {
  all: Version[] = []
  text = ''
  comparison: readonly VersionComparison[] = []

  async list(): Promise<readonly Version[]> {
    return this.all
  }

  async keep(name: string): Promise<Version> {
    const version: Version = {
      ...{ id: `made by hand ${this.all.length}` as VersionId, at: Date.now(), why: 'named', by: 'Ada' },
      ...{ name, length: this.text.length },
    }
    this.all.unshift(version)
    return version
  }

  async name(id: VersionId, name: string): Promise<Version> {
    this.all = this.all.map((version) => (version.id === id ? { ...version, name } : version))
    return this.all.find((version) => version.id === id) as Version
  }

  async texts(): Promise<ReadonlyMap<string, string>> {
    return new Map([['main', this.text]])
  }

  async compare(): Promise<readonly VersionComparison[]> {
    return this.comparison
  }

  async restore(): Promise<void> {}

  async delete(id: VersionId): Promise<void> {
    this.all = this.all.filter((version) => version.id !== id)
  }
}

export class FakeSession implements Session {
  readonly id = '00'.repeat(16) as SessionId
  readonly localId = '0123456789abcdef' as LocalId
  readonly awareness: Awareness
  readonly roots = { main: 'text' } as const
  readonly doc: Doc
  title = 'untitled'
  status: SessionStatus = CALM
  members: readonly Member[] = [member('Ada', 7, { isMe: true, role: 'owner' })]
  invites: readonly Invite[] = []
  lobby: readonly WaitingGuest[] = []
  inviteUses: readonly InviteUse[] = []
  inviter: DeviceId | undefined = undefined
  peers: readonly Peer[] = []
  readonly versions = new FakeVersions()
  readonly whenSynced = Promise.resolve()
  readonly #emitter = new Emitter<SessionEvents>()

  constructor(doc = new Doc()) {
    this.doc = doc
    this.awareness = new Awareness(doc)
    this.awareness.setLocalState({ user: { name: 'Ada', color: 7, role: 'owner', device: this.me.device } })
  }

  get me(): Member {
    const me = this.members.find(({ isMe }) => isMe)
    if (!me) throw new TypeError('a fake session needs its own member')
    return me
  }

  get copies(): readonly Copy[] {
    const seen = this.members.map(
      ({ device, name, color, role, isMe, here }): Copy => ({
        ...{ device, name, color, role, isMe, here },
        lastSeenAt: Date.now() - 26 * 3_600_000,
      }),
    )
    const { device, name, color } = member('Zoe', 2)
    return [
      ...seen,
      { device, name, color, role: undefined, isMe: false, here: false, lastSeenAt: undefined },
    ]
  }

  get canEdit(): boolean {
    return this.me.role === 'owner' || (this.me.role === 'editor' && !this.isPaused)
  }

  on<Name extends keyof SessionEvents & string>(
    name: Name,
    listener: (event: SessionEvents[Name]) => void,
  ): () => void {
    return this.#emitter.on(name, listener)
  }

  emit<Name extends keyof SessionEvents & string>(name: Name, event: SessionEvents[Name]): void {
    this.#emitter.emit(name, event)
  }

  become(status: Partial<SessionStatus>): void {
    this.status = { ...CALM, ...status }
    this.emit('status', this.status)
  }

  gather(members: readonly Member[]): void {
    this.members = [this.me, ...members]
    this.emit('members', this.members)
  }

  /** Links somebody, by a way that takes so long. */
  link({ device, name, color, role }: Member, path: Peer['path'], rtt?: number): void {
    const instance = device.slice(0, 8) as InstanceId
    this.peers = [...this.peers, { instance, device, name, color, role, rtt, path, verified: false }]
    this.emit('peers', this.peers)
  }

  /** Shows somebody's caret at `head`, with `selected` characters before it. */
  placeCaret(
    { name, color, role, device }: Member,
    head: number,
    selected = 0,
    attention: Pick<PresenceState, 'idle' | 'away'> = {},
  ): void {
    const text = this.doc.getText('main')
    const at = (index: number) => toBase64url(encodePosition(text, index, 0))
    const client = 1_000 + this.members.findIndex((one) => one.device === device)
    const cursor = { root: 'main', ranges: [{ anchor: at(head - selected), head: at(head) }] }
    this.awareness.states.set(client, { user: { name, color, role, device }, cursor, ...attention })
    this.awareness.emit('change', [{ added: [], updated: [client], removed: [] }, 'fake'])
  }

  isPaused = false

  /** What the owner made of this device. */
  turnInto(role: Role): void {
    this.members = this.members.map((one) => (one.isMe ? { ...one, role } : one))
    this.emit('members', this.members)
  }

  setTitle(title: string): void {
    this.title = title
    this.emit('title', title)
  }

  setProfile({ name, color }: { readonly name?: string; readonly color?: number }): void {
    this.members = this.members.map((one) =>
      one.isMe ? { ...one, name: name ?? one.name, color: color ?? one.color } : one,
    )
    this.emit('members', this.members)
  }

  invite({ role }: InviteOptions): Promise<Invite> {
    const secret = role === 'editor' ? 'Vv3kZ0h2Yb' : 'Qx81LmT4pA'
    const invite: Invite = {
      id: `${role}${this.invites.length}` as InviteId,
      url: `https://example.org/#${secret.repeat(9)}`,
      role,
      lobby: false,
      uses: role === 'editor' ? 1 : 1_000,
      expiresAt: Date.now() + (role === 'editor' ? 1 : 30) * 24 * 60 * 60 * 1_000,
      spoken: () => Promise.resolve({ code: '7-walrus-lantern', expiresAt: Date.now() + 300_000 }),
      carried: () =>
        Promise.resolve({
          text: 'Vv3kZ0h2YbQx81LmT4pA'.repeat(25),
          madeAt: Date.now() - 120_000,
          expiresAt: Date.now() + 780_000,
          accept: () => Promise.reject(new CarriedTextRefused('cut-short', 'answer')),
          close: () => undefined,
        }),
    }
    this.invites = [...this.invites, invite]
    const { id, uses, lobby, expiresAt } = invite
    this.inviteUses = [{ id, role, uses, lobby, expiresAt, state: 'open', usedBy: [] }, ...this.inviteUses]
    return Promise.resolve(invite)
  }

  resetLinks(): Promise<void> {
    this.invites = []
    return Promise.resolve()
  }

  remove(device: DeviceId): Promise<void> {
    this.members = this.members.filter((one) => one.device !== device)
    this.emit('members', this.members)
    return Promise.resolve()
  }

  setRole(device: DeviceId, role: 'editor' | 'viewer'): Promise<void> {
    this.members = this.members.map((one) => (one.device === device ? { ...one, role } : one))
    this.emit('members', this.members)
    return Promise.resolve()
  }

  transfer(device: DeviceId): Promise<void> {
    this.members = this.members.map((one) => {
      if (one.device === device) return { ...one, role: 'owner' }
      return one.role === 'owner' ? { ...one, role: 'editor' } : one
    })
    this.emit('members', this.members)
    return Promise.resolve()
  }

  heal(): Promise<void> {
    this.become({ problem: undefined })
    return Promise.resolve()
  }

  restart(): Promise<void> {
    this.become({ problem: undefined })
    return Promise.resolve()
  }

  endForEveryone(): Promise<void> {
    this.become({ phase: 'offline', peers: 0, problem: { kind: 'over', by: 'Ada' } })
    return Promise.resolve()
  }

  askToEdit(asksToEdit: boolean): void {
    this.members = this.members.map((one) => (one.isMe ? { ...one, asksToEdit } : one))
    this.emit('members', this.members)
  }

  recoveryPhrase(): string {
    return WORDS.filter((_, index) => index % 48 === 5).join(' ')
  }

  takeOver(): Promise<void> {
    return Promise.reject(new NotCompared())
  }

  verify(device: DeviceId): Promise<Comparison> {
    const found = this.members.find((one) => one.device === device) ?? this.me
    return Promise.resolve({
      member: found,
      emoji: EMOJI.filter((_, index) => index % 9 === 4),
      answer: (same) => {
        this.members = this.members.map((one) => (one.device === device ? { ...one, verified: same } : one))
        this.emit('members', this.members)
        this.emit('compared', { member: found, outcome: same ? 'matches' : 'differs' })
      },
    })
  }

  pause(paused: boolean): Promise<void> {
    this.isPaused = paused
    this.emit('members', this.members)
    return Promise.resolve()
  }

  revoke(invite: InviteId): Promise<void> {
    this.invites = this.invites.filter(({ id }) => id !== invite)
    return Promise.resolve()
  }

  saved(): Promise<void> {
    return Promise.resolve()
  }

  retry(): void {}

  leave(): Promise<void> {
    return Promise.resolve()
  }

  forget(): Promise<void> {
    return Promise.resolve()
  }
}
