/**
 * The network between simulated devices: every link has a delay and a width of its own. Pairs of devices can be cut
 * off from each other, in one direction or both, for new links too; links can break and become slow.
 * Nothing a dead device sends arrives, and nothing reaches it.
 * Not here: the signaling server (town.ts composes the real relay).
 */
import { toHex } from '../../src/base/bytes.ts'
import { decode, type Reader, Writer } from '../../src/base/codec.ts'
import type { Millis } from '../../src/base/ports.ts'
import { MemoryEnd } from '../../src/transport/memory-channel.ts'
import type { Channel, Dial, Dialer, DialFailure, DialOptions } from '../../src/transport/port.ts'
import type { Chance, Trace } from './chance.ts'
import { heardAt, type Site } from './site.ts'
import { inOrder, type VirtualTime } from './time.ts'

interface SimLink {
  readonly sites: readonly [Site, Site]
  readonly ends: readonly [MemoryEnd, MemoryEnd]
  readonly wire: Wire
}

/** A cut wire carries nothing more, though its ends hear of that later. */
interface Wire {
  phase: 'whole' | 'cut'
  /** One way, before its own variance. */
  delay: Millis
  width: number
}

interface SimDial {
  readonly token: string
  readonly site: Site
  readonly fingerprint: Uint8Array
  readonly options: DialOptions
  phase: 'waiting' | 'opening' | 'over'
}

const NO_ROUTE_MS = 5_000
const MAX_MESSAGE_BYTES = 262_144
const TOKEN_BYTES = 8
/** What a slow link takes one way, and how much it carries a turn. */
const SLOW_MS: Millis = 700
const SLOW_BYTES = 1_024

export class SimNetwork {
  readonly #time: VirtualTime
  readonly #chance: Chance
  readonly #trace: Trace
  readonly #dials = new Map<string, SimDial>()
  readonly #links = new Set<SimLink>()
  /** Directions nothing passes in, as `from>to` of devices, and since when. */
  readonly #silent = new Map<string, Millis>()
  /** Pairs whose new links do not come about though old ones go on. */
  readonly #barred = new Set<string>()
  healedAt: Millis
  readonly #cameAt = new Map<string, Millis>()
  /** Whose channel it is, for who wants to know in whose hands a link is. */
  readonly owners = new WeakMap<Channel, Site>()

  constructor(parts: { time: VirtualTime; chance: Chance; trace: Trace }) {
    this.#time = parts.time
    this.#chance = parts.chance
    this.#trace = parts.trace
    this.healedAt = parts.time.now()
  }

  dialer(site: Site): Dialer {
    return { dial: (options) => this.#dial(site, options) }
  }

  /** From now on nothing passes between devices of different parts. */
  divide(parts: readonly number[]): void {
    for (const [from, part] of parts.entries())
      for (const [to, other] of parts.entries()) if (part !== other) this.mute(from, to)
  }

  /** From now on nothing passes from one device to the other, and no new link between them opens. */
  mute(from: number, to: number): void {
    if (!this.#silent.has(way(from, to))) this.#silent.set(way(from, to), this.#time.now())
    for (const { sites, ends } of this.#links)
      for (const [index, end] of ends.entries())
        if (sites[index]?.device === from && sites[1 - index]?.device === to) end.stall()
  }

  /** From now on the two find no way to each other. */
  bar(one: number, other: number): void {
    this.#barred.add(way(one, other)).add(way(other, one))
  }

  /** Everything passes again; what was under way comes late. */
  heal(): void {
    this.healedAt = this.#time.now()
    this.#silent.clear()
    this.#barred.clear()
    for (const { ends } of this.#links) for (const end of ends) end.resume()
  }

  /** What links the two from now on is slow. */
  slow(one: number, other: number): void {
    for (const { wire } of this.#between(one, other)) {
      wire.delay = SLOW_MS
      wire.width = SLOW_BYTES
    }
  }

  /** All that links the two breaks, and both sides hear of it. */
  cut(one: number, other: number): void {
    for (const { ends, wire } of this.#between(one, other)) {
      wire.phase = 'cut'
      for (const end of ends) end.cut('the simulator cut it')
    }
  }

  /** Since when nothing comes from one device to the other. */
  silentSince(from: number, to: number): Millis | undefined {
    return this.#silent.get(way(from, to))
  }

  /** When something came from one device to the other last. */
  cameAt(from: number, to: number): Millis | undefined {
    return this.#cameAt.get(way(from, to))
  }

  #between(one: number, other: number): SimLink[] {
    return [...this.#links].filter(({ sites: [a, b] }) =>
      a.device === one ? b.device === other : a.device === other && b.device === one,
    )
  }

  #isReachable(one: Site, other: Site): boolean {
    const [there, back] = [way(one.device, other.device), way(other.device, one.device)]
    return !this.#silent.has(there) && !this.#silent.has(back) && !this.#barred.has(there)
  }

  #dial(site: Site, options: DialOptions): Dial {
    const token = toHex(this.#chance.bytes(TOKEN_BYTES))
    const dial: SimDial = { token, site, fingerprint: this.#chance.bytes(32), options, phase: 'waiting' }
    this.#dials.set(token, dial)
    if (options.initiator) this.#signal(dial, token)
    return {
      signal: (bytes) => this.#receive(dial, bytes),
      abort: () => this.#fail(dial, 'aborted', 0),
    }
  }

  #signal(dial: SimDial, ...tokens: readonly string[]): void {
    const writer = new Writer()
    for (const token of tokens) writer.text(token)
    dial.site.wakeAfter(1, () => dial.phase === 'waiting' && dial.options.onSignal(writer.finish()))
  }

  #receive(dial: SimDial, bytes: Uint8Array): void {
    if (dial.phase !== 'waiting') return
    const from = decode(bytes, (reader: Reader) => {
      const tokens = [reader.text(2 * TOKEN_BYTES)]
      if (!dial.options.initiator) return tokens
      return [...tokens, reader.text(2 * TOKEN_BYTES)]
    })
    const [token, answered] = from.ok ? from.value : []
    const other = token === undefined ? undefined : this.#dials.get(token)
    if (other === undefined || !this.#isReachable(dial.site, other.site))
      this.#fail(dial, 'no-route', NO_ROUTE_MS)
    else if (!dial.options.initiator) this.#signal(dial, dial.token, other.token)
    else if (answered === dial.token && other.phase === 'waiting') this.#connect(dial, other)
    else this.#fail(dial, 'no-route', NO_ROUTE_MS)
  }

  #connect(initiator: SimDial, responder: SimDial): void {
    const wire: Wire = {
      phase: 'whole',
      delay: this.#chance.pick([1, 5, 20, 80]),
      width: this.#chance.pick([4_096, 65_536, Number.POSITIVE_INFINITY]),
    }
    const ends = [this.#end(initiator, responder, wire), this.#end(responder, initiator, wire)] as const
    const link: SimLink = { sites: [initiator.site, responder.site], ends, wire }
    ends[0].connect(ends[1], () => this.#links.delete(link))
    ends[1].connect(ends[0], () => this.#links.delete(link))
    this.#links.add(link)
    this.#open(initiator, ends[0])
    this.#open(responder, ends[1])
  }

  #open(dial: SimDial, end: MemoryEnd): void {
    dial.phase = 'opening'
    dial.site.wakeAfter(5 + this.#chance.below(60), () => {
      this.#dials.delete(dial.token)
      if (dial.phase === 'over') return end.close()
      dial.phase = 'over'
      dial.options.onOpen(this.#channelOf(dial.site, end))
    })
  }

  /** The end as its device has it: a frozen device hears nothing. */
  #channelOf(site: Site, end: MemoryEnd): Channel {
    const channel: Channel = {
      localFingerprint: end.localFingerprint,
      remoteFingerprint: end.remoteFingerprint,
      maxMessageBytes: end.maxMessageBytes,
      get bufferedBytes() {
        return end.bufferedBytes
      },
      send: (message) => end.send(message),
      wakeBelow: (bytes) => end.wakeBelow(bytes),
      listen: (listener) =>
        end.listen({
          message: heardAt(site, (bytes: Uint8Array) => listener.message(bytes)),
          drained: heardAt(site, () => listener.drained()),
          closed: heardAt(site, (reason: string) => listener.closed(reason)),
        }),
      close: () => end.close(),
      route: () => end.route(),
    }
    this.owners.set(channel, site)
    return channel
  }

  #end(local: SimDial, remote: SimDial, wire: Wire): MemoryEnd {
    const later = inOrder(this.#time, () => wire.delay + this.#chance.below(wire.delay))
    return new MemoryEnd({
      localFingerprint: local.fingerprint,
      remoteFingerprint: remote.fingerprint,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      get bytesPerTurn() {
        return wire.width
      },
      schedule: (task) => later(() => local.site.phase !== 'dead' && task()),
      arriving: (message) => {
        this.#trace.add(2, message)
        this.#cameAt.set(way(local.site.device, remote.site.device), this.#time.now())
        return remote.site.phase !== 'dead' && wire.phase === 'whole' ? [message] : []
      },
    })
  }

  #fail(dial: SimDial, failure: DialFailure, after: Millis): void {
    if (dial.phase === 'over') return
    dial.phase = 'over'
    this.#dials.delete(dial.token)
    dial.site.wakeAfter(after, () => dial.options.onFailed(failure, 'in the simulator'))
  }
}

function way(from: number, to: number): string {
  return `${from}>${to}`
}
