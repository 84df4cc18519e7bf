/** Who may hold a copy: everybody who was ever let in, when they were seen last, and who was removed. A modal dialog. */
import { css, html } from 'lit'
import { initialsOf } from '../../src/editor/index.ts'
import type { Copy } from '../../src/index.ts'
import type { Page } from '../page.ts'
import { dressAvatar } from '../parts/avatars.ts'
import { controls } from '../parts/controls.ts'
import { Watching } from '../parts/watching.ts'
import { strings } from '../strings.ts'
import { dialogStyle, ModalDialog } from './dialog.ts'

const say = strings.copies

export class CopiesDialog extends ModalDialog {
  static override properties = { page: { attribute: false } }
  static override styles = [
    controls,
    dialogStyle,
    css`
      ul {
        display: grid;
        gap: 4px;
        margin: 12px 0 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: 28px minmax(0, 1fr);
        gap: 0 12px;
        align-items: center;
        min-height: 44px;
      }
      .avatar {
        display: grid;
        grid-row: 1 / span 2;
        place-items: center;
        width: 28px;
        height: 28px;
        font-size: 11px;
        font-weight: 700;
        color: #000;
        border-radius: 50%;
      }
      .gone .avatar {
        opacity: 0.45;
      }
      .name {
        overflow: hidden;
        font-weight: 500;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .about {
        font-size: 12px;
        line-height: 16px;
      }
    `,
  ]
  declare page: Page

  constructor() {
    super()
    new Watching(this)
  }

  async open(): Promise<void> {
    this.requestUpdate()
    await this.show()
  }

  override render() {
    const copies = this.page.session?.copies ?? []
    return html`<dialog aria-labelledby="title" closedby="any">
      ${this.header(say.title)}
      <p class="muted">${say.explained}</p>
      <ul aria-label=${say.title}>
        ${[...copies].sort(byWeight).map((copy) => this.#row(copy))}
      </ul>
    </dialog>`
  }

  override updated(): void {
    for (const avatar of this.renderRoot.querySelectorAll<HTMLElement>('[data-color]'))
      dressAvatar(avatar, Number(avatar.dataset['color']))
  }

  #row(copy: Copy) {
    const { name, color, here, isMe } = copy
    return html`<li class=${here ? '' : 'gone'}>
      <span class="avatar" aria-hidden="true" data-color=${color}>${initialsOf(name)}</span>
      <span class="name">${name}${isMe ? html` <span class="muted">(${strings.you})</span>` : ''}</span>
      <span class="about muted">${aboutCopy(copy)}</span>
    </li>`
  }
}

/** Oneself, who is here, who was seen last before who was seen long ago; the removed at the end. */
function byWeight(one: Copy, other: Copy): number {
  const rank = ({ isMe, here, role }: Copy) => (isMe ? 0 : here ? 1 : role === undefined ? 3 : 2)
  return rank(one) - rank(other) || (other.lastSeenAt ?? 0) - (one.lastSeenAt ?? 0)
}

function aboutCopy({ isMe, here, role, lastSeenAt }: Copy): string {
  if (isMe) return say.thisDevice
  if (here) return say.hereNow
  const seen = lastSeenAt === undefined ? undefined : when.format(lastSeenAt)
  return role === undefined ? say.removed(seen) : say.seen(seen)
}

const when = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' })
