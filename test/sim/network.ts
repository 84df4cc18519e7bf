/**
 * The network between simulated devices: every link has a delay and a width of its own; parts of it can be cut off
 * from each other, and links can break. Nothing a dead device sends arrives, and nothing reaches it.
 * Not here: the signaling server (town.ts composes the real relay).
 */
import { toHex } from '../../src/base/bytes.ts'
import { decode, type Reader, Writer } from '../../src/base/codec.ts'
import { MemoryEnd } from '../../src/transport/memory-channel.ts'
import type { Dial, Dialer, DialFailure, DialOptions } from '../../src/transport/port.ts'
import type { Chance, Trace } from './chance.ts'
import { inOrder, type VirtualTime } from './time.ts'

/** Where a device is, from its start to its end. */
export interface Site {
  readonly device: number
  phase: 'alive' | 'dead'
}

interface SimLink {
  readonly sites: readonly [Site, Site]
  readonly ends: readonly [MemoryEnd, MemoryEnd]
  readonly wire: Wire
}

/** A cut wire carries nothing more, though its ends hear of that later. */
interface Wire {
  phase: 'whole' | 'cut'
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

export class SimNetwork {
  readonly #time: VirtualTime
  readonly #chance: Chance
  readonly #trace: Trace
  readonly #dials = new Map<string, SimDial>()
  readonly #links = new Set<SimLink>()
  /** Which part of the network each device is in; a device not named here is in part 0. */
  #parts = new Map<number, number>()

  constructor(parts: { time: VirtualTime; chance: Chance; trace: Trace }) {
    this.#time = parts.time
    this.#chance = parts.chance
    this.#trace = parts.trace
  }

  dialer(site: Site): Dialer {
    return { dial: (options) => this.#dial(site, options) }
  }

  /** From now on nothing passes between devices of different parts. */
  divide(parts: ReadonlyMap<number, number>): void {
    this.#parts = new Map(parts)
    for (const link of this.#links) this.#stall(link)
  }

  /** Everything passes again; what was under way between the parts comes late. */
  heal(): void {
    this.#parts.clear()
    for (const link of this.#links) for (const end of link.ends) end.resume()
  }

  /** One direction of one link goes silent until `heal`. */
  silence(): void {
    const links = [...this.#links]
    if (links.length > 0) this.#chance.pick(this.#chance.pick(links).ends).stall()
  }

  /** One link breaks, and both sides hear of it. */
  cut(): void {
    const links = [...this.#links]
    if (links.length === 0) return
    const { ends, wire } = this.#chance.pick(links)
    wire.phase = 'cut'
    for (const end of ends) end.cut('the simulator cut it')
  }

  linkedTo(device: number): number {
    const others = [...this.#links].flatMap(({ sites }) =>
      sites.some((site) => site.device === device) ? sites.map((site) => site.device) : [],
    )
    return new Set(others.filter((other) => other !== device)).size
  }

  #apart(one: Site, other: Site): boolean {
    return (this.#parts.get(one.device) ?? 0) !== (this.#parts.get(other.device) ?? 0)
  }

  #stall({ sites, ends }: SimLink): void {
    if (this.#apart(...sites)) for (const end of ends) end.stall()
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
    this.#later(dial, 1, () => dial.phase === 'waiting' && dial.options.onSignal(writer.finish()))
  }

  #later(dial: SimDial, after: number, task: () => void): void {
    this.#time.wakeAfter(after, () => {
      if (dial.site.phase === 'alive') task()
    })
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
    if (other === undefined || this.#apart(dial.site, other.site)) this.#fail(dial, 'no-route', NO_ROUTE_MS)
    else if (!dial.options.initiator) this.#signal(dial, dial.token, other.token)
    else if (answered === dial.token && other.phase === 'waiting') this.#connect(dial, other)
    else this.#fail(dial, 'no-route', NO_ROUTE_MS)
  }

  #connect(initiator: SimDial, responder: SimDial): void {
    const wire: Wire = { phase: 'whole' }
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
    this.#later(dial, 5 + this.#chance.below(60), () => {
      this.#dials.delete(dial.token)
      if (dial.phase === 'over') return end.close()
      dial.phase = 'over'
      dial.options.onOpen(end)
    })
  }

  #end(local: SimDial, remote: SimDial, wire: Wire): MemoryEnd {
    const milliseconds = this.#chance.pick([1, 5, 20, 80])
    const later = inOrder(this.#time, () => milliseconds + this.#chance.below(milliseconds))
    return new MemoryEnd({
      localFingerprint: local.fingerprint,
      remoteFingerprint: remote.fingerprint,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      bytesPerTurn: this.#chance.pick([4_096, 65_536, Number.POSITIVE_INFINITY]),
      schedule: (task) => later(() => local.site.phase === 'alive' && task()),
      arriving: (message) => {
        this.#trace.add(2, message)
        return remote.site.phase === 'alive' && wire.phase === 'whole' ? [message] : []
      },
    })
  }

  #fail(dial: SimDial, failure: DialFailure, after: number): void {
    if (dial.phase === 'over') return
    dial.phase = 'over'
    this.#dials.delete(dial.token)
    this.#later(dial, after, () => dial.options.onFailed(failure, 'in the simulator'))
  }
}
