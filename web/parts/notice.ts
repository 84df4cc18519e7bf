/** One line under the bar when something stands in the way: what happened, and the buttons that help. */
import { css, html, LitElement } from 'lit'
import type { Page } from '../page.ts'
import type { PageState } from '../page-state.ts'
import { type ProblemText, problemText, type Remedy } from '../problem-text.ts'
import { strings } from '../strings.ts'
import { unreachable } from '../unreachable.ts'
import { controls } from './controls.ts'
import { Watching } from './watching.ts'

export class Notice extends LitElement {
  static override properties = { page: { attribute: false }, updateReady: { attribute: false } }
  static override styles = [
    controls,
    css`
      :host {
        display: block;
      }
      .notice {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 12px;
        align-items: center;
        padding: 8px 16px;
        background: var(--notice);
        border-bottom: 1px solid var(--line);
      }
      .notice.urgent {
        background: var(--alarm-soft);
      }
      .text {
        flex: 1 1 240px;
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      button {
        min-height: 28px;
        background: var(--paper);
      }
    `,
  ]
  declare page: Page
  /** Set when a newer version waits: called by the button. */
  declare updateReady: (() => void) | undefined

  constructor() {
    super()
    new Watching(this)
  }

  override render() {
    const notice = noticeOf(this.page)
    return html`<div role="alert">${notice ? this.#line(notice) : ''}</div>
      ${this.updateReady ? this.#update(this.updateReady) : ''}`
  }

  #line({ text, remedies, urgent }: ProblemText) {
    return html`<div class="notice ${urgent ? 'urgent' : ''}">
      <span class="text">${text}</span>
      <span class="buttons">
        ${remedies.map(
          (remedy) =>
            html`<button type="button" @click=${() => this.#offer(remedy)}>${nameOf(remedy)}</button>`,
        )}
      </span>
    </div>`
  }

  #update(reload: () => void) {
    return html`<div class="notice">
      <span class="text">${strings.updateReady}</span>
      <span class="buttons"><button type="button" @click=${reload}>${strings.reloadToUpdate}</button></span>
    </div>`
  }

  #offer(remedy: Remedy): void {
    this.dispatchEvent(new CustomEvent('remedy', { detail: remedy, bubbles: true, composed: true }))
  }
}

function nameOf(remedy: Remedy): string {
  switch (remedy) {
    case 'retry':
      return strings.retry
    case 'download':
      return strings.download
    case 'free-space':
      return strings.freeSpace
    case 'update':
      return strings.update
    case 'check':
      return strings.check.run
    case 'keep-list':
      return strings.problems.keepList
    case 'restart':
      return strings.restart.act
    case 'versions':
      return strings.versions.command
    case 'people':
      return strings.people
    default:
      return unreachable(remedy)
  }
}

/** What the page has to say above its text, if anything. */
function noticeOf(page: Page): ProblemText | undefined {
  const { state } = page
  if (state.phase === 'ended') {
    return {
      text: endedText(state),
      remedies: ['download'],
      urgent: state.reason === 'storage-lost',
    }
  }
  if (page.keepFailure) {
    return { text: page.keepFailure.message, remedies: ['retry', 'download'], urgent: true }
  }
  return page.status.problem && problemText(page.status.problem)
}

function endedText({ session, reason, at }: Extract<PageState, { phase: 'ended' }>): string {
  const say = strings.problems
  switch (reason) {
    case 'left':
      return say.left
    case 'forgotten':
      return say.forgotten
    case 'storage-lost':
      return say.storageLost
    case 'removed':
      return say.removed(
        session.members.find(({ role }) => role === 'owner')?.name ?? say.someone,
        clock.format(at),
      )
    default:
      return unreachable(reason)
  }
}

const clock = new Intl.DateTimeFormat('en', { timeStyle: 'short', hourCycle: 'h23' })
