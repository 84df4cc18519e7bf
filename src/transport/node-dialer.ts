/**
 * WebRTC in Node: simple-peer over node-datachannel, loaded when asked for. The same code path as in
 * a browser from simple-peer upwards, so tests and benchmarks run real DTLS and SCTP without one.
 */
import { gatherWith } from './gathering.ts'
import { hiddenDialer } from './hidden-dialer.ts'
import type { Dialer, Gather } from './port.ts'
import { type SimplePeerOptions, simplePeerDialer } from './simple-peer.ts'
import { LOOPBACK, type TurnDoor } from './turn-door.ts'

type Platform = NonNullable<SimplePeerOptions['wrtc']>

export async function nodeDialer(): Promise<Dialer> {
  const [{ default: SimplePeer }, platform] = await Promise.all([import('simple-peer'), loadPlatform()])
  const dialerWith = (wrtc: Platform): Dialer =>
    simplePeerDialer({
      SimplePeer,
      // The side that answers begins DTLS, and what arrives there before the other is ready is lost here and repeated
      // only after 1 s. Held back, a dial on one machine takes 60 ms.
      candidatesAfterAnswer: true,
      wrtc,
    })
  const open = dialerWith(platform)
  const hidden = hiddenDialer((door) => dialerWith(behind(door, platform)))
  return { dial: (options) => (options.relayOnly === true ? hidden : open).dial(options) }
}

/**
 * The policy 'relay' keeps node-datachannel from telling its own addresses, and not from asking others at theirs, who
 * then see it. Bound to loopback it can ask nobody but the door.
 */
function behind(door: TurnDoor, platform: Platform): Platform {
  class HiddenConnection extends platform.RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      // node-datachannel's own word, which its polyfill passes on
      const bound = { ...configuration, bindAddress: LOOPBACK }
      super(bound)
    }

    override close(): void {
      super.close()
      door.close()
    }
  }
  return { ...platform, RTCPeerConnection: HiddenConnection }
}

export async function nodeGather(): Promise<Gather> {
  const { RTCPeerConnection } = await loadPlatform()
  return gatherWith(RTCPeerConnection)
}

async function loadPlatform(): Promise<Platform> {
  const webrtc = await import('node-datachannel/polyfill')

  /** simple-peer assigns to `sdp`, which node-datachannel's descriptions do not allow: copies do. */
  class PlainlyDescribed extends webrtc.RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(withWritablePasses(configuration))
    }

    override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
      await super.setRemoteDescription(plain(description))
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
