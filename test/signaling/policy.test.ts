/** What only a server with TLS says. */
import { expect, test } from 'vitest'
import { securityHeaders } from '../../signaling/policy.ts'

test('only over TLS a browser is told to use nothing else', () => {
  expect(securityHeaders({ encrypted: true })).toMatchObject({
    'strict-transport-security': 'max-age=31536000',
  })
  expect(securityHeaders({ encrypted: false })).not.toHaveProperty('strict-transport-security')
})

test('without a nonce styles come from files alone', () => {
  expect(securityHeaders({ encrypted: false })['content-security-policy']).toContain("style-src 'self';")
})
