/**
 * `npm run bench -- --group pair|mesh|trust`: measures the products side by side in one run, prints the table, and
 * writes it as JSON where it is asked to. `--plot` draws what was written.
 * Invariants: every scenario has a deadline; one that fails says why and the others go on; whatever was started
 * is stopped. A row that misses its target is a result; the exit code is 1 only when a row of ours has no figure.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { closeAll } from '../e2e/browsers.ts'
import { buildPage, PAGES } from './building.ts'
import { type Effort, within } from './measuring.ts'
import { HELP, type MeasureOptions, readOptions, WrongUse } from './options.ts'
import { plot } from './plot.ts'
import { SCENARIOS, type Scenario } from './programme.ts'
import { reportOf } from './report.ts'
import { type Findings, judge, type ReportedRow, type RowName, reportRow } from './rows.ts'
import { openStage, type Stage } from './stage.ts'
import { drawTable } from './table.ts'

/** Milliseconds any one scenario may take. */
const SCENARIO_DEADLINE = 900_000

async function main(): Promise<void> {
  const words = process.argv.slice(2)
  const options = readOptions(words)
  if (options.task === 'help') return void process.stdout.write(HELP)
  if (options.task === 'plot') return plot()
  if (options.file !== undefined) await mkdir(dirname(options.file), { recursive: true })
  for (const page of PAGES) await buildPage(page)
  const findings = await measureAll(options)
  const rows = new Map(options.rows.flatMap((name) => rowOf(name, findings)))
  console.log(`\n${drawTable(rows)}`)
  if (options.file !== undefined) await writeFile(options.file, await reportOf(options, words, rows))
  if ([...rows].some(([name, row]) => judge(name, row) === 'no figure')) process.exitCode = 1
}

async function measureAll({ rows, quick }: MeasureOptions): Promise<Findings> {
  let findings: Findings = {}
  for (const scenario of SCENARIOS) {
    if (!scenario.rows.some((name) => rows.includes(name))) continue
    console.log(`measuring ${scenario.rows.join(', ')}`)
    findings = { ...findings, ...(await measureOne(scenario, quick ? 'quick' : 'full')) }
  }
  return findings
}

async function measureOne(scenario: Scenario, effort: Effort): Promise<Findings> {
  const { rows } = scenario
  const inTime = (measuring: Promise<Findings>) => within(SCENARIO_DEADLINE, rows.join(', '), measuring)
  try {
    if (scenario.plays === 'in Node') return await inTime(scenario.measure(effort))
    return await onStage((stage) => inTime(scenario.measure(stage, effort)))
  } catch (error) {
    const note = error instanceof Error ? error.message : String(error)
    return Object.fromEntries(
      rows.map((name) => [name, { ours: null, theirs: null, rounds: 0, notes: [note] }]),
    )
  }
}

/** On a stage of its own: what one scenario leaves behind in the browser slows no other. */
async function onStage(measure: (stage: Stage) => Promise<Findings>): Promise<Findings> {
  const stage = await openStage()
  try {
    return await measure(stage)
  } finally {
    await stage.close()
  }
}

function rowOf(name: RowName, findings: Findings): [RowName, ReportedRow][] {
  const found = findings[name]
  return found === undefined ? [] : [[name, reportRow(name, found)]]
}

try {
  await main()
} catch (error) {
  if (!(error instanceof WrongUse)) throw error
  console.error(`coterie: ${error.message}`)
  process.exitCode = 1
} finally {
  await closeAll()
}
// Peers in Node whose join came to nothing may leave native connections behind, which would keep the process.
process.exit()
