/**
 * The links that still let somebody in, each with what it allows, until when and who came by it, to be taken back one by
 * one or all at once; and the others that somebody came by.
 */
import { css, html, LitElement, nothing } from 'lit'
import type { Invite, InviteUse } from '../../src/index.ts'
import type { Page } from '../page.ts'
import { strings } from '../strings.ts'
import { controls } from './controls.ts'
import { Watching } from './watching.ts'

/** Milliseconds within which a day's name is enough. */
const WEEK = 6 * 24 * 60 * 60 * 1_000

/** More people than these are counted. */
const NAMED = 3

export class OpenLinks extends LitElement {
  static override properties = { page: { attribute: false } }
  static override styles = [
    controls,
    css`
      section {
        display: grid;
        gap: 4px;
        padding-top: 12px;
        border-top: 1px solid var(--line);
      }
      section + section {
        margin-top: 12px;
      }
      h2 {
        font-size: 13px;
      }
      ul {
        display: grid;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: flex;
        gap: 8px;
        align-items: center;
        justify-content: space-between;
        min-height: 32px;
      }
      button {
        min-height: 28px;
        margin-right: -8px;
        padding: 0 8px;
      }
      .reset {
        justify-self: start;
        margin: 4px 0 0;
      }
    `,
  ]
  declare page: Page

  constructor() {
    super()
    new Watching(this)
  }

  override render() {
    const now = Date.now()
    const open = this.page.session?.invites.filter(({ expiresAt }) => expiresAt > now) ?? []
    const uses = this.page.session?.inviteUses ?? []
    const closed = uses.filter(({ id, usedBy }) => usedBy.length > 0 && !open.some((one) => one.id === id))
    return html`${open.length === 0 ? nothing : this.#open(open, uses, now)}
    ${closed.length === 0 ? nothing : this.#closed(closed)}`
  }

  #open(open: readonly Invite[], uses: readonly InviteUse[], now: number) {
    return html`<section>
      <h2>${strings.openLinks}</h2>
      <ul aria-label=${strings.openLinks}>
        ${open.map((invite) =>
          this.#row(
            invite,
            uses.find(({ id }) => id === invite.id),
            now,
          ),
        )}
      </ul>
      <button type="button" class="reset" aria-describedby="reset-explained" @click=${() => this.#reset()}>${strings.resetLinks}</button>
      <p class="muted" id="reset-explained">${strings.resetExplained}</p>
    </section>`
  }

  #closed(closed: readonly InviteUse[]) {
    return html`<section>
      <h2>${strings.usedLinks}</h2>
      <ul aria-label=${strings.usedLinks}>
        ${closed.map(
          ({ role, uses, state, usedBy }) =>
            html`<li><span class="muted">${strings.usedLink(role, namesOf(usedBy), usedBy.length > uses ? 'overused' : state)}</span></li>`,
        )}
      </ul>
    </section>`
  }

  #row(invite: Invite, use: InviteUse | undefined, now: number) {
    const link = strings.openLink(invite.role, invite.uses, timeText(invite.expiresAt, now))
    const asks = invite.lobby ? `${link}, ${strings.asksYou}` : link
    const says = use && use.usedBy.length > 0 ? `${asks}; ${strings.usedBy(namesOf(use.usedBy))}` : asks
    return html`<li>
      <span class="muted">${says}</span>
      <button type="button" class="quiet" aria-label=${strings.takeBackNamed(says)} @click=${() => this.#takeBack(invite)}>
        ${strings.takeBack}
      </button>
    </li>`
  }

  #reset(): void {
    const reset = this.page.resetLinks().then(() => {
      this.dispatchEvent(new CustomEvent('reset', { bubbles: true, composed: true }))
    })
    reset.catch((error: Error) => this.page.toast(error.message))
  }

  #takeBack(invite: Invite): void {
    const revoked = this.page.session?.revoke(invite.id).then(() => this.requestUpdate())
    revoked?.catch((error: Error) => this.page.toast(error.message))
    this.dispatchEvent(new CustomEvent('taken-back', { detail: invite.id, bubbles: true, composed: true }))
  }
}

/** A classroom is counted. */
function namesOf(people: InviteUse['usedBy']): readonly string[] | number {
  return people.length > NAMED ? people.length : people.map(({ name }) => name)
}

function timeText(at: number, now: number): string {
  const options: Intl.DateTimeFormatOptions =
    at - now < WEEK
      ? { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
      : { day: 'numeric', month: 'short' }
  return new Intl.DateTimeFormat('en-GB', options).format(at)
}
