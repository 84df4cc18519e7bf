/** The command line of the benchmark. A wrong word gives a sentence, never a run of something else. */
import { GROUPS, type Group, ROWS_OF, type RowName } from './rows.ts'

export interface MeasureOptions {
  readonly task: 'measure'
  readonly group: Group
  /** Where the rows go as JSON; undefined: nowhere. */
  readonly file: string | undefined
  readonly rows: readonly RowName[]
  /** Fewer rounds: a look, not a measurement. */
  readonly quick: boolean
}

export type BenchOptions = MeasureOptions | { readonly task: 'plot' } | { readonly task: 'help' }

export class WrongUse extends Error {}

const USAGE =
  'npm run bench -- [--group pair|mesh|trust] [--only ROW,...] [--quick] [--json FILE], or --plot alone'

export const HELP = `usage: ${USAGE}

  --group  two people (pair), many (mesh), or what trust costs (trust)
  --only   these rows of the group
  --quick  fewer rounds: a look, not a measurement
  --json   writes the rows there too
  --plot   draws what stands in docs/performance into docs/performance.md, and measures nothing
`

/** @throws WrongUse with the remedy */
export function readOptions(words: readonly string[]): BenchOptions {
  if (words.includes('--help')) return { task: 'help' }
  if (words.includes('--plot')) return plotAlone(words)
  const said = { group: 'pair', only: '', file: undefined as string | undefined, quick: false }
  const left = [...words]
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '--quick') said.quick = true
    else if (word === '--group') said.group = valueAfter(word, left.shift())
    else if (word === '--json') said.file = valueAfter(word, left.shift())
    else if (word === '--only') said.only = valueAfter(word, left.shift())
    else throw new WrongUse(`"${word}" is unknown. Use: ${USAGE}`)
  }
  const group = groupNamed(said.group)
  const rows = said.only === '' ? ROWS_OF[group] : rowsNamed(group, said.only)
  return { task: 'measure', group, file: said.file, rows, quick: said.quick }
}

function plotAlone(words: readonly string[]): BenchOptions {
  if (words.length > 1) throw new WrongUse(`--plot draws what is saved and measures nothing. Use: ${USAGE}`)
  return { task: 'plot' }
}

function valueAfter(option: string, value: string | undefined): string {
  if (value === undefined || value === '' || value.startsWith('--'))
    throw new WrongUse(`${option} needs a value. Use: ${USAGE}`)
  return value
}

function groupNamed(name: string): Group {
  const group = GROUPS.find((known) => known === name)
  if (group === undefined) throw new WrongUse(`there is no group "${name}". The groups: ${GROUPS.join(', ')}`)
  return group
}

function rowsNamed(group: Group, list: string): readonly RowName[] {
  const known = ROWS_OF[group]
  const names = list.split(',')
  const unknown = names.filter((name) => !known.some((row) => row === name))
  if (unknown.length > 0)
    throw new WrongUse(
      `no row of the group ${group} is called ${unknown.join(', ')}. The rows: ${known.join(', ')}`,
    )
  return known.filter((row) => names.includes(row))
}
