/** An environment that counts what is open: timers, sockets, dials and channels. Nothing may be left after a leave. */
import type { Clock } from '../../src/base/ports.ts'
import type { Environment } from '../../src/session/environment.ts'
import type { Channel, Dialer, SignalingConnector } from '../../src/transport/port.ts'

export interface Count {
  timers: number
  sockets: number
  /** Dials that have neither opened nor failed. */
  dials: number
  channels: number
  /** Connections ever tried, sockets and dials. */
  tried: number
}

export function counting(environment: Environment): {
  readonly environment: Environment
  readonly count: Count
} {
  const count: Count = { timers: 0, sockets: 0, dials: 0, channels: 0, tried: 0 }
  const { clock, dialer, connector } = environment
  return {
    count,
    environment: {
      ...environment,
      clock: countingClock(clock, count),
      dialer: countingDialer(dialer, count),
      connector: countingConnector(connector, count),
    },
  }
}

/** Everything that is open, as one number. */
export function openIn({ timers, sockets, dials, channels }: Count): number {
  return timers + sockets + dials + channels
}

function once(act: () => void): () => void {
  let left = 1
  return () => {
    if (left-- === 1) act()
  }
}

function countingClock(clock: Clock, count: Count): Clock {
  return {
    now: () => clock.now(),
    wakeAfter(after, wake) {
      count.timers++
      const end = once(() => count.timers--)
      const cancel = clock.wakeAfter(after, () => {
        end()
        wake()
      })
      return () => {
        end()
        cancel()
      }
    },
  }
}

function countingDialer(dialer: Dialer, count: Count): Dialer {
  return {
    dial(options) {
      count.dials++
      count.tried++
      const end = once(() => count.dials--)
      return dialer.dial({
        ...options,
        onOpen: (channel) => {
          end()
          count.channels++
          options.onOpen(countingChannel(channel, count))
        },
        onFailed: (failure, detail) => {
          end()
          options.onFailed(failure, detail)
        },
      })
    },
  }
}

function countingChannel(channel: Channel, count: Count): Channel {
  const end = once(() => count.channels--)
  return new Proxy(channel, {
    get(target, name) {
      if (name === 'listen') {
        return (listener: Parameters<Channel['listen']>[0]) =>
          target.listen({
            message: (bytes) => listener.message(bytes),
            drained: () => listener.drained(),
            closed: (reason) => {
              end()
              listener.closed(reason)
            },
          })
      }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function countingConnector(connector: SignalingConnector, count: Count): SignalingConnector {
  return {
    connect(url, listener) {
      count.sockets++
      count.tried++
      const end = once(() => count.sockets--)
      return connector.connect(url, {
        open: () => listener.open(),
        message: (bytes) => listener.message(bytes),
        closed: (reason) => {
          end()
          listener.closed(reason)
        },
      })
    },
  }
}
