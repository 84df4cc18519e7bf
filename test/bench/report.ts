/**
 * What a run leaves behind as JSON: its rows, and where they come from. Read again to be drawn.
 * Invariant: who reads a figure can run the command that made it, on the commit that made it.
 */
import { execFile } from 'node:child_process'
import { cpus } from 'node:os'
import { promisify } from 'node:util'
import { rootOfRepository } from '../e2e/browsers.ts'
import type { MeasureOptions } from './options.ts'
import type { Group, ReportedRow, RowName } from './rows.ts'

export interface Report {
  readonly group: Group
  readonly command: string
  /** Followed by `+` when files differed from it. */
  readonly commit: string
  /** The day, as in 2026-11-20. */
  readonly measured: string
  readonly machine: { readonly cores: number; readonly node: string }
  readonly rows: Partial<Record<RowName, ReportedRow>>
}

export async function reportOf(
  { group }: MeasureOptions,
  words: readonly string[],
  rows: ReadonlyMap<RowName, ReportedRow>,
): Promise<string> {
  const report: Report = {
    group,
    command: ['npm run bench --', ...words].join(' '),
    commit: await commit(),
    measured: new Date().toISOString().slice(0, 10),
    machine: { cores: cpus().length, node: process.versions.node },
    rows: Object.fromEntries(rows),
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

async function commit(): Promise<string> {
  const git = (...words: string[]) => promisify(execFile)('git', words, { cwd: rootOfRepository() })
  const { stdout: hash } = await git('rev-parse', '--short=10', 'HEAD')
  const { stdout: changed } = await git('status', '--porcelain', '--untracked-files=no')
  return `${hash.trim()}${changed.trim() === '' ? '' : '+'}`
}
