/** Messages of a verification: one spelling each. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeVerification,
  encodeVerification,
  type VerificationMessage,
} from '../../src/wire/verification.ts'
import { expectStrict } from './mistreat.ts'

const field = fc.uint8Array({ minLength: 32, maxLength: 32 })
const anyMessage: fc.Arbitrary<VerificationMessage> = fc.oneof(
  fc.record({ kind: fc.constant('commit' as const), commitment: field }),
  fc.record({ kind: fc.constantFrom('answer' as const, 'reveal' as const), nonce: field }),
  fc.constant({ kind: 'differs' as const }),
)

test('every message comes back as it was, in one spelling', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const bytes = encodeVerification(message)
      expect(decodeVerification(bytes)).toEqual({ ok: true, value: message })
      expectStrict(bytes, (given) => decodeVerification(given).ok)
    }),
    { numRuns: 30 },
  )
})

test('any bytes give a message that is spelled so, or a reason', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const read = decodeVerification(bytes)
      if (read.ok) expect(encodeVerification(read.value)).toEqual(bytes)
    }),
  )
})
