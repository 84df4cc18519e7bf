/** The command line of the benchmark. A wrong word gives a sentence, never a run of something else. */
import { ROW_NAMES, type RowName } from './rows.ts'

export interface BenchOptions {
  /** Where the rows go as JSON; undefined: nowhere. */
  readonly file: string | undefined
  readonly rows: readonly RowName[]
  /** Fewer rounds: a look, not a measurement. */
  readonly quick: boolean
}

export class WrongUse extends Error {}

const USAGE = 'npm run bench -- [--group pair] [--only ROW,...] [--quick] [--json FILE]'

/** @throws WrongUse with the remedy */
export function readOptions(words: readonly string[]): BenchOptions {
  let options: BenchOptions = { file: undefined, rows: ROW_NAMES, quick: false }
  const left = [...words]
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '--quick') options = { ...options, quick: true }
    else if (word === '--group') expectGroup(valueAfter(word, left.shift()))
    else if (word === '--json') options = { ...options, file: valueAfter(word, left.shift()) }
    else if (word === '--only') options = { ...options, rows: rowsNamed(valueAfter(word, left.shift())) }
    else throw new WrongUse(`"${word}" is unknown. Use: ${USAGE}`)
  }
  return options
}

function valueAfter(option: string, value: string | undefined): string {
  if (value === undefined || value.startsWith('--'))
    throw new WrongUse(`${option} needs a value. Use: ${USAGE}`)
  return value
}

function expectGroup(name: string): void {
  if (name !== 'pair') throw new WrongUse(`there is no group "${name}"; the only one is pair.`)
}

function rowsNamed(list: string): readonly RowName[] {
  const names = list.split(',')
  const unknown = names.filter((name) => !ROW_NAMES.some((known) => known === name))
  if (unknown.length > 0)
    throw new WrongUse(`no row is called ${unknown.join(', ')}. The rows: ${ROW_NAMES.join(', ')}`)
  return ROW_NAMES.filter((known) => names.includes(known))
}
