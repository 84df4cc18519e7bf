/**
 * IP addresses as text, as bytes, and as what counts as one client. Text comes from the system or was
 * checked by `isIPv4` or `isIPv6` before.
 */
import { isIPv6 } from 'node:net'

/** An IPv4 address that came over an IPv6 socket, as the IPv4 address it is. */
export function unmapped(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
}

/** What counts as one address: a whole IPv4 one, or the /64 a household gets of IPv6. */
export function addressGroup(address: string): string {
  const plain = unmapped(address)
  if (!isIPv6(plain)) return plain
  return groupsOf(plain)
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')
}

/** As the network writes it: 4 or 16 bytes. */
export function addressBytes(address: string): Uint8Array {
  const plain = unmapped(address)
  if (!isIPv6(plain)) return Uint8Array.from(plain.split('.'), Number)
  return Uint8Array.from(groupsOf(plain).flatMap((group) => [group >> 8, group & 0xff]))
}

/** Addresses of this machine alone, and names for them. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  return [...before, ...new Array<string>(missing).fill('0'), ...after].map((group) =>
    Number.parseInt(group, 16),
  )
}
