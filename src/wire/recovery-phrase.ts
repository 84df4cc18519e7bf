/**
 * A recovery phrase: the seed of the key that signs for a session, as words to write down. Whoever has them can decide
 * in the session. Not here: what is done with the key (session/governing.ts).
 *
 * phrase = 26 words of words.ts, most significant first: the number (seed 256 bits | check 10 bits) in base 1,229
 * check = the first 10 bits of H-32("coterie/1/recovery-phrase" | seed)
 */
import { concat, toUtf8 } from '../base/bytes.ts'
import { Secret } from '../base/secret.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { isWord, suggestionFor } from './code.ts'
import { WORDS } from './words.ts'

/** Of words, why a text is no phrase. `at` counts from 1. */
export type PhraseProblem =
  | { readonly problem: 'count'; readonly count: number }
  | {
      readonly problem: 'unknown-word'
      readonly at: number
      readonly word: string
      readonly suggestion: string | undefined
    }
  /** All are words of the list; one of them is another, or two changed places. */
  | { readonly problem: 'mixed-up' }

export const PHRASE_WORDS = 26
export const PHRASE_SEED_BYTES = 32
const CHECK_BITS = 10
const LABEL = toUtf8('coterie/1/recovery-phrase')
/** What is longer is no phrase, however it was typed. */
const MAX_PHRASE_CHARACTERS = 1_000
const BASE = BigInt(WORDS.length)
const NUMBERS: ReadonlyMap<string, number> = new Map(WORDS.map((word, number) => [word, number]))

export function encodePhrase(crypto: Crypto, seed: Secret): string {
  let rest = (numberOf(seed.reveal()) << BigInt(CHECK_BITS)) | checkOf(crypto, seed.reveal())
  const words: string[] = []
  for (let at = 0; at < PHRASE_WORDS; at++) {
    words.unshift(WORDS[Number(rest % BASE)] ?? '')
    rest /= BASE
  }
  return words.join(' ')
}

/** Takes any case, and anything between the words. */
export function decodePhrase(crypto: Crypto, text: string): Secret | PhraseProblem {
  if (text.length > MAX_PHRASE_CHARACTERS) return { problem: 'count', count: PHRASE_WORDS + 1 }
  const typed = text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}]+/u)
  const words = typed.filter((word) => word !== '')
  const at = words.findIndex((word) => !isWord(word))
  const word = words[at]
  if (word !== undefined)
    return { problem: 'unknown-word', at: at + 1, word, suggestion: suggestionFor(word) }
  if (words.length !== PHRASE_WORDS) return { problem: 'count', count: words.length }
  const number = words.reduce((sum, one) => sum * BASE + BigInt(NUMBERS.get(one) ?? 0), 0n)
  const seed = bytesOf(number >> BigInt(CHECK_BITS))
  const check = number & ((1n << BigInt(CHECK_BITS)) - 1n)
  if (seed === undefined || check !== checkOf(crypto, seed)) return { problem: 'mixed-up' }
  return new Secret(seed)
}

export function isPhraseProblem(read: Secret | PhraseProblem): read is PhraseProblem {
  return 'problem' in read
}

function checkOf(crypto: Crypto, seed: Uint8Array): bigint {
  const [first = 0, second = 0] = crypto.hash(32, concat(LABEL, seed))
  return BigInt(((first << 8) | second) >> (16 - CHECK_BITS))
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
}

/** `undefined` when it does not fit: then it was never written by `encodePhrase`. */
function bytesOf(number: bigint): Uint8Array | undefined {
  const bytes = new Uint8Array(PHRASE_SEED_BYTES)
  let rest = number
  for (let at = PHRASE_SEED_BYTES - 1; at >= 0; at--) {
    bytes[at] = Number(rest & 255n)
    rest >>= 8n
  }
  return rest === 0n ? bytes : undefined
}
