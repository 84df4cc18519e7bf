/**
 * The editor on the page: the least CodeMirror that feels finished, at once; the rest (search, completion,
 * languages) when the page is idle; people and roles when there is a session.
 * Not here: where the text comes from (page.ts).
 * Invariants: stands in the light DOM; keeps one view for the whole life of the page; `.cm-content` holds the
 * document's text only.
 */
import { Compartment, EditorState, type Extension, Prec, type StateCommand } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view'
import {
  bindText,
  type boundText,
  follow,
  followedDevice,
  jumpTo,
  peopleField,
  presence,
  readOnly,
  sharedText,
  stopFollowing,
  undoKeymap,
} from '../../src/editor/index.ts'
import type { Member, Session } from '../../src/index.ts'
import type { FlagChoice } from '../settings.ts'
import { strings } from '../strings.ts'
import { editorTheme } from './theme.ts'

type SharedText = NonNullable<ReturnType<typeof boundText>>

/** The text every session of this page shares its file in. */
export const ROOT = 'main'

export interface EditorOptions {
  readonly parent: HTMLElement
  readonly text: SharedText
  /** Called after every edit of this person. */
  readonly onEdit: () => void
  readonly onFollow: (device: Member['device'] | undefined) => void
}

export class TextEditor {
  readonly view: EditorView
  readonly #onFollow: EditorOptions['onFollow']
  readonly #access = new Compartment()
  readonly #session = new Compartment()
  readonly #extras = new Compartment()
  #phase: 'essential' | 'complete' = 'essential'
  readonly #language = new Compartment()
  #fileName = ''
  #attached: Session | undefined
  #flags: FlagChoice = 'activity'

  constructor({ parent, text, onEdit, onFollow }: EditorOptions) {
    this.#onFollow = onFollow
    const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''
    const edits = EditorView.updateListener.of((update) => {
      const own = update.transactions.some((one) => one.isUserEvent('input') || one.isUserEvent('delete'))
      if (update.docChanged && (own || update.transactions.some((one) => one.isUserEvent('move')))) onEdit()
    })
    const extensions = [
      EditorView.cspNonce.of(nonce),
      this.#access.of([]),
      sharedText(text),
      this.#session.of([]),
      essentials(),
      this.#extras.of([]),
      this.#language.of([]),
      edits,
    ]
    this.view = new EditorView({ parent, state: EditorState.create({ doc: text.toString(), extensions }) })
  }

  get text(): string {
    return this.view.state.sliceDoc()
  }

  get isEmpty(): boolean {
    return this.view.state.doc.length === 0
  }

  focus(): void {
    this.view.focus()
  }

  /** No typing until a session says otherwise: its text is still on its way. */
  hold(): void {
    this.view.dispatch({ effects: this.#access.reconfigure(readOnly()) })
  }

  /** Shows `text` alone, writable: a draft that has no session yet. */
  showDraft(text: SharedText): void {
    this.#attached = undefined
    this.view.dispatch({ effects: [this.#session.reconfigure([]), this.#access.reconfigure([])] })
    bindText(this.view, text)
  }

  /** Shows the session's text, its people and what this device may do. */
  attach(session: Session): void {
    this.#attached = session
    const text = session.doc.getText(ROOT)
    bindText(this.view, text)
    this.view.dispatch({
      effects: [this.#session.reconfigure(this.#presence(session)), this.#access.reconfigure([])],
    })
  }

  set flags(flags: FlagChoice) {
    this.#flags = flags
    if (!this.#attached) return
    this.view.dispatch({ effects: this.#session.reconfigure(this.#presence(this.#attached)) })
  }

  #presence(session: Session): Extension {
    return presence(session, session.doc.getText(ROOT), { flags: this.#flags, onFollow: this.#onFollow })
  }

  follow(device: Member['device']): void {
    follow(this.view, device)
  }

  stopFollowing(): void {
    stopFollowing(this.view)
  }

  get followed(): Member['device'] | undefined {
    return followedDevice(this.view)
  }

  /** @returns false when that person has no cursor here */
  jumpTo(device: Member['device']): boolean {
    return jumpTo(this.view, device)
  }

  /** The line that person's cursor stands in, from 1; undefined when they have none here. */
  lineOf(device: Member['device']): number | undefined {
    const { doc } = this.view.state
    const person = this.view.state.field(peopleField, false)?.find((one) => one.device === device)
    const head = person?.ranges[0]?.head
    return head === undefined ? undefined : doc.lineAt(Math.min(head, doc.length)).number
  }

  /** Puts a file's text where the cursor is, as an edit that can be undone. */
  insert(text: string): void {
    this.view.dispatch(this.view.state.replaceSelection(text), {
      userEvent: 'input.paste',
      scrollIntoView: true,
    })
  }

  /** Search, completion, brackets, highlighting: loaded once, when the page is idle. */
  async complete(): Promise<void> {
    this.#phase = 'complete'
    const { extras } = await import('./extras.ts')
    this.view.dispatch({ effects: this.#extras.reconfigure(extras()) })
    await this.#setLanguage(this.#fileName)
  }

  /** The ending of the file's name chooses the language: at once, or with the rest that the first key does not need. */
  async nameFile(name: string): Promise<void> {
    if (name === this.#fileName) return
    this.#fileName = name
    if (this.#phase === 'complete') await this.#setLanguage(name)
  }

  async #setLanguage(name: string): Promise<void> {
    const { languageOf } = await import('./extras.ts')
    const language = await languageOf(name)
    if (name === this.#fileName) this.view.dispatch({ effects: this.#language.reconfigure(language ?? []) })
  }
}

function essentials(): Extension {
  return [
    lineNumbers(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSpecialChars(),
    drawSelection(),
    EditorState.allowMultipleSelections.of(true),
    EditorView.lineWrapping,
    placeholder(strings.emptyEditor),
    // Editable text takes the focus anyway; tools that look for a tab stop in what scrolls do not know.
    EditorView.contentAttributes.of({ 'aria-label': strings.editorName, tabindex: '0' }),
    keymap.of(undoKeymap),
    Prec.lowest(keymap.of([{ key: 'Enter', run: breakLine }])), // until the real commands have loaded
    editorTheme,
  ]
}

const breakLine: StateCommand = ({ state, dispatch }) => {
  if (state.readOnly) return false
  dispatch(state.update(state.replaceSelection('\n'), { userEvent: 'input', scrollIntoView: true }))
  return true
}
