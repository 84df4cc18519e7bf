/**
 * The one wrapper around `RTCDataChannel.prototype.send` that counts for both products, installed in a page
 * before either product loads. It notes times and sizes and changes nothing.
 * Invariants: a send that throws is not counted; it never keeps a message; `installWireTap` runs in the page
 * from its source text, so it refers to nothing outside of itself.
 */

export interface Passed {
  /** `performance.now()` of its page. */
  readonly at: number
  readonly bytes: number
  /** First byte of a binary message; -1 for text. */
  readonly head: number
  /** It was handed over during a key's dispatch or in its microtasks, before any other event. */
  readonly withKey: boolean
}

export interface WireTap {
  sent: Passed[]
  received: Passed[]
  /** True from a key's dispatch until its microtasks are done. */
  keyTurn: boolean
  /** Messages that carry entries, counted where our product hands them to a link: on the wire they are sealed. */
  entryMessages: number
  readonly channels: OpenChannel[]
}

export interface OpenChannel {
  readonly connection: RTCPeerConnection
  readonly channel: RTCDataChannel
  received: number
}

declare global {
  var wireTap: WireTap | undefined
}

export function installWireTap(): void {
  const tap: WireTap = { sent: [], received: [], keyTurn: false, entryMessages: 0, channels: [] }
  globalThis.wireTap = tap
  const viewOf = (message: unknown): Uint8Array | undefined => {
    if (message instanceof ArrayBuffer) return new Uint8Array(message)
    if (ArrayBuffer.isView(message))
      return new Uint8Array(message.buffer, message.byteOffset, message.byteLength)
    return undefined
  }
  const noted = (message: unknown): Passed => {
    const view = viewOf(message)
    const bytes = view?.length ?? (message instanceof Blob ? message.size : String(message).length)
    return { at: performance.now(), bytes, head: view?.[0] ?? -1, withKey: tap.keyTurn }
  }
  const send = RTCDataChannel.prototype.send as (this: RTCDataChannel, message: unknown) => void
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, message: unknown): void {
    const passed = noted(message)
    send.call(this, message)
    tap.sent.push(passed)
  }
  const listen = (connection: RTCPeerConnection, channel: RTCDataChannel) => {
    const open: OpenChannel = { connection, channel, received: 0 }
    tap.channels.push(open)
    channel.addEventListener('message', ({ data }) => {
      open.received += 1
      tap.received.push(noted(data))
    })
  }
  const create = RTCPeerConnection.prototype.createDataChannel
  RTCPeerConnection.prototype.createDataChannel = function (this: RTCPeerConnection, label, options) {
    const channel = create.call(this, label, options)
    listen(this, channel)
    return channel
  }
  const describe = RTCPeerConnection.prototype.setRemoteDescription
  const listening = new WeakSet<RTCPeerConnection>()
  RTCPeerConnection.prototype.setRemoteDescription = function (this: RTCPeerConnection, ...given: unknown[]) {
    if (!listening.has(this)) {
      listening.add(this)
      this.addEventListener('datachannel', (event) => listen(this, event.channel))
    }
    return describe.apply(this, given as Parameters<typeof describe>)
  } as typeof describe
}
