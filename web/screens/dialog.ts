/** A modal dialog over the page: how it looks, its title with the button that closes it, and how it opens and closes. */
import { css, html, LitElement } from 'lit'
import { X } from 'lucide'
import { icon } from '../parts/icon.ts'
import { strings } from '../strings.ts'

export const dialogStyle = css`
  dialog {
    width: 440px;
    max-width: calc(100vw - 16px);
    max-height: min(640px, calc(100dvh - 32px));
    padding: 20px 24px 24px;
    overflow: auto;
    color: var(--ink);
    background: var(--raised);
    border: 1px solid var(--line);
    border-radius: 16px;
    box-shadow: var(--shadow);
  }
  dialog::backdrop {
    background: var(--backdrop);
  }
  header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    margin: -4px -8px 12px 0;
  }
  .buttons {
    display: flex;
    gap: 8px;
  }
`

/** Its `render` gives one `<dialog aria-labelledby="title">`, and in it `header`. */
export abstract class ModalDialog extends LitElement {
  get #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog')
  }

  /** Shows what is set by now. */
  protected async show(): Promise<void> {
    await this.updateComplete
    this.#dialog?.showModal()
  }

  protected close(): void {
    this.#dialog?.close()
  }

  protected header(title: string) {
    return html`<header>
      <h2 id="title">${title}</h2>
      <button type="button" class="icon" aria-label=${strings.closeDialog} @click=${() => this.close()}>
        ${icon(X, 18)}
      </button>
    </header>`
  }
}
