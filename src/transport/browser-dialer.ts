/**
 * WebRTC as the browser has it. simple-peer comes as its own browser build (the plain entry wants
 * Node's globals), loaded when the first dial is near and not with the page.
 */
import type { Dial, Dialer, DialOptions } from './port.ts'
import { simplePeerDialer } from './simple-peer.ts'

export async function browserDialer(): Promise<Dialer> {
  if (typeof globalThis.RTCPeerConnection !== 'function') return { dial: failBlocked }
  const { default: SimplePeer } = await import('simple-peer/simplepeer.min.js')
  return simplePeerDialer({ SimplePeer })
}

/** Some browsers and extensions take WebRTC away altogether. */
function failBlocked(options: DialOptions): Dial {
  let aborted = false
  queueMicrotask(() => {
    if (aborted) options.onFailed('aborted', 'aborted here')
    else options.onFailed('webrtc-blocked', 'this browser has no RTCPeerConnection')
  })
  return {
    signal: () => {},
    abort: () => {
      aborted = true
    },
  }
}
