/** A text to carry to another screen: to copy, or to scan. */
import { css, html, LitElement } from 'lit'
import { Copy } from 'lucide'
import { copyPromised } from '../clipboard.ts'
import { controls } from '../parts/controls.ts'
import { icon } from '../parts/icon.ts'
import { drawQrCode } from '../parts/qr-code.ts'
import { strings } from '../strings.ts'
import { carriedField } from './carried-field.ts'

export class CarriedText extends LitElement {
  static override properties = {
    called: { attribute: false },
    text: { attribute: false },
    copied: { state: true },
  }
  static override styles = [
    controls,
    carriedField,
    css`
      :host {
        display: grid;
        gap: 8px;
      }
      .row {
        display: flex;
        gap: 8px;
        align-items: center;
      }
      .qr {
        width: 232px;
        max-width: 100%;
        margin: 0 auto;
        padding: 8px;
        background: #fff;
        border: 1px solid var(--line);
        border-radius: 8px;
      }
      .qr svg {
        display: block;
        width: 100%;
        height: auto;
      }
    `,
  ]
  /** The field's name. */
  declare called: string
  declare text: string
  declare copied: 'not-yet' | 'copied' | 'selected'

  constructor() {
    super()
    this.copied = 'not-yet'
  }

  override render() {
    return html`<textarea readonly rows="3" autocomplete="off" aria-label=${this.called} .value=${this.text}
        @focus=${(event: FocusEvent) => (event.target as HTMLTextAreaElement).select()}></textarea>
      <div class="row">
        <button type="button" @click=${() => this.#copy()}>${icon(Copy, 14)} ${strings.hand.copy}</button>
        <span class="muted" aria-live="polite">${this.#said()}</span>
      </div>
      <div class="qr" role="img" aria-label=${strings.hand.qr(this.called)}></div>`
  }

  override updated(): void {
    const place = this.renderRoot.querySelector<HTMLElement>('.qr')
    if (!place || place.dataset['text'] === this.text) return
    place.dataset['text'] = this.text
    place.replaceChildren(drawQrCode(this.text))
  }

  #said(): string {
    if (this.copied === 'copied') return strings.hand.copied
    return this.copied === 'selected' ? strings.pressCopy(/Mac|iPhone|iPad/.test(navigator.platform)) : ''
  }

  #copy(): void {
    const settle = (copied: boolean) => {
      this.copied = copied ? 'copied' : 'selected'
      if (!copied) this.renderRoot.querySelector('textarea')?.focus()
    }
    copyPromised(Promise.resolve(this.text)).then(settle).catch(reportError)
  }
}
