/**
 * Who belongs to the session and who of them is here, for the public API: joins roster and presence, shows
 * authenticated states in the Awareness, and says who came and who went, once per person however many tabs.
 */
import { fromBase64url, toBase64url } from '../base/bytes.ts'
import type { DeviceId, InstanceId, SessionId, WriterId } from '../base/ids.ts'
import type { Clock, Millis } from '../base/ports.ts'
import type { Crypto, SignKeys } from '../crypto/crypto.ts'
import type { AuthenticatedAwareness } from '../doc/awareness.ts'
import type * as presenceCore from '../protocol/presence.ts'
import type { Roster } from '../protocol/roster.ts'
import {
  MAX_PERSON_NAME_BYTES,
  MAX_PRESENCE_RANGES,
  PRESENCE_GRACE_MS,
  PRESENCE_PAUSE_MS,
} from '../wire/limits.ts'
import {
  type Presence,
  type PresenceCursor,
  type PresenceHand,
  type PresencePlace,
  sealPresence,
} from '../wire/presence.ts'
import type { Keyring } from './keyring.ts'
import type { Member, PresenceState } from './public.ts'

export interface PeopleParts {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly roster: Roster
  readonly keyring: Keyring
  readonly me: InstanceId
  readonly writer: () => WriterId
  readonly place: () => PresencePlace
  readonly awareness: AuthenticatedAwareness
  readonly send: (presence: Uint8Array) => void
  readonly isVerified: (device: DeviceId) => boolean
}

type Uncounted = Omit<Presence, 'counter'>
type Shown = Extract<presenceCore.PresenceOutput, { type: 'shown' }>

export class People {
  readonly #parts: PeopleParts
  readonly #session: SessionId
  readonly #shown = new Map<DeviceId, Map<InstanceId, Shown>>()
  #counter = 0
  #cancelPause: (() => void) | undefined
  #pausing = false
  #dirty = false
  #last: Uint8Array | undefined
  /** What the last one said, its counter aside; undefined when it has to be said again. */
  #said: string | undefined
  #left: 'no' | 'goodbye said' = 'no'
  #hand: PresenceHand = 'down'
  /** Because we were missed. */
  #spokeUp: { readonly counter: number; readonly at: Millis } = { counter: 0, at: 0 }

  constructor(parts: PeopleParts) {
    this.#parts = parts
    this.#session = parts.roster.session
    this.showMyself()
  }

  // Others -----------------------------------------------------------------------------------------------------

  /** Takes a presence; says whether that person was not here before. */
  show(shown: Shown): 'arrived' | 'here' {
    const { device, instance } = shown.presence
    const here = this.isHere(device)
    const instances = this.#shown.get(device) ?? new Map<InstanceId, Shown>()
    this.#shown.set(device, instances.set(instance, shown))
    this.#parts.awareness.setRemote(shown.clientID, this.#stateOf(shown.presence))
    return here ? 'here' : 'arrived'
  }

  /** Says whether it was that person's last instance. */
  hide(hidden: Extract<presenceCore.PresenceOutput, { type: 'hidden' }>): 'left' | 'here' {
    const { device, instance } = hidden.presence
    const instances = this.#shown.get(device)
    instances?.delete(instance)
    if (instances?.size === 0) this.#shown.delete(device)
    this.#parts.awareness.setRemote(hidden.clientID, null)
    return this.isHere(device) ? 'here' : 'left'
  }

  isHere(device: DeviceId): boolean {
    return this.#shown.has(device)
  }

  /** Roles or names changed: every state is shown again as it is now. */
  refresh(): void {
    for (const instances of this.#shown.values())
      for (const { clientID, presence } of instances.values())
        this.#parts.awareness.setRemote(clientID, this.#stateOf(presence))
    this.showMyself()
    if (this.#hand === 'raised' && this.#parts.roster.roleOf(this.#parts.keyring.device) !== 'viewer')
      this.raiseHand(false)
  }

  members(): readonly Member[] {
    return this.#parts.roster.devices().map((device) => this.member(device))
  }

  member(device: DeviceId): Member {
    const { roster, keyring } = this.#parts
    const isMe = device === keyring.device
    const profile = isMe ? keyring.stored : (this.#newest(device) ?? roster.certificateOf(device))
    const role = roster.roleOf(device) ?? 'viewer'
    const hand = isMe ? this.#hand : this.#handOf(device)
    return {
      device,
      name: cutName(profile?.name ?? ''),
      color: profile?.color ?? 0,
      role,
      isMe,
      here: isMe || this.isHere(device),
      asksToEdit: role === 'viewer' && hand === 'raised',
      verified: this.#parts.isVerified(device),
    }
  }

  /** One raised hand of a person is enough, whichever tab it is. */
  #handOf(device: DeviceId): PresenceHand {
    const instances = [...(this.#shown.get(device)?.values() ?? [])]
    return instances.some(({ presence }) => presence.hand === 'raised') ? 'raised' : 'down'
  }

  #newest(device: DeviceId): Presence | undefined {
    const [first] = this.#shown.get(device)?.values() ?? []
    return first?.presence
  }

  #stateOf(presence: Presence): PresenceState {
    const { color, device, cursor } = presence
    const name = cutName(presence.name)
    const user = { name, color, device, role: this.#parts.roster.roleOf(device) ?? 'viewer' }
    const away = presence.phase === 'away'
    const attention = away ? { idle: true, away } : { idle: presence.phase === 'idle' }
    if (cursor === undefined) return { user, ...attention }
    const ranges = cursor.ranges.map((range) => ({
      anchor: toBase64url(range.anchor),
      head: toBase64url(range.head),
    }))
    return { user, ...attention, cursor: { root: cursor.root, ranges } }
  }

  // Myself -----------------------------------------------------------------------------------------------------

  /** Writes the own authenticated name into the own awareness state. */
  showMyself(): void {
    const { name, color, role, device } = this.member(this.#parts.keyring.device)
    this.#parts.awareness.awareness.setLocalStateField('user', { name, color, role, device })
  }

  /** The own state may have changed. If what it says has, at most one presence a PRESENCE_PAUSE_MS goes out, the last always. */
  changed(): void {
    this.#dirty = true
    if (this.#pausing) return
    this.#dirty = false
    const presence = this.#presence()
    const said = JSON.stringify(presence)
    if (said === this.#said) return
    // browsers hide a page that goes, some of them after telling it so: that brings nobody back
    if (this.#left === 'goodbye said' && presence.phase !== 'active') return
    this.#left = 'no'
    this.#said = said
    this.#pausing = true
    this.#last = this.#seal(presence)
    this.#parts.send(this.#last)
    this.#cancelPause = this.#parts.clock.wakeAfter(PRESENCE_PAUSE_MS, () => {
      this.#pausing = false
      if (this.#dirty) this.changed()
    })
  }

  /** Asks to be allowed to edit, or does so no more. */
  raiseHand(asks: boolean): void {
    this.#hand = asks ? 'raised' : 'down'
    this.changed()
  }

  /** Somebody misses us: the same again, as news. A crowd misses somebody in many voices, and the first answer, which
   *  is on its way to everybody, is one to them all. @param since counter of our presence that they know; 0: of none */
  missed(since: number): void {
    const isAnswered = since > 0 && since < this.#spokeUp.counter
    const now = this.#parts.clock.now()
    if (isAnswered && now - this.#spokeUp.at < PRESENCE_GRACE_MS) return
    this.#spokeUp = { counter: this.#counter + 1, at: now }
    this.#said = undefined
    this.changed()
  }

  /** For a link that has just opened. */
  current(): Uint8Array {
    this.#last ??= this.#seal(this.#presence())
    return this.#last
  }

  /** Not the end: a page that comes back is shown again with its next presence. */
  goodbye(): Uint8Array {
    this.#said = undefined
    this.#last = undefined
    this.#left = 'goodbye said'
    return this.#seal({ ...this.#presence(), phase: 'gone' })
  }

  stop(): void {
    this.#cancelPause?.()
    this.#pausing = true
  }

  #presence(): Uncounted {
    const { keyring, me, writer, place, awareness } = this.#parts
    const state: Partial<PresenceState> = awareness.awareness.getLocalState() ?? {}
    return {
      device: keyring.device,
      instance: me,
      writer: writer(),
      phase: state.away === true ? 'away' : state.idle === true ? 'idle' : 'active',
      name: cutName(keyring.stored.name),
      place: place(),
      hand: this.#hand,
      color: keyring.stored.color,
      cursor: state.cursor && cursorOf(state.cursor),
    }
  }

  #seal(presence: Uncounted): Uint8Array {
    const { crypto, keyring } = this.#parts
    const sign: SignKeys = keyring.sign
    return sealPresence(crypto, this.#session, { ...presence, counter: ++this.#counter }, sign)
  }
}

function cursorOf(cursor: NonNullable<PresenceState['cursor']>): PresenceCursor {
  const ranges = cursor.ranges.slice(0, MAX_PRESENCE_RANGES).flatMap(({ anchor, head }) => {
    const from = fromBase64url(anchor)
    const to = fromBase64url(head)
    return from === undefined || to === undefined ? [] : [{ anchor: from, head: to }]
  })
  return { root: cursor.root, ranges }
}

const encoder = new TextEncoder()

/** At most MAX_PERSON_NAME_BYTES of UTF-8, cut between characters, without what could disturb a page. */
export function cutName(name: string, maxBytes = MAX_PERSON_NAME_BYTES): string {
  const clean = name.toWellFormed().replace(/\p{C}/gu, ' ').trim()
  if (encoder.encode(clean).length <= maxBytes) return clean // nearly always, and asked for everybody at every status
  let cut = ''
  for (const character of clean) {
    if (encoder.encode(cut + character).length > maxBytes) break
    cut += character
  }
  return cut
}
