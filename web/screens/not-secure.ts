/** The one screen on a page where the browser gives no cryptography: what to do instead. Nothing else works there. */
import { css, html, LitElement } from 'lit'
import { controls } from '../parts/controls.ts'
import { strings } from '../strings.ts'
import { card } from './card.ts'

export class NotSecure extends LitElement {
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
      .step {
        display: grid;
        gap: 8px;
      }
      code {
        padding: 8px 12px;
        overflow-wrap: anywhere;
        font: 13px/20px var(--mono);
        user-select: all;
        background: var(--line-soft);
        border-radius: 8px;
      }
    `,
  ]

  override render() {
    const port = location.port === '' ? '' : `:${location.port}`
    const here = `http://localhost${port}`
    return html`<section class="card">
      <h2>${strings.notSecure.title}</h2>
      <p>${strings.notSecure.reason}</p>
      <div class="step"><p>${strings.notSecure.onThisComputer}</p><code>${here}</code></div>
      <div class="step"><p>${strings.notSecure.fromElsewhere}</p><code>${strings.notSecure.command}</code></div>
    </section>`
  }
}
