/** Who is here, at the upper left: initials on each person's colour, one per person, eight and then a number. */
import { css, html, LitElement } from 'lit'
import { caretStyleOf, colorOf, initialsOf } from '../../src/editor/index.ts'
import type { Member } from '../../src/index.ts'
import type { Page } from '../page.ts'
import { strings } from '../strings.ts'
import { inOrder } from '../whereabouts.ts'
import { controls } from './controls.ts'
import { Watching } from './watching.ts'

/** Avatars before the rest becomes a number; a narrow page has room for three circles in all. */
const SHOWN = 8
const CIRCLES_WHEN_NARROW = 3
const narrow = matchMedia('(width <= 640px)')

export class Avatars extends LitElement {
  static override properties = { page: { attribute: false }, followed: { attribute: false } }
  static override styles = [
    controls,
    css`
      :host {
        display: inline-flex;
        align-items: center;
      }
      ul {
        display: flex;
        gap: 4px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .avatar {
        display: grid;
        place-items: center;
        width: 28px;
        min-height: 28px;
        height: 28px;
        padding: 0;
        font-size: 11px;
        font-weight: 700;
        line-height: 1;
        letter-spacing: 0.02em;
        color: #000;
        border: 0;
        border-radius: 50%;
      }
      /* Drawn, not text: the name of the button is the person's, not their initials. */
      .avatar[data-initials]::before {
        content: attr(data-initials);
      }
      button.avatar:hover {
        box-shadow: 0 0 0 2px var(--paper), 0 0 0 4px var(--ring);
      }
      .avatar[aria-pressed='true'] {
        box-shadow: 0 0 0 2px var(--paper), 0 0 0 4px var(--ring);
      }
      .more {
        color: var(--ink-2);
        background: var(--line-soft);
      }
      @media (forced-colors: active) {
        .avatar {
          forced-color-adjust: none;
        }
      }
    `,
  ]
  declare page: Page
  declare followed: Member['device'] | undefined

  readonly #draw = (): void => this.requestUpdate()

  constructor() {
    super()
    new Watching(this)
  }

  override connectedCallback(): void {
    super.connectedCallback()
    narrow.addEventListener('change', this.#draw)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    narrow.removeEventListener('change', this.#draw)
  }

  override render() {
    const here = hereNow(this.page)
    const shown = narrow.matches && here.length > CIRCLES_WHEN_NARROW ? CIRCLES_WHEN_NARROW - 1 : SHOWN
    const more = here.length - shown
    return html`<ul aria-label=${strings.here}>
      ${here.slice(0, shown).map((member) => html`<li>${this.#avatar(member)}</li>`)}
      ${more > 0 ? html`<li>${this.#more(more)}</li>` : ''}
    </ul>`
  }

  override updated(): void {
    for (const avatar of this.renderRoot.querySelectorAll<HTMLElement>('[data-color]')) {
      dressAvatar(avatar, Number(avatar.dataset['color']))
    }
  }

  /** Leads to the list of everybody. */
  #more(count: number) {
    const ask = () => this.dispatchEvent(new CustomEvent('people-request', { bubbles: true, composed: true }))
    const name = strings.moreHere(count)
    return html`<button type="button" class="avatar more" aria-label=${name} title=${name} @click=${ask}>+${count}</button>`
  }

  #avatar(member: Member) {
    const initials = initialsOf(member.name)
    if (member.isMe) {
      const label = `${member.name} (${strings.you})`
      return html`<span class="avatar" role="img" aria-label=${label} title=${label} data-color=${member.color} data-initials=${initials}></span>`
    }
    return html`<button
      type="button"
      class="avatar"
      data-color=${member.color}
      aria-label=${strings.follow(member.name)}
      aria-pressed=${this.followed === member.device}
      title=${`${member.name}. ${strings.followHint}`}
      data-initials=${initials}
      @click=${(event: MouseEvent) => this.#choose(member, event.altKey)}
    ></button>`
  }

  #choose(member: Member, once: boolean): void {
    const detail: FollowRequest = { member, once }
    this.dispatchEvent(new CustomEvent('follow-request', { detail, bubbles: true, composed: true }))
  }
}

export interface FollowRequest {
  readonly member: Member
  /** Go there, but do not stay with them. */
  readonly once: boolean
}

/** Everybody who is here, oneself first, then those who write. */
export function hereNow(page: Page): readonly Member[] {
  return inOrder(page.session?.members ?? []).filter(({ isMe, here }) => isMe || here)
}

/** Colour and caret style of a person, set where the page's policy allows it: on the style object. */
export function dressAvatar(avatar: HTMLElement, color: number): void {
  avatar.style.backgroundColor = colorOf(color)
  avatar.style.setProperty('--ring', colorOf(color))
  avatar.dataset['caret'] = caretStyleOf(color)
}
