/** The status chip: one of the texts of status-text.ts, said politely when it changes. */
import { css, html, LitElement } from 'lit'
import type { Page } from '../page.ts'
import { type StatusText, statusText } from '../status-text.ts'
import { strings } from '../strings.ts'
import { controls } from './controls.ts'
import { Watching } from './watching.ts'

/** A counter that runs down would never let a screen reader finish: it is said at most this often, in ms. */
const COUNT_PAUSE = 1_000

export class StatusChip extends LitElement {
  static override properties = { page: { attribute: false } }
  static override styles = [
    controls,
    css`
      :host {
        display: inline-flex;
        align-items: center;
        min-width: 0;
        white-space: nowrap;
      }
      .chip {
        display: inline-flex;
        align-items: center;
        gap: 8px;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        color: var(--ink-2);
      }
      .dot {
        flex: none;
        width: 8px;
        height: 8px;
        border: 2px solid var(--ink-3);
        border-radius: 50%;
      }
      .good .dot {
        background: var(--good);
        border-color: var(--good);
      }
      .busy .dot {
        border-color: var(--accent);
      }
      .alarm {
        font-weight: 600;
        color: var(--alarm);
      }
      @media (width <= 640px) {
        .alarm {
          font-weight: 500;
        }
      }
      .alarm .dot {
        background: var(--alarm);
        border-color: var(--alarm);
        border-radius: 1px;
      }
    `,
  ]
  declare page: Page
  #timer: ReturnType<typeof setTimeout> | undefined
  #shown: StatusText | undefined
  #shownAt = 0

  constructor() {
    super()
    new Watching(this)
  }

  /** Drawn by the bar, which sets the page before it puts the chip on the page. */
  override connectedCallback(): void {
    super.connectedCallback()
    this.page.addEventListener('status', this.#statusMoved)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.page.removeEventListener('status', this.#statusMoved)
    clearTimeout(this.#timer)
  }

  /** Counts move with every key; the chip is drawn again only when its words do. */
  readonly #statusMoved = (): void => {
    const next = this.#next(Date.now())
    if (next.text !== this.#shown?.text || next.tone !== this.#shown.tone) this.requestUpdate()
    else this.#wakeAt(next.changesAt)
  }

  override render() {
    const { text, tone } = this.#current()
    return html`<span class="chip ${tone}"><span class="dot"></span><span role="status" data-tone=${tone}>${text}</span></span>`
  }

  #current(): StatusText {
    const now = Date.now()
    const next = this.#next(now)
    const counts = isCount(this.#shown) && isCount(next) && now - this.#shownAt < COUNT_PAUSE
    this.#wakeAt(counts ? this.#shownAt + COUNT_PAUSE : next.changesAt)
    if (counts && this.#shown) return this.#shown
    if (next.text !== this.#shown?.text) this.#shownAt = now
    this.#shown = next
    return next
  }

  #next(now: number): StatusText {
    const everShared = this.page.session?.members.some((member) => !member.isMe) ?? false
    return statusText(this.page.status, { now, everShared })
  }

  #wakeAt(at: number | undefined): void {
    clearTimeout(this.#timer)
    if (at !== undefined)
      this.#timer = setTimeout(() => this.requestUpdate(), Math.max(0, at - Date.now()) + 10)
  }
}

const SYNCING = strings.status.syncing('')

function isCount(shown: StatusText | undefined): boolean {
  return shown?.text.startsWith(SYNCING) ?? false
}
