/**
 * Who asks, and by which name they know this server: read from one HTTP request. The address leaves this
 * file only as a salted hash.
 */
import type { IncomingMessage } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'

export interface Reachability {
  /** A proxy of ours stands in front: the last hop it wrote into X-Forwarded-For is the client. */
  readonly trustProxy: boolean
  readonly encrypted: boolean
  /** The origin people know this server by, where it is not the one they ask. */
  readonly publicOrigin: string | undefined
}

const HOST = /^[A-Za-z0-9.:[\]-]{1,255}$/
const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/

/**
 * The origin a challenge names. Without a public one it is the Host the client asked for; a stranger's server
 * could then pass our challenge on under its own name, so a server on the open network has a public URL.
 * Loopback names stay valid beside it: nobody elsewhere can be reached by them.
 */
export function originOf(request: IncomingMessage, { encrypted, publicOrigin }: Reachability): string {
  const host = request.headers.host ?? ''
  const asked = `${encrypted ? 'https' : 'http'}://${HOST.test(host) ? host : 'localhost'}`
  return publicOrigin === undefined || LOOPBACK.test(host) ? asked : publicOrigin
}

/** What counts as one address: a whole IPv4 one, or the /64 a household gets of IPv6. */
export function addressOf(request: IncomingMessage, { trustProxy }: Reachability): string {
  const forwarded = trustProxy ? lastHop(request.headers['x-forwarded-for']) : undefined
  return groupOf(forwarded ?? request.socket.remoteAddress ?? '')
}

function lastHop(header: string | string[] | undefined): string | undefined {
  const hops = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',')
  const last = hops[hops.length - 1]?.trim() ?? ''
  return isIPv4(last) || isIPv6(last) ? last : undefined
}

function groupOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros =
    tail === undefined ? [] : new Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
