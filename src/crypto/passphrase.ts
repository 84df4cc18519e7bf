/**
 * A passphrase becomes a key: Argon2id (RFC 9106) by @noble/hashes, fetched at the first call only, because libsodium's
 * standard build has none. Slow on purpose. Not here: what the key wraps, and where that is kept.
 */
import { toUtf8 } from '../base/bytes.ts'
import { Secret } from '../base/secret.ts'

/** What one guess costs. Kept beside what it protects, so that later versions may ask for more. */
export interface PassphraseCost {
  readonly memoryKiB: number
  readonly passes: number
}

/** OWASP's first choice for Argon2id: 19 MiB, two passes. About a quarter of a second here, as much for each guess. */
export const PASSPHRASE_COST: PassphraseCost = { memoryKiB: 19 * 1024, passes: 2 }
export const PASSPHRASE_SALT_BYTES = 16
const KEY_BYTES = 32
/** Of what a file may ask: more would only hang the page that opens it. */
const MAX_MEMORY_KIB = 256 * 1024
const MIN_MEMORY_KIB = 8
const MAX_PASSES = 16

/** Whether a cost that was read from somewhere may be paid. */
export function isPayable({ memoryKiB, passes }: PassphraseCost): boolean {
  const isWhole = Number.isInteger(memoryKiB) && Number.isInteger(passes)
  return (
    isWhole &&
    memoryKiB >= MIN_MEMORY_KIB &&
    memoryKiB <= MAX_MEMORY_KIB &&
    passes >= 1 &&
    passes <= MAX_PASSES
  )
}

/**
 * 32 bytes. The same passphrase gives the same key however its accents were typed (NFC, as RFC 8265 asks); spaces and
 * case count. The page stays alive meanwhile.
 * @param salt 16 random bytes, kept beside what the key protects
 * @throws RangeError for a salt of another length, or a cost that is not payable
 */
export async function passphraseKey(
  passphrase: string,
  salt: Uint8Array,
  cost: PassphraseCost = PASSPHRASE_COST,
): Promise<Secret> {
  if (salt.length !== PASSPHRASE_SALT_BYTES) throw new RangeError('a salt is 16 bytes long')
  if (!isPayable(cost)) throw new RangeError('a cost nobody can pay')
  const { argon2idAsync } = await import('@noble/hashes/argon2.js')
  const typed = toUtf8(passphrase.normalize('NFC'))
  const options = { m: cost.memoryKiB, t: cost.passes, p: 1, dkLen: KEY_BYTES }
  return new Secret(await argon2idAsync(typed, salt, options))
}
