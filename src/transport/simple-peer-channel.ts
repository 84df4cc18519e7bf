/**
 * The data channel of a dial, as the session sees it. Works on the platform's RTCDataChannel itself:
 * simple-peer's stream would lose where messages begin and end, and delay them. Not here: how it was
 * opened (simple-peer.ts).
 *
 * Closing is polite: what was sent goes out first, for CLOSE_MS at most, then the connection ends.
 */
import { assert } from '../base/assert.ts'
import type { Channel, ChannelListener } from './port.ts'

/** What a platform that does not say takes at least (RFC 8841 §6.1). */
const USUAL_MAX_MESSAGE_BYTES = 65_536
/** A dead peer never confirms a close. */
const CLOSE_MS = 250
/** From the platform's word that the channel is closed until the connection may end. */
const FLUSH_MS = 20
/** Kept for a listener that comes in the turn after `onOpen`; a flood before it is no honest peer's. */
const MAX_KEPT_BYTES = 2 ** 20
const NONE = new Uint8Array(0)

type Phase = 'open' | 'closing' | 'closed'

export class SimplePeerChannel implements Channel {
  readonly #connection: RTCPeerConnection
  readonly #channel: RTCDataChannel
  readonly #destroy: () => void
  readonly #kept: Uint8Array[] = []
  #keptBytes = 0
  #fingerprints: { readonly local: Uint8Array; readonly remote: Uint8Array } = { local: NONE, remote: NONE }
  #listener: ChannelListener | undefined
  #phase: Phase = 'open'
  #reason: string | undefined
  #threshold: number | undefined
  #closing: ReturnType<typeof setTimeout> | undefined

  /** @param destroy ends the connection; `finish` must follow */
  constructor(connection: RTCPeerConnection, channel: RTCDataChannel, destroy: () => void) {
    this.#connection = connection
    this.#channel = channel
    this.#destroy = destroy
    channel.binaryType = 'arraybuffer'
    channel.onmessage = (event) => this.#receive(event.data)
    channel.onbufferedamountlow = () => this.#wake()
  }

  get localFingerprint(): Uint8Array {
    return this.#fingerprints.local
  }

  get remoteFingerprint(): Uint8Array {
    return this.#fingerprints.remote
  }

  get maxMessageBytes(): number {
    const size = this.#connection.sctp?.maxMessageSize
    return typeof size === 'number' && size > 0
      ? Math.min(size, Number.MAX_SAFE_INTEGER)
      : USUAL_MAX_MESSAGE_BYTES
  }

  get bufferedBytes(): number {
    // node-datachannel throws when asked about a channel that is gone.
    return this.#channel.readyState === 'open' ? this.#channel.bufferedAmount : 0
  }

  /** Called once, before anybody else holds the channel. */
  opened(local: Uint8Array, remote: Uint8Array): void {
    this.#fingerprints = { local, remote }
  }

  send(message: Uint8Array): void {
    if (this.#phase === 'open' && this.#channel.readyState === 'closed') {
      // Closed behind our back: the platform tells the other side only.
      this.ends('the connection was closed')
      this.#destroy()
    }
    if (this.#phase !== 'open' || this.#channel.readyState !== 'open') return
    assert(message.length <= this.maxMessageBytes, 'no message is larger than the channel takes')
    try {
      this.#channel.send(message as Uint8Array<ArrayBuffer>) // never shared memory
    } catch (error) {
      // The platform's buffer is full or the channel went down this moment: the link cannot keep its order.
      this.ends(error instanceof Error ? error.message : String(error))
      this.#destroy()
    }
  }

  wakeBelow(bytes: number): void {
    if (this.#phase !== 'open' || this.#channel.readyState !== 'open') return
    this.#threshold = bytes
    this.#channel.bufferedAmountLowThreshold = bytes
    queueMicrotask(() => this.#wake())
  }

  listen(listener: ChannelListener): void {
    assert(this.#listener === undefined, 'a channel has one listener')
    this.#listener = listener
    for (let next = this.#kept.shift(); next !== undefined; next = this.#kept.shift()) listener.message(next)
    if (this.#phase === 'closed') listener.closed(this.#reason ?? '')
  }

  close(): void {
    if (this.#phase !== 'open') return
    this.#phase = 'closing'
    this.#kept.length = 0
    this.ends('closed here')
    if (this.#channel.readyState !== 'open') {
      this.#destroy() // the other side closed it, and its close is on the way
      return
    }
    this.#destroyAfter(CLOSE_MS)
    // simple-peer would end the connection at once, and node-datachannel says "closed" before it has sent anything.
    this.#channel.onclose = () => this.#destroyAfter(FLUSH_MS)
    // Chromium's close overtakes what it has not handed to SCTP yet.
    this.#channel.onbufferedamountlow = () => this.#channel.close()
    this.#channel.bufferedAmountLowThreshold = 0
    if (this.#channel.bufferedAmount === 0) this.#channel.close()
  }

  async route(): Promise<'direct' | 'relay' | 'unknown'> {
    if (this.#phase !== 'open') return 'unknown'
    const stats = await this.#connection.getStats()
    return routeIn(stats, this.#connection.remoteDescription?.sdp ?? '')
  }

  /** Why it will close; the first reason given is told. */
  ends(reason: string): void {
    this.#reason ??= reason
  }

  /** The connection is gone. */
  finish(reason: string): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.ends(reason)
    clearTimeout(this.#closing)
    this.#channel.onclose = null
    this.#channel.onmessage = null
    this.#channel.onbufferedamountlow = null
    this.#listener?.closed(this.#reason ?? reason)
  }

  #destroyAfter(milliseconds: number): void {
    clearTimeout(this.#closing)
    this.#closing = setTimeout(() => this.#destroy(), milliseconds)
  }

  #receive(content: unknown): void {
    if (this.#phase !== 'open') return
    if (!(content instanceof ArrayBuffer)) {
      this.ends('a message that is not binary')
      this.#destroy()
      return
    }
    const message = new Uint8Array(content)
    if (this.#listener !== undefined) this.#listener.message(message)
    else this.#keep(message)
  }

  #keep(message: Uint8Array): void {
    this.#keptBytes += message.length
    this.#kept.push(message)
    if (this.#keptBytes > MAX_KEPT_BYTES) this.close()
  }

  #wake(): void {
    const listener = this.#listener
    if (listener === undefined || this.#phase !== 'open' || this.#threshold === undefined) return
    if (this.bufferedBytes > this.#threshold) return
    this.#threshold = undefined
    listener.drained()
  }
}

/** Reads the selected pair: Chromium's and Node's transport names it, Firefox marks the pair itself. */
function routeIn(stats: RTCStatsReport, remoteSdp: string): 'direct' | 'relay' | 'unknown' {
  const reports = new Map<string, Record<string, unknown>>()
  stats.forEach((report: Record<string, unknown>, id) => {
    reports.set(id, report)
  })
  const all = [...reports.values()]
  const named = all.find(({ type }) => type === 'transport')?.['selectedCandidatePairId']
  const pair = all.find((each) => each['id'] === named || each['selected'] === true)
  if (pair === undefined) return 'unknown'
  const local = reports.get(String(pair['localCandidateId']))
  const remote = reports.get(String(pair['remoteCandidateId']))
  const isRelayed =
    local?.['candidateType'] === 'relay' ||
    remote?.['candidateType'] === 'relay' ||
    (remote !== undefined && wasAnnouncedAsRelay(remote, remoteSdp))
  return isRelayed ? 'relay' : 'direct'
}

/** Node goes on calling an address a stranger's (`prflx`) when its packets came before word of whose it is. */
function wasAnnouncedAsRelay(candidate: Record<string, unknown>, sdp: string): boolean {
  const place = ` ${String(candidate['address'] ?? candidate['ip'])} ${String(candidate['port'])} typ relay`
  return sdp.split(/\r?\n/).some((line) => line.startsWith('a=candidate:') && line.includes(place))
}
