/**
 * A failure made small: the script's actions are taken away, half of them first, as long as what is left still fails in
 * the same way. The draws of chance are not replayed: what is left is a list of actions.
 */
import type { Crypto } from '../../src/crypto/crypto.ts'
import { type Outcome, type Play, play } from './story.ts'

export interface Failure {
  readonly given: Play
  readonly failed: Outcome
  /** How many plays it is worth. */
  readonly plays?: number
}

const MOST_PLAYS = 150

export async function shrunk(real: Crypto, failure: Failure): Promise<Outcome> {
  const { given, failed, plays: most = MOST_PLAYS } = failure
  let smallest = failed
  let plays = 0
  const failsWith = async (only: readonly number[]): Promise<boolean> => {
    if (++plays > most) return false
    const outcome = await play(real, { ...given, only })
    if (outcome.finding === undefined || shapeOf(outcome) !== shapeOf(failed)) return false
    smallest = { ...outcome, played: only.filter((number) => outcome.played.includes(number)) }
    return true
  }
  await failsWith(failed.played)
  for (let parts = 2; smallest.played.length > 0 && plays <= most; ) {
    const size = Math.ceil(smallest.played.length / parts)
    if (await dropOne(smallest.played, size, failsWith)) parts = Math.max(2, parts - 1)
    else if (size === 1) break
    else parts = Math.min(smallest.played.length, parts * 2)
  }
  return smallest
}

/** What is wrong, whoever it is and however many. */
function shapeOf({ finding, detail }: Outcome): string {
  return `${finding} ${detail.replace(/[A-Z][a-z]+|[0-9a-f.]*[0-9][0-9a-f.]*/g, '')}`.slice(0, 60)
}

/** Whether it still fails without some `size` actions in a row. */
async function dropOne(
  played: readonly number[],
  size: number,
  failsWith: (only: readonly number[]) => Promise<boolean>,
): Promise<boolean> {
  for (let at = 0; at < played.length; at += size) {
    const only = [...played.slice(0, at), ...played.slice(at + size)]
    if (await failsWith(only)) return true
  }
  return false
}
