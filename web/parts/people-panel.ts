/**
 * The `People` list: who belongs to the session, what they may do, who is here; own name and colour in place. The owner
 * changes there what others may do (person-actions.ts) and pauses editing.
 */
import { css, html, LitElement, nothing } from 'lit'
import { Ellipsis } from 'lucide'
import { COLOR_NAMES, colorOf, initialsOf, PALETTE } from '../../src/editor/index.ts'
import type { Member, Session } from '../../src/index.ts'
import type { Page } from '../page.ts'
import { strings } from '../strings.ts'
import { type Whereabouts, whereabouts } from '../whereabouts.ts'
import { dressAvatar } from './avatars.ts'
import { controls, panel } from './controls.ts'
import { showBeside } from './floating.ts'
import { icon } from './icon.ts'
import type { PersonQuestion } from './person-actions.ts'
import type { SessionQuestion } from './session-actions.ts'
import { Watching } from './watching.ts'

/** Milliseconds between two looks at where everybody is. */
const LOOK_PAUSE = 500

export class PeoplePanel extends LitElement {
  static override properties = {
    page: { attribute: false },
    opened: { state: true },
    asking: { state: true },
    askingAll: { state: true },
  }
  static override styles = [
    controls,
    panel,
    css`
      .body {
        display: grid;
        gap: 12px;
      }
      ul {
        display: grid;
        gap: 4px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: 28px minmax(0, 1fr) auto auto;
        gap: 0 12px;
        align-items: center;
        min-height: 40px;
      }
      li.gone {
        color: var(--ink-2);
      }
      li.gone .avatar {
        opacity: 0.45;
      }
      li .icon {
        grid-row: 1;
        grid-column: 4;
        margin-right: -8px;
      }
      li:has(.details) .avatar {
        grid-row: 1 / span 2;
      }
      .details {
        grid-column: 2 / -1;
        overflow: hidden;
        font-size: 12px;
        line-height: 16px;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .answer {
        grid-column: 2 / -1;
        padding: 4px 0 8px;
      }
      .avatar {
        display: grid;
        place-items: center;
        width: 28px;
        height: 28px;
        font-size: 11px;
        font-weight: 700;
        color: #000;
        border-radius: 50%;
      }
      .name {
        overflow: hidden;
        font-weight: 500;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .details::first-letter {
        text-transform: uppercase;
      }
      .colors {
        display: grid;
        grid-template-columns: repeat(12, 1fr);
        gap: 2px;
      }
      .colors label {
        position: relative;
        display: grid;
        place-items: center;
        height: 24px;
      }
      .colors input {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        margin: 0;
        cursor: pointer;
        opacity: 0;
      }
      .swatch {
        width: 18px;
        height: 18px;
        border-radius: 50%;
        forced-color-adjust: none;
      }
      .colors label:has(:checked) .swatch {
        box-shadow: 0 0 0 2px var(--raised), 0 0 0 4px var(--ink);
      }
      .colors label:has(:focus-visible) {
        outline: 2px solid var(--accent);
        border-radius: 6px;
      }
      .own {
        display: grid;
        gap: 12px;
        padding-bottom: 12px;
        border-bottom: 1px solid var(--line);
      }
      .field {
        display: grid;
        gap: 4px;
        font-weight: 500;
      }
    `,
  ]
  declare page: Page
  /** Whose actions are shown. */
  declare opened: Member['device'] | undefined
  /** Which question about them is. */
  declare asking: PersonQuestion | undefined
  /** Which question about the session is. */
  declare askingAll: SessionQuestion | undefined
  #looking: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    this.opened = undefined
    this.asking = undefined
    this.askingAll = undefined
    new Watching(this)
  }

  /** To be called before `open`: the question about removing somebody is then on screen. */
  askToRemove(device: Member['device']): void {
    this.opened = device
    this.asking = 'remove'
  }

  /** The same with the question about beginning the session anew. */
  askToRestart(): void {
    this.askingAll = 'restart'
  }

  open(button: HTMLElement): void {
    const panel = this.#panel
    if (!panel || !showBeside(panel, button, 'left')) return
    panel.focus()
    this.#lookAgain()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stopLooking()
  }

  get #panel(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>('[popover]')
  }

  /** Places and times move all the time: while the list is open it is drawn again once a LOOK_PAUSE. */
  #lookAgain(): void {
    this.requestUpdate()
    this.#looking = setTimeout(() => this.#lookAgain(), LOOK_PAUSE)
  }

  #stopLooking(): void {
    clearTimeout(this.#looking)
  }

  #closed(): void {
    this.#stopLooking()
    this.opened = undefined
    this.asking = undefined
    this.askingAll = undefined
  }

  override render() {
    const { session } = this.page
    return html`<div
      popover="auto"
      role="dialog"
      aria-label=${strings.people}
      tabindex="-1"
      @toggle=${(event: ToggleEvent) => event.newState === 'closed' && this.#closed()}
    >
      ${session ? this.#body(session) : ''}
    </div>`
  }

  override updated(): void {
    for (const avatar of this.renderRoot.querySelectorAll<HTMLElement>('[data-color]')) {
      dressAvatar(avatar, Number(avatar.dataset['color']))
    }
    for (const swatch of this.renderRoot.querySelectorAll<HTMLElement>('.swatch')) {
      swatch.style.backgroundColor = colorOf(Number(swatch.dataset['index']))
    }
  }

  #body(session: Session) {
    const everybody = whereabouts(session)
    const owner = session.members.find(({ role, isMe }) => role === 'owner' && !isMe)
    const here = everybody.filter(({ attention }) => attention !== 'gone').length
    return html`<div class="body">
      ${this.#own(session)}
      ${everybody.length > 1 ? html`<p class="muted">${strings.hereNow(here)}</p>` : ''}
      <ul aria-label=${strings.people}>
        ${everybody.map((one) => this.#row(one, session.members))}
      </ul>
      ${everybody.length === 1 ? html`<p class="muted">${strings.nobodyYet}</p>` : ''}
      ${owner && session.isPaused ? html`<p class="muted">${strings.pausedBy(owner.name)}</p>` : nothing}
      ${owner ? html`<p class="muted">${strings.onlyOwnerInvites(owner.name)}</p>` : ''}
      <coterie-session-actions
        .page=${this.page}
        .asking=${this.askingAll}
        @asking=${(event: CustomEvent<SessionQuestion | undefined>) => {
          this.askingAll = event.detail
        }}
      ></coterie-session-actions>
    </div>`
  }

  /** One click for whoever asks. */
  #answer({ device, asksToEdit }: Member, called: string) {
    if (!asksToEdit || !this.page.isOwner) return nothing
    return html`<span class="answer"
      ><button type="button" @click=${() => this.page.letEdit(device)}>${strings.letEdit(called)}</button></span
    >`
  }

  #own({ me }: Session) {
    return html`<div class="own">
      <label class="field"
        >${strings.yourName}<input
          type="text"
          autocomplete="off"
          maxlength="60"
          .value=${me.name}
          @change=${(event: Event) => this.#rename((event.target as HTMLInputElement).value)}
        /></label>
      <div class="colors" role="radiogroup" aria-label=${strings.yourColor}>
        ${PALETTE.map(
          (_color, index) =>
            html`<label title=${COLOR_NAMES[index] ?? ''}
              ><input
                type="radio"
                name="color"
                autocomplete="off"
                aria-label=${COLOR_NAMES[index] ?? ''}
                .checked=${me.color === index}
                @change=${() => this.page.session?.setProfile({ color: index })}
              /><span class="swatch" data-index=${index}></span
            ></label>`,
        )}
      </div>
    </div>`
  }

  /** Two people with one name are told apart by a short piece of their device's id. */
  #row(whereabouts: Whereabouts, all: readonly Member[]) {
    const { member, attention } = whereabouts
    const isShared = all.some(({ name, device }) => name === member.name && device !== member.device)
    const mark = member.isMe ? ` (${strings.you})` : isShared ? ` ${member.device.slice(0, 4)}` : ''
    const details = this.#details(whereabouts)
    return html`<li class=${attention}>
      <span class="avatar" aria-hidden="true" data-color=${member.color}>${initialsOf(member.name)}</span>
      <span class="name">${member.name}<span class="muted">${mark}</span></span>
      <span class="muted">${strings.roles[member.role]}</span>
      ${details.length === 0 ? '' : html`<span class="details muted">${details.join(' · ')}</span>`}
      ${this.#answer(member, `${member.name}${mark}`)}
      ${!member.isMe && (this.page.isOwner || member.here) ? this.#actions(member, `${member.name}${mark}`) : nothing}
    </li>`
  }

  #actions(member: Member, called: string) {
    const isOpen = this.opened === member.device
    return html`<button
        type="button"
        class="icon"
        aria-label=${strings.actionsFor(called)}
        aria-expanded=${isOpen ? 'true' : 'false'}
        @click=${() => this.#show(isOpen ? undefined : member.device)}
      >${icon(Ellipsis, 16)}</button>
      ${
        isOpen
          ? html`<coterie-person-actions
              .page=${this.page}
              .member=${member}
              .called=${called}
              .asking=${this.asking}
              @asking=${(event: CustomEvent<PersonQuestion | undefined>) => {
                this.asking = event.detail
              }}
            ></coterie-person-actions>`
          : nothing
      }`
  }

  #show(device: Member['device'] | undefined): void {
    this.opened = device
    this.asking = undefined
  }

  /** Idle or away, the place, the way and its time: what of it is known. */
  #details({ member, attention, route, rtt }: Whereabouts): readonly string[] {
    const verified = member.verified ? [strings.compare.verified] : []
    if (attention === 'gone') return [strings.notHere, ...verified]
    if (member.isMe) return member.asksToEdit ? [strings.asks] : []
    const line = this.page.lineOf(member.device)
    return [
      ...(member.asksToEdit ? [strings.asks] : []),
      ...verified,
      ...(attention === 'active' ? [] : [strings[attention]]),
      ...(route === undefined ? [] : [strings.routes[route]]),
      ...(rtt === undefined ? [] : [strings.milliseconds(rtt)]),
      ...(line === undefined ? [] : [`${this.page.title}:${line}`]),
    ]
  }

  #rename(name: string): void {
    const clean = name.trim()
    this.requestUpdate()
    if (clean === '') return
    this.page.session?.setProfile({ name: clean })
    this.dispatchEvent(new CustomEvent('renamed', { detail: clean, bubbles: true, composed: true }))
  }
}
