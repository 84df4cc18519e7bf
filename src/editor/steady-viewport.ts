/**
 * Keeps what I am reading where it is while others edit above it.
 * CodeMirror anchors its scroll position for one update per frame; a second one in the same frame (their text,
 * then their caret) makes it forget, and the page jumps. So the first line on screen is remembered here and put
 * back before anything is painted.
 * Not for editors that scroll with the whole page: those are left to CodeMirror.
 */
import type { Extension } from '@codemirror/state'
import { type EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view'
import { isRemote } from './remote.ts'

interface Anchor {
  /** Start of the first line on screen, moved along with every change. */
  readonly at: number
  /** Pixels from the top of the view to that line: negative when it is partly scrolled away. */
  readonly offset: number
  /** The end of the text was on screen: CodeMirror would stay at the end, however much is appended. */
  readonly atEnd: boolean
}

class SteadyViewport {
  readonly #view: EditorView
  readonly #request = { key: this, read: () => this.#remember() }
  #anchor: Anchor | undefined
  #scheduled = false

  constructor(view: EditorView) {
    this.#view = view
    view.scrollDOM.addEventListener('scroll', this.#scrolled, { passive: true })
    view.requestMeasure(this.#request)
  }

  update(update: ViewUpdate): void {
    if (update.docChanged) this.#follow(update)
    if (update.docChanged || update.geometryChanged) this.#view.requestMeasure(this.#request)
  }

  destroy(): void {
    this.#view.scrollDOM.removeEventListener('scroll', this.#scrolled)
    this.#anchor = undefined
  }

  #follow(update: ViewUpdate): void {
    if (!this.#anchor || !update.transactions.every(isRemote)) {
      this.#anchor = undefined
      return
    }
    const wasEmpty = update.startState.doc.length === 0 // nothing was read yet: the text begins at its beginning
    const at = wasEmpty ? 0 : update.changes.mapPos(this.#anchor.at, 1)
    const isBelow = at === this.#anchor.at && !this.#anchor.atEnd
    this.#anchor = { ...this.#anchor, at }
    if (isBelow || this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(this.#restore)
  }

  /** After the text is drawn, before it is painted. */
  readonly #restore = (): void => {
    this.#scheduled = false
    const { scrollDOM } = this.#view
    if (!this.#anchor || scrollDOM.scrollHeight <= scrollDOM.clientHeight) return
    const { at, offset, atEnd } = this.#anchor
    const moved = this.#view.lineBlockAt(at).top - offset - scrollDOM.scrollTop
    if (Math.abs(moved) > 1) scrollDOM.scrollTop += moved
    else if (atEnd) scrollDOM.scrollTop -= 2 // enough for CodeMirror not to take us for standing at the end
  }

  readonly #scrolled = (): void => this.#remember()

  #remember(): void {
    if (this.#scheduled) return
    const { scrollDOM } = this.#view
    const { scrollTop, scrollHeight, clientHeight } = scrollDOM
    const block = this.#view.lineBlockAtHeight(scrollTop)
    const atEnd = scrollTop > Math.max(1, scrollHeight - clientHeight - 4)
    this.#anchor = { at: block.from, offset: block.top - scrollTop, atEnd }
  }
}

const steady = ViewPlugin.fromClass(SteadyViewport)

export function steadyViewport(): Extension {
  return steady
}
