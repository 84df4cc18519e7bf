/**
 * The code that stands for the link, to be read aloud: it comes when the server answers, counts down, and says what
 * became of it. Codes that were given out stay valid when the popover closes.
 */
import { css, html, LitElement, nothing } from 'lit'
import type { Invite, Session } from '../../src/index.ts'
import { CodeDesk, countdownText } from '../code-desk.ts'
import type { Page } from '../page.ts'
import { strings } from '../strings.ts'
import { controls } from './controls.ts'
import { Watching } from './watching.ts'

/** Milliseconds between two looks at the clock. */
const TICK = 1_000

export class SpokenCodePart extends LitElement {
  static override properties = { page: { attribute: false }, invite: { attribute: false } }
  static override styles = [
    controls,
    css`
      section {
        display: grid;
        gap: 4px;
        padding-top: 12px;
        border-top: 1px solid var(--line);
      }
      h2 {
        font-size: 13px;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 12px;
        align-items: baseline;
        justify-content: space-between;
      }
      .code {
        font: 600 18px/28px var(--mono);
        overflow-wrap: anywhere;
        user-select: all;
      }
      .left {
        font-variant-numeric: tabular-nums;
      }
      button {
        justify-self: start;
      }
    `,
  ]
  declare page: Page
  /** The link the code stands for; undefined: none is open. */
  declare invite: Invite | undefined
  #desk = new CodeDesk(() => this.requestUpdate())
  #session: Session | undefined
  #stop = (): void => undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    new Watching(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.#timer)
  }

  /** Codes belong to a session: another one begins with none. */
  override willUpdate(): void {
    const { session } = this.page
    if (session === this.#session) return
    this.#stop()
    this.#session = session
    const desk = new CodeDesk(() => this.requestUpdate())
    this.#desk = desk
    this.#stop =
      session?.on('code', (ended) => {
        if (!desk.heard(ended) || this.checkVisibility()) return
        if (ended.outcome !== 'used') this.page.toast(strings.spokenCode.over[ended.outcome], 'code')
      }) ?? (() => undefined)
  }

  /** The first code is asked for by itself, as soon as the server answers and somebody looks. */
  override updated(): void {
    const { invite } = this
    if (!invite || !this.checkVisibility() || !this.#serverAnswers) return
    if (this.#desk.of(invite).phase === 'unasked') void this.#desk.ask(invite)
  }

  override render() {
    const { invite } = this
    if (!invite) return nothing
    return html`<section>
      <h2>${strings.spokenCode.heading}</h2>
      ${this.#state(invite)}
    </section>`
  }

  get #serverAnswers(): boolean {
    const { phase, problem } = this.page.status
    return (
      phase !== 'draft' &&
      phase !== 'offline' &&
      phase !== 'ended' &&
      problem?.kind !== 'signaling-unreachable'
    )
  }

  #state(invite: Invite) {
    const state = this.#desk.of(invite)
    const say = strings.spokenCode
    switch (state.phase) {
      case 'unasked':
        return html`<p class="muted" aria-live="polite">${this.#serverAnswers ? say.asking : say.waiting}</p>`
      case 'asking':
        return html`<p class="muted" aria-live="polite">${say.asking}</p>`
      case 'given':
        this.#tick()
        return html`<div class="row">
            <span class="code" role="group" aria-label=${say.name} aria-live="polite">${state.code}</span>
            <span class="muted left" role="timer" aria-label=${say.timeLeft}
              >${countdownText(state.expiresAt, Date.now())}</span
            >
          </div>
          <p class="muted">${say.explained}</p>`
      case 'over':
        return this.#again(invite, say.over[state.outcome])
      case 'failed':
        return this.#again(invite, state.because.message)
      default:
        return state satisfies never
    }
  }

  #again(invite: Invite, sentence: string) {
    return html`<p aria-live="polite">${sentence}</p>
      <button type="button" @click=${() => this.#desk.ask(invite)}>${strings.spokenCode.newCode}</button>`
  }

  #tick(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.requestUpdate(), TICK)
  }
}
