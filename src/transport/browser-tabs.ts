/** Tabs of one browser and profile, over BroadcastChannel. Private windows see only each other. */
import type { TabPort } from './port.ts'

/** `undefined` where the platform has none: every tab then stands alone until the mesh links them. */
export function browserTabs(): TabPort | undefined {
  if (typeof BroadcastChannel !== 'function') return undefined
  return {
    join(name, received) {
      const channel = new BroadcastChannel(name)
      let phase: 'open' | 'closed' = 'open'
      channel.onmessage = ({ data }: MessageEvent<unknown>) => {
        if (data instanceof Uint8Array) received(data)
      }
      return {
        post(message) {
          if (phase === 'open') channel.postMessage(message)
        },
        close() {
          phase = 'closed'
          channel.close()
        },
      }
    },
  }
}
