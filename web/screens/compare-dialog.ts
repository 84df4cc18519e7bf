/**
 * `Compare with …`: seven pictures that two people read to each other, and whether they match. Opened here, or by the
 * other side. A modal dialog. Invariants: it says that somebody is verified only after this person said so; the focus
 * is on no answer at first, so that a key meant for the text gives none.
 */
import { css, html, nothing } from 'lit'
import type { Comparison, Member } from '../../src/index.ts'
import type { Page } from '../page.ts'
import { controls } from '../parts/controls.ts'
import { strings } from '../strings.ts'
import { dialogStyle, ModalDialog } from './dialog.ts'

type Comparing =
  | { readonly phase: 'waiting' }
  | { readonly phase: 'comparing'; readonly comparison: Comparison }
  | { readonly phase: 'over'; readonly outcome: 'matches' | 'differs' | 'broken-off' }
  | { readonly phase: 'failed'; readonly because: string }

export class CompareDialog extends ModalDialog {
  static override properties = { page: { attribute: false }, comparing: { state: true } }
  static override styles = [
    controls,
    dialogStyle,
    css`
      .body {
        display: grid;
        gap: 16px;
      }
      ol {
        display: grid;
        grid-template-columns: repeat(4, minmax(0, 1fr));
        gap: 8px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        place-items: center;
        padding: 8px 0;
        font-size: 12px;
        background: var(--row);
        border-radius: 8px;
      }
      h2:focus {
        outline: none;
      }
      .picture {
        font-size: 28px;
        line-height: 36px;
      }
      .differs {
        color: var(--alarm);
      }
    `,
  ]
  declare page: Page
  declare comparing: Comparing
  /** Whom to compare with, or what the other side has begun. */
  what: Member['device'] | Comparison | undefined
  #stop: () => void = () => undefined
  #name = ''

  constructor() {
    super()
    this.comparing = { phase: 'waiting' }
  }

  async open(): Promise<void> {
    const { what } = this
    const { session } = this.page
    if (what === undefined || session === undefined) return
    const device = typeof what === 'string' ? what : what.member.device
    this.#name = session.members.find((one) => one.device === device)?.name ?? ''
    this.#stop = session.on('compared', ({ member, outcome }) => {
      if (member.device === device) this.comparing = { phase: 'over', outcome }
    })
    this.requestUpdate()
    await this.show()
    try {
      const comparison = typeof what === 'string' ? await session.verify(what) : what
      this.comparing = { phase: 'comparing', comparison }
    } catch (error) {
      this.comparing = { phase: 'failed', because: error instanceof Error ? error.message : String(error) }
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop()
  }

  override render() {
    return html`<dialog aria-labelledby="title" @close=${() => this.remove()}>
      <header><h2 id="title" tabindex="-1" autofocus>${strings.compare.title(this.#name)}</h2></header>
      <div class="body" aria-live="polite">${this.#body(this.comparing)}</div>
    </dialog>`
  }

  #body(comparing: Comparing) {
    const say = strings.compare
    switch (comparing.phase) {
      case 'waiting':
        return html`<p class="muted">${say.waiting(this.#name)}</p>
          ${this.#done(strings.closeDialog)}`
      case 'comparing':
        return this.#pictures(comparing.comparison)
      case 'over':
        return this.#outcome(comparing.outcome)
      case 'failed':
        return html`<p role="alert">${comparing.because}</p>
          ${this.#done(say.done)}`
      default:
        return comparing satisfies never
    }
  }

  #pictures({ emoji, answer }: Comparison) {
    const say = strings.compare
    return html`<p>${say.explained(this.#name)}</p>
      <ol aria-label=${say.emoji}>
        ${emoji.map(
          ({ picture, name }) =>
            html`<li><span class="picture" aria-hidden="true">${picture}</span><span>${name}</span></li>`,
        )}
      </ol>
      <div class="buttons">
        <button type="button" class="filled" @click=${() => answer(true)}>${say.match}</button>
        <button type="button" @click=${() => answer(false)}>${say.differ}</button>
      </div>`
  }

  #outcome(outcome: 'matches' | 'differs' | 'broken-off') {
    const say = strings.compare
    const sentences = { matches: say.matched, differs: say.differed, 'broken-off': say.brokenOff }
    return html`<p role=${outcome === 'differs' ? 'alert' : nothing} class=${outcome}>
        ${sentences[outcome](this.#name)}
      </p>
      ${this.#done(say.done)}`
  }

  #done(name: string) {
    return html`<div class="buttons">
      <button type="button" class="filled" @click=${() => this.close()}>${name}</button>
    </div>`
  }
}
