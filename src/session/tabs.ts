/**
 * Tabs of one browser that have the same session open: each pair is linked through the browser itself, so a draft in
 * two tabs is one text, with or without a server, and one of them leads. The link on top is an ordinary one: handshake
 * and seal as over the network, so another script of this origin that could post here gets nowhere. The driver of
 * protocol/leading.ts; what leading means for a session is household.ts.
 *
 * Invariant: a tab that lost its channel to another tries again as long as both are open.
 */
import { type InstanceId, idBytes } from '../base/ids.ts'
import type { Clock, Millis } from '../base/ports.ts'
import type { Crypto } from '../crypto/crypto.ts'
import {
  type LeadingInput,
  type LeadingOutput,
  type LeadingState,
  type Sight,
  startLeading,
  step,
} from '../protocol/leading.ts'
import type { Channel, TabGroup, TabLock, TabPort } from '../transport/port.ts'
import { TabChannel } from './tab-channel.ts'
import { decodeTabNote, EVERYBODY, encodeTabNote, type TabNote, type TabWord } from './tab-notes.ts'

export interface TabsParts {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly port: TabPort
  /** Same for all tabs of this browser with this session, and for nobody else. */
  readonly name: string
  readonly me: InstanceId
  readonly opened: (channel: Channel, other: InstanceId, initiator: boolean) => void
  /** `place`, `leader` or `isDeputy` changed; never within the constructor. */
  readonly placed: () => void
}

/** Without locks every tab leads. */
export type TabPlace = 'undecided' | 'leads' | 'follows'

/** Tabs of one session at once. */
const MAX_TABS = 32
/** A channel that ended may have been to a tab that froze: whoever is still there is looked for again after this. */
const LOOK_AGAIN_MS: Millis = 1_000

export class Tabs {
  readonly #parts: TabsParts
  readonly #group: TabGroup
  readonly #channels = new Map<InstanceId, TabChannel>()
  readonly #leading: LeadingState
  readonly #lock: TabLock | undefined
  #place: TabPlace
  #stopWatching: (() => void) | undefined
  #cancelTick: (() => void) | undefined
  #cancelLook: (() => void) | undefined
  #stopped = false

  constructor(parts: TabsParts) {
    this.#parts = parts
    const { port, name, me, clock } = parts
    this.#group = port.join(name, (bytes) => this.#received(bytes))
    let sight: Sight = 'seen'
    let watching = false
    this.#stopWatching = port.watchSight?.((told) => {
      sight = told
      if (watching) this.#step({ type: 'sight', sight })
    })
    watching = true
    const started = startLeading(me, sight, clock.now())
    this.#leading = started.state
    this.#place = port.waitForLock === undefined ? 'leads' : 'undecided'
    this.#post({ kind: 'here' })
    this.#lock = port.waitForLock?.(name, {
      granted: () => this.#step({ type: 'granted', now: clock.now() }),
      lost: () => this.#step({ type: 'lost', now: clock.now() }),
    })
    if (this.#lock !== undefined) for (const output of started.outputs) this.#perform(output)
  }

  get place(): TabPlace {
    return this.#place
  }

  /** Who leads instead of this tab, as far as known. */
  get leader(): InstanceId | undefined {
    return this.#place === 'follows' ? this.#leading.leader?.instance : undefined
  }

  /** Of those that follow this one keeps a link of its own, in case the leader ends. */
  get isDeputy(): boolean {
    return this.#place === 'follows' && this.#leading.leader?.deputy === this.#parts.me
  }

  /** Other tabs it has a channel to. */
  get count(): number {
    return this.#channels.size
  }

  has(instance: InstanceId): boolean {
    return this.#channels.has(instance)
  }

  stop(): void {
    this.#stopped = true
    this.#cancelTick?.()
    this.#cancelLook?.()
    this.#stopWatching?.()
    for (const channel of [...this.#channels.values()]) channel.close()
    this.#lock?.close()
    this.#group.close()
  }

  #post(word: TabWord, to: InstanceId = EVERYBODY): void {
    this.#group.post(encodeTabNote({ from: this.#parts.me, to, word }))
  }

  #received(bytes: Uint8Array): void {
    const note = decodeTabNote(bytes)
    if (note === undefined || this.#stopped || (note.to !== this.#parts.me && note.to !== EVERYBODY)) return
    this.#noted(note)
  }

  #noted({ from, to, word }: TabNote): void {
    switch (word.kind) {
      case 'here':
        if (to === EVERYBODY) this.#post({ kind: 'here' }, from)
        this.#open(from)
        return
      case 'data':
        this.#channels.get(from)?.receive(word.payload)
        return
      case 'gone':
        this.#channels.get(from)?.end('the other tab is gone')
        return
      case 'ask':
      case 'lead':
      case 'wish':
      case 'yield':
        if (this.#lock === undefined) return
        return this.#step({ type: 'note', note: word, from, now: this.#parts.clock.now() })
      default:
        return word satisfies never
    }
  }

  // Channels ---------------------------------------------------------------------------------------------------

  #open(other: InstanceId): void {
    if (this.#channels.has(other) || this.#channels.size >= MAX_TABS) return
    const { crypto, me } = this.#parts
    const channel = new TabChannel({
      localFingerprint: crypto.hash(32, idBytes(me)),
      remoteFingerprint: crypto.hash(32, idBytes(other)),
      post: (payload) => this.#post({ kind: 'data', payload }, other),
      over: () => this.#over(other),
    })
    this.#channels.set(other, channel)
    this.#parts.opened(channel, other, me > other)
    this.#step({ type: 'tabs', tabs: [...this.#channels.keys()] })
  }

  #over(other: InstanceId): void {
    this.#channels.delete(other)
    this.#post({ kind: 'gone' }, other)
    if (this.#stopped) return
    this.#step({ type: 'tabs', tabs: [...this.#channels.keys()] })
    this.#cancelLook?.()
    this.#cancelLook = this.#parts.clock.wakeAfter(LOOK_AGAIN_MS, () => this.#post({ kind: 'here' }))
  }

  // Leading ----------------------------------------------------------------------------------------------------

  #step(input: LeadingInput): void {
    if (this.#stopped) return
    const wasDeputy = this.isDeputy
    for (const output of step(this.#leading, input).outputs) this.#perform(output)
    if (this.isDeputy !== wasDeputy) this.#parts.placed()
  }

  #perform(output: LeadingOutput): void {
    const { clock, placed } = this.#parts
    switch (output.type) {
      case 'post':
        return this.#post(output.note, output.to)
      case 'steal':
        return this.#lock?.steal()
      case 'lead':
        this.#place = 'leads'
        this.#cancelTick?.()
        if (output.gone !== undefined) this.#channels.get(output.gone)?.end('the tab that led is gone')
        return placed()
      case 'follow':
        this.#place = 'follows'
        return placed()
      case 'wake':
        this.#cancelTick?.()
        this.#cancelTick = clock.wakeAfter(Math.max(0, output.at - clock.now()), () =>
          this.#step({ type: 'tick', now: clock.now() }),
        )
        return
      default:
        return output satisfies never
    }
  }
}
