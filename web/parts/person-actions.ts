/**
 * What the owner can do about one person, under their row in `People`: change what they may do; remove them or hand the
 * session over to them, each after one question that says what it does.
 */
import { css, html, LitElement, nothing } from 'lit'
import type { Member } from '../../src/index.ts'
import type { Page } from '../page.ts'
import { strings } from '../strings.ts'
import { choice, controls } from './controls.ts'

const ROLES = [
  ['editor', strings.canEdit],
  ['viewer', strings.canView],
] as const

export type PersonQuestion = 'remove' | 'hand-over'

const QUESTIONS = {
  remove: {
    name: strings.removeNamed,
    sentence: strings.removeQuestion,
    act: strings.remove,
    otherwise: strings.keepPerson,
  },
  'hand-over': {
    name: strings.handOverTo,
    sentence: strings.handOverQuestion,
    act: strings.handOver,
    otherwise: strings.keepSession,
  },
} as const

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
      .acts {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        align-items: center;
      }
      .choice {
        flex: 1 1 160px;
      }
    `,
  ]
  declare page: Page
  declare member: Member
  /** The name by which this person is told from another of the same name. */
  declare called: string
  /** The question that is on screen. */
  declare asking: PersonQuestion | undefined

  constructor() {
    super()
    this.asking = undefined
  }

  override render() {
    return this.asking ? this.#question(this.asking) : this.#acts()
  }

  #acts() {
    return html`<div class="acts">
      ${this.member.here ? this.#compare() : nothing} ${this.page.isOwner ? this.#decisions() : nothing}
    </div>`
  }

  /** Anybody may compare with anybody who is here. */
  #compare() {
    const ask = () => {
      const detail = this.member.device
      this.dispatchEvent(new CustomEvent('compare-request', { detail, bubbles: true, composed: true }))
    }
    return html`<button type="button" aria-label=${strings.compare.with(this.called)} @click=${ask}>
      ${strings.compare.command}
    </button>`
  }

  #decisions() {
    return html`<div class="choice" role="radiogroup" aria-label=${strings.mayDo(this.called)}>
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
      <button
        type="button"
        aria-label=${strings.handOverTo(this.called)}
        @click=${() => this.#ask('hand-over')}
      >${strings.handOver}</button>
      <button type="button" aria-label=${strings.removeNamed(this.called)} @click=${() => this.#ask('remove')}>
        ${strings.remove}
      </button>`
  }

  #question(asking: PersonQuestion) {
    const say = QUESTIONS[asking]
    return html`<coterie-question
      .name=${say.name(this.called)}
      .sentence=${say.sentence(this.called)}
      .act=${say.act}
      .otherwise=${say.otherwise}
      @answer=${({ detail }: CustomEvent<boolean>) => {
        this.#ask(undefined)
        if (detail) this.#attempt(this.#perform(asking))
      }}
    ></coterie-question>`
  }

  #perform(asking: PersonQuestion): Promise<void> | undefined {
    return asking === 'remove' ? this.#remove() : this.page.session?.transfer(this.member.device)
  }

  /** It acts on whoever hears of it: the owner is told when nobody does yet. */
  async #remove(): Promise<void> {
    const { session } = this.page
    const { device, name } = this.member
    await session?.remove(device)
    const others = session?.members.filter(({ isMe }) => !isMe).length ?? 0
    if (others > 0 && this.page.status.peers === 0)
      this.page.toast(strings.removalWaits(name), `standing ${device}`)
  }

  #ask(asking: PersonQuestion | undefined): void {
    this.dispatchEvent(new CustomEvent('asking', { detail: asking }))
  }

  /** What was refused is told, and the choice shown is again the one that holds. */
  #attempt(work: Promise<void> | undefined): void {
    work?.catch((error: Error) => {
      this.page.toast(error.message)
      this.requestUpdate('member')
    })
  }
}
