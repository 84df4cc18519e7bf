/**
 * WebRTC as the browser has it. simple-peer comes as its own browser build (the plain entry wants
 * Node's globals), loaded with the first dial and not with the page: a draft never needs it.
 */
import type { Dial, Dialer, DialOptions } from './port.ts'
import { simplePeerDialer } from './simple-peer.ts'

export function browserDialer(): Dialer {
  let loading: Promise<Dialer> | undefined
  return {
    dial(options) {
      if (typeof globalThis.RTCPeerConnection !== 'function') return failBlocked(options)
      loading ??= load().catch((error: unknown) => {
        loading = undefined // a failed download may be tried again
        throw error
      })
      return dialWhenLoaded(loading, options)
    },
  }
}

async function load(): Promise<Dialer> {
  const { default: SimplePeer } = await import('simple-peer/simplepeer.min.js')
  return simplePeerDialer({ SimplePeer })
}

/** What comes for the dial meanwhile waits, in order. */
function dialWhenLoaded(loading: Promise<Dialer>, options: DialOptions): Dial {
  const early: Uint8Array[] = []
  let phase: 'loading' | 'dialing' | 'aborted' = 'loading'
  let dial: Dial | undefined
  loading.then(
    (dialer) => {
      if (phase === 'aborted') return options.onFailed('aborted', 'aborted here')
      phase = 'dialing'
      dial = dialer.dial(options)
      for (const signal of early) dial.signal(signal)
    },
    (error: unknown) => options.onFailed('no-route', `WebRTC could not be loaded: ${String(error)}`),
  )
  return {
    signal(signal) {
      if (dial === undefined) early.push(signal)
      else dial.signal(signal)
    },
    abort() {
      if (phase === 'loading') phase = 'aborted'
      dial?.abort()
    },
  }
}

/** Some browsers and extensions take WebRTC away altogether. */
function failBlocked(options: DialOptions): Dial {
  let phase: 'failing' | 'aborted' = 'failing'
  queueMicrotask(() => {
    if (phase === 'aborted') options.onFailed('aborted', 'aborted here')
    else options.onFailed('webrtc-blocked', 'this browser has no RTCPeerConnection')
  })
  return {
    signal: () => {},
    abort: () => {
      phase = 'aborted'
    },
  }
}
