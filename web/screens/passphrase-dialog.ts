/**
 * `Passphrase…`: sets, changes and removes the passphrase of this device, locks now, and says when it locks by itself.
 * A modal dialog. Invariant: what was typed is gone when it closes.
 */
import { css, html, nothing } from 'lit'
import type { Vault } from '../../src/index.ts'
import { engine } from '../engine.ts'
import type { Page } from '../page.ts'
import { choice, controls } from '../parts/controls.ts'
import { LOCK_CHOICES, type LockAfter } from '../settings.ts'
import { strings } from '../strings.ts'
import { dialogStyle, ModalDialog } from './dialog.ts'

type Standing = Awaited<ReturnType<Vault['state']>>
type Doing = 'nothing' | 'changing' | 'removing'

export class PassphraseDialog extends ModalDialog {
  static override properties = {
    page: { attribute: false },
    standing: { state: true },
    doing: { state: true },
    trying: { state: true },
    failure: { state: true },
    told: { state: true },
  }
  static override styles = [
    controls,
    choice,
    dialogStyle,
    css`
      .body,
      form {
        display: grid;
        gap: 12px;
      }
      label.field {
        display: grid;
        gap: 4px;
        font-weight: 500;
      }
      .label {
        font-weight: 500;
      }
      .buttons {
        flex-wrap: wrap;
      }
      .failure {
        color: var(--alarm);
      }
      .section {
        display: grid;
        gap: 12px;
        padding-top: 12px;
        border-top: 1px solid var(--line);
      }
    `,
  ]
  declare page: Page
  declare standing: Standing | undefined
  declare doing: Doing
  declare trying: boolean
  declare failure: string | undefined
  declare told: string | undefined

  constructor() {
    super()
    this.#begin(undefined)
  }

  async open(): Promise<void> {
    this.#begin(undefined)
    await this.show()
    this.standing = await (await engine()).vault.state()
    await this.updateComplete
    this.renderRoot.querySelector('input')?.focus()
  }

  override render() {
    const say = strings.passphrase
    return html`<dialog aria-labelledby="title" @close=${() => this.#begin(undefined)}>
      ${this.header(say.title)}
      <div class="body">
        ${this.#body()}
        <p class="failure" role="alert" ?hidden=${this.failure === undefined}>${this.failure}</p>
        <p class="muted" aria-live="polite" ?hidden=${this.told === undefined}>${this.told}</p>
      </div>
    </dialog>`
  }

  #body() {
    const say = strings.passphrase
    switch (this.standing) {
      case undefined:
        return nothing
      case 'unavailable':
        return html`<p>${say.unavailable}</p>`
      case 'locked':
        return html`<p>${say.lockedElsewhere}</p>`
      case 'none':
        return html`<p>${say.explained}</p>
          <p>${say.warning}</p>
          ${this.#form(say.set, [say.fresh, say.again], ([fresh = '']) => this.#set(fresh))}
          <p class="muted">${say.traces}</p>`
      case 'open':
        return this.#guarded()
      default:
        return this.standing satisfies never
    }
  }

  #guarded() {
    const say = strings.passphrase
    return html`<p>${say.isSet}</p>
      <div class="buttons">
        <button type="button" class="filled" @click=${this.#lock}>${say.lockNow}</button>
      </div>
      <span class="label">${say.lockAfter}</span>
      <div class="choice" role="radiogroup" aria-label=${say.lockAfter}>
        ${LOCK_CHOICES.map(
          (minutes) =>
            html`<label
              ><input
                type="radio"
                name="after"
                autocomplete="off"
                .checked=${this.page.lock.lockAfter === minutes}
                @change=${() => this.#choose(minutes)}
              />${say.after(minutes)}</label
            >`,
        )}
      </div>
      <div class="section">${this.#more()}</div>`
  }

  #more() {
    const say = strings.passphrase
    if (this.doing === 'changing')
      return this.#form(say.change, [say.current, say.fresh, say.again], ([from = '', to = '']) =>
        this.#attempt((vault) => vault.changePassphrase(from, to), say.changed),
      )
    if (this.doing === 'removing')
      return html`<p>${say.removeExplained}</p>
        ${this.#form(say.remove, [say.current], ([from = '']) => this.#remove(from))}`
    return html`<div class="buttons">
      <button type="button" @click=${() => this.#begin('open', 'changing')}>${say.changeCommand}</button>
      <button type="button" @click=${() => this.#begin('open', 'removing')}>${say.removeCommand}</button>
    </div>`
  }

  /** The last two fields, where there are two new ones, must be the same. */
  #form(button: string, names: readonly string[], go: (typed: readonly string[]) => void) {
    const submit = (event: Event) => {
      event.preventDefault()
      const typed = [...this.renderRoot.querySelectorAll<HTMLInputElement>('input[type=password]')].map(
        ({ value }) => value,
      )
      const isTwice = names.includes(strings.passphrase.again)
      if (isTwice && typed.at(-1) !== typed.at(-2)) this.failure = strings.passphrase.differ
      else if (!this.trying) go(typed)
    }
    return html`<form @submit=${submit}>
      ${names.map(
        (name) =>
          html`<label class="field"
            >${name}<input type="password" autocomplete="off" required aria-label=${name}
          /></label>`,
      )}
      <div class="buttons">
        <button type="submit" class="filled" ?disabled=${this.trying}>${button}</button>
        ${
          this.doing === 'nothing'
            ? nothing
            : html`<button type="button" class="quiet" @click=${() => this.#begin('open')}>${strings.passphrase.back}</button>`
        }
      </div>
    </form>`
  }

  #set(fresh: string): void {
    this.#attempt(async (vault) => {
      await vault.setPassphrase(fresh)
      await this.page.lock.set(vault)
    }, strings.passphrase.isNowSet)
  }

  #remove(from: string): void {
    this.#attempt(async (vault) => {
      await vault.removePassphrase(from)
      this.page.lock.removed()
    }, strings.passphrase.removed)
  }

  readonly #lock = (): void => this.#attempt((vault) => vault.lock(), '')

  #choose(lockAfter: LockAfter): void {
    this.dispatchEvent(new CustomEvent('setting', { detail: { lockAfter }, bubbles: true, composed: true }))
  }

  #attempt(work: (vault: Vault) => Promise<void>, done: string): void {
    this.trying = true
    this.failure = undefined
    engine()
      .then(async ({ vault }) => {
        await work(vault)
        this.#begin(await vault.state())
        this.told = done
      })
      .catch((error: Error) => {
        this.failure = error.message
      })
      .finally(() => {
        this.trying = false
      })
  }

  #begin(standing: Standing | undefined, doing: Doing = 'nothing'): void {
    for (const field of this.renderRoot?.querySelectorAll?.<HTMLInputElement>('input[type=password]') ?? [])
      field.value = ''
    this.standing = standing
    this.doing = doing
    this.trying = false
    this.failure = undefined
    this.told = undefined
  }
}
