/**
 * One browser with several tabs: devices of a town that share a store, and tell each other which of them leads. A test
 * hides a tab, freezes it as a browser does (nothing reaches it and no timer fires until it thaws), or lets it crash.
 */
import type { Clock } from '../../src/base/ports.ts'
import { type Api, apiOver } from '../../src/session/api.ts'
import type { Session } from '../../src/session/public.ts'
import { type MemoryTab, type MemoryTabs, memoryTabs } from '../../src/transport/memory-tabs.ts'
import type { Channel, Dialer, SignalingConnector } from '../../src/transport/port.ts'
import type { Device, Town } from './town.ts'

export interface BrowserTab {
  readonly api: Api
  readonly port: MemoryTab
  /** Connections of the platform that are open, and sockets to the server. */
  readonly open: { channels: number; sockets: number }
  /** Its page goes away, as the page hears of it. */
  hide(): void
  freeze(): void
  thaw(): void
  /** It is gone without a word: its connections close, and nothing it had under way ends. */
  crash(): void
}

export class TestBrowser {
  readonly #device: Device
  readonly #tabs: MemoryTabs = memoryTabs()

  constructor(town: Town) {
    this.#device = town.device()
  }

  /** @param change what else is different about this tab's platform */
  tab(change: { readonly locks?: 'none' } = {}): BrowserTab {
    const port = this.#tabs.tab()
    const { environment } = this.#device
    const gate = new Gate()
    const open = { channels: 0, sockets: 0 }
    const whenHidden = new Set<() => void>()
    const tabs = change.locks === 'none' ? { join: port.join } : port
    const api = apiOver(async () => ({
      ...environment,
      tabs,
      whenEnding: (work) => {
        whenHidden.add(work)
        return () => whenHidden.delete(work)
      },
      clock: behind(gate, environment.clock),
      dialer: dialerBehind(gate, environment.dialer, open),
      connector: connectorBehind(gate, environment.connector, open),
    }))
    return {
      ...{ api: this.#device.remember(api), port, open },
      hide: () => {
        for (const work of whenHidden) work()
      },
      freeze: () => {
        gate.shut()
        port.freeze()
      },
      thaw: () => {
        port.thaw()
        gate.open()
      },
      crash: () => {
        gate.shut()
        port.crash()
        gate.cut()
      },
    }
  }
}

/** Lets work through, or keeps it until it is opened. */
class Gate {
  /** What the platform closes when the tab is gone. */
  readonly ends = new Set<{ close(): void }>()
  readonly #held: (() => void)[] = []
  #phase: 'open' | 'shut' = 'open'

  pass(work: () => void): void {
    if (this.#phase === 'open') work()
    else this.#held.push(work)
  }

  shut(): void {
    this.#phase = 'shut'
  }

  open(): void {
    this.#phase = 'open'
    for (const work of this.#held.splice(0)) work()
  }

  cut(): void {
    for (const end of [...this.ends]) end.close()
  }
}

function behind(gate: Gate, clock: Clock): Clock {
  return {
    now: () => clock.now(),
    wakeAfter: (after, wake) => {
      let phase: 'waiting' | 'cancelled' = 'waiting'
      const cancel = clock.wakeAfter(after, () => gate.pass(() => phase === 'waiting' && wake()))
      return () => {
        phase = 'cancelled'
        cancel()
      }
    },
  }
}

function dialerBehind(gate: Gate, dialer: Dialer, open: { channels: number }): Dialer {
  return {
    dial: (options) =>
      dialer.dial({
        ...options,
        onSignal: (signal) => gate.pass(() => options.onSignal(signal)),
        onOpen: (channel) => gate.pass(() => options.onOpen(channelBehind(gate, channel, open))),
        onFailed: (failure, detail) => gate.pass(() => options.onFailed(failure, detail)),
      }),
  }
}

function channelBehind(gate: Gate, channel: Channel, open: { channels: number }): Channel {
  gate.ends.add(channel)
  open.channels++
  return {
    localFingerprint: channel.localFingerprint,
    remoteFingerprint: channel.remoteFingerprint,
    maxMessageBytes: channel.maxMessageBytes,
    get bufferedBytes() {
      return channel.bufferedBytes
    },
    send: (message) => channel.send(message),
    wakeBelow: (bytes) => channel.wakeBelow(bytes),
    close: () => channel.close(),
    route: () => channel.route(),
    listen: (listener) =>
      channel.listen({
        message: (bytes) => gate.pass(() => listener.message(bytes)),
        drained: () => gate.pass(() => listener.drained()),
        closed: (reason) => {
          open.channels--
          gate.ends.delete(channel)
          gate.pass(() => listener.closed(reason))
        },
      }),
  }
}

function connectorBehind(
  gate: Gate,
  connector: SignalingConnector,
  open: { sockets: number },
): SignalingConnector {
  return {
    connect: (url, listener) => {
      open.sockets++
      const socket = connector.connect(url, {
        open: () => gate.pass(() => listener.open()),
        message: (bytes) => gate.pass(() => listener.message(bytes)),
        closed: (reason) => {
          open.sockets--
          gate.ends.delete(socket)
          gate.pass(() => listener.closed(reason))
        },
      })
      gate.ends.add(socket)
      return socket
    },
  }
}

/** Names of those whose caret another person's page would show, one a tab. */
export function caretsIn(session: Session): readonly string[] {
  const others = [...session.awareness.getStates()].filter(
    ([client]) => client !== session.awareness.clientID,
  )
  return others.map(([, state]) => String((state as { user?: { name?: string } })['user']?.name)).sort()
}
