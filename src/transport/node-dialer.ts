/**
 * WebRTC in Node: simple-peer over node-datachannel, loaded when asked for. The same code path as in
 * a browser from simple-peer upwards, so tests and benchmarks run real DTLS and SCTP without one.
 */
import { gatherWith } from './gathering.ts'
import type { Dialer, Gather } from './port.ts'
import { type SimplePeerOptions, simplePeerDialer } from './simple-peer.ts'

export async function nodeDialer(): Promise<Dialer> {
  const [{ default: SimplePeer }, platform] = await Promise.all([import('simple-peer'), loadPlatform()])
  return simplePeerDialer({
    SimplePeer,
    // The side that answers begins DTLS, and what arrives there before the other is ready is lost here and repeated
    // only after 1 s. Held back, a dial on one machine takes 60 ms.
    candidatesAfterAnswer: true,
    wrtc: platform,
  })
}

export async function nodeGather(): Promise<Gather> {
  const { RTCPeerConnection } = await loadPlatform()
  return gatherWith(RTCPeerConnection)
}

async function loadPlatform(): Promise<NonNullable<SimplePeerOptions['wrtc']>> {
  const webrtc = await import('node-datachannel/polyfill')

  /** simple-peer assigns to `sdp`, which node-datachannel's descriptions do not allow: copies do. */
  class PlainlyDescribed extends webrtc.RTCPeerConnection {
    readonly #relayOnly: boolean

    constructor(configuration?: RTCConfiguration) {
      super(withWritablePasses(configuration))
      this.#relayOnly = configuration?.iceTransportPolicy === 'relay'
    }

    /**
     * The policy 'relay' keeps node-datachannel from telling its own addresses, and not from asking others at theirs,
     * who then see it. What is no relay's is therefore never told to it; a relay passes on nobody unannounced.
     */
    override async addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
      if (this.#relayOnly && !isRelays(candidate?.candidate ?? '')) return
      await super.addIceCandidate(candidate)
    }

    override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
      const sdp = this.#relayOnly ? withRelaysOnly(description.sdp ?? '') : description.sdp
      await super.setRemoteDescription(
        plain({ type: description.type, ...(sdp === undefined ? {} : { sdp }) }),
      )
    }

    override async createOffer(): Promise<RTCSessionDescriptionInit> {
      return plain(await super.createOffer())
    }

    override async createAnswer(): Promise<RTCSessionDescriptionInit> {
      return plain(await super.createAnswer())
    }
  }

  return {
    RTCPeerConnection: PlainlyDescribed as unknown as typeof RTCPeerConnection,
    RTCSessionDescription: webrtc.RTCSessionDescription,
    RTCIceCandidate: webrtc.RTCIceCandidate as unknown as typeof RTCIceCandidate,
  }
}

function isRelays(candidate: string): boolean {
  return / typ relay(?: |$)/.test(candidate)
}

function withRelaysOnly(sdp: string): string {
  return sdp.replace(/^a=candidate:.*(?:\r?\n|$)/gm, (line) => (isRelays(line.trimEnd()) ? line : ''))
}

/** node-datachannel writes user name and password into the server's address, and reads them from there decoded. */
function withWritablePasses(configuration: RTCConfiguration = {}): RTCConfiguration {
  const iceServers = configuration.iceServers?.map((server) => ({
    ...server,
    ...(server.username === undefined ? {} : { username: encodeURIComponent(server.username) }),
    ...(server.credential === undefined ? {} : { credential: encodeURIComponent(server.credential) }),
  }))
  return { ...configuration, iceServers: iceServers ?? [] }
}

function plain({ type, sdp }: RTCSessionDescriptionInit): RTCSessionDescriptionInit {
  return sdp === undefined ? { type } : { type, sdp }
}
