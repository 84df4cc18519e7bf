/**
 * What the editor gets once the page is idle: every command's key, search, completion, brackets, indentation,
 * languages and their colours.
 */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, indentWithTab } from '@codemirror/commands'
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  LanguageDescription,
  syntaxHighlighting,
} from '@codemirror/language'
import { languages } from '@codemirror/language-data'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { EditorState, type Extension } from '@codemirror/state'
import { crosshairCursor, dropCursor, keymap, rectangularSelection } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { strings } from '../strings.ts'

const highlightStyle = HighlightStyle.define([
  { tag: [tags.comment, tags.meta], color: 'var(--code-comment)', fontStyle: 'italic' },
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: 'var(--code-keyword)' },
  { tag: [tags.string, tags.regexp, tags.special(tags.string)], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--code-number)' },
  { tag: [tags.typeName, tags.className, tags.namespace], color: 'var(--code-type)' },
  {
    tag: [tags.function(tags.variableName), tags.function(tags.propertyName)],
    color: 'var(--code-function)',
  },
  { tag: [tags.tagName, tags.attributeName], color: 'var(--code-type)' },
  { tag: [tags.punctuation, tags.bracket, tags.operator], color: 'var(--code-punctuation)' },
  { tag: tags.heading, fontWeight: '600', color: 'var(--code-function)' },
  { tag: tags.emphasis, fontStyle: 'italic' },
  { tag: tags.strong, fontWeight: '600' },
  { tag: tags.strikethrough, textDecoration: 'line-through' },
  { tag: [tags.link, tags.url], color: 'var(--accent)', textDecoration: 'underline' },
  { tag: tags.invalid, color: 'var(--alarm)' },
])

export function extras(): Extension {
  return [
    search({ top: false }),
    EditorState.phrases.of(strings.search),
    highlightSelectionMatches(),
    autocompletion(),
    closeBrackets(),
    bracketMatching(),
    indentOnInput(),
    rectangularSelection(),
    crosshairCursor(),
    dropCursor(),
    syntaxHighlighting(highlightStyle),
    keymap.of([
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...searchKeymap,
      ...completionKeymap,
      indentWithTab,
    ]),
  ]
}

/** The language that the file's name says, loaded; undefined for a name that says none, or without a network. */
export async function languageOf(fileName: string): Promise<Extension | undefined> {
  try {
    return await LanguageDescription.matchFilename(languages, fileName)?.load()
  } catch (error) {
    if (error instanceof TypeError) return undefined // its file could not be fetched: plain text until it can
    throw error
  }
}
