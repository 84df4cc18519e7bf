/** How two texts differ, line by line, for people to read: what is the same is left out but for a few lines around. */
import { css, html, nothing } from 'lit'
import type { VersionComparison } from '../../src/index.ts'
import { strings } from '../strings.ts'

const words = strings.versions

/** Lines that stay around a change, so that it can be found again. */
const AROUND = 3
/** Longer comparisons end here: nobody reads them, and the page would be slow. */
const MOST_LINES = 2_000

export const comparisonStyle = css`
  .comparison {
    max-height: 420px;
    margin: 0;
    padding: 8px 0;
    overflow: auto;
    font: 12px/18px var(--mono);
    background: var(--paper);
    border: 1px solid var(--line);
    border-radius: 8px;
  }
  .comparison > * {
    display: block;
    min-height: 18px;
    padding: 0 12px 0 28px;
    text-indent: -16px;
    text-decoration: none;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .comparison del {
    background: var(--alarm-soft);
  }
  .comparison ins {
    background: var(--accent-soft);
  }
  .comparison .skipped {
    padding: 4px 12px;
    font-family: var(--sans);
    text-indent: 0;
    color: var(--ink-2);
  }
`

type Line = { readonly of: 'both' | 'before' | 'after'; readonly text: string } | { readonly skipped: number }

export function comparisonOf(comparison: readonly VersionComparison[]) {
  const changed = comparison.filter(({ parts }) => parts.some(({ of }) => of !== 'both'))
  if (changed.length === 0) return html`<p class="muted">${words.same}</p>`
  return changed.map(({ root, parts }) => {
    const lines = linesOf(parts)
    return html`${changed.length > 1 ? html`<h3>${root}</h3>` : nothing}
      <p class="muted">${words.legend}</p>
      <div class="comparison" role="group" tabindex="0" aria-label=${words.comparison}>
        ${lines.slice(0, MOST_LINES).map(lineOf)}
        ${lines.length > MOST_LINES ? html`<span class="skipped">${words.more}</span>` : nothing}
      </div>`
  })
}

function lineOf(line: Line) {
  if ('skipped' in line) return html`<span class="skipped">${words.unchanged(line.skipped)}</span>`
  if (line.of === 'before') return html`<del>− ${line.text}</del>`
  if (line.of === 'after') return html`<ins>+ ${line.text}</ins>`
  return html`<span>\u00a0 ${line.text}</span>`
}

function linesOf(parts: VersionComparison['parts']): Line[] {
  return parts.flatMap(({ of, text }, index): Line[] => {
    const lines = text.replace(/\n$/, '').split('\n')
    const isShort = lines.length <= 2 * AROUND + 1
    const [head, tail] = [index === 0 ? 0 : AROUND, index === parts.length - 1 ? 0 : AROUND]
    const shown = (some: readonly string[]): Line[] => some.map((line) => ({ of, text: line }))
    if (of !== 'both' || isShort) return shown(lines)
    const skipped = lines.length - head - tail
    return [...shown(lines.slice(0, head)), { skipped }, ...shown(tail === 0 ? [] : lines.slice(-tail))]
  })
}
