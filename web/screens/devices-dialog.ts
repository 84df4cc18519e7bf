/**
 * `Devices and recovery`: a link for another device of one's own, the owner's key as words to write down, and the way to
 * use such words. A modal dialog. Invariant: the words are on screen only after a click, and gone when it closes.
 */
import { css, html } from 'lit'
import type { Page } from '../page.ts'
import { controls } from '../parts/controls.ts'
import { strings } from '../strings.ts'
import { carriedField } from './carried-field.ts'
import { dialogStyle, ModalDialog } from './dialog.ts'

type Shown =
  | { readonly what: 'nothing' }
  | { readonly what: 'link'; readonly url: string }
  | { readonly what: 'phrase'; readonly words: readonly string[] }
  | { readonly what: 'taken-over' }

/** Long enough to walk to the other device. */
const LINK_LASTS_MS = 10 * 60_000

export class DevicesDialog extends ModalDialog {
  static override properties = {
    page: { attribute: false },
    shown: { state: true },
    failure: { state: true },
  }
  static override styles = [
    controls,
    dialogStyle,
    carriedField,
    css`
      .body,
      section,
      form {
        display: grid;
        gap: 12px;
      }
      section + section {
        padding-top: 16px;
        border-top: 1px solid var(--line);
      }
      h3 {
        margin: 0;
        font-size: 13px;
        font-weight: 600;
      }
      label {
        display: grid;
        gap: 4px;
        font-weight: 500;
      }
      ol {
        columns: 3 112px;
        margin: 0;
        padding: 12px 12px 12px 36px;
        font: 13px/24px var(--mono);
        background: var(--row);
        border-radius: 8px;
      }
      .failure {
        color: var(--alarm);
      }
    `,
  ]
  declare page: Page
  declare shown: Shown
  declare failure: string | undefined

  constructor() {
    super()
    this.shown = { what: 'nothing' }
    this.failure = undefined
  }

  async open(): Promise<void> {
    this.#show({ what: 'nothing' })
    await this.show()
  }

  override render() {
    const say = strings.devices
    return html`<dialog aria-labelledby="title" @close=${() => this.#show({ what: 'nothing' })}>
      ${this.header(say.title)}
      <div class="body">
        ${this.page.isOwner ? html`${this.#link()}${this.#phrase()}` : this.#takeOver()}
        <p class="failure" role="alert" ?hidden=${this.failure === undefined}>${this.failure}</p>
      </div>
    </dialog>`
  }

  #link() {
    const say = strings.devices
    return html`<section>
      <h3>${say.add}</h3>
      <p>${say.addExplained}</p>
      ${
        this.shown.what === 'link'
          ? html`<coterie-carried-text .called=${say.link} .text=${this.shown.url}></coterie-carried-text>`
          : html`<div class="buttons"><button type="button" @click=${this.#makeLink}>${say.add}</button></div>`
      }
    </section>`
  }

  #phrase() {
    const say = strings.devices
    return html`<section>
      <h3>${say.phrase}</h3>
      <p>${say.phraseExplained}</p>
      ${
        this.shown.what === 'phrase'
          ? html`<ol aria-label=${say.phrase}>
                ${this.shown.words.map((word) => html`<li>${word}</li>`)}
              </ol>
              <div class="buttons">
                <button type="button" class="filled" @click=${() => this.close()}>${say.written}</button>
              </div>`
          : html`<div class="buttons"><button type="button" @click=${this.#showPhrase}>${say.show}</button></div>`
      }
    </section>`
  }

  #takeOver() {
    const say = strings.devices
    if (this.shown.what === 'taken-over') return html`<p>${say.tookOver}</p>`
    return html`<section>
      <h3>${say.useTitle}</h3>
      <p>${say.useExplained}</p>
      <form @submit=${this.#use}>
        <label
          >${say.phrase}<textarea rows="4" autocomplete="off" spellcheck="false" autocapitalize="none" aria-label=${say.phrase}></textarea>
        </label>
        <div class="buttons"><button type="submit" class="filled">${say.use}</button></div>
      </form>
    </section>`
  }

  readonly #makeLink = (): void => {
    const { session } = this.page
    session
      ?.invite({ role: 'editor', uses: 1, expiresIn: LINK_LASTS_MS })
      .then(({ url }) => this.#show({ what: 'link', url }), this.#failed)
  }

  readonly #showPhrase = (): void => {
    const { session } = this.page
    if (session) this.#show({ what: 'phrase', words: session.recoveryPhrase().split(' ') })
  }

  readonly #use = (event: Event): void => {
    event.preventDefault()
    const field = this.renderRoot.querySelector('textarea')
    this.page.session
      ?.takeOver(field?.value ?? '')
      .then(() => this.#show({ what: 'taken-over' }), this.#failed)
  }

  readonly #failed = (error: Error): void => {
    this.failure = error.message
  }

  #show(shown: Shown): void {
    this.shown = shown
    this.failure = undefined
    const field = this.renderRoot?.querySelector?.('textarea')
    if (field) field.value = ''
  }
}
