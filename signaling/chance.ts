/**
 * Unpredictable choices from one secret seed, so that the relay stays a function of its inputs.
 * Block n of the stream = BLAKE2b-512(seed || n as u48).
 */
import { Writer } from '../src/base/codec.ts'
import type { Crypto } from '../src/crypto/crypto.ts'

const BLOCK_BYTES = 64

export class Chance {
  readonly #crypto: Crypto
  readonly #seed: Uint8Array
  #blocks = 0
  #block: Uint8Array = new Uint8Array(0)

  constructor(crypto: Crypto, seed: Uint8Array) {
    this.#crypto = crypto
    this.#seed = seed
  }

  /** @param length 1 to 64 */
  bytes(length: number): Uint8Array {
    if (this.#block.length < length) {
      this.#block = this.#crypto.hash(BLOCK_BYTES, this.#seed, new Writer().u48(this.#blocks++).finish())
    }
    const bytes = this.#block.slice(0, length)
    this.#block = this.#block.subarray(length)
    return bytes
  }

  /** 0 to limit - 1. Of 48 bits the remainder is even enough: limits here are below 2^17. */
  below(limit: number): number {
    const bytes = this.bytes(6)
    let number = 0
    for (const byte of bytes) number = number * 0x100 + byte
    return number % limit
  }

  /** At most `count` of `items`, each choice equally likely. */
  some<T>(items: readonly T[], count: number): T[] {
    const left = [...items]
    const chosen: T[] = []
    while (chosen.length < count && left.length > 0) {
      const at = this.below(left.length)
      chosen.push(left[at] as T)
      left[at] = left[left.length - 1] as T
      left.pop()
    }
    return chosen
  }
}
