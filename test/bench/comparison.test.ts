/** What is drawn of saved reports. */
import { describe, expect, test } from 'vitest'
import { drawFigure, figureText } from './bars.ts'
import { figureOf, measuredRows, tableOf } from './comparison.ts'
import type { Report } from './report.ts'
import { type Finding, ROWS, type RowName, reportRow } from './rows.ts'
import { FIGURES, ROW_WORDS } from './words.ts'

function report(commit: string, findings: Partial<Record<RowName, Partial<Finding>>>): Report {
  const nothing: Finding = { ours: null, theirs: null, rounds: 1, notes: [] }
  const rows = Object.entries(findings).map(([name, found]) => [
    name,
    reportRow(name as RowName, { ...nothing, ...found }),
  ])
  const machine = { cores: 2, node: '20.19.0' }
  const command = 'npm run bench -- --group mesh'
  return {
    group: 'mesh',
    command,
    commit,
    measured: '2026-11-20',
    machine,
    rows: Object.fromEntries(rows),
  }
}

const plan = { name: 'loss', title: 'Loss', rows: ['dead_peer_ms', 'sends_per_key_n128'] as const }

describe('a figure', () => {
  test('names the command and the commit of its rows', () => {
    const measured = measuredRows([report('abc123', { dead_peer_ms: { ours: 1, theirs: 2 } })])
    expect(figureOf(plan, measured)?.sources).toEqual([
      'npm run bench -- --group mesh, commit abc123, 2026-11-20, 2 cores, Node 20.19.0',
    ])
  })

  test('is not drawn of rows nobody measured', () => {
    expect(figureOf(plan, new Map())).toBeUndefined()
  })

  test('takes a row from the last report that has it', () => {
    const reports = [
      report('old', { dead_peer_ms: { ours: 1 } }),
      report('new', { dead_peer_ms: { ours: 2 } }),
    ]
    expect(figureOf(plan, measuredRows(reports))?.rows[0]?.bars[0]?.figure).toBe(2)
  })

  test('says never of a neighbour that did not finish, and nothing of one that has no such thing', () => {
    const never = report('abc', { dead_peer_ms: { ours: 1, notes: ['theirs: did not finish'] } })
    const alone = report('abc', { sends_per_key_n128: { ours: 1 } })
    expect(figureOf(plan, measuredRows([never]))?.rows[0]?.bars).toHaveLength(2)
    expect(figureOf(plan, measuredRows([alone]))?.rows[0]?.bars).toHaveLength(1)
  })

  test('shows each of several neighbours', () => {
    const neighbours = { 'y-webrtc': 5, trystero: null }
    const measured = measuredRows([report('abc', { dead_peer_ms: { ours: 1, theirs: 5, neighbours } })])
    expect(figureOf(plan, measured)?.rows[0]?.bars.map(({ who }) => who)).toEqual([
      'Coterie',
      'y-webrtc',
      'trystero',
    ])
  })
})

describe('the drawing', () => {
  const drawn = (figure: number | undefined) =>
    drawFigure({
      title: 'a < b & "c"',
      sources: [],
      rows: [
        {
          title: 'row',
          unit: 'ms',
          bars: [
            { who: 'Coterie', figure: 100 },
            { who: 'other', figure },
          ],
        },
      ],
    })

  test('makes bars as long as their figures', () => {
    const widths = [...drawn(25).matchAll(/<rect class="bar-\d" x="\d+" y="\d+" width="([\d.]+)"/g)]
    expect(Number(widths[0]?.[1]) / Number(widths[1]?.[1])).toBeCloseTo(4, 1)
  })

  test('writes never instead of a bar', () => {
    expect(drawn(undefined).match(/<rect class="bar/g)).toHaveLength(1)
    expect(drawn(undefined)).toContain('>never<')
  })

  test('is told to programs that read aloud, and spells what is no markup', () => {
    expect(drawn(1)).toContain('aria-label="a &lt; b &amp; &quot;c&quot;"')
  })

  test('has colours for dark ground', () => {
    expect(drawn(1)).toContain('prefers-color-scheme: dark')
  })
})

describe('the words', () => {
  test('put every row into one figure at most', () => {
    const drawn = FIGURES.flatMap(({ rows }) => rows)
    expect(new Set(drawn).size).toBe(drawn.length)
  })

  test('say something else of every row', () => {
    expect(new Set(Object.values(ROW_WORDS)).size).toBe(Object.keys(ROWS).length)
  })

  test('keep three digits', () => {
    expect([0.123456, 12.345, 1234.5].map(figureText)).toEqual(['0.123', '12.3', '1,235'])
  })

  test('make no table of a group nobody measured', () => {
    expect(tableOf('pair', new Map())).toEqual([])
  })

  test('mark a promise that was missed', () => {
    const missed = measuredRows([report('abc', { dead_peer_ms: { ours: 10_001, theirs: 17_000 } })])
    expect(tableOf('mesh', missed).at(-1)).toContain('at most 10000: missed')
  })
})
