/** A link from this device to itself: shows whether WebRTC works here at all, before anybody else is involved. */
import type { Clock } from '../base/ports.ts'
import type { Channel, Dial, Dialer, DialFailure } from '../transport/port.ts'

/** Takes 60 to 200 ms. */
const SELF_LINK_MS = 8_000

/** Resolves when both ends are open or one failed; nothing of it is left then. */
export function linkToItself(parts: {
  readonly dialer: Dialer
  readonly clock: Clock
}): Promise<'open' | DialFailure> {
  const dials: Dial[] = []
  const channels: Channel[] = []
  return new Promise<'open' | DialFailure>((resolve) => {
    const cancelLate = parts.clock.wakeAfter(SELF_LINK_MS, () => end('no-route'))
    const end = (outcome: 'open' | DialFailure): void => {
      cancelLate()
      for (const dial of dials) dial.abort()
      for (const channel of channels) channel.close()
      resolve(outcome)
    }
    const dialEnd = (initiator: boolean, other: () => Dial | undefined): Dial =>
      parts.dialer.dial({
        initiator,
        iceServers: [],
        // Never within the other end's own call.
        onSignal: (signal) => queueMicrotask(() => other()?.signal(signal)),
        onOpen: (channel) => {
          if (channels.push(channel) === 2) end('open')
        },
        onFailed: (failure) => end(failure),
      })
    dials.push(dialEnd(false, () => dials[1]))
    dials.push(dialEnd(true, () => dials[0]))
  })
}
