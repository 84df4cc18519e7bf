/**
 * The command lines of the programs beside the tests: flags with a value, switches, words, and `--help`.
 * Invariants: asked for help, the usage is printed and the process ends with 0; what is not understood gets a sentence
 * and the usage, and the process ends with 2. Nothing else runs then.
 */
import { parseArgs } from 'node:util'

export interface Asked<Flag extends string> {
  readonly flags: Readonly<Partial<Record<Flag, string>>>
  readonly words: readonly string[]
}

/** @param takes flags with a value, and whether words may stand beside them */
export function readCommandLine<Flag extends string>(
  usage: string,
  takes: { readonly flags: readonly Flag[]; readonly words?: boolean },
  given: readonly string[] = process.argv.slice(2),
): Asked<Flag> {
  const options = Object.fromEntries(takes.flags.map((flag) => [flag, { type: 'string' as const }]))
  try {
    const { values, positionals } = parseArgs({
      args: [...given],
      options: { ...options, help: { type: 'boolean' } },
      allowPositionals: takes.words ?? false,
    })
    const { help, ...flags } = values
    if (help !== true) return { flags: flags as Asked<Flag>['flags'], words: positionals }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return misused(usage, error.message)
  }
  process.stdout.write(`usage: ${usage}\n`)
  return process.exit(0)
}

/** Ends the process. */
export function misused(usage: string, why: string): never {
  process.stderr.write(`${why}\nusage: ${usage}\n`)
  return process.exit(2)
}
