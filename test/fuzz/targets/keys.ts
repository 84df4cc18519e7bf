/** The keys and the chance every target starts from: fixed, so that an input means the same at every run. */
import type { Decoded } from '../../../src/base/codec.ts'
import { loadCrypto } from '../../../src/crypto/sodium.ts'
import { isViolation, type Violation } from '../../../src/wire/violation.ts'
import { fixedBytes } from '../../crypto/twin.ts'
import { counting } from '../meter.ts'

/** What targets are given counts what it hashes and opens. */
export const crypto = counting(await loadCrypto())

export function fixed(name: string, length = 32): Uint8Array {
  return fixedBytes(`fuzz ${name}`, length)
}

/** What was taken; nothing for a violation. */
export function unlessViolation<T extends object>(read: T | Violation): T | undefined {
  return isViolation(read) ? undefined : read
}

export function unlessRefused<T>(read: Decoded<T>): T | undefined {
  return read.ok ? read.value : undefined
}
