/**
 * Joining by what somebody was told: one field that takes a code or a link. A word that is in no code is caught while
 * it is typed and nothing is tried, so that the code stays good. A modal dialog; the join card follows.
 */
import { css, html, nothing } from 'lit'
import { type ReadCode, readTyped, type TypedText } from '../code-text.ts'
import { engine } from '../engine.ts'
import type { Page } from '../page.ts'
import { controls } from '../parts/controls.ts'
import { strings } from '../strings.ts'
import { dialogStyle, ModalDialog } from './dialog.ts'

export class JoinDialog extends ModalDialog {
  static override properties = {
    page: { attribute: false },
    typed: { state: true },
    asked: { state: true },
    readCode: { state: true },
  }
  static override styles = [
    controls,
    dialogStyle,
    css`
      form {
        display: grid;
        gap: 12px;
      }
      .field {
        display: grid;
        gap: 4px;
        font-weight: 500;
      }
      input.text {
        min-height: 44px;
        font: 16px/24px var(--mono);
      }
      .said {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        align-items: center;
        min-height: 32px;
      }
      .wrong {
        color: var(--alarm);
      }
      .buttons button {
        min-height: 40px;
      }
    `,
  ]
  declare page: Page
  declare typed: string
  /** The button was pressed: what is unfinished is now said. */
  declare asked: boolean
  declare readCode: ReadCode | undefined

  constructor() {
    super()
    this.typed = ''
    this.asked = false
    this.readCode = undefined
  }

  async open(): Promise<void> {
    this.typed = ''
    this.asked = false
    await this.show()
    this.#field?.focus()
    this.readCode = (await engine()).codeProblem
  }

  get #field(): HTMLInputElement | null {
    return this.renderRoot.querySelector('input')
  }

  override render() {
    const read = this.#read()
    return html`<dialog aria-labelledby="title" closedby="any">
      ${this.header(strings.joinDialog.title)}
      <form @submit=${this.#submit}>
        <label class="field"
          >${strings.joinDialog.field}<input
            class="text"
            type="text"
            name="coterie-code"
            aria-label=${strings.joinDialog.field}
            autocomplete="off"
            autocapitalize="none"
            autocorrect="off"
            spellcheck="false"
            aria-describedby="said"
            aria-invalid=${read.phase === 'wrong' ? 'true' : 'false'}
            .value=${this.typed}
            @input=${(event: Event) => this.#type((event.target as HTMLInputElement).value)}
        /></label>
        <div class="said" id="said" aria-live="polite">${this.#said(read)}</div>
        <div class="buttons"><button type="submit" class="filled">${strings.joinDialog.button}</button></div>
      </form>
    </dialog>`
  }

  #said({ phase, sentence, mended }: TypedText) {
    if (phase !== 'wrong' && !(this.asked && sentence !== ''))
      return html`<span class="muted">${strings.joinDialog.explained}</span>`
    return html`<span class="wrong">${sentence}</span>${
      mended === undefined
        ? nothing
        : html`<button type="button" @click=${() => this.#mend(mended)}>${strings.joinDialog.useWord(mended)}</button>`
    }`
  }

  /** Until the library has come nothing can be read, and nothing is wrong. */
  #read(): TypedText {
    return readTyped(this.typed, (text) => this.readCode?.(text))
  }

  #type(text: string): void {
    this.typed = text
    this.asked = false
  }

  #mend(text: string): void {
    this.#type(text)
    this.#field?.focus()
  }

  readonly #submit = (event: Event): void => {
    event.preventDefault()
    this.asked = true
    const { phase } = this.#read()
    if (phase !== 'ready' || this.readCode === undefined) return this.#field?.focus()
    const given = this.typed.trim()
    this.close()
    this.page.enterTyped(given, /^\p{Nd}/u.test(given) ? 'code' : 'link')
  }
}
