/**
 * A hostile hand between a member's real session and its links: the session below does what it should, the hand holds
 * back, changes and adds what the links say. Its habits last until it is told to behave; its tricks (tricks.ts) are played
 * at once.
 * Invariant: links of honest members are untouched.
 */
import type { Crypto } from '../../src/crypto/crypto.ts'
import { PeerLink, type PeerLinkListener } from '../../src/session/peer-link.ts'
import type { Channel } from '../../src/transport/port.ts'
import type { Entry } from '../../src/wire/entry.ts'
import type { Acknowledgement, Message } from '../../src/wire/message.ts'
import { type Chance, chanceFrom } from './chance.ts'
import type { SimDevice } from './device.ts'
import { Pen } from './pen.ts'
import { falseHeads, TRICKS, type Trick } from './tricks.ts'

/** `swallow`: acknowledges what it drops. `echo`: claims to hold what the other side does. */
export const HABITS = [
  'withhold',
  'swallow',
  'echo',
  'inflate heads',
  'never prune',
  'hold acks back',
] as const
export type Habit = (typeof HABITS)[number]

/** In whose hands a channel is. */
const hands = new WeakMap<Channel, Hand>()
const MOST_PRESENCES = 20

export class Hand {
  readonly #crypto: Crypto
  readonly #device: SimDevice
  readonly #chance: Chance
  readonly #links = new Set<PeerLink>()
  readonly #habits = new Set<Habit>()
  readonly #presences: Uint8Array[] = []
  readonly #digests = new WeakMap<PeerLink, Extract<Message, { type: 'digest' }>>()

  constructor(crypto: Crypto, device: SimDevice, chance: Chance) {
    this.#crypto = crypto
    this.#device = device
    this.#chance = chance
  }

  take(channel: Channel): void {
    hands.set(channel, this)
  }

  /** One of them from now on. */
  adopt(habit: Habit): void {
    this.#habits.add(habit)
  }

  behave(): void {
    this.#habits.clear()
  }

  play(trick: Trick, salt: number): void {
    const { session, disk, site } = this.#device
    if (session === undefined || site?.phase !== 'alive') return
    const pen = Pen.from(this.#crypto, disk, session, site.now)
    if (pen === undefined) return
    const links = [...this.#links].filter((link) => link.open)
    site.run(() => TRICKS[trick]({ chance: chanceFrom(salt), pen, links, presences: this.#presences }))
  }

  /** What its session wants to say on the link: what is said instead, or undefined. */
  says(link: PeerLink, message: Message): Message | undefined {
    const { session } = this.#device
    if (message.type === 'prune' && this.#habits.has('never prune')) return undefined
    if (message.type === 'ack' && this.#habits.has('hold acks back')) return undefined
    if (message.type === 'digest' && this.#habits.has('echo')) return this.#digests.get(link) ?? message
    if (message.type === 'heads' && this.#habits.has('inflate heads') && session !== undefined) {
      const pen = Pen.from(this.#crypto, this.#device.disk, session, () => 0)
      return pen === undefined ? message : { ...message, heads: falseHeads({ chance: this.#chance, pen }) }
    }
    return message
  }

  gives(entries: readonly Entry[]): readonly Entry[] {
    return this.#habits.has('withhold') ? entries.filter(() => this.#chance.oneIn(3)) : entries
  }

  /** The session's ears on the link, as far as the hand lets anything through. */
  ears(link: PeerLink, listener: PeerLinkListener): PeerLinkListener {
    this.#links.add(link)
    return {
      ...listener,
      message: (message) => {
        if (message.type === 'presence') for (const presence of message.presences) this.#keep(presence)
        if (message.type === 'digest') this.#digests.set(link, message)
        listener.message(message)
      },
      entries: (entries, bytes, lane) => {
        if (!this.#habits.has('swallow')) return listener.entries(entries, bytes, lane)
        const acknowledgements = entries.map(
          ({ device, writer, seq }): Acknowledgement => ({ device, writer, held: seq }),
        )
        link.send({ type: 'ack', acknowledgements })
      },
      closed: (because) => {
        this.#links.delete(link)
        listener.closed(because)
      },
    }
  }

  #keep(presence: Uint8Array): void {
    if (this.#presences.length < MOST_PRESENCES) this.#presences.push(presence.slice())
    else this.#presences[this.#chance.below(MOST_PRESENCES)] = presence.slice()
  }
}

/** From now on every link whose channel is in a hand passes through it. Once a thread is enough. */
export function letHandsIn(): void {
  if (areIn) return
  areIn = true
  const { send, sendEntries, listen } = PeerLink.prototype
  PeerLink.prototype.send = function (message, lane) {
    const hand = hands.get(this.channel)
    const said = hand === undefined ? message : hand.says(this, message)
    if (said !== undefined) send.call(this, said, lane)
  }
  PeerLink.prototype.sendEntries = function (entries, lane) {
    const given = hands.get(this.channel)?.gives(entries) ?? entries
    if (given.length > 0) sendEntries.call(this, given, lane)
  }
  PeerLink.prototype.listen = function (listener) {
    const hand = hands.get(this.channel)
    listen.call(this, hand === undefined ? listener : hand.ears(this, listener))
  }
}
let areIn = false
