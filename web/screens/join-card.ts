/**
 * The card for an invite: who invites, to what, as what. Knocking shows who answers; nothing joins before the
 * button. Also what a link that did not open says, and what can be done about it.
 */
import { css, html, LitElement, nothing } from 'lit'
import type { Invitation } from '../../src/index.ts'
import type { Page } from '../page.ts'
import type { PageState } from '../page-state.ts'
import { controls } from '../parts/controls.ts'
import { Watching } from '../parts/watching.ts'
import type { Settings } from '../settings.ts'
import { strings } from '../strings.ts'
import { card } from './card.ts'

/** Names of errors that trying again cannot mend. */
const FINAL = new Set([
  'InviteMalformed',
  'InviteMismatch',
  'InviteExpired',
  'InviteUsed',
  'InviteRevoked',
  'SessionMissing',
  'CodeMalformed',
  'CodeUnknown',
  'CodeInterrupted',
  'WrongCode',
  'TurnedAway',
])

/** Names of errors that the check page can tell more about; it opens beside this page, which keeps the invite. */
const CHECKABLE = new Set(['NoRoute', 'WebRtcBlocked', 'SignalingUnreachable'])

const TITLES = {
  invite: strings.join.failedTitle,
  code: strings.joinDialog.failedTitle,
  session: strings.openFailed,
} as const

export class JoinCard extends LitElement {
  static override properties = { page: { attribute: false }, settings: { attribute: false } }
  static override styles = [
    controls,
    card,
    css`
      h2 strong {
        display: block;
        margin-top: 4px;
        overflow-wrap: anywhere;
        font-size: 24px;
        font-weight: 650;
        line-height: 32px;
      }
      .buttons a {
        align-content: center;
        padding: 0 12px;
        color: var(--accent-ink);
      }
      .inviter {
        font-weight: 400;
        color: var(--ink-2);
      }
      label {
        display: grid;
        gap: 4px;
        font-weight: 500;
      }
      .track {
        height: 2px;
        overflow: hidden;
        background: var(--line);
        border-radius: 1px;
      }
      .track::after {
        display: block;
        width: 40%;
        height: 100%;
        content: '';
        background: var(--accent);
        animation: pass 1.2s ease-in-out infinite;
        transform: translateX(-100%);
      }
      @keyframes pass {
        to {
          transform: translateX(250%);
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .track::after {
          width: 100%;
          animation: none;
          transform: none;
        }
      }
    `,
  ]
  declare page: Page
  declare settings: Settings
  #focused = ''

  constructor() {
    super()
    new Watching(this)
  }

  override render() {
    const { state } = this.page
    if (state.phase === 'knocking')
      return this.#waiting(state.by === 'code' ? strings.joinDialog.checking : strings.join.knocking)
    if (state.phase === 'opening') return this.#waiting(strings.opening)
    if (state.phase === 'asked') return this.#asked(state.invitation, false)
    if (state.phase === 'joining') return this.#asked(state.invitation, true)
    if (state.phase === 'refused') return this.#refused(state)
    return nothing
  }

  /** The button has the focus as soon as the card is there: Enter joins. */
  override updated(): void {
    const { phase } = this.page.state
    if (phase === this.#focused) return
    this.#focused = phase
    this.renderRoot.querySelector<HTMLElement>('button.filled')?.focus()
  }

  #waiting(what: string) {
    return html`<section class="card waiting" aria-busy="true">
      <p class="muted">${what}</p>
      <div class="track"></div>
    </section>`
  }

  #asked(invitation: Invitation, isJoining: boolean) {
    return html`<form class="card" @submit=${(event: Event) => this.#join(event, invitation)}>
      <h2>
        <span class="inviter">${strings.join.title(invitation.inviter)}</span>
        <strong>${invitation.title}</strong>
      </h2>
      <p>${strings.join.can[invitation.role]}</p>
      ${invitation.lobby ? html`<p aria-live="polite">${isJoining ? strings.join.waiting(invitation.inviter) : strings.join.asksFirst(invitation.inviter)}</p>` : nothing}
      <label
        >${strings.yourName}<input
          type="text"
          name="coterie-name"
          autocomplete="off"
          required
          maxlength="60"
          .value=${this.settings.name}
          ?disabled=${isJoining}
      /></label>
      <div class="buttons">
        <button type="submit" class="filled" ?disabled=${isJoining}>${strings.join.button}</button>
        <button type="button" class="quiet" @click=${() => this.page.newDraft()}>${strings.join.notNow}</button>
      </div>
      ${isJoining ? html`<div class="track" role="progressbar" aria-label=${strings.join.joining}></div>` : nothing}
      <p class="muted small">${strings.join.explained}</p>
    </form>`
  }

  /** A link that is used up stays so; what failed on the way may work the next time. */
  #refused({ what, because, again }: Extract<PageState, { phase: 'refused' }>) {
    const isCode = what === 'code'
    const title = TITLES[what]
    const isFinal = FINAL.has(because.name)
    const leave = () => this.page.newDraft()
    return html`<section class="card" role="alert">
      <h2>${title}</h2>
      <p>${because.message}</p>
      <div class="buttons">
        ${isCode ? html`<button type="button" class=${isFinal ? 'filled' : ''} @click=${this.#enterAnother}>${strings.joinDialog.another}</button>` : nothing}
        ${isFinal ? nothing : html`<button type="button" class="filled" @click=${again}>${strings.retry}</button>`}
        <button type="button" class=${isFinal && !isCode ? 'filled' : 'quiet'} @click=${leave}>${strings.join.startDraft}</button>
        ${CHECKABLE.has(because.name) ? html`<a href="/check" target="_blank">${strings.check.run}</a>` : nothing}
      </div>
    </section>`
  }

  readonly #enterAnother = (): void => {
    this.dispatchEvent(new CustomEvent('command', { detail: 'join', bubbles: true, composed: true }))
  }

  #join(event: Event, invitation: Invitation): void {
    event.preventDefault()
    const name = this.renderRoot.querySelector('input')?.value.trim() || this.settings.name
    this.dispatchEvent(new CustomEvent('renamed', { detail: name, bubbles: true, composed: true }))
    void this.page.join(invitation, name)
  }
}
