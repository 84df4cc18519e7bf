/**
 * The least relay of nostr that trystero can meet over, on loopback: it passes each event to the sockets that
 * subscribed to its topic, acknowledges it, and keeps nothing. It does not check signatures, which spares the
 * neighbour the relay's time for them.
 * A client says ["EVENT", event], ["REQ", name, filter...] or ["CLOSE", name]; NIP-01 says what is answered.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

export interface NostrRelay {
  readonly url: string
  close(): Promise<void>
}

interface NostrEvent {
  readonly id: string
  readonly tags: readonly (readonly string[])[]
}

/** What trystero's filters ask for: events with one of these values of the tag `x`. */
interface Filter {
  readonly '#x'?: readonly string[]
}

type Subscriptions = Map<string, readonly Filter[]>

export async function startNostrRelay(): Promise<NostrRelay> {
  const server = new WebSocketServer({ host: 'localhost', port: 0 })
  await once(server, 'listening')
  const subscribed = new Map<WebSocket, Subscriptions>()
  server.on('connection', (socket) => {
    subscribed.set(socket, new Map())
    socket.on('message', (message) => receive(subscribed, socket, String(message)))
    socket.on('close', () => subscribed.delete(socket))
  })
  return {
    url: `ws://localhost:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const socket of server.clients) socket.terminate()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function receive(
  subscribed: ReadonlyMap<WebSocket, Subscriptions>,
  socket: WebSocket,
  message: string,
): void {
  const [kind, subject, ...filters] = JSON.parse(message) as [string, unknown, ...Filter[]]
  const own = subscribed.get(socket)
  if (kind === 'REQ') {
    own?.set(String(subject), filters)
    socket.send(JSON.stringify(['EOSE', subject])) // nothing is kept, so all that is stored has been sent
  } else if (kind === 'CLOSE') {
    own?.delete(String(subject))
  } else if (kind === 'EVENT') {
    const event = subject as NostrEvent
    socket.send(JSON.stringify(['OK', event.id, true, '']))
    for (const [other, subscriptions] of subscribed) pass(event, other, subscriptions)
  }
}

function pass(event: NostrEvent, socket: WebSocket, subscriptions: Subscriptions): void {
  const topics = event.tags.filter(([tag]) => tag === 'x').map(([, topic]) => topic)
  for (const [name, filters] of subscriptions) {
    const isWanted = filters.some((filter) => filter['#x']?.some((topic) => topics.includes(topic)) === true)
    if (isWanted) socket.send(JSON.stringify(['EVENT', name, event]))
  }
}
