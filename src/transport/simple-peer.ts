/**
 * Dials with simple-peer: one RTCPeerConnection and one ordered, reliable data channel a dial. Which
 * build of simple-peer and whose WebRTC is decided outside (browser-dialer.ts, node-dialer.ts).
 *
 * Laws: every description is inspected before the platform sees it; there is one description a side,
 * renegotiation is refused; a closed dial leaves no listener, timer or connection. Once the channel is open neither
 * `disconnected` nor `failed` ends anything: ICE finds its way again when a cable is put back, and how long to wait
 * for that is the session's to say, whose heartbeat notices first.
 */
import type SimplePeer from 'simple-peer'
import { inspectDescription } from './description.ts'
import { type DialSignal, decodeDialSignal, encodeCandidate, encodeDescription } from './dial-signal.ts'
import type { Dial, Dialer, DialFailure, DialOptions } from './port.ts'
import { SimplePeerChannel } from './simple-peer-channel.ts'

export interface SimplePeerOptions {
  readonly SimplePeer: SimplePeer.SimplePeer
  /** The platform's own where there is one. */
  readonly wrtc?: NonNullable<SimplePeer.Options['wrtc']>
  /** The side that offers says where it can be reached only when the answer is there (node-dialer.ts). */
  readonly candidatesAfterAnswer?: boolean
}

/** What simple-peer keeps to itself and we need all the same: the platform's objects under it, and a timer it
 *  forgets to clear when destroyed. The version is fixed; the contract suite notices when these change. */
interface Internals {
  readonly _pc: RTCPeerConnection | null | undefined
  readonly _channel: RTCDataChannel | null | undefined
  readonly _iceCompleteTimer: ReturnType<typeof setTimeout> | null
}

type Peer = SimplePeer.Instance & Internals

/** Real dials have 2 to 20. */
const MAX_CANDIDATES = 64
/** Long enough that the side that offered is ready first: 3 of 60 dials lost DTLS's first message without. */
const HOLD_BACK_MS = 10

export function simplePeerDialer(options: SimplePeerOptions): Dialer {
  return { dial: (dial) => new SimplePeerDial(options, dial) }
}

class SimplePeerDial implements Dial {
  readonly #options: DialOptions
  #peer: Peer | undefined
  #channel: SimplePeerChannel | undefined
  #phase: 'dialing' | 'open' | 'over' = 'dialing'
  /** Of the certificate the other side's description named. */
  #described: Uint8Array | undefined
  #candidates = 0
  readonly #candidatesAfterAnswer: boolean
  readonly #heldBack: Uint8Array[] = []
  #letting: ReturnType<typeof setTimeout> | undefined

  constructor({ SimplePeer, wrtc, candidatesAfterAnswer }: SimplePeerOptions, options: DialOptions) {
    this.#options = options
    this.#candidatesAfterAnswer = candidatesAfterAnswer === true
    try {
      this.#peer = new SimplePeer({
        initiator: options.initiator,
        trickle: true,
        channelConfig: { ordered: true },
        config: configurationOf(options),
        ...(wrtc === undefined ? {} : { wrtc }),
      }) as Peer
      this.#follow(this.#peer)
    } catch (error) {
      this.#fail('webrtc-blocked', reasonOf(error))
    }
  }

  signal(bytes: Uint8Array): void {
    if (this.#phase === 'over') return
    const signal = decodeDialSignal(bytes)
    if (this.#phase === 'dialing') this.#take(signal)
    // An open channel needs no description, and a candidate for it may come late: a better path.
    else if (typeof signal !== 'string' && signal.kind === 'candidate') this.#addCandidate(signal)
  }

  abort(): void {
    if (this.#phase === 'dialing') this.#fail('aborted', 'aborted here')
  }

  #take(signal: DialSignal | string): void {
    const expected = this.#options.initiator ? 'answer' : 'offer'
    if (typeof signal === 'string') {
      this.#fail('refused-description', signal)
    } else if (signal.kind === 'candidate') {
      this.#addCandidate(signal)
    } else if (signal.kind !== expected || this.#described !== undefined) {
      this.#fail('refused-description', 'a description nobody asked for')
    } else {
      this.#described = signal.fingerprint
      this.#peer?.signal({ type: signal.kind, sdp: signal.sdp })
      this.#letCandidatesGo()
    }
  }

  #letCandidatesGo(): void {
    if (this.#heldBack.length === 0) return
    this.#letting = setTimeout(() => {
      for (const candidate of this.#heldBack.splice(0)) this.#options.onSignal(candidate)
    }, HOLD_BACK_MS)
  }

  #addCandidate({ candidate, mid, section }: DialSignal & { kind: 'candidate' }): void {
    this.#candidates += 1
    if (this.#candidates > MAX_CANDIDATES) return
    try {
      // Typed as the platform's class, passed on to its constructor.
      const line = { candidate, sdpMid: mid, sdpMLineIndex: section } as RTCIceCandidate
      this.#peer?.signal({ type: 'candidate', candidate: line })
    } catch (error) {
      if (this.#phase === 'dialing') this.#fail('refused-description', reasonOf(error))
    }
  }

  #follow(peer: Peer): void {
    peer.on('signal', (signal) => this.#send(signal))
    // simple-peer's own name for it; the contract suite notices when it is gone
    peer.on('_iceComplete' as 'connect', () => this.#options.onGathered?.())
    peer.on('error', (error) => this.#fail(failureOf(error), reasonOf(error)))
    peer.on('close', () => this.#closed())
    const connection = peer._pc
    if (connection === null || connection === undefined) return // its constructor failed: 'error' follows
    connection.addEventListener('datachannel', ({ channel }) => this.#adopt(peer, connection, channel))
    const own = peer._channel
    if (own !== null && own !== undefined) this.#adopt(peer, connection, own)
  }

  #adopt(peer: Peer, connection: RTCPeerConnection, channel: RTCDataChannel): void {
    if (this.#channel !== undefined) {
      peer.destroy(new Error('a second channel'))
      return
    }
    const adopted = new SimplePeerChannel(connection, channel, () => peer.destroy())
    this.#channel = adopted
    channel.addEventListener('open', () => this.#open(connection, adopted), { once: true })
    if (channel.readyState === 'open') queueMicrotask(() => this.#open(connection, adopted))
  }

  #open(connection: RTCPeerConnection, channel: SimplePeerChannel): void {
    if (this.#phase !== 'dialing') return
    const local = inspectDescription(connection.localDescription?.sdp ?? '')
    const remote = inspectDescription(connection.currentRemoteDescription?.sdp ?? '')
    if (!local.sound || !remote.sound) {
      this.#fail('refused-description', 'the descriptions in force are not sound')
      return
    }
    this.#phase = 'open'
    // where simple-peer would end the connection
    connection.oniceconnectionstatechange = null
    connection.onconnectionstatechange = null
    channel.opened(local.fingerprint, remote.fingerprint)
    this.#options.onOpen(channel)
  }

  #send(signal: SimplePeer.SignalData): void {
    if (this.#phase === 'over') return
    if (signal.type === 'candidate') this.#sendCandidate(signal.candidate)
    else if ((signal.type === 'offer' || signal.type === 'answer') && 'sdp' in signal) {
      const sdp = signal.sdp ?? ''
      this.#options.onSignal(encodeDescription(signal.type, this.#holdsBack ? withoutCandidates(sdp) : sdp))
    }
  }

  #sendCandidate({ candidate, sdpMid, sdpMLineIndex }: RTCIceCandidate): void {
    // Firefox says "no more" with an empty one, which tells the other side nothing.
    if (candidate === '') return
    const line = candidate.replace(/^a=/, '') // node-datachannel writes the attribute's whole line
    const encoded = encodeCandidate(line, sdpMid ?? '0', sdpMLineIndex ?? 0)
    if (this.#holdsBack) this.#heldBack.push(encoded)
    else this.#options.onSignal(encoded)
  }

  get #holdsBack(): boolean {
    const { initiator, onGathered } = this.#options
    const isWanted = this.#candidatesAfterAnswer && onGathered === undefined
    return isWanted && initiator && this.#described === undefined
  }

  #fail(failure: DialFailure, detail: string): void {
    if (this.#phase !== 'dialing') {
      this.#channel?.ends(detail)
      return
    }
    this.#phase = 'over'
    this.#peer?.destroy()
    queueMicrotask(() => this.#options.onFailed(failure, detail)) // never within the caller's own call
  }

  #closed(): void {
    // Set by simple-peer for its own use and never cleared: it would keep a process awake for 5 s.
    clearTimeout(this.#peer?._iceCompleteTimer ?? undefined)
    clearTimeout(this.#letting)
    if (this.#phase === 'dialing') this.#fail('no-route', 'the connection closed')
    this.#phase = 'over'
    this.#channel?.finish('closed by the other side')
    this.#peer?.removeAllListeners()
  }
}

function configurationOf({ iceServers, relayOnly }: DialOptions): RTCConfiguration {
  const servers = iceServers.map((server) => ({ ...server, urls: [...server.urls] }))
  return { iceServers: servers, iceTransportPolicy: relayOnly === true ? 'relay' : 'all' }
}

function withoutCandidates(sdp: string): string {
  return sdp.replace(/^a=(?:candidate:.*|end-of-candidates)\r?\n/gm, '')
}

function failureOf(error: Error): DialFailure {
  const code = 'code' in error ? error.code : undefined
  if (code === 'ERR_PC_CONSTRUCTOR' || code === 'ERR_WEBRTC_SUPPORT') return 'webrtc-blocked'
  return code === 'ERR_SET_REMOTE_DESCRIPTION' ? 'refused-description' : 'no-route'
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
