/** The tabs of one browser inside a process, for tests: in order, never within the call that posted. */
import type { TabPort } from './port.ts'

export function memoryTabs(): TabPort {
  const groups = new Map<string, Set<(message: Uint8Array) => void>>()
  return {
    join(name, received) {
      const group = groups.get(name) ?? new Set()
      groups.set(name, group)
      group.add(received)
      return {
        post(message) {
          const copy = message.slice()
          queueMicrotask(() => {
            for (const other of group) if (other !== received) other(copy)
          })
        },
        close: () => group.delete(received),
      }
    },
  }
}
