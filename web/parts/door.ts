/**
 * Who waits at the door because of an invite that asks first: one line each under the bar, until they are let in, turned
 * away or gone. It covers nothing and takes no focus.
 */
import { css, html, LitElement } from 'lit'
import type { WaitingGuest } from '../../src/index.ts'
import type { Page } from '../page.ts'
import { strings } from '../strings.ts'
import { controls } from './controls.ts'
import { Watching } from './watching.ts'

export class Door extends LitElement {
  static override properties = { page: { attribute: false } }
  static override styles = [
    controls,
    css`
      :host {
        display: block;
      }
      .guest {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 12px;
        align-items: center;
        padding: 8px 16px;
        background: var(--notice);
        border-bottom: 1px solid var(--line);
      }
      .text {
        flex: 1 1 240px;
        overflow-wrap: anywhere;
      }
      .buttons {
        display: flex;
        gap: 8px;
      }
      button {
        min-height: 28px;
      }
      button:not(.filled) {
        background: var(--paper);
      }
    `,
  ]
  declare page: Page

  constructor() {
    super()
    new Watching(this)
  }

  override render() {
    const guests = this.page.state.phase === 'live' ? (this.page.session?.lobby ?? []) : []
    return html`<div role="log" aria-live="polite" aria-label=${strings.door.name}>
      ${guests.map((guest) => this.#line(guest))}
    </div>`
  }

  #line(guest: WaitingGuest) {
    const { name, role } = guest
    const say = strings.door
    return html`<div class="guest">
      <span class="text">${say.waits(name, role)}</span>
      <span class="buttons">
        <button type="button" class="filled" aria-label=${say.letInNamed(name)} @click=${() => guest.letIn()}>
          ${say.letIn}
        </button>
        <button type="button" aria-label=${say.turnAwayNamed(name)} @click=${() => guest.turnAway()}>
          ${say.turnAway}
        </button>
      </span>
    </div>`
  }
}
