/**
 * The session's title: a value in a root of the document that belongs to the session itself, so it travels,
 * merges and is kept like the text.
 */
import type { Doc } from 'yjs'
import { MAX_TITLE_BYTES } from '../wire/limits.ts'
import { cutName } from './people.ts'

/** The session's own root; apps cannot declare it. */
export const OWN_ROOT = 'coterie'
export const UNTITLED = 'untitled'

export class Title {
  readonly #changed: (title: string) => void
  #doc: Doc
  #current: string

  constructor(doc: Doc, fallback: string | undefined, changed: (title: string) => void) {
    this.#changed = changed
    this.#doc = doc
    this.#current = this.#read() ?? fallback ?? UNTITLED
    this.watch(doc)
  }

  get current(): string {
    return this.#current
  }

  /** Whether the document itself holds one: else others would not see it. */
  get isShared(): boolean {
    return this.#read() !== undefined
  }

  set(title: string): void {
    const cut = cutName(title, MAX_TITLE_BYTES)
    if (cut !== this.#current || !this.isShared) this.#doc.getMap(OWN_ROOT).set('title', cut)
  }

  /** Goes on with a document that was rebuilt. */
  watch(doc: Doc): void {
    this.#doc = doc
    doc.getMap(OWN_ROOT).observe(() => this.#look())
    this.#look()
  }

  #look(): void {
    const title = this.#read() ?? this.#current
    if (title === this.#current) return
    this.#current = title
    this.#changed(title)
  }

  #read(): string | undefined {
    const title = this.#doc.getMap(OWN_ROOT).get('title')
    return typeof title === 'string' ? cutName(title, MAX_TITLE_BYTES) : undefined
  }
}
