/**
 * Who asks, and by which name they know this server: read from one HTTP request. The address leaves this
 * file only as a salted hash.
 */
import type { IncomingMessage } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'
import { addressGroup } from './address.ts'

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

/** Whom an address counts for: the group it belongs to (address.ts). */
export function addressOf(request: IncomingMessage, { trustProxy }: Reachability): string {
  const forwarded = trustProxy ? lastHop(request.headers['x-forwarded-for']) : undefined
  return addressGroup(forwarded ?? request.socket.remoteAddress ?? '')
}

function lastHop(header: string | string[] | undefined): string | undefined {
  const hops = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',')
  const last = hops[hops.length - 1]?.trim() ?? ''
  return isIPv4(last) || isIPv6(last) ? last : undefined
}
