/**
 * `npm run bench -- --group pair`: measures both products side by side in one run, prints the table, and writes
 * it as JSON where it is asked to.
 * Invariants: every scenario has a deadline; one that fails says why and the others go on; whatever was started
 * is stopped. A row that misses its target is a result; the exit code is 1 only when a row of ours has no figure.
 */
import { writeFile } from 'node:fs/promises'
import { closeAll } from '../e2e/browsers.ts'
import { buildPage, PRODUCTS } from './building.ts'
import { type Effort, within } from './measuring.ts'
import { type BenchOptions, readOptions, WrongUse } from './options.ts'
import { type Findings, judge, type ReportedRow, type RowName, reportRow } from './rows.ts'
import { measureBeside } from './scenarios/beside.ts'
import { measureDisk } from './scenarios/disk.ts'
import { measureJoining } from './scenarios/joining.ts'
import { measureKeystroke } from './scenarios/keystroke.ts'
import { measureLarge } from './scenarios/large.ts'
import { measureMesh } from './scenarios/mesh.ts'
import { measureWeight } from './scenarios/weight.ts'
import { openStage, type Stage } from './stage.ts'
import { drawTable } from './table.ts'

interface Scenario {
  readonly rows: readonly RowName[]
  readonly measure: (stage: Stage, effort: Effort) => Promise<Findings>
}

/** In the order of the table. */
const SCENARIOS: readonly Scenario[] = [
  { rows: ['keystroke_p50_n2', 'keystroke_p99_n2'], measure: measureKeystroke },
  {
    rows: ['sends_per_key_n8', 'all_sends_per_key_n8', 'bytes_per_key_per_link', 'heap_per_peer_kb'],
    measure: measureMesh,
  },
  { rows: ['join_100KB_ms'], measure: measureJoining },
  {
    rows: ['transfer_10MB_of_raw', 'join_10MB_on_screen_ms', 'paste_10MB_on_screen_ms'],
    measure: measureLarge,
  },
  { rows: ['key_during_10MB_p99_ms'], measure: measureBeside },
  { rows: ['open_from_disk_trace_ms', 'disk_bytes_trace', 'history_bytes_trace'], measure: measureDisk },
  { rows: ['first_key_gzip_kb', 'total_gzip_kb'], measure: measureWeight },
]

/** Milliseconds any one scenario may take. */
const SCENARIO_DEADLINE = 900_000

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  for (const product of PRODUCTS) await buildPage(product)
  const findings = await measureAll(options)
  const rows = new Map(options.rows.flatMap((name) => rowOf(name, findings)))
  console.log(`\n${drawTable(rows)}`)
  if (options.file !== undefined) await writeFile(options.file, asJson(rows))
  if ([...rows].some(([name, row]) => judge(name, row) === 'no figure')) process.exitCode = 1
}

async function measureAll({ rows, quick }: BenchOptions): Promise<Findings> {
  let findings: Findings = {}
  for (const scenario of SCENARIOS) {
    if (!scenario.rows.some((name) => rows.includes(name))) continue
    console.log(`measuring ${scenario.rows.join(', ')}`)
    findings = { ...findings, ...(await measureOne(scenario, quick ? 'quick' : 'full')) }
  }
  return findings
}

/** On a stage of its own: what one scenario leaves behind in the browser slows no other. */
async function measureOne({ rows, measure }: Scenario, effort: Effort): Promise<Findings> {
  const stage = await openStage()
  try {
    return await within(SCENARIO_DEADLINE, rows.join(', '), measure(stage, effort))
  } catch (error) {
    const note = error instanceof Error ? error.message : String(error)
    return Object.fromEntries(
      rows.map((name) => [name, { ours: null, theirs: null, rounds: 0, notes: [note] }]),
    )
  } finally {
    await stage.close()
  }
}

function rowOf(name: RowName, findings: Findings): [RowName, ReportedRow][] {
  const found = findings[name]
  return found === undefined ? [] : [[name, reportRow(name, found)]]
}

function asJson(rows: ReadonlyMap<RowName, ReportedRow>): string {
  return `${JSON.stringify({ rows: Object.fromEntries(rows) }, null, 2)}\n`
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
