/** The versions of this text on this device: what changed since each, a name for one, and the way back. A modal dialog. */
import { css, html, nothing } from 'lit'
import type { Session, Version, VersionComparison } from '../../src/index.ts'
import type { Page } from '../page.ts'
import { controls } from '../parts/controls.ts'
import { strings } from '../strings.ts'
import { whenText } from '../when-text.ts'
import { comparisonOf, comparisonStyle } from './comparison.ts'
import { dialogStyle, ModalDialog } from './dialog.ts'

const words = strings.versions

export class VersionsDialog extends ModalDialog {
  static override properties = {
    page: { attribute: false },
    versions: { state: true },
    chosen: { state: true },
    comparison: { state: true },
    failure: { state: true },
  }
  static override styles = [
    controls,
    dialogStyle,
    comparisonStyle,
    css`
      dialog {
        width: 880px;
        max-height: min(720px, calc(100dvh - 32px));
      }
      .columns {
        display: grid;
        grid-template-columns: 264px minmax(0, 1fr);
        gap: 24px;
        align-items: start;
      }
      ul {
        display: grid;
        gap: 2px;
        max-height: 560px;
        margin: 0 -8px;
        padding: 0;
        overflow: auto;
        list-style: none;
      }
      li {
        position: relative;
        display: grid;
        padding: 6px 8px;
        border-radius: 6px;
      }
      li:has([aria-pressed='true']) {
        background: var(--accent-soft);
      }
      li button {
        justify-content: start;
        padding: 0;
        text-align: start;
        white-space: normal;
        overflow-wrap: anywhere;
        min-height: 0;
        border: 0;
      }
      li button,
      li button:hover {
        background: none;
      }
      li:hover:not(:has([aria-pressed='true'])) {
        background: var(--row);
      }
      /* the whole row is the button; what is said about it stands outside its name */
      li button::after {
        position: absolute;
        inset: 0;
        content: '';
      }
      .about {
        font-size: 12px;
        line-height: 16px;
      }
      .detail {
        display: grid;
        gap: 12px;
      }
      form {
        display: flex;
        gap: 8px;
      }
      .buttons {
        flex-wrap: wrap;
      }
      @media (width <= 640px) {
        dialog {
          padding: 16px;
        }
        .columns {
          grid-template-columns: minmax(0, 1fr);
          gap: 16px;
        }
        ul {
          max-height: 200px;
        }
      }
    `,
  ]
  declare page: Page
  declare versions: readonly Version[] | undefined
  /** Undefined: the text as it is now. */
  declare chosen: Version | undefined
  declare comparison: readonly VersionComparison[] | undefined
  declare failure: string | undefined

  async open(): Promise<void> {
    this.chosen = undefined
    this.failure = undefined
    this.versions = undefined
    await this.show()
    await this.#attempt((session) => this.#read(session))
  }

  override render() {
    return html`<dialog aria-labelledby="title" closedby="any">
      ${this.header(words.title)}
      ${this.failure ? html`<p role="alert">${this.failure}</p>` : nothing}
      <div class="columns">
        <ul aria-label=${words.title}>
          ${this.#row(undefined)} ${this.versions?.map((version) => this.#row(version))}
        </ul>
        <section class="detail" aria-label=${words.detail}>${this.#detail()}</section>
      </div>
    </dialog>`
  }

  #row(version: Version | undefined) {
    const id = version?.id ?? 'now'
    return html`<li>
      <button
        type="button"
        aria-describedby="about-${id}"
        aria-pressed=${this.chosen?.id === version?.id}
        @click=${() => this.#choose(version)}
      >
        ${version === undefined ? words.now : nameOf(version)}
      </button>
      <span class="about muted" id="about-${id}" ?hidden=${version === undefined}
        >${version === undefined ? '' : aboutOf(version)}</span
      >
    </li>`
  }

  #detail() {
    if (this.versions === undefined) return nothing
    const version = this.chosen
    if (version === undefined)
      return html`${this.#naming()}<p class="muted">${this.versions.length === 0 ? words.none : words.hint}</p>`
    const { why, by } = version
    const isRescued = why === 'fork' || why === 'unshared' || why === 'restart'
    return html`
      ${isRescued ? html`<p>${words.rescued[why](by)}</p>` : nothing}
      <div class="buttons">
        ${
          this.page.canEdit
            ? html`<button type="button" class="filled" @click=${() => this.#restore(version)}>${words.restore}</button>`
            : nothing
        }
        <button type="button" class="quiet" @click=${() => this.#delete(version)}>${words.delete}</button>
      </div>
      ${version.name === undefined ? this.#naming() : nothing}
      ${this.comparison === undefined ? nothing : comparisonOf(this.comparison)}
    `
  }

  #naming() {
    return html`<form @submit=${(event: SubmitEvent) => this.#name(event)}>
      <input type="text" name="name" required maxlength="80" autocomplete="off" aria-label=${words.name} placeholder=${words.name} />
      <button type="submit">${words.keep}</button>
    </form>`
  }

  async #choose(version: Version | undefined): Promise<void> {
    this.chosen = version
    this.comparison = undefined
    if (version === undefined) return
    await this.#attempt(async (session) => {
      const comparison = await session.versions.compare(version.id)
      if (this.chosen === version) this.comparison = comparison
    })
  }

  async #name(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const form = event.target as HTMLFormElement
    const name = String(new FormData(form).get('name') ?? '').trim()
    const { chosen } = this
    if (name === '') return
    await this.#attempt(async (session) => {
      const named = await (chosen ? session.versions.name(chosen.id, name) : session.versions.keep(name))
      form.reset()
      await this.#read(session)
      await this.#choose(named)
    })
  }

  async #restore(version: Version): Promise<void> {
    await this.#attempt(async (session) => {
      await session.versions.restore(version.id)
      this.close()
      this.page.toast(words.restored(nameOf(version)), 'versions')
    })
  }

  async #delete(version: Version): Promise<void> {
    await this.#attempt(async (session) => {
      await session.versions.delete(version.id)
      await this.#read(session)
      await this.#choose(undefined)
    })
  }

  async #read(session: Session): Promise<void> {
    this.versions = await session.versions.list()
  }

  async #attempt(work: (session: Session) => Promise<void>): Promise<void> {
    this.failure = undefined
    try {
      await work(await this.page.keep())
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error)
    }
  }
}

function nameOf(version: Version): string {
  return version.name ?? words.why[version.why]
}

function aboutOf(version: Version): string {
  return words.about(whenText(version.at, Date.now()), version.by)
}
