/**
 * What a session needs from the network: open channels to peers, and a socket to the signaling
 * server. Adapters: simple-peer (browser and Node), WebSocket, in-memory. Nothing here is
 * authenticated or ordered by trust: bytes from a channel are a stranger's until the handshake says otherwise.
 */

export interface ChannelListener {
  message(bytes: Uint8Array): void
  /** `bufferedBytes` fell to or below the threshold last given to `wakeBelow`. */
  drained(): void
  /** Exactly once, whoever closed it; nothing is called after. */
  closed(reason: string): void
}

/** One open, reliable, ordered data channel. */
export interface Channel {
  /** SHA-256 of the DTLS certificates as this side sees them, 32 bytes each (in-memory: derived from the pair). */
  readonly localFingerprint: Uint8Array
  readonly remoteFingerprint: Uint8Array
  /** The largest message the other side takes, in bytes. */
  readonly maxMessageBytes: number
  readonly bufferedBytes: number
  /** Hands one message over. After close it is dropped. The bytes are not kept: the caller may reuse the buffer. */
  send(message: Uint8Array): void
  /** Asks for `drained` once when `bufferedBytes` is at most `bytes` (at once, from a microtask, if it already is). */
  wakeBelow(bytes: number): void
  /** Messages that came before `listen` are kept and delivered first, in order. */
  listen(listener: ChannelListener): void
  close(): void
  /** 'direct' | 'relay' from the selected candidate pair, when the platform tells. */
  route(): Promise<'direct' | 'relay' | 'unknown'>
}

export interface IceServer {
  readonly urls: readonly string[]
  readonly username?: string
  readonly credential?: string
}

export type DialFailure = 'no-route' | 'webrtc-blocked' | 'refused-description' | 'aborted'

export interface DialOptions {
  readonly initiator: boolean
  readonly iceServers: readonly IceServer[]
  readonly relayOnly?: boolean
  /** A description or candidate for the other side, encoded by the adapter: at most 7 KiB, opaque to everybody else. */
  readonly onSignal: (signal: Uint8Array) => void
  /** All signals for now are told: no candidate is expected any more. Who asks for it wants them without an answer. */
  readonly onGathered?: () => void
  /** Exactly one of these two, once. */
  readonly onOpen: (channel: Channel) => void
  readonly onFailed: (failure: DialFailure, detail: string) => void
}

/** One attempt to open a channel to one peer. */
export interface Dial {
  /** What the other side's `onSignal` gave. A signal that is malformed, has two fingerprints, one that is not
   *  sha-256, or any media section fails the dial with 'refused-description' before the platform sees it. */
  signal(signal: Uint8Array): void
  /** Idempotent; after `onOpen` it does nothing. */
  abort(): void
}

export interface Dialer {
  dial(options: DialOptions): Dial
}

export interface HandDialOptions
  extends Pick<DialOptions, 'initiator' | 'iceServers' | 'onOpen' | 'onFailed'> {
  /** Of one piece. */
  readonly maxBytes: number
  /** Everything this side has to say, once: the offer at the beginning, the answer after `take`. */
  readonly onPacked: (packed: Uint8Array) => void
}

/** A dial whose two messages people carry; minutes may lie between them. */
export interface HandDial {
  /** What the other side's `onPacked` gave. False: it is no such thing, and the dial goes on waiting. */
  take(packed: Uint8Array): boolean
  /** The answering side's message is on its way back: now is the time to be reachable. */
  handedOver(): void
  abort(): void
}

export interface HandDialer {
  dial(options: HandDialOptions): HandDial
}

/** Where a candidate leads: an address of this device, the one its router shows outside, or one of a relay. */
export type CandidateKind = 'own' | 'outside' | 'relayed'

/** How many of each; never the addresses themselves. */
export type Gathered = Readonly<Record<CandidateKind, number>>

export interface GatherOptions {
  readonly iceServers: readonly IceServer[]
  readonly relayOnly?: boolean
  /** Ends at the first of this kind instead of waiting for all. */
  readonly enough?: CandidateKind | undefined
}

/** Looks which ways lead to this device, without connecting to anybody. */
export type Gather = (options: GatherOptions) => Promise<Gathered | 'webrtc-blocked'>

export interface SignalingListener {
  open(): void
  /** One whole message from the server (wire/signal.ts decodes it). */
  message(bytes: Uint8Array): void
  /** Exactly once per socket: never opened, or gone. */
  closed(reason: string): void
}

export interface SignalingSocket {
  send(message: Uint8Array): void
  close(): void
}

export interface SignalingConnector {
  /** `url` is ws: or wss:. One attempt, no retry: when to try again is the session's business. */
  connect(url: string, listener: SignalingListener): SignalingSocket
}

/** Tabs of one browser that have the same thing open: what one posts all others get, in order. */
export interface TabGroup {
  post(message: Uint8Array): void
  close(): void
}

export interface TabLockListener {
  /** The lock is this tab's: nobody had it, whoever had it closed, or it was taken with `steal`. */
  granted(): void
  /** Another tab took it. This one waits for it again. */
  lost(): void
}

/** A name that one tab has at a time; it passes to whoever waited longest when that tab closes or crashes. */
export interface TabLock {
  /** Takes it from whoever has it, also from a tab that is frozen. */
  steal(): void
  /** Lets go of it, or waits no longer. Idempotent; nothing is called after. */
  close(): void
}

export interface TabPort {
  join(name: string, received: (message: Uint8Array) => void): TabGroup
  /** Waits for the lock of this name; `granted` is never called within this call. Absent where the platform has no locks. */
  readonly waitForLock?: ((name: string, listener: TabLockListener) => TabLock) | undefined
  /** Tells whether this tab is in sight: within this call, and whenever that changes. Absent: it always is.
   *  @returns the way to stop */
  readonly watchSight?: ((told: (sight: 'seen' | 'hidden') => void) => () => void) | undefined
}
