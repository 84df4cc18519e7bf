/** News that nobody has to answer: said politely, gone by itself unless somebody is at it, and never over what has the
 *  focus. */
import { css, html, LitElement, nothing } from 'lit'
import { X } from 'lucide'
import type { ToastAction } from '../page.ts'
import { strings } from '../strings.ts'
import { controls } from './controls.ts'
import { icon } from './icon.ts'

/** Milliseconds on screen: long enough to read twice. */
const SHOWN_FOR = 6_000
/** Somebody waits for an answer, and whoever is asked may be looking elsewhere. */
const ASKED_FOR = 30_000
const AT_MOST = 3

interface Toast {
  readonly id: number
  readonly sentence: string
  readonly topic: string | undefined
  readonly action: ToastAction | undefined
}

export class Toasts extends LitElement {
  static override properties = { toasts: { state: true } }
  static override styles = [
    controls,
    css`
      :host {
        position: fixed;
        bottom: 16px;
        left: 16px;
        z-index: 20;
        max-width: calc(100vw - 32px);
        pointer-events: none;
      }
      :host([high]) {
        top: 64px;
        bottom: auto;
      }
      .stack {
        display: grid;
        gap: 8px;
        justify-items: start;
      }
      .toast {
        display: flex;
        gap: 8px;
        align-items: center;
        padding: 4px 4px 4px 16px;
        color: var(--on-toast);
        pointer-events: auto;
        background: var(--toast);
        border: 1px solid transparent;
        border-radius: 10px;
        box-shadow: var(--shadow);
        animation: rise 140ms ease-out;
      }
      button.action {
        min-height: 28px;
        color: inherit;
        border-color: currentcolor;
      }
      button.action:hover {
        background: rgb(255 255 255 / 0.12);
      }
      button.icon {
        color: inherit;
        opacity: 0.75;
      }
      button.icon:hover {
        color: inherit;
        background: transparent;
        opacity: 1;
      }
      @keyframes rise {
        from {
          opacity: 0;
          transform: translateY(4px);
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .toast {
          animation: none;
        }
      }
    `,
  ]
  declare toasts: readonly Toast[]
  #next = 0
  readonly #timers = new Set<ReturnType<typeof setTimeout>>()

  constructor() {
    super()
    this.toasts = []
  }

  /** Takes the place of the same sentence, and of the last one about this topic. */
  say(sentence: string, topic?: string, action?: ToastAction): void {
    const toast = { id: this.#next++, sentence, topic, action }
    const others = this.toasts.filter(
      (one) => one.sentence !== sentence && (topic === undefined || one.topic !== topic),
    )
    this.toasts = [...others, toast].slice(-AT_MOST)
    this.toggleAttribute('high', focusIsLow())
    this.#dismissAfter(toast.id, action?.answers === true ? ASKED_FOR : SHOWN_FOR)
  }

  #dismissAfter(id: number, span: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      const isInUse = this.renderRoot.querySelector(`[data-id='${id}']:is(:hover, :focus-within)`) !== null
      if (isInUse) this.#dismissAfter(id, SHOWN_FOR)
      else this.#dismiss(id)
    }, span)
    this.#timers.add(timer)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    for (const timer of this.#timers) clearTimeout(timer)
  }

  override render() {
    return html`<div class="stack" role="log" aria-live="polite" aria-label=${strings.notices}>
      ${this.toasts.map(
        ({ id, sentence, action }) =>
          html`<div class="toast" data-id=${id}><span>${sentence}</span>${action ? this.#action(id, action) : nothing}<button
              type="button"
              class="icon"
              aria-label=${strings.dismiss}
              @click=${() => this.#dismiss(id)}
            >${icon(X, 14)}</button></div>`,
      )}
    </div>`
  }

  #action(id: number, { name, act }: ToastAction) {
    const perform = () => {
      this.#dismiss(id)
      act()
    }
    return html`<button type="button" class="action" @click=${perform}>${name}</button>`
  }

  #dismiss(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id)
  }
}

/** What has the focus (in the editor: the caret) stands where toasts would. */
function focusIsLow(): boolean {
  let focused = document.activeElement
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement
  const caret = focused?.closest('.cm-editor')?.querySelector('.cm-cursor-primary')
  const box = (caret ?? focused)?.getBoundingClientRect()
  return box !== undefined && focused !== document.body && box.bottom > innerHeight - 160 && box.left < 400
}
