/**
 * Level 0 of keys at rest: a WebCrypto AES-GCM key that can be used and stored but never read out, and what it
 * wraps. The only place for WebCrypto: libsodium has no key that a page cannot read. Slow and asynchronous, so
 * it wraps keys, never rows.
 * Not here: where the key is kept (src/storage).
 */
import { concat } from '../base/bytes.ts'

/** AES-GCM's own nonce length. Random ones are safe for 2^32 wraps; there is one a session. */
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** A key that no script can export. It survives in IndexedDB, which stores it as an object. */
export async function newWrappingKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

/** Wrapped key = nonce 12 | AES-256-GCM(key), tag 16 last. `ad` names what the key is for. */
export async function wrapKey(
  wrappingKey: CryptoKey,
  ad: Uint8Array,
  key: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  const sealed = await crypto.subtle.encrypt(parameters(nonce, ad), wrappingKey, plainBuffer(key))
  return concat(nonce, new Uint8Array(sealed)) as Uint8Array<ArrayBuffer>
}

/** `undefined` when forged, cut short, or wrapped by another key or for something else. */
export async function unwrapKey(
  wrappingKey: CryptoKey,
  ad: Uint8Array,
  wrapped: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (wrapped.length < NONCE_BYTES + TAG_BYTES) return undefined
  const nonce = wrapped.slice(0, NONCE_BYTES)
  try {
    const sealed = wrapped.slice(NONCE_BYTES)
    return new Uint8Array(await crypto.subtle.decrypt(parameters(nonce, ad), wrappingKey, sealed))
  } catch (error) {
    // The one name WebCrypto gives to "the tag does not match"; anything else is our mistake.
    if (error instanceof DOMException && error.name === 'OperationError') return undefined
    throw error
  }
}

function parameters(nonce: Uint8Array<ArrayBuffer>, ad: Uint8Array): AesGcmParams {
  return { name: 'AES-GCM', iv: nonce, additionalData: plainBuffer(ad), tagLength: TAG_BYTES * 8 }
}

/** WebCrypto refuses views of shared memory, and says so in its types. */
function plainBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
