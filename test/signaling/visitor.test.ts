/** Who counts as one address, and by which name a client knows the server. */
import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { addressOf, originOf } from '../../signaling/visitor.ts'

const reachability = { trustProxy: false, encrypted: false, publicOrigin: undefined }

function request(remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage {
  return { headers, socket: { remoteAddress } } as unknown as IncomingMessage
}

test('an IPv4 address is itself, also when it comes inside an IPv6 one', () => {
  expect(addressOf(request('203.0.113.7'), reachability)).toBe('203.0.113.7')
  expect(addressOf(request('::ffff:203.0.113.7'), reachability)).toBe('203.0.113.7')
})

test('of IPv6 a household is one address, however it is spelled', () => {
  const same = ['2001:db8:1:2:3:4:5:6', '2001:0DB8:0001:0002::9', '2001:db8:1:2::%eth0']
  for (const address of same) expect(addressOf(request(address), reachability)).toBe('2001:db8:1:2')
  expect(addressOf(request('2001:db8::1'), reachability)).toBe('2001:db8:0:0')
  expect(addressOf(request('::1'), reachability)).toBe('0:0:0:0')
})

test('what a client writes into X-Forwarded-For itself is not believed', () => {
  const forged = request('127.0.0.1', { 'x-forwarded-for': '203.0.113.1, 198.51.100.2' })
  expect(addressOf(forged, reachability)).toBe('127.0.0.1')
  expect(addressOf(forged, { ...reachability, trustProxy: true })).toBe('198.51.100.2')
  const nonsense = request('127.0.0.1', { 'x-forwarded-for': 'unknown' })
  expect(addressOf(nonsense, { ...reachability, trustProxy: true })).toBe('127.0.0.1')
})

test('the origin is the public one, or the name that was asked for where that proves as much', () => {
  const published = { ...reachability, encrypted: true, publicOrigin: 'https://pair.example.org' }
  expect(originOf(request('x', { host: 'evil.example' }), published)).toBe('https://pair.example.org')
  expect(originOf(request('x', { host: 'localhost:4400' }), published)).toBe('https://localhost:4400')
  expect(originOf(request('x', { host: '192.0.2.5:4400' }), reachability)).toBe('http://192.0.2.5:4400')
  expect(originOf(request('x', { host: 'a b\r\n' }), reachability)).toBe('http://localhost')
})
