/** What is kept on this device, newest first: open it, or erase it after one question. A modal dialog. */
import { css, html, nothing } from 'lit'
import { Trash2 } from 'lucide'
import type { RecentSession } from '../../src/index.ts'
import type { Page } from '../page.ts'
import { controls } from '../parts/controls.ts'
import { icon } from '../parts/icon.ts'
import { strings } from '../strings.ts'
import { dialogStyle, ModalDialog } from './dialog.ts'

export class RecentSessions extends ModalDialog {
  static override properties = {
    page: { attribute: false },
    rows: { state: true },
    asking: { state: true },
    failure: { state: true },
  }
  static override styles = [
    controls,
    dialogStyle,
    css`
      ul {
        display: grid;
        margin: 0 -8px;
        padding: 0;
        list-style: none;
      }
      li {
        position: relative;
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 0 8px;
        align-items: center;
        padding: 8px;
        border-radius: 8px;
      }
      li:has(.open:hover:enabled) {
        background: var(--line-soft);
      }
      .open {
        justify-content: start;
        min-height: 20px;
        padding: 0;
        font-weight: 600;
        background: none;
        border: 0;
      }
      /* The whole row opens. */
      .open::after {
        position: absolute;
        inset: 0;
        content: '';
        border-radius: 8px;
      }
      .open:focus-visible {
        outline: none;
      }
      .open:focus-visible::after {
        outline: 2px solid var(--accent);
      }
      .open:hover,
      .open:active {
        background: none;
      }
      .open:disabled {
        color: var(--ink-2);
        opacity: 1;
      }
      .title {
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .about {
        font-size: 12px;
        line-height: 16px;
      }
      .icon {
        position: relative;
        grid-row: 1 / span 2;
        grid-column: 2;
        z-index: 1;
      }
      .question {
        display: grid;
        grid-column: 1 / -1;
        gap: 8px;
        padding: 8px;
        background: var(--alarm-soft);
        border-radius: 8px;
      }
      .erase {
        color: #fff;
        background: var(--alarm-fill);
        border-color: transparent;
      }
      .erase:hover {
        background: var(--alarm-fill);
        filter: brightness(0.92);
      }
    `,
  ]
  declare page: Page
  declare rows: readonly RecentSession[] | undefined
  declare asking: RecentSession['localId'] | undefined
  declare failure: string | undefined

  async open(): Promise<void> {
    this.asking = undefined
    this.failure = undefined
    // shown only when it is read: a list that changed after that would move a row from under the pointer
    await this.#read()
    await this.show()
  }

  override render() {
    return html`<dialog aria-labelledby="title" closedby="any">
      ${this.header(strings.recentSessions)}
      ${this.failure ? html`<p role="alert">${this.failure}</p>` : nothing}
      ${this.rows?.length === 0 ? html`<p class="muted">${strings.recent.none}</p>` : nothing}
      <ul>
        ${this.rows?.map((row) => html`<li>${this.asking === row.localId ? this.#question(row) : this.#row(row)}</li>`)}
      </ul>
    </dialog>`
  }

  #row(row: RecentSession) {
    const title = titleOf(row)
    return html`<button
        type="button"
        class="open"
        aria-label=${strings.recent.open(title)}
        ?disabled=${row.unreadable}
        @click=${() => this.#choose(row)}
      >
        <span class="title">${title}</span>
      </button>
      <span class="about muted">${this.#about(row)}</span>
      <button
        type="button"
        class="icon"
        aria-label=${strings.recent.erase(title)}
        title=${strings.recent.eraseButton}
        @click=${() => this.#ask(row)}
      >${icon(Trash2)}</button>`
  }

  #about(row: RecentSession): string {
    if (row.unreadable) return strings.recent.unreadable
    const isOpen = this.page.session?.localId === row.localId
    const kind = row.shared ? (row.role ? strings.roles[row.role] : '') : strings.recent.draft
    const when = isOpen
      ? strings.recent.current
      : row.openedAt === undefined
        ? ''
        : agoText(row.openedAt, Date.now())
    return [kind, when].filter((part) => part !== '').join(' · ')
  }

  #question(row: RecentSession) {
    return html`<div class="question" role="group">
      <p>${strings.recent.eraseQuestion(titleOf(row))}</p>
      <div class="buttons">
        <button type="button" class="erase" @click=${() => this.#erase(row)}>${strings.recent.eraseButton}</button>
        <button type="button" class="keep" @click=${() => this.#ask(undefined)}>${strings.recent.keep}</button>
      </div>
    </div>`
  }

  /** The safe answer has the focus. */
  #ask(row: RecentSession | undefined): void {
    this.asking = row?.localId
    const focusKeep = () => this.renderRoot.querySelector<HTMLElement>('.keep')?.focus()
    this.updateComplete.then(focusKeep).catch(reportError)
  }

  #choose(row: RecentSession): void {
    this.close()
    this.page.openRecent(row.localId)
  }

  async #erase(row: RecentSession): Promise<void> {
    this.asking = undefined
    await this.#attempt(() => this.page.erase(row.localId))
    await this.#read()
  }

  async #read(): Promise<void> {
    await this.#attempt(async () => {
      const rows = await this.page.recent()
      this.rows = [...rows].sort((one, other) => (other.openedAt ?? 0) - (one.openedAt ?? 0))
    })
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error)
    }
  }
}

function titleOf(row: RecentSession): string {
  return row.title || strings.recent.noTitle
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
/** Milliseconds in each unit, largest first. */
const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** "3 hours ago", in the largest unit that fits. */
export function agoText(then: number, now: number): string {
  for (const [unit, size] of UNITS) {
    if (now - then >= size) return relative.format(-Math.floor((now - then) / size), unit)
  }
  return relative.format(0, 'minute')
}
