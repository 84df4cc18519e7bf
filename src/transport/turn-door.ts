/**
 * The way to TURN servers and nowhere else, for somebody who hides their address from the others: every server
 * appears as a port of this device's loopback, and what is sent there is passed on to it. A WebRTC that is bound to
 * loopback reaches nobody but through this door, whatever addresses others claim to have.
 *
 * One door is one client: a TURN server tells its clients by where their datagrams come from. Neither a socket nor
 * a timer of it keeps a process alive.
 */
import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import type { IceServer } from './port.ts'

export const LOOPBACK = '127.0.0.1'
const TURN_PORT = 3478
/** A connection that was closed says so to TURN and to the other side from a thread of its own. */
const LINGER_MS = 1_000
/** turn:host, with a port or none, over UDP: all that node-datachannel speaks. */
const TURN_URL = /^turn:(?:\[([0-9a-f:.]+)\]|([^:?[\]]+))(?::(\d{1,5}))?(?:\?transport=udp)?$/i

export class TurnDoor {
  /** The servers as they appear on loopback; those that have no address are left out. */
  readonly iceServers: readonly IceServer[]
  readonly #passages: readonly Passage[]

  private constructor(iceServers: readonly IceServer[], passages: readonly Passage[]) {
    this.iceServers = iceServers
    this.#passages = passages
  }

  static async open(iceServers: readonly IceServer[]): Promise<TurnDoor> {
    const passages: Passage[] = []
    const servers = await Promise.all(
      iceServers.map(async (server) => {
        const opened = await Promise.all(server.urls.map(openPassage))
        const here = opened.filter((passage) => passage !== undefined)
        passages.push(...here)
        return { ...server, urls: here.map(({ port }) => `turn:${LOOPBACK}:${port}`) }
      }),
    )
    return new TurnDoor(
      servers.filter(({ urls }) => urls.length > 0),
      passages,
    )
  }

  /** Shuts when the last words are out. May be called again. */
  close(): void {
    setTimeout(() => {
      for (const passage of this.#passages) passage.close()
    }, LINGER_MS).unref()
  }
}

/** Datagrams of one client to one server and back. */
class Passage {
  readonly #inside: Socket
  readonly #outside: Socket
  #client: number | undefined
  #isClosed = false

  /** @param inside bound to loopback @param outside connected to the server */
  constructor(inside: Socket, outside: Socket) {
    this.#inside = inside
    this.#outside = outside
    inside.on('message', (datagram, { port }) => {
      this.#client ??= port
      if (port === this.#client) outside.send(datagram)
    })
    outside.on('message', (datagram) => {
      if (this.#client !== undefined) inside.send(datagram, this.#client, LOOPBACK)
    })
    // A datagram that cannot be sent is a lost one, which ICE and SCTP send again or give up on.
    inside.on('error', () => undefined)
    outside.on('error', () => undefined)
  }

  get port(): number {
    return this.#inside.address().port
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#inside.close()
    this.#outside.close()
  }
}

/** `undefined`: not TURN over UDP, or nowhere to be found. */
async function openPassage(url: string): Promise<Passage | undefined> {
  const [, v6, name, port] = TURN_URL.exec(url) ?? []
  const host = v6 ?? name
  if (host === undefined) return undefined
  const found = await lookup(host).catch(() => undefined) // a name nobody knows is a server that cannot be reached
  if (found === undefined) return undefined
  const outside = createSocket(found.family === 6 ? 'udp6' : 'udp4').unref()
  const inside = createSocket('udp4').unref()
  try {
    outside.connect(Number(port ?? TURN_PORT), found.address)
    inside.bind(0, LOOPBACK)
    await Promise.all([once(outside, 'connect'), once(inside, 'listening')])
    return new Passage(inside, outside)
  } catch {
    inside.close()
    outside.close()
    return undefined // no network there: a server that cannot be reached
  }
}
