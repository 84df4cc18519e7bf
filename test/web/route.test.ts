import { expect, test } from 'vitest'
import { routeOf } from '../../web/route.ts'

const at = (fragment: string) => new URL(`https://example.org/${fragment}`)

test('a bare address is a draft', () => {
  expect(routeOf(at(''), null)).toEqual({ to: 'draft' })
})

test('an empty fragment is a draft', () => {
  expect(routeOf(at('#'), null)).toEqual({ to: 'draft' })
})

test('a local id reopens its session', () => {
  expect(routeOf(at('#s=0123456789abcdef'), null)).toEqual({ to: 'session', localId: '0123456789abcdef' })
})

test('a session in the address wins over an invite not yet answered', () => {
  expect(routeOf(at('#s=0123456789abcdef'), 'https://example.org/#old').to).toBe('session')
})

test('any other fragment is an invite, whole', () => {
  expect(routeOf(at('#AbC-_9'), null)).toEqual({ to: 'invite', url: 'https://example.org/#AbC-_9' })
})

test('a mistyped local id is an invite, which will say that it is broken', () => {
  expect(routeOf(at('#s=xyz'), null).to).toBe('invite')
})

test('an invite not yet answered survives a reload', () => {
  expect(routeOf(at(''), 'https://example.org/#kept')).toEqual({
    to: 'invite',
    url: 'https://example.org/#kept',
  })
})
