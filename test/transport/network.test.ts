/** What a test can do to links in memory: cut, stall, slow down, listen in, stand in the middle. */
import { expect, test } from 'vitest'
import { equalBytes } from '../../src/base/bytes.ts'
import { type MemoryNetworkOptions, memoryNetwork } from '../../src/transport/memory.ts'
import type { Channel } from '../../src/transport/port.ts'
import { seededRandom } from './random.ts'

interface Heard {
  readonly messages: number[]
  readonly closes: string[]
  drains: number
}

/** A schedule whose turns are given by hand: `run` performs all tasks, and those that they add. */
function handSchedule() {
  const tasks: (() => void)[] = []
  return {
    schedule: (task: () => void) => tasks.push(task),
    turn: () => {
      for (const task of tasks.splice(0)) task()
    },
    run: () => {
      for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) task()
    },
  }
}

function arrange(options: Partial<MemoryNetworkOptions> = {}) {
  const clockwork = handSchedule()
  const network = memoryNetwork({ random: seededRandom(4), schedule: clockwork.schedule, ...options })
  const dial = () => {
    const opened: Channel[] = []
    const failures: string[] = []
    const common = {
      iceServers: [],
      onOpen: (channel: Channel) => opened.push(channel),
      onFailed: (failure: string) => failures.push(failure),
    }
    const one = network.dialer.dial({ ...common, initiator: true, onSignal: (bytes) => other.signal(bytes) })
    const other = network.dialer.dial({ ...common, initiator: false, onSignal: (bytes) => one.signal(bytes) })
    clockwork.run()
    return { channels: opened as [Channel, Channel], failures }
  }
  return { ...clockwork, network, dial }
}

function listen(channel: Channel): Heard {
  const heard: Heard = { messages: [], closes: [], drains: 0 }
  channel.listen({
    message: (bytes) => heard.messages.push(bytes[0] ?? -1),
    closed: (reason) => heard.closes.push(reason),
    drained: () => {
      heard.drains += 1
    },
  })
  return heard
}

test('a cut loses what was under way and both sides hear it once', () => {
  const { network, dial, run } = arrange()
  const { channels } = dial()
  const heard = channels.map(listen)
  channels[0].send(Uint8Array.of(1))
  network.links[0]?.cut('pulled')
  run()
  expect(heard).toEqual([1, 2].map(() => ({ messages: [], closes: ['pulled'], drains: 0 })))
  expect(network.links).toEqual([])
})

test('a stalled link delivers nothing, not even a close, until it goes on', () => {
  const { network, dial, run } = arrange()
  const { channels } = dial()
  const [, other] = channels.map(listen)
  const link = network.links[0]
  link?.stall()
  channels[0].send(Uint8Array.of(1))
  channels[0].close()
  run()
  expect(other).toEqual({ messages: [], closes: [], drains: 0 })
  link?.resume()
  run()
  expect(other).toEqual({ messages: [1], closes: ['closed by the other side'], drains: 0 })
})

test('a slow link keeps what is left in bufferedBytes and drains turn by turn', () => {
  const { dial, turn } = arrange({ bytesPerTurn: 100 })
  const { channels } = dial()
  const [one] = channels.map(listen)
  for (let sent = 0; sent < 5; sent++) channels[0].send(new Uint8Array(100))
  channels[0].wakeBelow(150)
  const levels = [1, 2, 3, 4, 5].map(() => {
    turn()
    return [channels[0].bufferedBytes, one?.drains]
  })
  expect(levels).toEqual([
    [400, 0],
    [300, 0],
    [200, 0],
    [100, 1],
    [0, 1],
  ])
})

test('a man in the middle shows both sides a certificate that is not the other one', () => {
  const { network, dial } = arrange()
  network.interfere({ swapFingerprints: true })
  const [one, other] = dial().channels
  expect(equalBytes(one.remoteFingerprint, other.localFingerprint)).toBe(false)
  expect(equalBytes(other.remoteFingerprint, one.localFingerprint)).toBe(false)
})

test('messages can be dropped, repeated and rewritten by side, on links already open', () => {
  const { network, dial, run } = arrange()
  const { channels } = dial()
  const [one, other] = channels.map(listen)
  network.interfere({ message: (message, from) => (from === 'initiator' ? [message, message] : []) })
  channels[0].send(Uint8Array.of(1))
  channels[1].send(Uint8Array.of(2))
  run()
  expect([one?.messages, other?.messages]).toEqual([[], [1, 1]])
})

test('without a route the side that dialed is told so', () => {
  const { network, dial } = arrange()
  network.interfere({ noRoute: true })
  expect(dial()).toMatchObject({ channels: [], failures: ['no-route'] })
})
