/**
 * A figure as SVG: row under row, each with a bar for everybody who has a figure there. Bars of one row share a
 * scale, rows do not, because their units differ. Pure: text in, text out.
 * Invariants: readable on light and on dark ground, and without colours; a side that never finished is written
 * out, never a bar of length zero; nothing is fetched.
 */
export interface Bar {
  readonly who: string
  /** Undefined: never finished, or has no such thing. */
  readonly figure: number | undefined
}

export interface BarRow {
  readonly title: string
  readonly unit: string
  readonly bars: readonly Bar[]
}

export interface Figure {
  readonly title: string
  readonly rows: readonly BarRow[]
  /** Said below, a line each: what was run, and on which commit. */
  readonly sources: readonly string[]
}

const WIDTH = 720
const MARGIN = 16
const NAME_WIDTH = 90
const FIGURE_WIDTH = 110
const LONGEST_BAR = WIDTH - 2 * MARGIN - NAME_WIDTH - FIGURE_WIDTH
const BAR_HEIGHT = 16
const ROW_GAP = 14
const LINE = 20
/** The shortest bar one can see. */
const SHORTEST_BAR = 2

/** First us, then the neighbours in their order. Contrast to the ground is at least 3:1, of text at least 7:1. */
const STYLE = `
  .ground { fill: #ffffff } .text { fill: #1f2328 } .quiet { fill: #4b535c }
  .bar-0 { fill: #0d6b64 } .bar-1 { fill: #7d8590 } .bar-2 { fill: #a8742a }
  text { font: 13px system-ui, sans-serif } .title { font-weight: 600; font-size: 15px } .source { font-size: 11px }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } .text { fill: #e6edf3 } .quiet { fill: #aab4be }
    .bar-0 { fill: #4cc2b5 } .bar-1 { fill: #7d8590 } .bar-2 { fill: #d9a35b }
  }`

/** Characters of a source in one line of the figure. */
const MOST_OF_SOURCE = 100

export function drawFigure({ title, rows, sources }: Figure): string {
  const lines: string[] = [said(MARGIN, MARGIN + 14, title, 'text title')]
  let y = MARGIN + 2 * LINE
  for (const row of rows) {
    lines.push(said(MARGIN, y + 12, row.title, 'text'))
    y += LINE
    for (const [place, bar] of row.bars.entries()) {
      lines.push(...drawBar(bar, row, { place, y }))
      y += BAR_HEIGHT + 4
    }
    y += ROW_GAP
  }
  for (const source of sources) {
    lines.push(said(MARGIN, y + 8, shortened(source), 'quiet source'))
    y += LINE - 4
  }
  return svg(y + MARGIN, title, lines)
}

function drawBar(bar: Bar, row: BarRow, { place, y }: { place: number; y: number }): string[] {
  const left = MARGIN + NAME_WIDTH
  const name = said(MARGIN + 8, y + 12, bar.who, 'quiet')
  if (bar.figure === undefined) return [name, said(left, y + 12, 'never', 'text')]
  const most = Math.max(...row.bars.map(({ figure }) => figure ?? 0))
  const length = Math.max(SHORTEST_BAR, most === 0 ? 0 : (bar.figure / most) * LONGEST_BAR)
  const width = Number(length.toFixed(1))
  return [
    name,
    `<rect class="bar-${place}" x="${left}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2"/>`,
    said(left + width + 6, y + 12, `${figureText(bar.figure)} ${row.unit}`, 'text'),
  ]
}

/** Three digits that matter, thousands apart. */
export function figureText(figure: number): string {
  const rounded = Math.abs(figure) >= 100 ? Math.round(figure) : Number(figure.toPrecision(3))
  return rounded.toLocaleString('en-US')
}

function said(x: number, y: number, text: string, style: string): string {
  return `<text class="${style}" x="${x}" y="${y}">${escaped(text)}</text>`
}

function svg(height: number, title: string, lines: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" width="${WIDTH}" height="${height}"/>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n')
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}

/** A command that names many rows is longer than the figure is wide; the page that shows it has the whole. */
function shortened(source: string): string {
  return source.length <= MOST_OF_SOURCE ? source : `${source.slice(0, MOST_OF_SOURCE - 1)}…`
}
