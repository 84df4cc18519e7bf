/**
 * What the owner can do about one person, under their row in `People`: change what they may do, or remove them after
 * one question that says what it does.
 */
import { css, html, LitElement } from 'lit'
import type { Member } from '../../src/index.ts'
import type { Page } from '../page.ts'
import { strings } from '../strings.ts'
import { choice, controls } from './controls.ts'

const ROLES = [
  ['editor', strings.canEdit],
  ['viewer', strings.canView],
] as const

export class PersonActions extends LitElement {
  static override properties = {
    page: { attribute: false },
    member: { attribute: false },
    called: { attribute: false },
    asking: { attribute: false },
  }
  static override styles = [
    controls,
    choice,
    css`
      :host {
        display: block;
        grid-column: 2 / -1;
        padding: 4px 0 8px;
      }
      .acts,
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        align-items: center;
      }
      .choice {
        flex: 1 1 160px;
      }
      .question {
        display: grid;
        gap: 8px;
        padding: 8px;
        background: var(--alarm-soft);
        border-radius: 8px;
      }
      .remove {
        color: #fff;
        background: var(--alarm-fill);
        border-color: transparent;
      }
      .remove:hover {
        background: var(--alarm-fill);
        filter: brightness(0.92);
      }
    `,
  ]
  declare page: Page
  declare member: Member
  /** The name by which this person is told from another of the same name. */
  declare called: string
  /** The question is on screen. */
  declare asking: boolean

  constructor() {
    super()
    this.asking = false
  }

  override render() {
    return this.asking ? this.#question() : this.#acts()
  }

  /** The safe answer has the focus. */
  override updated(changed: Map<string, unknown>): void {
    if (changed.has('asking') && this.asking) this.renderRoot.querySelector<HTMLElement>('.keep')?.focus()
  }

  #acts() {
    return html`<div class="acts">
      <div class="choice" role="radiogroup" aria-label=${strings.mayDo(this.called)}>
        ${ROLES.map(
          ([role, name]) =>
            html`<label
              ><input
                type="radio"
                name="role"
                autocomplete="off"
                .checked=${this.member.role === role}
                @change=${() => this.#attempt(this.page.session?.setRole(this.member.device, role))}
              />${name}</label
            >`,
        )}
      </div>
      <button type="button" aria-label=${strings.removeNamed(this.called)} @click=${() => this.#ask(true)}>
        ${strings.remove}
      </button>
    </div>`
  }

  #question() {
    return html`<div class="question" role="group" aria-label=${strings.removeNamed(this.called)}>
      <p>${strings.removeQuestion(this.called)}</p>
      <div class="buttons">
        <button type="button" class="remove" @click=${() => this.#remove()}>${strings.remove}</button>
        <button type="button" class="keep" @click=${() => this.#ask(false)}>${strings.keepPerson}</button>
      </div>
    </div>`
  }

  #ask(asking: boolean): void {
    this.dispatchEvent(new CustomEvent('asking', { detail: asking }))
  }

  #remove(): void {
    this.#ask(false)
    this.#attempt(this.page.session?.remove(this.member.device))
  }

  /** What was refused is told, and the choice shown is again the one that holds. */
  #attempt(work: Promise<void> | undefined): void {
    work?.catch((error: Error) => {
      this.page.toast(error.message)
      this.requestUpdate('member')
    })
  }
}
