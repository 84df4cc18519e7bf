/**
 * A made-up session of one writer at one text: typing word by word, moving about, taking back, cutting out,
 * pasting, resting. The same seed gives the same session on every machine.
 * Not here: who applies it (page/trace.ts).
 * Invariants: every edit fits the text that the edits before it have left; all of it is ASCII, so a character
 * is a byte.
 */
import { unreachable } from '../../src/base/assert.ts'
import { type Chance, pick, seededChance, wholeNumber } from './chance.ts'

/** Removes `removed` characters at `at`, then inserts there. */
export interface Edit {
  readonly at: number
  readonly removed: number
  readonly inserted: string
  /** The writer rests after this edit, long enough for idle work. */
  readonly rest: boolean
}

/** Edits between two rests: a page or two. */
const EDITS_BETWEEN_RESTS = 10_000
/** Of all characters typed, how many are taken back at once. */
const TYPO_SHARE = 0.12
const WORDS = [
  ...['the', 'of', 'and', 'to', 'in', 'is', 'that', 'for', 'it', 'as', 'was', 'with', 'be', 'by', 'on'],
  ...['not', 'this', 'are', 'from', 'or', 'have', 'an', 'they', 'which', 'one', 'you', 'were', 'all'],
  ...['writer', 'session', 'letter', 'morning', 'keyboard', 'sentence', 'paragraph', 'correction', 'window'],
] as unknown as readonly [string, ...string[]]

type Habit = 'type' | 'take back' | 'move near' | 'move far' | 'cut' | 'paste'

/** How often a writer turns to what, after each word: out of 100. */
const HABITS: readonly (readonly [Habit, number])[] = [
  ['type', 80],
  ['take back', 10],
  ['move near', 5],
  ['move far', 2],
  ['cut', 2],
  ['paste', 1],
]

/** @yields exactly `count` edits */
export function* writingSession(seed: number, count: number): Generator<Edit> {
  const desk: Desk = { chance: seededChance(seed), caret: 0, length: 0 }
  let made = 0
  while (made < count) {
    for (const change of changesOf(desk, habit(desk.chance))) {
      desk.length += change.inserted.length - change.removed
      desk.caret = change.at + change.inserted.length
      made += 1
      yield { ...change, rest: made % EDITS_BETWEEN_RESTS === 0 }
      if (made === count) return
    }
  }
}

/** What the edits leave behind, for checking; slow for long sessions. */
export function textAfter(edits: Iterable<Edit>): string {
  let text = ''
  for (const { at, removed, inserted } of edits) {
    text = text.slice(0, at) + inserted + text.slice(at + removed)
  }
  return text
}

interface Desk {
  readonly chance: Chance
  caret: number
  length: number
}

type Change = Omit<Edit, 'rest'>

/** Reads the desk anew for every change: the loop above moves the caret between them. */
function* changesOf(desk: Desk, next: Habit): Generator<Change> {
  const { chance } = desk
  switch (next) {
    case 'type':
      return yield* typeWord(desk)
    case 'take back':
      return yield* takeBack(desk, wholeNumber(chance, 2, 30))
    case 'move near':
      desk.caret = within(desk, desk.caret + wholeNumber(chance, -300, 300))
      return
    case 'move far':
      desk.caret = wholeNumber(chance, 0, desk.length)
      return
    case 'cut': {
      const removed = Math.min(wholeNumber(chance, 5, 60), desk.length - desk.caret)
      if (removed > 0) yield { at: desk.caret, removed, inserted: '' }
      return
    }
    case 'paste':
      return yield { at: desk.caret, removed: 0, inserted: phrase(chance, wholeNumber(chance, 2, 12)) }
    default:
      return unreachable(next)
  }
}

function* typeWord(desk: Desk): Generator<Change> {
  const { chance } = desk
  for (const character of word(chance)) {
    yield { at: desk.caret, removed: 0, inserted: character }
    if (chance() >= TYPO_SHARE) continue
    yield* takeBack(desk, 1)
    yield { at: desk.caret, removed: 0, inserted: character }
  }
}

function* takeBack(desk: Desk, most: number): Generator<Change> {
  for (let taken = 0; taken < most && desk.caret > 0; taken += 1) {
    yield { at: desk.caret - 1, removed: 1, inserted: '' }
  }
}

function habit(chance: Chance): Habit {
  let left = chance() * 100
  for (const [name, weight] of HABITS) {
    left -= weight
    if (left < 0) return name
  }
  return 'type'
}

function word(chance: Chance): string {
  const end = chance()
  return pick(chance, WORDS) + (end < 0.08 ? '.\n' : end < 0.16 ? ', ' : ' ')
}

function phrase(chance: Chance, words: number): string {
  return Array.from({ length: words }, () => word(chance)).join('')
}

function within(desk: Desk, position: number): number {
  return Math.max(0, Math.min(desk.length, position))
}
