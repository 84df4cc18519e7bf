/**
 * The STUN responder on UDP sockets: who asks hears which address they come from, so that two people
 * behind routers can find a way to each other without anybody else's server. Keeps nothing but how much
 * each address has asked. What an answer is stands in stun-message.ts.
 *
 * Laws: one answer at most for a datagram, to its sender, hardly longer; nothing else is ever sent;
 * what an address asks beyond its rate is dropped in silence.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import type { Millis } from '../src/base/ports.ts'
import { addressBytes, addressGroup, isLoopback } from './address.ts'
import { type Bucket, fullBucket, type Rate, take } from './rates.ts'
import type { RelayEvent } from './relay-state.ts'
import { answerStun } from './stun-message.ts'

/** A classroom of 64, each dialing 8 others over two networks, all at once; then a sign of life every 10 s. */
export const ADDRESS_STUN: Rate = { burst: 1_024, perSecond: 100 }
/** All addresses together: forged senders are as many as an attacker likes. An answer takes about 10 us. */
export const ALL_STUN: Rate = { burst: 10_000, perSecond: 5_000 }
/** Addresses remembered; beyond, the one known longest is forgotten. */
export const MAX_STUN_ADDRESSES = 10_000

/** How much has been asked, by whom. Time comes in. */
export class StunPace {
  readonly #all: Bucket
  readonly #addresses = new Map<string, Bucket>()

  constructor(now: Millis) {
    this.#all = fullBucket(ALL_STUN, now)
  }

  get addresses(): number {
    return this.#addresses.size
  }

  /** Whether a datagram from this address may be answered now. */
  allows(address: string, now: Millis): boolean {
    const group = addressGroup(address)
    const bucket = this.#addresses.get(group) ?? this.#remember(group, now)
    return take(bucket, ADDRESS_STUN, now) === 'taken' && take(this.#all, ALL_STUN, now) === 'taken'
  }

  #remember(group: string, now: Millis): Bucket {
    const bucket = fullBucket(ADDRESS_STUN, now)
    this.#addresses.set(group, bucket)
    const oldest = this.#addresses.keys().next()
    if (this.#addresses.size > MAX_STUN_ADDRESSES && !oldest.done) this.#addresses.delete(oldest.value)
    return bucket
  }
}

export interface StunResponder {
  /** Whether others than this computer can ask. */
  readonly isReachable: boolean
  close(): void
}

export interface StunPlace {
  /** A name or address of this computer; undefined: `addresses`. */
  readonly host: string | undefined
  readonly addresses: readonly string[]
  readonly port: number
}

/** A UDP port that somebody else has is no reason to serve nobody: the log says it. */
export async function startStun(
  { host, addresses, port }: StunPlace,
  log: (event: RelayEvent) => void,
): Promise<StunResponder | undefined> {
  try {
    const found = host === undefined ? [] : await lookup(host, { all: true })
    return await listenForStun(host === undefined ? addresses : found.map(({ address }) => address), port)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error
    log({ event: 'stun-unavailable', reason: String(code) })
    return undefined
  }
}

/**
 * Answers on this port of these addresses.
 * @throws what the system says when a port cannot be had
 */
export async function listenForStun(addresses: readonly string[], port: number): Promise<StunResponder> {
  const pace = new StunPace(Date.now())
  const sockets: Socket[] = []
  const close = (): void => {
    for (const socket of sockets) socket.close()
  }
  try {
    for (const address of addresses) sockets.push(await bind(address, port, pace))
  } catch (error) {
    close()
    throw error
  }
  return { isReachable: !addresses.every(isLoopback), close }
}

function bind(address: string, port: number, pace: StunPace): Promise<Socket> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  socket.on('message', (datagram, sender) => {
    if (pace.allows(sender.address, Date.now())) respond(socket, datagram, sender)
  })
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close()
      reject(error)
    })
    socket.bind({ address, port }, () => {
      socket.removeAllListeners('error')
      socket.on('error', () => {}) // of a network that went away for a moment: whoever asked asks again
      resolve(socket)
    })
  })
}

function respond(socket: Socket, datagram: Uint8Array, { address, port }: RemoteInfo): void {
  const answer = answerStun(datagram, { bytes: addressBytes(address), port })
  // An answer that cannot be sent is one that got lost.
  if (answer !== undefined) socket.send(answer, port, address, () => {})
}
