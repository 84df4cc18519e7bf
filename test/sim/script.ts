/**
 * What happens to a town, written down before it happens: one list of actions from one seed. Any part of the list can be
 * played by itself, which is how a failure is made small.
 * Not here: how an action is performed (story.ts).
 */
import type { Millis } from '../../src/base/ports.ts'
import { type Chance, chanceFrom } from './chance.ts'
import { HABITS, type Habit } from './hand.ts'
import { TRICKS, type Trick } from './tricks.ts'

/** 'sign': one character that nobody types twice, and nothing else is touched. */
export type Edit =
  | 'words'
  | 'burst'
  | 'paste'
  | 'flood'
  | 'title'
  | 'profile'
  | 'checkpoint'
  | 'restart'
  | 'sign'

export type Action =
  /** Whoever is away comes back instead, with a broken row if `breaksRow`. */
  | { readonly does: 'act'; readonly who: number; readonly edit: Edit; readonly breaksRow: boolean }
  | { readonly does: 'leave' | 'crash'; readonly who: number }
  | { readonly does: 'crash in a write'; readonly who: number; readonly writes: number }
  | { readonly does: 'freeze'; readonly who: number; readonly span: Millis }
  | { readonly does: 'jump'; readonly who: number; readonly by: Millis }
  | { readonly does: 'fill' | 'empty'; readonly who: number }
  | { readonly does: 'cut' | 'mute' | 'slow' | 'bar'; readonly who: number; readonly other: number }
  | { readonly does: 'lie'; readonly who: number; readonly trick: Trick }
  | { readonly does: 'adopt'; readonly who: number; readonly habit: Habit }
  | { readonly does: 'behave'; readonly who: number }
  | { readonly does: 'divide'; readonly parts: readonly number[] }
  | { readonly does: 'heal' | 'stop server' | 'start server' | 'bad post' | 'good post' }

export interface Step {
  /** From the beginning of the script. */
  readonly at: Millis
  readonly action: Action
  /** Draws what the action itself leaves open: words, places. */
  readonly salt: number
}

const HOUR: Millis = 3_600_000

/** The last `liars` of the people lie. */
export function writeScript(seed: number, people: number, liars: number): Step[] {
  const chance = chanceFrom(seed, 'script')
  const tricks = repertoireOf(seed)
  const steps: Step[] = []
  let at = 0
  for (let left = 20 + chance.below(35); left > 0; left--) {
    const isLie = liars > 0 && chance.oneIn(3)
    const action = isLie
      ? lie(chance, people - 1 - chance.below(liars), tricks)
      : chance.oneIn(5)
        ? misfortune(chance, people)
        : deed(chance, people)
    steps.push({ at, action, salt: chance.below(2 ** 31) })
    at += chance.oneIn(5) ? chance.below(8_000) : chance.below(300)
  }
  return steps
}

/** What the liars of a seed know: a few tricks. */
export function repertoireOf(seed: number): readonly Trick[] {
  const chance = chanceFrom(seed, 'repertoire')
  const known = (Object.keys(TRICKS) as Trick[]).filter(() => chance.oneIn(3))
  return known.length === 0 ? ['fork'] : known
}

function lie(chance: Chance, who: number, tricks: readonly Trick[]): Action {
  const kind = chance.below(8)
  if (kind === 0) return { does: 'behave', who }
  if (kind < 3) return { does: 'adopt', who, habit: chance.pick(HABITS) }
  return { does: 'lie', who, trick: chance.pick(tricks) }
}

function deed(chance: Chance, people: number): Action {
  const who = chance.below(people)
  if (chance.oneIn(30)) return { does: 'leave', who }
  return { does: 'act', who, edit: drawEdit(chance), breaksRow: chance.oneIn(6) }
}

function drawEdit(chance: Chance): Edit {
  const kind = chance.below(40)
  if (kind === 0) return 'title'
  if (kind === 1) return 'profile'
  if (kind === 2) return 'paste'
  if (kind === 3) return chance.oneIn(8) ? 'flood' : 'words'
  if (kind === 4) return 'checkpoint'
  if (kind === 5) return 'restart'
  return kind < 10 ? 'burst' : 'words'
}

/** How often each misfortune comes, beside the others. */
const MISFORTUNES = [
  ['crash', 3],
  ['crash in a write', 3],
  ['freeze', 2],
  ['jump', 2],
  ['fill', 2],
  ['empty', 2],
  ['cut', 4],
  ['mute', 2],
  ['slow', 2],
  ['bar', 2],
  ['divide', 2],
  ['heal', 5],
  ['stop server', 2],
  ['start server', 2],
  ['bad post', 2],
  ['good post', 1],
] as const satisfies readonly (readonly [Action['does'], number])[]
const LOTS = MISFORTUNES.flatMap(([does, times]) => Array.from({ length: times }, () => does))

function misfortune(chance: Chance, people: number): Action {
  const does = chance.pick(LOTS)
  const who = chance.below(people)
  switch (does) {
    case 'crash':
    case 'fill':
    case 'empty':
      return { does, who }
    case 'crash in a write':
      return { does, who, writes: chance.below(12) }
    case 'freeze':
      return { does, who, span: 10_000 + chance.below(110_000) }
    case 'jump':
      return { does, who, by: chance.pick([-HOUR, HOUR]) }
    case 'cut':
    case 'mute':
    case 'slow':
    case 'bar':
      return { does, who, other: (who + 1 + chance.below(people - 1)) % people }
    case 'divide':
      return { does, parts: Array.from({ length: people }, () => chance.below(2)) }
    case 'heal':
    case 'stop server':
    case 'start server':
    case 'bad post':
    case 'good post':
      return { does }
    default:
      return does satisfies never
  }
}

/** The action in words, for who reads a failure. */
export function inWords(action: Action, names: readonly string[]): string {
  const name = (number: number): string => names[number] ?? `${number}`
  switch (action.does) {
    case 'act':
      return `${name(action.who)} acts (${action.edit}${action.breaksRow ? ', a row breaks at a start' : ''})`
    case 'leave':
    case 'crash':
    case 'fill':
    case 'empty':
      return `${name(action.who)}: ${action.does}`
    case 'lie':
      return `${name(action.who)} lies: ${action.trick}`
    case 'adopt':
      return `${name(action.who)} begins to ${action.habit}`
    case 'behave':
      return `${name(action.who)} behaves`
    case 'crash in a write':
      return `${name(action.who)} crashes in write ${action.writes + 1} from now`
    case 'freeze':
      return `${name(action.who)} freezes for ${action.span / 1_000} s`
    case 'jump':
      return `the clock of ${name(action.who)} jumps by ${action.by / HOUR} h`
    case 'cut':
    case 'mute':
    case 'slow':
    case 'bar':
      return `${action.does} ${name(action.who)} - ${name(action.other)}`
    case 'divide':
      return `the network divides: ${action.parts.join(' ')}`
    case 'heal':
    case 'stop server':
    case 'start server':
    case 'bad post':
    case 'good post':
      return action.does
    default:
      return action satisfies never
  }
}
