/**
 * A question before something that cannot be undone: what it does in a sentence, the act, and the way out, which has
 * the focus. Emits 'answer' (CustomEvent<boolean>). More buttons may stand between the two, as children.
 */
import { css, html, LitElement } from 'lit'
import { strings } from '../strings.ts'
import { controls } from './controls.ts'

export class Question extends LitElement {
  static override properties = {
    name: { attribute: false },
    sentence: { attribute: false },
    act: { attribute: false },
    otherwise: { attribute: false },
  }
  static override styles = [
    controls,
    css`
      :host {
        display: block;
      }
      .question {
        display: grid;
        gap: 8px;
        padding: 8px;
        background: var(--alarm-soft);
        border-radius: 8px;
      }
      p {
        margin: 0;
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      .act {
        color: #fff;
        background: var(--alarm-fill);
        border-color: transparent;
      }
      .act:hover {
        background: var(--alarm-fill);
        filter: brightness(0.92);
      }
    `,
  ]
  /** What it is about, as a screen reader says it. */
  declare name: string
  declare sentence: string
  /** On the button that does it. */
  declare act: string
  declare otherwise: string

  constructor() {
    super()
    this.otherwise = strings.keepPerson
  }

  override firstUpdated(): void {
    this.renderRoot.querySelector<HTMLElement>('.otherwise')?.focus()
  }

  override render() {
    return html`<div class="question" role="group" aria-label=${this.name}>
      <p>${this.sentence}</p>
      <div class="buttons">
        <button type="button" class="act" @click=${() => this.#answer(true)}>${this.act}</button>
        <slot></slot>
        <button type="button" class="otherwise" @click=${() => this.#answer(false)}>${this.otherwise}</button>
      </div>
    </div>`
  }

  #answer(detail: boolean): void {
    this.dispatchEvent(new CustomEvent('answer', { detail }))
  }
}
