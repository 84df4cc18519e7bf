/**
 * The bar over the text: who is here, the file's name, the status, `Share`, the menu. On a narrow page it is
 * two rows. The panels behind its buttons are loaded when the page is idle, or at the first click.
 */
import { css, html, LitElement, nothing } from 'lit'
import { Ellipsis, Users } from 'lucide'
import type { Member } from '../../src/index.ts'
import type { Page } from '../page.ts'
import type { Settings } from '../settings.ts'
import { strings } from '../strings.ts'
import { controls } from './controls.ts'
import { icon } from './icon.ts'
import type { PeoplePanel } from './people-panel.ts'
import { Watching } from './watching.ts'

type PanelName = 'share' | 'people' | 'menu'
interface Panel extends HTMLElement {
  open(button: HTMLElement): void
  readonly updateComplete: Promise<boolean>
}

/** Loads every panel. Called in idle time; a click before that waits for it. */
export async function loadPanels(): Promise<void> {
  const { definePanels } = await import('./panels.ts')
  definePanels()
}

export class Bar extends LitElement {
  static override properties = {
    page: { attribute: false },
    settings: { attribute: false },
    followed: { attribute: false },
  }
  static override styles = [
    controls,
    css`
      :host {
        display: block;
        background: var(--paper);
        border-bottom: 1px solid var(--line);
      }
      .bar {
        display: grid;
        grid-template-areas: 'people title status actions';
        grid-template-columns: auto auto minmax(0, 1fr) auto;
        gap: 12px;
        align-items: center;
        height: 52px;
        padding: 0 12px 0 16px;
      }
      .people {
        display: flex;
        grid-area: people;
        gap: 4px;
        align-items: center;
      }
      .mark {
        display: block;
        width: 24px;
        height: 24px;
      }
      .asked {
        position: relative;
      }
      .asked::after {
        position: absolute;
        top: 4px;
        right: 4px;
        width: 8px;
        height: 8px;
        content: '';
        background: var(--accent);
        border: 2px solid var(--paper);
        border-radius: 50%;
        box-sizing: content-box;
      }
      .title {
        display: inline-grid;
        grid-area: title;
        min-width: 0;
        max-width: min(320px, 30vw);
      }
      .title::after,
      .title input {
        grid-area: 1 / 1;
        width: auto;
        min-width: 40px;
        min-height: 32px;
        padding: 0 8px;
        font-size: 14px;
        font-weight: 600;
        line-height: 30px;
        border: 1px solid transparent;
      }
      .title::after {
        overflow: hidden;
        white-space: pre;
        visibility: hidden;
        content: attr(data-value) ' ';
      }
      .title input {
        width: 100%;
        text-overflow: ellipsis;
        background: transparent;
      }
      .title input:hover:not([readonly], :focus) {
        background: var(--line-soft);
      }
      .status {
        display: flex;
        grid-area: status;
        min-width: 0;
        overflow: hidden;
        color: var(--ink-2);
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .status coterie-status {
        flex: none;
        max-width: 100%;
      }
      .role {
        margin-left: 12px;
        padding-left: 12px;
        border-left: 1px solid var(--line-strong);
      }
      .ask {
        flex: none;
        min-height: 28px;
        margin: -4px 0 -4px 8px;
      }
      .actions {
        display: flex;
        grid-area: actions;
        gap: 8px;
        align-items: center;
      }
      @media (width <= 640px) {
        .bar {
          display: flex;
          flex-wrap: wrap;
          gap: 0 8px;
          height: auto;
          padding: 4px 8px;
        }
        .bar::after {
          flex-basis: 100%;
          order: 3;
          content: '';
        }
        .title {
          flex: 1 1 0;
          order: 1;
          max-width: none;
        }
        .actions {
          order: 2;
          height: 44px;
          margin-left: auto;
        }
        .status {
          flex: 1 1 0;
          order: 4;
          padding-left: 8px;
        }
        .people {
          order: 5;
          min-height: 36px;
        }
        .mark,
        .ask,
        .enter {
          display: none;
        }
      }
    `,
  ]
  declare page: Page
  declare settings: Settings
  declare followed: Member['device'] | undefined

  constructor() {
    super()
    new Watching(this)
  }

  override render() {
    const { page } = this
    return html`<header class="bar">
        <div class="people">${page.isDraft || !page.session ? this.#mark() : this.#people()}</div>
        ${page.showsText ? this.#title() : nothing}
        <div class="status">${page.showsText ? this.#status() : nothing}</div>
        <div class="actions">
          ${
            page.isDraft
              ? html`<button type="button" class="quiet enter" aria-haspopup="dialog" @click=${this.#enterCode}>${strings.joinDialog.open}</button>`
              : nothing
          }
          ${
            page.isOwner
              ? html`<button
                  type="button"
                  class="filled"
                  aria-haspopup="dialog"
                  @click=${(event: MouseEvent) => this.#open('share', event)}
                >${strings.share}</button>`
              : nothing
          }
          <button
            type="button"
            class="icon"
            aria-label=${strings.menu}
            title=${strings.menu}
            aria-haspopup="dialog"
            @click=${(event: MouseEvent) => this.#open('menu', event)}
          >${icon(Ellipsis, 20)}</button>
        </div>
      </header>
      <coterie-share-panel .page=${page}></coterie-share-panel>
      <coterie-people-panel .page=${page}></coterie-people-panel>
      <coterie-menu-panel .settings=${this.settings}></coterie-menu-panel>`
  }

  #mark() {
    return html`<img class="mark" src="/icon.svg" alt="" width="24" height="24" />`
  }

  #people() {
    return html`<coterie-avatars
        .page=${this.page}
        .followed=${this.followed}
        @people-request=${() => this.#openFrom('people', this.renderRoot.querySelector('.people > button'))}
      ></coterie-avatars>
      <button
        type="button"
        class=${this.#asked() ? 'icon asked' : 'icon'}
        aria-label=${strings.people}
        aria-description=${this.#asked() ?? nothing}
        title=${this.#asked() ?? strings.people}
        aria-haspopup="dialog"
        @click=${(event: MouseEvent) => this.#open('people', event)}
      >${icon(Users, 18)}</button>`
  }

  /** Somebody asks the owner to edit: seen on the button too, as news go by. */
  #asked(): string | undefined {
    const asking = this.page.session?.members.filter(({ asksToEdit, isMe }) => asksToEdit && !isMe) ?? []
    return this.page.isOwner && asking.length > 0 ? strings.peopleAsk(asking.length) : undefined
  }

  #title() {
    const { title } = this.page
    return html`<div class="title" data-value=${title}>
      <input
        type="text"
        size="1"
        aria-label=${strings.fileName}
        autocomplete="off"
        spellcheck="false"
        maxlength="120"
        ?readonly=${!this.page.canEdit}
        .value=${title}
        @input=${this.#grow}
        @change=${(event: Event) => this.page.rename((event.target as HTMLInputElement).value)}
        @keydown=${this.#titleKey}
      />
    </div>`
  }

  #status() {
    return html`<coterie-status .page=${this.page}></coterie-status>${
      this.page.isDraft ? html`<span>, ${strings.onlyOnThisDevice}</span>` : nothing
    }${this.#limit() === undefined ? nothing : html`<span class="role">${this.#limit()}</span>`}${this.#ask()}`
  }

  /** Beside what keeps a reader from writing; on a narrow page it stands in `People` alone. */
  #ask() {
    const { session } = this.page
    if (!session || !this.page.mayAsk) return nothing
    const { asksToEdit } = session.me
    return html`<button type="button" class="quiet ask" @click=${() => session.askToEdit(!asksToEdit)}>
      ${asksToEdit ? strings.takeBackRequest : strings.askToEdit}
    </button>`
  }

  /** Why this person cannot write, or why nobody else can. */
  #limit(): string | undefined {
    const { session } = this.page
    if (session?.me.role === 'viewer') return strings.viewOnly
    return session?.isPaused ? strings.paused : undefined
  }

  /** Opens `People` with the question about removing somebody. */
  askToRemove(device: Member['device']): void {
    this.#askInPeople((panel) => panel.askToRemove(device))
  }

  /** Opens `People` with the question about beginning the session anew. */
  askToRestart(): void {
    this.#askInPeople((panel) => panel.askToRestart())
  }

  #askInPeople(ask: (panel: PeoplePanel) => void): void {
    const open = () => {
      const panel = this.renderRoot.querySelector<PeoplePanel>('coterie-people-panel')
      if (panel) ask(panel)
      this.#openFrom('people', this.renderRoot.querySelector('.people > button'))
    }
    loadPanels()
      .then(open)
      .catch((error: Error) => this.page.toast(error.message))
  }

  /** Opens `People`, where somebody can be compared with. */
  showPeople(): void {
    this.#openFrom('people', this.renderRoot.querySelector('.people > button'))
  }

  readonly #enterCode = (): void => {
    this.dispatchEvent(new CustomEvent('command', { detail: 'join', bubbles: true, composed: true }))
  }

  readonly #grow = (event: Event): void => {
    const field = event.target as HTMLInputElement
    field.parentElement?.setAttribute('data-value', field.value)
  }

  readonly #titleKey = (event: KeyboardEvent): void => {
    const field = event.target as HTMLInputElement
    if (event.key === 'Escape') field.value = this.page.title
    if (event.key !== 'Enter' && event.key !== 'Escape') return
    event.preventDefault() // or the key would go on into the text, which has the focus by then
    field.blur()
    this.dispatchEvent(new CustomEvent('back-to-text', { bubbles: true, composed: true }))
  }

  #open(name: PanelName, event: MouseEvent): void {
    this.#openFrom(name, event.currentTarget as HTMLElement)
  }

  #openFrom(name: PanelName, button: HTMLElement | null): void {
    const panel = this.renderRoot.querySelector<Panel>(`coterie-${name}-panel`)
    if (!panel || !button) return
    if (customElements.get(panel.localName)) panel.open(button)
    else this.#openLater(panel, button).catch((error: Error) => this.page.toast(error.message))
  }

  async #openLater(panel: Panel, button: HTMLElement): Promise<void> {
    await loadPanels()
    await panel.updateComplete
    panel.open(button)
  }
}
