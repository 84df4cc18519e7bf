/**
 * `/check`: what works on this device and what does not, one line each as it is found, and the whole as a report
 * to copy. Needs no session, and works where nothing can be edited.
 */
import { css, html, LitElement, nothing } from 'lit'
import { Check, type IconNode, Minus, X } from 'lucide'
import type { CheckReport, Finding, Verdict } from '../../src/index.ts'
import { copyPromised } from '../clipboard.ts'
import { engine } from '../engine.ts'
import { controls } from '../parts/controls.ts'
import { icon } from '../parts/icon.ts'
import { strings } from '../strings.ts'
import { card } from './card.ts'

const MARKS: Readonly<Record<Verdict, IconNode>> = { works: Check, fails: X, 'not-there': Minus }

export class CheckPage extends LitElement {
  static override properties = {
    findings: { state: true },
    report: { state: true },
    failure: { state: true },
    copied: { state: true },
  }
  static override styles = [
    controls,
    card,
    css`
      .card {
        max-width: 560px;
      }
      h2 {
        font-size: 20px;
        line-height: 28px;
      }
      ul {
        display: grid;
        gap: 16px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: 24px minmax(0, 1fr);
        gap: 0 12px;
      }
      .mark {
        display: grid;
        grid-row: 1 / span 2;
        place-items: center;
        width: 24px;
        height: 24px;
        color: var(--ink-2);
        background: var(--line-soft);
        border-radius: 12px;
      }
      .works .mark {
        color: var(--good);
      }
      .fails .mark {
        color: var(--alarm);
        background: var(--alarm-soft);
      }
      .name {
        font-weight: 600;
        line-height: 24px;
      }
      textarea {
        width: 100%;
        padding: 8px 12px;
        font: 12px/18px var(--mono);
        color: var(--ink);
        resize: vertical;
        background: var(--paper);
        border: 1px solid var(--line-strong);
        border-radius: 8px;
      }
      label {
        display: grid;
        gap: 4px;
        font-weight: 500;
      }
      a.button {
        display: inline-flex;
        align-items: center;
        min-height: 40px;
        padding: 0 12px;
        font-weight: 500;
        color: var(--ink);
        text-decoration: none;
        border-radius: 8px;
      }
      a.button:hover {
        background: var(--line-soft);
      }
    `,
  ]
  declare findings: readonly Finding[]
  declare report: CheckReport | undefined
  declare failure: string | undefined
  declare copied: 'yes' | 'refused' | undefined

  constructor() {
    super()
    this.findings = []
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#run()
  }

  override render() {
    const isRunning = this.report === undefined && this.failure === undefined
    return html`<section class="card" aria-busy=${isRunning}>
      <h2>${strings.check.title}</h2>
      <p class="muted">${strings.check.explained}</p>
      <ul>
        ${this.findings.map((finding) => this.#line(finding))}
      </ul>
      <p role="status">${isRunning ? strings.check.running : this.#summary()}</p>
      ${this.failure === undefined ? nothing : html`<p role="alert">${this.failure}</p>`}
      ${this.report === undefined ? nothing : this.#reportOf(this.report)}
      <div class="buttons">
        ${
          this.report === undefined
            ? nothing
            : html`<button type="button" class="filled" @click=${() => this.#copy()}>${strings.check.copy}</button>`
        }
        ${
          isRunning
            ? nothing
            : html`<button type="button" @click=${() => this.#run()}>${strings.check.again}</button>`
        }
        <a class="button" href="/">${strings.check.back}</a>
      </div>
    </section>`
  }

  #line({ name, verdict, sentence }: Finding) {
    return html`<li class=${verdict}>
      <span class="mark">${icon(MARKS[verdict])}</span>
      <span class="name">${name}<span class="visually-hidden">: ${strings.check.verdicts[verdict]}</span></span>
      <span class="muted">${sentence}</span>
    </li>`
  }

  #reportOf({ text }: CheckReport) {
    return html`<label
      >${strings.check.report}<textarea
        readonly
        rows="8"
        spellcheck="false"
        .value=${text}
        @focus=${(event: Event) => (event.target as HTMLTextAreaElement).select()}
      ></textarea
    ></label>`
  }

  #summary(): string {
    if (this.copied === 'yes') return strings.check.copied
    if (this.copied === 'refused') return strings.pressCopy(/Mac|iP/.test(navigator.platform))
    const failing = this.findings.filter(({ verdict }) => verdict === 'fails').length
    return this.failure === undefined ? strings.check.done(failing) : ''
  }

  #run(): void {
    this.findings = []
    this.report = undefined
    this.failure = undefined
    this.copied = undefined
    this.#check().catch((error: Error) => {
      this.failure = error.message
    })
  }

  async #check(): Promise<void> {
    const { runCheck } = await engine()
    this.report = await runCheck({
      onFinding: (finding) => {
        this.findings = [...this.findings, finding]
      },
    })
  }

  /** Where the clipboard says no, the report is selected for the keys. */
  async #copy(): Promise<void> {
    const isCopied = await copyPromised(Promise.resolve(this.report?.text ?? ''))
    this.copied = isCopied ? 'yes' : 'refused'
    if (!isCopied) this.renderRoot.querySelector('textarea')?.focus()
  }
}
