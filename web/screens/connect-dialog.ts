/**
 * `Connect without a server`: two texts that people carry from screen to screen. One side gives an offer and takes the
 * answer; the other takes the offer and gives the answer. A modal dialog; the join card follows on the other side.
 * Invariant: a text that is refused changes nothing, the offer stays open; what is closed leaves no offer behind.
 */
import { css, html, nothing } from 'lit'
import type { HandAnswer, HandOffer } from '../../src/index.ts'
import { engine } from '../engine.ts'
import type { Page } from '../page.ts'
import { choice, controls } from '../parts/controls.ts'
import { strings } from '../strings.ts'
import { carriedField } from './carried-field.ts'
import { dialogStyle, ModalDialog } from './dialog.ts'

type Hand =
  | { readonly phase: 'choosing' }
  | { readonly phase: 'making' }
  | { readonly phase: 'offering'; readonly offer: HandOffer }
  | { readonly phase: 'at-the-door' }
  | { readonly phase: 'answering' }
  | { readonly phase: 'answered'; readonly answer: HandAnswer }
  | { readonly phase: 'handed-back'; readonly answer: HandAnswer }

interface Attempt<Made> {
  readonly go: (made: Made) => void
  readonly tooLate: (made: Made) => void
  readonly before: Hand
}

const ROLES = [
  ['editor', strings.canEdit],
  ['viewer', strings.canView],
] as const

/** Milliseconds between two looks at an offer's age. */
const LOOK_PAUSE = 15_000
const MINUTE = 60_000

export class ConnectDialog extends ModalDialog {
  static override properties = {
    page: { attribute: false },
    hand: { state: true },
    allows: { state: true },
    failure: { state: true },
  }
  static override styles = [
    controls,
    choice,
    dialogStyle,
    carriedField,
    css`
      .body,
      label {
        display: grid;
        gap: 12px;
      }
      label {
        gap: 4px;
        font-weight: 500;
      }
      .buttons {
        flex-wrap: wrap;
      }
      .failure {
        color: var(--alarm);
      }
    `,
  ]
  declare page: Page
  declare hand: Hand
  declare allows: 'editor' | 'viewer'
  declare failure: string | undefined
  #timer: ReturnType<typeof setInterval> | undefined

  constructor() {
    super()
    this.hand = { phase: 'choosing' }
    this.allows = 'editor'
    this.failure = undefined
  }

  async open(): Promise<void> {
    this.#drop()
    await this.show()
    this.#timer = setInterval(() => this.requestUpdate(), LOOK_PAUSE)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#drop()
  }

  override render() {
    return html`<dialog aria-labelledby="title" @close=${() => this.#drop()}>
      ${this.header(strings.hand.title)}
      <div class="body">
        ${this.#body(this.hand)}
        <p class="failure" role="alert" ?hidden=${this.failure === undefined}>${this.failure}</p>
      </div>
    </dialog>`
  }

  #body(hand: Hand) {
    const say = strings.hand
    switch (hand.phase) {
      case 'choosing':
        return this.#choosing()
      case 'making':
        return html`<p class="muted" aria-live="polite">${say.making}</p>`
      case 'offering':
        return html`<p>${say.giveOffer}</p>
          <coterie-carried-text .called=${say.offer} .text=${hand.offer.text}></coterie-carried-text>
          <p class="muted">${say.age(Math.floor((Date.now() - hand.offer.madeAt) / MINUTE))}</p>
          ${this.#paste(say.theirAnswer, say.connect, (text) => this.#accept(hand.offer, text))}`
      case 'at-the-door':
        return html`<p aria-live="polite">${say.atTheDoor}</p>`
      case 'answering':
        return html`<p>${say.beforehand}</p>
          ${this.#paste(say.theirOffer, say.makeAnswer, (text) => this.#answer(text))}`
      case 'answered':
        return html`<p>${say.giveAnswer}</p>
          <coterie-carried-text .called=${say.answer} .text=${hand.answer.text}></coterie-carried-text>
          <div class="buttons">
            <button type="button" class="filled" @click=${() => this.#handedBack(hand.answer)}>${say.handedBack}</button>
          </div>`
      case 'handed-back':
        return html`<p aria-live="polite">${say.waiting}</p>`
      default:
        return hand satisfies never
    }
  }

  #choosing() {
    return html`<p>${strings.hand.explained}</p>
      ${
        this.page.isOwner
          ? html`<div class="choice" role="radiogroup" aria-label=${strings.linkAllows}>
              ${ROLES.map(
                ([role, name]) =>
                  html`<label
                    ><input
                      type="radio"
                      name="role"
                      autocomplete="off"
                      .checked=${this.allows === role}
                      @change=${() => {
                        this.allows = role
                      }}
                    />${name}</label
                  >`,
              )}
            </div>`
          : nothing
      }
      <div class="buttons">
        ${
          this.page.isOwner
            ? html`<button type="button" class="filled" @click=${() => this.#offer()}>${strings.hand.makeOffer}</button>`
            : nothing
        }
        <button type="button" @click=${() => this.#become({ phase: 'answering' })}>${strings.hand.haveOffer}</button>
      </div>`
  }

  #paste(called: string, button: string, take: (text: string) => void) {
    const field = () => this.renderRoot.querySelector<HTMLTextAreaElement>('form textarea')
    const submit = (event: Event) => {
      event.preventDefault()
      take(field()?.value.trim() ?? '')
    }
    const scanned = ({ detail }: CustomEvent<string>) => {
      const place = field()
      if (place !== null) place.value = detail
      take(detail.trim())
    }
    return html`<form class="body" @submit=${submit}>
      <label>${called}<textarea rows="3" autocomplete="off" spellcheck="false" aria-label=${called}></textarea></label>
      <coterie-camera-scan @scanned=${scanned}></coterie-camera-scan>
      <div class="buttons"><button type="submit" class="filled">${button}</button></div>
    </form>`
  }

  #offer(): void {
    this.#become({ phase: 'making' })
    const made = this.page.share(this.allows).then((invite) => invite.carried())
    this.#attempt(made, {
      go: (offer) => this.#become({ phase: 'offering', offer }),
      tooLate: (offer) => offer.close(),
      before: { phase: 'choosing' },
    })
  }

  #accept(offer: HandOffer, text: string): void {
    this.#attempt(offer.accept(text), {
      go: () => this.#become({ phase: 'at-the-door' }),
      tooLate: () => undefined,
      before: this.hand,
    })
  }

  #answer(text: string): void {
    const made = engine().then(({ answerOffer }) => answerOffer(text, this.page.wishes))
    this.#attempt(made, {
      go: (answer) => this.#become({ phase: 'answered', answer }),
      tooLate: (answer) => answer.close(),
      before: this.hand,
    })
  }

  #handedBack(answer: HandAnswer): void {
    answer.handedBack()
    this.#become({ phase: 'handed-back', answer })
    this.#attempt(answer.card, {
      go: (invitation) => {
        this.hand = { phase: 'choosing' } // the card's connection is the page's from now on
        this.close()
        this.page.welcome(invitation)
      },
      tooLate: (invitation) => invitation.decline(),
      before: { phase: 'answering' },
    })
  }

  /** What was dropped meanwhile comes too late; what fails goes back to `before`, with the reason. */
  #attempt<Made>(work: Promise<Made>, { go, tooLate, before }: Attempt<Made>): void {
    this.failure = undefined
    const { hand } = this
    work.then(
      (made) => (this.hand === hand ? go(made) : tooLate(made)),
      (error: Error) => {
        if (this.hand !== hand) return
        this.hand = before
        this.failure = error.message
      },
    )
  }

  #become(hand: Hand): void {
    this.failure = undefined
    this.hand = hand
  }

  /** Whoever closes the dialog takes back what was not used. */
  #drop(): void {
    clearInterval(this.#timer)
    const { hand } = this
    this.#become({ phase: 'choosing' })
    if (hand.phase === 'offering') hand.offer.close()
    if (hand.phase === 'answered' || hand.phase === 'handed-back') hand.answer.close()
  }
}
