/**
 * What saved reports say, as figures, and as tables in Markdown. Pure.
 * Invariant: every figure names the commands and commits of its rows; a row nobody measured is not drawn.
 */
import { type Bar, type BarRow, type Figure, figureText } from './bars.ts'
import type { Report } from './report.ts'
import { judge, type ReportedRow, ROWS_OF, type RowName, targetText } from './rows.ts'
import { type FigurePlan, ROW_WORDS } from './words.ts'

interface Measured {
  readonly row: ReportedRow
  readonly report: Report
}

/** Of a row in several reports the last counts. */
export function measuredRows(reports: readonly Report[]): ReadonlyMap<RowName, Measured> {
  const measured = new Map<RowName, Measured>()
  for (const report of reports) {
    for (const [name, row] of Object.entries(report.rows)) measured.set(name as RowName, { row, report })
  }
  return measured
}

/** Undefined: none of its rows was measured. */
export function figureOf(
  { title, rows }: FigurePlan,
  measured: ReadonlyMap<RowName, Measured>,
): Figure | undefined {
  const found = rows.flatMap((name) => {
    const each = measured.get(name)
    return each === undefined ? [] : [{ name, ...each }]
  })
  if (found.length === 0) return undefined
  const sources = new Set(found.map(({ report }) => sourceOf(report)))
  return { title, rows: found.map(({ name, row }) => barRow(name, row)), sources: [...sources] }
}

export function sourceOf({ command, commit, measured, machine }: Report): string {
  return `${command}, commit ${commit}, ${measured}, ${machine.cores} cores, Node ${machine.node}`
}

/** Rows that no neighbour was measured in stand alone. */
function barRow(name: RowName, row: ReportedRow): BarRow {
  const others = row.neighbours ?? { 'y-webrtc': row.theirs }
  const isBeside = row.theirs !== null || row.neighbours !== undefined || neverFinished(row)
  const bars: Bar[] = [{ who: 'Coterie', figure: row.ours ?? undefined }]
  if (isBeside)
    bars.push(...Object.entries(others).map(([who, figure]) => ({ who, figure: figure ?? undefined })))
  return { title: ROW_WORDS[name], unit: row.unit, bars }
}

/** A note of the neighbour's tells why it has no figure; without one it has no such thing. */
function neverFinished({ theirs, notes }: ReportedRow): boolean {
  return theirs === null && notes.some((note) => note.startsWith('theirs: '))
}

/** A Markdown table of all measured rows of a group; nothing when there are none. */
export function tableOf(
  group: keyof typeof ROWS_OF,
  measured: ReadonlyMap<RowName, Measured>,
): readonly string[] {
  const cells = ROWS_OF[group].flatMap((name) => {
    const row = measured.get(name)?.row
    return row === undefined ? [] : [cellsOf(name, row)]
  })
  if (cells.length === 0) return []
  return aligned([['', 'Coterie', 'y-webrtc', 'ratio', 'promised'], ...cells])
}

function cellsOf(name: RowName, row: ReportedRow): string[] {
  const figure = (value: number | null) => (value === null ? '' : `${figureText(value)} ${row.unit}`)
  const theirs = neverFinished(row) ? 'never' : figure(row.theirs)
  const verdict = judge(name, row) === 'miss' ? ': missed' : ''
  return [
    ROW_WORDS[name],
    figure(row.ours),
    row.neighbours === undefined ? theirs : neighboursText(row, row.neighbours),
    row.ratio === null ? '' : String(Number(row.ratio.toPrecision(3))),
    `${targetText(name).replace('<=', 'at most').replace('>=', 'at least')}${verdict}`,
  ]
}

function neighboursText({ unit }: ReportedRow, neighbours: Readonly<Record<string, number | null>>): string {
  const texts = Object.entries(neighbours).map(([who, figure]) =>
    figure === null ? `${who} never` : `${who} ${figureText(figure)} ${unit}`,
  )
  return texts.join(', ')
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((cells) => (cells[column] ?? '').length)),
  )
  const drawn = rows.map(
    (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  )
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [drawn[0] ?? '', rule, ...drawn.slice(1)]
}
