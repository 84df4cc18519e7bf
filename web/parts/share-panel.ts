/**
 * The share popover: one link, its QR code, a code to read aloud instead, and what the link allows. The link is made on this device, so it is
 * there at once and does not wait for any server.
 * Invariants: exactly one textbox `Invite link`; "Link copied" only when it was copied; the link shown is always
 * of the kind that is chosen.
 */
import { css, html, LitElement } from 'lit'
import { Check, Copy } from 'lucide'
import type { Invite } from '../../src/index.ts'
import { copyPromised } from '../clipboard.ts'
import type { Page } from '../page.ts'
import { strings } from '../strings.ts'
import { choice, controls, panel } from './controls.ts'
import { showBeside } from './floating.ts'
import { icon } from './icon.ts'
import { drawQrCode } from './qr-code.ts'
import { Watching } from './watching.ts'

type LinkRole = 'editor' | 'viewer'

/** making: on its way; selected: the clipboard was refused; shown: neither copied nor refused; taken-back: it opens nothing now, nor does any other after a reset. */
type LinkState = 'making' | 'copied' | 'selected' | 'shown' | 'failed' | 'taken-back' | 'reset'

export class SharePanel extends LitElement {
  static override properties = {
    page: { attribute: false },
    allows: { state: true },
    asksFirst: { state: true },
    invite: { state: true },
    link: { state: true },
  }
  static override styles = [
    controls,
    panel,
    choice,
    css`
      .body {
        display: grid;
        gap: 12px;
      }
      .row {
        display: flex;
        gap: 8px;
      }
      .row input {
        flex: 1;
        min-width: 0;
        font: 12px/20px var(--mono);
        text-overflow: ellipsis;
      }
      .row button {
        min-width: 104px;
        min-height: 36px;
      }
      .said {
        display: flex;
        gap: 6px;
        align-items: center;
        min-height: 20px;
        font-weight: 500;
        color: var(--accent-ink);
      }
      .qr {
        display: block;
        width: 184px;
        margin: 4px auto 0;
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
      .first {
        display: flex;
        gap: 8px;
        align-items: center;
        min-height: 24px;
      }
      .first input {
        flex: none;
        width: 16px;
        min-height: 16px;
        margin: 0;
        accent-color: var(--accent);
      }
      .local {
        padding-top: 12px;
        border-top: 1px solid var(--line);
      }
      @media (width <= 520px) {
        .qr {
          width: 152px;
        }
      }
    `,
  ]
  declare page: Page
  /** What the link lets its holder do. */
  declare allows: LinkRole
  /** Whoever comes by the link is asked about first. */
  declare asksFirst: boolean
  declare invite: Invite | undefined
  declare link: LinkState
  #asked = 0

  constructor() {
    super()
    this.allows = 'editor'
    this.asksFirst = false
    this.invite = undefined
    this.link = 'making'
    new Watching(this)
  }

  /** Opens under `button` and copies the link; to be called inside the click. */
  open(button: HTMLElement): void {
    if (!this.#panel || !showBeside(this.#panel, button, 'right')) return
    const isKnown = this.page.session?.invites.some(({ id }) => id === this.invite?.id) ?? false
    if (!isKnown) this.invite = undefined // of another session, or used
    this.#offer(this.allows, false)
    this.#field?.focus()
  }

  get #panel(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>('[popover]')
  }

  get #field(): HTMLInputElement | null {
    return this.renderRoot.querySelector('input[readonly]')
  }

  override render() {
    const isEdit = this.allows === 'editor'
    return html`<div popover="auto" role="dialog" aria-label=${strings.share}>
      <div class="body">
        <div class="choice" role="radiogroup" aria-label=${strings.linkAllows}>
          ${this.#radio('editor', strings.canEdit)} ${this.#radio('viewer', strings.canView)}
        </div>
        <p class="muted">${isEdit ? strings.editLinkExplained : strings.viewLinkExplained}</p>
        <label class="first"
          ><input
            type="checkbox"
            autocomplete="off"
            .checked=${this.asksFirst}
            @change=${(event: Event) => this.#askFirst((event.target as HTMLInputElement).checked)}
          />${strings.askFirst}</label
        >
        ${this.#linkRow()}
        <div class="said" aria-live="polite">${this.#said()}</div>
        <div class="qr" role="img" aria-label=${strings.qrCode} ?hidden=${!this.invite || this.#isUsed()}></div>
        <coterie-spoken-code .page=${this.page} .invite=${this.#isUsed() ? undefined : this.invite}></coterie-spoken-code>
        <coterie-open-links .page=${this.page} @taken-back=${this.#takenBack} @reset=${this.#reset}></coterie-open-links>
        ${isOnlyHere() ? html`<p class="muted local">${strings.onlyThisComputer}</p>` : ''}
      </div>
    </div>`
  }

  override updated(): void {
    const place = this.renderRoot.querySelector<HTMLElement>('.qr')
    if (place && this.invite && place.dataset['url'] !== this.invite.url) {
      place.dataset['url'] = this.invite.url
      place.replaceChildren(drawQrCode(this.invite.url))
    }
  }

  #linkRow() {
    const isUsed = this.#isUsed()
    return html`<div class="row">
      <input
        type="text"
        readonly
        autocomplete="off"
        spellcheck="false"
        aria-label=${strings.inviteLink}
        .value=${this.invite?.url ?? ''}
        placeholder=${this.#isNone() ? '' : strings.preparingLink}
        @focus=${(event: FocusEvent) => (event.target as HTMLInputElement).select()}
      />
      ${
        isUsed || this.#isNone()
          ? html`<button type="button" @click=${() => this.#offer(this.allows, true)}>${strings.newLink}</button>`
          : html`<button type="button" @click=${() => this.#offer(this.allows, false)}>
              ${icon(Copy, 14)} ${strings.copyLink}
            </button>`
      }
    </div>`
  }

  #said() {
    if (this.#isUsed()) return html`<span class="muted">${strings.linkUsed}</span>`
    switch (this.link) {
      case 'copied':
        return html`${icon(Check, 16)} ${strings.linkCopied}`
      case 'selected':
        return html`${strings.pressCopy(/Mac|iPhone|iPad/.test(navigator.platform))}`
      case 'taken-back':
        return html`<span class="muted">${strings.linkTakenBack}</span>`
      case 'reset':
        return html`<span class="muted">${strings.linksReset}</span>`
      case 'failed':
        return html`${strings.linkFailed}`
      default:
        return ''
    }
  }

  #radio(role: LinkRole, name: string) {
    return html`<label
      ><input
        type="radio"
        name="role"
        autocomplete="off"
        .checked=${this.allows === role}
        @change=${() => this.#choose(role)}
      />${name}</label
    >`
  }

  readonly #takenBack = (event: CustomEvent<Invite['id']>): void => {
    if (event.detail !== this.invite?.id) return
    this.#asked++
    this.invite = undefined
    this.link = 'taken-back'
  }

  readonly #reset = (): void => {
    this.#asked++
    this.invite = undefined
    this.link = 'reset'
  }

  /** The last link was taken back; a new one is made only when it is wanted. */
  #isNone(): boolean {
    return this.link === 'taken-back' || this.link === 'reset'
  }

  #askFirst(asksFirst: boolean): void {
    this.asksFirst = asksFirst
    this.#choose(this.allows)
  }

  #choose(role: LinkRole): void {
    this.allows = role
    this.invite = undefined
    this.#offer(role, false) // what is in the clipboard must not allow more than what is chosen
  }

  /** An edit link opens once: after that it is nobody's. */
  #isUsed(): boolean {
    const { invite } = this
    if (!invite || this.allows !== 'editor') return false
    return this.page.session?.invites.every(({ id }) => id !== invite.id) ?? false
  }

  /** Makes (or finds) the link, shows it, and copies it. To be called inside the click. */
  #offer(role: LinkRole, fresh: boolean): void {
    const asked = ++this.#asked
    const isStill = () => asked === this.#asked
    const made = this.page.share(role, fresh, this.asksFirst).then((invite) => {
      if (isStill()) this.invite = invite
      return invite.url
    })
    this.link = this.invite ? 'shown' : 'making'
    const settled = Promise.all([copyPromised(made), made]) // a clipboard may refuse before there is a link
    settled
      .then(([copied]) => isStill() && this.#settle(copied))
      .catch((error: Error) => {
        if (isStill()) this.link = 'failed'
        this.page.toast(error.message)
      })
  }

  #settle(copied: boolean): void {
    this.link = copied ? 'copied' : 'selected'
    if (copied) return
    const field = this.#field
    const select = () => {
      field?.focus()
      field?.select()
    }
    this.updateComplete.then(select).catch(reportError)
  }
}

/** The link names this page's origin, which another machine cannot reach. */
function isOnlyHere(): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname)
}
