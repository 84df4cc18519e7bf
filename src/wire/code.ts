/**
 * A spoken code: `7-walrus-lantern`, the number of a slot on the server and two words that never leave the two devices.
 * How people write one, and how a slip is caught before anything is tried. Not here: what the words prove
 * (crypto/pake.ts) and how the two sides use them (protocol/code-exchange.ts).
 */
import type { Crypto } from '../crypto/crypto.ts'
import { MAX_SLOTS } from './limits.ts'
import { WORDS } from './words.ts'

export interface SpokenWords {
  readonly slot: number
  readonly words: readonly [string, string]
}

/** Why a text is no code, or not yet. `suggestion`: the only word of the list that may have been meant. */
export type CodeProblem =
  | { readonly problem: 'no-number' | 'number-too-large' | 'too-many-words' }
  /** A number and perhaps a word, or the beginning of one: more has to come. */
  | { readonly problem: 'incomplete'; readonly suggestion: string | undefined }
  | { readonly problem: 'unknown-word'; readonly word: string; readonly suggestion: string | undefined }

/** What is longer is no code, however it was typed. */
const MAX_CODE_CHARACTERS = 100
/** The first letters that name a word. */
const PREFIX_LETTERS = 3
const BY_PREFIX: ReadonlyMap<string, string> = new Map(
  WORDS.map((word) => [word.slice(0, PREFIX_LETTERS), word]),
)
/** The largest multiple of the list's length in 16 bits: drawing below it is even. */
const EVEN_DRAWS = Math.floor(0x10000 / WORDS.length) * WORDS.length

export function drawWords(crypto: Crypto): readonly [string, string] {
  return [drawWord(crypto), drawWord(crypto)]
}

function drawWord(crypto: Crypto): string {
  for (;;) {
    const [high = 0, low = 0] = crypto.randomBytes(2)
    const drawn = high * 0x100 + low
    const word = WORDS[drawn % WORDS.length]
    if (drawn < EVEN_DRAWS && word !== undefined) return word
  }
}

/** As it is shown and read aloud. */
export function formatCode({ slot, words }: SpokenWords): string {
  return `${slot}-${words[0]}-${words[1]}`
}

/** Whether somebody who typed this means a code and not a link: it begins with a digit, and no link does. */
export function meansCode(text: string): boolean {
  return text.length <= MAX_CODE_CHARACTERS && /^\s*\p{Nd}/u.test(text) && !/[#/]/.test(text)
}

/** Takes any case, and anything or nothing between number and words; catches what is not in the list. */
export function parseCode(text: string): SpokenWords | CodeProblem {
  if (text.length > MAX_CODE_CHARACTERS) return { problem: 'too-many-words' }
  const match = /^[^\p{L}\p{N}]*(\d+)(.*)$/su.exec(text.normalize('NFKC'))
  if (match === null) return { problem: 'no-number' }
  const slot = Number(match[1])
  if (slot < 1 || slot > MAX_SLOTS) return { problem: 'number-too-large' }
  const parts = (match[2] ?? '').toLowerCase().split(/[^\p{L}\p{N}]+/u)
  const typed = parts.filter((part) => part !== '')
  const [only] = typed
  return parseWords(slot, typed.length === 1 && only !== undefined ? apart(only) : typed)
}

function parseWords(slot: number, typed: readonly string[]): SpokenWords | CodeProblem {
  for (const [at, word] of typed.entries()) {
    if (isWord(word)) continue
    const isLast = at === typed.length - 1
    if (isLast && WORDS.some((known) => known.startsWith(word)))
      return { problem: 'incomplete', suggestion: BY_PREFIX.get(word.slice(0, PREFIX_LETTERS)) }
    return { problem: 'unknown-word', word, suggestion: suggestionFor(word) }
  }
  const [first, second, third] = typed
  if (third !== undefined) return { problem: 'too-many-words' }
  if (first === undefined || second === undefined) return { problem: 'incomplete', suggestion: undefined }
  return { slot, words: [first, second] }
}

export function isCodeProblem(parsed: SpokenWords | CodeProblem): parsed is CodeProblem {
  return 'problem' in parsed
}

/** Two words typed as one: the first three letters say where the first ends. */
function apart(typed: string): readonly string[] {
  const first = BY_PREFIX.get(typed.slice(0, PREFIX_LETTERS))
  if (first === undefined || first === typed || !typed.startsWith(first)) return [typed]
  return [first, typed.slice(first.length)]
}

export function isWord(typed: string): boolean {
  return BY_PREFIX.get(typed.slice(0, PREFIX_LETTERS)) === typed
}

/** A letter wrong, missing or too many leaves one word of the list that can have been meant; then two neighbours swapped,
 *  which may be as near to another word ("leves": levers or elves); else what begins alike. */
export function suggestionFor(typed: string): string | undefined {
  const meant = (slip: Slip): string | undefined => WORDS.find((word) => slipBetween(word, typed) === slip)
  return meant('letter') ?? meant('swap') ?? BY_PREFIX.get(typed.slice(0, PREFIX_LETTERS))
}

type Slip = 'letter' | 'swap'

/** One letter wrong, too many or missing, or two neighbours swapped. */
function slipBetween(word: string, typed: string): Slip | undefined {
  const shorter = Math.min(word.length, typed.length)
  let start = 0
  while (start < shorter && word[start] === typed[start]) start++
  let end = 0
  while (end < shorter - start && word[word.length - 1 - end] === typed[typed.length - 1 - end]) end++
  const [left, right] = [word.slice(start, word.length - end), typed.slice(start, typed.length - end)]
  if (left.length <= 1 && right.length <= 1) return 'letter'
  return left.length === 2 && right === `${left[1]}${left[0]}` ? 'swap' : undefined
}
