/**
 * The screen of a locked device: `Unlock`, and what is left for whoever has forgotten the passphrase.
 * Invariant: nothing of what is kept here is read before the passphrase is right; erasing asks once.
 */
import { css, html, LitElement, nothing } from 'lit'
import { engine } from '../engine.ts'
import type { Page } from '../page.ts'
import { controls } from '../parts/controls.ts'
import { strings } from '../strings.ts'
import { card } from './card.ts'

type Forgetting = 'closed' | 'told' | 'asked'

export class LockScreen extends LitElement {
  static override properties = {
    page: { attribute: false },
    failure: { state: true },
    trying: { state: true },
    forgetting: { state: true },
  }
  static override styles = [
    controls,
    card,
    css`
      form,
      .forgotten {
        display: grid;
        gap: 12px;
      }
      label {
        display: grid;
        gap: 4px;
        font-weight: 500;
      }
      .failure {
        color: var(--alarm);
      }
      .forgotten {
        padding-top: 16px;
        border-top: 1px solid var(--line);
      }
      .quiet {
        margin-left: auto;
        color: var(--ink-2);
      }
      .danger {
        color: var(--alarm);
      }
    `,
  ]
  declare page: Page
  declare failure: string | undefined
  declare trying: boolean
  declare forgetting: Forgetting

  constructor() {
    super()
    this.failure = undefined
    this.trying = false
    this.forgetting = 'closed'
  }

  override firstUpdated(): void {
    this.#field?.focus()
  }

  get #field(): HTMLInputElement | null {
    return this.renderRoot.querySelector('input')
  }

  override render() {
    const say = strings.lock
    return html`<section class="card">
      <h2>${say.title}</h2>
      <p class="muted">${say.explained}</p>
      <form @submit=${this.#unlock}>
        <label
          >${say.passphrase}<input
            type="password"
            autocomplete="off"
            aria-label=${say.passphrase}
            aria-describedby="failure"
            aria-invalid=${this.failure === undefined ? 'false' : 'true'}
        /></label>
        <p class="failure" id="failure" role="alert" ?hidden=${this.failure === undefined}>${this.failure}</p>
        <div class="buttons">
          <button type="submit" class="filled" ?disabled=${this.trying}>${say.unlock}</button>
          <button
            type="button"
            class="quiet"
            aria-expanded=${this.forgetting === 'closed' ? 'false' : 'true'}
            @click=${() => this.#forget(this.forgetting === 'closed' ? 'told' : 'closed')}
          >
            ${say.forgotten}
          </button>
        </div>
      </form>
      ${this.forgetting === 'closed' ? nothing : this.#forgotten()}
    </section>`
  }

  #forgotten() {
    const say = strings.lock
    if (this.forgetting === 'told')
      return html`<div class="forgotten">
        <p>${say.nobodyCanHelp}</p>
        <div class="buttons">
          <button type="button" class="danger" @click=${() => this.#forget('asked')}>${say.erase}</button>
        </div>
      </div>`
    return html`<div class="forgotten" role="group" aria-label=${say.erase}>
      <p>${say.eraseQuestion}</p>
      <div class="buttons">
        <button type="button" class="danger" @click=${this.#erase}>${say.eraseEverything}</button>
        <button type="button" @click=${() => this.#forget('told')}>${say.keep}</button>
      </div>
    </div>`
  }

  #forget(next: Forgetting): void {
    this.forgetting = next
  }

  readonly #unlock = async (event: Event): Promise<void> => {
    event.preventDefault()
    const passphrase = this.#field?.value ?? ''
    if (this.trying || passphrase === '') return
    this.trying = true
    this.failure = undefined
    try {
      const { vault } = await engine()
      await vault.unlock(passphrase)
      await this.page.lock.unlocked(vault)
      this.page.unlocked()
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error)
      this.#field?.select()
    } finally {
      this.trying = false
    }
  }

  readonly #erase = (): void => {
    engine()
      .then(({ vault }) => vault.erase())
      .then(
        () => this.page.lock.erased(),
        (error: Error) => {
          this.failure = error.message
        },
      )
  }
}
