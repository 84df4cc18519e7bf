/**
 * What somebody types to join: a code or a link, and what is wrong with it, found before anything is tried.
 * Pure: the reading of codes comes in, because it arrives with the library.
 */
import type { CodeMalformed } from '../src/index.ts'
import { strings } from './strings.ts'

export interface TypedText {
  /** 'unfinished': more has to come; 'ready': worth trying. */
  readonly phase: 'empty' | 'unfinished' | 'wrong' | 'ready'
  /** What to say about it when the person is done typing, or (`wrong`) at once. */
  readonly sentence: string
  /** The whole text with the word that was probably meant. */
  readonly mended: string | undefined
}

/** What is wrong with a text that begins like a code; undefined: it is one. */
export type ReadCode = (text: string) => CodeMalformed | undefined

export function readTyped(text: string, readCode: ReadCode): TypedText {
  const typed = text.trim()
  if (typed === '') return { phase: 'empty', sentence: strings.joinDialog.nothing, mended: undefined }
  if (/^\p{Nd}/u.test(typed) && !/[#/]/.test(typed)) return readAsCode(typed, readCode(typed))
  if (isLink(typed)) return { phase: 'ready', sentence: '', mended: undefined }
  return { phase: 'unfinished', sentence: strings.joinDialog.neither, mended: undefined }
}

function readAsCode(typed: string, problem: CodeMalformed | undefined): TypedText {
  if (problem === undefined) return { phase: 'ready', sentence: '', mended: undefined }
  const { message: sentence } = problem
  if (problem.problem.problem === 'incomplete') return { phase: 'unfinished', sentence, mended: undefined }
  if (problem.problem.problem !== 'unknown-word') return { phase: 'wrong', sentence, mended: undefined }
  const { word, suggestion } = problem.problem
  return { phase: 'wrong', sentence, mended: suggestion && withWord(typed, word, suggestion) }
}

/** The word stands where it was typed, in whatever case. */
function withWord(typed: string, word: string, suggestion: string): string | undefined {
  const at = typed.toLowerCase().lastIndexOf(word)
  return at < 0 ? undefined : typed.slice(0, at) + suggestion + typed.slice(at + word.length)
}

function isLink(typed: string): boolean {
  return URL.canParse(typed) && new URL(typed).hash.length > 1
}
