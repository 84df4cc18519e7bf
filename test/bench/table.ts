/** The report as a table for people; pure text. Not here: what is in a row (rows.ts). */
import { judge, type ReportedRow, type RowName, targetText } from './rows.ts'

const HEADINGS = ['row', 'ours', 'theirs', 'ratio', 'unit', 'rounds', 'target', '']

/** One line a row, then the notes below. */
export function drawTable(rows: ReadonlyMap<RowName, ReportedRow>): string {
  const lines = [HEADINGS, ...[...rows].map(([name, row]) => cellsOf(name, row))]
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)))
  const drawn = lines.map((cells) => drawLine(cells, widths))
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [drawn[0], rule, ...drawn.slice(1), ...notesOf(rows)].join('\n')
}

function cellsOf(name: RowName, row: ReportedRow): string[] {
  const verdict = judge(name, row)
  return [
    ...[name, figure(row.ours), figure(row.theirs), figure(row.ratio), row.unit, String(row.rounds)],
    ...[targetText(name), verdict === 'reported' ? '' : verdict],
  ]
}

/** Names stand at the left, figures at the right. */
function drawLine(cells: readonly string[], widths: readonly number[]): string {
  const isFigure = (column: number) => column >= 1 && column <= 3
  return cells
    .map((cell, column) =>
      isFigure(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    )
    .join('  ')
    .trimEnd()
}

function notesOf(rows: ReadonlyMap<RowName, ReportedRow>): string[] {
  const notes = [...rows].flatMap(([name, { notes }]) => notes.map((note) => `  ${name}: ${note}`))
  return notes.length === 0 ? [] : ['', ...notes]
}

/** Three digits that matter, and no more than a reader needs. */
function figure(value: number | null): string {
  if (value === null) return '-'
  if (Math.abs(value) >= 100) return String(Math.round(value))
  return String(Number(value.toPrecision(3)))
}
